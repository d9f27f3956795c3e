// Every route of the hub's origin, and what each kind of visitor gets there.
//
// `pattern` is the route as the program writes it. `path`, `fields` and `json` make the request out
// of the world that the test has prepared; they are called anew for each visitor. A number is a
// status; `signIn` stands for being sent to the sign-in page and back.

export const VISITORS = ['anonymous', 'user', 'other', 'administrator'];

export const signIn = Symbol('sent to the sign-in page');

/** Everyone gets the same. */
const all = (status) => ({ anonymous: status, user: status, other: status, administrator: status });
/** Whoever is signed in. */
const signedIn = (status, anonymous = 401) => ({ ...all(status), anonymous });
/** The owner of the thing and administrators; for others it is not there. */
const owner = (status, anonymous = 401) => ({ anonymous, user: status, other: 404, administrator: status });
/** Only those who administer. */
const administrators = (status, anonymous = 401) => ({ anonymous, user: 403, other: 403, administrator: status });

const page = (pattern, expected, path = () => pattern) => ({ kind: 'page', pattern, path, expected });
const link = (pattern, expected, path = () => pattern, method = 'GET') => ({ kind: 'route', method, pattern, path, expected });
const form = (pattern, expected, fields = () => ({})) => ({ kind: 'form', pattern, fields, expected });
/** A page of the explorer: its pattern is below `/explorer`. */
const explorer = (pattern, expected, path = pattern) => page(pattern, expected, () => `/explorer/${path}`);
const json = (pattern, expected, value) => ({ kind: 'json', pattern, value, expected });

const UNKNOWN_HASH = `0x${'7'.repeat(64)}`;
const call = (world) => ({ call: { address: world.someAddress, signature: 'count()', arguments: [] } });

