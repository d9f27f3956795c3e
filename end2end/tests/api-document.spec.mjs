// The API document: it is OpenAPI, what it shows is true, and a running node answers as it says.

import { Validator } from '@seriousme/openapi-schema-validator';
import { ethers } from 'ethers';
import WebSocket from 'ws';

import { checker, misfits, operationsOf, readDocument, resolve } from '../support/api-document.mjs';
import { CHAIN_ID, COUNTER, compile, endpoints } from '../support/chain.mjs';
import { eventually } from '../support/eventually.mjs';
import { endHub, setupPath, startHub } from '../support/hub.mjs';
import { expect, test } from '../support/test.mjs';
import { commandServer, defaultServer, newPerson } from '../support/visitor.mjs';

const NOBODY = `0x${'7'.repeat(40)}`;
const NOTHING = `0x${'7'.repeat(64)}`;
const RECIPIENT = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
/** How long a stream may be silent. */
const PATIENCE_MS = 20_000;

let hub;
let document;
let check;
/** What requests name: hashes, heights, addresses. */
let world;

test.beforeAll(async () => {
  test.setTimeout(180_000);
  hub = await startHub({ settings: { CHAIN__PERIOD: '1' } });
  ({ document } = await readDocument(hub));
  check = checker(document);
  world = await prepare();
});
test.afterAll(() => endHub(hub));

/** A chain with gifts, transfers, a contract and its log, and a transaction that waits. */
async function prepare() {
  const provider = new ethers.JsonRpcProvider(endpoints(hub).http, undefined, { cacheTimeout: -1 });
  const wallet = ethers.Wallet.createRandom().connect(provider);
  const { tx_hash: gift } = (await ask('/rpc/faucet', json({ address: wallet.address, amount: '5000000000000000000' }))).body;
  await provider.waitForTransaction(gift);
  const signed = (nonce, more = {}) =>
    wallet.signTransaction({ chainId: CHAIN_ID, type: 2, nonce, to: RECIPIENT, value: 5n, gasLimit: 21_000n, maxFeePerGas: 10_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n, ...more });
  const counter = compile(COUNTER, 'Counter');
  const contract = await new ethers.ContractFactory(counter.abi, counter.bytecode, wallet).deploy({ nonce: 0 });
  await contract.waitForDeployment();
  const counted = await (await contract.add(7, { nonce: 1 })).wait();
  const legacy = await (await provider.broadcastTransaction(await signed(2, { type: 0, maxFeePerGas: undefined, maxPriorityFeePerGas: undefined, gasPrice: 10_000_000_000n }))).wait();
  const { body } = await ask('/rpc/sendTx', json({ raw: await signed(9) }));
  const block = (await ask(`/rpc/blocks/${counted.blockNumber}`)).body;
  provider.destroy();
  // The index follows by a moment.
  await eventually(async () => (await ask(`/rpc/address/${RECIPIENT}`)).body.total_transactions_received > 0, { what: 'the index' });
  return { address: wallet.address, signed, block, counted: counted.hash, legacy: legacy.hash, deployed: contract.deploymentTransaction().hash, waiting: body.tx_hash };
}

const json = (value) => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });

async function ask(path, options) {
  const response = await fetch(`http://127.0.0.1:${hub.port}${path}`, options);
  const type = response.headers.get('content-type')?.split(';')[0] ?? null;
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, type, body: type === 'application/json' ? JSON.parse(String(bytes)) : String(bytes), response };
}

function operation(id) {
  const found = operationsOf(document).find((one) => one.operation.operationId === id);
  expect(found, id).toBeDefined();
  return found;
}

