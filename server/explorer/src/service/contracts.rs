//! The pages of contracts: code, interface, reading and writing.

use alloy_primitives::{Address, Bytes, keccak256};
use serde_json::json;
use types::explorer::{
    ContractView, DecodedField, HexBytes, Proxy, Verification, VerificationRequest, VerifiedSource,
    Word,
};
use types::{Timestamp, WalletAddress};

use super::{Explorer, Inner, Result};
use crate::answer::read;
use crate::convert::{address, wallet};
use crate::decode;
use crate::error::ExplorerError;
use crate::node::NodeError;
use crate::store::ContractRow;
use crate::verify;

impl Explorer {
    /// The contract of an address; none when it has no code.
    ///
    /// # Errors
    /// The node or the database does not answer.
    pub async fn contract(&self, of: WalletAddress) -> Result<Option<ContractView>> {
        let inner = &self.inner;
        let of = address(of);
        let code = inner.code(of).await?;
        if code.is_empty() {
            return Ok(None);
        }
        let code_hash = keccak256(&code);
        let row = inner.contracts.read(inner.chain_id(), of).await?;
        let row = row.filter(|row| row.code_hash == code_hash);
        let proxy = inner.proxy(of).await?;
        let interface = inner.interfaces_behind_proxies(vec![of]).await?.remove(&of);
        let labels = inner
            .labels(proxy.map(|(_, target)| target).into_iter().collect())
            .await?;
        Ok(Some(ContractView {
            address: wallet(of),
            code: HexBytes(code.to_vec()),
            code_hash: Word(code_hash.0),
            verification: row.map_or(Verification::Unverified, verification),
            proxy: proxy.map(|(kind, target)| Proxy {
                kind,
                implementation: labels.party(target),
            }),
            interface: interface.as_deref().map(decode::forms),
        }))
    }

    /// Calls a function that only reads, at the newest block.
    ///
    /// # Errors
    /// The contract has no such function, an argument does not fit, or the call fails: with the
    /// contract's reason.
    pub async fn read_contract(
        &self,
        of: WalletAddress,
        signature: &str,
        arguments: &[String],
    ) -> Result<Vec<DecodedField>> {
        const METHOD: &str = "eth_call";
        let inner = &self.inner;
        let abi = inner.known_interface(address(of)).await?;
        let function = decode::find_function(&abi, signature)?;
        let input = Bytes::from(decode::encode_call(function, arguments)?);
        let call = json!({"to": address(of), "data": input, "input": input});
        let answer = match inner.node.request(METHOD, json!([call, "latest"])).await {
            Ok(answer) => read::<Bytes>(METHOD, answer)?,
            Err(NodeError::Refused { message, data, .. }) => {
                let data = data.and_then(|data| data.as_str()?.parse::<Bytes>().ok());
                let data = data.unwrap_or_default();
                let reason = decode::custom_error(Some(&abi), &data)
                    .map(|error| error.signature)
                    .or_else(|| decode::failure_reason(&data))
                    .unwrap_or(message);
                return Err(ExplorerError::Invalid(format!("the call fails: {reason}")));
            }
            Err(error) => return Err(error.into()),
        };
        decode::output(function, &answer).ok_or_else(|| {
            ExplorerError::Invalid("the answer does not fit the interface".to_owned())
        })
    }

    /// The call data of a function, for a wallet to send.
    ///
    /// # Errors
    /// The contract has no such function, or an argument does not fit.
    pub async fn encode_call(
        &self,
        of: WalletAddress,
        signature: &str,
        arguments: &[String],
    ) -> Result<HexBytes> {
        let abi = self.inner.known_interface(address(of)).await?;
        let function = decode::find_function(&abi, signature)?;
        Ok(HexBytes(decode::encode_call(function, arguments)?))
    }

