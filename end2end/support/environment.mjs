// Where the program under test and its parts are.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = process.env.LEDGERCLOUD_CACHE ?? '/var/cache/ledgercloud';

/** Folder of the whole project. */
export const PROJECT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The program; `LEDGERCLOUD_BINARY` names another build. */
export function binary() {
  const target = process.env.CARGO_TARGET_DIR ?? `${CACHE}/target`;
  return existing(process.env.LEDGERCLOUD_BINARY ?? `${target}/debug/ledgercloud`, 'cargo leptos build --split');
}

/** The compiled site that belongs to the program. */
export function siteRoot() {
  return existing(process.env.LEDGERCLOUD_SITE_ROOT ?? resolve(PROJECT, 'target/site'), 'cargo leptos build --split');
}

/** The Python environment of the notebooks. */
export function notebookEnvironment() {
  const named = process.env.LEDGERCLOUD_NOTEBOOK_ENVIRONMENT;
  if (named) return existing(named, './setup.sh');
  const printed = execFileSync(resolve(PROJECT, 'setup.sh'), ['env'], { encoding: 'utf8' });
  const complete = /LEDGERCLOUD_NOTEBOOK_ENVIRONMENT=(\S+)/.exec(printed)?.[1];
  if (complete && existsSync(complete)) return complete;
  const found = readdirSync(CACHE).find((name) => name.startsWith('notebook-environment'));
  return existing(found ? `${CACHE}/${found}` : complete, './setup.sh');
}

/** Chromium; there is no download of Playwright's own. */
export function chromium() {
  return existing(process.env.CHROMIUM ?? '/usr/bin/chromium', './setup.sh test');
}

function existing(path, remedy) {
  if (path && existsSync(path)) return path;
  throw new Error(`${path} does not exist; run ${remedy} first`);
}