test('it is valid OpenAPI 3.1, of this site, and open to every origin', async () => {
  const { response } = await readDocument(hub);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('cache-control')).toBe('public, max-age=300');
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document));
  expect(valid, JSON.stringify(errors)).toBe(true);
  expect(validator.version).toBe('3.1');
  const { body } = await ask('/health');
  expect([document.info.version, document.servers]).toEqual([body.version, [{ url: hub.origin }]]);
  const ids = operationsOf(document).map((one) => one.operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

test('every operation says what it does, with examples that fit', () => {
  for (const { path, method, operation } of operationsOf(document)) {
    const where = `${method} ${path}`;
    expect(operation.summary, where).toBeTruthy();
    const shown = [];
    for (const parameter of (operation.parameters ?? []).map((one) => resolve(document, one))) {
      expect(parameter.description, `${where} ${parameter.name}`).toBeTruthy();
      if (parameter.required) expect(parameter.example, `${where} ${parameter.name}`).toBeDefined();
      if (parameter.example !== undefined) shown.push(parameter);
    }
    const responses = Object.values(operation.responses).map((one) => resolve(document, one));
    for (const part of [operation.requestBody, ...responses].filter(Boolean)) shown.push(...Object.values(part.content ?? {}));
    for (const { schema, example } of shown.filter((one) => one.example !== undefined)) {
      expect(check(schema, example), `${where}: ${JSON.stringify(example).slice(0, 200)}`).toEqual([]);
    }
    for (const parameter of path.matchAll(/\{(\w+)\}/g)) {
      expect(operation.parameters.map((one) => resolve(document, one).name), where).toContain(parameter[1]);
    }
  }
});

test('schemas are strict enough to refuse what is wrong', () => {
  const account = { $ref: '#/components/schemas/Account' };
  const right = { address: RECIPIENT, balance: '5', nonce: 0 };
  expect(check(account, right)).toEqual([]);
  for (const wrong of [{ balance: 5 }, { address: 'nobody' }, { nonce: undefined }, { more: 1 }]) {
    expect(check(account, JSON.parse(JSON.stringify({ ...right, ...wrong })))).not.toEqual([]);
  }
});

/** At least one request for each operation that answers and ends. */
const requests = () => [
  ['jsonRpc', '/rpc', json({ jsonrpc: '2.0', id: 1, method: 'eth_getBalance', params: [RECIPIENT, 'latest'] })],
  ['jsonRpc', '/rpc', json([{ jsonrpc: '2.0', id: 'a', method: 'eth_chainId' }, { jsonrpc: '2.0', id: 2, method: 'eth_nothing', params: [] }])],
  ['jsonRpc', '/rpc', json({ jsonrpc: '2.0', method: 'eth_chainId' }), 204],
  ['jsonRpc', '/rpc', { method: 'POST', body: '{' }],
  ['getHead', '/rpc/head'],
  ['getBlock', '/rpc/blocks/0'],
  ['getBlock', `/rpc/blocks/${world.block.height}`],
  ['getBlocks', '/rpc/blocks-range'],
  ['getBlocks', '/rpc/blocks-range?start=0&end=9&include_tx=true'],
  ['getBlocks', '/rpc/blocks-range?start_height=1&end_height=9&limit=2&include_tx=1'],
  ['importBlock', '/rpc/blocks/import', json(world.block)],
  ['importBlockOlder', '/rpc/importBlock', json(world.block)],
  ['importBlockOlder', '/rpc/importBlock', json({})],
  ...['counted', 'legacy', 'deployed', 'waiting'].flatMap((name) => [
    ['getTransaction', `/rpc/tx/${world[name]}`],
    ['getTransactionByLongName', `/rpc/transaction/${world[name]}`],
    ...(name === 'waiting' ? [] : [['getReceipt', `/rpc/receipts/${world[name]}`]]),
  ]),
  ['listTransactions', '/rpc/transactions?limit=100'],
  ['listReceipts', '/rpc/receipts?limit=100'],
  ['getMempool', '/rpc/mempool'],
  ['getMempool', '/rpc/mempool?format=list&limit=1'],
  ['estimateFee', '/rpc/estimateFee', json({ type: 'transfer', payload: { data: '0x0102' } })],
  ['estimateFee', '/rpc/estimateFee', { method: 'POST' }],
  ['submitReceipt', '/rpc/submitReceipt', json({}), 403],
  ['getBalance', `/rpc/getBalance/${RECIPIENT}`],
  ['getBalance', `/rpc/getBalance/${NOBODY}`],
  ['getSpendable', `/rpc/balance/${world.address}`],
  ['getAccount', `/rpc/account/ait1${RECIPIENT.slice(2)}`],
  ['getAccountByPlural', `/rpc/accounts/${RECIPIENT}`],
  ['getAddressHistory', `/rpc/address/${world.address}?limit=100`],
  ['getAddressHistory', `/rpc/address/${RECIPIENT}`],
  ['listAddresses', '/rpc/addresses?min_balance=1'],
  ['getSyncStatus', '/rpc/syncStatus'],
  ['getStatus', '/rpc/status'],
  ['getInfo', '/rpc/info'],
  ['getSupply', '/rpc/supply'],
  ['getValidators', '/rpc/validators'],
  ['getPeers', '/rpc/peers'],
  ['testEndpoint', '/rpc/test-endpoint'],
  ['askFaucet', '/rpc/faucet', json({ address: NOBODY, amount: '1' })],
  ['mintFaucet', '/rpc/admin/mintFaucet', json({ address: NOBODY, amount: 1 })],
  ['syncHello', '/rpc/sync/status'],
  ['syncPeers', '/rpc/sync/peers'],
  ['syncHashes', '/rpc/sync/hashes?start=0&count=3'],
  ['syncBlocks', '/rpc/sync/blocks?start=1&count=2'],
  ['syncBlocks', `/rpc/sync/blocks?hash=${world.block.hash}&count=2`],
  ...['transactions', 'internal-calls', 'token-transfers', 'token-holders'].map((kind) => ['exportCsv', `/explorer/export/address/${world.address}/${kind}.csv`]),
  ['health', '/health'],
  ['healthV1', '/v1/health'],
  ['metrics', '/metrics'],
  ['apiDocument', '/api/openapi.json'],
];

test('a running node answers every operation as the document says', async () => {
  const asked = new Set();
  const all = [
    ...requests(),
    ['sendTx', '/rpc/sendTx', json({ raw: await world.signed(3) })],
    ['sendTransaction', '/rpc/transaction', json({ raw: await world.signed(4) })],
  ];
  for (const [id, path, options, status = 200] of all) {
    const answer = await ask(path, options);
    expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBe(status);
    expect(misfits(document, check, operation(id).operation, answer), path).toEqual([]);
    asked.add(id);
  }
  const endless = operationsOf(document).filter(({ operation: { responses } }) => (!responses[200] && responses[101]) || responses[200]?.content?.['text/event-stream']);
  for (const { operation: { operationId } } of endless) asked.add(operationId);
  const left = operationsOf(document).map((one) => one.operation.operationId).filter((id) => !asked.has(id));
  expect(left, 'operations that nobody has asked').toEqual([]);
});

test('failures are as the document says', async () => {
  const failures = [
    ['getHead', '/rpc/head?chain_id=1', 404],
    ['getBlock', '/rpc/blocks/999999', 404],
    ['getBlock', '/rpc/blocks/x', 422],
    ['getBlocks', '/rpc/blocks-range?start=0&end=1001', 400],
    ['getBlocks', '/rpc/blocks-range?start=0', 422],
    ['importBlock', '/rpc/blocks/import', 422, json({})],
    ['importBlock', '/rpc/blocks/import', 400, json({ ...world.block, height: 999_999, parent_hash: NOTHING })],
    ['importBlock', '/rpc/blocks/import', 409, json({ ...world.block, hash: NOTHING })],
    ['importBlockOlder', '/rpc/importBlock', 422, json([])],
    ['getTransaction', `/rpc/tx/${NOTHING}`, 404],
    ['listTransactions', '/rpc/transactions?limit=0', 400],
    ['listTransactions', '/rpc/transactions?offset=x', 422],
    ['getReceipt', `/rpc/receipts/${world.waiting}`, 404],
    ['listReceipts', '/rpc/receipts?limit=101', 400],
    ['getMempool', '/rpc/mempool?limit=x', 422],
    ['sendTx', '/rpc/sendTx', 400, json({ raw: '0x02' })],
    ['sendTx', '/rpc/sendTx', 422, json({ sender: 'a', nonce: 0 })],
    ['sendTx', '/rpc/sendTx', 413, { method: 'POST', body: ' '.repeat(600_000) }],
    ['estimateFee', '/rpc/estimateFee', 422, json({ type: 'message' })],
    ['getBalance', '/rpc/getBalance/somebody', 422],
    ['getAccount', `/rpc/account/0x${'8'.repeat(40)}`, 404],
    ['getAddressHistory', `/rpc/address/${RECIPIENT}?offset=10001`, 400],
    ['listAddresses', '/rpc/addresses?min_balance=x', 422],
    ['askFaucet', '/rpc/faucet', 400, json({ address: NOBODY, amount: '10000000000000000001' })],
    ['askFaucet', '/rpc/faucet', 422, json({ address: NOBODY, amount: 0 })],
    ['syncBlocks', '/rpc/sync/blocks?count=1', 400],
    ['syncHashes', '/rpc/sync/hashes?start=1', 422],
    ['streamBlocks', '/rpc/ws/blocks', 400],
    ['syncSocket', '/rpc/sync/ws', 400],
    ['jsonRpcSocket', '/rpc', 400],
    ['exportCsv', `/explorer/export/address/${RECIPIENT}/nothing.csv`, 404],
    ['exportCsv', `/explorer/export/address/${RECIPIENT}/transactions.csv?from_block=x`, 400],
    ['serversEvents', '/hub/api/lc/servers/events', 401],
    ['serversEvents', '/hub/api/lc/servers/events?scope=x', 400],
    ['serverEvents', '/hub/api/lc/servers/x/events', 400],
  ];
  for (const [id, path, status, options] of failures) {
    const answer = await ask(path, options);
    expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBe(status);
    expect(Object.keys(operation(id).operation.responses), path).toContain(String(status));
    expect(misfits(document, check, operation(id).operation, answer), path).toEqual([]);
  }
});

test('an address that asks too much is told so as the document says', async () => {
  const strict = await startHub({ settings: { LIMITS__READS_PER_SECOND: '1' } });
  try {
    const answers = [];
    for (let count = 0; count < 12; count += 1) answers.push(await fetch(`http://127.0.0.1:${strict.port}/health`));
    const refused = answers.find(({ status }) => status === 429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const answer = { status: 429, type: 'application/json', body: await refused.json() };
    expect(misfits(document, check, operation('health').operation, answer)).toEqual([]);
  } finally {
    await endHub(strict);
  }
});

test('WebSockets push what the document says', async () => {
  const heard = new Map();
  const sockets = ['streamBlocks', 'streamBlocksByShortName', 'streamTransactions', 'listTransactions', 'streamAll'].map((id) => {
    const socket = new WebSocket(`ws://127.0.0.1:${hub.port}${operation(id).path}`);
    heard.set(id, []);
    socket.on('message', (message) => heard.get(id).push(JSON.parse(String(message))));
    return new Promise((opened, failed) => socket.once('open', () => opened(socket)).once('error', failed));
  });
  const open = await Promise.all(sockets);
  await ask('/rpc/faucet', json({ address: NOBODY, amount: '2' }));
  const isComplete = () => [...heard].every(([id, messages]) => messages.length >= (id === 'streamAll' ? 2 : 1));
  await eventually(isComplete, { what: 'every stream to push', timeoutMs: PATIENCE_MS });
  for (const socket of open) socket.terminate();
  for (const [id, messages] of heard) {
    const { schema } = operation(id).operation.responses[101].content['application/json'];
    for (const message of messages) expect(check(schema, message), id).toEqual([]);
  }
});

test('server-sent events carry what the document says', async () => {
  test.setTimeout(180_000);
  const person = await newPerson(hub, { path: await setupPath(hub) });
  const server = await defaultServer(person);
  const cookie = person.cookieNames().map((name) => `${name}=${person.cookie(name)}`).join('; ');
  const streams = [
    ['explorerEvents', '/explorer/events', 'chain'],
    ['serversEvents', '/hub/api/lc/servers/events', 'server'],
    ['serverEvents', `/hub/api/lc/servers/${server.server_id}/events`, 'progress'],
  ].map(async ([id, path, name]) => {
    const data = await firstEvent(path, cookie, name);
    const { schema } = operation(id).operation.responses[200].content['text/event-stream'];
    expect(check(schema['x-events'][name], data), path).toEqual([]);
  });
  await commandServer(person, server.server_id, 'start');
  await Promise.all(streams);
  await commandServer(person, server.server_id, 'stop');
});

/** Data of the first event of this name. */
async function firstEvent(path, cookie, name) {
  const given = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(`${hub.origin}${path}`, { headers: { cookie }, signal: given });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  for await (const bytes of response.body) {
    text += Buffer.from(bytes).toString();
    const events = text.split('\n\n').slice(0, -1);
    const found = events.find((event) => event.startsWith(`event: ${name}\n`));
    if (found) return JSON.parse(/^data: (.*)$/m.exec(found)[1]);
  }
  throw new Error(`${path} ended without ${name}: ${text}`);
}

test('the page shows every operation, without JavaScript too', async ({ openPage }) => {
  const page = await openPage(hub, { javaScriptEnabled: false });
  await page.goto('/');
  await page.getByRole('contentinfo').getByRole('link', { name: 'API', exact: true }).click();
  await expect(page).toHaveURL(/\/api$/);
  for (const { path, operation } of operationsOf(document)) {
    await expect(page.locator(`#${operation.operationId} h3`)).toContainText(path);
  }
  await page.getByRole('navigation', { name: 'Operations' }).getByRole('link', { name: 'GET /rpc/head' }).click();
  await expect(page.locator('#getHead')).toBeInViewport();
  await expect(page.locator('#getHead')).toContainText(`curl '${hub.origin}/rpc/head'`);
  await expect(page.getByRole('link', { name: 'as an OpenAPI document' })).toHaveAttribute('href', '/api/openapi.json');
});

test('whoever comes back to the page through the history finds it whole', async ({ openPage }) => {
  const page = await openPage(hub);
  await page.goto('/api');
  await expect(page.locator('#getHead')).toBeVisible();
  await page.getByRole('banner').getByRole('link', { name: 'Explorer' }).first().click();
  await expect(page).toHaveURL(/\/explorer/);
  await page.goBack();
  await expect(page.locator('#getHead')).toContainText('curl');
});
