//! The loops that go on as long as the program: each does a little, again and again, from the
//! state of things and never from what it did before.

mod idle;
mod sampler;
pub(crate) mod sweep;
mod warm_pool;

use std::sync::Arc;

use crate::core::Core;

/// Starts every loop. They end when the core's shutdown token is cancelled.
pub(crate) fn start(core: &Arc<Core>) {
    spawn(core, sweep::run(Arc::clone(core)));
    spawn(core, idle::run(Arc::clone(core)));
    spawn(core, sampler::run(Arc::clone(core)));
    spawn(core, warm_pool::run(Arc::clone(core)));
}

/// Runs something until it ends or the program does.
pub(crate) fn spawn(core: &Arc<Core>, work: impl Future<Output = ()> + Send + 'static) {
    let shutdown = core.shutdown.clone();
    core.tasks.spawn(async move {
        shutdown.run_until_cancelled(work).await;
    });
}
