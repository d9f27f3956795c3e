//! Asks the chain whether a wallet accepts a signature. Whatever goes wrong on the way is
//! "temporarily unavailable", never "accepted".

use std::collections::BTreeMap;

use serde_json::{Value, json};
use types::{ErrorCode, WalletAddress};
use url::Url;

use super::outbound::{OutboundError, send, unavailable};
use crate::IdentityError;
use crate::contract_wallet::{
    AccountKind, account_kind, is_good_answer, is_good_validator_answer, is_wrapped,
    unwrap_signature, validator_call, validity_call,
};
use crate::wallet_signature::{ACCOUNT_SIGNATURE_BYTES, SignatureFault, verify_account_signature};

type Result<T> = std::result::Result<T, IdentityError>;

/// How a signature proved itself, for the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProvenBy {
    /// The wallet's own key.
    Key,
    /// The wallet's code (EIP-1271), at this block.
    Contract { block: u64 },
    /// The code that the wallet would have (EIP-6492), at this block.
    Undeployed { block: u64 },
}

/// The chains that can be asked.
pub(crate) struct Chains {
    pub(crate) http: reqwest::Client,
    pub(crate) endpoints: BTreeMap<u64, Url>,
    /// The one chain whose contracts speak for their address. Who comes chooses the chain, and
    /// the contract at an address may be somebody else's on another one.
    pub(crate) contract_chain: Option<u64>,
}

/// A question about one signature.
pub(crate) struct Claim<'a> {
    pub(crate) address: WalletAddress,
    pub(crate) chain_id: u64,
    pub(crate) hash: [u8; 32],
    pub(crate) signature: &'a [u8],
}

impl Chains {
    /// Whether the wallet signed. The order is that of EIP-6492: wrapped signatures first, then
    /// the code at the address, the key last; an account that has lent itself to code (EIP-7702)
    /// may still sign with its key.
    pub(crate) async fn check(&self, claim: &Claim<'_>) -> Result<ProvenBy> {
        let is_believed = self.contract_chain == Some(claim.chain_id);
        let endpoint = self.endpoints.get(&claim.chain_id);
        let Some(endpoint) = endpoint.filter(|_| is_believed) else {
            return check_without_chain(claim);
        };
        let node = Node {
            http: &self.http,
            endpoint,
            chain_id: claim.chain_id,
        };
        let block = node.block().await?;
        if is_wrapped(claim.signature) {
            return check_undeployed(&node, claim, block).await;
        }
        match account_kind(&node.code(claim.address, block).await?) {
            AccountKind::Account => check_key(claim),
            AccountKind::Contract => match accepts(&node, claim, block).await? {
                true => Ok(ProvenBy::Contract { block }),
                false => Err(not_accepted()),
            },
            AccountKind::Delegated => match accepts(&node, claim, block).await? {
                true => Ok(ProvenBy::Contract { block }),
                false => check_key(claim),
            },
        }
    }
}

/// Without a chain only a key can be checked, and everything else is said to be unsupported.
fn check_without_chain(claim: &Claim<'_>) -> Result<ProvenBy> {
    if is_wrapped(claim.signature) || claim.signature.len() != ACCOUNT_SIGNATURE_BYTES {
        let error = types::ApiError::new(
            ErrorCode::SignatureInvalid,
            "this looks like a contract wallet, and this site cannot check those on the chosen chain",
        );
        return Err(IdentityError::Refused(error.with_hint(
            "sign in with an ordinary account, or ask the operator",
        )));
    }
    check_key(claim)
}

fn check_key(claim: &Claim<'_>) -> Result<ProvenBy> {
    verify_account_signature(&claim.hash, claim.signature, claim.address).map_err(refused)?;
    Ok(ProvenBy::Key)
}

/// A fault of a signature as the person sees it.
pub(crate) fn refused(fault: SignatureFault) -> IdentityError {
    let error = types::ApiError::new(ErrorCode::SignatureInvalid, fault.to_string());
    IdentityError::Refused(error.with_hint("check which account your wallet shows, and sign again"))
}

fn not_accepted() -> IdentityError {
    IdentityError::refused(
        ErrorCode::SignatureInvalid,
        "the wallet's contract does not accept this signature",
    )
}

async fn accepts(node: &Node<'_>, claim: &Claim<'_>, block: u64) -> Result<bool> {
    let data = validity_call(&claim.hash, claim.signature);
    let answer = node.call(Some(claim.address), &data, block).await?;
    Ok(answer.is_some_and(|answer| is_good_answer(&answer)))
}

