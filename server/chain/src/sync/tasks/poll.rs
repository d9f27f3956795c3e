//! Compares heads with one peer, every few seconds and whenever something hints that it is ahead.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::sync::Inner;
use crate::sync::client::{AskError, PeerClient};
use crate::sync::clock::unix_time_ms;
use crate::sync::download::{DownloadError, Downloaded, download};
use crate::sync::peer::{Mismatch, Peer, check_hello};
use crate::sync::standing::{Fault, Verdict};

/// However many hints there are, a peer is not asked more often.
const PAUSE_MIN: Duration = Duration::from_millis(100);

/// Why a round failed.
#[derive(Debug, thiserror::Error)]
enum RoundError {
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error(transparent)]
    Incompatible(#[from] Mismatch),
    #[error(transparent)]
    Download(#[from] DownloadError),
}

/// Goes on for as long as the node runs.
pub(in crate::sync) async fn poll(inner: Arc<Inner>, peer: Arc<Peer>, client: PeerClient) {
    loop {
        let alone_ms = peer.alone_for_ms(unix_time_ms());
        if alone_ms > 0 {
            // Somebody who has just heard of it may know better; but a ban is a ban.
            let _ = timeout(Duration::from_millis(alone_ms), peer.wake.notified()).await;
            if !peer.may_be_woken(unix_time_ms()) && peer.alone_for_ms(unix_time_ms()) > 0 {
                sleep(PAUSE_MIN).await;
                continue;
            }
        }
        let has_more = match round(&inner, &peer, &client).await {
            Ok(Downloaded::Part) => true,
            Ok(_) => false,
            Err(error) => {
                settle(&peer, &error);
                false
            }
        };
        if has_more {
            continue;
        }
        sleep(PAUSE_MIN).await;
        if peer.alone_for_ms(unix_time_ms()) == 0 {
            let _ = timeout(inner.poll_interval, peer.wake.notified()).await;
        }
    }
}

async fn round(inner: &Inner, peer: &Peer, client: &PeerClient) -> Result<Downloaded, RoundError> {
    let theirs = client.status().await?;
    check_hello(&inner.hello(), &theirs)?;
    if peer.answered(&theirs, unix_time_ms()) {
        peer.reconnect.notify_one();
    }
    if theirs.head.total_difficulty <= inner.chain.tip().total_difficulty {
        return Ok(Downloaded::Nothing);
    }
    // One download at a time: two would fetch the same blocks. Each gives way after a while.
    let _turn = inner.downloading.lock().await;
    // What it has need not be pushed back to it.
    for session in inner
        .sessions()
        .iter()
        .filter(|session| session.node == theirs.node)
    {
        session.known().insert(theirs.head.hash);
    }
    let result = download(&inner.chain, client, theirs.head, &inner.progress).await;
    if result.is_err() {
        inner.progress.ended();
    }
    Ok(result?)
}

fn settle(peer: &Peer, error: &RoundError) {
    let now_ms = unix_time_ms();
    let reason = error.to_string();
    let fault = match error {
        RoundError::Incompatible(mismatch) => {
            peer.incompatible(mismatch.clone(), now_ms);
            return;
        }
        RoundError::Ask(error) => error.is_fault().then_some(Fault::Malformed),
        RoundError::Download(error) => error.fault(),
    };
    if let Some(fault) = fault {
        if peer.fault(fault, &reason, now_ms) == Verdict::Kept {
            peer.failed(&reason, now_ms, rand::random());
        }
        return;
    }
    match error {
        RoundError::Download(error @ (DownloadError::TooDeep { .. } | DownloadError::Store(_))) => {
            if peer.note(&reason) {
                let peer = &peer.endpoint;
                tracing::error!(peer, %error, "the blocks of a peer are not taken in");
            }
        }
        RoundError::Download(DownloadError::Changed(_) | DownloadError::Cancelled(_)) => {
            tracing::debug!(peer = peer.endpoint, reason, "a download begins anew");
            peer.note(&reason);
        }
        _ => peer.failed(&reason, now_ms, rand::random()),
    }
}
