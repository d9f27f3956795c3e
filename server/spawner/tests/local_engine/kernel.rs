//! Runs code in a kernel, over its WebSocket, as JupyterLab does.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use http::Method;
use serde_json::{Value, json};
use tokio::net::UnixStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};
use types::Timestamp;

use super::bench::PATIENCE;
use super::http::{Client, HOST, IDENTITY};

pub(crate) struct Kernel {
    client: Client,
    pub(crate) id: String,
    socket: WebSocketStream<UnixStream>,
    sent: u32,
}

/// What a cell has printed, and how it failed if it did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) text: String,
    /// `NameError: …`
    pub(crate) error: Option<String>,
}

/// Whether the kernel answered at all.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done(Output),
    /// It died on the way and is being started again.
    Died,
}

impl Kernel {
    pub(crate) async fn start(client: Client) -> Self {
        let answer = client
            .write(Method::POST, "/api/kernels", r#"{"name":"python3"}"#)
            .await
            .unwrap();
        assert_eq!(answer.status, 201, "{}", answer.body);
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        let socket = connect(&client, &id, None).await.unwrap();
        let mut kernel = Self {
            client,
            id,
            socket,
            sent: 0,
        };
        // The first answer shows that it is up.
        assert_eq!(kernel.run("print('up')").await, "up\n");
        kernel
    }

    /// Runs code that must not fail, and returns what it has printed.
    pub(crate) async fn run(&mut self, code: &str) -> String {
        match self.execute(code).await {
            Outcome::Done(Output { text, error: None }) => text,
            other => panic!("{code}\n{other:?}"),
        }
    }

    pub(crate) async fn execute(&mut self, code: &str) -> Outcome {
        self.send(code).await;
        tokio::time::timeout(PATIENCE, self.outcome())
            .await
            .unwrap_or_else(|_| panic!("no answer to {code}"))
    }

    /// Starts a cell and does not wait for it.
    pub(crate) async fn send(&mut self, code: &str) {
        self.sent += 1;
        let message = json!({
            "header": {
                "msg_id": self.message_id(), "msg_type": "execute_request", "session": "test",
                "username": "test", "version": "5.3", "date": "2026-01-01T00:00:00Z",
            },
            "parent_header": {}, "metadata": {}, "buffers": [], "channel": "shell",
            "content": { "code": code, "silent": false, "store_history": false, "user_expressions": {}, "allow_stdin": false },
        });
        self.socket
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    fn message_id(&self) -> String {
        format!("{}-{}", self.id, self.sent)
    }

    async fn outcome(&mut self) -> Outcome {
        let mut output = Output::default();
        let (mut is_idle, mut is_replied) = (false, false);
        while !(is_idle && is_replied) {
            let message = match self.socket.next().await {
                Some(Ok(Message::Text(text))) => serde_json::from_str::<Value>(&text).unwrap(),
                Some(Ok(_)) => continue,
                other => panic!("the connection ended: {other:?}"),
            };
            let kind = message["header"]["msg_type"].as_str().unwrap_or_default();
            let state = message["content"]["execution_state"].as_str();
            // Told by the server itself, not by the kernel.
            if kind == "status" && matches!(state, Some("restarting" | "dead")) {
                return Outcome::Died;
            }
            if message["parent_header"]["msg_id"] != self.message_id().as_str() {
                continue;
            }
            match kind {
                "stream" => output
                    .text
                    .push_str(message["content"]["text"].as_str().unwrap_or_default()),
                "error" => {
                    let part = |name: &str| {
                        message["content"][name]
                            .as_str()
                            .unwrap_or_default()
                            .to_owned()
                    };
                    output.error = Some(format!("{}: {}", part("ename"), part("evalue")));
                }
                "status" if state == Some("idle") => is_idle = true,
                "execute_reply" => is_replied = true,
                _ => {}
            }
        }
        Outcome::Done(output)
    }

    /// Connects anew, as a page does after a pause.
    pub(crate) async fn reconnect(&mut self) {
        let client = self.client.clone();
        self.socket = connect(&client, &self.id, None).await.unwrap();
    }

    /// Waits for the kernel that follows one that died. What it publishes before the server has
    /// subscribed to it reaches nobody (ZeroMQ's late joiner), so it is nudged until both of its
    /// channels answer, as Jupyter nudges a kernel that it has started.
    pub(crate) async fn settle(&mut self) {
        let nudges = async {
            loop {
                self.send("").await;
                let answer = tokio::time::timeout(Duration::from_secs(2), self.outcome()).await;
                if let Ok(Outcome::Done(_)) = answer {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, nudges)
            .await
            .unwrap_or_else(|_| panic!("the kernel did not come back"));
    }
}

/// The status of the refusal, if it is one.
pub(crate) async fn connect(
    client: &Client,
    kernel_id: &str,
    origin: Option<&str>,
) -> Result<WebSocketStream<UnixStream>, u16> {
    let target = format!("/api/kernels/{kernel_id}/channels?session_id=test");
    let stream = UnixStream::connect(&client.socket).await.unwrap();
    let mut request = format!("ws://{HOST}{target}")
        .into_client_request()
        .unwrap();
    let identity = client.sign(&Method::GET, &target, Timestamp::now());
    request
        .headers_mut()
        .insert(IDENTITY, identity.parse().unwrap());
    if let Some(origin) = origin {
        request
            .headers_mut()
            .insert("origin", origin.parse().unwrap());
    }
    let connected = tokio::time::timeout(Duration::from_secs(60), client_async(request, stream))
        .await
        .unwrap();
    match connected {
        Ok((socket, _)) => Ok(socket),
        Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}