async fn check_undeployed(node: &Node<'_>, claim: &Claim<'_>, block: u64) -> Result<ProvenBy> {
    let wrapped = unwrap_signature(claim.signature).ok_or_else(not_accepted)?;
    let data = validator_call(claim.address, &claim.hash, &wrapped).map_err(IdentityError::Bug)?;
    match node.call(None, &data, block).await? {
        Some(answer) if is_good_validator_answer(&answer) => Ok(ProvenBy::Undeployed { block }),
        _ => Err(not_accepted()),
    }
}

/// One chain's JSON-RPC endpoint.
struct Node<'a> {
    http: &'a reqwest::Client,
    endpoint: &'a Url,
    chain_id: u64,
}

/// Gas that a call may use: enough for any wallet, too little to keep a node busy.
const CALL_GAS: &str = "0x989680";
/// JSON-RPC error of an execution that reverted (EIP-1474 and what nodes add to it).
const EXECUTION_REVERTED: i64 = 3;
const TRANSACTION_REJECTED: i64 = -32_003;
const SERVER_ERROR: i64 = -32_000;

impl Node<'_> {
    /// The newest block, of the right chain: an endpoint that was configured for another one
    /// would answer about wallets that somebody else may hold there.
    async fn block(&self) -> Result<u64> {
        let chain_id = self.number("eth_chainId").await?;
        if chain_id != self.chain_id {
            return Err(self.failed(NodeError::OtherChain(chain_id)));
        }
        self.number("eth_blockNumber").await
    }

    async fn number(&self, method: &'static str) -> Result<u64> {
        let value = self.request(method, json!([])).await?;
        let text = value.as_str().and_then(|text| text.strip_prefix("0x"));
        text.and_then(|digits| u64::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.failed(NodeError::Shape))
    }

    async fn code(&self, address: WalletAddress, block: u64) -> Result<Vec<u8>> {
        let value = self
            .request(
                "eth_getCode",
                json!([address.to_lower_hex(), format!("{block:#x}")]),
            )
            .await?;
        self.bytes(&value)
    }

    /// The answer of a call; none when it reverted.
    async fn call(
        &self,
        to: Option<WalletAddress>,
        data: &[u8],
        block: u64,
    ) -> Result<Option<Vec<u8>>> {
        let mut transaction = json!({"data": format!("0x{}", hex::encode(data)), "gas": CALL_GAS});
        if let Some(to) = to {
            transaction["to"] = to.to_lower_hex().into();
        }
        match self
            .ask("eth_call", json!([transaction, format!("{block:#x}")]))
            .await
        {
            Ok(value) => self.bytes(&value).map(Some),
            Err(NodeError::Answered { code, message }) if is_revert(code, &message) => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn bytes(&self, value: &Value) -> Result<Vec<u8>> {
        let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
        digits
            .and_then(|digits| hex::decode(digits).ok())
            .ok_or_else(|| self.failed(NodeError::Shape))
    }

    async fn request(&self, method: &'static str, params: Value) -> Result<Value> {
        self.ask(method, params)
            .await
            .map_err(|error| self.failed(error))
    }

    async fn ask(
        &self,
        method: &'static str,
        params: Value,
    ) -> std::result::Result<Value, NodeError> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = send(self.http.post(self.endpoint.clone()).json(&body)).await?;
        if !answer.status.is_success() {
            return Err(NodeError::Status(answer.status.as_u16()));
        }
        let mut value: Value =
            serde_json::from_slice(&answer.body).map_err(|_| NodeError::Shape)?;
        if let Some(error) = value.get("error").filter(|error| !error.is_null()) {
            return Err(NodeError::Answered {
                code: error["code"].as_i64().unwrap_or_default(),
                message: error["message"].as_str().unwrap_or_default().to_owned(),
            });
        }
        value
            .get_mut("result")
            .map(Value::take)
            .ok_or(NodeError::Shape)
    }

    fn failed(&self, error: NodeError) -> IdentityError {
        unavailable(format!("chain {}", self.chain_id), error)
    }
}

#[derive(Debug, thiserror::Error)]
enum NodeError {
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("it answered with error {code}: {message}")]
    Answered { code: i64, message: String },
    #[error("its answer has another shape than asked for")]
    Shape,
    #[error("it serves chain {0}")]
    OtherChain(u64),
}

/// Nodes agree on code 3 for a revert; some use a general code and say it in words.
fn is_revert(code: i64, message: &str) -> bool {
    let lower = message.to_lowercase();
    let says_so = ["revert", "evm error", "invalid opcode", "out of gas"]
        .iter()
        .any(|word| lower.contains(word));
    code == EXECUTION_REVERTED || (matches!(code, SERVER_ERROR | TRANSACTION_REJECTED) && says_so)
}

#[cfg(test)]
mod tests;
