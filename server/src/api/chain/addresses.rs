//! Balances, and what the index knows of addresses.

use std::sync::Arc;

use alloy_primitives::{Address, U256};
use axum::Json;
use axum::extract::{Path, State};
use chain::StoreError;
use http::StatusCode;
use serde_json::{Value, json};

use super::address_book::{AddressBookError, Entry};
use super::failure::Failure;
use super::input::{self, Query};
use super::view::time_text;
use super::{AddressBook, ChainApi};

/// `GET /rpc/getBalance/{address}`: an address that nobody has used has nothing.
pub async fn get_balance(
    State(api): State<ChainApi>,
    Path(address): Path<String>,
) -> Result<Json<Value>, Failure> {
    Ok(Json(account_view(&api, path_address(&address)?)?.0))
}

/// `GET /rpc/balance/{address}`.
pub async fn balance(
    State(api): State<ChainApi>,
    Path(address): Path<String>,
) -> Result<Json<Value>, Failure> {
    let address = path_address(&address)?;
    let (mut view, _) = account_view(&api, address)?;
    view["available_balance"] = view["balance"].clone();
    view["next_nonce"] = json!(api.chain().next_nonce(address)?);
    Ok(Json(view))
}

/// `GET /rpc/account/{address}` and `GET /rpc/accounts/{address}`.
pub async fn account(
    State(api): State<ChainApi>,
    Path(address): Path<String>,
) -> Result<Json<Value>, Failure> {
    let (view, exists) = account_view(&api, path_address(&address)?)?;
    match exists {
        Existence::Known => Ok(Json(view)),
        Existence::Unknown => Err(Failure::not_found("account not found")),
    }
}

/// `GET /rpc/address/{address}`.
pub async fn address(
    State(api): State<ChainApi>,
    Path(address): Path<String>,
    query: Query,
) -> Result<Json<Value>, Failure> {
    let rows = query.rows()?;
    let address = path_address(&address)?;
    let (mut view, _) = account_view(&api, address)?;
    let history = index(&api)?
        .history(address, rows)
        .await
        .map_err(unanswered)?;
    let (sent, received): (Vec<_>, Vec<_>) =
        history.entries.into_iter().partition(|entry| entry.is_sent);
    let views =
        |entries: Vec<Entry>| -> Value { entries.into_iter().map(|entry| entry.view).collect() };
    view["total_transactions_sent"] = json!(history.sent_total);
    view["total_transactions_received"] = json!(history.received_total);
    view["latest_sent"] = views(sent);
    view["latest_received"] = views(received);
    Ok(Json(view))
}

/// `GET /rpc/addresses`.
pub async fn ranking(State(api): State<ChainApi>, query: Query) -> Result<Json<Value>, Failure> {
    let rows = query.rows()?;
    let min_balance = match query.text("min_balance") {
        None => U256::ZERO,
        Some(text) => U256::from_str_radix(text, 10).map_err(|_| {
            Failure::value(
                "query",
                "min_balance",
                "not an amount in wei",
                Value::from(text),
            )
        })?,
    };
    let ranking = index(&api)?
        .ranking(rows, min_balance)
        .await
        .map_err(unanswered)?;
    let state = api.state();
    let addresses: Vec<Value> = ranking
        .rows
        .iter()
        .map(|ranked| {
            let nonce = state
                .account(ranked.address)?
                .map_or(0, |account| account.nonce);
            Ok(json!({
                "address": ranked.address,
                "balance": ranked.balance.to_string(),
                "nonce": nonce,
                "total_transactions_sent": nonce,
                "total_transactions_received": ranked.transactions.saturating_sub(nonce),
            }))
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Json(json!({
        "addresses": addresses,
        "total": ranking.total,
        "limit": rows.limit,
        "offset": rows.offset,
    })))
}

enum Existence {
    Known,
    Unknown,
}

fn account_view(api: &ChainApi, address: Address) -> Result<(Value, Existence), StoreError> {
    let tip = api.tip();
    let Some(account) = tip.state().account(address)? else {
        let view = json!({"address": address, "balance": "0", "nonce": 0});
        return Ok((view, Existence::Unknown));
    };
    let view = json!({
        "address": address,
        "balance": account.balance.to_string(),
        "nonce": account.nonce,
        "updated_at": time_text(tip.header.timestamp),
    });
    Ok((view, Existence::Known))
}

fn path_address(text: &str) -> Result<Address, Failure> {
    input::address("path", "address", text)
}

fn index(api: &ChainApi) -> Result<&Arc<dyn AddressBook>, Failure> {
    api.parts.address_book.as_ref().ok_or_else(|| {
        Failure::detail(
            StatusCode::SERVICE_UNAVAILABLE,
            "this node keeps no index of addresses; switch its explorer on",
        )
    })
}

fn unanswered(error: AddressBookError) -> Failure {
    match error {
        AddressBookError::TooFar => Failure::bad_request(error.to_string()),
        AddressBookError::Index(error) => Failure::internal(error),
    }
}
