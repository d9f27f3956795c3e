// What belongs to one data folder on the host: processes, mounts and control groups.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, realpathSync, rmSync, rmdirSync } from 'node:fs';

import { eventually } from './eventually.mjs';

/** Every process of a notebook server carries `<engine>/<server>/<generation>` under this name. */
const INSTANCE_VARIABLE = 'LEDGERCLOUD_INSTANCE';
const RUN_FOLDER = '/run/ledgercloud';

/** The engine's name on the host follows from its data folder. */
export function engineName(dataFolder) {
  return createHash('sha256').update(realpathSync(dataFolder)).digest('hex').slice(0, 8);
}

/**
 * What runs now, seen from outside the program.
 * @returns {{ serverId: string, generation: number, pids: number[] }[]} one for each instance
 */
export function instancesOf(dataFolder) {
  const engine = engineName(dataFolder);
  const instances = new Map();
  for (const { pid, environment } of processes()) {
    const [owner, serverId, generation] = (environment.get(INSTANCE_VARIABLE) ?? '').split('/');
    if (owner !== engine) continue;
    const key = `${serverId}/${generation}`;
    const instance = instances.get(key) ?? { serverId, generation: Number(generation), pids: [] };
    instance.pids.push(pid);
    instances.set(key, instance);
  }
  return [...instances.values()];
}

/** Processes that name the folder on their command line: the program itself and its supervisors. */
export function processesOf(dataFolder) {
  return processes().filter(({ command }) => command.includes(dataFolder));
}

/** Ends everything that runs and takes away what it leaves on the host. */
export async function clearHost(dataFolder) {
  const engine = engineName(dataFolder);
  await eventually(
    () => {
      const left = processes().filter(({ command, environment }) =>
        (environment.get(INSTANCE_VARIABLE) ?? '').startsWith(`${engine}/`) || command.includes(dataFolder));
      for (const { pid } of left) end(pid);
      return left.length === 0;
    },
    { what: `the processes of ${dataFolder} to end`, timeoutMs: 20_000 },
  );
  unmountBelow(`${RUN_FOLDER}/${engine}`);
  unmountBelow(dataFolder);
  rmSync(`${RUN_FOLDER}/${engine}`, { recursive: true, force: true });
  removeControlGroups(engine);
}

function processes() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({
      pid: Number(name),
      command: read(`/proc/${name}/cmdline`).join(' '),
      environment: new Map(read(`/proc/${name}/environ`).map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)])),
    }));
}

/** Nothing for a process that is gone, is another user's, or is the kernel's own. */
function read(file) {
  try {
    return readFileSync(file, 'utf8').split('\0').filter(Boolean);
  } catch {
    return [];
  }
}

function end(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function unmountBelow(folder) {
  const mounted = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1])
    .filter((path) => path === folder || path?.startsWith(`${folder}/`));
  for (const path of mounted.reverse()) execFileSync('umount', ['--lazy', path]);
}

function removeControlGroups(engine) {
  const root = '/sys/fs/cgroup';
  for (const controller of ['', ...listed(root)]) {
    for (const name of listed(`${root}/${controller}`)) {
      if (name.includes(engine)) removeTree(`${root}/${controller}/${name}`);
    }
  }
}

function listed(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}

/** A control group goes when it is empty; one that is not is the program's to explain. */
function removeTree(folder) {
  for (const name of listed(folder)) removeTree(`${folder}/${name}`);
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!['EBUSY', 'ENOENT', 'EPERM', 'EACCES', 'EROFS'].includes(error.code)) throw error;
  }
}
