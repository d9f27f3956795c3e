// What administrators and managers of groups do, and what they may not.

import { execFileSync } from 'node:child_process';

import { command, endHub, setupPath, startHub, stop } from '../support/hub.mjs';
import { startServer } from '../support/jupyter.mjs';
import { expect, open, test } from '../support/test.mjs';
import { commandServer, defaultServer, newPerson, newVisitor, signInWith } from '../support/visitor.mjs';

const START_TIMEOUT = { timeout: 90_000 };

/** Accounts of a list, for tables that need many. */
async function manyUsers(administrator, prefix, count) {
  const lines = Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(3, '0')},,${prefix}${index}@example.org,member,${prefix}-group,,`);
  const answer = await administrator.call('admin/bulk', { csv: `name,wallet,email,role,groups,profile,expires\n${lines.join('\n')}`, step: 'apply' });
  expect(answer.status, answer.body).toBe(200);
  expect(answer.json().applied).toBe(true);
}

test('users are searched, filtered, sorted and paged, and the address keeps it', async ({ hub, administrator, openPage }) => {
  test.setTimeout(180_000);
  const prefix = `list${Date.now().toString(36)}`;
  await manyUsers(administrator, prefix, 120);
  const page = await openPage(hub, { as: administrator });
  await open(page, '/admin/users');
  const table = page.getByRole('table', { name: 'Users' });
  await page.getByRole('searchbox').fill(prefix);
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(new RegExp(`search=${prefix}`));
  const rows = table.getByRole('row');
  await expect(rows).toHaveCount(51);
  await expect(rows.nth(1)).toContainText(`${prefix}000`);

  // Page by page: each user once, none left out.
  const seen = [];
  for (;;) {
    seen.push(...(await rows.evaluateAll((rows) => rows.slice(1).map((row) => row.innerText.match(/\w+\d{3}/)?.[0]))));
    const next = page.getByRole('link', { name: 'Next' });
    if ((await next.count()) === 0) break;
    const address = page.url();
    await next.click();
    await page.waitForURL((url) => url.href !== address);
    await expect(table).not.toContainText(seen[seen.length - 1]);
  }
  expect(seen).toHaveLength(120);
  expect(new Set(seen).size).toBe(120);
  await page.getByRole('link', { name: 'First' }).click();
  await expect(rows.nth(1)).toContainText(`${prefix}000`);

  await page.getByRole('combobox', { name: 'Order' }).selectOption('newest_first');
  await page.getByRole('combobox', { name: 'Group' }).selectOption(`${prefix}-group`);
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/sort=newest_first/);
  await expect(table.getByRole('columnheader', { name: 'Made' })).toHaveAttribute('aria-sort', 'descending');
  // A reload shows the same.
  const names = () => rows.getByRole('link').allInnerTexts();
  const before = await names();
  expect(before.length).toBeGreaterThan(50);
  await page.reload();
  expect(await names()).toEqual(before);
  await page.getByRole('combobox', { name: 'Status' }).selectOption('suspended');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByRole('main')).toContainText('Nobody fits');
  await page.getByRole('link', { name: 'Reset' }).click();
  await expect(page).toHaveURL(/\/admin\/users$/);
});

test('roles are granted and taken, and nobody grants what they do not hold', async ({ hub, administrator, openPage }) => {
  const person = await newPerson(hub);
  const other = await newPerson(hub);
  const page = await openPage(hub, { as: administrator });
  await open(page, `/admin/users/${person.account.user_id}`);
  await page.getByRole('combobox', { name: 'Role' }).selectOption('administrator');
  await page.getByRole('button', { name: 'Set role' }).click();
  await expect(page.getByRole('main').locator('.badge', { hasText: 'Administrator' }).first()).toBeVisible();
  expect((await person.callJson('admin/users', { query: {} })).status).toBe(200);
  await page.getByRole('combobox', { name: 'Role' }).selectOption('member');
  await page.getByRole('button', { name: 'Set role' }).click();
  await expect.poll(async () => (await person.callJson('admin/users', { query: {} })).status).toBe(403);

  // A manager of one group sees its members, and steers their servers, and grants nothing.
  const group = `desk-${Date.now().toString(36)}`;
  await page.getByRole('textbox', { name: 'Group' }).fill(group);
  await page.getByRole('combobox', { name: 'As' }).selectOption('manager');
  await page.getByRole('button', { name: 'Add to group' }).click();
  await expect(page.getByRole('list', { name: 'Groups' })).toContainText(group);
  await administrator.call('admin/set_membership', { user_id: other.account.user_id, group, standing: 'member' });
  const outsider = await newPerson(hub);
  const { page: seen } = (await person.callJson('admin/users', { query: {} })).json();
  const ids = seen.items.map(({ user_id }) => user_id);
  expect(ids).toContain(other.account.user_id);
  expect(ids).not.toContain(outsider.account.user_id);
  expect(ids).not.toContain(administrator.account.user_id);
  const [theirs, outside] = [await defaultServer(other), await defaultServer(outsider)];
  expect((await person.call('servers/read', { server_id: theirs.server_id })).status).toBe(200);
  expect((await person.call('servers/read', { server_id: outside.server_id })).status).toBe(404);
  // An administrator who is in the group is seen, but not their servers.
  const serversOf = async (user_id) => (await person.call('admin/user', { user_id })).json().servers.map(({ server_id }) => server_id);
  await administrator.call('admin/set_membership', { user_id: administrator.account.user_id, group, standing: 'member' });
  expect(await serversOf(other.account.user_id)).toContain(theirs.server_id);
  expect(await serversOf(administrator.account.user_id)).toEqual([]);
  await administrator.call('admin/set_membership', { user_id: administrator.account.user_id, group, standing: 'none' });
  for (const [endpoint, fields] of [
    ['admin/set_role', { user_id: person.account.user_id, role: 'administrator' }],
    ['admin/set_role', { user_id: other.account.user_id, role: 'administrator' }],
    ['admin/suspend', { user_id: administrator.account.user_id }],
    ['admin/set_membership', { user_id: outsider.account.user_id, group, standing: 'member' }],
    ['admin/set_membership', { user_id: person.account.user_id, group: 'another', standing: 'manager' }],
    ['admin/bulk', { csv: `name,wallet,email,role,groups,profile,expires\nsneak,,,administrator,,,`, step: 'apply' }],
    ['admin/invite', { role: 'administrator', uses: 1, expires_in_hours: 1 }],
  ]) {
    const answer = await person.call(endpoint, fields);
    expect([400, 403, 404], `${endpoint}: ${answer.body}`).toContain(answer.status);
  }
  expect((await person.call('account/read')).json().account.role).toBe('member');
});

test('the last administrator can neither be demoted nor suspended', async ({ administrator }) => {
  const user_id = administrator.account.user_id;
  expect((await administrator.call('admin/set_role', { user_id, role: 'member' })).status).toBeGreaterThanOrEqual(400);
  expect((await administrator.call('admin/suspend', { user_id })).status).toBeGreaterThanOrEqual(400);
  expect((await administrator.callJson('admin/users', { query: {} })).status).toBe(200);
});

test('a user is suspended with a question and reinstated', async ({ hub, administrator, openPage }) => {
  const person = await newPerson(hub);
  const page = await openPage(hub, { as: administrator });
  await open(page, `/admin/users/${person.account.user_id}`);
  await page.getByRole('button', { name: 'Suspend', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Leave as it is' }).click();
  expect((await person.call('account/read')).status).toBe(200);
  await page.getByRole('button', { name: 'Suspend', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Suspend user' }).click();
  await expect(page.getByRole('main')).toContainText('Suspended');
  expect((await person.call('account/read')).status).toBe(401);
  expect((await signInWith(newVisitor(hub), person.wallet)).json().code).toBe('identity.suspended');
  await page.getByRole('button', { name: 'Reinstate' }).click();
  await expect(page.getByRole('main').locator('.badge', { hasText: 'Active' })).toBeVisible();
  expect((await signInWith(newVisitor(hub), person.wallet)).status).toBe(200);
});

test('everyone\'s servers: searched, filtered, steered, and followed as they change', async ({ hub, administrator, openPage }) => {
  test.setTimeout(240_000);
  const person = await newPerson(hub);
  const server = await startServer(person, await defaultServer(person));
  const page = await openPage(hub, { as: administrator });
  await open(page, `/admin/servers?search=${person.account.name}`);
  const row = page.getByRole('table', { name: 'Servers' }).getByRole('row').filter({ hasText: person.account.name });
  await expect(row).toHaveCount(1);
  await expect(row.locator('.state-ready')).toBeVisible();
  await row.getByRole('button', { name: 'Freeze' }).click();
  await expect(row.locator('.state-frozen')).toBeVisible(START_TIMEOUT);
  // The owner's doing shows here too.
  await commandServer(person, server.server_id, 'thaw');
  await expect(row.locator('.state-ready')).toBeVisible();
  await row.getByRole('button', { name: 'Stop' }).click();
  await expect(row.locator('.state-stopped')).toBeVisible(START_TIMEOUT);
  const stopped = (await person.call('servers/read', { server_id: server.server_id })).json();
  expect(stopped.server.cause, 'who stopped it').toMatch(/administrator/);
  await page.getByRole('combobox', { name: 'State' }).selectOption('ready');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/state=ready/);
  await expect(row).toHaveCount(0);
});

test('the audit log tells who did what, is filtered and paged, and its chain holds', async ({ hub, administrator, openPage }) => {
  const person = await newPerson(hub);
  await administrator.call('admin/suspend', { user_id: person.account.user_id });
  await administrator.call('admin/reinstate', { user_id: person.account.user_id });
  const page = await openPage(hub, { as: administrator });
  await open(page, `/admin/audit?target=user:${person.account.user_id}`);
  const table = page.getByRole('table', { name: 'Audit log' });
  await expect(table).toContainText('suspend');
  await expect(table).toContainText('reinstate');
  await open(page, '/admin/audit?action=session');
  await expect(table.getByRole('row').nth(1)).toContainText('session.');
  await open(page, '/admin/audit');
  await page.getByRole('link', { name: 'Check the chain' }).click();
  await expect(page.getByRole('main')).toContainText(/The chain holds: \d+ entries/);
  const verdict = await command(hub, 'audit', 'verify');
  expect(verdict).toMatchObject({ code: 0 });
  expect(verdict.stdout).toMatch(/\d+ entries/);
  // What must never be written there is not.
  const everything = JSON.stringify((await administrator.callJson('admin/audit', { query: { page: { limit: 200 } }, check: 'skip' })).json());
  expect(everything).not.toMatch(/0x[0-9a-f]{130}/i);
  expect(everything).not.toContain(person.cookie('ledgercloud-session'));
});

test('an audit log that somebody has edited is found out', async () => {
  const hub = await startHub();
  try {
    await newPerson(hub, { path: await setupPath(hub) });
    await stop(hub);
    const script = `
