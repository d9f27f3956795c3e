// Requests that are too large, malformed or too slow. None may end in a 5xx, none may stay open.

import { connect } from 'node:net';

import { eventually } from '../support/eventually.mjs';
import { endHub, logOf, startHub } from '../support/hub.mjs';
import { ask, authority } from '../support/request.mjs';
import { expect, test } from '../support/test.mjs';
import { formCall, newPerson, newVisitor } from '../support/visitor.mjs';
import { ROUTES } from './routes/table.mjs';

const FUNCTIONS = ROUTES.filter(({ kind }) => kind === 'form' || kind === 'json').map(({ pattern }) => pattern);

/** Longest time that an incomplete request may hold a connection. */
const SLOW_REQUEST_MAX_MS = 40_000;

const FORM = 'application/x-www-form-urlencoded';
const BODIES = [
  ['no body', FORM, ''],
  ['no body at all, as JSON', 'application/json', ''],
  ['a broken percent code', FORM, 'server_id=%zz&name=%'],
  ['bytes that are not UTF-8', FORM, Buffer.from([0x6e, 0x3d, 0xff, 0xfe, 0x00])],
  ['a field given twice', FORM, 'server_id=a&server_id=b&command=stop&command=start'],
  ['deep brackets', FORM, `a${'[b]'.repeat(500)}=1`],
  ['an id that is none', FORM, 'server_id=../../etc/passwd&user_id=1%27%20OR%201=1&command=stop&role=king&wallet_id=0&host_label=%00'],
  ['a number out of range', FORM, 'uses=99999999999999999999&expires_in_hours=-1&role=member'],
  ['half a JSON', 'application/json', '{"query":{"search":'],
  ['JSON of another shape', 'application/json', '[1,2,3]'],
  ['null', 'application/json', 'null'],
  ['JSON nested deeply', 'application/json', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
  ['a huge number', 'application/json', '{"page":{"limit":1e999},"query":{"page":{"limit":-1}}}'],
  ['wrong types', 'application/json', '{"query":{"search":{},"role":7,"page":"x"},"check":true}'],
  ['another content type', 'text/plain', 'hello'],
  ['a multipart without an end', 'multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name="csv"\r\n\r\nabc'],
  ['no content type', undefined, 'server_id=x'],
];

for (const endpoint of FUNCTIONS) {
  test(`/api/${endpoint} refuses malformed bodies by name`, async ({ hub, administrator }) => {
    // The most powerful caller, so that the body is what is refused.
    const caller = endpoint.includes('sign_out') ? newVisitor(hub) : await newPerson(hub, { wallet: administrator.wallet });
    for (const [what, type, body] of BODIES) {
      const call = formCall(hub, endpoint);
      const headers = { ...call.headers };
      if (type) headers['content-type'] = type;
      else delete headers['content-type'];
      const answer = await caller.send({ ...call, headers, body });
      const where = `${what}: ${answer.status} ${answer.body.slice(0, 200)}`;
      expect(answer.status, where).toBeLessThan(500);
      if (answer.status >= 400) {
        expect(answer.headers['x-request-id'], where).toBeTruthy();
        expect(answer.body, where).not.toMatch(/panicked|src\/|\.rs:|sqlite|postgres|SELECT /i);
      }
    }
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const answer = await caller.send({ ...formCall(hub, endpoint), method });
      expect(answer.status, `${method}: ${answer.body.slice(0, 200)}`).toBeLessThan(500);
      expect(answer.status, method).toBeGreaterThanOrEqual(400);
    }
    // A person keeps so many sessions; one more would end the administrator's oldest.
    await caller.call('sign_in/end_session');
  });
}

test('a body over the limit is refused without being read', async ({ hub, administrator }) => {
  const body = `csv=${'x'.repeat(9 << 20)}&step=preview`;
  for (const endpoint of ['admin/bulk', 'account/rename', 'sign_in/finish_wallet_proof', 'set_theme']) {
    const answer = await administrator.send({ ...formCall(hub, endpoint), body }).catch((error) => error);
    // The connection may break while the rest is still being sent; the program must say why first.
    if (answer instanceof Error) expect(answer.code).toMatch(/EPIPE|ECONNRESET/);
    else expect(answer.status, endpoint).toBe(413);
  }
  const declared = await ask(hub, {
    ...formCall(hub, 'account/rename'),
    headers: { ...formCall(hub, 'account/rename').headers, 'content-length': String(2 ** 40), expect: '100-continue' },
    body: undefined,
  }).catch((error) => error);
  expect(declared.status).toBe(413);
});

test('a list of users has a limit of its own, which it names', async ({ administrator }) => {
  const lines = Array.from({ length: 20_001 }, (_, index) => `u${index},0x${index.toString(16).padStart(40, '0')}`);
  const answer = await administrator.call('admin/bulk', { csv: `name,wallet\n${lines.join('\n')}`, step: 'preview' });
  expect(answer.status).toBe(400);
  expect(answer.json().message).toMatch(/20[,.  ]?000/);
});

