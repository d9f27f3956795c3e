// One's own account: name, wallets, sessions and record.

import { injectWallet } from '../support/injected-wallet.mjs';
import { chooseWallet } from '../support/sign-in-page.mjs';
import { expect, hydrated, open, test } from '../support/test.mjs';
import { newPerson, newVisitor, newWallet, signInWith } from '../support/visitor.mjs';

test('the name that others see is changed, and stands in the header at once', async ({ hub, person, openPage }) => {
  const page = await openPage(hub, { as: person });
  await open(page, '/account');
  await page.getByRole('textbox', { name: /Name that others see/ }).fill('Ada Lovelace');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('main')).toContainText('Saved.');
  await expect(page.getByRole('banner')).toContainText('Ada Lovelace');
});

test('a second wallet is linked by its own proof, opens the same account, and is unlinked', async ({ hub, person, openPage }) => {
  const second = newWallet();
  const page = await openPage(hub, { as: person });
  await injectWallet(page, { accounts: [second] });
  await open(page, '/account');
  await expect(page.getByRole('main')).toContainText('Your only way in');
  await page.getByRole('link', { name: 'Link a wallet' }).click();
  await page.waitForURL('**/sign-in?**');
  await hydrated(page);
  await chooseWallet(page, 'Test Wallet');
  await expect(page.getByRole('main')).toContainText('It is not linked yet');
  await page.getByRole('button', { name: 'Sign the message' }).click();
  await page.waitForURL('**/account');
  const methods = page.getByRole('list', { name: 'Ways to sign in' });
  await expect(methods.getByRole('listitem')).toHaveCount(2);
  const other = newVisitor(hub);
  await signInWith(other, second);
  expect((await other.call('account/read')).json().account.user_id).toBe(person.account.user_id);

  await hydrated(page);
  const row = methods.getByRole('listitem').filter({ hasText: `${second.address.slice(0, 6)}…` });
  await row.getByRole('button', { name: 'Unlink' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Unlink' }).click();
  await expect(methods.getByRole('listitem')).toHaveCount(1);
  const gone = newVisitor(hub);
  await signInWith(gone, second);
  expect((await gone.call('account/read')).json().account.user_id).not.toBe(person.account.user_id);
});

test('a wallet that belongs to somebody cannot be linked, and the last one cannot be removed', async ({ hub, person }) => {
  const other = await newPerson(hub);
  const taken = await signInWith(person, other.wallet, { purpose: 'link' });
  expect(taken.status).toBe(409);
  expect(taken.json().code).toBe('identity.taken');
  const last = await person.call('account/unlink_wallet', { wallet_id: person.account.wallets[0].id });
  expect(last.json().code).toBe('identity.last_identity');
  expect((await signInWith(newVisitor(hub), newWallet(), { purpose: 'link' })).status, 'linking needs somebody').toBe(401);
});

test('sessions are listed, ended one by one, and all at once', async ({ hub, person, openPage }) => {
  const second = newVisitor(hub);
  await signInWith(second, person.wallet);
  const page = await openPage(hub, { as: person });
  await open(page, '/account');
  const sessions = page.getByRole('list', { name: 'Sessions' }).getByRole('listitem');
  await expect(sessions).toHaveCount(2);
  await expect(sessions.first()).toContainText('This browser');
  await sessions.nth(1).getByRole('button', { name: 'End' }).click();
  await expect(sessions).toHaveCount(1);
  expect((await second.call('account/read')).status).toBe(401);
  await page.getByRole('button', { name: 'Sign out everywhere' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
  await page.waitForURL((url) => url.pathname === '/');
  expect((await person.call('account/read')).status).toBe(401);
});

test('people see what the audit log has about them, and nothing about others', async ({ hub, person, openPage }) => {
  const other = await newPerson(hub);
  await other.call('account/rename', { display_name: 'Somebody else' });
  const page = await openPage(hub, { as: person });
  await open(page, '/account');
  await expect(page.getByRole('table', { name: /record|audit|log/i })).toContainText('sign_in');
  const { items } = (await person.callJson('account/audit', { page: { after: null, limit: 200 } })).json();
  for (const entry of items) expect(JSON.stringify(entry)).not.toContain(other.account.user_id);
});
