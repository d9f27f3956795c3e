//! Bounds of one execution: time, steps, gas, frames and what a trace would record.

use std::time::Instant;

use revm::Inspector;
use revm::context::{ContextError, ContextTr};
use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::{CallInputs, CallOutcome, CreateInputs, CreateOutcome, Interpreter};

/// What one execution may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub deadline: Instant,
    pub steps_max: u64,
    /// Gas that one frame may use; for executions that are to be short.
    pub frame_gas_max: u64,
    pub frames_max: u64,
    /// Words on the stack, summed over all steps: what a step by step trace records.
    pub stack_words_max: u64,
}

impl Bounds {
    /// Only time is bounded.
    pub const fn until(deadline: Instant) -> Self {
        Self {
            deadline,
            steps_max: u64::MAX,
            frame_gas_max: u64::MAX,
            frames_max: u64::MAX,
            stack_words_max: u64::MAX,
        }
    }
}

/// Which bound was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Met {
    Time,
    /// Steps, gas, frames or words.
    Size,
}

/// Ends an execution that meets a bound.
#[derive(Debug)]
pub(crate) struct Watch {
    bounds: Bounds,
    steps: u64,
    frames: u64,
    stack_words: u64,
    met: Option<Met>,
}

/// Steps after which the clock is looked at.
const STEPS_PER_CLOCK: u64 = 1_024;

impl Watch {
    pub const fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            steps: 0,
            frames: 0,
            stack_words: 0,
            met: None,
        }
    }

    /// The bound that was met, if one was: the execution's result then means nothing.
    pub const fn met(&self) -> Option<Met> {
        self.met
    }

    fn look(&mut self, frame_gas: u64, stack_words: usize) -> Option<Met> {
        self.steps += 1;
        self.stack_words += stack_words as u64;
        let is_too_large = self.steps > self.bounds.steps_max
            || self.stack_words > self.bounds.stack_words_max
            || self.frames > self.bounds.frames_max
            || frame_gas > self.bounds.frame_gas_max;
        if is_too_large {
            return Some(Met::Size);
        }
        let is_late =
            self.steps.is_multiple_of(STEPS_PER_CLOCK) && Instant::now() >= self.bounds.deadline;
        is_late.then_some(Met::Time)
    }
}

impl<C: ContextTr> Inspector<C, EthInterpreter> for Watch {
    fn step(&mut self, interpreter: &mut Interpreter, context: &mut C) {
        self.met = self
            .met
            .or(self.look(interpreter.gas.total_gas_spent(), interpreter.stack.len()));
        if self.met.is_some() {
            *context.error() = Err(ContextError::Custom("a bound was met".to_owned()));
            interpreter.halt_fatal();
        }
    }

    fn call(&mut self, _: &mut C, _: &mut CallInputs) -> Option<CallOutcome> {
        self.frames += 1;
        None
    }

    fn create(&mut self, _: &mut C, _: &mut CreateInputs) -> Option<CreateOutcome> {
        self.frames += 1;
        None
    }
}
