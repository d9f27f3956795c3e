//! Every bound of this crate by name.

use std::time::Duration;

/// Blocks of one SQL transaction while catching up.
pub const BLOCKS_PER_BATCH_MAX: u64 = 128;
/// Transactions after which a batch is written, whatever its blocks.
pub const TRANSACTIONS_PER_BATCH: usize = 8_000;
/// Requests to the node at a time while catching up.
pub const FETCHES_AT_ONCE: usize = 8;
/// Rows of one bulk statement.
pub const ROWS_PER_STATEMENT: usize = 400;
/// Keys of one `IN` list.
pub const KEYS_PER_STATEMENT: usize = 500;

/// From the first byte sent to a node to the last one read.
pub const NODE_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of one answer of a node.
pub const NODE_ANSWER_BYTES_MAX: usize = 256 << 20;
/// Requests in one JSON-RPC batch.
pub const NODE_BATCH_MAX: usize = 100;
/// Between two questions for the head of an HTTP node.
pub const HEAD_POLL: Duration = Duration::from_secs(1);
/// First pause after a failure; doubled up to [`RETRY_PAUSE_MAX`].
pub const RETRY_PAUSE: Duration = Duration::from_millis(250);
pub const RETRY_PAUSE_MAX: Duration = Duration::from_secs(15);

/// Calls of one transaction that are indexed, and that its page shows.
pub const CALL_FRAMES_MAX: usize = 5_000;
/// Nested values in decoded data.
pub const DECODED_VALUES_MAX: usize = 2_000;
/// Call data longer than this is shown but not decoded.
pub const DECODED_BYTES_MAX: usize = 128 << 10;
/// Token movements of one log (ERC-1155 batches) that are indexed.
pub const TRANSFERS_PER_LOG_MAX: usize = 1_000;

/// Characters of a token's name and of its symbol that are kept.
pub const TOKEN_NAME_CHARS_MAX: usize = 100;
pub const TOKEN_SYMBOL_CHARS_MAX: usize = 32;
/// Characters of a contract's reason for failing that are shown.
pub const REASON_CHARS_MAX: usize = 500;
/// Bytes of a token's answer that are read.
pub const TOKEN_ANSWER_BYTES_MAX: usize = 4_096;
/// Gas that a token may use to say its name.
pub const TOKEN_CALL_GAS: u64 = 200_000;
/// Tokens, and balances, asked for at a time.
pub const TOKENS_PER_ROUND: u64 = 50;
pub const BALANCES_PER_ROUND: u64 = 2_000;

/// Suggestions of a search.
pub const SUGGESTIONS_MAX: usize = 10;
/// Characters of a search text.
pub const SEARCH_CHARS_MAX: usize = 200;
/// Digits from which a beginning of a hash or address is searched for.
pub const HASH_PREFIX_DIGITS_MIN: usize = 4;
/// Points of a chart.
pub const CHART_POINTS_MAX: u32 = 400;
/// Rows of a CSV file.
pub const EXPORT_ROWS_MAX: u64 = 1_000_000;
/// Pending transactions that are read from the node.
pub const PENDING_MAX: usize = 2_000;
/// How long a list of pending transactions is shown before it is read again.
pub const PENDING_AGE_MAX: Duration = Duration::from_millis(500);

/// Bytes of an uploaded interface, and of a standard JSON input.
pub const ABI_BYTES_MAX: usize = 512 << 10;
pub const STANDARD_JSON_BYTES_MAX: usize = 4 << 20;
/// Bytes that the compiler may answer.
pub const COMPILER_OUTPUT_BYTES_MAX: usize = 64 << 20;
/// Compilers that run at the same time.
pub const COMPILERS_AT_ONCE: usize = 1;
/// Decoded interfaces that are kept in memory.
pub const INTERFACES_CACHED_MAX: usize = 500;
