//! What goes on in the background, one loop each. All end when they are told to shut down.

pub mod block_maker;
pub mod expire;

use tokio::sync::watch;

/// Returns when `shutdown` is true or nobody can set it any more.
pub(crate) async fn over(shutdown: &mut watch::Receiver<bool>) {
    // Without a sender there is nobody left to run for.
    let _ = shutdown.wait_for(|is_over| *is_over).await;
}
