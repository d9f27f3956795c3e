// One hundred people sign in within ten seconds, each of whom gets a server. JupyterLab itself is
// left out: the program is one that was built with the feature `stub-engine`.
//
//   LEDGERCLOUD_STUB_BINARY=…/ledgercloud node bench/sign_ins.mjs

import { eventually } from '../support/eventually.mjs';
import { endHub, setupPath, startHub } from '../support/hub.mjs';
import { askJupyter } from '../support/jupyter.mjs';
import { defaultServer, enter, newPerson, newVisitor, newWallet, signInWith } from '../support/visitor.mjs';
import { percentile, printMachine, report, setting, times } from './measure.mjs';

const PEOPLE = setting('PEOPLE', 100);
const WITHIN_MS = setting('WITHIN_MS', 10_000);
const BAR_MS = 5_000;

const program = process.env.LEDGERCLOUD_STUB_BINARY;
if (!program) throw new Error('LEDGERCLOUD_STUB_BINARY: name a program built with --features stub-engine');
printMachine(program);
const hub = await startHub({ program, settings: { SIGN_IN__START_SERVER: 'true' } });
try {
  await newPerson(hub, { path: await setupPath(hub) });
  const wallets = Array.from({ length: PEOPLE }, newWallet);
  const outcomes = await Promise.all(wallets.map((wallet, index) => arrive(wallet, (index * WITHIN_MS) / PEOPLE)));
  const good = outcomes.filter(({ failure }) => !failure);
  for (const { failure } of outcomes.filter(({ failure }) => failure).slice(0, 5)) console.log(failure);
  report(
    {
      'signed in': times(good.map(({ signedInMs }) => signedInMs)),
      'server answers': times(good.map(({ answeredMs }) => answeredMs)),
    },
    [
      [`none of ${PEOPLE} fails`, good.length === PEOPLE],
      [`p95 from sign-in to the server's answer ≤ ${BAR_MS} ms`, percentile(good.map(({ answeredMs }) => answeredMs), 0.95) <= BAR_MS],
    ],
  );
} finally {
  await endHub(hub);
}

async function arrive(wallet, afterMs) {
  await new Promise((resume) => setTimeout(resume, afterMs));
  const person = newVisitor(hub);
  const started = performance.now();
  try {
    const answer = await signInWith(person, wallet);
    if (answer.status !== 200) throw new Error(`sign-in answered ${answer.status}: ${answer.body}`);
    const signedInMs = performance.now() - started;
    const server = await eventually(
      async () => {
        const now = await defaultServer(person);
        return now?.state === 'ready' ? now : null;
      },
      { what: 'the server to be ready', timeoutMs: 60_000 },
    );
    await enter(person, server);
    const first = await askJupyter(person, server, { path: '/api' });
    if (first.status !== 200) throw new Error(`the server answered ${first.status}`);
    return { signedInMs, answeredMs: performance.now() - started };
  } catch (error) {
    return { failure: error.message };
  }
}
