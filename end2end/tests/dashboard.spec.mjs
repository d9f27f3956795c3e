// A person's own servers: made, renamed, started, frozen, stopped and deleted, with each change
// pushed to every open page.

import { DEFAULT_SERVER, card } from '../support/dashboard.mjs';
import { crash, endHub, resume, setupPath, startHub } from '../support/hub.mjs';
import { execute, reaches, startKernel, startServer } from '../support/jupyter.mjs';
import { expect, open, test } from '../support/test.mjs';
import { commandServer, defaultServer, newPerson } from '../support/visitor.mjs';

const START_TIMEOUT = { timeout: 90_000 };

test('a named server from its making to its deletion, seen in two tabs', async ({ hub, person, openPage }) => {
  test.setTimeout(300_000);
  const page = await openPage(hub, { as: person });
  const second = await openPage(hub, { as: person });
  await open(page, '/dashboard');
  await open(second, '/dashboard');

  await page.getByRole('textbox', { name: /^Name/ }).fill('Traces');
  await expect(page.getByRole('main')).toContainText("'T'");
  await page.getByRole('textbox', { name: /^Name/ }).fill('traces');
  await page.getByRole('textbox', { name: /^Title/ }).fill('Trace study');
  await page.getByRole('combobox', { name: /^Size/ }).selectOption('small');
  await page.getByRole('button', { name: 'Create and start' }).click();

  // Pushed: neither tab is reloaded.
  const tile = card(page, 'Trace study');
  const mirror = card(second, 'Trace study');
  await expect(tile).toBeVisible();
  await expect(mirror).toBeVisible();
  await expect(mirror.getByRole('progressbar')).toBeVisible();
  await expect(tile.locator('.state-ready')).toBeVisible(START_TIMEOUT);
  await expect(mirror.locator('.state-ready')).toBeVisible();
  await expect(tile).toContainText(/memory/i);

  await tile.getByRole('button', { name: 'Rename' }).click();
  const dialog = page.getByRole('dialog', { name: 'Rename server' });
  await dialog.getByRole('textbox', { name: /^Name/ }).fill('Bridge study');
  await dialog.getByRole('button', { name: 'Rename' }).click();
  await expect(dialog).toBeHidden();
  await expect(card(second, 'Bridge study')).toBeVisible();

  const renamed = card(page, 'Bridge study');
  await renamed.getByRole('button', { name: 'Freeze' }).click();
  await expect(renamed.locator('.state-frozen')).toBeVisible(START_TIMEOUT);
  await expect(card(second, 'Bridge study').locator('.state-frozen')).toBeVisible();
  await renamed.getByRole('button', { name: 'Thaw' }).click();
  await expect(renamed.locator('.state-ready')).toBeVisible();
  await expect(renamed.getByRole('button', { name: 'Delete' })).toBeDisabled();
  await renamed.getByRole('button', { name: 'Stop' }).click();
  await expect(renamed.locator('.state-stopped')).toBeVisible(START_TIMEOUT);

  await renamed.getByRole('button', { name: 'Delete' }).click();
  const question = page.getByRole('dialog', { name: /^Delete/ });
  await question.getByRole('button', { name: 'Keep it' }).click();
  await expect(question).toBeHidden();
  await expect(renamed).toBeVisible();
  await renamed.getByRole('button', { name: 'Delete' }).click();
  await question.getByRole('button', { name: 'Delete server' }).click();
  await expect(card(page, 'Bridge study')).toHaveCount(0, START_TIMEOUT);
  await expect(card(second, 'Bridge study')).toHaveCount(0);
  await page.reload();
  await expect(card(page, DEFAULT_SERVER)).toBeVisible();
  await expect(card(page, 'Bridge study')).toHaveCount(0);
});

test('names are unique, well formed and limited', async ({ person }) => {
  const create = (name) => person.call('servers/create', { name, profile: 'small' });
  for (const name of ['', ' ', 'A', 'a_b', 'a b', 'ä', 'a--b', '../x', 'x'.repeat(31), '%00']) {
    const answer = await create(name);
    expect(answer.status, JSON.stringify(name)).toBe(400);
    expect(answer.json().code).toBe('notebook.server_name_invalid');
  }
  expect((await create('one')).status).toBe(200);
  expect((await create('one')).json().code).toBe('notebook.server_name_taken');
  const wrong = await person.call('servers/create', { name: 'other', profile: 'galactic' });
  expect(wrong.json().code).toBe('notebook.profile_invalid');
  await create('two');
  await create('three');
  expect((await create('four')).json().code).toBe('notebook.server_limit');
  for (const { server_id } of (await person.call('servers/dashboard')).json().servers) await commandServer(person, server_id, 'stop');
});

