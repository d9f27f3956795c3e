//! Signs a transaction and sends it to a node.

use std::str::FromStr;
use std::time::Duration;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, hex, utils::parse_units};
use chain::keystore::SecretKey;
use clap::Args;
use serde_json::{Value, json};

use super::super::{problem, say};

/// How long a node may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How often the node is asked whether the transaction is in a block.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// How many times it is asked.
const POLLS_MAX: u32 = 120;

/// A transaction to sign and send.
#[derive(Debug, Args)]
pub struct Transfer {
    /// Whose key signs and who pays
    #[arg(long)]
    from: Address,
    /// Who receives; without it, --data is the code of a new contract
    #[arg(long)]
    to: Option<Address>,
    /// Amount with its unit: 1.5ether, 20gwei, 1000wei
    #[arg(long, default_value = "0wei", value_parser = parse_amount)]
    value: U256,
    /// Input, in hexadecimal
    #[arg(long, default_value = "0x")]
    data: Bytes,
    /// JSON-RPC address of a node
    #[arg(long, default_value = "http://localhost:3000/rpc")]
    rpc: String,
    /// Print the signed transaction and do not send it
    #[arg(long)]
    dry_run: bool,
}

impl Transfer {
    /// Whose key signs.
    pub const fn from(&self) -> Address {
        self.from
    }

    /// Fills in nonce, gas and fees as the node says, signs, sends, and waits for a block.
    pub async fn send(&self, secret: &SecretKey) -> Result<(), Vec<String>> {
        let node = Node::new(&self.rpc)?;
        let (kind, to) = match self.to {
            Some(to) => (TxKind::Call(to), json!(to)),
            None if self.data.is_empty() => {
                return Err(vec![
                    "name a receiver with --to, or code with --data".to_owned(),
                ]);
            }
            None => (TxKind::Create, Value::Null),
        };
        let chain_id: u64 = node.number("eth_chainId", json!([])).await?;
        let nonce = node
            .number("eth_getTransactionCount", json!([self.from, "pending"]))
            .await?;
        let mut call = json!({ "from": self.from, "value": self.value, "data": self.data });
        if !to.is_null() {
            call["to"] = to;
        }
        let gas_limit = node.number("eth_estimateGas", json!([call])).await?;
        let tip: u128 = node.number("eth_maxPriorityFeePerGas", json!([])).await?;
        let gas_price: u128 = node.number("eth_gasPrice", json!([])).await?;
        let transaction = TxEip1559 {
            chain_id,
            nonce,
            gas_limit,
            // Room for the base fee to double while the transaction waits.
            max_fee_per_gas: gas_price.saturating_mul(2),
            max_priority_fee_per_gas: tip.min(gas_price.saturating_mul(2)),
            to: kind,
            value: self.value,
            input: self.data.clone(),
            ..TxEip1559::default()
        };
        let signature = secret.sign(transaction.signature_hash());
        let signed = TxEnvelope::from(transaction.into_signed(signature));
        let raw = hex::encode_prefixed(signed.encoded_2718());
        if self.dry_run {
            say(&raw);
            return Ok(());
        }
        let hash: B256 = node.ask("eth_sendRawTransaction", json!([raw])).await?;
        say(&format!("sent {hash}"));
        wait(&node, hash).await
    }
}

async fn wait(node: &Node, hash: B256) -> Result<(), Vec<String>> {
    for _ in 0..POLLS_MAX {
        let receipt: Value = node.ask("eth_getTransactionReceipt", json!([hash])).await?;
        if receipt.is_null() {
            tokio::time::sleep(POLL_INTERVAL).await;
            continue;
        }
        let block = parse_quantity::<u64>(&receipt["blockNumber"]).unwrap_or_default();
        if let Some(contract) = receipt["contractAddress"].as_str() {
            say(&format!("contract {contract}"));
        }
        if receipt["status"] == "0x1" {
            say(&format!("in block {block}"));
            return Ok(());
        }
        return Err(vec![format!(
            "the transaction is in block {block}, and it failed; its fee is spent"
        )]);
    }
    Err(vec![format!(
        "it is not in a block after {} s; it waits in the node's mempool and may still get in",
        POLLS_MAX as u64 * POLL_INTERVAL.as_secs()
    )])
}

struct Node {
    client: reqwest::Client,
    url: String,
}

impl Node {
    fn new(url: &str) -> Result<Self, Vec<String>> {
        let client = reqwest::Client::builder()
            .timeout(ANSWER_TIMEOUT)
            .build()
            .map_err(|error| problem(&error))?;
        Ok(Self {
            client,
            url: url.to_owned(),
        })
    }

    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<T, Vec<String>> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let failed =
            |error: reqwest::Error| vec![format!("{}: {}", self.url, problem(&error).join(": "))];
        let answer = self.client.post(&self.url).json(&request).send().await;
        let mut answer: Value = answer
            .map_err(failed)?
            .error_for_status()
            .map_err(failed)?
            .json()
            .await
            .map_err(failed)?;
        if let Some(message) = answer["error"]["message"].as_str() {
            return Err(vec![format!("{method}: {message}")]);
        }
        serde_json::from_value(answer["result"].take())
            .map_err(|error| vec![format!("{}: {method}: {error}", self.url)])
    }

    async fn number<N: TryFrom<u128>>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<N, Vec<String>> {
        let answer: Value = self.ask(method, params).await?;
        parse_quantity(&answer).ok_or_else(|| {
            vec![format!(
                "{}: {method}: {answer} is not a quantity",
                self.url
            )]
        })
    }
}

fn parse_quantity<N: TryFrom<u128>>(value: &Value) -> Option<N> {
    let digits = value.as_str()?.strip_prefix("0x")?;
    u128::from_str_radix(digits, 16).ok()?.try_into().ok()
}

fn parse_amount(text: &str) -> Result<U256, String> {
    let split = text
        .find(|character: char| character.is_ascii_alphabetic())
        .ok_or("give the unit, too: 1.5ether, 20gwei or 1000wei")?;
    let (digits, unit) = text.split_at(split);
    let digits = digits.trim();
    if digits.is_empty() || digits.starts_with('-') {
        return Err("an amount is zero or more".to_owned());
    }
    let unit = alloy_primitives::utils::Unit::from_str(unit.trim())
        .map_err(|_| format!("{unit:?} is not a unit; use wei, gwei or ether"))?;
    let decimals = digits
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    if decimals > usize::from(unit.get()) {
        return Err(format!("{text:?}: the smallest amount is 1wei"));
    }
    parse_units(digits, unit.get())
        .map(Into::into)
        .map_err(|error| format!("{text:?}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_units() {
        for (text, wei) in [
            ("0wei", Some("0")),
            ("1000 wei", Some("1000")),
            ("20gwei", Some("20000000000")),
            ("1.5ether", Some("1500000000000000000")),
            ("1", None),
            ("-1ether", None),
            ("ether", None),
            ("1parsec", None),
            ("1.0000000000000000001ether", None),
        ] {
            let found = parse_amount(text).ok().map(|amount| amount.to_string());
            assert_eq!(found.as_deref(), wei, "{text}");
        }
    }
}
