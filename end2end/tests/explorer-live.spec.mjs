// Pages of the explorer that are open follow the chain, and say how far behind it they are.

import { indexStatus } from '../support/chain-life.mjs';
import { rpc } from '../support/chain.mjs';
import { eventually } from '../support/eventually.mjs';
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
  // What other tests have left waiting is not in that block.
  await life.mine();
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

test.describe('an explorer that follows a node elsewhere', () => {
  let node;
  let follower;
  test.beforeEach(async ({ hub, life }) => {
    void life;
    node = await startOutsideNode(hub);
  });
  test.afterEach(async () => {
    await node.close();
    await endHub(follower);
  });

  const start = async () => {
    follower = await startHub({ settings: { CHAIN__KIND: 'outside', CHAIN__URL: node.url } });
  };
  const newestRow = (page) => page.getByRole('table', { name: 'Blocks' }).locator('tbody tr').first();
  const line = (page) => page.locator('.chain-status');
  /** A page of an explorer that has the whole chain. */
  const openInStep = async (hub, openPage) => {
    await start();
    const newest = await tip(hub);
    await eventually(async () => (await indexStatus(follower)).indexed === newest, { what: 'the whole chain to be indexed' });
    const page = await openPage(follower);
    await open(page, '/explorer/blocks');
    await expect(line(page)).toContainText('in step with the chain');
    return page;
  };

  test('says how many blocks it is behind, until it is not', async ({ hub, life, openPage }) => {
    const page = await openInStep(hub, openPage);
    node.hold();
    await life.mine(7);
    await expect(line(page)).toContainText('7 blocks behind the chain');
    await expect(page.getByText('The explorer is catching up with the chain')).toBeVisible();
    node.release();
    await expect(line(page)).toContainText('in step with the chain');
    await expect(newestRow(page)).toContainText(count(await tip(hub)));
  });

  test('says that the node is away, keeps what it has, and goes on when it is back', async ({ hub, life, openPage }) => {
    const page = await openInStep(hub, openPage);
    const isAway = page.getByText("The chain's node does not answer");
    node.setDown(true);
    await expect(isAway).toBeVisible();
    await open(page, explorer.block(3));
    await expect(fact(page, 'Transactions')).toHaveText('10');
    await expect(isAway).toBeVisible();
    await open(page, '/explorer/blocks');
    await life.mine();
    node.setDown(false);
    await expect(isAway).toHaveCount(0);
    await expect(newestRow(page)).toContainText(count(await tip(hub)));
  });

  test('does not call itself in step before it has a block, and then fills the open page', async ({ hub, openPage }) => {
    node.hold();
    await start();
    const page = await openPage(follower);
    await open(page, '/explorer/blocks');
    await expect(page.getByRole('main')).toContainText('No blocks yet');
    await expect.soft(line(page)).not.toContainText('in step with the chain');
    node.release();
    await expect(newestRow(page)).toContainText(count(await tip(hub)));
    await expect(line(page)).toContainText('in step with the chain');
  });
});
