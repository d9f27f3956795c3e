// Every state of a sign-in that is not the straight way has a visible next step.

import { injectWallet } from '../support/injected-wallet.mjs';
import { chooseWallet, showsSignedIn, signInWithWallet } from '../support/sign-in-page.mjs';
import { expect, open, test } from '../support/test.mjs';
import { newPerson, newWallet } from '../support/visitor.mjs';

/** The page waits for an answer of the wallet before it says that there is none. */
const SILENCE_TIMEOUT_MS = 60_000;

test.beforeEach(async ({ administrator }) => void administrator);

async function atSignIn(hub, openPage, options) {
  const page = await openPage(hub);
  const accounts = options?.accounts ?? [newWallet()];
  const wallet = await injectWallet(page, { accounts, ...options });
  await open(page, '/sign-in');
  return { page, wallet, main: page.getByRole('main'), account: accounts[0] };
}

test('no wallet: the built-in one is offered, and looking again finds one that came later', async ({ hub, openPage }) => {
  const page = await openPage(hub);
  await open(page, '/sign-in');
  const main = page.getByRole('main');
  await expect(main).toContainText('No wallet was found in this browser');
  await expect(main.getByRole('button', { name: 'Look again' })).toBeEnabled();
  await expect(main).toContainText(/built-in wallet/i);
});

test('connecting rejected, then agreed to', async ({ hub, openPage }) => {
  const { page, wallet, main, account } = await atSignIn(hub, openPage);
  wallet.answers.eth_requestAccounts = 'reject';
  await chooseWallet(page, wallet.name);
  await expect(main).toContainText('You did not connect the wallet');
  wallet.answers = {};
  await main.getByRole('button', { name: 'Ask again' }).click();
  await main.getByRole('button', { name: 'Sign the message' }).click();
  await page.waitForURL('**/dashboard');
  await showsSignedIn(page, account);
});

test('signing rejected, then agreed to', async ({ hub, openPage }) => {
  const { page, wallet, main } = await atSignIn(hub, openPage);
  wallet.answers.personal_sign = 'reject';
  await signInWithWallet(page, wallet.name);
  await expect(main).toContainText('You did not sign the message');
  wallet.answers = {};
  await main.getByRole('button', { name: 'Ask again' }).click();
  await page.waitForURL('**/dashboard');
});

test('a wallet that is silent: told, cancelled, and its late answer means nothing', async ({ hub, openPage }) => {
  test.setTimeout(SILENCE_TIMEOUT_MS + 60_000);
  const { page, wallet, main, account } = await atSignIn(hub, openPage);
  let answerLate;
  wallet.answers.personal_sign = ([message]) => new Promise((resolve) => {
    answerLate = () => resolve(account.signMessage({ message: { raw: message } }));
  });
  await signInWithWallet(page, wallet.name);
  await expect(main).toContainText('Waiting for Test Wallet');
  await expect(main.getByRole('button', { name: 'Cancel' })).toBeEnabled();
  await expect(main).toContainText('has not answered yet', { timeout: SILENCE_TIMEOUT_MS });
  await main.getByRole('button', { name: 'Cancel' }).click();
  await expect(main.getByRole('list', { name: 'Wallets in this browser' })).toBeVisible();
  answerLate();
  // The page is asked something that takes a round trip; the late answer had its chance.
  await page.evaluate(() => fetch('/health'));
  await expect(main.getByRole('list', { name: 'Wallets in this browser' })).toBeVisible();
  expect(new URL(page.url()).pathname).toBe('/sign-in');
});

test('a wallet that answers late is still heard while the page waits', async ({ hub, openPage }) => {
  const { page, wallet, account, main } = await atSignIn(hub, openPage);
  let answer;
  wallet.answers.personal_sign = ([message]) => new Promise((resolve) => {
    answer = () => resolve(account.signMessage({ message: { raw: message } }));
  });
  await signInWithWallet(page, wallet.name);
  await expect(main).toContainText('Waiting for Test Wallet');
  await expect.poll(() => typeof answer).toBe('function');
  answer();
  await page.waitForURL('**/dashboard');
});

