//! Gives coins away where the chain is for development: a real transaction of the treasury's.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, TxKind, U256};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use chain::header_rules::next_base_fee;
use chain::{Chain, clique};
use http::StatusCode;
use parking_lot::Mutex;
use secp256k1::SecretKey;
use serde_json::{Value, json};

use super::ChainApi;
use super::failure::Failure;
use super::input::Body;

/// The most that one call gives: 10 ether.
pub const CALL_MAX_WEI: U256 = U256::from_limbs([10_000_000_000_000_000_000, 0, 0, 0]);
/// The most that an address gets in a day, UTC: 18 ether.
pub const DAY_MAX_WEI: U256 = U256::from_limbs([18_000_000_000_000_000_000, 0, 0, 0]);
/// Addresses that are remembered for a day; then nobody new gets anything until the next.
const ADDRESSES_MAX: usize = 100_000;
/// What is offered to the block's maker for a unit of gas, in wei.
const TIP_WEI: u64 = 1_000_000_000;
/// Gas for a transfer to a contract that notes it.
const GAS_LIMIT: u64 = 60_000;

/// The purse, and what was given today.
pub struct Faucet {
    key: SecretKey,
    given: Mutex<Given>,
    /// One transaction at a time: each takes the next nonce.
    paying: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Given {
    /// Days since 1970-01-01, UTC.
    day: u64,
    wei: HashMap<Address, U256>,
}

/// Why a gift was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GiveError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the faucet cannot pay: {0}")]
    NotSent(String),
}

impl From<GiveError> for Failure {
    fn from(error: GiveError) -> Self {
        let text = error.to_string();
        match error {
            GiveError::Refused(Refusal::Call) => Self::bad_request(text),
            GiveError::Refused(_) => Self::detail(StatusCode::TOO_MANY_REQUESTS, text),
            GiveError::NotSent(_) => Self::detail(StatusCode::SERVICE_UNAVAILABLE, text),
        }
    }
}

/// Why nothing is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("a call gives at most {CALL_MAX_WEI} wei")]
    Call,
    #[error("an address gets at most {DAY_MAX_WEI} wei a day, and may have {left} more today")]
    Day { left: U256 },
    #[error("too many addresses were given something today; come back tomorrow")]
    Full,
}

/// `POST /rpc/faucet`.
pub async fn faucet(State(api): State<ChainApi>, body: Bytes) -> Result<Json<Value>, Failure> {
    let paid = pay(&api, &body).await?;
    Ok(Json(json!({
        "success": true,
        "address": paid.address,
        "amount": paid.amount.to_string(),
        "balance": paid.balance.to_string(),
        "tx_hash": paid.hash,
    })))
}

/// `POST /rpc/admin/mintFaucet`.
pub async fn mint(State(api): State<ChainApi>, body: Bytes) -> Result<Json<Value>, Failure> {
    let paid = pay(&api, &body).await?;
    Ok(Json(json!({
        "address": paid.address,
        "balance": paid.balance.to_string(),
        "tx_hash": paid.hash,
    })))
}

struct Paid {
    address: Address,
    amount: U256,
    /// When the transaction is mined.
    balance: U256,
    hash: B256,
}

async fn pay(api: &ChainApi, body: &[u8]) -> Result<Paid, Failure> {
    let Some(faucet) = &api.parts.faucet else {
        let text = "the faucet is for chains of development; this one has none";
        return Err(Failure::detail(StatusCode::FORBIDDEN, text));
    };
    let body = Body::read(body)?;
    let (address, amount) = (body.address("address")?, body.amount("amount")?);
    let hash = faucet.give(api.chain(), address, amount).await?;
    let before = api
        .state()
        .account(address)?
        .map_or(U256::ZERO, |account| account.balance);
    Ok(Paid {
        address,
        amount,
        balance: before.saturating_add(amount),
        hash,
    })
}

impl Faucet {
    /// Gives from the account of this key.
    #[must_use]
    pub fn new(key: SecretKey) -> Self {
        Self {
            key,
            given: Mutex::default(),
            paying: tokio::sync::Mutex::default(),
        }
    }

