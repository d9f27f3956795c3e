// The routes as the program's source declares them, so that none can be left out of the table.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { PROJECT } from '../../support/environment.mjs';

/** Endpoints of all server functions. */
export function serverFunctions() {
  const folder = join(PROJECT, 'app/src');
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.rs'))
    .flatMap((name) => matches(join(folder, name), /#\[server\([^\]]*endpoint\s*=\s*"([^"]+)"/g));
}

/** How many server functions there are, named endpoint or not. */
export function serverFunctionCount() {
  const folder = join(PROJECT, 'app/src');
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.rs'))
    .flatMap((name) => matches(join(folder, name), /^(#\[server)\b/gm)).length;
}

/** Routes outside the pages. */
export function routes() {
  const file = join(PROJECT, 'server/src/router.rs');
  const [list] = matches(file, /STATIC_FILES: \[[^\]]+\] =\s*\[([^\]]+)\]/g);
  const files = [...list.matchAll(/"([^"]+)"/g)].map((match) => match[1]);
  return [...matches(file, /\.(?:route|route_service|nest_service|nest)\(\s*"([^"]+)"/g), ...files];
}

/** Paths of the pages. */
export function pages() {
  return matches(join(PROJECT, 'app/src/lib.rs'), /path!\("([^"]+)"\)/g);
}

function matches(file, pattern) {
  return [...readFileSync(file, 'utf8').matchAll(pattern)].map((match) => match[1]);
}
