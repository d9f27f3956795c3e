//! The chain's machinery: signers, nodes, and sending.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use types::WalletAddress;
use types::chain::{FaucetGift, Network, Nodes, PreparedTransaction, Signers, TransactionRequest};
use types::explorer::TransactionHash;

use crate::actions::error::ActionResult;

#[cfg(feature = "ssr")]
use {
    super::failure::explorer,
    crate::actions::authority::signed_in,
    crate::actions::hand_over::redirect_plain_form,
    crate::context::{ChainStatus, services},
    crate::pages::explorer::path,
    std::sync::Arc,
    types::explorer::HexBytes,
    types::{ApiError, ErrorCode},
};

#[cfg(feature = "ssr")]
fn chain() -> ActionResult<Arc<dyn ChainStatus>> {
    services()?.chain.ok_or_else(|| {
        ApiError::new(ErrorCode::Unavailable, "This site runs no chain.")
            .with_hint("Its operator can switch the chain on.")
            .into()
    })
}

/// Who signs blocks, in which order, and who is voted on.
#[server(prefix = "/api", endpoint = "explorer/signers")]
pub async fn read_signers() -> ActionResult<Signers> {
    Ok(chain()?.signers().await?)
}

/// The nodes that follow the chain.
#[server(prefix = "/api", endpoint = "explorer/nodes")]
pub async fn read_nodes() -> ActionResult<Nodes> {
    Ok(chain()?.nodes().await?)
}

/// What a wallet must know of the chain.
#[server(prefix = "/api", endpoint = "explorer/network")]
pub async fn read_network() -> ActionResult<Network> {
    Ok(chain()?.network())
}

/// Nonce, gas and fees, for a wallet that cannot ask a node itself.
#[server(prefix = "/api", endpoint = "explorer/prepare", input = Json)]
pub async fn prepare_transaction(request: TransactionRequest) -> ActionResult<PreparedTransaction> {
    Ok(chain()?.prepare(request).await?)
}

/// Hands a signed transaction to the node. A form that was posted without JavaScript leads to the
/// transaction's page.
#[server(prefix = "/api", endpoint = "explorer/broadcast")]
pub async fn broadcast_transaction(
    /// `0x` and the bytes of a signed transaction (EIP-2718).
    raw: String,
) -> ActionResult<TransactionHash> {
    let raw: HexBytes = raw.trim().parse().map_err(|_| {
        ApiError::new(
            ErrorCode::BadRequest,
            "A signed transaction is 0x and an even number of hexadecimal digits.",
        )
        .with_field("raw")
    })?;
    let hash = explorer()?.broadcast(&raw).await?;
    redirect_plain_form(&path::transaction(hash));
    Ok(hash)
}

/// The development faucet's gift.
#[server(prefix = "/api", endpoint = "explorer/faucet")]
pub async fn ask_faucet(to: WalletAddress) -> ActionResult<FaucetGift> {
    let request = signed_in()?;
    let gift = chain()?.ask_faucet(to, request.context.actor()).await?;
    redirect_plain_form(&path::transaction(gift.transaction));
    Ok(gift)
}
