// A browser's worth of cookies, driven by a program: who has signed in, and who has not.

import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

import { ask, originOf } from './request.mjs';

/** Chain that the tests' wallets are on. */
export const CHAIN_ID = 31337;

/** A wallet of its own for every test that asks for one. */
export function newWallet() {
  const privateKey = generatePrivateKey();
  return { ...privateKeyToAccount(privateKey), privateKey };
}

/** Somebody who has opened nothing yet. */
export function newVisitor(hub) {
  /** @type {Map<string, Map<string, string>>} cookies by label; '' is the hub's own origin. */
  const jars = new Map();
  const jar = (label = '') => jars.get(label) ?? jars.set(label, new Map()).get(label);

  async function send(request) {
    const cookies = [...jar(request.label)].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(cookies ? { cookie: cookies } : {}), ...request.headers };
    const answer = await ask(hub, { ...request, headers });
    for (const line of answer.headers['set-cookie'] ?? []) keep(jar(request.label), line);
    return answer;
  }

  return {
    hub,
    send,
    get: (path, headers = {}) => send({ path, headers: { accept: 'text/html', ...headers } }),
    /** Calls a server function as the pages' own script does. */
    call: (endpoint, fields) => send(formCall(hub, endpoint, fields)),
    callJson: (endpoint, value) => send(jsonCall(hub, endpoint, value)),
    cookie: (name, label) => jar(label).get(name),
    cookieNames: (label) => [...jar(label).keys()],
    setCookie: (name, value, label) => jar(label).set(name, value),
    /** For a browser: the same cookies at the hub's origin. */
    browserCookies: () => [...jar()].map(([name, value]) => ({ name, value, url: hub.origin })),
  };
}

/** A server function whose arguments are form fields. */
export function formCall(hub, endpoint, fields = {}) {
  return {
    method: 'POST',
    path: `/api/${endpoint}`,
    headers: {
      origin: hub.origin,
      'sec-fetch-site': 'same-origin',
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    },
    body: formBody(fields),
  };
}

/** A server function whose arguments are JSON. */
export function jsonCall(hub, endpoint, value) {
  const call = formCall(hub, endpoint);
  return { ...call, headers: { ...call.headers, 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** Fields in the notation of the site's forms: `proof[message]=…`. */
export function formBody(fields) {
  const flat = Object.entries(fields).flatMap(([name, value]) =>
    value !== null && typeof value === 'object'
      ? Object.entries(value).map(([inner, text]) => [`${name}[${inner}]`, String(text)])
      : [[name, String(value)]],
  );
  return new URLSearchParams(flat).toString();
}

/** Signs in with a wallet, as the sign-in page does. Returns the last answer. */
export async function signInWith(visitor, wallet, { chainId = CHAIN_ID, purpose = 'sign_in' } = {}) {
  const begun = await visitor.call('sign_in/begin_wallet_proof', { purpose, address: wallet.address, chain_id: chainId });
  if (begun.status !== 200) return begun;
  const { message } = begun.json();
  const signature = await wallet.signMessage({ message });
  return visitor.call('sign_in/finish_wallet_proof', { proof: { message, signature } });
}

/** A new person who is signed in: wallet, account and cookies. */
export async function newPerson(hub, { path, wallet = newWallet() } = {}) {
  const visitor = newVisitor(hub);
  if (path) await visitor.get(path);
  const answer = await signInWith(visitor, wallet);
  if (answer.status !== 200) throw new Error(`sign-in answered ${answer.status}: ${answer.body}`);
  const { account } = (await visitor.call('account/read')).json();
  return { ...visitor, wallet, account };
}

/** The person's default server; a sign-in makes it. */
export async function defaultServer(person) {
  const { servers } = (await person.call('servers/dashboard')).json();
  return servers.find((server) => server.name === '');
}

/** The server as its owner sees it now. */
export async function serverOf(person, serverId) {
  const answer = await person.call('servers/read', { server_id: serverId });
  if (answer.status !== 200) throw new Error(`servers/read answered ${answer.status}: ${answer.body}`);
  return answer.json().server;
}

export function commandServer(person, serverId, command) {
  return person.call('servers/command', { server_id: serverId, command });
}

/** Walks through the door to the server's own origin; afterwards the visitor holds its pass. */
export async function enter(person, server, path = '/lab') {
  let step = { path: `/open/${server.server_id}?path=${encodeURIComponent(path)}`, label: undefined };
  const visited = [];
  for (let hops = 0; hops < 8; hops += 1) {
    const answer = await person.send({ ...step, headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate' } });
    visited.push({ ...step, status: answer.status });
    if (answer.status < 300 || answer.status >= 400) return { answer, visited };
    const target = new URL(answer.headers.location, originOf(person.hub, step.label));
    const label = target.hostname === 'localhost' ? undefined : target.hostname.replace(/\.localhost$/, '');
    step = { path: target.pathname + target.search, label };
    if (label === server.host_label && !target.pathname.startsWith('/_ledgercloud/')) return { answer, visited };
  }
  throw new Error(`the door led in circles: ${JSON.stringify(visited)}`);
}

function keep(jar, line) {
  const [pair, ...attributes] = line.split(';');
  const at = pair.indexOf('=');
  const name = pair.slice(0, at).trim();
  const value = pair.slice(at + 1).trim();
  const isGone = attributes.some((text) => /^\s*max-age=(0|-\d+)\s*$/i.test(text) || /expires=.*1970/i.test(text));
  if (isGone || value === '') jar.delete(name);
  else jar.set(name, value);
}
