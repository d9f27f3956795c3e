//! How long somebody may hold a connection to a notebook server open.

use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use types::SessionKey;

/// How often a long-lived connection asks again whether it may stay.
const RECHECK_INTERVAL: Duration = Duration::from_secs(15);

/// Resolves when the session behind a connection has ended, or when its holder may not stay any
/// more. The ends of other sessions do not put off the question.
pub async fn permission_end<F, A>(mut ended: Receiver<SessionKey>, session: SessionKey, may_stay: F)
where
    F: Fn() -> A,
    A: Future<Output = bool>,
{
    let mut rechecks = interval_at(Instant::now() + RECHECK_INTERVAL, RECHECK_INTERVAL);
    rechecks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            message = ended.recv() => match message {
                Ok(key) if key == session => return,
                Ok(_) => continue,
                Err(RecvError::Closed) => return,
                // Missed messages are made up for by asking.
                Err(RecvError::Lagged(_)) => {}
            },
            _ = rechecks.tick() => {}
        }
        if !may_stay().await {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::sync::broadcast;
    use tokio::task::JoinHandle;

    use super::*;

    /// A connection that may stay for as long as the answer is yes.
    fn held(ended: Receiver<SessionKey>, answer: &Arc<AtomicBool>) -> JoinHandle<()> {
        let answer = answer.clone();
        tokio::spawn(permission_end(ended, key(1), move || {
            let answer = answer.load(Ordering::SeqCst);
            async move { answer }
        }))
    }

    fn key(number: u128) -> SessionKey {
        SessionKey::from_parts(1, number)
    }

    #[tokio::test(start_paused = true)]
    async fn who_may_not_stay_is_found_however_often_other_sessions_end() {
        let (ended, receiver) = broadcast::channel(16);
        let answer = Arc::new(AtomicBool::new(true));
        let connection = held(receiver, &answer);
        let others_end = async || {
            for _ in 0..10 {
                let _ = ended.send(key(2));
                tokio::time::sleep(Duration::from_secs(4)).await;
            }
        };
        others_end().await;
        assert!(!connection.is_finished());
        answer.store(false, Ordering::SeqCst);
        others_end().await;
        assert!(connection.is_finished());
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_its_own_session_ends_a_connection_at_once() {
        let (ended, receiver) = broadcast::channel(16);
        let connection = held(receiver, &Arc::new(AtomicBool::new(true)));
        ended.send(key(1)).unwrap();
        tokio::time::timeout(Duration::from_secs(1), connection)
            .await
            .unwrap()
            .unwrap();
    }
}
