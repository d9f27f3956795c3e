// A transaction that was signed elsewhere is handed to the node, or refused with the reason.

import { parseEther, parseGwei } from 'viem';

import { CHAIN_ID } from '../support/chain.mjs';
import { BROWSERS, expect, fact, mined, test } from '../support/explorer.mjs';
import { newWallet } from '../support/visitor.mjs';

const FEES = { chainId: CHAIN_ID, gas: 21_000n, maxFeePerGas: parseGwei('20'), maxPriorityFeePerGas: parseGwei('2') };

for (const [browser, { options, visit }] of Object.entries(BROWSERS)) {
  test.describe(browser, () => {
    let page;
    test.beforeEach(async ({ hub, openPage }) => {
      // The browser itself notes that a refused form was answered with an error.
      page = await openPage(hub, { ...options, allow: [/status of 400/] });
      await visit(page, '/explorer/broadcast');
    });

    const send = async (raw) => {
      await page.getByRole('textbox', { name: 'Signed transaction' }).fill(raw);
      await page.getByRole('button', { name: 'Send', exact: true }).click();
    };

    test('a valid one is sent, and its page is opened', async ({ life }) => {
      const { alice, bob } = life.people;
      await send(await alice.signTransaction({ ...FEES, to: bob.address, value: 77n, nonce: alice.nonce }));
      alice.nonce += 1;
      await expect(page).toHaveURL(/\/explorer\/tx\/0x[0-9a-f]{64}$/);
      await expect(fact(page, 'Status')).toContainText('Pending');
      await mined(life);
      await page.reload();
      await expect(fact(page, 'Status')).toHaveText('Succeeded');
      await expect(fact(page, 'From').getByRole('link')).toHaveAttribute('title', alice.address);
    });

    test('what is no transaction is refused with what one is', async () => {
      await send('0x02nonsense');
      await expect(page.getByRole('main')).toContainText('hexadecimal digits');
      await expect(page).toHaveURL(new RegExp('/explorer/broadcast'));
      await visit(page, '/explorer/broadcast');
      await send('0x02c0ffee');
      await expect(page.getByRole('main')).toContainText(/The chain refused: .*(transaction|decode|RLP)/i);
    });

    test('a nonce that was used and coins that are not there are named', async ({ life }) => {
      const { alice, bob } = life.people;
      await send(await alice.signTransaction({ ...FEES, to: bob.address, value: 1n, nonce: 0 }));
      await expect(page.getByRole('main')).toContainText('The chain refused: nonce too low');
      await visit(page, '/explorer/broadcast');
      await send(await newWallet().signTransaction({ ...FEES, to: bob.address, value: parseEther('1'), nonce: 0 }));
      await expect(page.getByRole('main')).toContainText(/The chain refused: insufficient funds/);
    });
  });
}

