//! Keeps instances ready for people who have not come yet.

use std::sync::Arc;
use std::time::Duration;

use types::notebook::ProfileSummary;
use types::{ServerId, UserId};

use crate::core::Core;
use crate::engine::{EngineError, ServerSpec};
use crate::jupyter::{self, Asker};
use crate::spares::Spare;
use crate::{limits, profile};

/// Shown by a spare until it belongs to somebody.
const SPARE_USER_NAME: &str = "spare";
const SPARE_GENERATION: u32 = 1;

pub(crate) async fn run(core: Arc<Core>) {
    if !core.engine.keeps_spares() {
        return;
    }
    loop {
        tokio::time::sleep(limits::SPARES_INTERVAL).await;
        look(&core).await;
    }
}

/// Retires what does not fit any more and makes one spare if some are missing: people who wait for
/// a start come first.
async fn look(core: &Core) {
    let settings = core.settings.load_full();
    let Ok(profile) = profile::default_of(&settings.profiles) else {
        return;
    };
    let wanted = settings.warm_pool as usize;
    for spare in core.spares.retire(profile, wanted) {
        discard(core, spare.server_id).await;
        core.spares.end(spare.server_id, None);
    }
    if core.spares.len() >= wanted || core.starts.depth() > 0 {
        return;
    }
    let spec = spare_spec(core, profile);
    core.spares.begin(spec.server_id);
    let deadline = Duration::from_millis(settings.start_timeout_ms.unsigned_abs());
    let spare = match tokio::time::timeout(deadline, boot(core, &spec)).await {
        Ok(Ok(())) => Some(Spare {
            server_id: spec.server_id,
            profile: profile.clone(),
            identity_key: spec.identity_key,
        }),
        Ok(Err(error)) => {
            tracing::warn!(%error, "a spare could not be started");
            None
        }
        Err(_) => {
            tracing::warn!("a spare did not start in time");
            None
        }
    };
    if spare.is_none() {
        discard(core, spec.server_id).await;
    }
    core.spares.end(spec.server_id, spare);
}

fn spare_spec(core: &Core, profile: &ProfileSummary) -> ServerSpec {
    let settings = core.settings.load();
    let server_id = ServerId::generate();
    ServerSpec {
        server_id,
        user_id: UserId::generate(),
        user_name: SPARE_USER_NAME.to_owned(),
        server_name: String::new(),
        generation: SPARE_GENERATION,
        profile: profile.clone(),
        safe_mode: false,
        identity_key: rand::random(),
        origin: settings.origin_of(&format!("spare-{server_id}")),
        hub_origin: settings.hub_origin.clone(),
    }
}

/// Boots a spare and waits until it answers.
async fn boot(core: &Core, spec: &ServerSpec) -> Result<(), EngineError> {
    core.engine.prewarm(spec).await?;
    let endpoint = core.engine.endpoint(spec.server_id, spec.generation);
    let asker = Asker {
        endpoint: &endpoint,
        identity_key: &spec.identity_key,
        user_name: &spec.user_name,
    };
    // Bounded by the deadline around this.
    while jupyter::is_up(&asker).await.is_err() {
        tokio::time::sleep(Duration::from_millis(limits::PROBE_DELAY_MAX_MS)).await;
    }
    Ok(())
}

async fn discard(core: &Core, spare_id: ServerId) {
    let discarded = tokio::time::timeout(limits::CLEAN_UP_TIMEOUT, async {
        core.engine.stop(spare_id, Duration::ZERO).await.ok();
        core.engine.destroy(spare_id).await
    })
    .await;
    if let Ok(Err(error)) = discarded {
        tracing::warn!(%spare_id, %error, "a spare could not be cleared away");
    }
}
