// Every route, by everybody: who gets in, who is sent to sign in, who is told nothing.

import { expect, test } from '../support/test.mjs';
import { request as httpRequest } from 'node:http';

import { authority } from '../support/request.mjs';
import { defaultServer, formCall, jsonCall, newPerson, newVisitor, signInWith } from '../support/visitor.mjs';
import { pages, routes, serverFunctionCount, serverFunctions } from './routes/source.mjs';
import { ROUTES, VISITORS, signIn } from './routes/table.mjs';

const UNKNOWN_ID = '01h00000000000000000000000';

test('the table names every route of the program', () => {
  const known = new Set(ROUTES.map(({ pattern }) => pattern));
  const declared = [...serverFunctions(), ...routes(), ...pages()];
  expect(declared.length).toBeGreaterThan(40);
  expect(serverFunctions()).toHaveLength(serverFunctionCount());
  expect(declared.filter((pattern) => !known.has(pattern))).toEqual([]);
  expect([...known].filter((pattern) => pattern !== '/*' && !declared.includes(pattern))).toEqual([]);
});

for (const route of ROUTES) {
  test(`${route.kind} ${route.pattern}`, async ({ hub, administrator }) => {
    const world = await prepare(hub, administrator);
    for (const kind of VISITORS) {
      const visitor = await visitorOf(kind, world, hub, administrator);
      const answer = await answerTo(visitor, route, world);
      const expected = route.expected[kind];
      const where = `${kind} at ${route.pattern}: ${answer.body.slice(0, 300)}`;
      if (expected === signIn) {
        expect(answer.status, where).toBe(302);
        expect(answer.headers.location, where).toMatch(/^\/sign-in\?next=(%2F|\/)/);
      } else {
        expect(answer.status, where).toBe(expected);
      }
      // What is there for its owner must look to others as if it were not.
      if (answer.status === 404 && kind === 'other' && route.expected.user !== 404) {
        const unknown = await answerTo(visitor, route, { ...world, ...nothing(world) });
        expect(withoutNoise(answer, world), `${route.pattern} gives away what exists`).toBe(withoutNoise(unknown, world));
      }
    }
  });
}

/** People and things that requests name. */
async function prepare(hub, administrator) {
  const user = await newPerson(hub);
  const second = newVisitor(hub);
  await signInWith(second, user.wallet);
  const sessions = (await user.call('account/read')).json().sessions;
  const home = await user.get('/');
  return {
    hub,
    administrator,
    user,
    server: await defaultServer(user),
    bystander: await newPerson(hub),
    spareSession: sessions.find((session) => !session.is_current).key,
    someAddress: user.wallet.address,
    unknownId: UNKNOWN_ID,
    stylesheet: /href="(\/pkg\/[^"]+\.css)"/.exec(home.body)[1],
    freshName: () => `s${Math.random().toString(36).slice(2, 10)}`,
  };
}

/** The same world with things in the place of the user's that do not exist. */
function nothing(world) {
  const gone = { ...world.server, server_id: UNKNOWN_ID, host_label: 'nobody-at-all' };
  const account = { ...world.user.account, user_id: UNKNOWN_ID, wallets: [{ id: UNKNOWN_ID }] };
  return { server: gone, user: { ...world.user, account }, spareSession: UNKNOWN_ID };
}

async function visitorOf(kind, world, hub, administrator) {
  if (kind === 'anonymous') return newVisitor(hub);
  if (kind === 'user') return world.user;
  if (kind === 'other') return newPerson(hub);
  // A session of their own, because some routes end it.
  return newPerson(hub, { wallet: administrator.wallet });
}

async function answerTo(visitor, route, world) {
  const { hub } = visitor;
  if (route.kind === 'form') return visitor.send(formCall(hub, route.pattern, route.fields(world)));
  if (route.kind === 'json') return visitor.send(jsonCall(hub, route.pattern, route.value(world)));
  if (route.kind === 'page') return visitor.get(route.path(world));
  const headers = route.method === 'POST' ? { origin: hub.origin, 'content-type': 'application/x-www-form-urlencoded' } : {};
  const path = (route.path ?? (() => route.pattern))(world);
  if (route.pattern.endsWith('/events')) return headOf(visitor, path);
  return visitor.send({ method: route.method, path, headers, body: route.method === 'POST' ? '' : undefined });
}

/** Status of a stream that would go on for ever. */
function headOf(visitor, path) {
  const { hub } = visitor;
  const cookie = visitor.cookieNames().map((name) => `${name}=${visitor.cookie(name)}`).join('; ');
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { host: '127.0.0.1', port: hub.port, path, agent: false, headers: { host: authority(hub), cookie } },
      (response) => {
        if (response.statusCode === 200) {
          response.on('error', () => {});
          sent.destroy();
          resolve({ status: 200, headers: response.headers, body: '' });
          return;
        }
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: String(Buffer.concat(chunks)) }));
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

/** Body without what differs between any two answers. */
function withoutNoise({ body }, world) {
  return body
    .replaceAll(/(nonce|crossorigin)="[^"]*"/g, '')
    .replaceAll(/\b\d{13}\b/g, '')
    .replaceAll(UNKNOWN_ID, 'ID')
    .replaceAll('nobody-at-all', 'LABEL')
    .replaceAll(world.server.server_id, 'ID')
    .replaceAll(world.server.host_label, 'LABEL')
    .replaceAll(world.user.account.user_id, 'ID');
}
