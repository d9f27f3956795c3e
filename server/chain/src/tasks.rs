//! What goes on in the background, one loop each. All end when they are told to shut down.

pub mod block_maker;
pub mod expire;

use tokio::sync::watch;

/// Waits until the program is told to end, or nobody can tell it any more.
async fn told_to_end(shutdown: &mut watch::Receiver<bool>) {
    // The guard that is answered must not be held while others are awaited.
    let _ = shutdown.wait_for(|is_over| *is_over).await;
}