export const ROUTES = [
  // --- pages -----------------------------------------------------------------------------------
  page('/', all(200)),
  page('/sign-in', all(200)),
  page('/dashboard', signedIn(200, signIn)),
  page('/servers/:id', owner(200, signIn), (world) => `/servers/${world.server.server_id}`),
  page('/start/:host_label', owner(200, signIn), (world) => `/start/${world.server.host_label}`),
  page('/account', signedIn(200, signIn)),
  page('/admin/users', administrators(200, signIn)),
  page('/admin/users/:id', administrators(200, signIn), (world) => `/admin/users/${world.user.account.user_id}`),
  page('/admin/servers', administrators(200, signIn)),
  page('/admin/bulk', administrators(200, signIn)),
  page('/admin/invitations', administrators(200, signIn)),
  page('/admin/audit', administrators(200, signIn)),
  page('/wallet', signedIn(200, signIn)),
  page('/explorer', all(200)),
  explorer('blocks', all(200)),
  explorer('block/:number_or_hash', all(200), 'block/0'),
  explorer('transactions', all(200)),
  explorer('pending', all(200)),
  explorer('tx/:hash', all(404), `tx/${UNKNOWN_HASH}`),
  explorer('address/:address', all(200), `address/0x${'7'.repeat(40)}`),
  explorer('accounts', all(200)),
  explorer('tokens', all(200)),
  explorer('token/:address', all(404), `token/0x${'7'.repeat(40)}`),
  explorer('contract/:address/verify', all(200), `contract/0x${'7'.repeat(40)}/verify`),
  explorer('signers', all(200)),
  explorer('nodes', all(200)),
  explorer('search', all(200), 'search?q=nothing+like+it'),
  explorer('broadcast', all(200)),
  explorer('charts', all(200)),
  page('/api', all(200)),
  page('/ui', all(200)),
  page('/*', all(404), () => '/no/such/page'),

  // --- links, doors, streams and files ---------------------------------------------------------
  link('/join/{secret}', all(303), () => '/join/nobody-made-this'),
  link('/setup/{secret}', all(303), () => '/setup/nobody-made-this'),
  link('/oauth/{provider}/start', all(404), () => '/oauth/nobody/start'),
  link('/oauth/{provider}/callback', all(303), () => '/oauth/nobody/callback?code=x&state=y'),
  link('/sign-out', all(303), undefined, 'POST'),
  link('/open/{server_id}', all(303), (world) => `/open/${world.server.server_id}`),
  link('/door/{host_label}', all(303), (world) => `/door/${world.server.host_label}?state=${'s'.repeat(43)}`),
  link('/hub/', all(303)),
  link('/hub/home', all(303)),
  link('/hub/logout', all(303)),
  link('/hub/spawn', all(303)),
  link('/hub/spawn/{*server}', all(303), () => '/hub/spawn/somebody/some-server'),
  link('/hub/api/lc/servers/events', signedIn(200)),
  link('/hub/api/lc/servers/{server_id}/events', owner(200), (world) => `/hub/api/lc/servers/${world.server.server_id}/events`),
  link('/explorer/events', all(200)),
  link('/explorer/export/address/{address}/{file}', all(200), (world) => `/explorer/export/address/${world.someAddress}/transactions.csv`),
  link('/api/openapi.json', all(200)),
  link('/health', all(200)),
  link('/v1/health', all(200)),
  link('/metrics', all(200)),
  link('/pkg', all(200), (world) => world.stylesheet),
  link('/fonts', all(200), () => '/fonts/inter.woff2'),
  link('/favicon.svg', all(200)),
  link('/favicon.ico', all(308)),
  link('/manifest.webmanifest', all(200)),
  link('/no-script.css', all(200)),
  link('/users-template.csv', all(200)),

  // --- server functions ------------------------------------------------------------------------
  form('read_shell', all(200)),
  form('set_theme', all(200), () => ({ theme: 'dark' })),

  form('account/read', signedIn(200)),
  form('account/rename', signedIn(200), () => ({ display_name: 'Somebody' })),
  // Nobody's thing: what is tested is that nobody else's can be named.
  form('account/unlink_wallet', { ...all(404), anonymous: 401, user: 409 }, (world) => ({ wallet_id: world.user.account.wallets[0].id })),
  form('account/unlink_identity', { ...all(404), anonymous: 401 }, (world) => ({ identity_id: world.unknownId })),
  form('account/revoke_session', { ...all(404), anonymous: 401, user: 200 }, (world) => ({ session_key: world.spareSession })),
  form('account/sign_out_everywhere', signedIn(200)),
  json('account/audit', signedIn(200), () => ({ page: { after: null, limit: 5 } })),

  form('servers/dashboard', signedIn(200)),
  form('servers/create', signedIn(200), (world) => ({ name: world.freshName(), profile: 'small' })),
  form('servers/command', owner(200), (world) => ({ server_id: world.server.server_id, command: 'stop' })),
  form('servers/rename', owner(200), (world) => ({ server_id: world.server.server_id, display_name: 'Renamed' })),
  form('servers/set_profile', owner(200), (world) => ({ server_id: world.server.server_id, profile: 'small' })),
  form('servers/read', owner(200), (world) => ({ server_id: world.server.server_id })),
  form('servers/log', owner(200), (world) => ({ server_id: world.server.server_id })),
  form('servers/start_page', owner(200), (world) => ({ host_label: world.server.host_label })),

  json('admin/users', administrators(200), () => ({ query: {} })),
  form('admin/user', administrators(200), (world) => ({ user_id: world.user.account.user_id })),
  form('admin/set_role', administrators(200), (world) => ({ user_id: world.bystander.account.user_id, role: 'member' })),
  form('admin/set_membership', administrators(200), (world) => ({ user_id: world.bystander.account.user_id, group: 'desk', standing: 'member' })),
  form('admin/suspend', administrators(200), (world) => ({ user_id: world.bystander.account.user_id })),
  form('admin/reinstate', administrators(200), (world) => ({ user_id: world.bystander.account.user_id })),
  json('admin/servers', administrators(200), () => ({ query: {} })),
  form('admin/engine', administrators(200)),
  form('admin/bulk_start', administrators(200)),
  form('admin/bulk', administrators(200), () => ({ csv: 'name,wallet\n', step: 'preview' })),
  form('admin/invitations', administrators(200)),
  form('admin/invite', administrators(200), () => ({ role: 'member', uses: 1, expires_in_hours: 1 })),
  // Nobody needs a link who can sign in already.
  form('admin/invite_user', administrators(400), (world) => ({ user_id: world.bystander.account.user_id })),
  form('admin/revoke_invitation', administrators(404), (world) => ({ invitation_id: world.unknownId })),
  json('admin/audit', administrators(200), () => ({ query: {}, check: 'skip' })),

  form('explorer/status', all(200)),
  form('explorer/home', all(200)),
  form('explorer/blocks', all(200)),
  form('explorer/block', all(200), () => ({ id: { number: 0 } })),
  form('explorer/block_transactions', all(200), () => ({ number: 0 })),
  form('explorer/transactions', all(200)),
  form('explorer/pending', all(200)),
  form('explorer/transaction', all(200), () => ({ hash: UNKNOWN_HASH })),
  form('explorer/transaction_logs', all(200), () => ({ hash: UNKNOWN_HASH })),
  form('explorer/transaction_calls', all(200), () => ({ hash: UNKNOWN_HASH })),
  form('explorer/transaction_state_changes', all(200), () => ({ hash: UNKNOWN_HASH })),
  form('explorer/transaction_raw', all(200), () => ({ hash: UNKNOWN_HASH })),
  form('explorer/address', all(200), (world) => ({ address: world.someAddress })),
  form('explorer/address_transactions', all(200), (world) => ({ address: world.someAddress })),
  form('explorer/address_internal_calls', all(200), (world) => ({ address: world.someAddress })),
  form('explorer/address_token_transfers', all(200), (world) => ({ address: world.someAddress })),
  form('explorer/address_tokens', all(200), (world) => ({ address: world.someAddress })),
  form('explorer/transaction_by_nonce', all(200), (world) => ({ address: world.someAddress, nonce: 0 })),
  form('explorer/accounts', all(200)),
  form('explorer/tokens', all(200)),
  form('explorer/token', all(200), (world) => ({ address: world.someAddress })),
  form('explorer/token_holders', all(200), (world) => ({ address: world.someAddress })),
  form('explorer/token_transfers', all(200), (world) => ({ address: world.someAddress })),
  form('explorer/token_instances', all(200), (world) => ({ address: world.someAddress })),
  form('explorer/latest_token_transfers', all(200)),
  form('explorer/chart', all(200), () => ({ period: 'day', points: 7 })),
  form('explorer/search', all(200), () => ({ text: '0' })),
  form('explorer/suggest', all(200), () => ({ text: '0' })),
  form('explorer/contract', all(200), (world) => ({ address: world.someAddress })),
  json('explorer/call_contract', all(400), call),
  json('explorer/encode_call', all(400), call),
  form('explorer/upload_interface', signedIn(400), (world) => ({ address: world.someAddress, abi: '[]' })),
  form('explorer/verify', signedIn(400), (world) => ({ address: world.someAddress, standard_json: '{}' })),
  form('explorer/signers', all(200)),
  form('explorer/nodes', all(200)),
  form('explorer/network', all(200)),
  json('explorer/prepare', all(400), (world) => ({ request: { from: world.someAddress, to: null, value: '1', data: '0x' } })),
  form('explorer/broadcast', all(400), () => ({ raw: '0x00' })),
  form('explorer/faucet', signedIn(200), (world) => ({ to: world.someAddress })),

  form('sign_in/options', all(200)),
  form('sign_in/is_own_wallet', signedIn(200), (world) => ({ address: world.someAddress })),
  form('sign_in/end_session', { ...all(200) }),
  form('sign_in/begin_wallet_proof', all(200), (world) => ({ purpose: 'sign_in', address: world.someAddress, chain_id: 31337 })),
  form('sign_in/finish_wallet_proof', all(400), () => ({ proof: { message: 'not made here', signature: '0x00' } })),
];
