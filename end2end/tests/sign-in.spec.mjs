// Signing in with a wallet of the browser: the way through, and proofs that are worth nothing.

import { injectWallet } from '../support/injected-wallet.mjs';
import { endHub, logOf, setupPath, startHub } from '../support/hub.mjs';
import { chooseWallet, showsSignedIn, signInWithWallet } from '../support/sign-in-page.mjs';
import { expect, open, test } from '../support/test.mjs';
import { CHAIN_ID, defaultServer, newPerson, newVisitor, newWallet, signInWith } from '../support/visitor.mjs';

test('with a wallet that announces itself: connect, read, sign, arrive', async ({ hub, administrator, openPage }) => {
  void administrator;
  const account = newWallet();
  const page = await openPage(hub);
  const wallet = await injectWallet(page, { accounts: [account] });
  await open(page, '/sign-in');
  await chooseWallet(page, 'Test Wallet');
  const main = page.getByRole('main');
  // Connected is not signed in, and what will be signed can be read first.
  await expect(main).toContainText('You are not signed in yet');
  const message = await main.locator('pre').innerText();
  expect(message).toContain(`localhost:${hub.port} wants you to sign in with your Ethereum account`);
  expect(message).toContain(account.address);
  expect(wallet.requests.map(({ method }) => method)).not.toContain('personal_sign');
  await main.getByRole('button', { name: 'Sign the message' }).click();
  await page.waitForURL('**/dashboard');
  await showsSignedIn(page, account);
  const [request] = wallet.requests.filter(({ method }) => method === 'personal_sign');
  expect(Buffer.from(request.params[0].slice(2), 'hex').toString()).toBe(message);
  expect(request.params[1].toLowerCase()).toBe(account.address.toLowerCase());
  // Signing in costs nothing: nothing else was asked of the wallet.
  const asked = new Set(wallet.requests.map(({ method }) => method));
  for (const method of asked) expect(method).toMatch(/^(eth_requestAccounts|eth_accounts|eth_chainId|personal_sign|wallet_requestPermissions)$/);
});

test('with an old wallet that is only window.ethereum', async ({ hub, administrator, openPage }) => {
  void administrator;
  const account = newWallet();
  const page = await openPage(hub);
  await injectWallet(page, { accounts: [account], discovery: 'window' });
  await open(page, '/sign-in');
  await page.getByRole('list', { name: 'Wallets in this browser' }).getByRole('button').click();
  await page.getByRole('button', { name: 'Sign the message' }).click();
  await page.waitForURL('**/dashboard');
  await showsSignedIn(page, account);
});

test('two wallets are both listed, and each signs in its own account', async ({ hub, administrator, openPage }) => {
  void administrator;
  const [red, blue] = [newWallet(), newWallet()];
  const page = await openPage(hub);
  await injectWallet(page, { accounts: [red], name: 'Red Wallet', rdns: 'example.red' });
  await injectWallet(page, { accounts: [blue], name: 'Blue Wallet', rdns: 'example.blue' });
  await open(page, '/sign-in');
  const list = page.getByRole('list', { name: 'Wallets in this browser' });
  await expect(list.getByRole('button')).toHaveText([/Red Wallet|Blue Wallet/, /Red Wallet|Blue Wallet/]);
  await expect(list.locator('img')).toHaveCount(2);
  await signInWithWallet(page, 'Blue Wallet');
  await page.waitForURL('**/dashboard');
  await showsSignedIn(page, blue);
});

test('the dashboard of one wallet is not that of another', async ({ hub, administrator }) => {
  void administrator;
  const [first, second] = [await newPerson(hub), await newPerson(hub)];
  expect(first.account.user_id).not.toBe(second.account.user_id);
  expect((await defaultServer(first)).server_id).not.toBe((await defaultServer(second)).server_id);
  const again = await newPerson(hub, { wallet: first.wallet });
  expect(again.account.user_id).toBe(first.account.user_id);
});

test('the set-up link makes the first administrator, once', async () => {
  const hub = await startHub();
  try {
    const path = await setupPath(hub);
    const first = await newPerson(hub, { path });
    expect(first.account.role).toBe('administrator');
    const second = newVisitor(hub);
    await second.get(path);
    await signInWith(second, newWallet());
    expect((await second.call('account/read')).json().account.role).toBe('member');
    // The secret is for the operator's eyes: it stands in no structured log line.
    const secret = path.split('/').pop();
    const lines = (await logOf(hub)).split('\n').filter((line) => line.startsWith('{'));
    expect(lines.filter((line) => line.includes(secret))).toEqual([]);
  } finally {
    await endHub(hub);
  }
});

// --- proofs that are worth nothing -----------------------------------------------------------------

async function challenge(visitor, wallet, fields = {}) {
  const answer = await visitor.call('sign_in/begin_wallet_proof', { purpose: 'sign_in', address: wallet.address, chain_id: CHAIN_ID, ...fields });
  expect(answer.status, answer.body).toBe(200);
  return answer.json().message;
}

async function prove(visitor, wallet, message, signed = message) {
  const signature = await wallet.signMessage({ message: signed });
  return visitor.call('sign_in/finish_wallet_proof', { proof: { message, signature } });
}

