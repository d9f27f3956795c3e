//! Requests to a wallet (EIP-1193 §request) and how their answers are read.

use js_sys::{Array, Function, Object, Promise, Reflect};
use types::WalletAddress;
use types::chain::Network;
use types::explorer::TransactionHash;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::super::browser::origin;
use super::super::chain::{CURRENCY_DECIMALS, describe, parse_chain_id, to_quantity};
use super::super::failure::WalletFailure;
use super::super::transaction::{self, Draft};

/// Where this site's chain answers JSON-RPC.
const RPC_PATH: &str = "/rpc";
/// Accounts that are read of one answer.
const ACCOUNTS_MAX: u32 = 256;

pub(super) async fn accounts(
    provider: &Object,
    method: &str,
) -> Result<Vec<WalletAddress>, WalletFailure> {
    Ok(read_accounts(
        &request(provider, method, &Array::new()).await?,
    ))
}

pub(super) async fn chain_id(provider: &Object) -> Result<u64, WalletFailure> {
    let answer = request(provider, "eth_chainId", &Array::new()).await?;
    read_chain_id(&answer)
        .ok_or_else(|| WalletFailure::Other("it did not say which chain it is on".to_owned()))
}

pub(super) async fn switch_chain(provider: &Object, chain_id: u64) -> Result<(), WalletFailure> {
    let chain = object(&[("chainId", to_quantity(chain_id).into())]);
    request(provider, "wallet_switchEthereumChain", &Array::of1(&chain))
        .await
        .map(drop)
}

pub(super) async fn add_chain(provider: &Object, chain_id: u64) -> Result<(), WalletFailure> {
    let chain = describe(chain_id).ok_or(WalletFailure::UnknownChain)?;
    let rpc_path = chain.rpc_path.ok_or(WalletFailure::UnknownChain)?;
    let names = (chain.name, chain.currency_name, chain.currency_symbol);
    add(provider, chain_id, names, rpc_path).await
}

/// This site's own chain, as the server describes it.
pub(super) async fn add_network(provider: &Object, network: &Network) -> Result<(), WalletFailure> {
    let symbol = network.coin_symbol.as_str();
    let names = (network.name.as_str(), symbol, symbol);
    add(provider, network.chain_id, names, RPC_PATH).await
}

/// `wallet_addEthereumChain` (EIP-3085). The names are the chain's, the coin's, and its symbol.
async fn add(
    provider: &Object,
    chain_id: u64,
    (name, coin, symbol): (&str, &str, &str),
    rpc_path: &str,
) -> Result<(), WalletFailure> {
    let currency = object(&[
        ("name", coin.into()),
        ("symbol", symbol.into()),
        ("decimals", CURRENCY_DECIMALS.into()),
    ]);
    let description = object(&[
        ("chainId", to_quantity(chain_id).into()),
        ("chainName", name.into()),
        ("nativeCurrency", currency.into()),
        (
            "rpcUrls",
            Array::of1(&format!("{}{rpc_path}", origin()).into()).into(),
        ),
    ]);
    request(
        provider,
        "wallet_addEthereumChain",
        &Array::of1(&description),
    )
    .await
    .map(drop)
}

/// Nonce, gas and fees are left to the wallet, which shows them.
pub(super) async fn send_transaction(
    provider: &Object,
    account: WalletAddress,
    draft: &Draft,
) -> Result<TransactionHash, WalletFailure> {
    let value = transaction::to_quantity(&draft.value)
        .ok_or_else(|| WalletFailure::Other("the value is too large".to_owned()))?;
    let mut fields = vec![
        ("from", account.to_checksum().into()),
        ("value", value.into()),
    ];
    if let Some(to) = draft.to {
        fields.push(("to", to.to_checksum().into()));
    }
    if !draft.data.0.is_empty() {
        fields.push(("data", draft.data.to_string().into()));
    }
    request(
        provider,
        "eth_sendTransaction",
        &Array::of1(&object(&fields)),
    )
    .await?
    .as_string()
    .and_then(|text| text.parse().ok())
    .ok_or_else(|| WalletFailure::Other("its answer is no transaction hash".to_owned()))
}

/// The message comes first, as hexadecimal digits of its bytes, then the account: the other order
/// is that of the retired `eth_sign`.
pub(super) async fn personal_sign(
    provider: &Object,
    account: WalletAddress,
    message: &str,
) -> Result<String, WalletFailure> {
    let message = format!("0x{}", hex::encode(message));
    let parameters = Array::of2(&message.into(), &account.to_checksum().into());
    request(provider, "personal_sign", &parameters)
        .await?
        .as_string()
        .ok_or_else(|| WalletFailure::Other("its answer is no signature".to_owned()))
}

pub(super) fn read_accounts(value: &JsValue) -> Vec<WalletAddress> {
    let Some(array) = value.dyn_ref::<Array>() else {
        return Vec::new();
    };
    let count = array.length().min(ACCOUNTS_MAX);
    // Wallets differ in the case of the digits; which account is meant is the same.
    (0..count)
        .filter_map(|index| {
            array
                .get(index)
                .as_string()?
                .to_ascii_lowercase()
                .parse()
                .ok()
        })
        .collect()
}

pub(super) fn read_chain_id(value: &JsValue) -> Option<u64> {
    match value.as_string() {
        Some(text) => parse_chain_id(&text),
        None => value
            .as_f64()
            .filter(|number| *number >= 0.0 && number.fract() == 0.0)
            .map(|number| number as u64),
    }
}

async fn request(
    provider: &Object,
    method: &str,
    parameters: &Array,
) -> Result<JsValue, WalletFailure> {
    let function = Reflect::get(provider, &"request".into())
        .ok()
        .and_then(|function| function.dyn_into::<Function>().ok())
        .ok_or(WalletFailure::Gone)?;
    let argument = object(&[("method", method.into()), ("params", parameters.into())]);
    let answer = function
        .call1(provider, &argument)
        .map_err(|error| read_failure(&error))?;
    JsFuture::from(Promise::resolve(&answer))
        .await
        .map_err(|error| read_failure(&error))
}

/// Errors have a `code`; wallets that talk to themselves over JSON-RPC put the original one into
/// `data.originalError`.
fn read_failure(error: &JsValue) -> WalletFailure {
    let text = field(error, "message")
        .and_then(|message| message.as_string())
        .unwrap_or_default();
    let original = field(error, "data").and_then(|data| field(&data, "originalError"));
    let code = |value: &JsValue| {
        field(value, "code")
            .and_then(|code| code.as_f64())
            .map(|code| code as i64)
    };
    let outer = WalletFailure::from_code(code(error), &text);
    match (outer, original) {
        (WalletFailure::Other(_), Some(original)) => {
            WalletFailure::from_code(code(&original), &text)
        }
        (outer, _) => outer,
    }
}

fn field(value: &JsValue, name: &str) -> Option<JsValue> {
    if !value.is_object() {
        return None;
    }
    Reflect::get(value, &name.into())
        .ok()
        .filter(|field| !field.is_undefined() && !field.is_null())
}

fn object(fields: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        // Fails only for objects that are frozen, and this one is new.
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object
}
