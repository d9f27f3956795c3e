// The node against anvil, by the same load over JSON-RPC: transfers until they are mined with a
// block every second, and single reads with a million logs in the chain. Each node runs alone.
//
//   cargo build --release -p chain --example rpc_load
//   LEDGERCLOUD_BINARY=…/release/ledgercloud LEDGERCLOUD_RPC_LOAD=…/release/examples/rpc_load node bench/chain.mjs

import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { PROJECT, binary } from '../support/environment.mjs';
import { eventually } from '../support/eventually.mjs';
import { freePort } from '../support/hub.mjs';
import { printMachine, report, setting } from './measure.mjs';

const TRANSFERS = setting('TRANSFERS', 40_000);
const LOGS = setting('LOGS', 1_000_000);
const ROUNDS = setting('ROUNDS', 3);
const GAS_LIMIT = 400_000_000;
const CHAIN_ID = 31_337;
const ARCHITECTURE = { x64: 'amd64', arm64: 'arm64' }[process.arch];
/** The first account of every development chain that anvil makes. */
const ANVIL_KEY = 'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';

const load = process.env.LEDGERCLOUD_RPC_LOAD;
if (!load) throw new Error('LEDGERCLOUD_RPC_LOAD: name the example rpc_load of the crate chain, built in release');
printMachine(binary());

const NODES = { ours: startOurs, anvil: startAnvil };
const results = { ours: [], anvil: [] };
for (let round = 0; round < ROUNDS; round += 1) {
  // In turn, so that a noisy minute does not fall on one of them alone.
  for (const [name, start] of Object.entries(NODES)) results[name].push(await measure(name, start));
}
const rows = Object.fromEntries(Object.entries(results).map(([name, all]) => [name, medians(all)]));
const { ours, anvil } = rows;
const ratio = (measure) => anvil[measure] / ours[measure];
report(rows, [
  ['transfers: at least twice as many', ours.transfers_per_second >= 2 * anvil.transfers_per_second],
  ['eth_call: p50 no worse', ratio('eth_call_ms') >= 1],
  ['eth_getBalance: p50 no worse', ratio('eth_getBalance_ms') >= 1],
  ['eth_getLogs: five times as fast', ratio('eth_getLogs_ms') >= 5],
]);

async function measure(name, start) {
  const node = await start();
  try {
    const url = `http://127.0.0.1:${node.port}${node.path}`;
    await eventually(() => answers(url), { what: `${name} answers` });
    const { stdout } = await promisify(execFile)(load, ['compare', url, await node.key(), String(TRANSFERS), String(LOGS)]);
    const resident = await residentMib(node.process.pid);
    const result = { ...JSON.parse(stdout), 'resident MiB': resident };
    console.log(name, JSON.stringify(result));
    return result;
  } finally {
    await node.end();
  }
}

async function answers(url) {
  const body = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}';
  const headers = { 'content-type': 'application/json' };
  return fetch(url, { method: 'POST', headers, body }).then(({ ok }) => ok, () => false);
}

async function startOurs() {
  const folder = await mkdtemp(join(tmpdir(), 'ledgercloud-bench-'));
  const port = await freePort();
  const environment = {
    ...process.env,
    LEDGERCLOUD_LISTEN: `127.0.0.1:${port}`,
    LEDGERCLOUD_DATA_DIR: folder,
    LEDGERCLOUD_CHAIN__PERIOD: '1',
    LEDGERCLOUD_CHAIN__GAS_LIMIT: String(GAS_LIMIT),
    LEDGERCLOUD_CHAIN__CHAIN_ID: String(CHAIN_ID),
  };
  const process_ = spawn(binary(), ['node'], { env: environment, stdio: 'ignore' });
  const key = () => readFile(join(folder, 'secrets', 'treasury_key'), 'utf8').then((text) => text.trim());
  const end = async () => {
    await ended(process_);
    await rm(folder, { recursive: true });
  };
  return { process: process_, port, path: '/rpc', key, end };
}

async function startAnvil() {
  const port = await freePort();
  // The program itself, not npm's script around it.
  const program = join(PROJECT, 'end2end', 'node_modules', '@foundry-rs', `anvil-linux-${ARCHITECTURE}`, 'bin', 'anvil');
  const arguments_ = ['--port', port, '--block-time', 1, '--gas-limit', GAS_LIMIT, '--chain-id', CHAIN_ID, '--balance', 1_000_000_000, '--silent'];
  const process_ = spawn(program, arguments_.map(String), { stdio: 'ignore' });
  return { process: process_, port, path: '/', key: () => ANVIL_KEY, end: () => ended(process_) };
}

async function ended(process_) {
  const gone = new Promise((resolve) => process_.once('exit', resolve));
  process_.kill();
  await gone;
}

async function residentMib(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1_024);
}

function medians(all) {
  const median = (values) => values.sort((left, right) => left - right)[Math.floor(values.length / 2)];
  const names = Object.keys(all[0]);
  return Object.fromEntries(names.map((name) => [name, Number(median(all.map((one) => one[name])).toFixed(3))]));
}
