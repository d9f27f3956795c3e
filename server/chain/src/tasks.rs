//! What goes on in the background, one loop each. All end when they are told to shut down.

pub mod block_maker;
pub mod expire;
