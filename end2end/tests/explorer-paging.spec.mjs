// Lists that are longer than a page: every row once, from the first page to the last, also while
// the chain goes on.

import { ROWS_PER_PAGE, callOf } from '../support/chain-life.mjs';
import { rpc } from '../support/chain.mjs';
import { BROWSERS, expect, explorer, mined, rows, test } from '../support/explorer.mjs';
import { open } from '../support/test.mjs';
import { newWallet } from '../support/visitor.mjs';

for (const [browser, { options, visit }] of Object.entries(BROWSERS)) {
  test.describe(browser, () => {
    test('all blocks, while new ones come', async ({ hub, life, openPage }) => {
      const page = await openPage(hub, options);
      const tip = Number(await rpc(hub, 'eth_blockNumber'));
      await visit(page, '/explorer/blocks');
      const numbers = await walk(page, 'Blocks', ({ Block }) => Number(Block.text.replace(/,/g, '')), () => mined(life));
      expect(numbers).toEqual(Array.from({ length: tip + 1 }, (_, place) => tip - place));
    });

    test('all of the history of an address, and back to its beginning', async ({ hub, life, openPage }) => {
      const { bob } = life.people;
      const page = await openPage(hub, options);
      await visit(page, explorer.address(bob.address));
      const hashes = await walk(page, 'Transactions', ({ Transaction }) => Transaction.whole);
      expect(hashes).toEqual(await historyOf(hub, bob.address));

      await pager(page).getByRole('link', { name: 'First' }).click();
      await expect.poll(() => shown(page, 'Transactions', ({ Transaction }) => Transaction.whole)).toEqual(hashes.slice(0, ROWS_PER_PAGE));
      await expect(pager(page).getByRole('link', { name: 'First' })).toHaveCount(0);
    });

    test('all transactions of one block', async ({ hub, life, openPage }) => {
      void life;
      const page = await openPage(hub, options);
      const { transactions } = await rpc(hub, 'eth_getBlockByNumber', ['0x4', false]);
      expect(transactions.length).toBeGreaterThan(2 * ROWS_PER_PAGE);
      await visit(page, explorer.block(4));
      expect(await walk(page, 'Transactions', ({ Transaction }) => Transaction.whole)).toEqual(transactions);
    });
  });
}

test('all tokens of an address, instances with the number 0 among them', async ({ hub, life, openPage }) => {
  const { people: { alice }, addresses } = life;
  const owner = newWallet().address;
  // Two collections that together are longer than a page, whichever comes first.
  const ids = Array.from({ length: ROWS_PER_PAGE - 2 }, (_, id) => BigInt(id));
  await life.send(alice, { ...callOf(life, 'CargoItems', 'mint', [owner, ids, ids.map(() => 2n)]), gas: 3_000_000n });
  for (const id of ids) await life.send(alice, callOf(life, 'LighthousePictures', 'mint', [owner, id]));
  await mined(life);
  const page = await openPage(hub);
  await open(page, explorer.address(owner, 'tokens'));
  const held = await walk(page, 'Tokens', ({ Contract, Amount }) => `${Contract.whole} ${Amount.text}`);
  const expected = [
    ...ids.map((id) => `${addresses.CargoItems} 2 × #${id}`),
    ...ids.map((id) => `${addresses.LighthousePictures} #${id}`),
  ];
  expect(held.toSorted()).toEqual(expected.toSorted());
});

const pager = (page) => page.getByRole('navigation', { name: 'Pages' });

async function shown(page, caption, pick) {
  return (await rows(page, caption)).map(pick);
}

/** What all pages show, from the one that is open to the last, by their own links. */
async function walk(page, caption, pick, between = () => {}) {
  const found = await shown(page, caption, pick);
  for (let pages = 1; ; pages += 1) {
    const next = pager(page).getByRole('link', { name: 'Next' });
    if ((await next.count()) === 0) return found;
    // The first page follows the chain, and its last row would move on; later ones stay.
    if (pages > 1) await between();
    const last = found.at(-1);
    await next.click();
    await expect.poll(() => shown(page, caption, pick), 'another page').not.toContain(last);
    found.push(...(await shown(page, caption, pick)));
  }
}

/** Hashes of all transactions from or to an address, newest first. */
async function historyOf(hub, address) {
  const isOf = ({ from, to }) => [from, to].includes(address.toLowerCase());
  const found = [];
  for (let number = Number(await rpc(hub, 'eth_blockNumber')); number > 0; number -= 1) {
    const { transactions } = await rpc(hub, 'eth_getBlockByNumber', [`0x${number.toString(16)}`, true]);
    found.push(...transactions.filter(isOf).reverse().map(({ hash }) => hash));
  }
  return found;
}
