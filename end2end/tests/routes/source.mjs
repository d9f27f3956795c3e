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
    .flatMap((name) => matches(join(folder, name), /^\s*(#\[server)[\](]/gm)).length;
}

/** Routes outside the pages. */
export function routes() {
  return matches(join(PROJECT, 'server/src/router.rs'), /\.(?:route|route_service|nest_service|nest)\(\s*"([^"]+)"/g);
}

/** Paths of the pages. */
export function pages() {
  return matches(join(PROJECT, 'app/src/lib.rs'), /path!\("([^"]+)"\)/g);
}

function matches(file, pattern) {
  return [...readFileSync(file, 'utf8').matchAll(pattern)].map((match) => match[1]);
}
