// When a server does not start: phase, cause, log, retry and safe mode, and no end in silence.

import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { DEFAULT_SERVER, card } from '../support/dashboard.mjs';
import { endHub, setupPath, startHub } from '../support/hub.mjs';
import { askJupyter, execute, reaches, startKernel, startServer } from '../support/jupyter.mjs';
import { expect, open, test } from '../support/test.mjs';
import { commandServer, defaultServer, newPerson } from '../support/visitor.mjs';

const FAIL_TIMEOUT_MS = 90_000;

test('an environment that does not work: what failed, why, what it wrote, and what to do', async ({ openPage }) => {
  test.setTimeout(240_000);
  const environment = await brokenEnvironment();
  const hub = await startHub({ environment });
  try {
    const person = await newPerson(hub, { path: await setupPath(hub) });
    const server = await defaultServer(person);
    const page = await openPage(hub, { as: person });

    // Opening it leads to the start page, where the failure is told.
    await open(page, `/start/${server.host_label}`);
    const main = page.getByRole('main');
    await expect(main).toContainText(/In phase “\w+”/, { timeout: FAIL_TIMEOUT_MS });
    await expect(main.getByRole('log', { name: 'Last lines of the log' })).toContainText('no module named jupyterlab 50');
    await expect(main.getByRole('log')).not.toContainText('no module named jupyterlab 0\n');
    const alert = main.getByRole('alert').or(main.locator('.alert')).first();
    await expect(alert).toContainText(/\w+ \w+ \w+/);
    await expect(main.getByRole('button', { name: 'Retry' })).toBeEnabled();
    await expect(main.getByRole('button', { name: 'Safe mode' })).toBeEnabled();

    // It is not started in a loop: reading the page again starts nothing.
    const events = async () => (await person.call('servers/read', { server_id: server.server_id })).json().events.length;
    const before = await events();
    await open(page, `/start/${server.host_label}`);
    await expect(main.getByRole('button', { name: 'Retry' })).toBeVisible();
    expect(await events()).toBe(before);

    // Retrying tries, and tells again.
    await main.getByRole('button', { name: 'Retry' }).click();
    await expect.poll(events, { timeout: FAIL_TIMEOUT_MS }).toBeGreaterThan(before);
    await reaches(person, server, 'failed', FAIL_TIMEOUT_MS);
    await expect(main).toContainText(/In phase “\w+”/);

    // Dashboard and the server's own page say the same.
    await open(page, '/dashboard');
    await expect(card(page, DEFAULT_SERVER)).toContainText(/In phase “\w+”/);
    await open(page, `/servers/${server.server_id}`);
    await expect(page.getByRole('log', { name: /log/i }).first()).toContainText('no module named jupyterlab');
  } finally {
    await endHub(hub);
    await rm(environment, { recursive: true });
  }
});

test('one\'s own configuration that breaks the start: safe mode starts without it', async ({ hub, administrator, openPage }) => {
  test.setTimeout(300_000);
  void administrator;
  const person = await newPerson(hub);
  const server = await startServer(person, await defaultServer(person));
  const kernel = await startKernel(person, server);
  await execute(person, server, kernel, BREAK);
  await commandServer(person, server.server_id, 'stop');
  await reaches(person, server, 'stopped');
  await commandServer(person, server.server_id, 'start');
  const failed = await reaches(person, server, 'failed', FAIL_TIMEOUT_MS);
  expect(failed.failure.cause).toMatch(/\w+ \w+/);
  expect(failed.failure.hint).toMatch(/safe mode/i);

  const page = await openPage(hub, { as: person });
  await open(page, `/servers/${server.server_id}`);
  await expect(page.getByRole('main')).toContainText('exploded by its owner');
  await page.getByRole('button', { name: 'Safe mode' }).click();
  await reaches(person, server, 'ready');
  await expect(page.getByRole('main')).toContainText('Safe mode');
  // In safe mode the files are there, and the cause can be taken away.
  const safe = await startKernel(person, server);
  expect(await execute(person, server, safe, 'import os; os.remove(os.path.expanduser("~/.jupyter/jupyter_server_config.py")); print("mended")')).toBe('mended\n');
  await commandServer(person, server.server_id, 'stop');
  await reaches(person, server, 'stopped');
  await startServer(person, server);
  expect((await askJupyter(person, server, { path: '/api/status' })).status).toBe(200);
});

/** Python that makes the next start fail, as a person's own mistake would. */
const BREAK = `
import os, pathlib
folder = pathlib.Path.home() / ".jupyter"
folder.mkdir(exist_ok=True)
(folder / "jupyter_server_config.py").write_text("import os, sys\\nprint('exploded by its owner', flush=True)\\nos._exit(3)\\n")
`;

/** A folder that looks like an environment, also to the program's own check, until it is used. */
async function brokenEnvironment() {
  const folder = await mkdtemp('/tmp/ledgercloud-broken-');
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'bin'));
  const script = '#!/bin/sh\n[ "$2" = -c ] && echo 4.6.0 && exit 0\ni=0\nwhile [ $i -le 50 ]; do echo "no module named jupyterlab $i"; i=$((i+1)); done\nexit 1\n';
  for (const name of ['python', 'python3', 'jupyter', 'jupyter-lab', 'jupyter-server']) {
    await writeFile(join(folder, 'bin', name), script, { mode: 0o755 });
  }
  await writeFile(join(folder, '.complete'), '');
  return folder;
}
