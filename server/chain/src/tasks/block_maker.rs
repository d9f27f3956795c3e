//! Makes blocks when [`crate::block_maker`] says so. It sleeps until the time that was said, and
//! wakes when the head moves or a transaction arrives.

use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy_primitives::{Address, B256};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{mpsc, oneshot, watch};

use crate::block_maker::{
    AfterFailure, CircuitBreaker, Decision, Permission, Situation, Work, decide, timestamp_s,
};
use crate::clique::Snapshot;
use crate::draft::AppliedBlock;
use crate::events::ChainEvent;
use crate::header_rules::next_base_fee;
use crate::service::{Chain, Order, ProduceError, Sealer, unix_time_ms};
use crate::settings::BlockMode;
use crate::tasks::over;
use crate::tip::Tip;

/// A wish for one block, whatever the mode and the period.
#[derive(Debug)]
pub struct MineRequest {
    /// Unix time in seconds; now if it is not given, later if the period asks for it.
    pub timestamp_s: Option<u64>,
    /// Told when the block is in, or why there is none.
    pub done: oneshot::Sender<Result<(), String>>,
}

/// Wishes that wait.
pub const MINE_REQUESTS_MAX: usize = 16;
/// Adding transactions to a block ends after this part of the period, so that it is on time.
const BUILD_PART_OF_PERIOD: u32 = 2;
/// It ends after this where the period is zero.
const BUILD_TIME_MIN: Duration = Duration::from_millis(500);
/// A failed try is not repeated before.
const RETRY_MS: u64 = 500;

/// How and by whom blocks are made.
#[derive(Debug)]
pub struct BlockMaker {
    pub chain: Chain,
    pub sealer: Sealer,
    pub mode: BlockMode,
    /// From `evm_mine`; a channel without senders where there is none.
    pub requests: mpsc::Receiver<MineRequest>,
}

/// Runs until `shutdown` is true or nobody can set it any more. A block that is being made is
/// finished first.
pub async fn run(mut maker: BlockMaker, mut shutdown: watch::Receiver<bool>) {
    let mut events = maker.chain.events();
    let mut has_requests = true;
    let mut outlook = Outlook::of(&maker, maker.chain.tip()).await;
    let mut breaker = CircuitBreaker::default();
    let mut not_before_ms = 0;
    metrics::gauge!("poa_proposer_running").set(1.0);
    tracing::info!(signer = %maker.sealer.address(), mode = ?maker.mode, "Starting PoA proposer loop");
    loop {
        let wake_at = match outlook.decide(&maker, unix_time_ms()) {
            Decision::Seal if unix_time_ms() < not_before_ms => instant_of(not_before_ms),
            Decision::Seal => {
                let now_ms = unix_time_ms();
                not_before_ms = match breaker.ask(now_ms) {
                    Permission::Granted => {
                        let order = order(&outlook.tip, &maker, timestamp_s(now_ms));
                        match produce(&maker, order, &mut breaker).await {
                            Ok(()) => 0,
                            Err(_) => unix_time_ms() + RETRY_MS,
                        }
                    }
                    Permission::RefusedUntil(until_ms) => {
                        metrics::counter!("blocks_skipped_circuit_breaker_total").increment(1);
                        tracing::warn!("Circuit breaker open, skipping block proposal");
                        until_ms
                    }
                };
                outlook.follow(&maker).await;
                continue;
            }
            Decision::Wait { until_ms } => instant_of(until_ms.max(not_before_ms)),
            Decision::WaitForEvent | Decision::NotOurs(_) => Instant::now() + IDLE,
        };
        tokio::select! {
            () = over(&mut shutdown) => break,
            () = tokio::time::sleep_until(wake_at.into()) => {}
            event = events.recv() => match event {
                Ok(ChainEvent::Pending(transaction)) => {
                    if transaction.effective_tip_wei(outlook.base_fee_wei).is_some() {
                        outlook.look_for_work(&maker.chain);
                    }
                }
                Ok(ChainEvent::Head(_)) => outlook.follow(&maker).await,
                Err(RecvError::Lagged(_)) => {
                    outlook.look_for_work(&maker.chain);
                    outlook.follow(&maker).await;
                }
                Err(RecvError::Closed) => break,
            },
            request = maker.requests.recv(), if has_requests => match request {
                Some(request) => {
                    outlook.follow(&maker).await;
                    let now_s = timestamp_s(unix_time_ms());
                    let timestamp_s = request.timestamp_s.unwrap_or(now_s);
                    let order = order(&outlook.tip, &maker, timestamp_s);
                    // Who no longer waits needs no answer.
                    let _ = request.done.send(produce(&maker, order, &mut breaker).await);
                    outlook.follow(&maker).await;
                }
                None => has_requests = false,
            },
        }
    }
    metrics::gauge!("poa_proposer_running").set(0.0);
    tracing::info!(signer = %maker.sealer.address(), "the making of blocks has ended");
}

/// How long the loop sleeps when it waits for nothing but events.
const IDLE: Duration = Duration::from_secs(60);

