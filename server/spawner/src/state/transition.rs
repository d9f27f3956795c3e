//! What follows what.

use types::Timestamp;
use types::notebook::ServerState;

use super::{
    AfterLoss, Desired, Durations, Effects, Event, Life, Next, Refusal, State, Step, Wish,
};
use crate::limits;

/// A life at a moment.
pub(super) struct Context<'a> {
    pub(super) life: &'a Life,
    pub(super) now: Timestamp,
    pub(super) durations: Durations,
}

type Outcome = Result<(Next, Effects), Refusal>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Normal,
    Safe,
}

impl Context<'_> {
    /// What follows an event.
    pub(super) fn after(&self, event: Event) -> Outcome {
        match event {
            Event::Wanted(wish) => self.wanted(wish),
            report => self.reported(report),
        }
    }

    fn wanted(&self, wish: Wish) -> Outcome {
        let kind = self.life.state.kind();
        if kind == ServerState::Destroying {
            return match wish {
                Wish::Destroy => self.unchanged(),
                _ => Err(Refusal::BeingDeleted),
            };
        }
        match wish {
            Wish::Start => self.start(Mode::Normal),
            Wish::StartSafeMode
                if !self.life.safe_mode && (kind.is_alive() || kind.is_starting()) =>
            {
                Err(Refusal::AlreadyRunning)
            }
            Wish::StartSafeMode => self.start(Mode::Safe),
            Wish::Stop => self.stop(),
            Wish::Freeze => match kind {
                ServerState::Ready => self.wish_only(Desired::Frozen, "server.freeze"),
                ServerState::Frozen => self.wish_only(Desired::Frozen, "server.freeze"),
                _ => Err(Refusal::NotRunning),
            },
            Wish::Thaw => match kind {
                ServerState::Ready | ServerState::Frozen => {
                    self.wish_only(Desired::Running, "server.thaw")
                }
                _ => Err(Refusal::NotFrozen),
            },
            Wish::Destroy => self.move_to(
                State::Destroying {
                    deadline: self.now.plus_ms(limits::DESTROY_TIMEOUT_MS),
                },
                Desired::Destroyed,
                Some("server.destroy"),
            ),
        }
    }

    fn start(&self, mode: Mode) -> Outcome {
        let kind = self.life.state.kind();
        if kind.is_startable() {
            return self.queued(mode, Some("server.start"));
        }
        match kind {
            ServerState::Stopping => {
                let safe_mode = mode == Mode::Safe;
                let life = Life {
                    desired: Desired::Running,
                    safe_mode,
                    ..self.life.clone()
                };
                let audit = (life != *self.life).then_some("server.start");
                Ok((Next::Life(life), Effects { audit, quiet: true }))
            }
            ServerState::Ready | ServerState::Frozen => {
                self.wish_only(Desired::Running, "server.start")
            }
            _ => self.unchanged(),
        }
    }

    fn stop(&self) -> Outcome {
        let kind = self.life.state.kind();
        match kind {
            ServerState::Queued => self.stopped(Some("server.stop")),
            ServerState::Stopping => self.wish_only(Desired::Stopped, "server.stop"),
            _ if kind.is_starting() || kind.is_alive() => self.move_to(
                State::Stopping {
                    deadline: self.now.plus_ms(self.durations.stop_ms),
                },
                Desired::Stopped,
                Some("server.stop"),
            ),
            _ => self.unchanged(),
        }
    }

    fn reported(&self, report: Event) -> Outcome {
        let kind = self.life.state.kind();
        match (&self.life.state, report) {
            (State::Queued { .. }, Event::TurnCame) => {
                let mut life = self.life.clone();
                life.generation += 1;
                life.state = State::Provisioning {
                    deadline: self.now.plus_ms(self.durations.start_ms),
                };
                Ok((Next::Life(life), Effects::default()))
            }
            (State::Provisioning { deadline }, Event::Provisioned) => self.move_to(
                State::Booting {
                    deadline: *deadline,
                },
                self.life.desired,
                None,
            ),
            (State::Booting { deadline }, Event::Booted) => self.move_to(
                State::Starting {
                    deadline: *deadline,
                },
                self.life.desired,
                None,
            ),
            (State::Starting { .. }, Event::Answered) => {
                self.move_to(State::Ready, self.life.desired, Some("server.ready"))
            }
            (State::Ready, Event::Froze) => self.move_to(State::Frozen, self.life.desired, None),
            // Nobody asked but a request: then this is the moment that is written down.
            (State::Frozen, Event::Thawed) => {
                let unasked = self.life.desired != Desired::Running;
                self.move_to(
                    State::Ready,
                    Desired::Running,
                    unasked.then_some("server.thaw"),
                )
            }
            (State::Stopping { .. }, Event::Ended) if self.life.desired == Desired::Running => self
                .queued(
                    if self.life.safe_mode {
                        Mode::Safe
                    } else {
                        Mode::Normal
                    },
                    None,
                ),
            (State::Stopping { .. }, Event::Ended) => self.stopped(None),
            (State::Destroying { .. }, Event::Destroyed) => Ok((
                Next::Gone,
                Effects {
                    audit: None,
                    quiet: false,
                },
            )),
            (_, Event::Failed(failure)) if !matches!(self.life.step(), Step::Rest) => {
                let archive_at = self.archive_at();
                self.move_to(
                    State::Failed {
                        failure,
                        archive_at,
                    },
                    Desired::Stopped,
                    Some("server.fail"),
                )
            }
            (_, Event::Died(failure)) if kind.is_alive() => {
                let archive_at = self.archive_at();
                self.move_to(
                    State::Failed {
                        failure,
                        archive_at,
                    },
                    Desired::Stopped,
                    Some("server.fail"),
                )
            }
            (_, Event::Vanished(failure, after)) if kind.is_alive() => {
                let archive_at = self.archive_at();
                let desired = match after {
                    AfterLoss::StartAgain => Desired::Running,
                    AfterLoss::Rest => Desired::Stopped,
                };
                self.move_to(
                    State::Lost {
                        failure,
                        archive_at,
                    },
                    desired,
                    Some("server.lost"),
                )
            }
            (
                State::Stopped { .. } | State::Failed { .. } | State::Lost { .. },
                Event::ArchiveDue,
            ) => self.move_to(State::Archived, Desired::Stopped, Some("server.archive")),
            _ => Err(Refusal::OutOfOrder {
                state: kind.as_str(),
            }),
        }
    }

    fn queued(&self, mode: Mode, audit: Option<&'static str>) -> Outcome {
        let deadline = self.now.plus_ms(limits::QUEUE_TIMEOUT_MS);
        let life = Life {
            state: State::Queued { deadline },
            desired: Desired::Running,
            generation: self.life.generation,
            safe_mode: mode == Mode::Safe,
        };
        Ok((
            Next::Life(life),
            Effects {
                audit,
                quiet: false,
            },
        ))
    }

    fn stopped(&self, audit: Option<&'static str>) -> Outcome {
        self.move_to(
            State::Stopped {
                archive_at: self.archive_at(),
            },
            Desired::Stopped,
            audit,
        )
    }

    fn archive_at(&self) -> Timestamp {
        self.now.plus_ms(self.durations.archive_ms)
    }

    fn wish_only(&self, desired: Desired, audit: &'static str) -> Outcome {
        if self.life.desired == desired {
            return self.unchanged();
        }
        let life = Life {
            desired,
            ..self.life.clone()
        };
        Ok((
            Next::Life(life),
            Effects {
                audit: Some(audit),
                quiet: true,
            },
        ))
    }

    fn move_to(&self, state: State, desired: Desired, audit: Option<&'static str>) -> Outcome {
        let life = Life {
            state,
            desired,
            ..self.life.clone()
        };
        Ok((
            Next::Life(life),
            Effects {
                audit,
                quiet: false,
            },
        ))
    }

    fn unchanged(&self) -> Outcome {
        Ok((
            Next::Life(self.life.clone()),
            Effects {
                audit: None,
                quiet: true,
            },
        ))
    }
}
