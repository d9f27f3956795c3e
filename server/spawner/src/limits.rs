//! Every bound of this crate, with the reason for its value.

use std::time::Duration;

/// How long a server may wait for its turn: longer and the person has gone away.
pub const QUEUE_TIMEOUT_MS: i64 = 600_000;
/// Servers that may wait for a start; further wishes are refused until some have started.
pub const QUEUE_MAX: usize = 5_000;
/// When those who were refused may try again, to be spread over twice this time.
pub const QUEUE_RETRY_MS: u64 = 30_000;
/// What a stop may take beyond the grace that processes get.
pub const STOP_MARGIN_MS: i64 = 30_000;
/// Deleting removes files of one instance, not homes.
pub const DESTROY_TIMEOUT_MS: i64 = 120_000;
/// Freezing and thawing are single writes to the kernel; seconds mean that something is broken.
pub const PAUSE_TIMEOUT: Duration = Duration::from_secs(10);
/// Grace that an engine call gets when its result is no longer wanted.
pub const CANCEL_GRACE: Duration = Duration::from_secs(5);
/// Clearing away after a failure; the sweep goes on with it if this is not enough.
pub const CLEAN_UP_TIMEOUT: Duration = Duration::from_secs(20);

/// Tries of one engine call.
pub const ENGINE_TRIES_MAX: u32 = 5;
/// Wait before the second try; it doubles with each.
pub const RETRY_DELAY_MS: u64 = 200;
/// Longest wait between two tries.
pub const RETRY_DELAY_MAX_MS: u64 = 5_000;
/// Tries of one database write that lost against another writer.
pub const CONFLICTS_MAX: u32 = 8;

/// How often engines are asked what runs. A server that died is found within two of these.
pub const OBSERVE_INTERVAL: Duration = Duration::from_secs(5);
/// Ended instances that one look begins to clear away: each looks through all processes.
pub const CLEARED_AT_ONCE_MAX: usize = 16;
/// How long one look at everything may take.
pub const OBSERVE_TIMEOUT: Duration = Duration::from_secs(30);
/// A lost server is started anew by itself at most once in this time.
pub const RESTART_WINDOW_MS: i64 = 600_000;

/// First and longest pause between two readiness probes.
pub const PROBE_DELAY_MS: u64 = 20;
pub const PROBE_DELAY_MAX_MS: u64 = 250;
/// How often a starting server is checked for having died.
pub const STARTING_CHECK_MS: i64 = 500;
/// How often a starting server reports progress.
pub const PROGRESS_INTERVAL_MS: i64 = 2_000;
/// One request to a notebook server by the hub itself.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest answer that the hub reads: a list of kernels has about 200 bytes each.
pub const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// How often the ladder is looked at (memory only).
pub const LADDER_TICK: Duration = Duration::from_millis(500);
/// Between two looks more than this means that the host slept or the clock was set.
pub const LADDER_BREAK_MS: i64 = 30_000;
/// How often the kernels of a server are read, before jitter of a tenth.
pub const KERNEL_POLL_MS: i64 = 30_000;
/// The same where idle times are short.
pub const KERNEL_POLL_MIN_MS: i64 = 500;
/// Kernel polls under way at the same time.
pub const KERNEL_POLLS_MAX: usize = 16;
/// Advances of the last activity smaller than this are not written to the database.
pub const ACTIVITY_RESOLUTION_MS: i64 = 30_000;
/// A server that was used this recently is not frozen: a request may be under way.
pub const FREEZE_QUIET_MS: i64 = 250;

/// How often usage is sampled, and of frozen servers.
pub const SAMPLE_INTERVAL: Duration = Duration::from_secs(5);
pub const SAMPLE_FROZEN_MS: i64 = 60_000;
/// Samples under way at the same time.
pub const SAMPLES_AT_ONCE_MAX: usize = 8;
/// One hour of samples.
pub const SAMPLES_MAX: usize = 720;
/// Notices that one server keeps, and for how long.
pub const NOTICES_MAX: usize = 8;
pub const NOTICE_AGE_MAX_MS: i64 = 3_600_000;
/// The same notice is not repeated within this time.
pub const NOTICE_QUIET_MS: i64 = 60_000;

/// Events kept of one server, and the largest answer of one read.
pub const EVENTS_KEPT_MAX: i64 = 500;
/// Old events are cleared away once in so many.
pub const EVENTS_CLEARED_EVERY: i64 = 50;
/// Events that a slow reader may be behind before it misses some.
pub const WATCH_BUFFER: usize = 4_096;
/// Lines of a log that may be asked for at once, and their length.
pub const LOG_LINES_MAX: usize = 5_000;
/// Lines that a failed start keeps.
pub const FAILURE_LOG_LINES: usize = 50;
pub const LOG_LINE_CHARS_MAX: usize = 500;

/// Characters of a reason.
pub const REASON_CHARS_MAX: usize = 200;
/// Owners that one query names; longer lists are filtered here.
pub const OWNERS_IN_QUERY_MAX: usize = 1_000;
/// Spare instances kept at most.
pub const SPARES_MAX: u32 = 64;
/// How often the pool of spares is looked at.
pub const SPARES_INTERVAL: Duration = Duration::from_secs(2);
