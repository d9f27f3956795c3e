//! Makes servers what is wanted of them: one step at a time for each, many side by side.
//!
//! A driver is a task that works on one server until nothing is left to do. Whoever changes what
//! is wanted calls [`drive`]; it is right to call it too often. Everything a driver does is derived
//! from the row, so a process that ends anywhere goes on from the row when it begins anew.

mod call;
mod ending;
mod pause;
mod start;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::core::{Core, WriteError};
use crate::registry::Resident;
use crate::starts::Turn;
use crate::state::{Step, Wish};

pub(crate) use ending::failure_log;
pub(crate) use pause::thaw_for_request;

/// Has the server worked on until it rests.
pub(crate) fn drive(core: &Arc<Core>, resident: &Arc<Resident>) {
    if core.shutdown.is_cancelled()
        || resident.is_gone()
        || resident.driven.swap(true, Ordering::SeqCst)
    {
        return;
    }
    let (core, resident) = (Arc::clone(core), Arc::clone(resident));
    core.tasks.clone().spawn(async move {
        let driver = Driver { core, resident };
        let core = Arc::clone(&driver.core);
        core.shutdown.run_until_cancelled(driver.run()).await;
    });
}

/// The right to work on a server that rests, held by someone else than its driver.
pub(crate) struct Claim {
    core: Arc<Core>,
    resident: Arc<Resident>,
}

impl Claim {
    /// None if somebody is at work on it, or it does not rest any more.
    pub(crate) fn take(core: &Arc<Core>, resident: &Arc<Resident>) -> Option<Self> {
        if resident.driven.swap(true, Ordering::SeqCst) {
            return None;
        }
        let claim = Self {
            core: Arc::clone(core),
            resident: Arc::clone(resident),
        };
        (resident.server().life.step() == Step::Rest).then_some(claim)
    }
}

impl Drop for Claim {
    /// Whoever wanted something meanwhile found it taken: their wish is worked on now.
    fn drop(&mut self) {
        self.resident.driven.store(false, Ordering::SeqCst);
        if self.resident.server().life.step() != Step::Rest {
            drive(&self.core, &self.resident);
        }
    }
}

/// The one task that works on a server.
struct Driver {
    core: Arc<Core>,
    resident: Arc<Resident>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.resident.driven.store(false, Ordering::SeqCst);
    }
}

impl Driver {
    async fn run(self) {
        let is_done = self.work().await;
        let (core, resident) = (Arc::clone(&self.core), Arc::clone(&self.resident));
        drop(self);
        // Somebody may have changed what is wanted after the last look and found us here.
        if is_done.is_ok() && resident.server().life.step() != Step::Rest {
            drive(&core, &resident);
        }
    }

    /// Goes on until there is nothing to do. An error of the database ends it; the sweep begins
    /// anew.
    async fn work(&self) -> Result<(), WriteError> {
        let mut turn: Option<Turn> = None;
        loop {
            if self.resident.is_gone() {
                return Ok(());
            }
            let server = self.resident.server();
            let step = server.life.step();
            if !server.state().is_starting() {
                turn = None;
            }
            let outcome = match step {
                Step::Rest => return Ok(()),
                Step::StartAgain => self.start_again().await,
                Step::AwaitTurn => self.await_turn(&server, &mut turn).await,
                Step::Provision => self.provision(&server, &mut turn).await,
                Step::Boot => self.boot(&server, &mut turn).await,
                Step::Probe => self.probe(&server, &mut turn).await,
                Step::Freeze => self.freeze(&server).await,
                Step::Thaw => self.thaw(&server).await,
                Step::Stop => self.stop(&server).await,
                Step::Destroy => self.destroy(&server).await,
            };
            match outcome {
                // The server was changed in between: look again.
                Ok(()) | Err(WriteError::Refused(_)) => {}
                Err(WriteError::Gone) => return Ok(()),
                Err(error) => {
                    tracing::error!(server_id = %server.id, %error, source = ?std::error::Error::source(&error), "a step could not be written");
                    return Err(error);
                }
            }
        }
    }

    async fn start_again(&self) -> Result<(), WriteError> {
        let note = crate::core::Note::system("reconciler", "it was lost and starts anew");
        let event = crate::state::Event::Wanted(Wish::Start);
        let now = self.core.now();
        self.core
            .apply_with(&self.resident, event, Some(&note), |server| {
                server.restarted_at = Some(now);
            })
            .await?;
        Ok(())
    }
}
