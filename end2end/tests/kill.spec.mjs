// The program is killed at random moments while servers start and stop. Afterwards none is lost,
// doubled or orphaned, and what ran goes on running.

import { eventually } from '../support/eventually.mjs';
import { command, crash, endHub, resume, setupPath, startHub } from '../support/hub.mjs';
import { execute, reaches, startKernel, startServer } from '../support/jupyter.mjs';
import { instancesOf } from '../support/processes.mjs';
import { randomness, seedOfRun } from '../support/random.mjs';
import { expect, test } from '../support/test.mjs';
import { commandServer, defaultServer, newPerson, serverOf } from '../support/visitor.mjs';

const CRASHES = 20;
/** A crash comes within this time after a command: a start takes about as long. */
const CRASH_WITHIN_MS = 4_000;
const RESTING = ['stopped', 'failed', 'lost'];

test('kill -9 at random moments during 20 starts and stops', async () => {
  test.setTimeout(900_000);
  const seed = seedOfRun();
  console.log(`seed: LEDGERCLOUD_TEST_SEED=${seed}`);
  const random = randomness(seed);
  const hub = await startHub({ settings: { NOTEBOOKS__FREEZE_AFTER: '0', NOTEBOOKS__TIMEOUT: '0', NOTEBOOKS__START_TIMEOUT: '180' } });
  try {
    const keeper = await ownerOf(hub, await setupPath(hub));
    const others = [await ownerOf(hub), await ownerOf(hub)];
    await startServer(keeper.person, keeper.server);
    keeper.kernel = await startKernel(keeper.person, keeper.server);
    await execute(keeper.person, keeper.server, keeper.kernel, `witness = ${seed}`);
    const [witnessed] = instancesOf(hub.dataFolder);
    const wanted = new Map(others.map(({ server }) => [server.server_id, 'stopped']));

    for (let round = 1; round <= CRASHES; round += 1) {
      for (const { person, server } of others) {
        const next = random() < 0.6 ? 'start' : 'stop';
        const answer = await commandServer(person, server.server_id, next);
        // A refusal (the server is already so) changes nothing of what is wanted.
        if (answer.status === 200) wanted.set(server.server_id, next === 'start' ? 'ready' : 'stopped');
        else expect(answer.status, answer.body).toBe(409);
      }
      const delayMs = Math.floor(random() * CRASH_WITHIN_MS);
      await new Promise((resume) => setTimeout(resume, delayMs));
      const before = await Promise.all(others.map(({ person, server }) => serverOf(person, server.server_id)));
      await crash(hub);
      await resume(hub);
      console.log(`crash ${round} after ${delayMs} ms in ${before.map(({ state }) => state).join(', ')}`);
      expectAtMostOneEach(hub);
      expect(await execute(keeper.person, keeper.server, keeper.kernel, 'print(witness)')).toBe(`${seed}\n`);
    }

    // Everything comes to what was asked for last.
    for (const { person, server } of others) {
      const view = await eventually(
        async () => {
          const now = await serverOf(person, server.server_id);
          const isThere = wanted.get(server.server_id) === 'ready' ? now.state === 'ready' : RESTING.includes(now.state);
          return isThere || now.state === 'failed' ? now : null;
        },
        { what: `server ${server.host_label} to be ${wanted.get(server.server_id)}`, timeoutMs: 240_000 },
      );
      expect(view.state, `seed ${seed}: ${JSON.stringify(view.failure)}`).toBe(wanted.get(server.server_id));
      const { servers } = (await person.call('servers/dashboard')).json();
      expect(servers.map(({ server_id }) => server_id)).toEqual([server.server_id]);
    }

    // Outside and inside agree: one instance for each server that runs, none besides.
    await eventually(
      () => {
        const running = [keeper.server.server_id, ...[...wanted].filter(([, state]) => state === 'ready').map(([id]) => id)];
        const found = instancesOf(hub.dataFolder).map(({ serverId }) => serverId);
        return JSON.stringify(found.sort()) === JSON.stringify(running.sort());
      },
      { what: 'the processes to be those of the servers', timeoutMs: 60_000 },
    );
    const [kept] = instancesOf(hub.dataFolder).filter(({ serverId }) => serverId === keeper.server.server_id);
    expect(kept.generation, 'the notebook that ran was not started again').toBe(witnessed.generation);

    // Every server can still be used: started, entered, computed in, stopped.
    for (const owner of others) {
      if (wanted.get(owner.server.server_id) !== 'ready') await startServer(owner.person, owner.server);
      const kernel = await startKernel(owner.person, owner.server);
      expect(await execute(owner.person, owner.server, kernel, 'print(6 * 7)')).toBe('42\n');
      await commandServer(owner.person, owner.server.server_id, 'stop');
      await reaches(owner.person, owner.server, 'stopped');
    }
    expect(await command(hub, 'audit', 'verify')).toMatchObject({ code: 0 });
  } finally {
    await endHub(hub);
  }
});

test('a frozen notebook is still frozen after a crash, and thaws', async () => {
  test.setTimeout(240_000);
  const hub = await startHub({ settings: { NOTEBOOKS__FREEZE_AFTER: '0', NOTEBOOKS__TIMEOUT: '0' } });
  try {
    const owner = await ownerOf(hub, await setupPath(hub));
    await startServer(owner.person, owner.server);
    const kernel = await startKernel(owner.person, owner.server);
    await execute(owner.person, owner.server, kernel, 'kept = 23');
    await commandServer(owner.person, owner.server.server_id, 'freeze');
    await reaches(owner.person, owner.server, 'frozen');
    await crash(hub);
    await resume(hub);
    expect((await serverOf(owner.person, owner.server.server_id)).state).toBe('frozen');
    expect(await execute(owner.person, owner.server, kernel, 'print(kept)')).toBe('23\n');
    await reaches(owner.person, owner.server, 'ready');
  } finally {
    await endHub(hub);
  }
});

test('a server whose processes were killed behind the program\'s back is noticed and explained', async () => {
  test.setTimeout(240_000);
  const hub = await startHub();
  try {
    const owner = await ownerOf(hub, await setupPath(hub));
    await startServer(owner.person, owner.server);
    for (const { pids } of instancesOf(hub.dataFolder)) for (const pid of pids) killQuietly(pid);
    const view = await eventually(
      async () => {
        const now = await serverOf(owner.person, owner.server.server_id);
        return ['failed', 'lost', 'stopped'].includes(now.state) ? now : null;
      },
      { what: 'the death to be noticed', timeoutMs: 60_000 },
    );
    expect(view.failure?.cause ?? view.cause).toMatch(/\w+ \w+/);
    await startServer(owner.person, owner.server);
  } finally {
    await endHub(hub);
  }
});

async function ownerOf(hub, path) {
  const person = await newPerson(hub, { path });
  return { person, server: await defaultServer(person) };
}

function expectAtMostOneEach(hub) {
  const found = instancesOf(hub.dataFolder).map(({ serverId }) => serverId);
  expect(new Set(found).size, `doubled: ${found}`).toBe(found.length);
}

function killQuietly(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
