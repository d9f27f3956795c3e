// A site for invited people: a link made by the administrator lets in whom it says, as often as it
// says.

import { endHub, setupPath, startHub } from '../support/hub.mjs';
import { injectWallet } from '../support/injected-wallet.mjs';
import { showsSignedIn, signInWithWallet } from '../support/sign-in-page.mjs';
import { expect, hydrated, open, test } from '../support/test.mjs';
import { newPerson, newVisitor, newWallet, signInWith } from '../support/visitor.mjs';

test('a link lets in one person, into the group that it names, and then nobody else', async ({ openPage }) => {
  test.setTimeout(180_000);
  const hub = await startHub({ flags: [] });
  try {
    const administrator = await newPerson(hub, { path: await setupPath(hub) });
    const stranger = await signInWith(newVisitor(hub), newWallet());
    expect(stranger.json().code).toBe('identity.not_allowed');

    const page = await openPage(hub, { as: administrator });
    await open(page, '/admin/invitations');
    await page.getByRole('textbox', { name: /^For whom/ }).fill('Grace');
    await page.getByRole('textbox', { name: /^Groups/ }).fill('analysts');
    await page.getByRole('button', { name: 'Make link' }).click();
    const link = await page.getByText(/\/join\//).first().innerText();
    expect(link).toMatch(new RegExp(`${hub.origin}/join/\\S{20,}`));
    const table = page.getByRole('table', { name: 'Invitation links' });
    await expect(table.getByRole('row', { name: /Grace/ })).toContainText('Open');
    // Shown once.
    await page.reload();
    await expect(page.getByRole('main')).not.toContainText('/join/');

    const grace = newWallet();
    const guest = await openPage(hub);
    await injectWallet(guest, { accounts: [grace] });
    await guest.goto(link.match(/http\S+/)[0]);
    await expect(guest).toHaveURL(/\/sign-in/);
    await hydrated(guest);
    await signInWithWallet(guest, 'Test Wallet');
    await guest.waitForURL('**/dashboard');
    await showsSignedIn(guest, grace);
    await guest.goto('/account');
    await expect(guest.getByRole('main')).toContainText('analysts');

    const second = newVisitor(hub);
    await second.get(new URL(link).pathname);
    expect((await signInWith(second, newWallet())).status).toBeGreaterThanOrEqual(400);
    await page.reload();
    await expect(table.getByRole('row', { name: /Grace/ })).toContainText('Used up');
    // Whoever is in stays in.
    expect((await signInWith(newVisitor(hub), grace)).status).toBe(200);
  } finally {
    await endHub(hub);
  }
});

test('a revoked link and one that was made up let nobody in', async () => {
  const hub = await startHub({ flags: [] });
  try {
    const administrator = await newPerson(hub, { path: await setupPath(hub) });
    const made = (await administrator.call('admin/invite', { role: 'member', uses: 5, expires_in_hours: 1 })).json();
    expect((await administrator.call('admin/revoke_invitation', { invitation_id: made.id })).status).toBe(200);
    for (const path of [new URL(made.link).pathname, '/join/madeup', `/join/${'x'.repeat(5_000)}`]) {
      const visitor = newVisitor(hub);
      await visitor.get(path);
      const answer = await signInWith(visitor, newWallet());
      expect([400, 403], path.slice(0, 40)).toContain(answer.status);
    }
  } finally {
    await endHub(hub);
  }
});

test('many people at once cannot use a link more often than it says', async () => {
  const hub = await startHub({ flags: [] });
  try {
    const administrator = await newPerson(hub, { path: await setupPath(hub) });
    const made = (await administrator.call('admin/invite', { role: 'member', uses: 3, expires_in_hours: 1 })).json();
    const visitors = Array.from({ length: 12 }, () => newVisitor(hub));
    await Promise.all(visitors.map((visitor) => visitor.get(new URL(made.link).pathname)));
    const answers = await Promise.all(visitors.map((visitor) => signInWith(visitor, newWallet())));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
  } finally {
    await endHub(hub);
  }
});
