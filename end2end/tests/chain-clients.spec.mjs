// Tools that know nothing of us work on the chain: ethers, viem, cast, web3.py.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { ethers } from 'ethers';
import { createPublicClient, createWalletClient, defineChain, http, keccak256, parseEther, webSocket } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

import { CHAIN_ID, COUNTER, compile, endpoints, rpc, treasuryKey } from '../support/chain.mjs';
import { notebookEnvironment } from '../support/environment.mjs';
import { endHub, startHub } from '../support/hub.mjs';
import { expect, test } from '../support/test.mjs';

const run = promisify(execFile);
const counter = compile(COUNTER, 'Counter');
let hub;

test.beforeAll(async () => {
  hub = await startHub({ settings: { CHAIN__PERIOD: '1' } });
});
test.afterAll(() => endHub(hub));

/** A fresh account with ten ether, so that clients do not share nonces. */
async function fundedKey() {
  const key = generatePrivateKey();
  const provider = new ethers.JsonRpcProvider(endpoints(hub).http);
  const treasury = new ethers.NonceManager(new ethers.Wallet(await treasuryKey(hub), provider));
  const sent = await treasury.sendTransaction({ to: privateKeyToAccount(key).address, value: ethers.parseEther('10') });
  await sent.wait();
  provider.destroy();
  return key;
}

test('ethers deploys, calls, sends, filters and subscribes', async () => {
  // Its cache would answer the next nonce with the last one when a block comes at once.
  const provider = new ethers.WebSocketProvider(endpoints(hub).webSocket, undefined, { cacheTimeout: -1 });
  try {
    const wallet = new ethers.Wallet(await fundedKey(), provider);
    const contract = await new ethers.ContractFactory(counter.abi, counter.bytecode, wallet).deploy();
    await contract.waitForDeployment();
    const heard = new Promise((resolve) => contract.once('Counted', (by, count) => resolve([by, count])));
    const receipt = await (await contract.add(7)).wait();
    expect(receipt.status).toBe(1);
    expect(await contract.count()).toBe(7n);
    expect(await heard).toEqual([wallet.address, 7n]);
    const found = await contract.queryFilter(contract.filters.Counted(wallet.address), 0, 'latest');
    expect(found.map(({ args }) => args.count)).toEqual([7n]);
    const refused = await contract.add.staticCall(101).catch((error) => error);
    expect(refused.revert).toMatchObject({ name: 'TooMany', args: [101n, 100n] });
    const block = await provider.getBlock(receipt.blockNumber);
    expect(block.hash).toBe(receipt.blockHash);
    expect(BigInt(block.difficulty)).toBe(2n);
  } finally {
    await provider.destroy();
  }
});

test('viem deploys, sends, watches, proves and traces', async () => {
  const chain = defineChain({
    id: CHAIN_ID,
    name: 'LedgerCloud',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [endpoints(hub).http] } },
  });
  const account = privateKeyToAccount(await fundedKey());
  const reader = createPublicClient({ chain, transport: http() });
  const listener = createPublicClient({ chain, transport: webSocket(endpoints(hub).webSocket) });
  const writer = createWalletClient({ account, chain, transport: http() });
  const blocks = [];
  const stopWatching = listener.watchBlocks({ onBlock: (block) => blocks.push(block) });

  const deployed = await reader.waitForTransactionReceipt({ hash: await writer.deployContract(counter) });
  const address = deployed.contractAddress;
  const hash = await writer.writeContract({ address, abi: counter.abi, functionName: 'add', args: [5n] });
  const receipt = await reader.waitForTransactionReceipt({ hash });
  expect(receipt.status).toBe('success');
  expect(await reader.readContract({ address, abi: counter.abi, functionName: 'count' })).toBe(5n);
  // The state before that block is still there.
  const earlier = receipt.blockNumber - 1n;
  expect(await reader.readContract({ address, abi: counter.abi, functionName: 'count', blockNumber: earlier })).toBe(0n);
  const logs = await reader.getContractEvents({ address, abi: counter.abi, fromBlock: 0n });
  expect(logs).toHaveLength(1);

  const proof = await reader.getProof({ address, storageKeys: [`0x${'0'.repeat(64)}`] });
  const head = await reader.getBlock();
  expect(keccak256(proof.accountProof[0])).toBe(head.stateRoot);
  expect(proof.storageProof[0].value).toBe(5n);

  const trace = await rpc(hub, 'debug_traceTransaction', [hash, { tracer: 'callTracer' }]);
  expect(trace).toMatchObject({ type: 'CALL', from: account.address.toLowerCase(), to: address.toLowerCase() });
  expect(await reader.estimateGas({ account, to: address, value: 0n, data: '0x06661abd' })).toBeGreaterThan(21_000n);
  const { accessList } = await reader.request({
    method: 'eth_createAccessList',
    params: [{ from: account.address, to: address, data: '0x06661abd' }, 'latest'],
  });
  expect(accessList[0].storageKeys).toHaveLength(1);
  const sent = await writer.sendTransaction({ to: account.address, value: parseEther('1') });
  await reader.waitForTransactionReceipt({ hash: sent });
  stopWatching();
  expect(blocks.length).toBeGreaterThan(0);
});

