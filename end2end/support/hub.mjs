// A real program with a data folder and a port of its own.

import { execFile, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { binary, notebookEnvironment, siteRoot } from './environment.mjs';
import { eventually } from './eventually.mjs';
import { clearHost } from './processes.mjs';
import { ask } from './request.mjs';

/** How long the program may take to answer after its start, and to end after it is asked to. */
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;

/** What tests set unless they say otherwise: they are many people behind one address. */
const SETTINGS_OF_TESTS = {
  LIMITS__READS_PER_SECOND: '0',
  LIMITS__WRITES_PER_MINUTE: '0',
  LIMITS__CHALLENGES_PER_MINUTE: '100000',
  LIMITS__PROOFS_PER_MINUTE: '100000',
  SIGN_IN__START_SERVER: 'false',
  LOG: 'json',
};

/**
 * Starts a program. `settings` are environment variables without their prefix
 * (`NOTEBOOKS__FREEZE_AFTER`), `flags` go after `serve`, `serverConfig` is written before.
 */
export async function startHub({ settings = {}, flags = ['--dev'], serverConfig, environment, program = binary() } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'ledgercloud-end2end-'));
  // Sandboxed users of their own must reach their homes below it.
  await chmod(folder, 0o755);
  const dataFolder = join(folder, 'data');
  await mkdir(dataFolder, { mode: 0o755 });
  const port = await freePort();
  const hub = {
    folder,
    dataFolder,
    port,
    origin: `http://localhost:${port}`,
    logFile: join(folder, 'log'),
    environment: {
      ...cleanEnvironment(),
      ...Object.fromEntries(
        Object.entries({ ...SETTINGS_OF_TESTS, ...settings }).map(([key, value]) => [`LEDGERCLOUD_${key}`, value]),
      ),
      LEDGERCLOUD_SITE_ROOT: siteRoot(),
      LEDGERCLOUD_NOTEBOOK_ENVIRONMENT: environment ?? notebookEnvironment(),
    },
    flags: ['--data-dir', dataFolder, '--listen', `127.0.0.1:${port}`, ...flags],
    program,
    process: null,
  };
  if (serverConfig) await editServerConfig(hub, serverConfig);
  try {
    await resume(hub);
  } catch (error) {
    await endHub(hub);
    throw error;
  }
  return hub;
}

/** Starts the program on the folder that it had before. */
export function resume(hub) {
  return run(hub, (options) => spawn(hub.program, ['serve', ...hub.flags], { cwd: hub.folder, ...options }));
}

/** Runs what `launch` spawns as the hub's program, and waits until it answers. */
export async function run(hub, launch) {
  const log = createWriteStream(hub.logFile, { flags: 'a' });
  await new Promise((opened) => log.once('open', opened));
  const child = launch({ env: hub.environment, stdio: ['ignore', log, log] });
  log.end();
  hub.process = child;
  hub.ended = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
  });
  let end = null;
  hub.ended.then((outcome) => (end = outcome));
  await eventually(
    async () => {
      if (end) return end;
      return (await ask(hub, { path: '/health' })).status === 200;
    },
    { what: `the program to answer; its log: ${hub.logFile}`, timeoutMs: START_TIMEOUT_MS },
  );
  if (end) throw new Error(`the program ended at once (${JSON.stringify(end)}):\n${await logOf(hub)}`);
}

/** Kills the program as a crash would. */
export async function crash(hub) {
  hub.process.kill('SIGKILL');
  await hub.ended;
}

/** Asks the program to end and waits for it. Notebook servers go on running. */
export async function stop(hub) {
  hub.process.kill('SIGTERM');
  const killer = setTimeout(() => hub.process.kill('SIGKILL'), STOP_TIMEOUT_MS);
  const outcome = await hub.ended;
  clearTimeout(killer);
  return outcome;
}

/** Ends everything of the hub and removes its folder. */
export async function endHub(hub) {
  hub.isOver = true;
  if (hub.process) {
    const outcome = await stop(hub);
    if (outcome.signal === 'SIGKILL') throw new Error(`the program did not end when asked to; log: ${hub.logFile}`);
  }
  await clearHost(hub.dataFolder);
  if (process.env.KEEP_DATA) return;
  await rm(hub.folder, { recursive: true, force: true, maxRetries: 5 });
}

/** What the program has written so far. */
export function logOf(hub) {
  return readFile(hub.logFile, 'utf8');
}

/** The one-time link by which the first administrator is made, as the program prints it. */
export async function setupPath(hub) {
  const link = await eventually(async () => /\/setup\/\S+/.exec(await logOf(hub))?.[0], {
    what: 'the set-up link in the log',
  });
  return link;
}

/** Runs another command of the program on the hub's data, while it runs. */
export async function command(hub, ...words) {
  try {
    const { stdout, stderr } = await promisify(execFile)(hub.program, [...words, ...hub.flags], {
      cwd: hub.folder,
      env: hub.environment,
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    if (typeof error.code !== 'number') throw error;
    return { code: error.code, stdout: error.stdout, stderr: error.stderr };
  }
}

/** Writes the file of settings that apply while the program runs. */
export function editServerConfig(hub, values) {
  return writeFile(join(hub.dataFolder, 'server_config.json'), JSON.stringify(values));
}

/** The test runner's own settings must not become the program's. */
export function cleanEnvironment() {
  const kept = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'RUST_BACKTRACE', 'RUST_LOG'];
  return Object.fromEntries(kept.filter((key) => process.env[key]).map((key) => [key, process.env[key]]));
}

/** A port that nobody has at the moment. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
