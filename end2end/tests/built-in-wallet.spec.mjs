// The wallet for people who have none: a key made in the browser, locked by a passphrase, carried
// away and brought back as a file, and never sent to the server.

import { createDecipheriv, pbkdf2Sync, scryptSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { keccak256 } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { showsSignedIn } from '../support/sign-in-page.mjs';
import { expect, open, test } from '../support/test.mjs';

const PASSPHRASE = 'correct horse battery staple 42';
/** Locking a key takes a moment on purpose. */
const KEY_TIMEOUT_MS = 90_000;

test('create, sign in, save, delete, take in again, sign in to the same account', async ({ hub, administrator, openPage }) => {
  test.setTimeout(360_000);
  void administrator;
  const page = await openPage(hub, { acceptDownloads: true });
  const sent = [];
  page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`));
  await open(page, '/sign-in');
  const main = page.getByRole('main');

  await create(main, 'short', 'short');
  await expect(main.getByRole('list', { name: 'Keys in this browser' })).toHaveCount(0);
  await create(main, PASSPHRASE, 'something else that is long');
  await expect(main.getByRole('list', { name: 'Keys in this browser' })).toHaveCount(0);
  await create(main, PASSPHRASE, PASSPHRASE);
  const keys = main.getByRole('list', { name: 'Keys in this browser' });
  await expect(keys.getByRole('listitem')).toHaveCount(1, { timeout: KEY_TIMEOUT_MS });

  const file = await saved(page, () => keys.getByRole('button', { name: 'Save to a file' }).first().click());
  const account = privateKeyToAccount(unlock(JSON.parse(file), PASSPHRASE));
  await expect(keys).toContainText(shortened(account.address));
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(PASSPHRASE);

  await signIn(page, 'wrong passphrase here');
  await expect(main.getByLabel('Passphrase of this key')).toBeVisible({ timeout: KEY_TIMEOUT_MS });
  await expect(main).toContainText(/passphrase/i);
  expect(new URL(page.url()).pathname).toBe('/sign-in');
  await main.getByLabel('Passphrase of this key').fill(PASSPHRASE);
  await main.getByRole('button', { name: 'Sign the message' }).click();
  await page.waitForURL('**/dashboard', { timeout: KEY_TIMEOUT_MS });
  await showsSignedIn(page, account);

  // Gone from this browser, with the question that such a thing needs.
  await signOut(page);
  await open(page, '/sign-in');
  await keys.getByRole('button', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete this key?' });
  await dialog.getByRole('button', { name: 'Delete the key' }).click();
  await expect(dialog, 'not without typing it').toBeVisible();
  await dialog.getByRole('textbox').fill(account.address.slice(-4));
  await dialog.getByRole('button', { name: 'Delete the key' }).click();
  await expect(keys).toHaveCount(0);
  await open(page, '/sign-in');
  await expect(keys).toHaveCount(0);

  // Back by its file.
  await main.getByText('Use a key file from elsewhere').click();
  await main.getByLabel('Key file').setInputFiles({ name: 'key.json', mimeType: 'application/json', buffer: Buffer.from(file) });
  await expect(main.getByLabel('Or its text')).toHaveValue(file);
  await main.getByLabel('Passphrase of the file').fill(PASSPHRASE);
  await main.getByRole('button', { name: 'Take in the key' }).click();
  await expect(keys.getByRole('listitem')).toHaveCount(1, { timeout: KEY_TIMEOUT_MS });
  await signIn(page, PASSPHRASE);
  await page.waitForURL('**/dashboard', { timeout: KEY_TIMEOUT_MS });
  await showsSignedIn(page, account);

  const secrets = [PASSPHRASE, account.address && unlock(JSON.parse(file), PASSPHRASE).slice(2), JSON.parse(file).crypto.ciphertext];
  for (const line of sent) for (const secret of secrets) expect(line.includes(secret) || line.includes(encodeURIComponent(secret)), line.slice(0, 80)).toBe(false);
});

test('a key file of another program is taken in', async ({ hub, administrator, openPage }) => {
  test.setTimeout(240_000);
  void administrator;
  const page = await openPage(hub);
  await open(page, '/sign-in');
  const main = page.getByRole('main');
  await main.getByText('Use a key file from elsewhere').click();
  await main.getByLabel('Or its text').fill(JSON.stringify(PUBLISHED));
  await main.getByLabel('Passphrase of the file').fill('wrong');
  await main.getByRole('button', { name: 'Take in the key' }).click();
  await expect(main).toContainText(/passphrase/i, { timeout: KEY_TIMEOUT_MS });
  await expect(main.getByRole('list', { name: 'Keys in this browser' })).toHaveCount(0);
  await main.getByLabel('Or its text').fill(JSON.stringify(PUBLISHED));
  await main.getByLabel('Passphrase of the file').fill('testpassword');
  await main.getByRole('button', { name: 'Take in the key' }).click();
  const account = privateKeyToAccount('0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d');
  await expect(main.getByRole('list', { name: 'Keys in this browser' })).toContainText(shortened(account.address), { timeout: KEY_TIMEOUT_MS });
  for (const text of ['', '{}', 'not json', '{"version":3}', JSON.stringify({ ...PUBLISHED, version: 1 })]) {
    await main.getByText('Use a key file from elsewhere').click();
    await main.getByLabel('Or its text').fill(text);
    await main.getByRole('button', { name: 'Take in the key' }).click();
    await expect(main.getByRole('list', { name: 'Keys in this browser' }).getByRole('listitem')).toHaveCount(1);
    await open(page, '/sign-in');
  }
});

/** Test vector of the Web3 Secret Storage definition, version 3. */
const PUBLISHED = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
    ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
    kdf: 'pbkdf2',
    kdfparams: { c: 262144, dklen: 32, prf: 'hmac-sha256', salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd' },
    mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
};

async function create(main, passphrase, repeated) {
  await main.getByLabel('Passphrase', { exact: true }).fill(passphrase);
  await main.getByLabel('Passphrase again').fill(repeated);
  await main.getByRole('button', { name: 'Create the key' }).click();
}

async function signIn(page, passphrase) {
  const main = page.getByRole('main');
  await main.getByRole('list', { name: 'Keys in this browser' }).getByRole('button', { name: /^Sign in with/ }).click();
  await main.getByLabel('Passphrase of this key').fill(passphrase);
  await main.getByRole('button', { name: 'Sign the message' }).click();
}

async function signOut(page) {
  await page.getByRole('banner').locator('summary').last().click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL((url) => url.pathname === '/');
}

async function saved(page, click) {
  const [download] = await Promise.all([page.waitForEvent('download'), click()]);
  return readFile(await download.path(), 'utf8');
}

/** Opens a Web3 Secret Storage file as any other program would. */
function unlock(file, passphrase) {
  const { crypto } = file;
  const { kdfparams } = crypto;
  const salt = Buffer.from(kdfparams.salt, 'hex');
  const key = crypto.kdf === 'pbkdf2'
    ? pbkdf2Sync(passphrase, salt, kdfparams.c, kdfparams.dklen, 'sha256')
    : scryptSync(passphrase, salt, kdfparams.dklen, { N: kdfparams.n, r: kdfparams.r, p: kdfparams.p, maxmem: 1 << 30 });
  const ciphertext = Buffer.from(crypto.ciphertext, 'hex');
  expect(keccak256(Buffer.concat([key.subarray(16, 32), ciphertext])).slice(2)).toBe(crypto.mac);
  const decipher = createDecipheriv('aes-128-ctr', key.subarray(0, 16), Buffer.from(crypto.cipherparams.iv, 'hex'));
  return `0x${Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('hex')}`;
}

function shortened(address) {
  return `${address.slice(0, 6)}…${address.slice(-4)}`;
}
