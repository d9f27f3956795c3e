// Hosts on a switch whose cables can be pulled; each is a network namespace.
//
// One process holds a user, a mount and a network namespace in which everything else is made: no
// root is needed, and when it and the programs on the hosts have ended, nothing is left of them.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const GATEWAY = join(import.meta.dirname, 'gateway.mjs');

/**
 * Run by the holder with the names of the hosts. `/run` is its own, for `ip netns`. A host's cable
 * is named like the host at the switch and `eth0` at the host.
 */
const LAY = `
mount -t tmpfs tmpfs /run
ip link add name switch type bridge
ip link set dev switch up
number=0
for host; do
  number=$((number + 1))
  ip netns add "$host"
  ip link add name "$host" type veth peer name eth0 netns "$host"
  ip link set dev "$host" master switch up
  ip -n "$host" address add "10.77.0.$number/24" dev eth0
  ip -n "$host" link set dev eth0 up
  ip -n "$host" link set dev lo up
done
echo ready
exec cat`;

/** Lays a network with hosts of these names, and a folder for their files. */
export async function layNetwork(hosts) {
  // It goes on until its input ends, which it does at the latest with this process.
  const holder = spawn('unshare', ['--user', '--map-root-user', '--net', '--mount', 'sh', '-euc', LAY, 'sh', ...hosts]);
  await ready(holder, 'the network');
  return { hosts, holder, gateways: [], folder: await mkdtemp(join(tmpdir(), 'ledgercloud-network-')) };
}

/** Takes the network away, with its folder. Programs on its hosts must have ended. */
export async function removeNetwork(network) {
  await Promise.all(network.gateways.map((gateway) => ended(gateway, () => gateway.kill('SIGKILL'))));
  await ended(network.holder, () => network.holder.stdin.end());
  if (process.env.KEEP_DATA) return;
  await rm(network.folder, { recursive: true, force: true });
}

/** The host's address as the other hosts reach it. */
export function addressOf(network, host) {
  return `10.77.0.${network.hosts.indexOf(host) + 1}`;
}

/** Starts a program on a host, in the network's folder. */
export function spawnOn(network, host, words, options) {
  // It is not to outlive the tests, even if these are killed.
  const [program, ...rest] = onHost(network, host, ['setpriv', '--pdeathsig', 'KILL', '--', ...words]);
  return spawn(program, rest, options);
}

/** Opens a way from here to a port of a host's loopback interface: the path of a Unix socket. */
export async function openGateway(network, host, port) {
  const path = join(network.folder, `${host}.${port}.socket`);
  const gateway = spawnOn(network, host, [process.execPath, GATEWAY, path, String(port)]);
  network.gateways.push(gateway);
  await ready(gateway, `the gateway to ${host}`);
  return path;
}

/** Pulls the host's cable out of the switch. Nobody is told, not even its kernel: packets are lost. */
export function unplug(network, host) {
  return run(atSwitch(network, ['ip', 'link', 'set', 'dev', host, 'nomaster']));
}

/** Puts the host's cable back. */
export function plugIn(network, host) {
  return run(atSwitch(network, ['ip', 'link', 'set', 'dev', host, 'master', 'switch']));
}

/** The host's TCP connections on which something was sent that is not acknowledged yet. */
export async function unacknowledged(network, host) {
  const words = ['ss', '--tcp', '--numeric', '--no-header', 'state', 'established'];
  const lines = (await run(onHost(network, host, words))).trim().split('\n');
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, sent]) => Number(sent) > 0)
    .map(([, , local, remote]) => ({ local, remote }));
}

/** Ends connections, and with them what is under way; who is cut off hears nothing of it. */
export async function drop(network, host, connections) {
  for (const { local, remote } of connections) {
    await run(onHost(network, host, ['ss', '--tcp', '--kill', 'src', local, 'dst', remote]));
  }
  const wanted = new Set(connections.map(({ local, remote }) => `${local} ${remote}`));
  const left = (await unacknowledged(network, host)).filter(({ local, remote }) => wanted.has(`${local} ${remote}`));
  if (left.length > 0) throw new Error('connections are still there: has the kernel CONFIG_INET_DIAG_DESTROY?');
}

async function run([program, ...rest]) {
  return (await promisify(execFile)(program, rest)).stdout;
}

/** The command line that runs `words` on a host. */
function onHost(network, host, words) {
  return atSwitch(network, ['nsenter', `--net=/run/netns/${host}`, ...words]);
}

/** The command line that runs `words` where the switch is. */
function atSwitch(network, words) {
  const target = ['--target', String(network.holder.pid), '--user', '--net', '--mount'];
  return ['nsenter', ...target, '--preserve-credentials', `--wd=${network.folder}`, '--', ...words];
}

/** Waits for the first line that a program writes; what it wrote as errors if there is none. */
async function ready(child, what) {
  const errors = [];
  child.stderr.on('data', (chunk) => errors.push(chunk));
  const line = once(createInterface(child.stdout), 'line').then(() => null);
  const end = once(child, 'close').then(([code, signal]) => `it ended with ${code ?? signal}`);
  const problem = await Promise.race([line, end]);
  if (problem) throw new Error(`${what}: ${problem}\n${Buffer.concat(errors)}`);
}

async function ended(child, end) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  end();
  await exit;
}