test('texts of any kind come back as text', async ({ hub, person, openPage }) => {
  const name = '"><img src=x onerror=alert(1)>{{7*7}}';
  expect((await person.call('account/rename', { display_name: name })).status).toBe(200);
  const page = await openPage(hub, { as: person });
  page.on('dialog', () => expect(true, 'a script ran').toBe(false));
  await page.goto('/account');
  await expect(page.locator('img[src=x]')).toHaveCount(0);
  await expect(page.getByRole('main')).toContainText('{{7*7}}');
});

test('names are bounded and the log stays small', async ({ hub, person }) => {
  expect((await person.call('account/rename', { display_name: 'x'.repeat(100_000) })).status).toBe(400);
  const long = 'y'.repeat(30_000);
  const before = (await logOf(hub)).length;
  for (const path of [`/${long}`, `/open/${long}`, `/join/${long}`, `/oauth/${long}/start`, `/start/${long}`]) {
    const answer = await ask(hub, { path });
    expect(answer.status, path.slice(0, 20)).toBeLessThan(500);
  }
  expect((await logOf(hub)).length - before).toBeLessThan(20_000);
});

/** Sends the bytes on a plain connection and tells how and when the program ends it. */
function converse(hub, write) {
  return new Promise((resolve, reject) => {
    const started = Date.now();
    let received = '';
    const socket = connect(hub.port, '127.0.0.1', () => write(socket));
    socket.on('data', (data) => (received += data));
    socket.on('error', (error) => (['ECONNRESET', 'EPIPE'].includes(error.code) ? undefined : reject(error)));
    socket.on('close', () => resolve({ received, elapsedMs: Date.now() - started }));
  });
}

const RAW = [
  ['no HTTP at all', 'hello\r\n\r\n', /^(HTTP\/1\.1 400|$)/],
  ['a head that is too large', (hub) => `GET / HTTP/1.1\r\nHost: ${authority(hub)}\r\nX: ${'a'.repeat(200_000)}\r\n\r\n`, /^(HTTP\/1\.1 431|$)/],
  ['two lengths', (hub) => `POST /sign-out HTTP/1.1\r\nHost: ${authority(hub)}\r\nContent-Length: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab`, /^(HTTP\/1\.1 400|$)/],
  ['length and chunks', (hub) => `POST /sign-out HTTP/1.1\r\nHost: ${authority(hub)}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n`, /^(HTTP\/1\.1 [34]\d\d|$)/],
  ['a path that is no path', (hub) => `GET http://[::1 HTTP/1.1\r\nHost: ${authority(hub)}\r\nConnection: close\r\n\r\n`, /^(HTTP\/1\.1 400|$)/],
  ['another host', () => 'GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 (2|3|4)\d\d/],
  ['no host', () => 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 (2|4)\d\d/],
  ['a tunnel', () => 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 4\d\d/],
];

for (const [what, bytes, expected] of RAW) {
  test(`${what} does no harm`, async ({ hub }) => {
    const text = typeof bytes === 'function' ? bytes(hub) : bytes;
    const { received } = await converse(hub, (socket) => socket.write(text));
    expect(received).toMatch(expected);
    expect((await ask(hub, { path: '/health' })).status).toBe(200);
  });
}

test('requests that come too slowly are dropped, and others are served meanwhile', async ({ hub, person }) => {
  test.setTimeout(SLOW_REQUEST_MAX_MS + 30_000);
  const drip = (head, byte) => (socket) => {
    socket.write(head);
    const timer = setInterval(() => socket.write(byte, () => {}), 500);
    socket.on('close', () => clearInterval(timer));
  };
  const cookie = person.cookieNames().map((name) => `${name}=${person.cookie(name)}`).join('; ');
  const post = `POST /api/account/rename HTTP/1.1\r\nHost: ${authority(hub)}\r\nOrigin: ${hub.origin}\r\nCookie: ${cookie}\r\nContent-Type: ${FORM}\r\nContent-Length: 100000\r\n\r\n`;
  const slow = [
    converse(hub, drip(`GET / HTTP/1.1\r\nHost: ${authority(hub)}\r\nX: `, 'a')),
    converse(hub, drip(post, 'd')),
    converse(hub, () => {}),
  ];
  expect((await ask(hub, { path: '/health' })).status).toBe(200);
  for (const { elapsedMs } of await Promise.all(slow)) expect(elapsedMs).toBeLessThan(SLOW_REQUEST_MAX_MS);
});

test('too many requests from one address are held back, and told for how long', async () => {
  const hub = await startHub({ settings: { LIMITS__WRITES_PER_MINUTE: '20', LIMITS__PROOFS_PER_MINUTE: '5' } });
  try {
    const visitor = newVisitor(hub);
    const answers = await Promise.all(Array.from({ length: 60 }, () => visitor.call('set_theme', { theme: 'dark' })));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(30);
    for (const answer of refused) {
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect(answer.json().code).toBe('rate_limited');
    }
    expect((await visitor.get('/')).status, 'reading goes on').toBe(200);
  } finally {
    await endHub(hub);
  }
});

test('a program that is asked to end finishes what it does and ends', async () => {
  const hub = await startHub();
  let connected;
  const isConnected = new Promise((resolve) => (connected = resolve));
  const idle = converse(hub, connected);
  await isConnected;
  hub.process.kill('SIGTERM');
  const outcome = await eventually(() => hub.ended, { what: 'the end' });
  expect(outcome.code).toBe(0);
  await idle;
  hub.process = null;
  await endHub(hub);
});
