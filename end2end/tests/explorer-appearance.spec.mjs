// Every page of the explorer with real data, in light and dark, on a desk and on a phone: axe-clean,
// nothing in the console, nothing that sticks out; and on a phone without scripts.

import { COLOUR_RULES, overflow, picture, violations } from '../support/appearance.mjs';
import { EXPLORER_PAGES } from '../support/explorer-pages.mjs';
import { expect, test } from '../support/explorer.mjs';
import { hydrated } from '../support/test.mjs';

const SIZES = { desk: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
/** With the rules that a page is held to in each; all but those of colours are the same in both. */
const COLOURS = { light: undefined, dark: COLOUR_RULES };

for (const [name, { as, path, prepare, shows, status = 200 }] of Object.entries(EXPLORER_PAGES)) {
  test(`${name} looks right`, async ({ hub, life, openPage }) => {
    const address = path(life, await prepare?.(life));
    const allow = status === 200 ? [] : [new RegExp(`status of ${status}`)];
    const options = { as: as && life[as], allow };
    const page = await openPage(hub, { ...options, viewport: SIZES.desk });
    const answer = await page.goto(address);
    expect(answer.status()).toBe(status);
    await hydrated(page);
    const main = page.getByRole('main');
    await expect(main).toContainText(shows);
    await expect(page.locator('h1')).toHaveCount(1);
    expect(await page.title()).toMatch(/LedgerCloud/);
    await page.evaluate(() => document.fonts.ready);
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      for (const [colorScheme, rules] of Object.entries(COLOURS)) {
        await page.emulateMedia({ colorScheme });
        await picture(page, `explorer-${name}-${size}-${colorScheme}`);
        expect.soft(await violations(page, rules), `${size}, ${colorScheme}`).toEqual([]);
      }
      expect.soft(await overflow(page), `${size}: nothing sticks out`).toEqual([]);
    }

    const plain = await openPage(hub, { ...options, viewport: SIZES.phone, javaScriptEnabled: false });
    await plain.goto(address);
    await expect(plain.getByRole('main')).toContainText(shows);
    expect.soft(await overflow(plain), 'without scripts: nothing sticks out').toEqual([]);
  });
}
