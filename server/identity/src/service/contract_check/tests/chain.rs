//! A development chain of its own for each test.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sha3::{Digest, Keccak256};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use types::WalletAddress;

use crate::service::outbound;

const ARTEFACT: &str = include_str!("../../../../contracts/TestWallets.json");
/// Anvil's first account, which signs what it is asked to.
const FUNDED: &str = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";

/// Anvil mines at once, but answers before it has.
const MINED_WITHIN: Duration = Duration::from_secs(30);

pub(super) struct Chain {
    pub(super) endpoint: String,
    http: reqwest::Client,
    _process: Child,
}

impl Chain {
    pub(super) async fn start() -> Self {
        let mut process = Command::new(binary())
            .args(["--port", "0", "--accounts", "1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .expect("anvil runs");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines
                .next_line()
                .await
                .unwrap()
                .expect("anvil says where it listens");
            if let Some(address) = line.strip_prefix("Listening on ") {
                break address.to_owned();
            }
        };
        // Whatever it says later is read, so that it never waits for a reader.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            endpoint: format!("http://{address}"),
            http: outbound::client(MINED_WITHIN).unwrap(),
            _process: process,
        }
    }

    pub(super) async fn deploy(
        &self,
        contract: &str,
        arguments: &[WalletAddress],
    ) -> WalletAddress {
        let mut data = hex::decode(artefact(contract, "bytecode")).unwrap();
        for argument in arguments {
            data.extend_from_slice(&[0; 12]);
            data.extend_from_slice(&argument.0);
        }
        let receipt = self
            .transact(json!({"from": FUNDED, "data": format!("0x{}", hex::encode(data))}))
            .await;
        receipt["contractAddress"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    pub(super) async fn send(&self, to: WalletAddress, data: Vec<u8>) {
        let data = format!("0x{}", hex::encode(data));
        self.transact(json!({"from": FUNDED, "to": to.to_lower_hex(), "data": data}))
            .await;
    }

    /// Where the factory will deploy the wallet of this owner.
    pub(super) async fn undeployed(
        &self,
        factory: WalletAddress,
        owner: WalletAddress,
    ) -> WalletAddress {
        let data = format!(
            "0x{}",
            hex::encode(factory_call("addressOf(address,bytes32)", owner))
        );
        let answer = self
            .ask(
                "eth_call",
                json!([{"to": factory.to_lower_hex(), "data": data}, "latest"]),
            )
            .await;
        format!("0x{}", &answer.as_str().unwrap()[26..])
            .parse()
            .unwrap()
    }

    pub(super) async fn code(&self, address: WalletAddress) -> Vec<u8> {
        let answer = self
            .ask("eth_getCode", json!([address.to_lower_hex(), "latest"]))
            .await;
        hex::decode(&answer.as_str().unwrap()[2..]).unwrap()
    }

    pub(super) async fn set_code(&self, address: WalletAddress, code: &[u8]) {
        self.ask(
            "anvil_setCode",
            json!([address.to_lower_hex(), format!("0x{}", hex::encode(code))]),
        )
        .await;
    }

    async fn transact(&self, transaction: Value) -> Value {
        let hash = self.ask("eth_sendTransaction", json!([transaction])).await;
        let deadline = Instant::now() + MINED_WITHIN;
        let receipt = loop {
            let receipt = self.ask("eth_getTransactionReceipt", json!([hash])).await;
            if !receipt.is_null() {
                break receipt;
            }
            assert!(
                Instant::now() < deadline,
                "the transaction {hash} was not mined"
            );
            tokio::task::yield_now().await;
        };
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        receipt
    }

    async fn ask(&self, method: &str, params: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer: Value = self
            .http
            .post(&self.endpoint)
            .json(&body)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }
}

/// The data of a call with an owner and the salt 0.
pub(super) fn factory_call(method: &str, owner: WalletAddress) -> Vec<u8> {
    let mut data = Keccak256::digest(method.as_bytes())[..4].to_vec();
    data.extend_from_slice(&[0; 12]);
    data.extend_from_slice(&owner.0);
    data.extend_from_slice(&[0; 32]);
    data
}

pub(super) fn runtime_code(contract: &str) -> Vec<u8> {
    hex::decode(artefact(contract, "deployedBytecode")).unwrap()
}

fn artefact(contract: &str, field: &str) -> String {
    let artefact: Value = serde_json::from_str(ARTEFACT).unwrap();
    artefact["contracts"][contract][field]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The program itself: the package's own `anvil` is a script that starts it, and would leave it
/// running when the test ends the script.
fn binary() -> PathBuf {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let processor = match std::env::consts::ARCH {
        "aarch64" => "arm64",
        _ => "amd64",
    };
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!(
        "../../end2end/node_modules/@foundry-rs/anvil-{system}-{processor}/bin/anvil"
    ));
    let binary = std::env::var_os("LEDGERCLOUD_TEST_ANVIL").map_or(installed, PathBuf::from);
    assert!(
        binary.exists(),
        "anvil is missing at {}: run `npm ci` in end2end/, or name it in LEDGERCLOUD_TEST_ANVIL",
        binary.display()
    );
    binary
}
