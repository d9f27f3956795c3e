// A scripted browser wallet: announced by EIP-6963, spoken to by EIP-1193, signing with a key of
// the test. What it does on each request is decided here, in the test's own process.

/** User rejected the request (EIP-1193). */
const REJECTED = { code: 4001, message: 'User rejected the request.' };
/** Chain that the wallet does not know (EIP-3326). */
const UNKNOWN_CHAIN = { code: 4902, message: 'Unrecognized chain ID.' };
const UNSUPPORTED = { code: 4200, message: 'The method is not supported.' };

const ICON =
  'data:image/svg+xml,' +
  encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96"><rect width="96" height="96" fill="#7a5"/></svg>');

let made = 0;

/**
 * Puts a wallet into every document that the page loads from now on.
 *
 * `accounts` are viem accounts, the first one being selected. `discovery` is `eip6963` or `window`
 * for an old wallet that is only `window.ethereum`. The result steers it:
 *
 * - `answers[method] = 'answer' | 'reject' | 'silent' | (params) => result` for each method;
 * - `requests`: what it was asked, in order;
 * - `selectAccount(account)`, `selectChain(id)`, `lock()`: as its owner would, with its events.
 */
export async function injectWallet(
  page,
  { accounts, chainId = 31337, knownChains = [chainId], name = 'Test Wallet', rdns = 'example.test.wallet', discovery = 'eip6963' },
) {
  made += 1;
  const handle = `testWallet${made}`;
  const wallet = {
    name,
    rdns,
    accounts,
    selected: accounts[0],
    chainId,
    isConnected: false,
    answers: {},
    requests: [],
    selectAccount: async (account) => {
      wallet.selected = account;
      await emit('accountsChanged', wallet.isConnected ? [account.address] : []);
    },
    selectChain: async (id) => {
      wallet.chainId = id;
      await emit('chainChanged', hex(id));
    },
    lock: async () => {
      wallet.isConnected = false;
      await emit('accountsChanged', []);
    },
  };
  const emit = (event, payload) => page.evaluate(([name, event, payload]) => window[name]?.emit(event, payload), [`${handle}Provider`, event, payload]);
  await page.exposeFunction(handle, (method, params) => respond(wallet, emit, knownChains, method, params));
  await page.addInitScript(announce, { handle, discovery, info: { uuid: `00000000-0000-4000-8000-${String(made).padStart(12, '0')}`, name, icon: ICON, rdns } });
  return wallet;
}

/** Runs in the page: the provider and its announcement. */
function announce({ handle, discovery, info }) {
  const listeners = new Map();
  const provider = {
    isTestWallet: true,
    request: async ({ method, params }) => {
      const answer = await window[handle](method, params ?? []);
      if (answer.silent) return new Promise(() => {});
      if (answer.error) throw Object.assign(new Error(answer.error.message), answer.error);
      return answer.result;
    },
    on: (event, listener) => {
      listeners.set(event, [...(listeners.get(event) ?? []), listener]);
      return provider;
    },
    removeListener: (event, listener) => {
      listeners.set(event, (listeners.get(event) ?? []).filter((other) => other !== listener));
      return provider;
    },
  };
  window[`${handle}Provider`] = { emit: (event, payload) => (listeners.get(event) ?? []).forEach((listener) => listener(payload)) };
  if (discovery === 'window') {
    window.ethereum = provider;
    return;
  }
  const detail = Object.freeze({ info: Object.freeze(info), provider });
  const say = () => window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
  window.addEventListener('eip6963:requestProvider', say);
  say();
}

async function respond(wallet, emit, knownChains, method, params) {
  wallet.requests.push({ method, params });
  const answer = wallet.answers[method] ?? 'answer';
  if (answer === 'reject') return { error: REJECTED };
  if (answer === 'silent') return { silent: true };
  if (typeof answer === 'function') return outcome(() => answer(params));
  switch (method) {
    case 'wallet_requestPermissions':
      wallet.isConnected = true;
      return { result: [{ parentCapability: 'eth_accounts' }] };
    case 'eth_requestAccounts':
      wallet.isConnected = true;
      return { result: [wallet.selected.address] };
    case 'eth_accounts':
      return { result: wallet.isConnected ? [wallet.selected.address] : [] };
    case 'eth_chainId':
      return { result: hex(wallet.chainId) };
    case 'wallet_addEthereumChain':
      knownChains.push(Number(params[0].chainId));
      return { result: null };
    case 'wallet_switchEthereumChain': {
      const id = Number(params[0].chainId);
      if (!knownChains.includes(id)) return { error: UNKNOWN_CHAIN };
      wallet.chainId = id;
      await emit('chainChanged', hex(id));
      return { result: null };
    }
    case 'personal_sign':
      return outcome(() => sign(wallet, params));
    default:
      return { error: UNSUPPORTED };
  }
}

/** Message first, then the address (as MetaMask and others take it). */
function sign(wallet, [message, address]) {
  const account = wallet.accounts.find((account) => account.address.toLowerCase() === address.toLowerCase());
  if (!account) throw Object.assign(new Error('The account is not in this wallet.'), { code: 4100 });
  return account.signMessage({ message: { raw: message } });
}

async function outcome(work) {
  try {
    return { result: await work() };
  } catch (error) {
    return { error: { code: error.code ?? -32603, message: error.message } };
  }
}

const hex = (id) => `0x${id.toString(16)}`;
