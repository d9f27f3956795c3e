//! The pages of transactions.

use alloy_eips::eip2718::Encodable2718 as _;
use alloy_json_abi::JsonAbi;
use alloy_primitives::{Address, B256, Selector, U256, keccak256};
use serde_json::{Value, json};
use types::explorer::{
    AccessListEntry, AccountChange, BlockHash, CallFrame, CallKind, FeeSplit, HexBytes, LogView,
    MethodName, Part, TransactionFailure, TransactionHash, TransactionLookup,
    TransactionNeighbours, TransactionStatus, TransactionSummary, TransactionView, Word,
};
use types::page::PAGE_LIMIT_MAX;
use types::{Page, PageRequest, WalletAddress};

use super::blocks::moment;
use super::part::part;
use super::{Explorer, Inner, Result};
use crate::answer::{CallAnswer, ReceiptAnswer, TransactionAnswer, read};
use crate::convert::{address, amount, transaction_hash, wallet};
use crate::decode;
use crate::limits::CALL_FRAMES_MAX;
use crate::node::NodeError;
use crate::state_change;
use crate::store::{Cursor, Slice, StoredTransaction};
use crate::trace;

impl Explorer {
    /// All transactions, newest first.
    ///
    /// # Errors
    /// The page's key is not one of ours, or the database does not answer.
    pub async fn transactions(&self, page: &PageRequest) -> Result<Page<TransactionSummary>> {
        let after = Cursor::of(page);
        let slice = self
            .inner
            .store
            .transactions(after.as_ref(), page.limit())
            .await?;
        self.inner.transaction_page(slice).await
    }

    /// The transactions of a block in their order.
    ///
    /// # Errors
    /// As [`Self::transactions`].
    pub async fn block_transactions(
        &self,
        number: u64,
        page: &PageRequest,
    ) -> Result<Page<TransactionSummary>> {
        let after = Cursor::of(page);
        let slice = self
            .inner
            .store
            .block_transactions(number, after.as_ref(), page.limit())
            .await?;
        let next = slice.next(|row| Cursor::write(&[&row.place]));
        let items = self.inner.transaction_summaries(&slice.rows).await?;
        Ok(Page { items, next })
    }

    /// Transactions of an address, newest first.
    ///
    /// # Errors
    /// As [`Self::transactions`].
    pub async fn address_transactions(
        &self,
        of: WalletAddress,
        page: &PageRequest,
    ) -> Result<Page<TransactionSummary>> {
        let after = Cursor::of(page);
        let slice = self
            .inner
            .store
            .address_transactions(address(of), after.as_ref(), page.limit())
            .await?;
        self.inner.transaction_page(slice).await
    }

