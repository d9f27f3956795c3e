// What a first visit to the home page transfers, as Chromium counts it on the wire.
//
//   LEDGERCLOUD_BINARY=…/release/ledgercloud LEDGERCLOUD_SITE_ROOT=… node bench/weight.mjs

import { chromium } from '@playwright/test';

import { binary, chromium as chromiumPath } from '../support/environment.mjs';
import { endHub, startHub } from '../support/hub.mjs';
import { printMachine, report } from './measure.mjs';

const BAR_BYTES = 350_000;
const SETTLE_MS = 1_500;

printMachine(binary());
const hub = await startHub();
const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox', '--disable-gpu'] });
try {
  const first = await visit(await browser.newContext());
  const context = await browser.newContext();
  await visit(context);
  const second = await visit(context);
  const total = sum(first);
  const rows = Object.fromEntries(first.map(({ path, bytes, encoding, caching }) => [path, { bytes, encoding, caching }]));
  const compressible = first.filter(({ path }) => /^\/pkg\/.*\.(js|wasm|css)$/.test(path));
  report({ ...rows, 'first visit': { bytes: total }, 'second visit': { bytes: sum(second) } }, [
    [`first visit ≤ ${BAR_BYTES} bytes`, total <= BAR_BYTES],
    ['compiled files are compressed by brotli', compressible.every(({ encoding }) => encoding === 'br')],
    ['compiled files are kept for ever', first.filter(({ path }) => path.startsWith('/pkg/')).every(({ caching }) => caching?.includes('immutable'))],
  ]);
} finally {
  await browser.close();
  await endHub(hub);
}

async function visit(context) {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  const requests = new Map();
  session.on('Network.responseReceived', ({ requestId, response }) => {
    const name = (key) => Object.entries(response.headers).find(([header]) => header.toLowerCase() === key)?.[1];
    requests.set(requestId, { path: new URL(response.url).pathname, bytes: 0, encoding: name('content-encoding'), caching: name('cache-control'), isCached: response.fromDiskCache });
  });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const request = requests.get(requestId);
    if (request) request.bytes = request.isCached ? 0 : encodedDataLength;
  });
  await page.goto(`${hub.origin}/`);
  await page.waitForFunction(() => performance.getEntriesByName('hydrated').length > 0);
  // Late requests (fonts, icons) count too.
  await page.waitForTimeout(SETTLE_MS);
  await page.close();
  return [...requests.values()].filter(({ path }) => !path.startsWith('data'));
}

function sum(requests) {
  return requests.reduce((total, { bytes }) => total + bytes, 0);
}