    /// Keeps an interface that `by` says is the contract's. A proven one stays.
    ///
    /// # Errors
    /// It is not a JSON ABI, the address has no code, or its source is verified.
    pub async fn upload_interface(&self, of: WalletAddress, abi: &str, by: &str) -> Result<()> {
        let inner = &self.inner;
        let abi = decode::parse_abi(abi)?;
        let of = address(of);
        let code = inner.contract_code(of).await?;
        let known = inner.contracts.read(inner.chain_id(), of).await?;
        let code_hash = keccak256(&code);
        if known.is_some_and(|row| row.verified.is_some() && row.code_hash == code_hash) {
            return Err(ExplorerError::Invalid(
                "the contract's source is verified: its interface is known".to_owned(),
            ));
        }
        let row = ContractRow {
            address: of,
            code_hash,
            name: String::new(),
            abi: decode::forms(&abi).abi,
            verified: None,
            given_by: by.to_owned(),
            given_at: Timestamp::now(),
        };
        inner.keep_contract(row).await
    }

    /// Compiles a source and keeps it if it is the contract's. An exact match replaces one without
    /// metadata, never the other way round.
    ///
    /// # Errors
    /// The source does not compile, or to other code; no compiler is set up, or it is in use.
    pub async fn verify(&self, request: &VerificationRequest, by: &str) -> Result<Verification> {
        let inner = &self.inner;
        let of = address(request.address);
        let code = inner.contract_code(of).await?;
        let creation = inner.creation_input(of).await?;
        let compiler = inner.settings.compiler.as_ref().ok_or_else(|| {
            ExplorerError::Verification("no compiler is set up on this server".to_owned())
        })?;
        let _place = inner.compilers.try_acquire().map_err(|_| {
            ExplorerError::Busy(
                "another source is being compiled; try again in a minute".to_owned(),
            )
        })?;
        let deployed = verify::Deployed {
            code: &code,
            creation: creation.as_deref(),
        };
        let found = verify::verify(compiler, request, &deployed).await?;
        let code_hash = keccak256(&code);
        if let Some(known) = inner.contracts.read(inner.chain_id(), of).await?
            && known.code_hash == code_hash
            && known
                .verified
                .as_ref()
                .is_some_and(|known| known.matched < found.matched)
        {
            return Ok(verification(known));
        }
        let row = ContractRow {
            address: of,
            code_hash,
            name: found.name.clone(),
            abi: found.abi,
            verified: Some(VerifiedSource {
                name: found.name,
                matched: found.matched,
                compiler: found.compiler,
                settings: found.settings,
                files: found.files,
                constructor_arguments: found.constructor_arguments.map(HexBytes),
                by: by.to_owned(),
                at: Timestamp::now(),
            }),
            given_by: by.to_owned(),
            given_at: Timestamp::now(),
        };
        inner.keep_contract(row.clone()).await?;
        Ok(verification(row))
    }
}

impl Inner {
    async fn known_interface(
        &self,
        of: Address,
    ) -> Result<std::sync::Arc<alloy_json_abi::JsonAbi>> {
        let mut interfaces = self.interfaces_behind_proxies(vec![of]).await?;
        interfaces.remove(&of).ok_or_else(|| {
            ExplorerError::Invalid("the contract's interface is not known yet".to_owned())
        })
    }

    async fn contract_code(&self, of: Address) -> Result<Bytes> {
        let code = self.code(of).await?;
        if code.is_empty() {
            return Err(ExplorerError::Invalid(
                "there is no contract at that address".to_owned(),
            ));
        }
        Ok(code)
    }

    /// The code that created a contract, where a transaction shows it.
    async fn creation_input(&self, of: Address) -> Result<Option<Vec<u8>>> {
        let Some(creation) = self.store.creation(of).await? else {
            return Ok(None);
        };
        let Some(row) = self.store.transaction(creation.transaction).await? else {
            return Ok(None);
        };
        if row.created != Some(of) {
            return Ok(None);
        }
        let answer = self.transaction_answer(row.hash).await.ok();
        Ok(answer.map(|answer| answer.input.to_vec()))
    }

    async fn keep_contract(&self, row: ContractRow) -> Result<()> {
        self.contracts.write(self.chain_id(), &row).await?;
        self.interfaces.lock().remove(&row.address);
        Ok(())
    }
}

fn verification(row: ContractRow) -> Verification {
    match row.verified {
        Some(source) => Verification::Verified(Box::new(source)),
        None => Verification::InterfaceOnly {
            by: row.given_by,
            at: row.given_at,
        },
    }
}
