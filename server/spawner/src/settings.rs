//! Everything that may change while the program runs.

use types::notebook::ProfileSummary;

use crate::{limits, profile};

/// Replaced as a whole by [`crate::Spawner::apply_settings`].
#[derive(Debug, Clone, PartialEq)]
pub struct SpawnerSettings {
    pub profiles: Vec<ProfileSummary>,
    pub ladder: LadderSettings,
    /// Servers that one user may have beside the default server.
    pub named_servers_max: u32,
    /// Servers that may be starting at the same time; more wait in the queue.
    pub concurrent_starts_max: u32,
    /// Servers that may be alive at the same time; more wait in the queue.
    pub active_servers_max: Option<u32>,
    /// Instances kept ready for people who have not come yet.
    pub warm_pool: u32,
    /// Public scheme and authority of the hub: `http://localhost:3000`.
    pub hub_origin: String,
    /// Pattern of a server's origin with `{label}`: `http://{label}.localhost:3000`.
    pub server_origin: String,
    /// From a server's turn until JupyterLab answers.
    pub start_timeout_ms: i64,
    /// What processes get to end by themselves.
    pub stop_grace_ms: i64,
}

impl SpawnerSettings {
    /// What is wrong with these settings, a sentence each.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = profile::problems(&self.profiles);
        if !self.server_origin.contains(LABEL_PLACE) {
            problems.push(format!("server_origin must contain {LABEL_PLACE}"));
        }
        for (what, value_ms) in [
            ("start_timeout_ms", Some(self.start_timeout_ms)),
            ("archive_after_ms", Some(self.ladder.archive_after_ms)),
            ("freeze_after_ms", self.ladder.freeze_after_ms),
            ("stop_after_ms", self.ladder.stop_after_ms),
            ("max_age_ms", self.ladder.max_age_ms),
        ] {
            if value_ms.is_some_and(|value_ms| value_ms <= 0) {
                problems.push(format!("{what} must be more than 0"));
            }
        }
        for (what, value_ms) in [
            ("stop_grace_ms", self.stop_grace_ms),
            ("warn_before_ms", self.ladder.warn_before_ms),
            ("keep_busy_ms", self.ladder.keep_busy_ms),
        ] {
            if value_ms < 0 {
                problems.push(format!("{what} must not be negative"));
            }
        }
        if self.concurrent_starts_max == 0 {
            problems.push("concurrent_starts_max must be at least 1".to_owned());
        }
        if self.warm_pool > limits::SPARES_MAX {
            problems.push(format!("warm_pool must be at most {}", limits::SPARES_MAX));
        }
        problems
    }

    /// The public origin of the server with that label.
    #[must_use]
    pub fn origin_of(&self, host_label: &str) -> String {
        self.server_origin.replace(LABEL_PLACE, host_label)
    }
}

/// Where the label goes in the pattern of origins.
pub const LABEL_PLACE: &str = "{label}";

/// The pause ladder's times (`NOTEBOOK_TIMEOUT` is `stop_after_ms`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LadderSettings {
    /// Idle time until a server freezes; none: never.
    pub freeze_after_ms: Option<i64>,
    /// Idle time until a server stops; none: never.
    pub stop_after_ms: Option<i64>,
    /// How long before a step the owner is warned; at most half of the idle time.
    pub warn_before_ms: i64,
    /// How long a busy kernel alone keeps a server from pausing.
    pub keep_busy_ms: i64,
    /// Age at which a server stops even if active; none: never.
    pub max_age_ms: Option<i64>,
    /// Stopped for so long: archived.
    pub archive_after_ms: i64,
}

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

impl Default for LadderSettings {
    /// Frozen after 10 minutes, stopped after an hour, archived after 30 days.
    fn default() -> Self {
        Self {
            freeze_after_ms: Some(10 * MINUTE_MS),
            stop_after_ms: Some(HOUR_MS),
            warn_before_ms: 5 * MINUTE_MS,
            keep_busy_ms: 24 * HOUR_MS,
            max_age_ms: None,
            archive_after_ms: 30 * 24 * HOUR_MS,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing;

    #[test]
    fn each_problem_is_named() {
        let good = testing::settings();
        assert_eq!(good.problems(), Vec::<String>::new());
        let mut bad = good;
        bad.profiles.clear();
        bad.server_origin = "http://localhost".to_owned();
        bad.start_timeout_ms = 0;
        bad.ladder.stop_after_ms = Some(0);
        bad.ladder.keep_busy_ms = -1;
        bad.concurrent_starts_max = 0;
        bad.warm_pool = 1_000;
        assert_eq!(bad.problems().len(), 7, "{:?}", bad.problems());
    }
}
