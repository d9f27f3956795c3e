//! Against a real EVM (`anvil`), and against endpoints that misbehave.

mod chain;

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use types::ErrorCode;
use types::audit::AuditQuery;
use types::sign_in::{ProofPurpose, WalletProof};

use self::chain::Chain;
use super::*;
use crate::contract_wallet::{WrappedSignature, wrap_signature};
use crate::service::outbound;
use crate::service::testing::{CHAIN_ID, code, sites, wallet};
use crate::wallet_signature::personal_hash;

const HASH: [u8; 32] = [0x5a; 32];

/// Long enough for a busy machine; how soon we give up is tried by itself.
const PATIENCE: Duration = Duration::from_secs(60);

fn chains(endpoint: &str) -> Chains {
    Chains {
        http: outbound::client(PATIENCE).unwrap(),
        endpoints: BTreeMap::from([(CHAIN_ID, endpoint.parse().unwrap())]),
        contract_chain: Some(CHAIN_ID),
    }
}

async fn ask(chain: &Chain, address: WalletAddress, signature: &[u8]) -> Result<ProvenBy> {
    let claim = Claim {
        address,
        chain_id: CHAIN_ID,
        hash: HASH,
        signature,
    };
    chains(&chain.endpoint).check(&claim).await
}

#[tokio::test]
async fn the_committed_code_is_what_its_source_compiles_to() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/contracts/compile.mjs");
    let output = tokio::process::Command::new("node")
        .args([script, "--check"])
        .output()
        .await
        .expect("node runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
async fn a_contract_wallet_is_asked_itself() {
    let chain = Chain::start().await;
    let (owner, other) = (wallet(1), wallet(2));
    let address = chain.deploy("OwnedWallet", &[owner.address]).await;
    let proven = ask(&chain, address, &owner.sign_hash(&HASH)).await.unwrap();
    assert!(matches!(proven, ProvenBy::Contract { block } if block > 0));
    assert_eq!(
        code(ask(&chain, address, &other.sign_hash(&HASH)).await),
        ErrorCode::SignatureInvalid
    );
    assert_eq!(
        code(ask(&chain, address, &owner.sign_hash(&[0; 32])).await),
        ErrorCode::SignatureInvalid
    );
    // Too short for the contract: it reverts, which is a no and not a failure.
    assert_eq!(
        code(ask(&chain, address, &[1, 2, 3]).await),
        ErrorCode::SignatureInvalid
    );
    // The owner's key opens the wallet, not the other way round; and not another wallet of the
    // same code.
    let foreign = chain.deploy("OwnedWallet", &[other.address]).await;
    assert_eq!(
        code(ask(&chain, foreign, &owner.sign_hash(&HASH)).await),
        ErrorCode::SignatureInvalid
    );
}

#[tokio::test]
async fn on_other_chains_than_the_first_only_keys_count() {
    let chain = Chain::start().await;
    let owner = wallet(1);
    let address = chain.deploy("OwnedWallet", &[owner.address]).await;
    let signature = owner.sign_hash(&HASH);
    let first_is_another = Chains {
        contract_chain: Some(1),
        ..chains(&chain.endpoint)
    };
    let claim = |address| Claim {
        address,
        chain_id: CHAIN_ID,
        hash: HASH,
        signature: &signature,
    };
    assert!(chains(&chain.endpoint).check(&claim(address)).await.is_ok());
    assert_eq!(
        code(first_is_another.check(&claim(address)).await),
        ErrorCode::SignatureInvalid
    );
    assert_eq!(
        first_is_another.check(&claim(owner.address)).await.unwrap(),
        ProvenBy::Key
    );
}

#[tokio::test]
async fn a_contract_without_the_method_is_no_wallet() {
    let chain = Chain::start().await;
    let address = chain.deploy("OwnedWalletFactory", &[]).await;
    assert_eq!(
        code(ask(&chain, address, &wallet(1).sign_hash(&HASH)).await),
        ErrorCode::SignatureInvalid
    );
}

#[tokio::test]
async fn an_ordinary_account_signs_with_its_key() {
    let chain = Chain::start().await;
    let ada = wallet(1);
    assert_eq!(
        ask(&chain, ada.address, &ada.sign_hash(&HASH))
            .await
            .unwrap(),
        ProvenBy::Key
    );
    assert_eq!(
        code(ask(&chain, ada.address, &wallet(2).sign_hash(&HASH)).await),
        ErrorCode::SignatureInvalid
    );
}

/// The key of an address where a contract stands does not speak for the contract.
#[tokio::test]
async fn where_a_contract_stands_the_key_counts_for_nothing() {
    let chain = Chain::start().await;
    let ada = wallet(1);
    chain
        .set_code(ada.address, &chain::runtime_code("EchoWallet"))
        .await;
    assert_eq!(
        code(ask(&chain, ada.address, &ada.sign_hash(&HASH)).await),
        ErrorCode::SignatureInvalid
    );
    assert!(ask(&chain, ada.address, &HASH).await.is_ok());
}

#[tokio::test]
async fn an_account_that_runs_code_signs_by_its_code_or_its_key() {
    let chain = Chain::start().await;
    let ada = wallet(1);
    let echo = chain.deploy("EchoWallet", &[]).await;
    chain
        .set_code(ada.address, &[&[0xef, 0x01, 0x00][..], &echo.0].concat())
        .await;
    assert!(matches!(
        ask(&chain, ada.address, &HASH).await.unwrap(),
        ProvenBy::Contract { .. }
    ));
    assert_eq!(
        ask(&chain, ada.address, &ada.sign_hash(&HASH))
            .await
            .unwrap(),
        ProvenBy::Key
    );
    assert_eq!(
        code(ask(&chain, ada.address, &wallet(2).sign_hash(&HASH)).await),
        ErrorCode::SignatureInvalid
    );
}

#[tokio::test]
async fn a_wallet_that_is_not_deployed_yet_is_asked_as_if_it_were() {
    let chain = Chain::start().await;
    let (owner, other) = (wallet(1), wallet(2));
    let factory = chain.deploy("OwnedWalletFactory", &[]).await;
    let address = chain.undeployed(factory, owner.address).await;
    let wrapped = |signature: Vec<u8>| {
        let factory_call = chain::factory_call("deploy(address,bytes32)", owner.address);
        wrap_signature(&WrappedSignature {
            factory,
            factory_call,
            signature,
        })
    };
    let good = wrapped(owner.sign_hash(&HASH));
    assert!(matches!(
        ask(&chain, address, &good).await.unwrap(),
        ProvenBy::Undeployed { .. }
    ));
    assert!(
        chain.code(address).await.is_empty(),
        "asking deploys nothing"
    );
    assert_eq!(
        code(ask(&chain, address, &wrapped(other.sign_hash(&HASH))).await),
        ErrorCode::SignatureInvalid
    );
    // A factory that deploys somewhere else proves nothing about this address.
    assert_eq!(
        code(ask(&chain, other.address, &good).await),
        ErrorCode::SignatureInvalid
    );
    let revert = wrap_signature(&WrappedSignature {
        factory,
        factory_call: vec![1, 2, 3, 4],
        signature: owner.sign_hash(&HASH),
    });
    assert_eq!(
        code(ask(&chain, address, &revert).await),
        ErrorCode::SignatureInvalid
    );
    let suffix_only = good[good.len() - 32..].to_vec();
    assert_eq!(
        code(ask(&chain, address, &suffix_only).await),
        ErrorCode::SignatureInvalid
    );

    // Once it is deployed, wrapped and plain signatures are good.
    chain
        .send(
            factory,
            chain::factory_call("deploy(address,bytes32)", owner.address),
        )
        .await;
    assert!(!chain.code(address).await.is_empty());
    assert!(ask(&chain, address, &good).await.is_ok());
    assert!(matches!(
        ask(&chain, address, &owner.sign_hash(&HASH)).await.unwrap(),
        ProvenBy::Contract { .. }
    ));
}

#[tokio::test]
async fn a_contract_wallet_signs_in_for_half_a_day() {
    let chain = Chain::start().await;
    let endpoint: Url = chain.endpoint.parse().unwrap();
    let owner = wallet(1);
    let address = chain.deploy("OwnedWallet", &[owner.address]).await;
    for site in sites(|config| drop(config.rpc_endpoints.insert(CHAIN_ID, endpoint.clone()))).await
    {
        let mut browser = site.browser();
        let challenge = browser
            .send(async |identity, context| {
                identity
                    .begin_wallet_proof(context, ProofPurpose::SignIn, address, CHAIN_ID)
                    .await
            })
            .await
            .unwrap();
        let signature = owner.sign_hash(&personal_hash(challenge.message.as_bytes()));
        let proof = WalletProof {
            message: challenge.message,
            signature: format!("0x{}", hex::encode(signature)),
        };
        let outcome = browser.finish(proof).await.unwrap();
        assert_eq!(
            browser.context().await.viewer.unwrap().wallet,
            Some(address)
        );
        let own = browser
            .send(async |identity, context| {
                identity.own_audit(context, &AuditQuery::default()).await
            })
            .await
            .unwrap();
        let change: Value = serde_json::from_str(&own.items[0].change).unwrap();
        assert_eq!(change["by"], "contract");
        assert!(change["block"].as_u64().unwrap() > 0);
        let sessions = browser
            .send(async |identity, context| identity.sessions(context).await)
            .await
            .unwrap();
        assert!(sessions[0].expires_at.since_ms(site.now()) <= 12 * 60 * 60 * 1_000);
        // The owner's own account is another one.
        assert_ne!(
            site.browser().sign_in(&owner).await.unwrap().user_id,
            outcome.user_id
        );
    }
}

#[tokio::test]
async fn an_endpoint_of_another_chain_is_not_believed() {
    let chain = Chain::start().await;
    let other = Chains {
        http: outbound::client(PATIENCE).unwrap(),
        endpoints: BTreeMap::from([(1, chain.endpoint.parse().unwrap())]),
        contract_chain: Some(1),
    };
    let ada = wallet(1);
    let claim = Claim {
        address: ada.address,
        chain_id: 1,
        hash: HASH,
        signature: &ada.sign_hash(&HASH),
    };
    assert_eq!(code(other.check(&claim).await), ErrorCode::Unavailable);
}

/// An endpoint that says the same to every request.
async fn endpoint_that_says(answer: Vec<u8>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = [0; 4_096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    endpoint
}

fn http(status: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[tokio::test]
async fn an_endpoint_that_misbehaves_lets_nobody_in() {
    let long = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x{}\"}}",
        "0".repeat(400_000)
    );
    let redirect =
        b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"
            .to_vec();
    for answer in [
        http("500 Internal Server Error", "{}"),
        http("200 OK", "not json"),
        http("200 OK", "{}"),
        http("200 OK", r#"{"jsonrpc":"2.0","id":1,"result":null}"#),
        http("200 OK", r#"{"jsonrpc":"2.0","id":1,"result":"31337"}"#),
        http(
            "200 OK",
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no such method"}}"#,
        ),
        http("200 OK", &long),
        redirect,
        Vec::new(),
    ] {
        let endpoint = endpoint_that_says(answer.clone()).await;
        let ada = wallet(1);
        // Even a good signature waits until the chain can be asked.
        let claim = Claim {
            address: ada.address,
            chain_id: CHAIN_ID,
            hash: HASH,
            signature: &ada.sign_hash(&HASH),
        };
        let verdict = chains(&endpoint).check(&claim).await;
        assert_eq!(
            code(verdict),
            ErrorCode::Unavailable,
            "{:?}",
            String::from_utf8_lossy(&answer[..answer.len().min(80)])
        );
    }
}

#[tokio::test]
async fn an_endpoint_that_never_answers_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let ada = wallet(1);
    let claim = Claim {
        address: ada.address,
        chain_id: CHAIN_ID,
        hash: HASH,
        signature: &ada.sign_hash(&HASH),
    };
    let impatient = Chains {
        http: outbound::client(outbound::CHAIN_TIMEOUT).unwrap(),
        ..chains(&endpoint)
    };
    let begun = std::time::Instant::now();
    assert_eq!(code(impatient.check(&claim).await), ErrorCode::Unavailable);
    assert!(begun.elapsed() < std::time::Duration::from_secs(30));
}

#[tokio::test]
async fn a_contract_that_babbles_is_not_listened_to() {
    let chain = Chain::start().await;
    let address = chain.deploy("BabblingWallet", &[]).await;
    assert_eq!(
        code(ask(&chain, address, &[1; 65]).await),
        ErrorCode::Unavailable
    );
}
