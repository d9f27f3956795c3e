// The explorer while 2,000 transfers a second come to one address: how far its index is behind the
// tip, and how long the address's first page takes, during and after.
//
//   cargo build --release -p chain --example rpc_load
//   LEDGERCLOUD_BINARY=…/release/ledgercloud LEDGERCLOUD_SITE_ROOT=… \
//     LEDGERCLOUD_RPC_LOAD=…/release/examples/rpc_load node bench/explorer.mjs

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

import { endpoints, rpc, treasuryKey } from '../support/chain.mjs';
import { binary } from '../support/environment.mjs';
import { endHub, startHub } from '../support/hub.mjs';
import { percentile, printMachine, report, setting, timed, times } from './measure.mjs';

const RATE = setting('RATE', 2_000);
const TRANSFERS = setting('TRANSFERS', 120_000);
const PAGES = setting('PAGES', 200);
const SAMPLE_MS = 250;
const BUSIEST = `0x${'bb'.repeat(20)}`;

const load = process.env.LEDGERCLOUD_RPC_LOAD;
if (!load) throw new Error('LEDGERCLOUD_RPC_LOAD: name the example rpc_load of the crate chain, built in release');
printMachine(binary());
const hub = await startHub({ settings: { CHAIN__GAS_LIMIT: '400000000' } });
try {
  const key = (await treasuryKey(hub)).slice(2);
  let isPouring = true;
  const pouring = promisify(execFile)(load, ['pour', endpoints(hub).http, key, String(TRANSFERS), String(RATE), BUSIEST]);
  pouring.finally(() => {
    isPouring = false;
  });
  const [lags, during] = [[], []];
  while (isPouring) {
    lags.push(await lag());
    during.push(await timed(firstPage));
    await new Promise((resume) => setTimeout(resume, SAMPLE_MS));
  }
  const { transfers_per_second: rate } = JSON.parse((await pouring).stdout);
  while ((await lag()) > 0) await new Promise((resume) => setTimeout(resume, SAMPLE_MS));
  const after = [];
  for (let page = 0; page < PAGES; page += 1) after.push(await timed(firstPage));
  console.log(`${TRANSFERS} transfers, ${Math.round(rate)} a second; resident ${await residentMib(hub)} MiB`);
  report({ 'page, during': times(during), 'page, after': times(after), 'lag, blocks': { n: lags.length, p50: percentile(lags, 0.5), p95: percentile(lags, 0.95), max: Math.max(...lags) } }, [
    [`at least ${RATE} transfers a second`, rate >= RATE * 0.95],
    ['the index is at most a block behind (p95)', percentile(lags, 0.95) <= 1],
    ['first page p50 ≤ 20 ms', percentile(after, 0.5) <= 20],
  ]);
} finally {
  await endHub(hub);
}

async function firstPage() {
  const answer = await fetch(`${hub.origin}/explorer/address/${BUSIEST}`);
  if (!answer.ok) throw new Error(`the address's page: ${answer.status}`);
  await answer.text();
}

/** Blocks that the node has and the index has not. */
async function lag() {
  const tip = Number(await rpc(hub, 'eth_blockNumber'));
  const stream = await fetch(`${hub.origin}/explorer/events`);
  let text = '';
  for await (const chunk of stream.body) {
    text += Buffer.from(chunk).toString('utf8');
    const [, json] = /^data: (.*)$/m.exec(text) ?? [];
    if (!json || !text.includes('\n\n')) continue;
    // Leaving the loop ends the stream.
    return Math.max(0, tip - (JSON.parse(json).indexed ?? -1));
  }
  throw new Error('the stream ended');
}

async function residentMib({ process: { pid } }) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1_024);
}
