//! Which method is answered by which function, and where it runs.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::error::{INTERNAL_ERROR, RpcError};
use super::json::Answer;
use super::params::Params;
use super::{
    HEAVY_WAIT, Node, Rights, access_list, blocks, call, clique, debug, estimate, fees, filters,
    logs, mine, pool, proof, receipts, state, transactions, web3,
};

type Function = fn(&Node, Params) -> Answer;

/// How a method is answered.
enum Method {
    /// At once: it reads little.
    Quick(Function),
    /// On a thread where blocking is allowed: it may compute for long.
    Heavy(Function),
    /// At once with the hashes of a block's transactions, as a heavy one with all that is in them.
    Block(Function),
    /// At once if it is short, else as a heavy one.
    Call,
    SendRawTransaction,
    NewFilter(fn(&Arc<Node>, Params) -> Answer),
    Mine,
}

/// Answers one request.
pub(super) async fn answer(node: &Arc<Node>, rights: Rights, name: &str, params: Params) -> Answer {
    match method(node, rights, name).ok_or_else(|| RpcError::method_not_found(name))? {
        Method::Quick(function) => function(node, params),
        Method::Block(function) if !params.asks_for_all() => function(node, params),
        Method::Heavy(function) | Method::Block(function) => {
            heavy(node, move |node| function(node, params)).await
        }
        Method::Call => call::call(node, params).await,
        Method::SendRawTransaction => transactions::send_raw(node, params).await,
        Method::NewFilter(function) => function(node, params),
        Method::Mine => mine::mine(node, params).await,
    }
}

/// Runs what may compute for long on one of a few places.
pub(super) async fn heavy(
    node: &Arc<Node>,
    work: impl FnOnce(&Node) -> Answer + Send + 'static,
) -> Answer {
    let permit = place(node).await?;
    let node = node.clone();
    let running = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work(&node)
    });
    running.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a JSON-RPC method ended early");
        Err(RpcError::new(
            INTERNAL_ERROR,
            "the method failed inside the node",
        ))
    })
}

async fn place(node: &Node) -> Result<OwnedSemaphorePermit, RpcError> {
    let place = tokio::time::timeout(HEAVY_WAIT, node.heavy.clone().acquire_owned()).await;
    match place {
        Ok(Ok(permit)) => Ok(permit),
        _ => Err(RpcError::limit("the node is busy: try again in a moment")),
    }
}

