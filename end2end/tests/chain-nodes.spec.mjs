// Three nodes on hosts of their own: what one of them learns the others learn, whatever happens to
// the cables between them.

import { stat } from 'node:fs/promises';

import {
  blockOf,
  connected,
  endChainNetwork,
  layChainNetwork,
  makeGenesis,
  makeSender,
  makeSigners,
  mined,
  operatorRpc,
  operatorSocket,
  peersOf,
  sealerOf,
  startNode,
  submit,
  waits,
  watchHeads,
} from '../support/chain-network.mjs';
import { rpc } from '../support/chain.mjs';
import { eventually } from '../support/eventually.mjs';
import { addressOf, drop, plugIn, unacknowledged, unplug } from '../support/network.mjs';
import { expect, test as base } from '../support/test.mjs';

/** Blocks whose way is measured. */
const MEASURED_BLOCKS = 5;
/** How long a block may take from the node that seals it to all others. */
const PROPAGATION_MAX_MS = 1_000;
/** Heads are compared every ten seconds, after a failure later: a cable that is back is noticed. */
const HEALED_WITHIN_MS = 60_000;

const test = base.extend({
  network: async ({}, use, testInfo) => {
    const network = await layChainNetwork(['amber', 'birch', 'cedar']);
    await use(network);
    if (testInfo.status !== testInfo.expectedStatus) {
      for (const { host, logFile } of network.nodes) await testInfo.attach(`${host}.log`, { path: logFile });
    }
    await endChainNetwork(network);
  },
});

// Each test has a network of its own, and waits more than it works.
test.describe.configure({ mode: 'parallel' });

test('a transaction reaches every pool, and its block every node within a second', async ({ network }) => {
  const signers = makeSigners(2);
  const sender = makeSender();
  const nodes = await startNodes(network, makeGenesis({ signers, senders: [sender] }), signers);
  // It seals nothing: whatever it is given the others must hear of.
  const follower = nodes[2];
  const heads = await Promise.all(nodes.map((node) => watchHeads(node)));
  const spreads = [];
  for (let count = 0; count < MEASURED_BLOCKS; count += 1) {
    const nonce = sender.accepted.length;
    // The gap before it keeps it out of blocks until every pool has been looked into.
    const waiting = await submit(follower, sender, nonce + 1);
    await Promise.all(nodes.map((node) => waits(node, waiting)));
    const block = await mined(follower, await submit(follower, sender, nonce));
    // Who shows it first has sealed it.
    const shown = await Promise.all(heads.map((head) => head.shown(block.hash)));
    spreads.push(Math.max(...shown) - Math.min(...shown));
  }
  await settled(nodes, [sender]);
  // Of several, since the machine may be busy with something else during one of them.
  const median = spreads.sort((left, right) => left - right)[Math.floor(MEASURED_BLOCKS / 2)];
  console.log(`blocks were everywhere after ${spreads.map((ms) => `${Math.round(ms)} ms`).join(', ')}`);
  expect(median).toBeLessThan(PROPAGATION_MAX_MS);
});

test('after a partition the branch of the majority wins, and no transaction is lost', async ({ network }) => {
  const signers = makeSigners(3);
  const [settler, inside, outside] = [makeSender(), makeSender(), makeSender()];
  const genesis = makeGenesis({ signers, senders: [settler, inside, outside] });
  const nodes = await startNodes(network, genesis, signers);
  const [amber, birch, cedar] = nodes;
  // Of three signers each may seal one of two blocks in a row: alone cedar makes one more block, if
  // the last one is not its own, and the two others go on for ever.
  const parting = await advance(nodes, settler, (block, sealer) => sealer !== cedar.signer.address);

  await unplug(network, cedar.host);
  const fork = await mined(cedar, await submit(cedar, outside));
  expect(fork.parentHash).toBe(parting.hash);
  for (const node of [amber, birch, amber]) {
    const hash = await submit(node, inside);
    await Promise.all([mined(amber, hash), mined(birch, hash)]);
    // Accepted, though no block can take it for now.
    await submit(cedar, outside);
  }
  const head = await blockOf(amber);
  const branch = await branchOf(amber, parting, head);
  expect(branch.length).toBeGreaterThanOrEqual(3);
  expect(await blockOf(cedar)).toEqual(fork);
  expect(weightOf(branch)).toBeGreaterThan(weightOf([fork]));

  await plugIn(network, cedar.host);
  await settled(nodes, [settler, inside, outside]);
  for (const node of nodes) expect(await branchOf(node, parting, head)).toEqual(branch);
});

