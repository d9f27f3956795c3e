//! A node by URL: JSON-RPC over HTTP, with new heads by polling or by a WebSocket subscription.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;

use super::{EthereumNode, HeadNotice, NodeError};
use crate::limits::{
    HEAD_POLL, NODE_ANSWER_BYTES_MAX, NODE_BATCH_MAX, NODE_TIMEOUT, RETRY_PAUSE, RETRY_PAUSE_MAX,
};

/// A node behind `http://`, `https://` or `ws://`. Its address may hold the operator's key: it is
/// in no error and no log.
pub struct HttpNode {
    endpoint: String,
    client: reqwest::Client,
    next_id: AtomicU64,
    heads: watch::Sender<Option<HeadNotice>>,
}

impl HttpNode {
    /// Begins to follow the heads of the node at `url` for as long as someone holds the result.
    /// With `ws://` heads come by `eth_subscribe`, and questions go to the same address by HTTP,
    /// as geth and anvil offer it.
    ///
    /// # Errors
    /// The address is not one of the three kinds, or the machine has no root certificates.
    pub fn connect(url: &str) -> Result<Arc<Self>, NodeError> {
        let subscription = url.starts_with("ws://").then(|| url.to_owned());
        let endpoint = match url.strip_prefix("ws://") {
            Some(rest) => format!("http://{rest}"),
            None => url.to_owned(),
        };
        if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
            return Err(NodeError::Unreachable(
                "a node's address begins with http://, https:// or ws://".to_owned(),
            ));
        }
        let node = Arc::new(Self {
            endpoint,
            client: client()?,
            next_id: AtomicU64::new(1),
            heads: watch::Sender::new(None),
        });
        // The tasks hold the node weakly: they end with its last user.
        tokio::spawn(poll_heads(Arc::downgrade(&node)));
        if let Some(address) = subscription {
            tokio::spawn(subscribe_heads(Arc::downgrade(&node), address));
        }
        Ok(node)
    }

    async fn post(&self, method: &str, body: &Value) -> Result<Value, NodeError> {
        let unreachable =
            |error: reqwest::Error| NodeError::Unreachable(error.without_url().to_string());
        let mut response = self
            .client
            .post(&self.endpoint)
            .json(body)
            .send()
            .await
            .map_err(unreachable)?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if bytes.len() + chunk.len() > NODE_ANSWER_BYTES_MAX {
                return Err(NodeError::malformed(method, "it is too long"));
            }
            bytes.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&bytes).map_err(|error| {
            if status.is_success() {
                NodeError::malformed(method, error)
            } else {
                NodeError::Unreachable(format!("the node answers {status}"))
            }
        })
    }

    async fn refresh_head(&self) {
        let Ok(block) = self
            .request("eth_getBlockByNumber", json!(["latest", false]))
            .await
        else {
            return;
        };
        self.announce(&block);
    }

    fn announce(&self, header: &Value) {
        let Some(notice) = head_notice(header) else {
            return;
        };
        self.heads.send_if_modified(|known| {
            let is_new = *known != Some(notice);
            *known = Some(notice);
            is_new
        });
    }
}

#[async_trait::async_trait]
impl EthereumNode for HttpNode {
    async fn request(&self, method: &str, params: Value) -> Result<Value, NodeError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let mut answer = self.post(method, &question(id, method, params)).await?;
        result_of(method, &mut answer)
    }

    async fn request_all(
        &self,
        questions: Vec<(&'static str, Value)>,
    ) -> Result<Vec<Result<Value, NodeError>>, NodeError> {
        let mut results = Vec::with_capacity(questions.len());
        let mut questions = questions.into_iter().peekable();
        while questions.peek().is_some() {
            let chunk: Vec<_> = questions.by_ref().take(NODE_BATCH_MAX).collect();
            results.extend(self.request_batch(chunk).await?);
        }
        Ok(results)
    }

    fn heads(&self) -> watch::Receiver<Option<HeadNotice>> {
        self.heads.subscribe()
    }
}

