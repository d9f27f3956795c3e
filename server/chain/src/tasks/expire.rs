//! Lets transactions that have waited too long go.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::service::{Chain, unix_time_ms};
use crate::tasks::over;

/// How often the mempool is looked through.
const INTERVAL: Duration = Duration::from_secs(60);

/// Runs until `shutdown` is true or nobody can set it any more.
pub async fn run(chain: Chain, mut shutdown: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = over(&mut shutdown) => return,
            _ = ticks.tick() => chain.expire(unix_time_ms()),
        }
    }
}
