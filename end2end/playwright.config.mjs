import { defineConfig } from '@playwright/test';

import { chromium } from './support/environment.mjs';

/** Each project proves one side of the product: `npx playwright test --project=notebook`. */
const PROJECTS = {
  'sign-in': ['sign-in', 'sign-in-states', 'built-in-wallet', 'invitation'],
  notebook: ['notebook', 'notebook-idle', 'notebook-access', 'notebook-failure', 'notebook-isolation'],
  site: ['dashboard', 'administration', 'bulk', 'account'],
  appearance: ['appearance', 'components', 'no-javascript'],
  security: ['shell', 'redirects', 'hostile-input', 'routes'],
  chain: ['chain-clients', 'api-document'],
  nodes: ['chain-nodes'],
  explorer: [
    'explorer-facts',
    'explorer-appearance',
    'explorer-live',
    'explorer-paging',
    'explorer-search',
    'explorer-broadcast',
    'explorer-wallet',
  ],
  crash: ['kill'],
};

export default defineConfig({
  testDir: 'tests',
  outputDir: 'results',
  projects: Object.entries(PROJECTS).map(([name, files]) => ({
    name,
    testMatch: files.map((file) => `${file}.spec.mjs`),
  })),
  // A worker has a program of its own, with real notebook servers: two fill two cores.
  workers: Number(process.env.LEDGERCLOUD_TEST_WORKERS ?? 2),
  retries: 0,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [['list']],
  use: {
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: chromium(),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
