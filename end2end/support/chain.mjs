// The chain of a running program, as its users' tools see it.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { ask } from './request.mjs';

const solc = createRequire(import.meta.url)('solc');

/** Chain id of a chain that a development start makes. */
export const CHAIN_ID = 31_337;

/** JSON-RPC over HTTP and WebSocket. */
export function endpoints(hub) {
  return { http: `http://127.0.0.1:${hub.port}/rpc`, webSocket: `ws://127.0.0.1:${hub.port}/rpc` };
}

/** The key that holds what the chain begins with, as `0x…`. */
export async function treasuryKey(hub) {
  return `0x${(await readFile(join(hub.dataFolder, 'secrets', 'treasury_key'), 'utf8')).trim()}`;
}

/** One JSON-RPC call; an error of the node is thrown. */
export async function rpc(hub, method, params = []) {
  const response = await ask(hub, {
    method: 'POST',
    path: '/rpc',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return resultOf(response.json());
}

/** The result that JSON-RPC answers with; an error of the node is thrown. */
export function resultOf({ error, result }) {
  if (error) throw Object.assign(new Error(error.message), { code: error.code, data: error.data });
  return result;
}

/** Compiles one Solidity source: `{abi, bytecode}` of the named contract. */
export function compile(source, name) {
  const input = {
    language: 'Solidity',
    sources: { 'source.sol': { content: source } },
    settings: { optimizer: { enabled: true }, outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'));
  const { abi, evm } = output.contracts['source.sol'][name];
  return { abi, bytecode: `0x${evm.bytecode.object}` };
}

/** A contract that keeps a number, tells of each change, and refuses one. */
export const COUNTER = `
// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;
contract Counter {
    uint256 public count;
    event Counted(address indexed by, uint256 count);
    error TooMany(uint256 asked, uint256 most);
    function add(uint256 amount) external returns (uint256) {
        if (amount > 100) revert TooMany(amount, 100);
        count += amount;
        emit Counted(msg.sender, count);
        return count;
    }
}`;
