// From sign-in to a usable JupyterLab, cold and from the warm pool, and from the thaw of a frozen
// server to its first answer.
//
//   LEDGERCLOUD_BINARY=…/release/ledgercloud LEDGERCLOUD_SITE_ROOT=… node bench/start.mjs
//
// A start ends when the server answers `/lab` and its kernels' list to the person who signed in;
// the column "in Chromium" ends when JupyterLab's launcher is on the screen.

import { chromium } from '@playwright/test';

import { binary, chromium as chromiumPath } from '../support/environment.mjs';
import { eventually } from '../support/eventually.mjs';
import { endHub, setupPath, startHub } from '../support/hub.mjs';
import { askJupyter, reaches } from '../support/jupyter.mjs';
import { showsLauncher } from '../support/jupyterlab.mjs';
import { instancesOf } from '../support/processes.mjs';
import { commandServer, defaultServer, enter, newPerson, newVisitor, newWallet, signInWith } from '../support/visitor.mjs';
import { percentile, printMachine, report, setting, timed, times } from './measure.mjs';

const RUNS = setting('RUNS', 8);
const THAWS = setting('THAWS', 30);
const WARM_POOL = 2;
const COLD_BAR_MS = 6_000;
const WARM_BAR_MS = 1_000;
const THAW_BAR_MS = 100;

printMachine(binary());
const cold = await starts({});
const warm = await starts({ NOTEBOOKS__WARM_POOL: String(WARM_POOL) });
const thaw = await thaws();
report(
  {
    'sign-in to JupyterLab, cold': times(cold.answers),
    'the same, in Chromium': times(cold.pages),
    'sign-in to JupyterLab, warm pool': times(warm.answers),
    'the same, in Chromium (warm)': times(warm.pages),
    'thaw to first answer': times(thaw),
  },
  [
    [`cold p50 ≤ ${COLD_BAR_MS} ms`, percentile(cold.answers, 0.5) <= COLD_BAR_MS],
    [`warm p50 ≤ ${WARM_BAR_MS} ms`, percentile(warm.answers, 0.5) <= WARM_BAR_MS],
    [`thaw p95 ≤ ${THAW_BAR_MS} ms`, percentile(thaw, 0.95) <= THAW_BAR_MS],
  ],
);

async function starts(settings) {
  const hub = await startHub({ settings: { SIGN_IN__START_SERVER: 'true', ...settings } });
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox', '--disable-gpu'] });
  const answers = [];
  const pages = [];
  try {
    await newPerson(hub, { path: await setupPath(hub) });
    for (let run = 0; run < RUNS; run += 1) {
      if (settings.NOTEBOOKS__WARM_POOL) await poolIsFull(hub);
      const person = newVisitor(hub);
      const wallet = newWallet();
      const context = await browser.newContext();
      const started = performance.now();
      await signInWith(person, wallet);
      const server = await reaches(person, await defaultServer(person), 'ready');
      await enter(person, server);
      const page = await person.send({ path: '/lab', label: server.host_label, headers: { accept: 'text/html' } });
      const kernels = await askJupyter(person, server, { path: '/api/kernels' });
      if (page.status !== 200 || kernels.status !== 200) throw new Error(`answers ${page.status}, ${kernels.status}`);
      answers.push(performance.now() - started);
      await context.addCookies(person.browserCookies());
      const tab = await context.newPage();
      await tab.goto(`${hub.origin}/open/${server.server_id}?path=/lab`);
      await showsLauncher(tab);
      pages.push(performance.now() - started);
      await context.close();
      await commandServer(person, server.server_id, 'stop');
      await reaches(person, server, 'stopped');
    }
  } finally {
    await browser.close();
    await endHub(hub);
  }
  return { answers, pages };
}

/** Every spare server of the pool has been loaded: nothing has started for a moment. */
async function poolIsFull(hub) {
  let quietSince = performance.now();
  let before = '';
  await eventually(
    () => {
      const now = JSON.stringify(instancesOf(hub.dataFolder).map(({ serverId, pids }) => [serverId, pids.length]));
      if (now !== before) quietSince = performance.now();
      before = now;
      return instancesOf(hub.dataFolder).length >= WARM_POOL && performance.now() - quietSince > 3_000;
    },
    { what: 'the warm pool to be full', timeoutMs: 120_000 },
  );
}

async function thaws() {
  const hub = await startHub({ settings: { NOTEBOOKS__FREEZE_AFTER: '0', NOTEBOOKS__TIMEOUT: '0' } });
  try {
    const person = await newPerson(hub, { path: await setupPath(hub) });
    const server = await defaultServer(person);
    await commandServer(person, server.server_id, 'start');
    await reaches(person, server, 'ready');
    await enter(person, server);
    const samples = [];
    for (let run = 0; run < THAWS; run += 1) {
      await commandServer(person, server.server_id, 'freeze');
      await reaches(person, server, 'frozen');
      samples.push(await timed(async () => {
        const answer = await askJupyter(person, server, { path: '/api/status' });
        if (answer.status !== 200) throw new Error(`a thawed server answered ${answer.status}`);
      }));
    }
    return samples;
  } finally {
    await endHub(hub);
  }
}