    /// The transaction that an address sent with a nonce.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn transaction_by_nonce(
        &self,
        sender: WalletAddress,
        nonce: u64,
    ) -> Result<Option<TransactionSummary>> {
        let row = self
            .inner
            .store
            .transaction_by_nonce(address(sender), nonce)
            .await?;
        let rows: Vec<_> = row.into_iter().collect();
        Ok(self.inner.transaction_summaries(&rows).await?.pop())
    }

    /// One transaction, mined or waiting.
    ///
    /// # Errors
    /// The database does not answer. What only the node knows is a part that may be missing.
    pub async fn transaction(&self, hash: TransactionHash) -> Result<TransactionLookup> {
        let hash = B256::from(hash.0);
        match self.inner.store.transaction(hash).await? {
            Some(row) => Ok(TransactionLookup::Mined(Box::new(
                self.inner.transaction_view(row).await?,
            ))),
            None => self.inner.waiting_transaction(hash).await,
        }
    }

    /// The logs that a transaction wrote.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn transaction_logs(&self, hash: TransactionHash) -> Result<Part<Vec<LogView>>> {
        let receipt = match self.inner.receipt(hash).await {
            Ok(receipt) => receipt,
            Err(error) => return Ok(part(Err(error))),
        };
        let addresses: Vec<Address> = receipt.logs.iter().map(|log| log.address).collect();
        let labels = self.inner.labels(addresses.clone()).await?;
        let interfaces = self.inner.interfaces_behind_proxies(addresses).await?;
        let logs = receipt.logs.iter().map(|log| LogView {
            index: log.log_index.to(),
            address: labels.party(log.address),
            topics: log.topics.iter().map(|topic| Word(topic.0)).collect(),
            data: HexBytes(log.data.to_vec()),
            decoded: decode::log(
                interfaces.get(&log.address).map(AsRef::as_ref),
                &log.topics,
                &log.data,
            ),
        });
        Ok(Part::Known(logs.collect()))
    }

    /// The tree of calls of a transaction, at most [`CALL_FRAMES_MAX`].
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn transaction_calls(&self, hash: TransactionHash) -> Result<Part<Vec<CallFrame>>> {
        let traced = self
            .inner
            .trace(hash, json!({"tracer": "callTracer"}))
            .await;
        let frames = match traced.and_then(|root| trace::frames(&root, CALL_FRAMES_MAX)) {
            Ok(frames) => frames,
            Err(error) => return Ok(part(Err(error))),
        };
        let sides = frames
            .iter()
            .flat_map(|frame| [Some(frame.call.from), frame.call.to])
            .flatten()
            .collect();
        let labels = self.inner.labels(sides).await?;
        let called = frames.iter().filter_map(|frame| frame.call.to).collect();
        let interfaces = self.inner.interfaces(called).await?;
        let frames = frames.into_iter().filter_map(|frame| {
            let call = frame.call;
            let own = call
                .to
                .and_then(|to| interfaces.get(&to))
                .map(AsRef::as_ref);
            let kind = CallKind::parse(&call.kind)?;
            let is_call = !matches!(kind, CallKind::Create | CallKind::Create2);
            Some(CallFrame {
                depth: frame.depth,
                kind,
                from: labels.party(call.from),
                to: call.to.map(|to| labels.party(to)),
                value: call.value.map(amount),
                gas: call.gas.unwrap_or_default().to(),
                gas_used: call.gas_used.unwrap_or_default().to(),
                decoded: is_call.then(|| decode::call(own, &call.input)).flatten(),
                error: failure(&call, own).map(|failure| failure.message),
                input: HexBytes(call.input.to_vec()),
                output: HexBytes(call.output.to_vec()),
            })
        });
        Ok(Part::Known(frames.collect()))
    }

    /// What a transaction changed, by account.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn transaction_state_changes(
        &self,
        hash: TransactionHash,
    ) -> Result<Part<Vec<AccountChange>>> {
        let tracer = json!({"tracer": "prestateTracer", "tracerConfig": {"diffMode": true}});
        let traced = self.inner.trace(hash, tracer).await;
        let changes = match traced.and_then(|difference| state_change::changes(&difference)) {
            Ok(changes) => changes,
            Err(error) => return Ok(part(Err(error))),
        };
        let labels = self
            .inner
            .labels(changes.iter().map(|change| change.address).collect())
            .await?;
        let changes = changes.into_iter().map(|change| AccountChange {
            party: labels.party(change.address),
            balance: change.balance,
            nonce: change.nonce,
            code_bytes: change.code_bytes,
            slots: change.slots,
        });
        Ok(Part::Known(changes.collect()))
    }

    /// The signed transaction as it travels between nodes (EIP-2718), checked by its hash.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn transaction_raw(&self, hash: TransactionHash) -> Result<Part<HexBytes>> {
        Ok(part(self.inner.raw(B256::from(hash.0)).await))
    }

    /// Hands a signed transaction to the node.
    ///
    /// # Errors
    /// The node refuses it and says why.
    pub async fn broadcast(&self, raw: &HexBytes) -> Result<TransactionHash> {
        const METHOD: &str = "eth_sendRawTransaction";
        let answer = self
            .inner
            .node
            .request(METHOD, json!([raw.to_string()]))
            .await?;
        Ok(transaction_hash(read(METHOD, answer)?))
    }
}

impl Inner {
    /// Rows that are in the order of the chain.
    async fn transaction_page(
        &self,
        slice: Slice<StoredTransaction>,
    ) -> Result<Page<TransactionSummary>> {
        let next = slice.next(|row| Cursor::write(&[&row.block_number, &row.place]));
        let items = self.transaction_summaries(&slice.rows).await?;
        Ok(Page { items, next })
    }

