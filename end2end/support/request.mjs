// Requests of programs, without a browser between: any method, any header, nothing followed.

import { request } from 'node:http';

/** No answer of the site takes longer. */
const TIMEOUT_MS = 60_000;

/**
 * Sends one request to the hub's origin, or to the origin of the server with that `label`; through
 * a Unix socket where no network leads to it.
 * @returns {Promise<{ status: number, headers: import('node:http').IncomingHttpHeaders, body: string, json: () => any }>}
 */
export function ask(hub, { method = 'GET', path, label, headers = {}, body, timeoutMs = TIMEOUT_MS }) {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...(hub.socketPath ? { socketPath: hub.socketPath } : { host: '127.0.0.1', port: hub.port }),
        method,
        path,
        agent: false,
        headers: { host: authority(hub, label), ...headers },
        timeout: timeoutMs,
      },
      (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode, headers: response.headers, body: text, json: () => JSON.parse(text) });
        });
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer within ${timeoutMs} ms`)));
    sent.on('error', reject);
    sent.end(body);
  });
}

/** `localhost:PORT`, or `<label>.localhost:PORT`. */
export function authority(hub, label) {
  return label ? `${label}.localhost:${hub.port}` : `localhost:${hub.port}`;
}

/** Origin of the hub, or of the server with that label. */
export function originOf(hub, label) {
  return `http://${authority(hub, label)}`;
}