impl HttpNode {
    async fn request_batch(
        &self,
        questions: Vec<(&'static str, Value)>,
    ) -> Result<Vec<Result<Value, NodeError>>, NodeError> {
        let count = questions.len() as u64;
        let first_id = self.next_id.fetch_add(count, Ordering::Relaxed);
        let methods: Vec<&'static str> = questions.iter().map(|(method, _)| *method).collect();
        let body = questions
            .into_iter()
            .zip(first_id..)
            .map(|((method, params), id)| question(id, method, params))
            .collect::<Vec<_>>();
        let answer = self.post("a batch", &Value::Array(body)).await?;
        let Value::Array(answers) = answer else {
            return Err(NodeError::from_json("a batch", &answer["error"]));
        };
        // Answers may come in any order.
        let mut ordered: Vec<Option<Value>> = vec![None; methods.len()];
        for answer in answers {
            let place = answer["id"]
                .as_u64()
                .and_then(|id| id.checked_sub(first_id))
                .and_then(|place| ordered.get_mut(usize::try_from(place).ok()?));
            if let Some(place) = place {
                *place = Some(answer);
            }
        }
        Ok(methods
            .into_iter()
            .zip(ordered)
            .map(|(method, answer)| match answer {
                Some(mut answer) => result_of(method, &mut answer),
                None => Err(NodeError::malformed(method, "it is missing from the batch")),
            })
            .collect())
    }
}

fn client() -> Result<reqwest::Client, NodeError> {
    // Another part of the program may have chosen a provider already: then that one is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(NODE_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent("ledgercloud")
        .build()
        .map_err(|error| NodeError::Unreachable(error.to_string()))
}

fn question(id: u64, method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

fn result_of(method: &str, answer: &mut Value) -> Result<Value, NodeError> {
    if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
        return Err(NodeError::from_json(method, error));
    }
    match answer.get_mut("result") {
        Some(result) => Ok(result.take()),
        None => Err(NodeError::malformed(method, "neither result nor error")),
    }
}

fn head_notice(header: &Value) -> Option<HeadNotice> {
    let digits = header["number"].as_str()?.strip_prefix("0x")?;
    Some(HeadNotice {
        number: u64::from_str_radix(digits, 16).ok()?,
        hash: header["hash"].as_str()?.parse().ok()?,
    })
}

async fn poll_heads(node: std::sync::Weak<HttpNode>) {
    loop {
        let Some(node) = node.upgrade() else { return };
        node.refresh_head().await;
        drop(node);
        tokio::time::sleep(HEAD_POLL).await;
    }
}

/// Polling goes on beside it and covers every gap.
async fn subscribe_heads(node: std::sync::Weak<HttpNode>, address: String) {
    let mut pause = RETRY_PAUSE;
    while node.strong_count() > 0 {
        if read_subscription(&node, &address).await.is_some() {
            pause = RETRY_PAUSE;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RETRY_PAUSE_MAX);
    }
}

/// Some: the subscription was accepted before it ended.
async fn read_subscription(node: &std::sync::Weak<HttpNode>, address: &str) -> Option<()> {
    /// Longer than any pause between blocks of a live chain: then the connection is made anew.
    const SILENCE_MAX: Duration = Duration::from_secs(120);
    let (mut socket, _) = tokio_tungstenite::connect_async(address).await.ok()?;
    let subscribe = question(1, "eth_subscribe", json!(["newHeads"])).to_string();
    socket.send(Message::Text(subscribe.into())).await.ok()?;
    let mut accepted = None;
    loop {
        let Ok(Some(Ok(message))) = tokio::time::timeout(SILENCE_MAX, socket.next()).await else {
            return accepted;
        };
        let Ok(text) = message.to_text() else {
            continue;
        };
        let Ok(notice) = serde_json::from_str::<Value>(text) else {
            continue;
        };
        let Some(node) = node.upgrade() else {
            return accepted;
        };
        accepted = Some(());
        node.announce(&notice["params"]["result"]);
    }
}
