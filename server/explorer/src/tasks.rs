//! Background loops, one for each section of the index.

pub(crate) mod balances;
pub(crate) mod blocks;
pub(crate) mod calls;
pub(crate) mod tokens;

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;

use crate::ExplorerError;
use crate::limits::{RETRY_PAUSE, RETRY_PAUSE_MAX};

/// What a round of a section's work came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Round {
    /// There is more to do at once.
    More,
    /// Everything is done until something changes.
    Done,
}

/// Repeats a round until `stop`: at once while there is more, on each change of `signal` when all
/// is done, after a growing pause when it failed.
pub(crate) async fn repeat<S, F>(
    name: &'static str,
    mut stop: watch::Receiver<bool>,
    mut signal: watch::Receiver<S>,
    mut round: impl FnMut() -> F,
    mut failed: impl FnMut(&ExplorerError),
) where
    F: Future<Output = Result<Round, ExplorerError>>,
{
    let mut pause = RETRY_PAUSE;
    loop {
        signal.mark_unchanged();
        // A round is let finish: it is short, and what it commits is whole.
        let result = round().await;
        if *stop.borrow() {
            return;
        }
        let wait = match result {
            Ok(Round::More) => {
                pause = RETRY_PAUSE;
                continue;
            }
            Ok(Round::Done) => {
                pause = RETRY_PAUSE;
                Duration::MAX
            }
            Err(error) => {
                tracing::warn!(section = name, %error, retry_after_ms = pause.as_millis() as u64, "indexing failed");
                failed(&error);
                let wait = pause;
                pause = (pause * 2).min(RETRY_PAUSE_MAX);
                wait
            }
        };
        let is_failure = wait != Duration::MAX;
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(wait), if is_failure => {}
            changed = signal.changed(), if !is_failure => if changed.is_err() { return },
        }
    }
}