    pub(super) async fn transaction_summaries(
        &self,
        rows: &[StoredTransaction],
    ) -> Result<Vec<TransactionSummary>> {
        let sides = rows
            .iter()
            .flat_map(|row| [Some(row.sender), row.recipient, row.created]);
        let labels = self.labels(sides.flatten().collect()).await?;
        let called = rows.iter().filter(|row| row.selector.is_some());
        let interfaces = self
            .interfaces(called.filter_map(|row| row.recipient).collect())
            .await?;
        Ok(rows
            .iter()
            .map(|row| TransactionSummary {
                hash: transaction_hash(row.hash),
                moment: moment(row.block_number, row.timestamp),
                index: row.place,
                status: if row.succeeded {
                    TransactionStatus::Succeeded
                } else {
                    TransactionStatus::Failed
                },
                from: labels.party(row.sender),
                to: row.recipient.map(|to| labels.party(to)),
                created: row.created.map(|created| labels.party(created)),
                nonce: row.nonce,
                value: amount(row.value),
                fee: amount(row.fee),
                gas_used: row.gas_used,
                method: row.selector.as_deref().and_then(|selector| {
                    let own = row.recipient.and_then(|to| interfaces.get(&to));
                    method_name(own.map(AsRef::as_ref), selector)
                }),
            })
            .collect())
    }

    async fn transaction_view(&self, row: StoredTransaction) -> Result<TransactionView> {
        let (answer, neighbours, transfers) = tokio::join!(
            self.transaction_answer(row.hash),
            self.neighbours(&row),
            self.store
                .transaction_transfers(row.block_number, row.place, PAGE_LIMIT_MAX),
        );
        let interface = match row.recipient {
            Some(to) => self.interfaces_behind_proxies(vec![to]).await?.remove(&to),
            None => None,
        };
        let own = interface.as_deref();
        let mut summaries = self
            .transaction_summaries(std::slice::from_ref(&row))
            .await?;
        let Some(mut summary) = summaries.pop() else {
            return Err(crate::ExplorerError::Corrupt("no such row".to_owned()));
        };
        let answer = part(answer);
        let decoded_input = answer
            .known()
            .filter(|_| row.recipient.is_some())
            .and_then(|answer| decode::call(own, &answer.input));
        if let (Some(decoded), Some(method)) = (&decoded_input, &mut summary.method) {
            method.name = Some(decoded.name.clone());
        }
        let failure = match row.succeeded {
            true => None,
            false => Some(part(self.failure(row.hash, own).await)),
        };
        let head = self.status.borrow().indexed.unwrap_or_default();
        Ok(TransactionView {
            summary,
            block_hash: BlockHash(row.block_hash.0),
            confirmations: (head + 1).saturating_sub(row.block_number),
            transaction_type: u8::try_from(row.kind).unwrap_or(u8::MAX),
            gas_limit: row.gas_limit,
            fee: fee_split(&row),
            decoded_input,
            access_list: answer.known().map(access_list).unwrap_or_default(),
            input: answer.map(|answer| HexBytes(answer.input.to_vec())),
            failure,
            token_transfers: self.transfer_views(&transfers?.rows).await?,
            logs: row.logs,
            neighbours: neighbours?,
        })
    }

    async fn neighbours(&self, row: &StoredTransaction) -> Result<TransactionNeighbours> {
        let previous = match row.nonce.checked_sub(1) {
            Some(nonce) => self.store.hash_by_nonce(row.sender, nonce).await?,
            None => None,
        };
        let next = self.store.hash_by_nonce(row.sender, row.nonce + 1).await?;
        Ok(TransactionNeighbours {
            previous: previous.map(transaction_hash),
            next: next.map(transaction_hash),
        })
    }

    pub(super) async fn transaction_answer(
        &self,
        hash: B256,
    ) -> std::result::Result<TransactionAnswer, NodeError> {
        const METHOD: &str = "eth_getTransactionByHash";
        read(METHOD, self.node.request(METHOD, json!([hash])).await?)
    }

