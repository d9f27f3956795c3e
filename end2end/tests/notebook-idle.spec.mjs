// The pause ladder on a real server: warned, frozen with its variables, stopped with its files, and
// back each time by simply going on. The times come from server_config.json, edited while the
// program runs.

import { editServerConfig, endHub, logOf, setupPath, startHub } from '../support/hub.mjs';
import { askJupyter, execute, reaches, startKernel, startServer } from '../support/jupyter.mjs';
import { newNotebook, runCell, save, showsLauncher } from '../support/jupyterlab.mjs';
import { DEFAULT_SERVER, card } from '../support/dashboard.mjs';
import { expect, open, test } from '../support/test.mjs';
import { defaultServer, newPerson, serverOf } from '../support/visitor.mjs';

/** Idle seconds until a server freezes, as soon as the test wants it to. */
const FREEZE_AFTER_S = 4;
const PAUSE_TIMEOUT_MS = 90_000;

test.describe.configure({ mode: 'serial' });

test('an open notebook that nobody uses is warned, freezes, thaws at the next cell, stops and comes back', async ({ openPage }) => {
  test.setTimeout(600_000);
  const hub = await startHub({ settings: { NOTEBOOKS__FREEZE_AFTER: '0', NOTEBOOKS__TIMEOUT: '0' } });
  try {
    const person = await newPerson(hub, { path: await setupPath(hub) });
    const server = await startServer(person, await defaultServer(person));
    const dashboard = await openPage(hub, { as: person });
    await open(dashboard, '/dashboard');
    const tile = card(dashboard, DEFAULT_SERVER);
    await expect(tile).toContainText('Running');
    const [lab] = await Promise.all([dashboard.context().waitForEvent('page'), tile.getByRole('link', { name: 'Open' }).click()]);
    await showsLauncher(lab);
    await newNotebook(lab);
    expect(await runCell(lab, 'kept = 41; open("kept.txt", "w").write("still here"); print(kept)')).toBe('41');
    await save(lab);

    // The tab stays open and polls: presence is not interaction.
    await editServerConfig(hub, { FREEZE_TIMEOUT: FREEZE_AFTER_S, NOTEBOOK_TIMEOUT: 3600 });
    await expect(tile).toContainText(/Freezes (in \d+ s|now)/, { timeout: PAUSE_TIMEOUT_MS });
    await expect(tile).toContainText('Keep active to prevent it');
    await expect(tile.locator('.state-frozen')).toBeVisible({ timeout: PAUSE_TIMEOUT_MS });
    await expect(tile).toContainText(/nothing was done/i);

    // The next cell thaws it: the variable is still there.
    expect(await runCell(lab, 'print(kept + 1)')).toBe('42');
    await expect(tile.locator('.state-ready')).toBeVisible();
    await save(lab);

    // The stop comes by the same file; files stay, and the address brings the server back.
    await editServerConfig(hub, { FREEZE_TIMEOUT: FREEZE_AFTER_S, NOTEBOOK_TIMEOUT: FREEZE_AFTER_S + 4 });
    await expect(tile.locator('.state-stopped')).toBeVisible({ timeout: PAUSE_TIMEOUT_MS });
    await expect(tile).toContainText(/nothing was done/i);
    await editServerConfig(hub, { FREEZE_TIMEOUT: 0, NOTEBOOK_TIMEOUT: 0 });
    await lab.goto(`http://${server.host_label}.localhost:${hub.port}/lab/tree/kept.txt`);
    await expect(lab.locator('.jp-FileEditor .cm-content')).toContainText('still here', { timeout: 120_000 });
    expect((await serverOf(person, server.server_id)).state).toBe('ready');
  } finally {
    await endHub(hub);
  }
});

test('a kernel that computes keeps its server awake, and freezing waits for it', async () => {
  test.setTimeout(300_000);
  const hub = await startHub({ settings: { NOTEBOOKS__FREEZE_AFTER: '0', NOTEBOOKS__TIMEOUT: '0' } });
  try {
    const person = await newPerson(hub, { path: await setupPath(hub) });
    const server = await startServer(person, await defaultServer(person));
    const kernel = await startKernel(person, server);
    await editServerConfig(hub, { FREEZE_TIMEOUT: FREEZE_AFTER_S, NOTEBOOK_TIMEOUT: 3600 });
    // Five times the idle time, spent computing and printing nothing.
    const code = `import time\nend = time.monotonic() + ${FREEZE_AFTER_S * 5}\nwhile time.monotonic() < end: sum(range(1000))\nprint("done")`;
    const states = new Set();
    let isOver = false;
    const result = execute(person, server, kernel, code).finally(() => (isOver = true));
    while (!isOver) {
      const view = await serverOf(person, server.server_id);
      if (!isOver) states.add(view.state);
      await new Promise((resume) => setTimeout(resume, 250));
    }
    expect(await result).toBe('done\n');
    expect([...states]).toEqual(['ready']);
    await reaches(person, server, 'frozen', PAUSE_TIMEOUT_MS);
    // Thawed by its own request, with the answer.
    expect((await askJupyter(person, server, { path: `/api/kernels/${kernel}` })).json().id).toBe(kernel);
  } finally {
    await endHub(hub);
  }
});

test('a wrong server_config.json leaves the settings before in force and is named in the log', async () => {
  const hub = await startHub({ settings: { NOTEBOOKS__FREEZE_AFTER: '0', NOTEBOOKS__TIMEOUT: '0' } });
  try {
    const person = await newPerson(hub, { path: await setupPath(hub) });
    const server = await startServer(person, await defaultServer(person));
    await editServerConfig(hub, { NOTEBOOK_TIMEOUT: 'soon', FREEZE_TIMEOUT: FREEZE_AFTER_S });
    await reaches(person, server, 'frozen', PAUSE_TIMEOUT_MS);
    expect(await logOf(hub)).toMatch(/NOTEBOOK_TIMEOUT/);
  } finally {
    await endHub(hub);
  }
});