test('after a partition the heavier of two branches of one length wins', async ({ network }) => {
  const signers = makeSigners(3);
  const [settler, inside, outside] = [makeSender(), makeSender(), makeSender()];
  const genesis = makeGenesis({ signers, senders: [settler, inside, outside] });
  const nodes = await startNodes(network, genesis, signers);
  const [amber, birch, cedar] = nodes;
  // The next block is cedar's turn: it weighs 2, and one by another signer 1.
  const isBeforeCedar = ({ number }, sealer) => Number(number) % 3 === 1 && sealer !== cedar.signer.address;
  const parting = await advance(nodes, settler, isBeforeCedar);

  await unplug(network, cedar.host);
  const [heavy, light] = await Promise.all([
    submit(cedar, outside).then((hash) => mined(cedar, hash)),
    submit(amber, inside).then((hash) => mined(amber, hash)),
  ]);
  expect([heavy.parentHash, light.parentHash]).toEqual([parting.hash, parting.hash]);
  expect([heavy.difficulty, light.difficulty]).toEqual(['0x2', '0x1']);

  await plugIn(network, cedar.host);
  await settled(nodes, [settler, inside, outside]);
  for (const node of nodes) expect((await blockOf(node, heavy.number)).hash).toBe(heavy.hash);
});

test('what a follower has accepted is not lost with the connections that carried it', async ({ network }) => {
  const signers = makeSigners(2);
  const [settler, outside] = [makeSender(), makeSender()];
  const nodes = await startNodes(network, makeGenesis({ signers, senders: [settler, outside] }), signers);
  const [amber, birch, cedar] = nodes;
  await advance(nodes, settler, () => true);

  await unplug(network, cedar.host);
  await submit(cedar, outside);
  const carriers = await eventually(
    async () => {
      const found = await unacknowledged(network, cedar.host);
      const isReached = ({ host }) => found.some(({ remote }) => remote.startsWith(`${addressOf(network, host)}:`));
      return [amber, birch].every(isReached) ? found : null;
    },
    { what: 'the transaction to be under way to both signers' },
  );
  // As the kernel itself would half a minute later. Each two nodes have another connection still.
  await drop(network, cedar.host, carriers);

  await plugIn(network, cedar.host);
  await mined(cedar, await submit(amber, settler));
  // They are at one again, and the follower cannot seal what it was given.
  await settled(nodes, [settler, outside]);
});

test('a node that joins late catches up, and follows', async ({ network }) => {
  const signers = makeSigners(2);
  const sender = makeSender();
  const genesis = makeGenesis({ signers, senders: [sender], period: 0 });
  const [amber, birch] = await Promise.all(
    signers.map((signer, index) => startNode(network, network.hosts[index], { genesis, signer })),
  );
  await connected([amber, birch]);
  for (let count = 0; count < 20; count += 1) await mined(amber, await submit(amber, sender));
  const before = await blockOf(amber);

  const cedar = await startNode(network, 'cedar', { genesis });
  await eventually(async () => (await blockOf(cedar, before.number))?.hash === before.hash, {
    what: 'the newcomer to have what was before it',
  });
  await connected([amber, birch, cedar]);
  await submit(cedar, sender);
  await settled([amber, birch, cedar], [sender]);
});

test('signers are voted in and out by operators alone', async ({ network }) => {
  const signers = makeSigners(3);
  const [first, second, third] = signers;
  const genesis = makeGenesis({ signers: [first, second], senders: [] });
  // Votes travel in blocks.
  const settings = { CHAIN__BLOCKS: 'always' };
  const nodes = await startNodes(network, genesis, signers, settings);
  const voters = nodes.slice(0, 2);
  await agreedOnSigners(nodes, [first, second]);

  const refusal = await rpc(nodes[0], 'clique_propose', [third.address, true]).catch((error) => error);
  expect(refusal, 'who is not the operator has no vote').toMatchObject({ code: -32601 });
  expect((await stat(operatorSocket(nodes[0]))).mode & 0o777).toBe(0o600);
  expect(await operatorRpc(nodes[0], 'clique_proposals')).toEqual({});

  for (const voter of voters) await operatorRpc(voter, 'clique_propose', [third.address, true]);
  await agreedOnSigners(nodes, signers);
  await eventually(async () => (await sealerOf(nodes[0], await blockOf(nodes[0]))) === third.address, {
    what: 'a block of the new signer',
  });

  for (const voter of voters) await operatorRpc(voter, 'clique_propose', [third.address, false]);
  await agreedOnSigners(nodes, [first, second]);
  // The chain goes on without the third.
  const { number } = await blockOf(nodes[2]);
  for (const after of [1n, 2n, 3n]) {
    const block = await eventually(() => blockOf(nodes[2], BigInt(number) + after), { what: 'another block' });
    expect(await sealerOf(nodes[2], block)).not.toBe(third.address);
  }
});