import sqlite3, glob
database = sqlite3.connect(glob.glob("${hub.dataFolder}/*.db")[0])
database.execute("update audit_entries set reason = reason || 'x' where seq = 2")
database.commit()
`;
    execFileSync('/usr/bin/python3', ['-c', script]);
    const verdict = await command(hub, 'audit', 'verify');
    expect(verdict.code).not.toBe(0);
    expect(verdict.stderr + verdict.stdout).toMatch(/entry 2/);
    hub.process = null;
  } finally {
    await endHub(hub);
  }
});

test('the command line: users are listed, suspended and made administrator while the site runs', async ({ hub, administrator }) => {
  const person = await newPerson(hub);
  const { name } = person.account;
  expect((await command(hub, 'users', 'list', name)).stdout).toContain(name);
  expect((await command(hub, 'users', 'suspend', name)).code).toBe(0);
  await expect.poll(async () => (await person.call('account/read')).status, { timeout: 15_000 }).toBe(401);
  expect((await command(hub, 'users', 'reinstate', name)).code).toBe(0);
  expect((await command(hub, 'users', 'make-administrator', name)).code).toBe(0);
  const again = await newPerson(hub, { wallet: person.wallet });
  expect(again.account.role).toBe('administrator');
  expect((await administrator.call('admin/set_role', { user_id: again.account.user_id, role: 'member' })).status).toBe(200);
  expect((await command(hub, 'users', 'suspend', 'nobody-of-this-name')).code).not.toBe(0);
});