/// What is known about the next block.
struct Outlook {
    tip: Arc<Tip>,
    /// None when it could not be read: then nothing is made until something happens.
    snapshot: Option<Arc<Snapshot>>,
    base_fee_wei: u64,
    work: Work,
    known_since_ms: u64,
    /// The same for as long as the parent is the same.
    random: u64,
}

impl Outlook {
    async fn of(maker: &BlockMaker, tip: Arc<Tip>) -> Self {
        let mut outlook = Self {
            snapshot: snapshot_after(&maker.chain, tip.hash).await,
            base_fee_wei: next_base_fee(&tip.header),
            tip,
            work: Work::None,
            known_since_ms: unix_time_ms(),
            random: rand::random(),
        };
        outlook.look_for_work(&maker.chain);
        outlook
    }

    fn decide(&self, maker: &BlockMaker, now_ms: u64) -> Decision {
        let Some(snapshot) = &self.snapshot else {
            return Decision::WaitForEvent;
        };
        let situation = Situation {
            mode: maker.mode,
            signer: maker.sealer.address(),
            parent: &self.tip.header,
            snapshot,
            work: self.work,
            known_since_ms: self.known_since_ms,
            random: self.random,
        };
        decide(&situation, now_ms)
    }

    /// Looks at the head again if it has moved.
    async fn follow(&mut self, maker: &BlockMaker) {
        let tip = maker.chain.tip();
        if tip.hash != self.tip.hash {
            *self = Self::of(maker, tip).await;
        }
    }

    /// Once there is work, there is until the next block.
    fn look_for_work(&mut self, chain: &Chain) {
        if self.work == Work::Waiting {
            return;
        }
        let has_work = chain.with_mempool(|mempool| {
            mempool.status().pending > 0 && mempool.best(self.base_fee_wei).next().is_some()
        });
        if has_work {
            self.work = Work::Waiting;
            self.known_since_ms = unix_time_ms();
        }
    }
}

async fn snapshot_after(chain: &Chain, hash: B256) -> Option<Arc<Snapshot>> {
    let chain = chain.clone();
    // It may wait for a block that is being taken in.
    let reading = tokio::task::spawn_blocking(move || chain.signers_after(hash));
    match reading.await {
        Ok(Ok(snapshot)) => Some(snapshot),
        Ok(Err(error)) => {
            tracing::error!(%error, "the signers cannot be read");
            None
        }
        Err(error) => {
            tracing::error!(%error, "the signers cannot be read");
            None
        }
    }
}

fn order(tip: &Tip, maker: &BlockMaker, timestamp_s: u64) -> Order {
    let period = Duration::from_secs(maker.chain.spec().clique().period_s);
    Order {
        parent: tip.hash,
        timestamp_s,
        time_limit: (period / BUILD_PART_OF_PERIOD).max(BUILD_TIME_MIN),
        random: rand::random(),
    }
}

/// Makes one block on a thread where blocking is allowed. The text says why there is none.
async fn produce(
    maker: &BlockMaker,
    order: Order,
    breaker: &mut CircuitBreaker,
) -> Result<(), String> {
    let (chain, sealer) = (maker.chain.clone(), maker.sealer.clone());
    let parent = maker.chain.tip();
    let making = tokio::task::spawn_blocking(move || chain.produce(&sealer, order));
    let outcome = match making.await {
        Ok(Ok(made)) => {
            breaker.succeed();
            count(&made, &parent, maker.sealer.address());
            Ok(())
        }
        // Another signer was faster, or it is not our turn: nothing is wrong.
        Ok(Err(error @ (ProduceError::NotNow(_) | ProduceError::HeadMoved(_)))) => {
            tracing::debug!(%error, "no block is made");
            Err(error.to_string())
        }
        Ok(Err(error)) => Err(fail(breaker, error.to_string())),
        Err(error) => Err(fail(breaker, error.to_string())),
    };
    metrics::gauge!("circuit_breaker_state").set(breaker.gauge());
    outcome
}

fn fail(breaker: &mut CircuitBreaker, error: String) -> String {
    metrics::counter!("poa_propose_errors_total").increment(1);
    tracing::error!(error, "Failed to propose block");
    if breaker.fail(unix_time_ms()) == AfterFailure::Tripped {
        metrics::counter!("circuit_breaker_trips_total").increment(1);
        tracing::error!("Circuit breaker opened");
    }
    error
}

fn count(made: &AppliedBlock, parent: &Tip, signer: Address) {
    let header = &made.block.header;
    metrics::counter!(format!("poa_blocks_proposed_total_{signer:#x}")).increment(1);
    if parent.header.number == 0 {
        return;
    }
    let interval_s = header.timestamp.saturating_sub(parent.header.timestamp) as f64;
    metrics::histogram!("block_interval_seconds").record(interval_s);
    metrics::gauge!("poa_last_block_interval_seconds").set(interval_s);
    if crate::clique::recover_signer(&parent.header) != Ok(signer) {
        metrics::counter!("poa_proposer_rotations_total").increment(1);
    }
}

/// The moment at which the clock will say this, on the clock that nobody sets.
fn instant_of(unix_ms: u64) -> Instant {
    let left_ms = unix_ms.saturating_sub(unix_time_ms());
    Instant::now() + Duration::from_millis(left_ms)
}
