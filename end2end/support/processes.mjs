// The processes and mounts that belong to one data folder.

import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

import { eventually } from './eventually.mjs';

/**
 * Processes that name the folder on their command line: the program itself and, because a
 * sandbox is told which folders to show, everything that holds a sandbox.
 * @returns {{ pid: number, command: string[] }[]}
 */
export function processesOf(folder) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({ pid: Number(name), command: commandOf(name) }))
    .filter(({ command }) => command.some((part) => part.includes(folder)));
}

/** The same without the program itself. */
export function sandboxesOf(folder) {
  return processesOf(folder).filter(({ command }) => !command[0].endsWith('/ledgercloud'));
}

/** Ends every process of the folder and waits until none is left. */
export async function endProcessesOf(folder) {
  await eventually(
    () => {
      const left = processesOf(folder);
      for (const { pid } of left) end(pid);
      return left.length === 0;
    },
    { what: `the processes of ${folder} to end`, timeoutMs: 20_000 },
  );
}

/** Takes away what is mounted below the folder. */
export function unmountBelow(folder) {
  const mounted = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1])
    .filter((path) => path?.startsWith(`${folder}/`));
  for (const path of mounted.reverse()) execFileSync('umount', ['--lazy', path]);
}

function end(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  } catch {
    // Gone, or a thread of the kernel.
    return [];
  }
}
