// What one notebook can do to another, to the hub and to the machine: nothing. Tried from inside,
// by the code that an attacker would run, while somebody else works beside.

import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';

import { endHub, setupPath, startHub } from '../support/hub.mjs';
import { askJupyter, execute, startKernel, startServer } from '../support/jupyter.mjs';
import { processesOf } from '../support/processes.mjs';
import { ask } from '../support/request.mjs';
import { expect, test } from '../support/test.mjs';
import { defaultServer, newPerson, serverOf } from '../support/visitor.mjs';

const LIMITS = { MEMORY_LIMIT: '700M', DISK_LIMIT: '256M', PROCESS_LIMIT: 120 };
const NOTICE = { timeout: 60_000 };

test.describe.configure({ mode: 'serial' });

let hub;
let attacker;
let victim;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  hub = await startHub({ serverConfig: LIMITS, settings: { NOTEBOOKS__FREEZE_AFTER: '0', NOTEBOOKS__TIMEOUT: '0' } });
  const administrator = await newPerson(hub, { path: await setupPath(hub) });
  void administrator;
  [attacker, victim] = [await owner(), await owner()];
  victim.kernel = await startKernel(victim.person, victim.server);
  await run(victim, 'open("secret.txt", "w").write("the victim\'s"); kept = 7');
});

test.afterAll(async () => {
  if (hub) await endHub(hub);
});

test.beforeEach(async () => {
  attacker.kernel = await startKernel(attacker.person, attacker.server);
});

test.afterEach(async () => {
  // Whatever was tried, somebody else's kernel answers, with its variable.
  expect(await run(victim, 'print(kept)')).toBe('7\n');
  expect((await ask(hub, { path: '/health' })).status).toBe(200);
});

async function owner() {
  const person = await newPerson(hub);
  return { person, server: await startServer(person, await defaultServer(person)) };
}

function run({ person, server, kernel }, code) {
  return execute(person, server, kernel, code);
}

async function value(code) {
  return JSON.parse(await run(attacker, `import json\n${code}\nprint(json.dumps(result))`));
}

const notices = async () => (await serverOf(attacker.person, attacker.server.server_id)).notices.map(({ kind }) => kind);

test('neither the hub\'s folder nor another home is in sight', async () => {
  const found = await value(`
import os
result = {}
for path in ${JSON.stringify([hub.folder, hub.dataFolder, `${hub.dataFolder}/ledgercloud.db`, `${hub.dataFolder}/homes`, '/root', '/work', '/run/ledgercloud'])}:
    try:
        result[path] = os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(16).hex()
    except OSError as error:
        result[path] = error.strerror
`);
  for (const [path, answer] of Object.entries(found)) {
    if (path === '/run/ledgercloud') continue;
    if (Array.isArray(answer)) expect(answer, path).toEqual([]);
    else expect(answer, path).toMatch(/No such file|Permission denied/);
  }
  const walked = await value(`
import os
result = []
for folder, _, files in os.walk("/"):
    if folder.startswith(("/proc", "/sys", "/usr", "/dev")): continue
    for name in files:
        if name == "secret.txt" or name.endswith((".db", ".sock", ".ext4")): result.append(os.path.join(folder, name))
`);
  expect(walked.filter((path) => /secret\.txt|\.db$|\.ext4$/.test(path))).toEqual([]);
  expect(walked.filter((path) => path.includes(victim.server.server_id))).toEqual([]);
});

test('no other process can be seen, traced or signalled', async () => {
  const seen = await value(`
import os
def command(pid):
    try: return open(f"/proc/{pid}/cmdline").read()
    except OSError: return ""
pids = [pid for pid in os.listdir("/proc") if pid.isdigit()]
result = {"count": len(pids), "commands": [command(pid) for pid in pids], "environments": []}
for pid in pids:
    try: result["environments"].append(open(f"/proc/{pid}/environ").read())
    except OSError: pass
`);
  expect(seen.count).toBeLessThan(40);
  expect(seen.commands.join()).not.toContain('ledgercloud serve');
  expect(JSON.stringify(seen)).not.toContain(victim.server.server_id);
  expect(JSON.stringify(seen)).not.toContain(hub.dataFolder);
  const [serve] = processesOf(hub.dataFolder).filter(({ command }) => command.includes('serve'));
  const signalled = await value(`
import os, signal
result = []
for pid in (${serve.pid}, ${processesOf(hub.dataFolder).map(({ pid }) => pid).join(', ')}):
    try:
        os.kill(pid, 0)
        result.append([pid, open(f"/proc/{pid}/cmdline").read()])
    except OSError as error:
        result.append([pid, error.strerror])
`);
  for (const [pid, answer] of signalled) expect(answer, String(pid)).not.toMatch(/serve/);
});