test('a node of another chain is named, and nothing is taken from it', async ({ network }) => {
  const [first, second, foreign] = makeSigners(3);
  const [sender, stranger] = [makeSender(), makeSender()];
  const genesis = makeGenesis({ signers: [first, second], senders: [sender, stranger] });
  // The same chain id and the same money: transactions fit either chain, and only the genesis tells.
  const another = makeGenesis({ signers: [foreign], senders: [sender, stranger] });
  const [amber, birch, cedar] = await Promise.all([
    startNode(network, 'amber', { genesis, signer: first }),
    startNode(network, 'birch', { genesis, signer: second }),
    startNode(network, 'cedar', { genesis: another, signer: foreign }),
  ]);
  await connected([amber, birch]);
  for (const [node, other] of [[amber, cedar], [birch, cedar], [cedar, amber], [cedar, birch]]) {
    const ours = (await blockOf(node, 0)).hash;
    const theirs = (await blockOf(other, 0)).hash;
    const peer = await eventually(
      async () => {
        const known = (await peersOf(node)).get(other.origin);
        return known.state === 'incompatible' ? known : null;
      },
      { what: `${node.host} to name ${other.host} as incompatible` },
    );
    expect(peer.last_error).toContain(ours);
    expect(peer.last_error).toContain(theirs);
  }

  // The other chain becomes the heavier one, and then ours goes on.
  let alien;
  for (let count = 0; count < 3; count += 1) alien = await mined(cedar, await submit(cedar, stranger));
  await submit(amber, sender);
  const head = await settled([amber, birch], [sender]);
  expect(BigInt(alien.number)).toBeGreaterThan(BigInt(head.number));
  for (const node of [amber, birch]) {
    expect(await rpc(node, 'net_peerCount')).toBe('0x1');
    expect(await rpc(node, 'eth_getBlockByHash', [alien.hash, false])).toBeNull();
    for (const hash of stranger.accepted) expect(await rpc(node, 'eth_getTransactionByHash', [hash])).toBeNull();
  }
  expect(await rpc(cedar, 'net_peerCount')).toBe('0x0');
  expect(await rpc(cedar, 'eth_getTransactionByHash', [sender.accepted[0]])).toBeNull();
});

/** One node on each host, with a key each as far as there are some; all are connected then. */
async function startNodes(network, genesis, signers, settings) {
  const nodes = await Promise.all(
    network.hosts.map((host, index) => startNode(network, host, { genesis, signer: signers[index], settings })),
  );
  await connected(nodes);
  return nodes;
}

/** Makes blocks that all nodes have until one is as wanted; returns it. Nothing waits then. */
async function advance(nodes, sender, isWanted) {
  for (;;) {
    await submit(nodes[0], sender);
    const block = await settled(nodes, [sender]);
    if (isWanted(block, await sealerOf(nodes[0], block))) return block;
  }
}

/**
 * Waits until the nodes agree on a head after which nothing waits anywhere, and checks that every
 * transaction that was accepted from the senders is in the same block at every node.
 */
async function settled(nodes, senders) {
  const head = await eventually(
    async () => {
      for (const node of nodes) {
        expect(await rpc(node, 'txpool_status')).toEqual({ pending: '0x0', queued: '0x0' });
        for (const { account, accepted } of senders) {
          const nonce = await rpc(node, 'eth_getTransactionCount', [account.address, 'latest']);
          expect(Number(nonce)).toBe(accepted.length);
        }
      }
      const heads = await Promise.all(nodes.map((node) => blockOf(node)));
      const hashes = heads.map(({ hash }) => hash);
      expect(hashes).toEqual(hashes.map(() => hashes[0]));
      return heads[0];
    },
    { what: 'the nodes to agree and nothing to wait', timeoutMs: HEALED_WITHIN_MS },
  );
  for (const hash of senders.flatMap(({ accepted }) => accepted)) {
    const receipts = await Promise.all(nodes.map((node) => rpc(node, 'eth_getTransactionReceipt', [hash])));
    const places = receipts.map((receipt) => receipt?.blockHash);
    expect(places).toEqual(places.map(() => expect.stringMatching(/^0x/)));
    expect(new Set(places).size).toBe(1);
  }
  return head;
}

/** The node's blocks after `parting` up to the height of `head`. */
async function branchOf(node, parting, head) {
  const blocks = [];
  for (let number = BigInt(parting.number) + 1n; number <= BigInt(head.number); number += 1n) {
    blocks.push(await blockOf(node, number));
  }
  return blocks;
}

/** What blocks add to the total difficulty, by which branches are chosen. */
function weightOf(blocks) {
  return blocks.reduce((sum, { difficulty }) => sum + BigInt(difficulty), 0n);
}

async function agreedOnSigners(nodes, signers) {
  const addresses = signers.map(({ address }) => address);
  await eventually(
    async () => {
      for (const node of nodes) expect(await rpc(node, 'clique_getSigners')).toEqual(addresses);
      return true;
    },
    { what: `the signers to be ${addresses.join(', ')}` },
  );
}
