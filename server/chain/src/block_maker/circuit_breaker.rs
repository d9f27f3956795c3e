//! Stops the making of blocks after several failures in a row, and tries again later.

/// Failures in a row that open it.
const FAILURES_MAX: u32 = 5;
/// How long it stays open before one try.
const OPEN_MS: u64 = 30_000;

/// Closed: blocks are made. Open: they are not. Half open: one is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CircuitBreaker {
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until_ms: u64 },
    HalfOpen,
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

/// Whether a block may be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    Granted,
    /// Not before this time (Unix time in ms).
    RefusedUntil(u64),
}

/// What a failure has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    Closed,
    /// It has opened just now.
    Tripped,
}

impl CircuitBreaker {
    /// Asks for permission; when the time has come, the next try is granted and decides.
    pub fn ask(&mut self, now_ms: u64) -> Permission {
        match self.state {
            State::Open { until_ms } if now_ms < until_ms => Permission::RefusedUntil(until_ms),
            State::Open { .. } => {
                self.state = State::HalfOpen;
                Permission::Granted
            }
            State::Closed { .. } | State::HalfOpen => Permission::Granted,
        }
    }

    /// A block was made.
    pub fn succeed(&mut self) {
        self.state = State::default();
    }

    /// A block could not be made.
    pub fn fail(&mut self, now_ms: u64) -> AfterFailure {
        let failures = match self.state {
            State::Closed { failures } => failures + 1,
            State::HalfOpen | State::Open { .. } => FAILURES_MAX,
        };
        if failures < FAILURES_MAX {
            self.state = State::Closed { failures };
            return AfterFailure::Closed;
        }
        self.state = State::Open {
            until_ms: now_ms.saturating_add(OPEN_MS),
        };
        AfterFailure::Tripped
    }

    /// The gauge `circuit_breaker_state`: 1 when it is open.
    #[must_use]
    pub const fn gauge(&self) -> f64 {
        match self.state {
            State::Open { .. } => 1.0,
            State::Closed { .. } | State::HalfOpen => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_after_five_failures_and_tries_once_after_thirty_seconds() {
        let mut breaker = CircuitBreaker::default();
        for _ in 0..4 {
            assert_eq!(breaker.fail(0), AfterFailure::Closed);
            assert_eq!(breaker.ask(0), Permission::Granted);
        }
        assert_eq!(breaker.fail(1_000), AfterFailure::Tripped);
        assert_eq!(breaker.gauge(), 1.0);
        assert_eq!(breaker.ask(30_999), Permission::RefusedUntil(31_000));
        assert_eq!(breaker.ask(31_000), Permission::Granted);
        assert_eq!(breaker.gauge(), 0.0);
        assert_eq!(breaker.fail(31_000), AfterFailure::Tripped);
        assert_eq!(breaker.ask(61_000), Permission::Granted);
        breaker.succeed();
        assert_eq!(breaker, CircuitBreaker::default());
    }

    #[test]
    fn success_forgets_failures() {
        let mut breaker = CircuitBreaker::default();
        for _ in 0..100 {
            for _ in 0..4 {
                assert_eq!(breaker.fail(0), AfterFailure::Closed);
            }
            breaker.succeed();
        }
    }
}
