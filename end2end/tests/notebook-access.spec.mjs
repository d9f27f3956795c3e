// Who reaches a notebook server, and what reaches it: its owner, in a living session, and nothing
// of the hub's own secrets.

import { eventually } from '../support/eventually.mjs';
import { askJupyter, execute, openChannels, reaches, startKernel, startServer } from '../support/jupyter.mjs';
import { originOf } from '../support/request.mjs';
import { expect, test } from '../support/test.mjs';
import { commandServer, defaultServer, enter, newPerson, newVisitor, serverOf, signInWith } from '../support/visitor.mjs';

const NAVIGATION = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
const SCRIPT = { accept: 'application/json', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };
const PASS = 'ledgercloud-door';
const SESSION = 'ledgercloud-session';

/** A person whose default server runs. */
async function withServer(hub) {
  const person = await newPerson(hub);
  const server = await startServer(person, await defaultServer(person));
  return { person, server };
}

/** An answer without the random values that differ between any two. */
function essence(answer, label) {
  return {
    status: answer.status,
    location: answer.headers.location?.replaceAll(label, 'LABEL').replace(/state=[\w-]{43}/, 'state=STATE'),
    cookies: (answer.headers['set-cookie'] ?? []).map((line) => line.replace(/=[\w-]{43};/, '=RANDOM;')),
    body: answer.body.replaceAll(label, 'LABEL'),
    type: answer.headers['content-type'],
  };
}

test('another user gets what a server that does not exist would give', async ({ hub, administrator }) => {
  void administrator;
  const { server } = await withServer(hub);
  const other = await newPerson(hub);
  const anonymous = newVisitor(hub);
  const missing = 'nobody-has-this';
  for (const visitor of [other, anonymous]) {
    for (const headers of [NAVIGATION, SCRIPT]) {
      for (const path of ['/', '/lab', '/api/status', '/files/secret.txt', '/_ledgercloud/begin?next=/lab', '/_ledgercloud/unknown']) {
        const theirs = await visitor.send({ path, label: server.host_label, headers });
        const nobodys = await visitor.send({ path, label: missing, headers });
        expect(essence(theirs, server.host_label), path).toEqual(essence(nobodys, missing));
        expect(theirs.body).not.toMatch(/jupyter/i);
      }
    }
  }
  const door = (label) => `/door/${label}?state=${'s'.repeat(43)}&next=%2Flab`;
  expect(essence(await other.get(door(server.host_label)), server.host_label)).toEqual(essence(await other.get(door(missing)), missing));
  // Whoever made it to the end of the way has been given no pass on it.
  const { visited } = await enter(other, { ...server, server_id: server.server_id }).catch((error) => ({ visited: String(error) }));
  void visited;
  expect(other.cookie(PASS, server.host_label)).toBeUndefined();
});

test('a pass opens the server that it was made for, and no other', async ({ hub, administrator }) => {
  void administrator;
  const first = await withServer(hub);
  const second = await withServer(hub);
  await enter(first.person, first.server);
  const pass = first.person.cookie(PASS, first.server.host_label);
  expect(pass).toBeTruthy();
  const thief = newVisitor(hub);
  thief.setCookie(PASS, pass, second.server.host_label);
  expect((await thief.send({ path: '/api', label: second.server.host_label, headers: SCRIPT })).status).toBe(401);
  first.person.setCookie(PASS, `${pass.slice(0, -2)}xx`, first.server.host_label);
  expect((await first.person.send({ path: '/api', label: first.server.host_label, headers: SCRIPT })).status).toBe(401);
});

test('the way in works once, in the browser that began it', async ({ hub, administrator }) => {
  void administrator;
  const { person, server } = await withServer(hub);
  const label = server.host_label;
  const begun = await person.send({ path: '/_ledgercloud/begin?next=/lab', label, headers: NAVIGATION });
  const door = new URL(begun.headers.location);
  const minted = await person.send({ path: door.pathname + door.search, headers: NAVIGATION });
  const entry = new URL(minted.headers.location);
  const entering = { path: entry.pathname + entry.search, label, headers: NAVIGATION };
  const stranger = await newVisitor(hub).send(entering);
  expect(stranger.status).toBe(403);
  expect(stranger.headers['set-cookie'] ?? []).toEqual([]);
  // The attempt has used the ticket up, for its owner too.
  expect((await person.send(entering)).status).toBe(403);
});

