// A node that an explorer follows from outside: the chain of another program behind a door that
// the test holds. It can keep blocks back, as a slow node does, or not answer at all.

import { createServer } from 'node:http';
import { once } from 'node:events';

import { endpoints } from './chain.mjs';

/** Starts the door; `close` ends it. */
export async function startOutsideNode(hub) {
  let release = () => {};
  let held = Promise.resolve();
  let isDown = false;
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('utf8');
    if (asksForWholeBlocks(JSON.parse(body))) await held;
    if (isDown) return response.destroy();
    const answer = await fetch(endpoints(hub).http, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    return response.end(await answer.text());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Tells of new heads, and keeps their blocks back. */
    hold: () => {
      held = new Promise((resolve) => (release = resolve));
    },
    release: () => release(),
    setDown: (down) => {
      isDown = down;
    },
    close: async () => {
      release();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Heads are asked for without transactions, blocks with them. */
function asksForWholeBlocks(questions) {
  return [questions].flat().some(({ method, params }) => method === 'eth_getBlockByNumber' && params[1] === true);
}
