// Without JavaScript: pages read, forms work.

import { overflow, violations } from '../support/appearance.mjs';
import { DEFAULT_SERVER, card } from '../support/dashboard.mjs';
import { reaches } from '../support/jupyter.mjs';
import { expect, test } from '../support/test.mjs';
import { defaultServer, newPerson } from '../support/visitor.mjs';

const PLAIN = { javaScriptEnabled: false };
const START_TIMEOUT_MS = 90_000;

test('the home page says what this is and how to begin', async ({ hub, openPage }) => {
  const page = await openPage(hub, PLAIN);
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  expect((await page.getByRole('main').innerText()).length).toBeGreaterThan(300);
  await page.getByRole('link', { name: /sign in/i }).first().click();
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(page.getByRole('main')).toContainText('needs JavaScript');
});

test('a server is started, frozen, thawed and stopped by plain forms', async ({ hub, person, openPage }) => {
  test.setTimeout(240_000);
  const server = await defaultServer(person);
  const page = await openPage(hub, { ...PLAIN, as: person });
  await page.goto('/dashboard');
  const tile = card(page, DEFAULT_SERVER);
  await expect(tile.locator('.state-stopped')).toBeVisible();
  await tile.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(page).toHaveURL(/\/dashboard/);
  await reaches(person, server, 'ready', START_TIMEOUT_MS);
  await page.reload();
  await expect(tile.locator('.state-ready')).toBeVisible();
  for (const [button, state] of [['Freeze', 'frozen'], ['Thaw', 'ready'], ['Stop', 'stopped']]) {
    await tile.getByRole('button', { name: button }).click();
    await reaches(person, server, state, START_TIMEOUT_MS);
    await page.reload();
    await expect(tile.locator(`.state-${state}`)).toBeVisible();
  }
});

test('what a form was refused for is said on the page', async ({ hub, person, openPage }) => {
  await person.call('servers/create', { name: 'taken', profile: 'small' });
  const page = await openPage(hub, { ...PLAIN, as: person });
  await page.goto('/dashboard');
  await page.getByRole('textbox', { name: /^Name/ }).fill('taken');
  await page.getByRole('button', { name: 'Create and start' }).click();
  await expect(page).toHaveURL(/\/dashboard/);
  await expect(page.getByRole('main')).toContainText(/exists|taken|already/i);
  for (const { server_id } of (await person.call('servers/dashboard')).json().servers) await person.call('servers/command', { server_id, command: 'stop' });
});

test('the start page reloads itself and leads into the notebook', async ({ hub, person, openPage }) => {
  test.setTimeout(240_000);
  const server = await defaultServer(person);
  const page = await openPage(hub, { ...PLAIN, as: person, allow: [/./] });
  await page.goto(`/start/${server.host_label}`);
  await expect(page).toHaveURL(new RegExp(`^http://${server.host_label}\\.localhost:${hub.port}/`), { timeout: START_TIMEOUT_MS });
});

test('name, theme and sign-out work by plain forms', async ({ hub, person, openPage }) => {
  const page = await openPage(hub, { ...PLAIN, as: person });
  await page.goto('/account');
  await page.getByRole('textbox', { name: /Name that others see/ }).fill('Plain Person');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('banner')).toContainText('Plain Person');
  await page.getByRole('button', { name: 'Dark theme' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.getByRole('banner').locator('summary').last().click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  expect((await person.call('account/read')).status).toBe(401);
});

test('administrators search, make links and look through a list by plain forms', async ({ hub, administrator, openPage }) => {
  const person = await newPerson(hub);
  const page = await openPage(hub, { ...PLAIN, as: administrator });
  await page.goto('/admin/users');
  await page.getByRole('searchbox').fill(person.wallet.address);
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByRole('table', { name: 'Users' }).getByRole('row')).toHaveCount(2);
  await page.goto('/admin/invitations');
  await page.getByRole('textbox', { name: /^For whom/ }).fill('Without scripts');
  await page.getByRole('button', { name: 'Make link' }).click();
  await expect(page.getByRole('main')).toContainText('/join/');
  await page.goto('/admin/bulk');
  await page.getByLabel('Users as CSV').fill('name,wallet,email,role,groups,profile,expires\nnobody,0x1,,member,,,');
  await page.getByRole('button', { name: 'Preview', exact: true }).click();
  await expect(page.getByRole('main')).toContainText('1 line has a problem');
});

for (const path of ['/', '/dashboard', '/account', '/api']) {
  test(`${path} is axe-clean and fits a phone before any script`, async ({ hub, person, openPage }) => {
    // Scripts of the page do not run; axe comes from outside.
    const page = await openPage(hub, { as: person, viewport: { width: 390, height: 844 }, allow: [/mod\.default is not a function/, /was preloaded using link preload but not used/] });
    await page.route(/\/pkg\/.*\.(js|wasm)$/, (route) => route.fulfill({ status: 200, contentType: 'text/javascript', body: '' }));
    await page.goto(path);
    expect(await overflow(page)).toEqual([]);
    expect(await violations(page)).toEqual([]);
  });
}