    async fn receipt(
        &self,
        hash: TransactionHash,
    ) -> std::result::Result<ReceiptAnswer, NodeError> {
        const METHOD: &str = "eth_getTransactionReceipt";
        let answer = self.node.request(METHOD, json!([hash.to_string()])).await?;
        read(METHOD, answer)
    }

    async fn trace(
        &self,
        hash: TransactionHash,
        tracer: Value,
    ) -> std::result::Result<Value, NodeError> {
        self.node
            .request("debug_traceTransaction", json!([hash.to_string(), tracer]))
            .await
    }

    async fn failure(
        &self,
        hash: B256,
        own: Option<&JsonAbi>,
    ) -> std::result::Result<TransactionFailure, NodeError> {
        let tracer = json!({"tracer": "callTracer", "tracerConfig": {"onlyTopCall": true}});
        let answer = self.trace(TransactionHash(hash.0), tracer).await?;
        let call: CallAnswer = read("debug_traceTransaction", answer)?;
        Ok(failure(&call, own).unwrap_or(TransactionFailure {
            message: "failed".to_owned(),
            decoded: None,
            data: HexBytes(call.output.to_vec()),
        }))
    }

    async fn raw(&self, hash: B256) -> std::result::Result<HexBytes, NodeError> {
        const METHOD: &str = "eth_getTransactionByHash";
        let answer = self.node.request(METHOD, json!([hash])).await?;
        let transaction: alloy_rpc_types_eth::Transaction = read(METHOD, answer)?;
        let raw = transaction.inner.inner().encoded_2718();
        if keccak256(&raw) == hash {
            Ok(HexBytes(raw))
        } else {
            Err(NodeError::malformed(METHOD, "it has another hash"))
        }
    }
}

fn method_name(own: Option<&JsonAbi>, selector: &[u8]) -> Option<MethodName> {
    let selector = Selector::try_from(selector).ok()?;
    Some(MethodName {
        selector: selector.to_string(),
        name: decode::function_name(own, selector),
    })
}

/// Why a call failed: the contract's own error, its sentence, or the tracer's word for it.
fn failure(call: &CallAnswer, own: Option<&JsonAbi>) -> Option<TransactionFailure> {
    let error = call.error.as_deref()?;
    let decoded = decode::custom_error(own, &call.output);
    let reason = decoded
        .as_ref()
        .map(|decoded| decoded.signature.clone())
        .or_else(|| decode::failure_reason(&call.output))
        .or_else(|| call.revert_reason.clone());
    Some(TransactionFailure {
        message: match reason {
            Some(reason) if !error.contains(&reason) => format!("{error}: {reason}"),
            _ => error.to_owned(),
        },
        decoded,
        data: HexBytes(call.output.to_vec()),
    })
}

fn fee_split(row: &StoredTransaction) -> FeeSplit {
    let gas_used = U256::from(row.gas_used);
    let base_fee = row.base_fee.unwrap_or_default().min(row.gas_price);
    let tip = gas_used.saturating_mul(row.gas_price - base_fee);
    let saved = row.max_fee.map(|max_fee| {
        max_fee
            .saturating_sub(row.gas_price)
            .saturating_mul(gas_used)
    });
    FeeSplit {
        paid: amount(row.fee),
        // What is not the signer's is burnt: the base fee, and the fee for blobs.
        burnt: amount(row.fee.saturating_sub(tip)),
        tip: amount(tip),
        saved: saved.map(amount),
        effective_gas_price: amount(row.gas_price),
        base_fee_per_gas: row.base_fee.map(amount),
        max_fee_per_gas: row.max_fee.map(amount),
        max_priority_fee_per_gas: row.max_tip.map(amount),
    }
}

fn access_list(answer: &TransactionAnswer) -> Vec<AccessListEntry> {
    let entries = answer.access_list.as_deref().unwrap_or_default();
    entries
        .iter()
        .map(|entry| AccessListEntry {
            address: wallet(entry.address),
            slots: entry.storage_keys.iter().map(|slot| Word(slot.0)).collect(),
        })
        .collect()
}
