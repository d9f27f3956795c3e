//! Contracts: their interface, reading and writing them, and proving their source.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};
use types::WalletAddress;
use types::explorer::{ContractView, DecodedField, HexBytes, Verification};

use crate::actions::error::ActionResult;

#[cfg(feature = "ssr")]
use super::failure::explorer;
#[cfg(feature = "ssr")]
use crate::actions::authority::signed_in;
#[cfg(feature = "ssr")]
use crate::actions::hand_over::redirect_plain_form;
#[cfg(feature = "ssr")]
use crate::pages::explorer::path;
#[cfg(feature = "ssr")]
use types::explorer::VerificationRequest;

/// A function of a contract with its arguments as texts, in the order of its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionCall {
    pub address: WalletAddress,
    /// `transfer(address,uint256)`.
    pub signature: String,
    pub arguments: Vec<String>,
}

/// The contract of an address; none when it has no code.
#[server(prefix = "/api", endpoint = "explorer/contract")]
pub async fn read_contract(address: WalletAddress) -> ActionResult<Option<ContractView>> {
    Ok(explorer()?.contract(address).await?)
}

/// Calls a function that only reads.
#[server(prefix = "/api", endpoint = "explorer/call_contract", input = Json)]
pub async fn call_contract(call: FunctionCall) -> ActionResult<Vec<DecodedField>> {
    Ok(explorer()?
        .read_contract(call.address, &call.signature, &call.arguments)
        .await?)
}

/// The call data of a function.
#[server(prefix = "/api", endpoint = "explorer/encode_call", input = Json)]
pub async fn encode_call(call: FunctionCall) -> ActionResult<HexBytes> {
    Ok(explorer()?
        .encode_call(call.address, &call.signature, &call.arguments)
        .await?)
}

/// Keeps an interface for a contract whose source nobody proved. Only for people who are signed
/// in: what others then see carries their name.
#[server(prefix = "/api", endpoint = "explorer/upload_interface")]
pub async fn upload_interface(address: WalletAddress, abi: String) -> ActionResult<()> {
    let request = signed_in()?;
    explorer()?
        .upload_interface(address, &abi, &request.viewer.name)
        .await?;
    redirect_plain_form(&path::contract(address));
    Ok(())
}

/// Compiles a source and keeps it if it is the contract's.
#[server(prefix = "/api", endpoint = "explorer/verify")]
pub async fn verify_contract(
    address: WalletAddress,
    /// The compiler's standard JSON input.
    standard_json: String,
    /// `contracts/Token.sol:Token`; empty: whichever fits.
    #[server(default)]
    contract: String,
    /// Empty: whichever is there.
    #[server(default)]
    compiler: String,
) -> ActionResult<Verification> {
    let request = signed_in()?;
    let compiler = compiler.trim();
    let asked = VerificationRequest {
        address,
        standard_json,
        contract: contract.trim().to_owned(),
        compiler: (!compiler.is_empty()).then(|| compiler.to_owned()),
    };
    let verification = explorer()?.verify(&asked, &request.viewer.name).await?;
    redirect_plain_form(&path::contract(address));
    Ok(verification)
}
