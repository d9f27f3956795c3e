// What all benchmarks share: the machine's facts, percentiles and a table.

import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

import { PROJECT } from '../support/environment.mjs';

/** Prints where the figures come from. */
export function printMachine(program) {
  const commit = execFileSync('git', ['-C', PROJECT, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const [cpu] = cpus();
  console.log(`machine   ${cpus().length} × ${cpu.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(1)} GiB, Linux ${release()}`);
  console.log(`load      ${execFileSync('cat', ['/proc/loadavg'], { encoding: 'utf8' }).trim()}`);
  if (program) console.log(`program   ${program}, ${(statSync(program).size / 2 ** 20).toFixed(1)} MiB`);
  console.log(`commit    ${commit}, ${new Date().toISOString()}\n`);
}

/** The value below which this share of the samples lies (nearest rank). */
export function percentile(samples, share) {
  const sorted = [...samples].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** One row of times in milliseconds. */
export function times(samples) {
  const shown = (value) => (value >= 100 ? value.toFixed(0) : value.toFixed(1));
  return {
    n: samples.length,
    'min ms': shown(Math.min(...samples)),
    'p50 ms': shown(percentile(samples, 0.5)),
    'p95 ms': shown(percentile(samples, 0.95)),
    'max ms': shown(Math.max(...samples)),
  };
}

/** Runs the work and returns how long it took in milliseconds. */
export async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** A number of the environment, or what is usual. */
export function setting(name, usual) {
  return Number(process.env[name] ?? usual);
}

/** Prints the table, and ends with 1 when a bar is missed. `bars` are `[what, is reached]`. */
export function report(rows, bars) {
  console.table(rows);
  for (const [what, isReached] of bars) console.log(`${isReached ? 'reached' : 'MISSED '}  ${what}`);
  process.exitCode = bars.every(([, isReached]) => isReached) ? 0 : 1;
}
