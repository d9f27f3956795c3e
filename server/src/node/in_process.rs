//! Our own node, as the explorer asks any node: without a socket in between.

use chain::events::ChainEvent;
use chain::rpc::Dispatcher;
use explorer::node::{EthereumNode, HeadNotice, NodeError};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

/// The node in this program.
pub struct InProcessNode {
    dispatcher: Dispatcher,
    heads: watch::Receiver<Option<HeadNotice>>,
}

impl InProcessNode {
    /// Asks this dispatcher, and follows its chain from now on.
    #[must_use]
    pub fn new(dispatcher: Dispatcher) -> Self {
        let (sender, heads) = watch::channel(Some(head_of(&dispatcher)));
        tokio::spawn(follow(dispatcher.clone(), sender));
        Self { dispatcher, heads }
    }
}

#[async_trait::async_trait]
impl EthereumNode for InProcessNode {
    async fn request(&self, method: &str, params: Value) -> Result<Value, NodeError> {
        self.dispatcher
            .call(method, params)
            .await
            .map_err(|error| NodeError::from_json(method, &json!(error)))
    }

    fn heads(&self) -> watch::Receiver<Option<HeadNotice>> {
        self.heads.clone()
    }
}

async fn follow(dispatcher: Dispatcher, heads: watch::Sender<Option<HeadNotice>>) {
    let mut events = dispatcher.chain().events();
    loop {
        let is_head = match events.recv().await {
            Ok(ChainEvent::Head(_)) | Err(RecvError::Lagged(_)) => true,
            Ok(ChainEvent::Pending(_)) => false,
            Err(RecvError::Closed) => return,
        };
        if heads.is_closed() {
            return;
        }
        if is_head {
            heads.send_replace(Some(head_of(&dispatcher)));
        }
    }
}

fn head_of(dispatcher: &Dispatcher) -> HeadNotice {
    let tip = dispatcher.chain().tip();
    HeadNotice {
        number: tip.header.number,
        hash: tip.hash,
    }
}
