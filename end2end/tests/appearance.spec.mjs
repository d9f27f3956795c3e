// Every page in light, in dark and on a phone: axe-clean, nothing in the console, nothing that
// sticks out, and the same before and after the browser has taken it over.

import { overflow, picture, violations } from '../support/appearance.mjs';
import { reaches, startServer } from '../support/jupyter.mjs';
import { expect, hydrated, open, test } from '../support/test.mjs';
import { commandServer, defaultServer, newPerson } from '../support/visitor.mjs';

const LOOKS = {
  light: { colorScheme: 'light', viewport: { width: 1440, height: 900 } },
  dark: { colorScheme: 'dark', viewport: { width: 1440, height: 900 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  'phone-dark': { colorScheme: 'dark', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
};

/** Pages by name: who opens them, where, and what says that they are complete. */
const PAGES = {
  home: { path: () => '/', shows: /LedgerCloud/ },
  'home-signed-in': { as: 'owner', path: () => '/', shows: /LedgerCloud/ },
  'sign-in': { path: () => '/sign-in', shows: /Sign in/ },
  'not-found': { path: () => '/no/such/page', shows: /./, status: 404 },
  dashboard: { as: 'owner', path: () => '/dashboard', shows: /My server/ },
  server: { as: 'owner', path: ({ server }) => `/servers/${server.server_id}`, shows: /Log/ },
  start: { as: 'owner', path: ({ resting }) => `/start/${resting.host_label}`, shows: /failed|Start|Loading|Preparing|Opening/ },
  'not-yours': { as: 'other', path: ({ server }) => `/servers/${server.server_id}`, shows: /./, status: 404 },
  account: { as: 'owner', path: () => '/account', shows: /Ways to sign in/ },
  'admin-users': { as: 'administrator', path: () => '/admin/users', shows: /Users/ },
  'admin-user': { as: 'administrator', path: ({ owner }) => `/admin/users/${owner.account.user_id}`, shows: /Facts/ },
  'admin-servers': { as: 'administrator', path: () => '/admin/servers', shows: /Servers/ },
  'admin-bulk': { as: 'administrator', path: () => '/admin/bulk', shows: /Users as CSV/ },
  'admin-invitations': { as: 'administrator', path: () => '/admin/invitations', shows: /New link/ },
  'admin-audit': { as: 'administrator', path: () => '/admin/audit?check=1', shows: /The chain holds/ },
  'admin-refused': { as: 'owner', path: () => '/admin/users', shows: /administrators/, status: 403 },
  api: { path: () => '/api', shows: /eth_getBalance/ },
  components: { path: () => '/ui', shows: /Button/ },
};

/** People and servers that the pages show; made once for all looks. */
let world;
test.beforeAll(async ({ hub, administrator }) => {
  test.setTimeout(180_000);
  const owner = await newPerson(hub);
  const server = await startServer(owner, await defaultServer(owner));
  await owner.call('servers/create', { name: 'bridge-flows', display_name: 'Bridge flows', profile: 'small' });
  const { servers } = (await owner.call('servers/dashboard')).json();
  const resting = servers.find(({ name }) => name === 'bridge-flows');
  await reaches(owner, resting, 'ready');
  await administrator.call('admin/invite', { note: 'A colleague', role: 'member', groups: 'analysts', uses: 2, expires_in_hours: 24 });
  await administrator.call('admin/set_membership', { user_id: owner.account.user_id, group: 'analysts', standing: 'manager' });
  await administrator.call('admin/set_membership', { user_id: owner.account.user_id, group: 'analysts', standing: 'none' });
  world = { owner, other: await newPerson(hub), administrator, server, resting };
});

test.afterAll(async () => {
  for (const server of [world?.server, world?.resting].filter(Boolean)) await commandServer(world.owner, server.server_id, 'stop');
});

for (const [look, options] of Object.entries(LOOKS)) {
  for (const [name, { as, path, shows, status = 200 }] of Object.entries(PAGES)) {
    test(`${name} in ${look}`, async ({ hub, openPage }) => {
      // The start page of a server that runs leads into it; here it is looked at.
      const page = await openPage(hub, { as: as && world[as], ...options, allow: status === 200 ? [] : [new RegExp(`status of ${status}`)] });
      await page.route('**/open/**', (route) => route.fulfill({ status: 204 }));
      if (name === 'start') await commandServer(world.owner, world.resting.server_id, 'freeze');
      // That page leaves as soon as it can, perhaps before the browser calls it loaded.
      const answer = await page.goto(path(world), { waitUntil: name === 'start' ? 'commit' : 'load' });
      expect(answer.status()).toBe(status);
      // Complete before any script has run, and the same after.
      await expect(page.getByRole('main')).toContainText(shows);
      await hydrated(page);
      await expect(page.getByRole('main')).toContainText(shows);
      await page.evaluate(() => document.fonts.ready);
      await expect(page.locator('h1')).toHaveCount(1);
      expect(await page.title()).toMatch(/LedgerCloud/);
      expect(await overflow(page), 'nothing sticks out').toEqual([]);
      expect(await violations(page)).toEqual([]);
      await picture(page, `${name}-${look}`);
    });
  }
}

test('dialogs and menus are axe-clean too, and work by keyboard', async ({ hub, openPage }) => {
  const page = await openPage(hub, { as: world.owner });
  await open(page, '/dashboard');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#main')).toBeFocused();
  const rename = page.getByRole('button', { name: 'Rename' }).first();
  await rename.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(rename).toBeFocused();
  const menu = page.getByRole('banner').locator('summary').last();
  await menu.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeHidden();
});

test('the theme is chosen at once, kept, and painted by the server without a flash', async ({ hub, openPage }) => {
  const page = await openPage(hub, { colorScheme: 'light' });
  await open(page, '/');
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByRole('button', { name: 'Dark theme' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect.poll(background).not.toBe(light);
  const dark = await background();
  // The cookie comes with the action's answer; the next page is dark in its first byte.
  await expect.poll(async () => (await page.context().cookies()).map(({ value }) => value)).toContain('dark');
  const answer = await page.goto('/sign-in');
  expect(await answer.text()).toMatch(/<html[^>]*data-theme="dark"/);
  expect(await background()).toBe(dark);
});

test('links between pages keep what the server would have sent', async ({ hub, openPage }) => {
  // In the browser and from the server: the same page, whichever way one comes to it.
  const page = await openPage(hub, { as: world.administrator });
  // But for what passes meanwhile: time, and what servers use.
  const text = async () => (await page.getByRole('main').innerText()).replace(/[\d.]+ \S+ of \d/g, 'U').replace(/\d+ (s|min|h|seconds?|minutes?) ago|just now|now/g, 'T').replace(/\s+/g, ' ');
  await open(page, '/admin/users');
  for (const name of ['Servers', 'Bulk users', 'Invitations', 'Users']) {
    await page.getByRole('navigation', { name: 'Administration' }).getByRole('link', { name, exact: true }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
    await expect(page.locator('.skeleton')).toHaveCount(0);
    const byLink = await text();
    await page.reload();
    await hydrated(page);
    expect(await text()).toBe(byLink);
  }
});
