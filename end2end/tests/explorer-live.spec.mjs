// Pages of the explorer that are open follow the chain, and say how far behind it they are.

import { LIFE_SETTINGS } from '../support/chain-life.mjs';
import { rpc } from '../support/chain.mjs';
import { count, expect, explorer, fact, test } from '../support/explorer.mjs';
import { endHub, startHub } from '../support/hub.mjs';
import { startOutsideNode } from '../support/outside-node.mjs';
import { open } from '../support/test.mjs';

/** A word in the page's own memory: gone when the page is loaded anew. */
async function remember(page) {
  await page.evaluate(() => (globalThis.wasNeverReloaded = true));
  return () => expect(page.evaluate(() => globalThis.wasNeverReloaded), 'the page was not reloaded').resolves.toBe(true);
}

const tip = async (hub) => Number(await rpc(hub, 'eth_blockNumber'));

test('the home page shows a new block with its transaction', async ({ hub, life, openPage }) => {
  const page = await openPage(hub);
  await open(page, '/explorer');
  const wasNotReloaded = await remember(page);
  const { alice, bob } = life.people;
  const hash = await life.send(alice, { to: bob.address, value: 42n });
  await life.mine();
  const number = count(await tip(hub));
  const newest = page.getByRole('list', { name: 'Newest blocks' }).getByRole('listitem').first();
  await expect(newest).toContainText(number);
  await expect(newest).toContainText('1 transaction');
  const transaction = page.getByRole('list', { name: 'Newest transactions' }).getByRole('listitem').first();
  await expect(transaction.getByRole('link').first()).toHaveAttribute('title', hash);
  await expect(page.locator('.chain-status')).toContainText(`Block ${number}`);
  await wasNotReloaded();
});

test('the page of a waiting transaction turns into that of a mined one, and counts blocks on top', async ({ hub, life, openPage }) => {
  const { alice, bob } = life.people;
  const hash = await life.send(alice, { to: bob.address, value: 43n });
  const page = await openPage(hub);
  await open(page, explorer.transaction(hash));
  const wasNotReloaded = await remember(page);
  await expect(fact(page, 'Status')).toContainText('Pending');
  await life.mine();
  await expect(fact(page, 'Status')).toHaveText('Succeeded');
  await expect(fact(page, 'Block')).toContainText(`${count(await tip(hub))} · 0 blocks on top`);
  await life.mine();
  await expect(fact(page, 'Block')).toContainText('1 block on top');
  await life.mine();
  await expect(fact(page, 'Block')).toContainText('2 blocks on top');
  await wasNotReloaded();
});

test('lists follow: what waits, blocks, and the history of an address', async ({ hub, life, openPage }) => {
  const { alice, bob } = life.people;
  const [blocks, history, waiting] = [await openPage(hub), await openPage(hub), await openPage(hub)];
  await open(blocks, '/explorer/blocks');
  await open(history, explorer.address(bob.address));
  const hash = await life.send(alice, { to: bob.address, value: 44n });
  await open(waiting, '/explorer/pending');
  const pending = waiting.getByRole('table', { name: 'Pending transactions' }).locator(`a[title="${hash}"]`);
  await expect(pending).toBeVisible();
  await life.mine();
  await expect(blocks.getByRole('table', { name: 'Blocks' }).locator('tbody tr').first()).toContainText(count(await tip(hub)));
  await expect(history.getByRole('table', { name: 'Transactions' }).locator(`a[title="${hash}"]`)).toBeVisible();
  await expect(pending).toHaveCount(0);
});

test('the page of a block to come becomes the block', async ({ hub, life, openPage }) => {
  const page = await openPage(hub);
  const number = (await tip(hub)) + 1;
  await open(page, explorer.block(number));
  await expect(page.getByRole('main')).toContainText('not made yet');
  await life.mine();
  const { hash } = await rpc(hub, 'eth_getBlockByNumber', [`0x${number.toString(16)}`, false]);
  await expect(fact(page, 'Hash')).toContainText(hash);
});

test('every page says how far the explorer is behind a slow node, and that a node is away', async ({ hub, life, openPage }) => {
  const node = await startOutsideNode(hub);
  const { CHAIN__COMPILER } = LIFE_SETTINGS;
  const follower = await startHub({ settings: { CHAIN__KIND: 'outside', CHAIN__URL: node.url, CHAIN__COMPILER } });
  try {
    const page = await openPage(follower);
    await open(page, '/explorer/blocks');
    const line = page.locator('.chain-status');
    await expect(line).toContainText('in step with the chain');
    const rows = page.getByRole('table', { name: 'Blocks' }).locator('tbody tr');
    await expect(rows.first()).toContainText(count(await tip(hub)));

    node.hold();
    await life.mine();
    await expect(line).toContainText('1 block behind the chain');
    await life.mine(6);
    await expect(line).toContainText('7 blocks behind the chain');
    await expect(page.getByText('The explorer is catching up with the chain')).toBeVisible();
    node.release();
    await expect(line).toContainText('in step with the chain');
    await expect(rows.first()).toContainText(count(await tip(hub)));

    node.setDown(true);
    await life.mine();
    await expect(page.getByText("The chain's node does not answer")).toBeVisible();
    // What is indexed stays readable.
    await page.goto(explorer.block(3));
    await expect(fact(page, 'Transactions')).toHaveText('10');
    node.setDown(false);
    await expect(line).toContainText('in step with the chain');
  } finally {
    await node.close();
    await endHub(follower);
  }
});
