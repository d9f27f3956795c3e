// Real life on the chain of a program: every kind of transaction that the explorer has a page for.
//
// Blocks are made on demand (`evm_mine`), so that a test decides what is mined and what waits.

import { encodeDeployData, encodeFunctionData, getContractAddress, parseEther, parseGwei } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { CHAIN_ID, rpc, treasuryKey } from './chain.mjs';
import { COMPILER, STANDARD_JSON, compileHarbour } from './chain-contracts.mjs';
import { eventually } from './eventually.mjs';
import { newWallet } from './visitor.mjs';

/** What a program needs for such a chain. */
export const LIFE_SETTINGS = {
  CHAIN__BLOCKS: 'on_demand',
  CHAIN__PERIOD: '1',
  CHAIN__COMPILER: JSON.stringify(COMPILER),
};

/** Rows of a list's page. */
export const ROWS_PER_PAGE = 25;
/** Transfers that give one address more than two pages of history, in one block. */
const MANY_TRANSFERS = 2 * ROWS_PER_PAGE + 8;
/** Smallest units of the ERC-20: a million coins with six decimals. */
const SUPPLY = 1_000_000_000_000n;

const FEES = { maxFeePerGas: parseGwei('20'), maxPriorityFeePerGas: parseGwei('2') };

/**
 * Fills the chain of the hub and waits until the explorer has everything. `curator` is signed in
 * and proves the source of one contract.
 */
export async function fillChain(hub, curator) {
  const contracts = compileHarbour();
  const people = await actors(hub);
  const send = sender(hub);
  const life = { hub, contracts, people, sent: {}, addresses: {}, curator, send, mine: (blocks = 1) => mine(hub, blocks) };

  const funded = [people.alice, people.bob, people.carol];
  for (const person of funded) await send(people.treasury, { to: person.address, value: parseEther('100') });
  await life.mine();

  life.sent.legacy = await send(people.alice, { to: people.bob.address, value: parseEther('1.25'), type: 'legacy', gasPrice: parseGwei('30') });
  life.sent.accessList = await send(people.alice, {
    to: people.bob.address,
    value: 1n,
    gas: 60_000n,
    accessList: [{ address: people.carol.address, storageKeys: [`0x${'00'.repeat(31)}07`] }],
  });
  for (const [name, args] of [['HarbourCoin', [SUPPLY]], ['LighthousePictures'], ['CargoItems'], ['HarbourOffice'], ['Shipyard']]) {
    const { nonce } = people.alice;
    life.sent[`create${name}`] = await send(people.alice, { data: encodeDeployData({ ...contracts[name], args }), gas: 3_000_000n });
    life.addresses[name] = getContractAddress({ from: people.alice.address, nonce: BigInt(nonce) });
  }
  await life.mine();

  await useContracts(life);
  await life.mine();

  for (let place = 0; place < MANY_TRANSFERS; place += 1) {
    await send(people.carol, { to: people.bob.address, value: BigInt(place + 1) });
  }
  await life.mine();
  // More blocks than two pages.
  await life.mine(2 * ROWS_PER_PAGE);
  // It waits as long as the chain lives: nobody sends what would have to come before it.
  life.sent.queued = await send(people.carol, { to: people.bob.address, value: 6n, skipped: 1_000 });

  await indexed(hub);
  await proveOffice(life);
  return life;
}

/** Calls a function of one of the contracts. */
export function callOf(life, contract, functionName, args = []) {
  return { to: life.addresses[contract], data: encodeFunctionData({ abi: life.contracts[contract].abi, functionName, args }), gas: 400_000n };
}

/** Waits until the explorer has every block, call, balance and token name that the node has. */
export async function indexed(hub) {
  await eventually(
    async () => {
      const tip = Number(await rpc(hub, 'eth_blockNumber'));
      const status = await indexStatus(hub);
      return status.indexed >= tip && status.sections.every(({ freshness }) => freshness.state === 'current');
    },
    { what: 'the explorer to have the whole chain' },
  );
}

/** How far the explorer is. */
export async function indexStatus(hub) {
  const answer = await fetch(`http://127.0.0.1:${hub.port}/api/explorer/status`, {
    method: 'POST',
    headers: { host: `localhost:${hub.port}`, origin: hub.origin, accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
  });
  return answer.json();
}

async function mine(hub, blocks) {
  await rpc(hub, 'evm_mine', [{ blocks }]);
}

async function actors(hub) {
  const treasury = privateKeyToAccount(await treasuryKey(hub));
  const nonce = Number(await rpc(hub, 'eth_getTransactionCount', [treasury.address, 'latest']));
  return {
    treasury: { ...treasury, nonce },
    alice: { ...newWallet(), nonce: 0 },
    bob: { ...newWallet(), nonce: 0 },
    carol: { ...newWallet(), nonce: 0 },
  };
}

/** Signs and sends; `skipped` nonces leave a gap that keeps the transaction waiting. */
function sender(hub) {
  return async (person, { skipped = 0, ...transaction }) => {
    const nonce = person.nonce + skipped;
    const fees = transaction.type === 'legacy' ? {} : FEES;
    const raw = await person.signTransaction({ chainId: CHAIN_ID, gas: 21_000n, ...fees, ...transaction, nonce });
    const hash = await rpc(hub, 'eth_sendRawTransaction', [raw]);
    if (skipped === 0) person.nonce += 1;
    return hash;
  };
}

async function useContracts(life) {
  const { people: { alice, bob }, send, sent } = life;
  sent.coinTransfer = await send(alice, callOf(life, 'HarbourCoin', 'transfer', [bob.address, 1_234_567n]));
  sent.secondCoinTransfer = await send(bob, callOf(life, 'HarbourCoin', 'transfer', [life.people.carol.address, 34_567n]));
  sent.mintPicture = await send(alice, callOf(life, 'LighthousePictures', 'mint', [bob.address, 7n]));
  sent.mintItems = await send(alice, callOf(life, 'CargoItems', 'mint', [bob.address, [3n, 4n], [50n, 1n]]));
  sent.note = await send(alice, callOf(life, 'HarbourOffice', 'note', ['Tide at nine', { number: 12n, ship: bob.address }, true, '0xc0ffee']));
  sent.payOn = await send(alice, { ...callOf(life, 'HarbourOffice', 'payOn', [bob.address]), value: parseEther('0.5') });
  sent.launch = await send(alice, callOf(life, 'Shipyard', 'launch'));
  sent.refused = await send(alice, callOf(life, 'HarbourCoin', 'transfer', [bob.address, 2n * SUPPLY]));
  sent.berthTaken = await send(alice, callOf(life, 'HarbourOffice', 'take', [12n]));
  sent.closed = await send(alice, callOf(life, 'HarbourOffice', 'close'));
}

async function proveOffice({ curator, addresses }) {
  const answer = await curator.call('explorer/verify', {
    address: addresses.HarbourOffice,
    standard_json: JSON.stringify(STANDARD_JSON),
    contract: '',
    compiler: '',
  });
  if (answer.status !== 200) throw new Error(`explorer/verify answered ${answer.status}: ${answer.body}`);
}