test('cast reads, sends and decodes', async () => {
  const cast = join(import.meta.dirname, '..', 'node_modules', '.bin', 'cast');
  const key = await fundedKey();
  const ask = async (command, ...words) =>
    (await run(cast, [command, '--rpc-url', endpoints(hub).http, ...words])).stdout.trim();
  expect(await ask('chain-id')).toBe(String(CHAIN_ID));
  const sent = JSON.parse(await ask('send', '--json', '--private-key', key, '--create', counter.bytecode));
  expect(sent.status).toBe('0x1');
  const added = JSON.parse(
    await ask('send', '--json', '--private-key', key, sent.contractAddress, 'add(uint256)', '9'),
  );
  expect(added.logs).toHaveLength(1);
  expect(await ask('call', sent.contractAddress, 'count()(uint256)')).toBe('9');
  expect(await ask('storage', sent.contractAddress, '0')).toBe(`0x${'9'.padStart(64, '0')}`);
  const block = JSON.parse(await ask('block', '--json', 'latest'));
  expect(BigInt(block.number)).toBeGreaterThanOrEqual(BigInt(added.blockNumber));
  expect(await ask('balance', privateKeyToAccount(key).address)).toMatch(/^\d+$/);
});

test('web3.py reads our blocks with its proof-of-authority middleware', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ledgercloud-web3-'));
  const script = join(folder, 'client.py');
  await writeFile(
    script,
    `import json, sys
from web3 import Web3
from web3.exceptions import ExtraDataLengthError
from web3.middleware import ExtraDataToPOAMiddleware, SignAndSendRawMiddlewareBuilder

url, key, abi, bytecode = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), sys.argv[4]
plain = Web3(Web3.HTTPProvider(url))
try:
    plain.eth.get_block('latest')
    raise SystemExit('a block of a proof of authority was read without the middleware')
except ExtraDataLengthError:
    pass
w3 = Web3(Web3.HTTPProvider(url))
w3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
block = w3.eth.get_block('latest', full_transactions=True)
assert len(block['proofOfAuthorityData']) >= 97, block
account = w3.eth.account.from_key(key)
w3.middleware_onion.inject(SignAndSendRawMiddlewareBuilder.build(account), layer=0)
factory = w3.eth.contract(abi=abi, bytecode=bytecode)
deployed = w3.eth.wait_for_transaction_receipt(factory.constructor().transact({'from': account.address}))
counter = w3.eth.contract(address=deployed.contractAddress, abi=abi)
receipt = w3.eth.wait_for_transaction_receipt(counter.functions.add(3).transact({'from': account.address}))
assert receipt.status == 1
assert counter.functions.count().call() == 3
event = counter.events.Counted().process_receipt(receipt)[0]
assert event.args.count == 3 and event.args.by == account.address
found = counter.events.Counted().get_logs(from_block=0)
assert len(found) == 1
history = w3.eth.fee_history(2, 'latest', [50])
assert len(history['baseFeePerGas']) == 3
proof = w3.eth.get_proof(counter.address, [0])
assert proof.storageProof[0].value[-1] == 3
print('done')
`,
  );
  try {
    const python = join(notebookEnvironment(), 'bin', 'python');
    const words = [script, endpoints(hub).http, await fundedKey(), JSON.stringify(counter.abi), counter.bytecode];
    const { stdout } = await run(python, words);
    expect(stdout.trim()).toBe('done');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('signers are what Clique tools ask for', async () => {
  const signers = await rpc(hub, 'clique_getSigners');
  expect(signers).toHaveLength(1);
  const snapshot = await rpc(hub, 'clique_getSnapshot');
  expect(Object.keys(snapshot.signers)).toEqual(signers);
  // Votes are the operator's to cast.
  const refused = await rpc(hub, 'clique_propose', [signers[0], false]).catch((error) => error);
  expect(refused.message).toMatch(/operator|method/i);
});
