//! What becomes of the notebook servers of an account that is shut elsewhere than on the hub's own
//! pages: by the command line, which is another process, or by its expiry.

use std::time::Duration;

use identity::Identity;
use spawner::Spawner;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use types::audit::Actor;

/// How often the owners of running servers are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);

/// Stops the servers of accounts that are suspended, expired or gone, until the program ends.
pub async fn stop_their_servers(
    identity: Identity,
    spawner: Spawner,
    mut shutdown: watch::Receiver<bool>,
) {
    let mut looks = interval(LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            _ = shutdown.changed() => return,
        }
        if let Err(error) = look(&identity, &spawner).await {
            tracing::error!(%error, "the servers of shut accounts were not stopped");
        }
    }
}

async fn look(
    identity: &Identity,
    spawner: &Spawner,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let actor = Actor::system("accounts");
    let owners = spawner.awake_owners();
    for user_id in identity.shut_among(&owners).await? {
        let reason = "the account is suspended or has expired";
        spawner.stop_all_of(user_id, reason, &actor).await?;
    }
    Ok(())
}
