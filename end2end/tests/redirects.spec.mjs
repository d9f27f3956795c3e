// Where a link may lead after sign-in or through a notebook's door: a path of this site, whatever
// spelling the text has. The corpus follows CVE-2019-10255 and CVE-2026-33709 of JupyterHub.

import { newInjectedWallet } from '../support/sign-in-page.mjs';
import { expect, test } from '../support/test.mjs';
import { defaultServer, enter, newPerson, newVisitor, newWallet } from '../support/visitor.mjs';

const OUTWARD = [
  'https://evil.example',
  '//evil.example',
  '///evil.example',
  '////evil.example',
  '/\\evil.example',
  '\\/evil.example',
  '\\\\evil.example',
  '/\\/evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/\r/evil.example',
  '\t//evil.example',
  ' //evil.example',
  '/%2f/evil.example',
  '/%2Fevil.example',
  '/%5cevil.example',
  '/%5Cevil.example',
  '/%09/evil.example',
  '/%0a/evil.example',
  '/%0d%0aLocation:%20https://evil.example',
  'https:evil.example',
  'https:/evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  '@evil.example',
  '/@evil.example/..//evil.example',
  'http://localhost@evil.example/',
  '//localhost@evil.example/',
  'evil.example',
  '/。evil.example',
  '',
];

/** What a browser would do with the text as the address of a link on this origin. */
function leads(origin, text) {
  return new URL(text, `${origin}/somewhere`).origin;
}

test('the corpus is hostile: a browser would leave the site with it', () => {
  const away = OUTWARD.filter((text) => leads('http://localhost', text) !== 'http://localhost');
  expect(away.length).toBeGreaterThan(12);
});

test('a notebook server\'s link leads into the server, whatever it says', async ({ hub, administrator }) => {
  void administrator;
  const person = await newPerson(hub);
  const server = await defaultServer(person);
  for (const next of OUTWARD) {
    const { answer, visited } = await enter(person, server, next);
    const where = `${JSON.stringify(next)} → ${visited.map((step) => step.path).join(' → ')} → ${answer.headers.location ?? answer.status}`;
    for (const step of visited) expect(step.label === undefined || step.label === server.host_label, where).toBe(true);
    if (answer.headers.location) {
      expect([hub.origin, `http://${server.host_label}.localhost:${hub.port}`], where).toContain(leads(hub.origin, answer.headers.location));
    }
  }
});

test('each step of the door checks the destination again', async ({ hub, administrator }) => {
  void administrator;
  const person = await newPerson(hub);
  const server = await defaultServer(person);
  const state = 's'.repeat(43);
  for (const next of OUTWARD) {
    const text = encodeURIComponent(next);
    const steps = [
      { path: `/open/${server.server_id}?path=${text}` },
      { path: `/door/${server.host_label}?state=${state}&next=${text}` },
      { path: `/start/${server.host_label}?next=${text}` },
      { path: `/_ledgercloud/begin?next=${text}`, label: server.host_label },
      { path: `/_ledgercloud/enter?ticket=none&next=${text}`, label: server.host_label },
      { path: `/_ledgercloud/begin?next=${text}`, label: 'nobody' },
    ];
    for (const step of steps) {
      const answer = await person.send({ ...step, headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate' } });
      const location = answer.headers.location ?? '/';
      const where = `${step.path} → ${location}`;
      const base = step.label ? `http://${step.label}.localhost:${hub.port}` : hub.origin;
      const target = new URL(location, base);
      expect([hub.origin, base, `http://${server.host_label}.localhost:${hub.port}`], where).toContain(target.origin);
      const carried = target.searchParams.get('next') ?? target.searchParams.get('path') ?? '/';
      expect(leads('http://localhost', carried), where).toBe('http://localhost');
      expect(carried, where).not.toMatch(/[\\\t\r\n]|^\/\//);
      expect(answer.headers['set-cookie']?.join() ?? '', where).not.toContain('evil');
    }
  }
});

test('a link of another site begins nothing and puts no words on a page', async ({ hub }) => {
  const foreign = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  for (const [path, expected] of [
    ['/sign-in?__path=%2Fapi%2Fadmin%2Finvite&__err=e30%3D', '/sign-in'],
    ['/oauth/nobody/start', '/sign-in'],
    ['/oauth/nobody/start?purpose=link', '/account'],
  ]) {
    const answer = await newVisitor(hub).get(path, foreign);
    expect([answer.status, answer.headers.location], path).toEqual([303, expected]);
    expect(answer.headers['set-cookie'], path).toBeUndefined();
  }
});

test('the sign-in page holds no way out', async ({ hub }) => {
  for (const next of OUTWARD) {
    const page = await newVisitor(hub).get(`/sign-in?next=${encodeURIComponent(next)}`);
    expect(page.status, next).toBe(200);
    const links = [...page.body.matchAll(/(?:href|action|content)="([^"]*)"/g)].map((match) => match[1].replaceAll('&amp;', '&'));
    for (const link of links.filter((text) => /evil/.test(text))) {
      expect(leads(hub.origin, link), `${JSON.stringify(next)} → ${link}`).toBe(hub.origin);
    }
  }
});

for (const next of ['//evil.example', '/\\evil.example', '/\t/evil.example', 'https://evil.example', '/%5cevil.example', '/account']) {
  test(`after a sign-in with next=${JSON.stringify(next)} the browser is still here`, async ({ hub, administrator, openPage }) => {
    void administrator;
    const page = await openPage(hub);
    const left = [];
    await page.route(({ hostname }) => hostname.endsWith('evil.example'), (route) => {
      left.push(route.request().url());
      return route.abort();
    });
    const injected = await newInjectedWallet(page, newWallet());
    await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
    await injected.signIn();
    await page.waitForURL((url) => url.pathname !== '/sign-in');
    expect(left).toEqual([]);
    expect(new URL(page.url()).origin).toBe(hub.origin);
    if (next === '/account') expect(new URL(page.url()).pathname).toBe('/account');
  });
}
