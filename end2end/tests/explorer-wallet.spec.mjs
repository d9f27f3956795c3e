// A person with a wallet on the chain: coins from the faucet, a transfer, a contract of their own
// that is deployed, proved, read and written, and everything that a wallet or a contract refuses.

import { parseEther } from 'viem';

import { STANDARD_JSON } from '../support/chain-contracts.mjs';
import { CHAIN_ID, COUNTER, compile, rpc } from '../support/chain.mjs';
import { amounts, count, expect, explorer, fact, mined, rows, test } from '../support/explorer.mjs';
import { injectWallet } from '../support/injected-wallet.mjs';
import { open } from '../support/test.mjs';
import { connectToNode, requestOf } from '../support/wallet-node.mjs';

const counter = compile(COUNTER, 'Counter');
/** What `compile` gives the compiler, as somebody with the source has it. */
const COUNTER_JSON = { ...STANDARD_JSON, sources: { 'source.sol': { content: COUNTER } }, settings: { ...STANDARD_JSON.settings, optimizer: { enabled: true } } };

/** A page of the person with their wallet in it, which agrees to everything. */
async function pageWithWallet({ hub, openPage, person }, options) {
  const page = await openPage(hub, { as: person });
  const wallet = await injectWallet(page, { accounts: [person.wallet], ...options });
  connectToNode(wallet, hub);
  return { page, wallet };
}

async function fund(life, person, coins = '5') {
  await life.send(life.people.alice, { to: person.address, value: parseEther(coins) });
  await mined(life);
}

const note = (place) => place.locator('.send-note');

test('the wallet page: balance, coins from the faucet, a transfer, and what the wallet holds after', async ({ hub, life, person, openPage }) => {
  const { page, wallet } = await pageWithWallet({ hub, openPage, person });
  await open(page, '/wallet');
  await expect(fact(page, 'Address')).toContainText(person.wallet.address);
  expect(await amounts(fact(page, 'Balance'))).toEqual([0n]);

  await page.getByRole('button', { name: 'Get coins' }).click();
  await expect(page.getByRole('main')).toContainText('On its way.');
  await life.mine();
  await expect.poll(() => amounts(fact(page, 'Balance'))).not.toEqual([0n]);
  const [gift] = await amounts(fact(page, 'Balance'));
  expect(gift).toBe(BigInt(await rpc(hub, 'eth_getBalance', [person.wallet.address, 'latest'])));

  await page.getByRole('textbox', { name: 'To' }).fill(life.people.bob.address);
  await page.getByRole('textbox', { name: /^Amount/ }).fill('0.25');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(note(page).first()).toContainText('Sent; waiting to be mined');
  expect(wallet.requests.find(({ method }) => method === 'eth_sendTransaction').params).toEqual([
    { from: person.wallet.address, to: life.people.bob.address, value: `0x${parseEther('0.25').toString(16)}` },
  ]);
  await life.mine();
  await expect(note(page).first()).toContainText('Mined');
  await expect.poll(async () => (await rows(page, 'Transactions'))[0].Value.amounts).toEqual([parseEther('0.25')]);
  const left = BigInt(await rpc(hub, 'eth_getBalance', [person.wallet.address, 'latest']));
  expect(left).toBeLessThan(gift - parseEther('0.25'));
  await expect.poll(() => amounts(fact(page, 'Balance'))).toEqual([left]);
});

test('a mistyped transfer never reaches the wallet', async ({ hub, life, person, openPage }) => {
  const { page, wallet } = await pageWithWallet({ hub, openPage, person });
  await open(page, '/wallet');
  await page.getByRole('textbox', { name: 'To' }).fill('0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed');
  await page.getByRole('textbox', { name: /^Amount/ }).fill('1');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(note(page).first()).toContainText('checksum');
  await page.getByRole('textbox', { name: 'To' }).fill(life.people.bob.address);
  await page.getByRole('textbox', { name: /^Amount/ }).fill('much');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(note(page).first()).toContainText('The value is a number such as 0.25');
  expect(wallet.requests).toEqual([]);
});

test('a wallet on another chain is told of this one, by the button and before it sends', async ({ hub, life, person, openPage }) => {
  await fund(life, person.wallet);
  const { page, wallet } = await pageWithWallet({ hub, openPage, person }, { chainId: 1 });
  await open(page, '/wallet');
  await expect(fact(page, 'Chain id')).toHaveText(String(CHAIN_ID));
  await page.getByRole('button', { name: 'Add this network to my wallet' }).click();
  await expect(page.getByRole('main')).toContainText('is in your wallet');
  const asked = wallet.requests.find(({ method }) => method === 'wallet_addEthereumChain');
  expect(asked.params[0]).toMatchObject({
    chainId: `0x${CHAIN_ID.toString(16)}`,
    rpcUrls: [`${hub.origin}/rpc`],
    nativeCurrency: { decimals: 18, symbol: await fact(page, 'Coin').innerText() },
  });
  expect(wallet.chainId).toBe(CHAIN_ID);

  wallet.chainId = 1;
  await page.getByRole('textbox', { name: 'To' }).fill(life.people.bob.address);
  await page.getByRole('textbox', { name: /^Amount/ }).fill('0.1');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(note(page).first()).toContainText('Sent; waiting to be mined');
  expect(wallet.chainId).toBe(CHAIN_ID);
});

