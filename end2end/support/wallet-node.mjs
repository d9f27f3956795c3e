// What a browser wallet does with the node of its chain: fills in a transaction, signs and sends it.

import { rpc } from './chain.mjs';

/**
 * Lets an injected wallet answer `eth_sendTransaction` from the hub's node, with nonce, gas and
 * fees of its own choosing, as wallets do.
 */
export function connectToNode(wallet, hub) {
  wallet.answers.eth_sendTransaction = async ([draft]) => {
    const account = wallet.accounts.find(({ address }) => address.toLowerCase() === draft.from.toLowerCase());
    const request = { from: account.address, to: draft.to, value: draft.value ?? '0x0', data: draft.data ?? '0x' };
    const [nonce, gas, gasPrice] = await Promise.all([
      rpc(hub, 'eth_getTransactionCount', [account.address, 'pending']),
      // A contract that refuses shows it here; the wallet then passes the node's error on.
      rpc(hub, 'eth_estimateGas', [request]),
      rpc(hub, 'eth_gasPrice'),
    ]);
    const raw = await account.signTransaction({
      chainId: wallet.chainId,
      to: request.to,
      value: BigInt(request.value),
      data: request.data,
      nonce: Number(nonce),
      gas: (BigInt(gas) * 12n) / 10n,
      maxFeePerGas: 2n * BigInt(gasPrice) + 1n,
      maxPriorityFeePerGas: 1n,
    });
    return rpc(hub, 'eth_sendRawTransaction', [raw]);
  };
}

/** Asks the wallet from the page itself, as a deployment tool in the browser does. */
export function requestOf(page, wallet, method, params) {
  return page.evaluate(
    ([rdns, request]) =>
      new Promise((resolve, reject) => {
        window.addEventListener('eip6963:announceProvider', ({ detail }) => {
          if (detail.info.rdns === rdns) detail.provider.request(request).then(resolve, reject);
        }, { once: true });
        window.dispatchEvent(new Event('eip6963:requestProvider'));
      }),
    [wallet.rdns, { method, params }],
  );
}
