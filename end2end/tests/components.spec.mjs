// The component kit and the frame at work: what a snapshot of HTML cannot show. Each with and
// without JavaScript, where the component promises both.

import { expect, hydrated, test } from '../support/test.mjs';

const DRESSES = [
  { javaScriptEnabled: true, name: 'with JavaScript' },
  { javaScriptEnabled: false, name: 'without JavaScript' },
];

/** The gallery of components, ready to be used. */
async function openGallery(openPage, hub, person, javaScriptEnabled) {
  const page = await openPage(hub, { as: person, javaScriptEnabled });
  await page.goto('/ui');
  if (javaScriptEnabled) await hydrated(page);
  return page;
}

for (const { javaScriptEnabled, name } of DRESSES) {
  test(`the theme changes and stays, ${name}`, async ({ hub, person, openPage }) => {
    const page = await openGallery(openPage, hub, person, javaScriptEnabled);
    const root = page.locator('html');
    await expect(root).toHaveAttribute('data-theme', 'system');
    const kept = page.waitForResponse((response) => response.url().endsWith('/api/set_theme'));
    await page.getByRole('button', { name: 'Dark theme' }).click();
    await expect(root).toHaveAttribute('data-theme', 'dark');
    await kept;
    await page.goto('/account');
    await expect(root).toHaveAttribute('data-theme', 'dark');
    await expect(page.getByRole('button', { name: 'Dark theme' })).toHaveAttribute('aria-pressed', 'true');
  });

  test(`a dialog lets nothing be destroyed by accident, ${name}`, async ({ hub, person, openPage }) => {
    const page = await openGallery(openPage, hub, person, javaScriptEnabled);
    const dialog = page.getByRole('dialog', { name: 'Delete research?' });
    // Without scripts the browser gives no sign of having come to rest: presses are not delayed.
    const press = (button) => button.click({ force: true });
    await press(page.locator('button[command="show-modal"][commandfor="specimen-delete"]'));
    await expect(dialog).toBeVisible();
    await dialog.getByRole('textbox').fill('something else');
    await press(dialog.getByRole('button', { name: 'Delete' }));
    await expect(dialog).toBeVisible();
    await dialog.getByRole('textbox').fill('research');
    await press(dialog.getByRole('button', { name: 'Delete' }));
    await expect(dialog).toBeHidden();
  });

  test(`a menu opens, ${name}`, async ({ hub, person, openPage }) => {
    const page = await openGallery(openPage, hub, person, javaScriptEnabled);
    const menu = page.locator('details', { hasText: 'More actions' });
    await menu.locator('summary').click();
    await expect(menu.getByRole('button', { name: 'Freeze' })).toBeVisible();
  });
}

test('a menu closes by Escape, by a press elsewhere and when the keyboard leaves', async ({ hub, person, openPage }) => {
  const page = await openGallery(openPage, hub, person, true);
  const menu = page.locator('details', { hasText: 'More actions' });
  const leave = {
    escape: () => page.keyboard.press('Escape'),
    press: () => page.getByRole('heading', { level: 1 }).click(),
    keyboard: async () => {
      // Log, Freeze, (Stop is disabled), Delete, out.
      for (let stop = 0; stop < 4; stop += 1) await page.keyboard.press('Tab');
    },
  };
  for (const [way, go] of Object.entries(leave)) {
    await menu.locator('summary').focus();
    await page.keyboard.press('Enter');
    await expect(menu, way).toHaveAttribute('open', '');
    await go();
    await expect(menu, way).not.toHaveAttribute('open', '');
  }
});

test('good news leaves by itself, bad news stays until it is closed', async ({ hub, person, openPage }) => {
  const page = await openGallery(openPage, hub, person, true);
  const messages = page.getByRole('status', { name: 'Messages' });
  await page.getByRole('button', { name: 'Good news' }).click();
  await page.getByRole('button', { name: 'Bad news' }).click();
  await expect(messages).toContainText('Server started');
  await expect(messages).not.toContainText('Server started');
  await expect(messages).toContainText('The server did not stop');
  await messages.getByRole('button', { name: 'Close message' }).click();
  await expect(messages).toBeEmpty();
});

test('an address is copied whole', async ({ hub, person, openPage }) => {
  const page = await openGallery(openPage, hub, person, true);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy address' }).first().click();
  await expect(page.getByText('Copied')).toBeAttached();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed');
});

test('the keyboard comes to the content first', async ({ hub, openPage }) => {
  const page = await openPage(hub);
  await page.goto('/');
  await hydrated(page);
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toBeFocused();
});
