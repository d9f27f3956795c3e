//! Faults that tests order.

use std::time::Duration;

use types::ServerId;

use crate::engine::EngineError;

/// Something that shall go wrong.
#[derive(Debug, Clone)]
pub struct Fault {
    pub call: StubCall,
    /// Only for this server; for any if none is named.
    pub server_id: Option<ServerId>,
    /// How often.
    pub times: u32,
    pub kind: FaultKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StubCall {
    Provision,
    Boot,
    /// Not a call: whether the booted instance ever answers. Any fault keeps it silent.
    Answer,
    Freeze,
    Thaw,
    Stop,
    Destroy,
    Observe,
    Prewarm,
    Adopt,
}

#[derive(Debug, Clone)]
pub enum FaultKind {
    Fail(EngineError),
    /// The call takes that long and fails then.
    FailLate(Duration, EngineError),
    /// The call never ends.
    Hang,
    /// The call takes longer, then does what it should.
    Delay(Duration),
}

/// The next fault for such a call, which is used up by it.
pub(super) fn next(
    faults: &mut Vec<Fault>,
    call: StubCall,
    server_id: Option<ServerId>,
) -> Option<FaultKind> {
    let position = faults.iter().position(|fault| {
        fault.call == call && (fault.server_id.is_none() || fault.server_id == server_id)
    })?;
    let fault = &mut faults[position];
    let kind = fault.kind.clone();
    fault.times = fault.times.saturating_sub(1);
    if fault.times == 0 {
        faults.remove(position);
    }
    Some(kind)
}
