// Nodes of a chain, each a real `ledgercloud node` on a host of its own.

import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

import { keccak256, parseEther, parseGwei } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { WebSocket } from 'ws';

import { CHAIN_ID, resultOf, rpc } from './chain.mjs';
import { binary } from './environment.mjs';
import { eventually } from './eventually.mjs';
import { cleanEnvironment, logOf, run, stop } from './hub.mjs';
import { addressOf, layNetwork, openGateway, removeNetwork, spawnOn } from './network.mjs';
import { ask } from './request.mjs';

const PORT = 8_545;
/** All in force from the first block. */
const FORKS = [
  'homestead',
  'eip150',
  'eip155',
  'eip158',
  'byzantium',
  'constantinople',
  'petersburg',
  'istanbul',
  'berlin',
  'london',
];
/** Where the money of tests goes. */
const SINK = `0x${'5e'.repeat(20)}`;

/** A network whose hosts are to run nodes. */
export async function layChainNetwork(hosts) {
  return { ...(await layNetwork(hosts)), nodes: [] };
}

/** Asks every node to end, waits for them, and takes the network away. */
export async function endChainNetwork(network) {
  const outcomes = await Promise.all(
    // One that was still being prepared when its test failed has no process.
    network.nodes
      .filter((node) => node.process)
      .map(async (node) => ({ node, outcome: await stop(node), log: await logOf(node) })),
  );
  await removeNetwork(network);
  const bad = outcomes.filter(({ outcome }) => outcome.code !== 0);
  const reports = bad.map(({ node, outcome, log }) => `${node.host} ended with ${JSON.stringify(outcome)}:\n${log}`);
  if (bad.length > 0) throw new Error(reports.join('\n'));
}

/** Keys that seal, in the order of their turns: block `n` is the turn of signer `n % count`. */
export function makeSigners(count) {
  const signers = Array.from({ length: count }, () => {
    const key = generatePrivateKey();
    return { key, address: privateKeyToAccount(key).address.toLowerCase() };
  });
  return signers.sort((left, right) => (left.address < right.address ? -1 : 1));
}

/** Somebody with ether, and with what their nodes have accepted from them. */
export function makeSender() {
  return { account: privateKeyToAccount(generatePrivateKey()), accepted: [] };
}

/** A genesis as geth reads it, with a least time between blocks in seconds; signers in their order. */
export function makeGenesis({ signers, senders, period = 1 }) {
  const listed = signers.map(({ address }) => address.slice(2));
  const alloc = senders.map(({ account }) => [account.address, { balance: `0x${parseEther('100').toString(16)}` }]);
  return {
    config: {
      chainId: CHAIN_ID,
      ...Object.fromEntries(FORKS.map((fork) => [`${fork}Block`, 0])),
      clique: { period, epoch: 30_000 },
    },
    difficulty: '0x1',
    gasLimit: '0x1c9c380',
    // 32 bytes for whoever made it, the signers, and room for a seal (EIP-225).
    extraData: `0x${'00'.repeat(32)}${listed.join('')}${'00'.repeat(65)}`,
    alloc: Object.fromEntries(alloc),
  };
}

/**
 * Starts a node on a host, with all other hosts as its peers. It seals with the key of `signer` if
 * it has one, and follows otherwise. Blocks are made when transactions wait and at no other time;
 * `settings` are environment variables without their prefix, as for `startHub`.
 */
export async function startNode(network, host, { genesis, signer, settings = {} }) {
  const dataFolder = join(network.folder, host);
  await mkdir(join(dataFolder, 'secrets'), { recursive: true, mode: 0o700 });
  if (signer) await writeFile(join(dataFolder, 'secrets', 'signer_key'), signer.key.slice(2), { mode: 0o600 });
  const genesisFile = join(network.folder, `${host}.genesis.json`);
  await writeFile(genesisFile, JSON.stringify(genesis));
  const others = network.hosts.filter((other) => other !== host);
  const chosen = {
    LOG: 'text',
    CHAIN__GENESIS: genesisFile,
    CHAIN__SEAL: String(Boolean(signer)),
    CHAIN__HEARTBEAT: '0',
    CHAIN__PEERS: JSON.stringify(others.map((other) => originOf(network, other))),
    ...settings,
  };
  const node = {
    host,
    origin: originOf(network, host),
    signer,
    dataFolder,
    port: PORT,
    socketPath: await openGateway(network, host, PORT),
    logFile: join(network.folder, `${host}.log`),
    environment: {
      ...cleanEnvironment(),
      NO_COLOR: '1',
      ...Object.fromEntries(Object.entries(chosen).map(([key, value]) => [`LEDGERCLOUD_${key}`, value])),
    },
  };
  const words = [binary(), 'node', '--data-dir', dataFolder, '--listen', `0.0.0.0:${PORT}`];
  network.nodes.push(node);
  await run(node, (options) => spawnOn(network, host, words, options));
  return node;
}

