// The rules that hold for every answer: policies, cookies, origins, request ids.

import { privateKeyToAccount } from 'viem/accounts';

import { ask } from '../support/request.mjs';
import { expect, open, test } from '../support/test.mjs';
import { formCall, newPerson, newVisitor, newWallet, signInWith } from '../support/visitor.mjs';

const SESSION = 'ledgercloud-session';

/** `name value…; name value…` as an object. */
function directives(policy) {
  return Object.fromEntries(
    policy
      .split(';')
      .map((text) => text.trim().split(/\s+/))
      .filter(([name]) => name)
      .map(([name, ...values]) => [name, values]),
  );
}

for (const path of ['/', '/sign-in', '/dashboard', '/account', '/no/such/page']) {
  test(`${path} runs only scripts that carry its nonce`, async ({ hub, person }) => {
    const answer = await person.get(path);
    const policy = directives(answer.headers['content-security-policy']);
    expect(policy['default-src']).toEqual(["'self'"]);
    expect(policy['object-src']).toEqual(["'none'"]);
    expect(policy['base-uri']).toEqual(["'none'"]);
    expect(policy['frame-ancestors']).toEqual(["'none'"]);
    expect(policy['connect-src']).toEqual(["'self'"]);
    expect(policy['form-action'][0]).toBe("'self'");
    const [nonceSource, ...others] = policy['script-src'].filter((source) => source.startsWith("'nonce-"));
    expect(others).toEqual([]);
    expect(policy['script-src'].filter((source) => source !== nonceSource).sort()).toEqual(["'self'", "'wasm-unsafe-eval'"]);
    const nonce = nonceSource.slice("'nonce-".length, -1);
    expect(nonce.length, 'at least 128 random bits').toBeGreaterThanOrEqual(22);

    const scripts = [...answer.body.matchAll(/<script\b([^>]*)>/g)].map((match) => match[1]);
    expect(scripts.length).toBeGreaterThan(0);
    for (const attributes of scripts) expect(attributes).toContain(`nonce="${nonce}"`);
    expect(answer.body).not.toMatch(/<[^>]+\son[a-z]+\s*=/i);
    expect(answer.body).not.toMatch(/(?:href|src|action)="\s*javascript:/i);

    const again = await person.get(path);
    expect(again.headers['content-security-policy'], 'a nonce is used once').not.toContain(nonce);
    void hub;
  });
}

test('every kind of answer carries the security headers', async ({ hub }) => {
  const stylesheet = /href="(\/pkg\/[^"]+\.css)"/.exec((await newVisitor(hub).get('/')).body)[1];
  const requests = [
    { path: '/' },
    { path: '/health' },
    { path: '/no/such/page' },
    { path: stylesheet },
    { path: '/favicon.svg' },
    { path: '/hub/home' },
    { path: '/open/nonsense' },
    formCall(hub, 'servers/dashboard'),
    { ...formCall(hub, 'servers/dashboard'), headers: { origin: 'https://evil.example', cookie: 'a=b' } },
  ];
  for (const request of requests) {
    const { headers } = await ask(hub, request);
    const where = `${request.method ?? 'GET'} ${request.path}`;
    expect(headers['content-security-policy'], where).toContain("frame-ancestors 'none'");
    expect(headers['x-content-type-options'], where).toBe('nosniff');
    expect(headers['x-frame-options'], where).toBe('DENY');
    expect(headers['referrer-policy'], where).toMatch(/^(same-origin|no-referrer|strict-origin-when-cross-origin)$/);
    expect(headers['cross-origin-opener-policy'], where).toMatch(/^same-origin(-allow-popups)?$/);
    expect(headers['cross-origin-resource-policy'], where).toBe('same-origin');
    expect(headers['permissions-policy'], where).toContain('camera=()');
    expect(headers.server, where).toBeUndefined();
    expect(headers['x-powered-by'], where).toBeUndefined();
  }
});