fn method(node: &Node, rights: Rights, name: &str) -> Option<Method> {
    use Method::{Heavy, NewFilter, Quick};
    let method = match name {
        "eth_call" => Method::Call,
        "eth_getBalance" => Quick(state::balance),
        "eth_getTransactionCount" => Quick(state::transaction_count),
        "eth_getCode" => Quick(state::code),
        "eth_getStorageAt" => Quick(state::storage_at),
        "eth_getProof" => Heavy(proof::proof),
        "eth_sendRawTransaction" => Method::SendRawTransaction,

        "eth_chainId" => Quick(web3::chain_id),
        "eth_blockNumber" => Quick(web3::block_number),
        "eth_syncing" => Quick(web3::syncing),
        "eth_accounts" => Quick(web3::accounts),
        "eth_coinbase" => Quick(web3::coinbase),
        "eth_mining" => Quick(web3::mining),
        "eth_hashrate" => Quick(web3::hashrate),
        "eth_protocolVersion" => Quick(web3::protocol_version),
        "eth_sendTransaction"
        | "eth_sign"
        | "eth_signTransaction"
        | "eth_signTypedData_v4"
        | "personal_sign" => Quick(web3::no_keys),
        "net_version" => Quick(web3::network_id),
        "net_listening" => Quick(web3::listening),
        "net_peerCount" => Quick(web3::peer_count),
        "web3_clientVersion" => Quick(web3::client_version),
        "web3_sha3" => Quick(web3::sha3),

        "eth_gasPrice" => Quick(fees::gas_price),
        "eth_maxPriorityFeePerGas" => Quick(fees::max_priority_fee_per_gas),
        "eth_blobBaseFee" => Quick(fees::blob_base_fee),
        "eth_feeHistory" => Heavy(fees::fee_history),
        "eth_estimateGas" => Heavy(estimate::estimate_gas),
        "eth_createAccessList" => Heavy(access_list::create),

        "eth_getBlockByNumber" => Method::Block(blocks::by_number),
        "eth_getBlockByHash" => Method::Block(blocks::by_hash),
        "eth_getHeaderByNumber" => Quick(blocks::header_by_number),
        "eth_getHeaderByHash" => Quick(blocks::header_by_hash),
        "eth_getBlockTransactionCountByNumber" => Quick(blocks::transaction_count_by_number),
        "eth_getBlockTransactionCountByHash" => Quick(blocks::transaction_count_by_hash),
        "eth_getUncleCountByBlockNumber" => Quick(blocks::uncle_count_by_number),
        "eth_getUncleCountByBlockHash" => Quick(blocks::uncle_count_by_hash),
        "eth_getUncleByBlockNumberAndIndex" => Quick(blocks::uncle_by_number),
        "eth_getUncleByBlockHashAndIndex" => Quick(blocks::uncle_by_hash),

        "eth_getTransactionByHash" => Quick(transactions::by_hash),
        "eth_getTransactionByBlockNumberAndIndex" => Quick(transactions::by_number_and_index),
        "eth_getTransactionByBlockHashAndIndex" => Quick(transactions::by_hash_and_index),
        "eth_getRawTransactionByHash" => Quick(transactions::raw_by_hash),
        "eth_getRawTransactionByBlockNumberAndIndex" => {
            Quick(transactions::raw_by_number_and_index)
        }
        "eth_getRawTransactionByBlockHashAndIndex" => Quick(transactions::raw_by_hash_and_index),
        "eth_getTransactionReceipt" => Quick(receipts::by_transaction),
        "eth_getBlockReceipts" => Heavy(receipts::by_block),

        "eth_getLogs" => Heavy(logs::get),
        "eth_newFilter" => NewFilter(filters::new_log_filter),
        "eth_newBlockFilter" => NewFilter(filters::new_block_filter),
        "eth_newPendingTransactionFilter" => NewFilter(filters::new_pending_filter),
        "eth_getFilterChanges" => Quick(filters::changes),
        "eth_getFilterLogs" => Heavy(filters::logs),
        "eth_uninstallFilter" => Quick(filters::uninstall),

        "txpool_status" => Quick(pool::status),
        "txpool_content" => Heavy(pool::content),
        "txpool_contentFrom" => Heavy(pool::content_from),
        "txpool_inspect" => Heavy(pool::inspect),

        // They may wait for a block that is being made.
        "clique_getSnapshot" => Heavy(clique::snapshot),
        "clique_getSnapshotAtHash" => Heavy(clique::snapshot_at_hash),
        "clique_getSigners" => Heavy(clique::signers),
        "clique_getSignersAtHash" => Heavy(clique::signers_at_hash),
        "clique_getSigner" => Quick(clique::signer),
        "clique_status" => Heavy(clique::status),
        "clique_proposals" => Heavy(clique::proposals),
        "clique_propose" if rights == Rights::Operator => Heavy(clique::propose),
        "clique_discard" if rights == Rights::Operator => Heavy(clique::discard),

        "debug_traceTransaction" => Heavy(debug::trace_transaction),
        "debug_traceCall" => Heavy(debug::trace_call),
        "debug_traceBlockByNumber" => Heavy(debug::trace_block_by_number),
        "debug_traceBlockByHash" => Heavy(debug::trace_block_by_hash),
        "debug_getRawHeader" => Quick(debug::raw_header),
        "debug_getRawBlock" => Quick(debug::raw_block),
        "debug_getRawReceipts" => Heavy(debug::raw_receipts),
        "debug_getRawTransaction" => Quick(transactions::raw_by_hash),

        "evm_mine" if node.options.mine.is_some() => Method::Mine,
        _ => return None,
    };
    Some(method)
}
