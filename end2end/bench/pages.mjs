// How fast pages are made on the server: the dashboard of somebody with three servers, and the home
// page, by wrk over eight kept connections.
//
//   LEDGERCLOUD_BINARY=…/release/ledgercloud LEDGERCLOUD_SITE_ROOT=… node bench/pages.mjs

import { execFileSync } from 'node:child_process';

import { binary } from '../support/environment.mjs';
import { endHub, setupPath, startHub } from '../support/hub.mjs';
import { commandServer, newPerson } from '../support/visitor.mjs';
import { printMachine, report, setting } from './measure.mjs';

const CONNECTIONS = setting('CONNECTIONS', 4);
const SECONDS = setting('SECONDS', 10);
const P50_BAR_MS = 5;
const RATE_BAR = 1_000;

printMachine(binary());
const hub = await startHub({ settings: { LOG: 'json' } });
try {
  const person = await newPerson(hub, { path: await setupPath(hub) });
  for (const name of ['bridge-flows', 'gas-study']) {
    const created = (await person.call('servers/create', { name, profile: 'small' })).json();
    await commandServer(person, created.server_id, 'stop');
  }
  const cookie = person.browserCookies().map(({ name, value }) => `${name}=${value}`).join('; ');
  const dashboard = load('/dashboard', ['-H', `Cookie: ${cookie}`]);
  const home = load('/', []);
  report({ dashboard, 'home page': home }, [
    [`dashboard p50 ≤ ${P50_BAR_MS} ms`, dashboard['p50 ms'] <= P50_BAR_MS],
    [`dashboard ≥ ${RATE_BAR} pages/s`, dashboard['pages/s'] >= RATE_BAR],
  ]);
} finally {
  await endHub(hub);
}

function load(path, headers) {
  const wrk = (seconds) =>
    execFileSync('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--latency', '-H', `Host: localhost:${hub.port}`, ...headers, `http://127.0.0.1:${hub.port}${path}`], { encoding: 'utf8' });
  wrk(2);
  const text = wrk(SECONDS);
  if (/Non-2xx/.test(text)) throw new Error(text);
  return {
    'pages/s': Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]),
    'p50 ms': milliseconds(/50%\s+(\S+)/.exec(text)[1]),
    'p99 ms': milliseconds(/99%\s+(\S+)/.exec(text)[1]),
  };
}

function milliseconds(text) {
  const [, amount, unit] = /([\d.]+)(us|ms|s)/.exec(text);
  return Number(amount) * { us: 0.001, ms: 1, s: 1_000 }[unit];
}
