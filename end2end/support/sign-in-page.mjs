// The sign-in page, as a person goes through it.

import { expect } from '@playwright/test';

import { injectWallet } from './injected-wallet.mjs';

/** Chooses the wallet of that name, and signs the message that the page shows. */
export async function signInWithWallet(page, name) {
  await chooseWallet(page, name);
  await page.getByRole('button', { name: 'Sign the message' }).click();
}

/** Chooses a wallet; afterwards the page has asked it for an account. */
export async function chooseWallet(page, name) {
  await page.getByRole('list', { name: 'Wallets in this browser' }).getByRole('button', { name }).click();
}

/** A wallet in the page that agrees to everything, and the way through the sign-in with it. */
export async function newInjectedWallet(page, account) {
  const wallet = await injectWallet(page, { accounts: [account] });
  return { ...wallet, signIn: () => signInWithWallet(page, wallet.name) };
}

/** The page's account menu names who is signed in. */
export async function showsSignedIn(page, account) {
  const short = `${account.address.slice(0, 6)}…${account.address.slice(-4)}`;
  await expect(page.getByRole('banner')).toContainText(short);
}
