// Forwards connections from a Unix socket to a port of this network namespace, byte by byte: a file
// is the same in every network namespace, so tests reach a program that no network of theirs does.
//
//   node gateway.mjs SOCKET PORT

import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';

const [socketPath, port] = process.argv.slice(2);

const server = createServer({ allowHalfOpen: true }, (inside) => {
  const outside = connect({ host: '127.0.0.1', port: Number(port), allowHalfOpen: true, noDelay: true });
  // A side that fails takes the other with it; whoever asked sees a connection that was cut.
  pipeline(inside, outside, () => {});
  pipeline(outside, inside, () => {});
});
server.listen(socketPath, () => console.log('ready'));