    /// The account that pays.
    #[must_use]
    pub fn address(&self) -> Address {
        clique::signer_address(&self.key)
    }

    /// Gives `amount` wei, within the bounds of a call and of a day.
    ///
    /// # Errors
    /// More than may be given, or the transaction was not taken.
    pub async fn give(&self, chain: &Chain, to: Address, amount: U256) -> Result<B256, GiveError> {
        self.given.lock().note(to, amount, today())?;
        let sent = self.send(chain, to, amount).await;
        tracing::info!(
            target: "audit",
            action = "chain.faucet",
            success = sent.is_ok(),
            address = %to,
            amount = %amount,
            tx_hash = sent.as_ref().ok().map(ToString::to_string),
            "audit_event"
        );
        sent.inspect_err(|_| self.given.lock().take_back(to, amount))
    }

    async fn send(&self, chain: &Chain, to: Address, amount: U256) -> Result<B256, GiveError> {
        let _turn = self.paying.lock().await;
        let tip = chain.tip();
        let from = self.address();
        let nonce = chain
            .next_nonce(from)
            .map_err(|error| GiveError::NotSent(error.to_string()))?;
        let base_fee = next_base_fee(&tip.header);
        let transaction = TxEip1559 {
            chain_id: chain.spec().chain_id(),
            nonce,
            gas_limit: GAS_LIMIT,
            max_fee_per_gas: u128::from(base_fee) * 2 + u128::from(TIP_WEI),
            max_priority_fee_per_gas: TIP_WEI.into(),
            to: TxKind::Call(to),
            value: amount,
            ..Default::default()
        };
        let signature = alloy_consensus::crypto::secp256k1::sign_message(
            B256::new(self.key.secret_bytes()),
            transaction.signature_hash(),
        )
        .map_err(|error| GiveError::NotSent(error.to_string()))?;
        let raw = TxEnvelope::from(transaction.into_signed(signature)).encoded_2718();
        chain
            .submit(&raw)
            .await
            .map_err(|error| GiveError::NotSent(error.to_string()))
    }
}

impl Given {
    /// Notes a gift, if it is one that may be made.
    fn note(&mut self, address: Address, amount: U256, today: u64) -> Result<(), Refusal> {
        if amount > CALL_MAX_WEI {
            return Err(Refusal::Call);
        }
        if self.day != today {
            self.day = today;
            self.wei.clear();
        }
        let had = self.wei.get(&address).copied();
        if had.is_none() && self.wei.len() >= ADDRESSES_MAX {
            return Err(Refusal::Full);
        }
        let had = had.unwrap_or_default();
        let left = DAY_MAX_WEI.saturating_sub(had);
        if amount > left {
            return Err(Refusal::Day { left });
        }
        self.wei.insert(address, had + amount);
        Ok(())
    }

    /// Of a gift that was not made after all.
    fn take_back(&mut self, address: Address, amount: U256) {
        if let Some(had) = self.wei.get_mut(&address) {
            *had = had.saturating_sub(amount);
        }
    }
}

fn today() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    since.as_secs() / (24 * 60 * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gifts_are_bounded_by_call_address_and_day() {
        let mut given = Given::default();
        let (anna, bert) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let one = U256::ONE;
        assert_eq!(given.note(anna, CALL_MAX_WEI + one, 7), Err(Refusal::Call));
        assert_eq!(given.note(anna, CALL_MAX_WEI, 7), Ok(()));
        let left = DAY_MAX_WEI - CALL_MAX_WEI;
        assert_eq!(
            given.note(anna, CALL_MAX_WEI, 7),
            Err(Refusal::Day { left })
        );
        assert_eq!(given.note(anna, left, 7), Ok(()));
        assert_eq!(
            given.note(anna, one, 7),
            Err(Refusal::Day { left: U256::ZERO })
        );
        assert_eq!(given.note(bert, one, 7), Ok(()));
        given.take_back(anna, one);
        assert_eq!(given.note(anna, one, 7), Ok(()));
        assert_eq!(given.note(anna, one, 8), Ok(()));
    }
}