test('a proof that was used is refused, in this browser and in another', async ({ hub, administrator }) => {
  void administrator;
  const wallet = newWallet();
  const visitor = newVisitor(hub);
  const message = await challenge(visitor, wallet);
  const signature = await wallet.signMessage({ message });
  const proof = { proof: { message, signature } };
  expect((await visitor.call('sign_in/finish_wallet_proof', proof)).status).toBe(200);
  for (const replayer of [visitor, newVisitor(hub)]) {
    const answer = await replayer.call('sign_in/finish_wallet_proof', proof);
    expect(answer.status).toBe(400);
    expect(answer.json().code).toMatch(/^identity\.challenge_/);
  }
});

test('of many posts of one proof at once exactly one signs in', async ({ hub, administrator }) => {
  void administrator;
  const wallet = newWallet();
  const visitor = newVisitor(hub);
  const message = await challenge(visitor, wallet);
  const signature = await wallet.signMessage({ message });
  const answers = await Promise.all(Array.from({ length: 10 }, () => visitor.call('sign_in/finish_wallet_proof', { proof: { message, signature } })));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
});

test('a proof made for another browser is refused', async ({ hub, administrator }) => {
  void administrator;
  const wallet = newWallet();
  const victim = newVisitor(hub);
  const attacker = newVisitor(hub);
  const message = await challenge(attacker, wallet);
  await challenge(victim, wallet);
  expect((await prove(victim, wallet, message)).json().code).toMatch(/^identity\.challenge_/);
});

const ALTERATIONS = [
  ['another domain', (text) => text.replaceAll(/localhost:\d+/g, 'evil.example')],
  ['another nonce', (text) => text.replace(/Nonce: \w+/, 'Nonce: aaaaaaaaaaaaaaaaaaaaaaaa')],
  ['another chain', (text) => text.replace(/Chain ID: \d+/, 'Chain ID: 137')],
  ['another statement', (text) => text.replace(/\n\n(.+)\n\n/, '\n\nSend everything.\n\n')],
  ['a later expiry', (text) => text.replace(/Expiration Time: \d{4}/, 'Expiration Time: 2999')],
  ['one more line', (text) => `${text}\nResources:\n- https://evil.example`],
  ['no line feed', (text) => text.replaceAll('\n', '\r\n')],
];

for (const [what, alter] of ALTERATIONS) {
  test(`a message with ${what} is refused, though signed`, async ({ hub, administrator }) => {
    void administrator;
    const wallet = newWallet();
    const visitor = newVisitor(hub);
    const altered = alter(await challenge(visitor, wallet));
    const answer = await prove(visitor, wallet, altered);
    expect(answer.status).toBe(400);
    expect((await visitor.call('account/read')).status).toBe(401);
  });
}

test('a signature by another key, of another text, or of no curve point is refused', async ({ hub, administrator }) => {
  void administrator;
  const wallet = newWallet();
  const visitor = newVisitor(hub);
  const wrong = [
    async (message) => newWallet().signMessage({ message }),
    async (message) => wallet.signMessage({ message: `${message} ` }),
    async () => `0x${'00'.repeat(65)}`,
    async () => `0x${'ff'.repeat(65)}`,
    async () => '0x',
    async () => 'not hexadecimal',
    async () => `0x${'ab'.repeat(100_000)}`,
  ];
  for (const sign of wrong) {
    const message = await challenge(visitor, wallet);
    const answer = await visitor.call('sign_in/finish_wallet_proof', { proof: { message, signature: await sign(message) } });
    expect(answer.status, answer.body).toBe(400);
  }
  expect((await visitor.call('account/read')).status).toBe(401);
});

test('a chain that is not accepted is refused before anything is signed', async ({ hub }) => {
  const answer = await newVisitor(hub).call('sign_in/begin_wallet_proof', { purpose: 'sign_in', address: newWallet().address, chain_id: 424242 });
  expect(answer.status).toBe(400);
  expect(answer.json().code).toBe('identity.chain_not_allowed');
});

test('signing in with another wallet while signed in opens the other account in a new session', async ({ hub, person }) => {
  const session = person.cookie('ledgercloud-session');
  const other = newWallet();
  expect((await signInWith(person, other)).status).toBe(200);
  expect(person.cookie('ledgercloud-session')).not.toBe(session);
  const { account } = (await person.call('account/read')).json();
  expect(account.user_id).not.toBe(person.account.user_id);
  const old = newVisitor(hub);
  old.setCookie('ledgercloud-session', session);
  expect((await old.call('account/read')).status, 'the session before').toBe(401);
});

test('the policy decides who may sign in, in the same words to everyone else', async () => {
  const listed = newWallet();
  const hub = await startHub({
    flags: [],
    settings: { SIGN_IN__POLICY: 'allow_list', SIGN_IN__ALLOW_LIST: `["${listed.address}"]` },
  });
  try {
    expect((await signInWith(newVisitor(hub), listed)).status).toBe(200);
    const refused = await signInWith(newVisitor(hub), newWallet());
    expect(refused.status).toBe(403);
    expect(refused.json().code).toBe('identity.not_allowed');
  } finally {
    await endHub(hub);
  }
});