test('there is no way to root and no new namespace', async () => {
  const tried = await value(`
import ctypes, os, subprocess
libc = ctypes.CDLL(None, use_errno=True)
def attempt(work):
    try: return str(work())
    except Exception as error: return type(error).__name__
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
result = {
    "uid": os.getuid(),
    "capabilities": int(status["CapEff"], 16) | int(status["CapPrm"], 16),
    "no_new_privileges": status["NoNewPrivs"],
    "user_namespace": libc.unshare(0x10000000),
    "mount_namespace": libc.unshare(0x00020000),
    "chroot": attempt(lambda: os.chroot("/")),
    "setuid": attempt(lambda: os.setuid(0)),
    "mount": libc.mount(b"none", b"/tmp", b"tmpfs", 0, None),
    "write_usr": attempt(lambda: open("/usr/bin/x", "w")),
    "write_environment": attempt(lambda: open(os.path.join(os.path.dirname(os.__file__), "x"), "w")),
}
`);
  expect(tried).toMatchObject({ capabilities: 0, no_new_privileges: '1', user_namespace: -1, mount_namespace: -1, mount: -1 });
  expect(tried.uid).not.toBe(0);
  for (const key of ['chroot', 'setuid', 'write_usr', 'write_environment']) expect(tried[key], key).toMatch(/Error/);
});

test('neither the hub, nor this machine, nor the cloud\'s metadata can be reached', async () => {
  const server = createServer((socket) => socket.end('reached')).listen(0, '0.0.0.0');
  await new Promise((resolve) => server.once('listening', resolve));
  const addresses = Object.values(networkInterfaces()).flat().filter(({ family }) => family === 'IPv4').map(({ address }) => address);
  const targets = [
    ...addresses.flatMap((address) => [[address, hub.port], [address, server.address().port]]),
    ['169.254.169.254', 80],
    ['10.0.2.2', hub.port],
  ];
  const answers = await value(`
import socket
result = {}
for host, port in ${JSON.stringify(targets)}:
    try:
        with socket.create_connection((host, port), timeout=2) as connection: result[f"{host}:{port}"] = "connected"
    except OSError as error:
        result[f"{host}:{port}"] = str(error)
`);
  server.close();
  for (const [target, answer] of Object.entries(answers)) expect(answer, target).not.toBe('connected');
});

test('a fork bomb ends at its own limit, and its owner is told', async () => {
  test.setTimeout(180_000);
  const forked = await run(attacker, `
import os, time
children = []
try:
    while True:
        pid = os.fork()
        if pid == 0:
            time.sleep(600); os._exit(0)
        children.append(pid)
except OSError as error:
    print(len(children), error.strerror)
for pid in children: os.kill(pid, 9)
for pid in children: os.waitpid(pid, 0)
`);
  expect(Number(forked.split(' ')[0])).toBeLessThan(LIMITS.PROCESS_LIMIT);
  expect(forked).toContain('Resource temporarily unavailable');
  await expect.poll(notices, NOTICE).toContain('process_limit');
  expect(await run(attacker, 'print("alive")')).toBe('alive\n');
});

test('a kernel that takes all memory dies alone, and its owner is told', async () => {
  test.setTimeout(180_000);
  const hog = run(attacker, 'hog = []\nwhile True: hog.append(bytearray(b"x") * (32 << 20))').catch((error) => error.message);
  await expect.poll(notices, NOTICE).toContain('out_of_memory');
  void hog;
  expect((await serverOf(attacker.person, attacker.server.server_id)).state, 'the server goes on').toBe('ready');
  expect((await askJupyter(attacker.person, attacker.server, { path: '/api/status' })).status).toBe(200);
  attacker.kernel = await startKernel(attacker.person, attacker.server);
  expect(await run(attacker, 'print(1 + 1)')).toBe('2\n');
});

test('a full disk is one\'s own, and its owner is told', async () => {
  test.setTimeout(180_000);
  const written = await run(attacker, `
import os
total = 0
try:
    with open("big.bin", "wb") as file:
        while True:
            total += file.write(b"\\0" * (1 << 20)); file.flush(); os.fsync(file.fileno())
except OSError as error:
    print(total >> 20, error.strerror)
`);
  expect(written).toMatch(/No space left|quota exceeded|File too large/);
  expect(Number(written.split(' ')[0])).toBeLessThanOrEqual(256);
  await expect.poll(notices, NOTICE).toContain('disk_full');
  expect(await run(victim, 'print(open("mine.txt", "w").write("x" * 1000000))')).toBe('1000000\n');
  expect(await run(attacker, 'import os; os.remove("big.bin"); print("freed")')).toBe('freed\n');
});