test('what the wallet refuses is said, and can be tried again', async ({ hub, life, person, openPage }) => {
  await fund(life, person.wallet);
  const { page, wallet } = await pageWithWallet({ hub, openPage, person });
  await open(page, '/wallet');
  await page.getByRole('textbox', { name: 'To' }).fill(life.people.bob.address);
  await page.getByRole('textbox', { name: /^Amount/ }).fill('0.1');
  const send = page.getByRole('button', { name: 'Send', exact: true });
  const agrees = wallet.answers.eth_sendTransaction;
  for (const [method, said] of [['eth_requestAccounts', 'rejected in the wallet'], ['eth_sendTransaction', 'rejected in the wallet']]) {
    wallet.answers[method] = 'reject';
    await send.click();
    await expect(note(page).first()).toContainText(said);
    await expect(send).toBeEnabled();
    delete wallet.answers[method];
  }
  wallet.answers.eth_sendTransaction = 'silent';
  await send.click();
  await expect(note(page).first()).toContainText('Confirm the transaction in your wallet');
  await expect(send).toBeDisabled();
  // Loading the page again gives up on a wallet that says nothing.
  wallet.answers.eth_sendTransaction = agrees;
  await open(page, '/wallet');
  await page.getByRole('textbox', { name: 'To' }).fill(life.people.bob.address);
  await page.getByRole('textbox', { name: /^Amount/ }).fill('0.1');
  await send.click();
  await expect(note(page).first()).toContainText('Sent; waiting to be mined');
});

test('a contract from its deployment to a refused call: proved, read and written on its page', async ({ hub, life, person, openPage }) => {
  const account = person.wallet.address;
  await fund(life, person.wallet);
  const { page, wallet } = await pageWithWallet({ hub, openPage, person });
  await open(page, '/wallet');
  const creation = await requestOf(page, wallet, 'eth_sendTransaction', [{ from: account, data: counter.bytecode }]);
  await mined(life);

  await open(page, explorer.transaction(creation));
  await fact(page, 'Created contract').getByRole('link').click();
  await page.getByRole('navigation', { name: 'Parts of the address' }).getByRole('link', { name: 'Contract' }).click();
  await page.getByRole('link', { name: 'Verify the source' }).click();
  await page.getByRole('textbox', { name: 'Standard JSON input' }).fill(JSON.stringify(COUNTER_JSON));
  await page.getByRole('button', { name: 'Compile and compare' }).click();
  await expect(page.getByText("The source is this contract's")).toBeVisible();
  await page.getByRole('link', { name: 'See the contract' }).click();
  await expect(page.getByText('The source is verified')).toBeVisible();
  await expect(page.getByRole('main')).toContainText('contract Counter {');

  const parts = page.getByRole('navigation', { name: 'Parts of the contract' });
  const named = (signature) => page.locator('.function').filter({ has: page.getByText(signature, { exact: true }) });
  await parts.getByRole('link', { name: /^Write/ }).click();
  const add = named('add(uint256)');
  await add.locator('summary').click();
  const write = async (amount) => {
    await add.getByRole('textbox', { name: /^amount/ }).fill(String(amount));
    await add.getByRole('button', { name: 'Send', exact: true }).click();
  };
  await write(7n);
  await expect(note(add)).toContainText('Sent; waiting to be mined');
  await mined(life);
  await expect(note(add)).toContainText('Mined');
  const hash = await note(add).getByRole('link').first().getAttribute('title');

  // The node's answer to the wallet carries the contract's own error.
  await write(101n);
  await expect(note(add)).toContainText('The wallet reported: execution reverted');

  wallet.answers.eth_sendTransaction = 'reject';
  await write(1n);
  await expect(note(add)).toContainText('The request was rejected in the wallet.');

  await parts.getByRole('link', { name: /^Read/ }).click();
  await named('count()').getByRole('button', { name: 'Read' }).click();
  await expect(named('count()').locator('.answer')).toContainText('7');

  await open(page, explorer.transaction(hash));
  await expect(fact(page, 'Method')).toHaveText('add');
  await expect(fact(page, 'From').getByRole('link')).toHaveAttribute('title', account);
});

test('a source that is not the contract\'s, and one that is no source, are refused with the reason', async ({ hub, life, openPage }) => {
  const { curator, addresses } = life;
  const page = await openPage(hub, { as: curator, allow: [/status of 400/] });
  await open(page, `/explorer/contract/${addresses.HarbourCoin}/verify`);
  const input = page.getByRole('textbox', { name: 'Standard JSON input' });
  const compile = page.getByRole('button', { name: 'Compile and compare' });
  for (const [text, said] of [
    ['not JSON', 'not standard JSON input'],
    [JSON.stringify({ ...STANDARD_JSON, language: 'Vyper' }), 'neither Solidity nor Yul'],
    [JSON.stringify({ ...STANDARD_JSON, sources: { 'a.sol': { content: 'contract A { int b = ; }' } } }), 'ParserError'],
    [JSON.stringify({ ...STANDARD_JSON, sources: { 'a.sol': { content: 'contract A {}' } } }), 'none of the contracts in this source compiles to the code'],
  ]) {
    await input.fill(text);
    await compile.click();
    await expect(page.getByRole('main')).toContainText(said);
  }
});

test('the history of a contract counts what was written', async ({ hub, life, openPage }) => {
  const page = await openPage(hub);
  await open(page, explorer.address(life.addresses.HarbourOffice));
  const nonce = await rpc(hub, 'eth_getTransactionCount', [life.addresses.HarbourOffice, 'latest']);
  await expect(fact(page, 'Next nonce')).toHaveText(count(nonce));
  const listed = await rows(page, 'Transactions');
  expect(listed.map(({ Method }) => Method.text)).toEqual(['close', 'take', 'payOn', 'note', expect.anything()]);
});
