/// How much the pool holds, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub transactions_max: usize,
    /// Of the encoded transactions.
    pub bytes_max: usize,
    pub per_sender_max: usize,
    /// Of a sender's, how many may wait behind a missing nonce or for money.
    pub queued_per_sender_max: usize,
    pub pending_lifetime_ms: u64,
    pub queued_lifetime_ms: u64,
}

impl Default for Limits {
    /// Few senders may send thousands each; what cannot be mined yet is kept short.
    fn default() -> Self {
        Self {
            transactions_max: 50_000,
            bytes_max: 64 * 1024 * 1024,
            per_sender_max: 16_384,
            queued_per_sender_max: 64,
            pending_lifetime_ms: 3 * 60 * 60 * 1_000,
            queued_lifetime_ms: 60 * 60 * 1_000,
        }
    }
}
