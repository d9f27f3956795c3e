// Every page of the explorer with real data, by name: where it is, who looks, and what says that
// it is complete.

import { explorer } from './explorer.mjs';

const UNKNOWN_HASH = `0x${'7'.repeat(64)}`;

export const EXPLORER_PAGES = {
  home: { path: () => '/explorer', shows: 'Latest transactions' },
  blocks: { path: () => '/explorer/blocks', shows: 'Base fee' },
  block: { path: () => explorer.block(3), shows: 'Fees paid' },
  'block-empty': { path: () => explorer.block(10), shows: 'This block is empty' },
  'block-future': { path: () => explorer.block(999_999), shows: 'not made yet' },
  'block-unknown': { path: () => explorer.block(UNKNOWN_HASH), shows: 'There is no such block', status: 404 },
  transactions: { path: () => '/explorer/transactions', shows: 'Mined, newest first' },
  pending: { path: () => '/explorer/pending', prepare: sendWaiting, shows: 'Queued' },
  transaction: { path: ({ sent }) => explorer.transaction(sent.note), shows: 'Tide at nine' },
  'transaction-transfers': { path: ({ sent }) => explorer.transaction(sent.mintItems, 'transfers'), shows: '50' },
  'transaction-calls': { path: ({ sent }) => explorer.transaction(sent.payOn, 'calls'), shows: 'payOn' },
  'transaction-logs': { path: ({ sent }) => explorer.transaction(sent.note, 'logs'), shows: 'Noted(' },
  'transaction-state': { path: ({ sent }) => explorer.transaction(sent.note, 'state'), shows: 'Storage slot' },
  'transaction-raw': { path: ({ sent }) => explorer.transaction(sent.note, 'raw'), shows: 'Signed bytes' },
  'transaction-failed': { path: ({ sent }) => explorer.transaction(sent.berthTaken), shows: 'BerthTaken' },
  'transaction-creation': { path: ({ sent }) => explorer.transaction(sent.createHarbourCoin), shows: 'Created contract' },
  'transaction-access-list': { path: ({ sent }) => explorer.transaction(sent.accessList), shows: 'Access list' },
  'transaction-waiting': { path: (_, waiting) => explorer.transaction(waiting), prepare: sendWaiting, shows: 'Pending' },
  'transaction-queued': { path: ({ sent }) => explorer.transaction(sent.queued), shows: 'It waits until earlier transactions' },
  'transaction-unknown': { path: () => explorer.transaction(UNKNOWN_HASH), shows: 'does not know', status: 404 },
  address: { path: ({ people }) => explorer.address(people.bob.address), shows: 'Next nonce' },
  'address-internal': { path: ({ people }) => explorer.address(people.bob.address, 'internal'), shows: 'CALL' },
  'address-transfers': { path: ({ people }) => explorer.address(people.bob.address, 'transfers'), shows: 'HRB' },
  'address-tokens': { path: ({ people }) => explorer.address(people.bob.address, 'tokens'), shows: 'Harbour Coin' },
  'address-nonce': { path: ({ people }) => `${explorer.address(people.alice.address, 'nonce')}&nonce=1`, shows: 'Find by nonce' },
  contract: { path: ({ addresses }) => explorer.contract(addresses.HarbourOffice), shows: 'The source is verified' },
  'contract-read': { path: ({ addresses }) => explorer.contract(addresses.HarbourOffice, 'read'), shows: 'lastNote' },
  'contract-write': { path: ({ addresses }) => explorer.contract(addresses.HarbourOffice, 'write'), shows: 'deposit' },
  'contract-unproved': { path: ({ addresses }) => explorer.contract(addresses.HarbourCoin), shows: 'not verified' },
  'contract-verify': { as: 'curator', path: ({ addresses }) => `/explorer/contract/${addresses.HarbourCoin}/verify`, shows: 'Standard JSON input' },
  tokens: { path: () => '/explorer/tokens', shows: 'Lighthouse Pictures' },
  'tokens-transfers': { path: () => '/explorer/tokens?tab=transfers', shows: '#7' },
  token: { path: ({ addresses }) => explorer.token(addresses.HarbourCoin), shows: 'Supply' },
  'token-holders': { path: ({ addresses }) => explorer.token(addresses.HarbourCoin, 'holders'), shows: 'Share' },
  'token-pictures': { path: ({ addresses }) => explorer.token(addresses.LighthousePictures, 'instances'), shows: '#7' },
  'token-items': { path: ({ addresses }) => explorer.token(addresses.CargoItems, 'instances'), shows: '#3' },
  accounts: { path: () => '/explorer/accounts', shows: 'the largest first' },
  signers: { path: () => '/explorer/signers', shows: 'Next in turn' },
  nodes: { path: () => '/explorer/nodes', shows: 'In step' },
  charts: { path: () => '/explorer/charts', shows: 'Active addresses' },
  broadcast: { path: () => '/explorer/broadcast', shows: 'Signed transaction' },
  search: { path: () => '/explorer/search?q=harbour', shows: 'Harbour Coin' },
  'search-nothing': { path: () => '/explorer/search?q=nothing+like+it', shows: 'Nothing found' },
  wallet: { as: 'curator', path: () => '/wallet', shows: 'Recent transactions' },
};

/** One that the next block will hold. */
function sendWaiting({ send, people: { bob, carol } }) {
  return send(carol, { to: bob.address, value: 5n });
}
