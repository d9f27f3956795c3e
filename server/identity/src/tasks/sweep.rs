//! Removes what has expired: sessions, sign-ins that nobody finished.

use std::sync::Weak;
use std::time::Duration;

use crate::IdentityError;
use crate::service::Inner;
use crate::store::challenge;
use crate::store::session::{self, Which};

const INTERVAL: Duration = Duration::from_secs(60);

/// Sweeps until the service is gone.
pub(crate) async fn sweep_regularly(service: Weak<Inner>) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(service) = service.upgrade() else {
            return;
        };
        if let Err(error) = sweep(&service).await {
            tracing::warn!(
                ?error,
                "expired sessions and sign-ins were not removed; trying again in a minute"
            );
        }
    }
}

/// Removes everything that has expired by now.
pub(crate) async fn sweep(service: &Inner) -> Result<(), IdentityError> {
    let now = service.clock.now();
    let ended = session::delete(&service.database, Which::ExpiredBefore(now)).await?;
    service.cache.end(&ended);
    challenge::delete_expired(&service.database, now).await
}
