// The main way through the product: a person signs in with a wallet and computes in JupyterLab.

import { injectWallet } from '../support/injected-wallet.mjs';
import { execute, reaches, startKernel } from '../support/jupyter.mjs';
import { newNotebook, runCell, showsLauncher } from '../support/jupyterlab.mjs';
import { signInWithWallet } from '../support/sign-in-page.mjs';
import { expect, open, test } from '../support/test.mjs';
import { defaultServer, newPerson, newWallet } from '../support/visitor.mjs';

test('from the home page to the output of a cell', async ({ hub, administrator, openPage }) => {
  test.setTimeout(240_000);
  void administrator;
  const page = await openPage(hub);
  await injectWallet(page, { accounts: [newWallet()] });
  await open(page, '/');
  await page.getByRole('link', { name: /sign in/i }).first().click();
  await signInWithWallet(page, 'Test Wallet');
  await page.waitForURL('**/dashboard');
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(page.getByRole('main')).toContainText('Running', { timeout: 90_000 });

  const [lab] = await Promise.all([page.context().waitForEvent('page'), page.getByRole('link', { name: 'Open', exact: true }).click()]);
  await showsLauncher(lab);
  const origin = new URL(lab.url());
  expect(origin.hostname).toMatch(/^[a-z0-9-]+\.localhost$/);
  expect(origin.port).toBe(String(hub.port));

  await newNotebook(lab);
  expect(await runCell(lab, 'print(6 * 7)')).toBe('42');
  // What belongs to the hub stays there.
  const polled = await lab.waitForRequest(/\/api\/kernels/);
  const sent = (await polled.allHeaders()).cookie;
  expect(sent).toContain('_xsrf');
  expect(sent).not.toContain('ledgercloud-session');
  expect(await lab.evaluate(() => document.cookie)).not.toContain('ledgercloud');
  // And JupyterLab's own way home leads to the hub.
  await page.bringToFront();
  await expect(page.getByRole('main')).toContainText('Running');
});

test('opening the address of a resting server starts it and leads there', async ({ hub, person, openPage }) => {
  test.setTimeout(240_000);
  const server = await defaultServer(person);
  const page = await openPage(hub, { as: person, allow: [/localhost:\d+\/(lab|api|static)/] });
  await page.goto(`http://${server.host_label}.localhost:${hub.port}/lab`);
  await expect(page).toHaveURL(new RegExp(`^${hub.origin}/start/`));
  await expect(page.getByRole('main')).toContainText(/Loading JupyterLab|Preparing files|Starting the sandbox|Waiting for a place/);
  await showsLauncher(page);
  expect(new URL(page.url()).host).toBe(`${server.host_label}.localhost:${hub.port}`);
});

test('a deep link survives sign-in and start', async ({ hub, administrator, openPage }) => {
  test.setTimeout(240_000);
  void administrator;
  const wallet = newWallet();
  const person = await newPerson(hub, { wallet });
  const server = await defaultServer(person);
  const page = await openPage(hub, { allow: [/localhost:\d+\/(lab|api|static)/] });
  await injectWallet(page, { accounts: [wallet] });
  await page.goto(`http://${server.host_label}.localhost:${hub.port}/lab?reset`);
  await page.waitForURL(`${hub.origin}/sign-in?**`);
  await signInWithWallet(page, 'Test Wallet');
  await showsLauncher(page);
  expect(new URL(page.url()).host).toBe(`${server.host_label}.localhost:${hub.port}`);
});

test('the welcome notebooks are there and compute without a network', async ({ hub, person }) => {
  test.setTimeout(240_000);
  const server = await defaultServer(person);
  await person.call('servers/command', { server_id: server.server_id, command: 'start' });
  await reaches(person, server, 'ready');
  const kernel = await startKernel(person, server);
  const listed = await execute(person, server, kernel, 'import glob; print(sorted(glob.glob("**/*.ipynb", recursive=True)))');
  expect(listed.match(/\.ipynb/g)?.length, listed).toBeGreaterThanOrEqual(3);
  const simulated = await execute(person, server, kernel, SIMULATION);
  expect(simulated.trim()).toBe('7');
});

/** A contract that returns 7, deployed and called on eth-tester. */
const SIMULATION = `
from web3 import Web3, EthereumTesterProvider
chain = Web3(EthereumTesterProvider())
runtime = bytes.fromhex("600760005260206000f3")
code = bytes.fromhex("69") + runtime + bytes.fromhex("600052600a6016f3")
receipt = chain.eth.wait_for_transaction_receipt(chain.eth.send_transaction({"from": chain.eth.accounts[0], "data": code}))
print(int.from_bytes(chain.eth.call({"to": receipt.contractAddress}), "big"))
`;
