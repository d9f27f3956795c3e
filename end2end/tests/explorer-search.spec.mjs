// The search of the chain: what a text means, from any page, with suggestions by keyboard and
// without scripts.

import { rpc } from '../support/chain.mjs';
import { BROWSERS, expect, explorer, fact, test } from '../support/explorer.mjs';
import { open } from '../support/test.mjs';

for (const [browser, { options, visit }] of Object.entries(BROWSERS)) {
  test.describe(browser, () => {
    test('a text that means one thing leads there', async ({ hub, life, openPage }) => {
      const { people: { bob }, addresses, sent } = life;
      const block = await rpc(hub, 'eth_getBlockByNumber', ['0x3', false]);
      const page = await openPage(hub, options);
      for (const [text, path, shows] of [
        ['3', explorer.block(3), block.hash],
        [block.hash, explorer.block(3), block.hash],
        [sent.note, explorer.transaction(sent.note), 'Tide at nine'],
        [bob.address, explorer.address(bob.address), bob.address],
        [bob.address.toLowerCase(), explorer.address(bob.address), bob.address],
        [sent.note.slice(0, 14), explorer.transaction(sent.note), 'Tide at nine'],
        ['lighthouse', explorer.token(addresses.LighthousePictures), 'Lighthouse Pictures'],
      ]) {
        await visit(page, '/explorer');
        await page.getByRole('main').getByRole('searchbox').fill(text);
        await page.getByRole('main').getByRole('button', { name: 'Search' }).click();
        await expect(page, text).toHaveURL(new RegExp(`${path}$`, 'i'));
        await expect(page.getByRole('main')).toContainText(shows);
      }
    });

    test('a name that several have lists them', async ({ hub, life, openPage }) => {
      const page = await openPage(hub, options);
      await visit(page, '/explorer/search?q=harbour');
      const hits = page.getByRole('list', { name: 'Found' }).getByRole('listitem');
      await expect(hits).toHaveCount(2);
      await expect(hits.filter({ hasText: 'Harbour Coin' })).toContainText('ERC-20');
      await hits.filter({ hasText: 'HarbourOffice' }).getByRole('link').click();
      await expect(fact(page, 'Address')).toContainText(life.addresses.HarbourOffice);
    });

    test('what means nothing is answered with what may help', async ({ hub, life, openPage }) => {
      const page = await openPage(hub, { ...options, allow: [/status of 404/] });
      await visit(page, '/explorer/search?q=nothing+like+it');
      await expect(page.getByRole('main')).toContainText('Nothing found');
      await expect(page.getByRole('main').getByRole('searchbox')).toHaveValue('nothing like it');
      await visit(page, `/explorer/search?q=${mistyped(life.people.bob.address)}`);
      await expect(page.getByRole('main')).toContainText('checksum');
      await expect(page.getByRole('main')).toContainText('Nothing found');
      await visit(page, explorer.transaction(`0x${'7'.repeat(64)}`));
      await page.getByRole('main').getByRole('searchbox').fill('3');
      await page.getByRole('main').getByRole('button', { name: 'Search' }).click();
      await expect(page).toHaveURL(/\/explorer\/block\/3$/);
    });
  });
}

test('suggestions are chosen by keyboard', async ({ hub, life, openPage }) => {
  const page = await openPage(hub);
  await open(page, '/');
  const line = page.getByRole('combobox', { name: 'Search the chain' });
  const options = page.getByRole('listbox', { name: 'Suggestions' }).getByRole('option');
  await line.fill('harbour');
  await expect(options).toHaveCount(2);
  await expect(line).toHaveAttribute('aria-expanded', 'true');
  await line.press('ArrowDown');
  await expect(options.first()).toHaveAttribute('aria-selected', 'true');
  await expect(line).toHaveAttribute('aria-activedescendant', await options.first().getAttribute('id'));
  await line.press('ArrowUp');
  await line.press('Escape');
  await expect(options).toHaveCount(0);
  await expect(line).toHaveAttribute('aria-expanded', 'false');
  await expect(line, 'the focus stays in the line').toBeFocused();

  await line.fill('harbour c');
  await expect(options).toHaveCount(1);
  await line.press('ArrowDown');
  await line.press('Enter');
  await expect(page).toHaveURL(new RegExp(`${explorer.token(life.addresses.HarbourCoin)}$`));
  await expect(line).toHaveValue('');
  await expect(options).toHaveCount(0);

  // Without a choice, Enter searches for what was typed.
  await line.fill('harbour');
  await line.press('Enter');
  await expect(page).toHaveURL(/\/explorer\/search\?q=harbour$/);
});

/** Another last digit: it does not fit the checksum of the others, but for one time in thousands. */
function mistyped(address) {
  return `${address.slice(0, -1)}${address.endsWith('0') ? '1' : '0'}`;
}