test('several tabs find the way in at once', async ({ hub, administrator }) => {
  void administrator;
  const { person, server } = await withServer(hub);
  const label = server.host_label;
  const entries = [];
  for (const next of ['/lab', '/tree']) {
    const begun = await person.send({ path: `/_ledgercloud/begin?next=${next}`, label, headers: NAVIGATION });
    const door = new URL(begun.headers.location);
    const minted = await person.send({ path: door.pathname + door.search, headers: NAVIGATION });
    entries.push(new URL(minted.headers.location));
  }
  for (const entry of entries) {
    const entered = await person.send({ path: entry.pathname + entry.search, label, headers: NAVIGATION });
    expect(entered.status).toBe(303);
    expect(entered.headers['set-cookie']?.join()).toContain(`${PASS}=v1.`);
  }
});

test('no cookie of the hub and no forged identity reaches the notebook', async ({ hub, administrator }) => {
  test.setTimeout(240_000);
  void administrator;
  const { person, server } = await withServer(hub);
  const label = server.host_label;
  const kernel = await startKernel(person, server);
  // The owner's own configuration runs inside the server: it writes down every request's headers.
  await execute(person, server, kernel, RECORDER);
  await commandServer(person, server.server_id, 'stop');
  await reaches(person, server, 'stopped');
  await startServer(person, server);
  await enter(person, server);
  person.setCookie(SESSION, person.cookie(SESSION), label);
  person.setCookie('__Host-ledgercloud-session', 'planted', label);
  person.setCookie('own', 'kept', label);
  const forged = { 'x-ledgercloud-identity': 'v1;Zm9yZ2Vk;0;00', 'x-forwarded-user': 'forged' };
  expect((await askJupyter(person, server, { path: '/api/status?token=forged', headers: forged })).status).toBe(200);
  const fresh = await startKernel(person, server);
  const seen = JSON.parse(await execute(person, server, fresh, 'print(open("seen.json").read())'));
  const request = seen.find(({ uri }) => uri.startsWith('/api/status?token='));
  expect(request, 'the recorder saw the request').toBeTruthy();
  for (const { uri, headers } of seen) {
    expect(JSON.stringify(headers), uri).not.toMatch(/ledgercloud-(session|door|state)|planted/i);
    expect(JSON.stringify(headers), uri).not.toMatch(/Zm9yZ2Vk|forged/);
  }
  expect(request.headers.Cookie).toContain('own=kept');
  expect(request.headers['X-Ledgercloud-Identity']).toMatch(/^v1;[\w-]+;\d{13};[0-9a-f]{64}$/);
});

/** Python that makes the server note down what it is sent. */
const RECORDER = `
import os, pathlib
folder = pathlib.Path.home() / ".jupyter"
folder.mkdir(exist_ok=True)
(folder / "jupyter_server_config.py").write_text('''
import json, pathlib
from tornado import httputil
seen = []
original = httputil.HTTPServerRequest.__init__
def noting(self, *args, **kwargs):
    original(self, *args, **kwargs)
    seen.append({"uri": self.uri, "headers": dict(self.headers)})
    (pathlib.Path.home() / "seen.json").write_text(json.dumps(seen[-200:]))
httputil.HTTPServerRequest.__init__ = noting
''')
print("written")
`;