/** What the node says of the peers that it was given, by their origins. */
export async function peersOf(node) {
  const peers = (await ask(node, { path: '/rpc/sync/peers' })).json();
  return new Map(peers.filter(({ direction }) => direction === 'outbound').map((peer) => [peer.endpoint, peer]));
}

/** Waits until each of the nodes has a session with each other one. */
export function connected(nodes) {
  return eventually(
    async () => {
      for (const node of nodes) {
        const peers = await peersOf(node);
        for (const other of nodes) {
          if (other !== node && peers.get(other.origin).state !== 'connected') return false;
        }
      }
      return true;
    },
    { what: `${nodes.map(({ host }) => host).join(', ')} to be connected` },
  );
}

/** Gives a node the sender's next transaction, or another; its hash once the node has accepted it. */
export async function submit(node, sender, nonce = sender.accepted.length) {
  const signed = await sender.account.signTransaction({
    type: 'eip1559',
    chainId: CHAIN_ID,
    nonce,
    to: SINK,
    value: 1n,
    gas: 21_000n,
    maxFeePerGas: parseGwei('100'),
    maxPriorityFeePerGas: parseGwei('1'),
  });
  const hash = await rpc(node, 'eth_sendRawTransaction', [signed]);
  if (hash !== keccak256(signed)) throw new Error(`${hash} is not the hash of ${signed}`);
  sender.accepted.push(hash);
  return hash;
}

/** Waits until a transaction is in the node's pool. */
export function waits(node, hash) {
  return eventually(async () => (await rpc(node, 'eth_getTransactionByHash', [hash]))?.blockHash === null, {
    what: `${hash} to wait at ${node.host}`,
  });
}

/** Waits until a transaction is in a block of the node's chain, and returns that block. */
export async function mined(node, hash) {
  const receipt = await eventually(() => rpc(node, 'eth_getTransactionReceipt', [hash]), {
    what: `${hash} to be mined at ${node.host}`,
  });
  return rpc(node, 'eth_getBlockByHash', [receipt.blockHash, false]);
}

/** A block of the node's chain: the newest, or the one of that number; null if there is none. */
export function blockOf(node, number) {
  const position = number === undefined ? 'latest' : `0x${BigInt(number).toString(16)}`;
  return rpc(node, 'eth_getBlockByNumber', [position, false]);
}

/** Who sealed a block. */
export function sealerOf(node, block) {
  return rpc(node, 'clique_getSigner', [block.hash]);
}

/** Notes from now on when the node tells of a new head: `shown(hash)` in ms of one clock for all. */
export async function watchHeads(node) {
  const socket = new WebSocket(`ws+unix:${node.socketPath}:/rpc`);
  const times = new Map();
  await new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => {
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] }));
    });
    socket.on('message', (data) => {
      const now = performance.now();
      const message = JSON.parse(data);
      if (message.method === 'eth_subscription') times.set(message.params.result.hash, now);
      else if (message.error) reject(new Error(message.error.message));
      else resolve();
    });
  });
  return { shown: (hash) => eventually(() => times.get(hash), { what: `${node.host} to tell of block ${hash}` }) };
}

/** One JSON-RPC call over the socket that is the operator's alone. */
export async function operatorRpc(node, method, params = []) {
  const socket = connect(operatorSocket(node)).setEncoding('utf8');
  socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })}\n`);
  let answer = '';
  // To leave the loop is to close the socket.
  for await (const chunk of socket) {
    answer += chunk;
    if (answer.endsWith('\n')) return resultOf(JSON.parse(answer));
  }
  throw new Error(`${method}: the socket was closed without an answer`);
}

/** Path of that socket. */
export function operatorSocket(node) {
  return join(node.dataFolder, 'chain.ipc');
}

function originOf(network, host) {
  return `http://${addressOf(network, host)}:${PORT}`;
}
