//! An anvil of one's own, on a free port.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::CHAIN_ID;

pub struct Anvil {
    port: u16,
    process: Child,
}

impl Drop for Anvil {
    fn drop(&mut self) {
        // npm's script around it hands on what asks it to end, and would leave it behind if killed.
        let pid = self.process.id().to_string();
        Command::new("kill").arg(pid).status().unwrap();
        self.process.wait().unwrap();
    }
}

impl Anvil {
    pub async fn start() -> Self {
        let program = std::env::var("LEDGERCLOUD_TEST_ANVIL").unwrap_or_else(|_| {
            let folder = env!("CARGO_MANIFEST_DIR");
            format!("{folder}/../../end2end/node_modules/.bin/anvil")
        });
        let port = free_port().await;
        let process = Command::new(program)
            .args([
                "--hardfork",
                "prague",
                "--no-mining",
                "--order",
                "fifo",
                "--silent",
            ])
            .args([
                "--gas-limit",
                "30000000",
                "--block-base-fee-per-gas",
                "1000000000",
            ])
            .args(["--timestamp", "1600000000", "--accounts", "1"])
            .args([
                "--chain-id",
                &CHAIN_ID.to_string(),
                "--port",
                &port.to_string(),
            ])
            .stdout(Stdio::null())
            .spawn()
            .expect("anvil starts: `npm ci` in end2end/ installs it");
        let anvil = Self { port, process };
        for _ in 0..100 {
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return anvil;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("anvil does not listen");
    }

    pub async fn call(&self, method: &str, params: Value) -> Value {
        let outcome = self.try_call(method, params.clone()).await;
        outcome.unwrap_or_else(|error| panic!("{method} {params}: {error}"))
    }

    pub async fn try_call(&self, method: &str, params: Value) -> Result<Value, Value> {
        let body =
            json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let request = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             connection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = Vec::new();
        stream.read_to_end(&mut response).await.unwrap();
        let text = String::from_utf8(response).unwrap();
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        let mut reader = serde_json::Deserializer::from_str(body);
        reader.disable_recursion_limit();
        let reader = serde_stacker::Deserializer::new(&mut reader);
        let mut answer = Value::deserialize(reader).unwrap();
        match answer.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(answer["result"].take()),
        }
    }
}

async fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