test('twenty creations at once make as many servers as are allowed, each once', async ({ person }) => {
  const names = Array.from({ length: 20 }, (_, index) => `n${index % 5}`);
  const answers = await Promise.all(names.map((name) => person.call('servers/create', { name, profile: 'small' })));
  for (const answer of answers) expect([200, 400, 409], answer.body).toContain(answer.status);
  const { servers } = (await person.call('servers/dashboard')).json();
  const named = servers.map(({ name }) => name).filter(Boolean);
  expect(named).toHaveLength(3);
  expect(new Set(named).size).toBe(3);
  for (const { server_id } of servers) await commandServer(person, server_id, 'stop');
});

test('the server\'s page shows what happens, what it uses and what it wrote', async ({ hub, person, openPage }) => {
  test.setTimeout(240_000);
  const server = await defaultServer(person);
  const page = await openPage(hub, { as: person });
  await open(page, `/servers/${server.server_id}`);
  const main = page.getByRole('main');
  await main.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(main.locator('.state-ready').first()).toBeVisible(START_TIMEOUT);
  await expect(main.getByRole('log', { name: 'Log of the server' })).toBeVisible();
  await main.getByRole('button', { name: 'Refresh' }).click();
  await expect(main.getByRole('log', { name: 'Log of the server' })).not.toBeEmpty();
  await expect(main).toContainText('asked for by its owner', { ignoreCase: true });
  await reaches(person, server, 'ready');
  const kernel = await startKernel(person, server);
  await execute(person, server, kernel, 'ballast = bytearray(300 << 20)');
  // The sampler sees the memory that is now in use.
  await expect
    .poll(async () => (await person.call('servers/read', { server_id: server.server_id })).json().server.usage?.memory_bytes ?? 0, START_TIMEOUT)
    .toBeGreaterThan(300 << 20);
  await expect(main).toContainText(/\d+ (MiB|MB)|\d\.\d+ GiB/);
  await commandServer(person, server.server_id, 'stop');
  await expect(main.locator('.state-stopped').first()).toBeVisible(START_TIMEOUT);
  // Logs outlive the stop.
  await page.reload();
  await expect(main.getByRole('log', { name: 'Log of the server' })).not.toBeEmpty();
});

test('a start can be cancelled', async ({ hub, person, openPage }) => {
  const server = await defaultServer(person);
  const page = await openPage(hub, { as: person });
  await open(page, '/dashboard');
  const tile = card(page, DEFAULT_SERVER);
  await tile.getByRole('button', { name: 'Start', exact: true }).click();
  await tile.getByRole('button', { name: 'Cancel' }).click();
  await expect(tile.locator('.state-stopped')).toBeVisible(START_TIMEOUT);
  await startServer(person, server);
});

test('a page whose connection breaks says so and catches up', async ({ openPage }) => {
  const hub = await startHub();
  try {
    const person = await newPerson(hub, { path: await setupPath(hub) });
    const server = await defaultServer(person);
    const page = await openPage(hub, { as: person, allow: [/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET/] });
    await open(page, '/dashboard');
    const main = page.getByRole('main');
    // A program that hangs closes nothing: the page notices the silence.
    hub.process.kill('SIGSTOP');
    await expect(main).toContainText('Connection interrupted', { timeout: 60_000 });
    hub.process.kill('SIGCONT');
    await expect(main).not.toContainText('Connection interrupted', { timeout: 60_000 });
    // One that is gone comes back with news.
    await crash(hub);
    await expect(main).toContainText('Connection interrupted', { timeout: 60_000 });
    await resume(hub);
    await person.call('servers/rename', { server_id: server.server_id, display_name: 'Renamed meanwhile' });
    await expect(card(page, 'Renamed meanwhile')).toBeVisible({ timeout: 60_000 });
    await expect(main).not.toContainText('Connection interrupted');
  } finally {
    await endHub(hub);
  }
});