test('signing out ends the open notebook at once', async ({ hub, administrator }) => {
  void administrator;
  const { person, server } = await withServer(hub);
  const kernel = await startKernel(person, server);
  const { closed } = await openChannels(person, server, kernel);
  // Somebody else's work must go on.
  const second = newVisitor(hub);
  await signInWith(second, person.wallet);
  await enter(second, server);
  expect((await second.send({ path: '/api/status', label: server.host_label, headers: SCRIPT })).status).toBe(200);

  const session = person.cookie(SESSION);
  const pass = person.cookie(PASS, server.host_label);
  const left = await person.send({ method: 'POST', path: '/sign-out', headers: { origin: hub.origin, 'content-type': 'application/x-www-form-urlencoded' }, body: '' });
  expect(left.status).toBe(303);
  const outcome = await Promise.race([closed, new Promise((resolve) => setTimeout(() => resolve('still open'), 2_000))]);
  expect(outcome, 'the kernel\'s socket').not.toBe('still open');
  // A tab that is still open polls with all the cookies that it had.
  person.setCookie(SESSION, session);
  person.setCookie(PASS, pass, server.host_label);
  const polled = await person.send({ path: '/api/status', label: server.host_label, headers: SCRIPT });
  expect(polled.status).toBe(401);
  await expect(openChannels(person, server, kernel)).rejects.toThrow('401');
  const renewed = await person.send({ path: '/lab', label: server.host_label, headers: NAVIGATION });
  expect(renewed.headers.location).toBe('/_ledgercloud/begin?next=%2Flab');
  const begun = await person.send({ path: renewed.headers.location, label: server.host_label, headers: NAVIGATION });
  expect(begun.headers.location, 'a reload leads to the hub').toContain(`${hub.origin}/door/`);
  expect((await second.send({ path: '/api/status', label: server.host_label, headers: SCRIPT })).status, 'the other session').toBe(200);
});

test('suspension ends sessions and servers, and no sign-in works until it is lifted', async ({ hub, administrator }) => {
  test.setTimeout(240_000);
  const { person, server } = await withServer(hub);
  const kernel = await startKernel(person, server);
  const { closed } = await openChannels(person, server, kernel);
  expect((await administrator.call('admin/suspend', { user_id: person.account.user_id })).status).toBe(200);
  await closed;
  expect((await person.call('account/read')).status).toBe(401);
  expect((await person.send({ path: '/api/status', label: server.host_label, headers: SCRIPT })).status).toBe(401);
  await reaches({ ...administrator, hub }, server, 'stopped');
  const refused = await signInWith(newVisitor(hub), person.wallet);
  expect(refused.status).toBe(403);
  expect((await administrator.call('admin/reinstate', { user_id: person.account.user_id })).status).toBe(200);
  const again = newVisitor(hub);
  expect((await signInWith(again, person.wallet)).status).toBe(200);
  expect((await serverOf(again, server.server_id)).state).toBe('stopped');
});

test('a write without its token and a socket from elsewhere are refused by the server itself', async ({ hub, administrator }) => {
  void administrator;
  const { person, server } = await withServer(hub);
  const label = server.host_label;
  const kernel = await startKernel(person, server);
  const plain = { origin: originOf(hub, label), 'content-type': 'application/json' };
  const without = await person.send({ method: 'POST', path: '/api/kernels', label, headers: plain, body: '{}' });
  expect(without.status).toBe(403);
  for (const origin of ['https://evil.example', hub.origin, `http://elsewhere.localhost:${hub.port}`]) {
    const answer = await askJupyter(person, server, { method: 'POST', path: '/api/kernels', body: {}, headers: { origin, 'sec-fetch-site': 'cross-site' } });
    expect(answer.status, origin).toBe(403);
    const upgrade = await person.send({
      path: `/api/kernels/${kernel}/channels`,
      label,
      headers: { origin, upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==', 'sec-websocket-version': '13' },
    });
    expect(upgrade.status, `socket from ${origin}`).toBe(403);
  }
});

test('an administrator who enters somebody\'s server leaves a line that its owner can read', async ({ hub, administrator }) => {
  const { person, server } = await withServer(hub);
  const visitor = await newPerson(hub, { wallet: administrator.wallet });
  const { answer } = await enter(visitor, server);
  expect(answer.status).toBe(303);
  const lines = await eventually(
    async () => {
      const page = (await person.callJson('account/audit', { page: { after: null, limit: 50 } })).json();
      const found = page.items.filter(({ action }) => action === 'server.enter');
      return found.length > 0 ? found : null;
    },
    { what: 'the entry in the owner\'s record' },
  );
  expect(lines[0].actor.id).toBe(administrator.account.user_id);
});
