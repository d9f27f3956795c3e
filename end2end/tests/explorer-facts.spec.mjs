// What the explorer's pages say is what the node says: each page with real data, with scripts and
// without.

import { getAddress, hexToBigInt } from 'viem';

import { rpc } from '../support/chain.mjs';
import { BROWSERS, amounts, count, decoded, expect, explorer, fact, rows, test } from '../support/explorer.mjs';
import { open } from '../support/test.mjs';

const quantity = (text) => hexToBigInt(text);
/** Addresses and hashes in one spelling. */
const plain = (text) => text.toLowerCase();

for (const [browser, { options, visit }] of Object.entries(BROWSERS)) {
  test.describe(browser, () => {
    let page;
    test.beforeEach(async ({ hub, openPage }) => {
      page = await openPage(hub, options);
    });

    test('the home page counts the chain and lists its newest', async ({ hub, life }) => {
      const tip = await rpc(hub, 'eth_getBlockByNumber', ['latest', false]);
      await visit(page, '/explorer');
      const total = (name) => page.locator('.total').filter({ has: page.getByText(name, { exact: true }) }).locator('dd');
      await expect(total('Blocks')).toHaveText(count(quantity(tip.number) + 1n));
      await expect(total('Tokens')).toHaveText('3');
      await expect(total('Contracts')).toHaveText('6');
      const blocks = page.getByRole('list', { name: 'Newest blocks' }).getByRole('listitem');
      await expect(blocks.first()).toContainText(count(quantity(tip.number)));
      await expect(blocks.first()).toContainText(['empty', '1 transaction'][tip.transactions.length] ?? `${tip.transactions.length} transactions`);
      const newest = page.getByRole('list', { name: 'Newest transactions' }).getByRole('listitem');
      await expect(newest.first().getByRole('link').first()).toHaveAttribute('href', explorer.transaction(await newestTransaction(hub)));
      await expect(fact(page, 'Base fee').locator('data')).toHaveAttribute('value', String(await nextBaseFee(hub)));
      void life;
    });

    test('a block says what is in its header', async ({ hub, life }) => {
      const block = await rpc(hub, 'eth_getBlockByNumber', ['0x3', true]);
      const receipts = await rpc(hub, 'eth_getBlockReceipts', ['0x3']);
      const [signer] = await rpc(hub, 'clique_getSigners');
      // By number and by hash it is the same page.
      for (const id of [3, block.hash]) {
        await visit(page, explorer.block(id));
        await expect(page.getByRole('heading', { level: 1 })).toHaveText('Block 3');
        await expect(fact(page, 'Hash')).toContainText(block.hash);
        await expect(fact(page, 'Signer').getByRole('link')).toHaveAttribute('title', getAddress(signer));
        await expect(fact(page, 'Transactions')).toHaveText(String(block.transactions.length));
        await expect(fact(page, 'Token transfers')).toHaveText('5');
        await expect(fact(page, 'Gas used')).toContainText(`${count(quantity(block.gasUsed))} of ${count(quantity(block.gasLimit))}`);
      }
      expect(await amounts(fact(page, 'Base fee'))).toEqual([quantity(block.baseFeePerGas)]);
      const burnt = quantity(block.gasUsed) * quantity(block.baseFeePerGas);
      const paid = receipts.reduce((sum, { gasUsed, effectiveGasPrice }) => sum + quantity(gasUsed) * quantity(effectiveGasPrice), 0n);
      expect(await amounts(fact(page, 'Fees paid'))).toEqual([paid, burnt]);
      await page.getByText('The header in full').click();
      for (const [name, field] of [['Parent hash', 'parentHash'], ['State root', 'stateRoot'], ['Receipts root', 'receiptsRoot'], ['Extra data', 'extraData']]) {
        await expect(fact(page, name)).toHaveText(block[field]);
      }
      const listed = await rows(page, 'Transactions');
      expect(listed.map(({ Transaction }) => Transaction.whole).sort()).toEqual(block.transactions.map(({ hash }) => hash).sort());
      await page.getByRole('link', { name: 'Next', exact: true }).first().click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Block 4');
      await page.getByRole('link', { name: 'Previous', exact: true }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Block 3');
      void life;
    });

    test('a block that is not made yet is waited for', async ({ hub, life }) => {
      void life;
      const tip = Number(await rpc(hub, 'eth_blockNumber'));
      await visit(page, explorer.block(tip + 5));
      await expect(page.getByRole('main')).toContainText('This block is not made yet');
      await expect(page.getByRole('main')).toContainText('5 blocks');
    });

    test('lists of blocks and transactions repeat the node', async ({ hub, life }) => {
      void life;
      await visit(page, '/explorer/blocks');
      for (const row of (await rows(page, 'Blocks')).slice(0, 3)) {
        const block = await rpc(hub, 'eth_getBlockByNumber', [`0x${Number(row.Block.text.replace(/,/g, '')).toString(16)}`, false]);
        expect(row.Transactions.text).toBe(String(block.transactions.length));
        expect(row['Base fee'].amounts).toEqual([quantity(block.baseFeePerGas)]);
      }
      await visit(page, '/explorer/transactions');
      const [first] = await rows(page, 'Transactions');
      expect(first.Transaction.whole).toBe(await newestTransaction(hub));
      await expectRow(hub, first);
    });

    test('a transaction says who paid what to whom, and what it asked for', async ({ hub, life }) => {
      const { people: { alice, bob }, sent, addresses } = life;
      const hash = sent.note;
      const transaction = await rpc(hub, 'eth_getTransactionByHash', [hash]);
      const receipt = await rpc(hub, 'eth_getTransactionReceipt', [hash]);
      const block = await rpc(hub, 'eth_getBlockByHash', [receipt.blockHash, false]);
      await visit(page, explorer.transaction(hash));
      await expect(fact(page, 'Hash')).toContainText(hash);
      await expect(fact(page, 'Status')).toHaveText('Succeeded');
      await expect(fact(page, 'Block')).toContainText(count(quantity(receipt.blockNumber)));
      await expect(fact(page, 'From').getByRole('link')).toHaveAttribute('title', alice.address);
      await expect(fact(page, 'To').getByRole('link')).toHaveAttribute('title', addresses.HarbourOffice);
      await expect(fact(page, 'To')).toContainText('HarbourOffice');
      await expect(fact(page, 'Method')).toHaveText('note');
      await expect(fact(page, 'Nonce')).toHaveText(String(quantity(transaction.nonce)));
      await expect(fact(page, 'Place in the block')).toHaveText(String(quantity(receipt.transactionIndex)));
      const gasUsed = quantity(receipt.gasUsed);
      const paid = gasUsed * quantity(receipt.effectiveGasPrice);
      const burnt = gasUsed * quantity(block.baseFeePerGas);
      const most = gasUsed * quantity(transaction.maxFeePerGas);
      expect(await amounts(fact(page, 'Fee'))).toEqual([paid]);
      expect(await amounts(fact(page, 'Who got it'))).toEqual([burnt, paid - burnt, most - paid]);
      expect(await amounts(fact(page, 'Gas price'))).toEqual(
        [receipt.effectiveGasPrice, block.baseFeePerGas, transaction.maxFeePerGas, transaction.maxPriorityFeePerGas].map(quantity));
      await expect(page.locator('.signature')).toHaveText('note(string,(uint256,address),bool,bytes)');
      expect(await decoded(page.locator('.card', { hasText: 'Input bytes' }))).toMatchObject([
        { name: 'text', type: 'string', value: 'Tide at nine' },
        { name: 'berth', type: '(uint256,address)' },
        { name: 'number', type: 'uint256', value: '12' },
        { name: 'ship', type: 'address', value: bob.address },
        { name: 'isUrgent', type: 'bool', value: 'true' },
        { name: 'seal', type: 'bytes', value: '0xc0ffee' },
      ]);
      await expect(page.getByRole('main')).toContainText(transaction.input);
    });

    test('all kinds of transactions are named, with their access lists', async ({ life }) => {
      await visit(page, explorer.transaction(life.sent.legacy));
      await expect(fact(page, 'Type')).toHaveText('0 · legacy');
      expect(await amounts(fact(page, 'Value'))).toEqual([1_250_000_000_000_000_000n]);
      await visit(page, explorer.transaction(life.sent.accessList));
      await expect(page.getByText('Access list')).toBeVisible();
      await expect(page.getByRole('main')).toContainText(life.people.carol.address);
      await expect(page.getByRole('main')).toContainText(`0x${'00'.repeat(31)}07`);
      await visit(page, explorer.transaction(life.sent.createHarbourCoin));
      await expect(fact(page, 'Created contract').getByRole('link')).toHaveAttribute('title', life.addresses.HarbourCoin);
    });

    test('a transaction that failed says why', async ({ life }) => {
      const { sent, people: { alice } } = life;
      await visit(page, explorer.transaction(sent.closed));
      await expect(fact(page, 'Status')).toHaveText('Failed');
      await expect(page.getByRole('main')).toContainText('the harbour is closed');
      await visit(page, explorer.transaction(sent.berthTaken));
      await expect(page.getByRole('main')).toContainText('BerthTaken(uint256,address)');
      expect(await decoded(page.locator('.alert'))).toMatchObject([
        { name: 'number', value: '12' },
        { name: 'by', value: alice.address },
      ]);
    });

    test('the logs of a transaction are decoded, and given as they are', async ({ hub, life }) => {
      const { people: { alice, bob }, sent } = life;
      const { logs } = await rpc(hub, 'eth_getTransactionReceipt', [sent.note]);
      await visit(page, explorer.transaction(sent.note, 'logs'));
      const log = page.locator('.log');
      await expect(log).toHaveCount(logs.length);
      await expect(log.locator('.signature')).toHaveText('Noted(address,uint256,string,(uint256,address))');
      expect(await decoded(log)).toMatchObject([
        { name: 'by', value: alice.address },
        { name: 'number', value: '12' },
        { name: 'note', value: 'Tide at nine' },
        { name: 'berth' },
        { name: 'number', value: '12' },
        { name: 'ship', value: bob.address },
      ]);
      await log.getByText('Topics and data').click();
      await expect(log.locator('.topics li')).toHaveText(logs[0].topics);
      await expect(log).toContainText(logs[0].data);
    });

    test('the token transfers of a transaction have the amounts of its logs', async ({ life }) => {
      const { people: { alice, bob }, sent, addresses } = life;
      await visit(page, explorer.transaction(sent.coinTransfer, 'transfers'));
      expect(await rows(page, 'Token transfers')).toMatchObject([
        { From: { whole: alice.address }, To: { whole: bob.address }, Amount: { text: '1.234567', amounts: [1_234_567n] }, Token: { text: 'HRB' } },
      ]);
      await visit(page, explorer.transaction(sent.mintItems, 'transfers'));
      expect((await rows(page, 'Token transfers')).map(({ Amount }) => Amount.text)).toEqual(['50 × #3', '1 × #4']);
      await visit(page, explorer.transaction(sent.mintPicture, 'transfers'));
      const [picture] = await rows(page, 'Token transfers');
      expect(picture).toMatchObject({ To: { whole: bob.address }, Amount: { text: '#7' }, Token: { text: 'LHP' } });
      expect(picture.From.text).toContain('Zero address');
      void addresses;
    });

    test('the calls of a transaction are those of its trace', async ({ hub, life }) => {
      const { people: { bob }, sent, addresses } = life;
      const trace = await rpc(hub, 'debug_traceTransaction', [sent.payOn, { tracer: 'callTracer' }]);
      const frames = [trace, ...trace.calls];
      await visit(page, explorer.transaction(sent.payOn, 'calls'));
      const calls = page.getByRole('list', { name: 'Calls in their order' }).locator('> li');
      await expect(calls).toHaveCount(frames.length);
      for (const [place, frame] of frames.entries()) {
        const head = calls.nth(place).locator('.call-head');
        await expect(head).toContainText(frame.type);
        await expect(head).toContainText(`gas ${count(quantity(frame.gasUsed))}`);
        expect(await amounts(head)).toEqual([quantity(frame.value)]);
        const links = head.getByRole('link');
        await expect(links.first()).toHaveAttribute('title', getAddress(frame.from));
        await expect(links.last()).toHaveAttribute('title', getAddress(frame.to));
      }
      await expect(calls.last().getByRole('link').last()).toHaveAttribute('title', bob.address);

      await visit(page, explorer.transaction(sent.launch, 'calls'));
      await expect(calls).toHaveCount(2);
      await expect(calls.last()).toContainText('CREATE');
      await expect(calls.last().getByRole('link').first()).toHaveAttribute('title', addresses.Shipyard);
    });

    test('the state tab has the balances, nonces and slots before and after', async ({ hub, life }) => {
      const { sent, addresses } = life;
      const { pre, post } = await rpc(hub, 'debug_traceTransaction', [sent.note, { tracer: 'prestateTracer', tracerConfig: { diffMode: true } }]);
      await visit(page, explorer.transaction(sent.note, 'state'));
      const changed = Object.entries(post).filter(([, account]) => Object.keys(account).length > 0);
      const cards = page.locator('.card').filter({ has: page.locator('.state-account') });
      await expect(cards).toHaveCount(changed.length);
      for (const [address, account] of changed) {
        const card = cards.filter({ has: page.locator(`.state-account a[title="${getAddress(address)}"]`) });
        if (account.balance) {
          const before = pre[address]?.balance ?? '0x0';
          expect(await amounts(fact(card, 'Balance'))).toEqual([quantity(before), quantity(account.balance)]);
        }
        if (account.nonce) await expect(fact(card, 'Nonce')).toHaveText(`${Number(pre[address]?.nonce ?? 0)} → ${Number(account.nonce)}`);
      }
      const office = cards.filter({ has: page.locator(`a[title="${addresses.HarbourOffice}"]`) });
      const slots = await office.locator('tbody tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText)));
      const storage = (state, slot) => state[plain(addresses.HarbourOffice)].storage?.[slot] ?? `0x${'0'.repeat(64)}`;
      expect(slots.length).toBe(2);
      for (const [slot, before, after] of slots) expect([before, after]).toEqual([storage(pre, slot), storage(post, slot)]);
    });

    test('the raw tab has the bytes that the sender signed', async ({ hub, life }) => {
      await visit(page, explorer.transaction(life.sent.note, 'raw'));
      await expect(page.getByRole('main')).toContainText(await rpc(hub, 'debug_getRawTransaction', [life.sent.note]));
    });

    test('a sender is followed from one transaction to the next and back', async ({ life }) => {
      const { sent } = life;
      await visit(page, explorer.transaction(sent.legacy));
      await expect(page.getByRole('link', { name: "Sender's previous" })).toHaveCount(0);
      await page.getByRole('link', { name: "Sender's next" }).click();
      await expect(fact(page, 'Hash')).toContainText(sent.accessList);
      await expect(fact(page, 'Nonce')).toHaveText('1');
      await page.getByRole('link', { name: "Sender's previous" }).click();
      await expect(fact(page, 'Hash')).toContainText(sent.legacy);
    });

    test('what waits is listed, and why', async ({ life }) => {
      const { people: { bob, carol } } = life;
      const waiting = await life.send(carol, { to: bob.address, value: 5n });
      const { queued } = life.sent;
      // The list is at most half a second old.
      await expect(async () => {
        await visit(page, '/explorer/pending');
        const listed = await rows(page, 'Pending transactions');
        const row = (hash) => listed.find(({ Transaction }) => Transaction.whole === hash);
        expect(row(waiting)).toMatchObject({ From: { whole: carol.address }, Value: { amounts: [5n] } });
        expect(row(queued)).toMatchObject({ Transaction: { text: expect.stringContaining('Queued') }, Value: { amounts: [6n] } });
      }).toPass();
      await visit(page, explorer.transaction(waiting));
      await expect(fact(page, 'Status')).toContainText('Pending');
      await expect(fact(page, 'From').getByRole('link')).toHaveAttribute('title', carol.address);
      expect(await amounts(fact(page, 'Value'))).toEqual([5n]);
      await visit(page, explorer.transaction(queued));
      await expect(fact(page, 'Status')).toContainText('Queued');
    });

    test('an address has its balance, its history and its tokens', async ({ hub, life }) => {
      const { people: { bob }, addresses } = life;
      const balance = quantity(await rpc(hub, 'eth_getBalance', [bob.address, 'latest']));
      await visit(page, explorer.address(bob.address));
      await expect(fact(page, 'Address')).toContainText(bob.address);
      expect(await amounts(fact(page, 'Balance'))).toEqual([balance]);
      await expect(fact(page, 'Next nonce')).toHaveText(String(quantity(await rpc(hub, 'eth_getTransactionCount', [bob.address, 'latest']))));
      await expect(fact(page, 'Sent')).toHaveText('1 transaction');
      for (const row of (await rows(page, 'Transactions')).slice(0, 3)) await expectRow(hub, row);

      await visit(page, explorer.address(bob.address, 'internal'));
      expect(await rows(page, 'Internal calls')).toMatchObject([
        { Kind: { text: 'CALL' }, From: { whole: addresses.HarbourOffice }, To: { whole: bob.address }, Value: { amounts: [500_000_000_000_000_000n] } },
      ]);
      await visit(page, explorer.address(bob.address, 'transfers'));
      expect((await rows(page, 'Token transfers')).map(({ Amount }) => Amount.text).sort()).toEqual(['#7', '0.034567', '1 × #4', '1.234567', '50 × #3']);
      await visit(page, explorer.address(bob.address, 'tokens'));
      const held = await rows(page, 'Tokens');
      expect(held.map(({ Standard, Amount }) => [Standard.text, Amount.text]).sort()).toEqual(
        [['ERC-1155', '1 × #4'], ['ERC-1155', '50 × #3'], ['ERC-20', '1.2'], ['ERC-721', '#7']]);
      expect(held.find(({ Standard }) => Standard.text === 'ERC-20').Amount.amounts).toEqual([await coinBalance(hub, life, bob)]);
    });

    test('a transaction is found by its sender and nonce', async ({ life }) => {
      const { people: { alice }, sent } = life;
      await visit(page, explorer.address(alice.address, 'nonce'));
      await page.getByRole('textbox', { name: 'Nonce' }).fill('1');
      await page.getByRole('button', { name: 'Find' }).click();
      await expect.poll(async () => (await rows(page, 'Transactions')).map(({ Transaction }) => Transaction.whole)).toEqual([sent.accessList]);
      await page.getByRole('textbox', { name: 'Nonce' }).fill('999');
      await page.getByRole('button', { name: 'Find' }).click();
      await expect(page.getByRole('main')).toContainText('No mined transaction with nonce 999');
    });

    test('tokens have their supply, holders and movements', async ({ hub, life }) => {
      const { people: { alice, bob, carol }, addresses } = life;
      await visit(page, '/explorer/tokens');
      const tokens = await rows(page, 'Tokens');
      const coin = tokens.find(({ Contract }) => Contract.whole === addresses.HarbourCoin);
      expect(coin).toMatchObject({ Token: { text: 'HRB' }, Standard: { text: 'ERC-20' }, Supply: { text: '1,000,000' }, Holders: { text: '3' }, Transfers: { text: '3' } });
      expect(tokens.map(({ Standard }) => Standard.text).sort()).toEqual(['ERC-1155', 'ERC-20', 'ERC-721']);

      await visit(page, '/explorer/tokens?tab=transfers');
      expect(await rows(page, 'Token transfers')).toHaveLength(6);

      await visit(page, explorer.token(addresses.HarbourCoin));
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Harbour Coin (HRB)');
      const [supply] = await amounts(fact(page, 'Supply'));
      expect(await rows(page, 'Token transfers')).toHaveLength(3);
      await visit(page, explorer.token(addresses.HarbourCoin, 'holders'));
      const holders = await rows(page, 'Holders');
      expect(holders.map(({ Holder }) => Holder.whole)).toEqual([alice.address, bob.address, carol.address]);
      for (const [place, person] of [alice, bob, carol].entries()) {
        expect(holders[place].Amount.amounts).toEqual([await coinBalance(hub, life, person)]);
      }
      expect(holders.reduce((sum, { Amount }) => sum + Amount.amounts[0], 0n)).toBe(supply);
    });

    test('instances of collections have their owners', async ({ life }) => {
      const { people: { bob }, addresses } = life;
      await visit(page, explorer.token(addresses.LighthousePictures, 'instances'));
      expect(await rows(page, 'Instances')).toMatchObject([{ Instance: { text: '#7' }, Owner: { whole: bob.address } }]);
      await visit(page, explorer.token(addresses.CargoItems, 'instances'));
      expect((await rows(page, 'Instances')).map(({ Instance, Amount }) => [Instance.text, Amount.text]).sort()).toEqual([['#3', '50'], ['#4', '1']]);
    });

    test('accounts are ranked by what the node says they have', async ({ hub, life }) => {
      void life;
      await visit(page, '/explorer/accounts');
      const accounts = await rows(page, 'Accounts');
      const balances = accounts.map(({ Balance }) => Balance.amounts[0]);
      expect(balances).toEqual([...balances].sort((one, other) => (one < other ? 1 : -1)));
      for (const { Account, Balance } of accounts) {
        expect(Balance.amounts).toEqual([quantity(await rpc(hub, 'eth_getBalance', [Account.whole, 'latest']))]);
      }
    });

    test('signers, nodes and charts tell of the machinery', async ({ hub, life }) => {
      void life;
      const [signer] = await rpc(hub, 'clique_getSigners');
      const tip = quantity(await rpc(hub, 'eth_blockNumber'));
      await visit(page, '/explorer/signers');
      expect(await rows(page, 'Signers')).toMatchObject([
        { Turn: { text: '1' }, Signer: { whole: getAddress(signer) }, 'Last block': { text: count(tip) }, Blocks: { text: count(tip) } },
      ]);
      await visit(page, '/explorer/nodes');
      const [own] = await rows(page, 'Nodes');
      expect(own).toMatchObject({ 'Newest block': { text: count(tip) }, Behind: { text: '0' }, State: { text: 'In step' } });
      expect(own.Software.text).toBe(await rpc(hub, 'web3_clientVersion'));
      await visit(page, '/explorer/charts');
      for (const title of ['Transactions', 'Active addresses', 'Gas used', 'Fees', 'Blocks']) {
        await expect(page.locator('.chart-label').getByText(title, { exact: true })).toBeVisible();
      }
      await page.getByRole('link', { name: 'Last 48 hours' }).click();
      await expect(page.getByRole('link', { name: 'Last 48 hours' })).toHaveAttribute('aria-current', 'page');
    });

    test('a proved contract shows its source and answers; another says what is missing', async ({ life }) => {
      const { addresses, people: { alice } } = life;
      await visit(page, explorer.contract(addresses.HarbourOffice));
      await expect(page.getByRole('main')).toContainText('The source is verified');
      await expect(fact(page, 'Compiler')).toContainText(/^0\.8\./);
      await expect(page.getByRole('main')).toContainText('contract HarbourOffice {');
      await visit(page, explorer.contract(addresses.HarbourOffice, 'read'));
      const named = (signature) => page.locator('.function').filter({ has: page.getByText(signature, { exact: true }) });
      await named('entries()').getByRole('button', { name: 'Read' }).click();
      await expect(named('entries()').locator('.answer')).toContainText('2');
      const sum = named('sum(uint256,uint256)');
      await sum.locator('summary').click();
      await sum.getByRole('textbox', { name: 'a · uint256' }).fill('20');
      await sum.getByRole('textbox', { name: 'b · uint256' }).fill('22');
      await sum.getByRole('button', { name: 'Read' }).click();
      await expect(sum.locator('.answer')).toContainText('42');
      await visit(page, explorer.contract(addresses.HarbourCoin));
      await expect(page.getByRole('main')).toContainText('The source is not verified');
      await expect(page.getByRole('link', { name: 'Verify the source' })).toHaveAttribute('href', `/explorer/contract/${addresses.HarbourCoin}/verify`);
      await visit(page, explorer.address(alice.address));
      await expect(page.getByRole('link', { name: 'Contract', exact: true })).toHaveCount(0);
    });
  });
}

test('a function that refuses to answer says why', async ({ hub, life, openPage }) => {
  // The browser itself notes that the question was answered with an error.
  const page = await openPage(hub, { allow: [/status of 400/] });
  await open(page, explorer.contract(life.addresses.HarbourOffice, 'read'));
  const closing = page.locator('.function').filter({ has: page.getByText('close()', { exact: true }) });
  await closing.getByRole('button', { name: 'Read' }).click();
  await expect(closing).toContainText('the harbour is closed');
});

test('a list saved as a file has the lines of the pages', async ({ hub, life, openPage }) => {
  const { people: { bob }, addresses } = life;
  const page = await openPage(hub);
  const shown = [];
  await open(page, explorer.address(bob.address));
  for (;;) {
    shown.push(...(await rows(page, 'Transactions')));
    const next = page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Next' });
    if ((await next.count()) === 0) break;
    await open(page, await next.getAttribute('href'));
  }
  const saved = await savedRows(page, explorer.address(bob.address));
  expect(saved.heading).toEqual(['transaction', 'block', 'time', 'from', 'to', 'value_eth', 'fee_eth', 'status', 'method', 'nonce']);
  expect(saved.lines.map(([hash, block]) => [hash, block])).toEqual(shown.map(({ Transaction, Block }) => [Transaction.whole, Block.text.replace(/,/g, '')]));

  const transfers = await savedRows(page, explorer.address(bob.address, 'transfers'));
  await open(page, explorer.address(bob.address, 'transfers'));
  expect(transfers.lines.map(([hash]) => hash)).toEqual((await rows(page, 'Token transfers')).map(({ Transaction }) => Transaction.whole));
  const holders = await savedRows(page, explorer.token(addresses.HarbourCoin, 'holders'));
  await open(page, explorer.token(addresses.HarbourCoin, 'holders'));
  expect(holders.lines.map(([address, units]) => [plain(address), BigInt(units)])).toEqual(
    (await rows(page, 'Holders')).map(({ Holder, Amount }) => [plain(Holder.whole), Amount.amounts[0]]));
  // Some blocks only.
  const some = await savedRows(page, explorer.address(bob.address), { from: '1', to: '3' });
  expect(some.lines.map(([hash]) => hash)).toEqual(shown.filter(({ Block }) => Number(Block.text) <= 3).map(({ Transaction }) => Transaction.whole));
});

const DOWNLOAD_TIMEOUT_MS = 20_000;

/** Saves the list of a page by its form; all of it when no blocks are named. */
async function savedRows(page, path, { from = '', to = '' } = {}) {
  await open(page, path);
  await page.getByText('Save as CSV').click();
  await page.getByRole('textbox', { name: 'From block' }).fill(from);
  await page.getByRole('textbox', { name: 'To block' }).fill(to);
  const downloading = page.waitForEvent('download', { timeout: DOWNLOAD_TIMEOUT_MS });
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const chunks = [];
  for await (const chunk of await (await downloading).createReadStream()) chunks.push(chunk);
  const lines = Buffer.concat(chunks).toString('utf8').trimEnd().split('\r\n').map((line) => line.split(','));
  return { heading: lines[0], lines: lines.slice(1) };
}

async function expectRow(hub, row) {
  const transaction = await rpc(hub, 'eth_getTransactionByHash', [row.Transaction.whole]);
  const receipt = await rpc(hub, 'eth_getTransactionReceipt', [row.Transaction.whole]);
  expect(row.Block.text).toBe(count(quantity(transaction.blockNumber)));
  expect(row.From.whole).toBe(getAddress(transaction.from));
  expect(row.To.whole).toBe(getAddress(transaction.to));
  expect(row.Value.amounts).toEqual([quantity(transaction.value)]);
  expect(row.Fee.amounts).toEqual([quantity(receipt.gasUsed) * quantity(receipt.effectiveGasPrice)]);
}

async function newestTransaction(hub) {
  for (let number = Number(await rpc(hub, 'eth_blockNumber')); number > 0; number -= 1) {
    const { transactions } = await rpc(hub, 'eth_getBlockByNumber', [`0x${number.toString(16)}`, false]);
    if (transactions.length > 0) return transactions.at(-1);
  }
  throw new Error('the chain has no transaction');
}

async function nextBaseFee(hub) {
  const { baseFeePerGas } = await rpc(hub, 'eth_feeHistory', ['0x1', 'latest', []]);
  return quantity(baseFeePerGas.at(-1));
}

async function coinBalance(hub, life, person) {
  const data = `0x70a08231${person.address.slice(2).padStart(64, '0')}`;
  return quantity(await rpc(hub, 'eth_call', [{ to: life.addresses.HarbourCoin, data }, 'latest']));
}