test('wrong chain: the change is offered and leads on', async ({ hub, openPage }) => {
  const { page, wallet, main } = await atSignIn(hub, openPage, { chainId: 137, knownChains: [137, 1] });
  await chooseWallet(page, wallet.name);
  await expect(main).toContainText(/The wallet is on/);
  await main.getByRole('button', { name: /^Change to/ }).click();
  await main.getByRole('button', { name: 'Sign the message' }).click();
  await page.waitForURL('**/dashboard');
  expect(wallet.requests.map(({ method }) => method)).toContain('wallet_switchEthereumChain');
});

test('wrong chain and the change rejected: said, and asked again', async ({ hub, openPage }) => {
  const { page, wallet, main } = await atSignIn(hub, openPage, { chainId: 137, knownChains: [137, 1] });
  wallet.answers.wallet_switchEthereumChain = 'reject';
  await chooseWallet(page, wallet.name);
  await main.getByRole('button', { name: /^Change to/ }).click();
  await expect(main).toContainText('You did not change the chain');
  await expect(main.getByRole('button', { name: 'Ask again' })).toBeEnabled();
});

test('the account is switched while signing: the old signature is never used', async ({ hub, openPage }) => {
  const accounts = [newWallet(), newWallet()];
  const { page, wallet, main } = await atSignIn(hub, openPage, { accounts });
  let answer;
  wallet.answers.personal_sign = ([message]) => new Promise((resolve) => {
    answer = () => resolve(accounts[0].signMessage({ message: { raw: message } }));
  });
  await signInWithWallet(page, wallet.name);
  await expect.poll(() => typeof answer).toBe('function');
  await wallet.selectAccount(accounts[1]);
  await expect(main).toContainText('The wallet changed to another account');
  answer();
  wallet.answers = {};
  await main.getByRole('button', { name: /^Go on as/ }).click();
  await main.getByRole('button', { name: 'Sign the message' }).click();
  await page.waitForURL('**/dashboard');
  await showsSignedIn(page, accounts[1]);
});

test('the wallet is locked meanwhile: said, and connected again', async ({ hub, openPage }) => {
  const { page, wallet, main } = await atSignIn(hub, openPage);
  await chooseWallet(page, wallet.name);
  await expect(main).toContainText('You are not signed in yet');
  await wallet.lock();
  await expect(main).toContainText('no longer shares an account');
  await main.getByRole('button', { name: 'Connect again' }).click();
  await main.getByRole('button', { name: 'Sign the message' }).click();
  await page.waitForURL('**/dashboard');
});

test('a wallet that fails: said in plain words, and tried again', async ({ hub, openPage }) => {
  const { page, wallet, main } = await atSignIn(hub, openPage);
  wallet.answers.personal_sign = () => Promise.reject(Object.assign(new Error('<b>boom</b>'), { code: -32603 }));
  await signInWithWallet(page, wallet.name);
  await expect(main.getByRole('button', { name: 'Try again' })).toBeEnabled();
  await expect(main.locator('b', { hasText: 'boom' })).toHaveCount(0);
});

test('refused by the server: its words, and a way on', async ({ hub, administrator, openPage }) => {
  const account = newWallet();
  const suspended = await newPerson(hub, { wallet: account });
  await administrator.call('admin/suspend', { user_id: suspended.account.user_id });
  const page = await openPage(hub, { allow: [/Failed to load resource.*403/] });
  const wallet = await injectWallet(page, { accounts: [account] });
  await open(page, '/sign-in');
  await signInWithWallet(page, wallet.name);
  const main = page.getByRole('main');
  await expect(main).toContainText('identity.suspended');
  await expect(main.getByRole('button', { name: 'Cancel' })).toBeEnabled();
});

test('after the sign-in the wallet changes account: the session is never used for the new one silently', async ({ hub, openPage }) => {
  const accounts = [newWallet(), newWallet()];
  const { page, wallet } = await atSignIn(hub, openPage, { accounts });
  await signInWithWallet(page, wallet.name);
  await page.waitForURL('**/dashboard');
  await showsSignedIn(page, accounts[0]);
  await wallet.selectAccount(accounts[1]);
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  await expect(dialog).toContainText(`${accounts[1].address.slice(0, 6)}…${accounts[1].address.slice(-4)}`);
  await expect(dialog.getByRole('button', { name: /sign out/i }).or(dialog.getByRole('link', { name: /sign in/i })).first()).toBeVisible();
});
