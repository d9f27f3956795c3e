// The explorer's tests: a program whose chain has real life, and how a page of it is read.

import { expect } from '@playwright/test';

import { LIFE_SETTINGS, fillChain, indexed } from './chain-life.mjs';
import { endHub, startHub } from './hub.mjs';
import { test as base, open } from './test.mjs';

export { expect };

export const test = base.extend({
  /** Blocks of this program's chain are made when a test asks for one. */
  hub: [
    async ({}, use) => {
      const hub = await startHub({ settings: LIFE_SETTINGS });
      await use(hub);
      await endHub(hub);
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  /** The filled chain; one for all tests of a worker. The administrator proves a source in it. */
  life: [
    async ({ hub, administrator }, use) => {
      await use(await fillChain(hub, administrator));
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});

/** Makes a block of what waits, and waits until the explorer has it. */
export async function mined(life, blocks = 1) {
  await life.mine(blocks);
  await indexed(life.hub);
}

/**
 * With scripts and without a page says the same. `visit` opens one and waits until it answers:
 * a page that is left while its program loads complains.
 */
export const BROWSERS = {
  'with scripts': { options: {}, visit: open },
  'without scripts': { options: { javaScriptEnabled: false }, visit: (page, path) => page.goto(path) },
};

export const explorer = {
  block: (id) => `/explorer/block/${id}`,
  transaction: (hash, tab) => `/explorer/tx/${hash}${tab ? `?tab=${tab}` : ''}`,
  address: (address, tab) => `/explorer/address/${address}${tab ? `?tab=${tab}` : ''}`,
  contract: (address, view) => `/explorer/address/${address}?tab=contract${view ? `&view=${view}` : ''}`,
  token: (address, tab) => `/explorer/token/${address}${tab ? `?tab=${tab}` : ''}`,
};

/** The value beside a name in the facts of a page, or of a part of one. */
export function fact(place, name) {
  const page = place.page?.() ?? place;
  return place
    .locator('.key-value')
    .filter({ has: page.locator('dt').getByText(name, { exact: true }) })
    .locator('dd');
}

/** The exact numbers, in smallest units, that an element shows as amounts. */
export async function amounts(locator) {
  const values = await locator.locator('data.amount').evaluateAll((elements) => elements.map(({ value }) => value));
  return values.map(BigInt);
}

/**
 * The rows of the table with that caption. Each is an object by column: the text, the exact
 * amounts, and the whole names (addresses, hashes) that its links and titles hold.
 */
export async function rows(page, caption) {
  const table = page.getByRole('table', { name: caption, exact: true });
  await expect(table).toBeVisible();
  const found = await table.locator('tbody tr').evaluateAll((elements) =>
    elements.map((row) =>
      Object.fromEntries(
        [...row.cells].map((cell) => [
          cell.dataset.label,
          {
            text: cell.innerText.replace(/\s+/g, ' ').trim(),
            amounts: [...cell.querySelectorAll('data.amount')].map(({ value }) => value),
            whole: [...cell.querySelectorAll('[title]')].map(({ title }) => title).filter((title) => title.startsWith('0x'))[0],
          },
        ]),
      ),
    ),
  );
  return found.map((row) => mapValues(row, (cell) => ({ ...cell, amounts: cell.amounts.map(BigInt) })));
}

/** What a contract wrote, as it is shown decoded: names with their types and values. */
export async function decoded(locator) {
  return locator.locator('.decoded-field').evaluateAll((fields) =>
    fields.map((field) => ({
      name: field.querySelector('.decoded-name').innerText,
      type: field.querySelector('.decoded-type').innerText,
      value: field.querySelector('dd').innerText.trim(),
    })),
  );
}

/** Thousands separated, as the pages count. */
export const count = (number) => BigInt(number).toLocaleString('en-US');

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