test('each request has an id of ours, also when it brings one', async ({ hub }) => {
  const first = await ask(hub, { path: '/health' });
  const second = await ask(hub, { path: '/health', headers: { 'x-request-id': 'mine\u0041' } });
  expect(first.headers['x-request-id']).toMatch(/^[0-9a-z]{26}$/);
  expect(second.headers['x-request-id']).toMatch(/^[0-9a-z]{26}$/);
  expect(second.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
});

test('compiled files are kept for ever, pages and answers never', async ({ hub }) => {
  const visitor = newVisitor(hub);
  const home = await visitor.get('/');
  const [script] = /\/pkg\/[^"']+\.js/.exec(home.body);
  const [stylesheet] = /\/pkg\/[^"']+\.css/.exec(home.body);
  for (const path of [script, stylesheet]) {
    const { status, headers } = await ask(hub, { path });
    expect(status).toBe(200);
    expect(path, 'the name changes with the content').toMatch(/[.-][0-9A-Za-z_-]{8,}\.(js|css)$/);
    expect(headers['cache-control']).toContain('immutable');
  }
  expect(home.headers['cache-control']).toMatch(/no-store|no-cache/);
  expect((await visitor.call('read_shell')).headers['cache-control']).toContain('no-store');
});

test('the session cookie is for this host, this site and no script', async ({ hub }) => {
  const visitor = newVisitor(hub);
  const answer = await signInWith(visitor, newWallet());
  const line = answer.headers['set-cookie'].find((text) => text.startsWith(`${SESSION}=`));
  const attributes = line.split(';').slice(1).map((text) => text.trim().toLowerCase());
  expect(attributes).toContain('httponly');
  expect(attributes).toContain('path=/');
  expect(attributes.filter((text) => text === 'samesite=lax' || text === 'samesite=strict')).toHaveLength(1);
  expect(attributes.filter((text) => text.startsWith('domain'))).toEqual([]);
});

test('nobody gets a session for only looking', async ({ hub }) => {
  const visitor = newVisitor(hub);
  for (const path of ['/', '/sign-in', '/health', '/dashboard']) await visitor.get(path);
  expect(visitor.cookieNames()).toEqual([]);
});

test('a sign-in gives the session a new id, and the old one is worth nothing', async ({ hub, administrator }) => {
  void administrator;
  const attacker = newVisitor(hub);
  const wallet = newWallet();
  // The first step of a sign-in needs a session: the attacker's is planted on the victim.
  await attacker.call('sign_in/begin_wallet_proof', { purpose: 'sign_in', address: wallet.address, chain_id: 31337 });
  const planted = attacker.cookie(SESSION);
  expect(planted).toBeTruthy();
  const victim = newVisitor(hub);
  victim.setCookie(SESSION, planted);
  expect((await signInWith(victim, wallet)).status).toBe(200);
  expect(victim.cookie(SESSION)).not.toBe(planted);
  expect((await victim.call('account/read')).status).toBe(200);
  expect((await attacker.call('account/read')).status).toBe(401);
});

test('a session id that we did not make is not taken up', async ({ hub }) => {
  const visitor = newVisitor(hub);
  const chosen = 'A'.repeat(22);
  visitor.setCookie(SESSION, chosen);
  const wallet = newWallet();
  await visitor.call('sign_in/begin_wallet_proof', { purpose: 'sign_in', address: wallet.address, chain_id: 31337 });
  expect(visitor.cookie(SESSION)).not.toBe(chosen);
});

// Fetch Metadata: mode × site × method (https://www.w3.org/TR/fetch-metadata/).
const WRITES = [
  { what: 'a form of another site', headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, passes: false },
  { what: 'a notebook of the same site', headers: (hub) => ({ origin: `http://someone.localhost:${hub.port}`, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }), passes: false },
  { what: 'another port of this host', headers: () => ({ origin: 'http://localhost:1', 'sec-fetch-site': 'same-site' }), passes: false },
  { what: 'a request without CORS', headers: (hub) => ({ origin: hub.origin, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'no-cors' }), passes: false },
  { what: 'an opaque origin', headers: () => ({ origin: 'null' }), passes: false },
  { what: 'no sign of where it comes from', headers: () => ({}), passes: false },
  { what: 'a typed address', headers: () => ({ 'sec-fetch-site': 'none' }), passes: false },
  { what: 'our own page', headers: (hub) => ({ origin: hub.origin, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }), passes: true },
  { what: 'our own form', headers: (hub) => ({ origin: hub.origin, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' }), passes: true },
];

for (const { what, headers, passes } of WRITES) {
  test(`a write by ${what} is ${passes ? 'accepted' : 'refused'}`, async ({ hub, person }) => {
    const given = typeof headers === 'function' ? headers(hub) : headers;
    for (const call of [formCall(hub, 'account/rename', { display_name: what }), { method: 'POST', path: '/sign-out', body: '' }]) {
      const base = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
      const answer = await person.send({ ...call, headers: { ...base, ...given } });
      if (passes) {
        expect(answer.status, call.path).toBeLessThan(400);
      } else {
        expect(answer.status, call.path).toBe(403);
        expect(answer.json().code).toBe('cross_site');
      }
    }
    // What was refused has changed nothing, the session included.
    if (!passes) {
      const { account } = (await person.call('account/read')).json();
      expect(account.display_name).not.toBe(what);
    }
  });
}

test('a real page of another origin cannot write with the cookies of somebody signed in', async ({ hub, person, openPage }) => {
  const page = await openPage(hub, { as: person, allow: [/./] });
  await open(page, '/account');
  const elsewhere = `http://elsewhere.localhost:${hub.port}/`;
  await page.route(elsewhere, (route) => route.fulfill({ contentType: 'text/html', body: '<title>elsewhere</title>' }));
  await page.goto(elsewhere);
  await page.evaluate(async (target) => {
    const body = new URLSearchParams({ display_name: 'taken over' });
    await fetch(target, { method: 'POST', body, credentials: 'include', mode: 'no-cors' }).catch(() => {});
  }, `${hub.origin}/api/account/rename`);
  await page.evaluate((target) => {
    document.body.innerHTML = `<form method="post" action="${target}"><input name="display_name" value="taken over"></form>`;
    document.forms[0].submit();
  }, `${hub.origin}/api/account/rename`);
  await page.waitForURL((url) => url.origin === hub.origin);
  const { account } = (await person.call('account/read')).json();
  expect(account.display_name).not.toBe('taken over');
});

test('signing out ends the session here, and only here', async ({ hub, person }) => {
  const second = newVisitor(hub);
  await signInWith(second, privateKeyToAccount(person.wallet.privateKey));
  const old = person.cookie(SESSION);
  const answer = await person.send({ method: 'POST', path: '/sign-out', headers: { origin: hub.origin, 'content-type': 'application/x-www-form-urlencoded' }, body: '' });
  expect(answer.status).toBe(303);
  person.setCookie(SESSION, old);
  expect((await person.call('account/read')).status).toBe(401);
  expect((await second.call('account/read')).status).toBe(200);
});

test('signing out everywhere ends all sessions', async ({ hub, administrator }) => {
  void administrator;
  const person = await newPerson(hub);
  const second = newVisitor(hub);
  await signInWith(second, person.wallet);
  expect((await person.call('account/sign_out_everywhere')).status).toBe(200);
  expect((await second.call('account/read')).status).toBe(401);
});
