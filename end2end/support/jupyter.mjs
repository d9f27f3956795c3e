// Kernels of a notebook server, spoken to as JupyterLab does.

import { randomUUID } from 'node:crypto';

import WebSocket from 'ws';

import { eventually } from './eventually.mjs';
import { authority, originOf } from './request.mjs';
import { commandServer, enter, serverOf } from './visitor.mjs';

/** A debug build on a busy machine loads JupyterLab within this time. */
export const START_TIMEOUT_MS = 90_000;
const EXECUTE_TIMEOUT_MS = 60_000;

/** Starts the server and waits until it answers. */
export async function startServer(person, server) {
  const asked = await commandServer(person, server.server_id, 'start');
  if (asked.status !== 200) throw new Error(`start answered ${asked.status}: ${asked.body}`);
  return reaches(person, server, 'ready');
}

/** Waits until the server is in the state; a failed start ends the wait. */
export async function reaches(person, server, state, timeoutMs = START_TIMEOUT_MS) {
  const view = await eventually(
    async () => {
      const now = await serverOf(person, server.server_id);
      return now.state === state || (now.state === 'failed' && state !== 'failed') ? now : null;
    },
    { what: `server ${server.host_label} to be ${state}`, timeoutMs },
  );
  if (view.state !== state) throw new Error(`the server failed: ${JSON.stringify(view.failure)}`);
  return view;
}

/** A request to the server's own origin with pass and XSRF token. */
export async function askJupyter(person, server, { method = 'GET', path, body, headers = {} }) {
  const label = server.host_label;
  const token = person.cookie('_xsrf', label);
  return person.send({
    method,
    path,
    label,
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: {
      origin: originOf(person.hub, label),
      'sec-fetch-site': 'same-origin',
      'sec-fetch-mode': 'cors',
      'sec-fetch-dest': 'empty',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token ? { 'x-xsrftoken': token } : {}),
      ...headers,
    },
  });
}

/** Enters the server and starts a Python kernel. */
export async function startKernel(person, server) {
  const { answer } = await enter(person, server);
  if (answer.status >= 400) throw new Error(`the door answered ${answer.status}: ${answer.body}`);
  // The first page sets the XSRF cookie.
  await person.send({ path: '/lab', label: server.host_label, headers: { accept: 'text/html' } });
  const started = await askJupyter(person, server, { method: 'POST', path: '/api/kernels', body: { name: 'python3' } });
  if (started.status !== 201) throw new Error(`POST /api/kernels answered ${started.status}: ${started.body}`);
  return started.json().id;
}

/** Opens the channels of a kernel. The socket closes when its owner's session ends. */
export function openChannels(person, server, kernelId) {
  const label = server.host_label;
  const cookie = person.cookieNames(label).map((name) => `${name}=${person.cookie(name, label)}`).join('; ');
  const socket = new WebSocket(
    `ws://127.0.0.1:${person.hub.port}/api/kernels/${kernelId}/channels?session_id=${randomUUID()}`,
    { headers: { host: authority(person.hub, label), origin: originOf(person.hub, label), cookie } },
  );
  const closed = new Promise((resolve) => socket.once('close', (code) => resolve(code)));
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve({ socket, closed }));
    socket.once('unexpected-response', (_, response) => reject(new Error(`channels answered ${response.statusCode}`)));
    socket.once('error', reject);
  });
}

/** Runs code and returns what it printed, or throws what it raised. */
export async function execute(person, server, kernelId, code) {
  const { socket } = await openChannels(person, server, kernelId);
  try {
    return await run(socket, code);
  } finally {
    socket.close();
  }
}

function run(socket, code) {
  const id = randomUUID();
  let printed = '';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer to ${code} within ${EXECUTE_TIMEOUT_MS} ms`)), EXECUTE_TIMEOUT_MS);
    const settle = (how, value) => {
      clearTimeout(timer);
      how(value);
    };
    socket.on('close', () => settle(reject, new Error('the channels were closed')));
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString());
      if (message.parent_header?.msg_id !== id) return;
      if (message.msg_type === 'stream') printed += message.content.text;
      if (message.msg_type === 'execute_result') printed += message.content.data['text/plain'];
      if (message.msg_type === 'error') settle(reject, new Error(`${message.content.ename}: ${message.content.evalue}`));
      if (message.msg_type === 'status' && message.content.execution_state === 'idle') settle(resolve, printed);
    });
    socket.send(JSON.stringify(executeRequest(id, code)));
  });
}

function executeRequest(id, code) {
  return {
    channel: 'shell',
    header: { msg_id: id, msg_type: 'execute_request', username: '', session: randomUUID(), version: '5.3', date: new Date().toISOString() },
    parent_header: {},
    metadata: {},
    content: { code, silent: false, store_history: false, user_expressions: {}, allow_stdin: false, stop_on_error: true },
  };
}
