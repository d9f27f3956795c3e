//! An engine without sandboxes or Python: each instance is a small HTTP server in this process that
//! answers like Jupyter where the hub asks. For tests of everything around engines, with faults on
//! demand, and for load tests of the whole program.
//!
//! Instances run on a thread of their own, so that they outlive whatever asked for them, as real
//! ones do.

mod faults;
mod instance;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use types::notebook::{NetworkKind, ProfileSummary, Usage};
use types::{ServerId, Timestamp};

use super::{
    Capabilities, Endpoint, Engine, EngineError, LimitEvent, Observed, ObservedPhase, ServerSpec,
};
use instance::{Instance, InstanceThread};

pub use faults::{Fault, FaultKind, StubCall};

/// Cheap to clone; its instances end with the last clone.
#[derive(Clone)]
pub struct StubEngine {
    inner: Arc<Inner>,
}

struct Inner {
    /// Where sockets are.
    folder: PathBuf,
    thread: InstanceThread,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    instances: HashMap<ServerId, Entry>,
    homes: HashMap<ServerId, ProfileSummary>,
    faults: Vec<Fault>,
    limit_events: HashMap<ServerId, Vec<LimitEvent>>,
    logs: HashMap<ServerId, Vec<String>>,
    calls: HashMap<StubCall, u64>,
    violations: Vec<String>,
    boot_delay: Duration,
}

struct Entry {
    generation: u32,
    phase: ObservedPhase,
    instance: Option<Instance>,
}

impl StubEngine {
    /// An engine whose sockets lie in `folder`, which must exist and have a short path: the path
    /// of a Unix socket has at most 107 bytes.
    ///
    /// # Errors
    /// The thread of the instances could not be made.
    pub fn open(folder: PathBuf) -> std::io::Result<Self> {
        let thread = InstanceThread::start()?;
        Ok(Self {
            inner: Arc::new(Inner {
                folder,
                thread,
                state: Mutex::default(),
            }),
        })
    }

    /// From now on boots take this long before the instance answers.
    pub fn set_boot_delay(&self, boot_delay: Duration) {
        self.inner.state.lock().boot_delay = boot_delay;
    }

    /// Adds a fault.
    pub fn inject(&self, fault: Fault) {
        self.inner.state.lock().faults.push(fault);
    }

    /// Takes back every fault; calls that hang stay so.
    pub fn heal(&self) {
        self.inner.state.lock().faults.clear();
    }

    /// Ends an instance as if it had crashed.
    pub fn crash(&self, server_id: ServerId, cause: &str, out_of_memory: bool) {
        if let Some(entry) = self.inner.state.lock().instances.get_mut(&server_id) {
            entry.phase = ObservedPhase::Exited {
                cause: cause.to_owned(),
                out_of_memory,
            };
            entry.instance = None;
        }
    }

    /// Makes an instance disappear, as a restart of the machine does.
    pub fn vanish(&self, server_id: ServerId) {
        self.inner.state.lock().instances.remove(&server_id);
    }

    /// Boots an instance behind everybody's back.
    ///
    /// # Errors
    /// As [`Engine::boot`].
    pub async fn boot_unasked(&self, spec: &ServerSpec) -> Result<(), EngineError> {
        self.put(spec).await
    }

    /// What the server's kernels say of themselves.
    pub fn set_kernels(&self, server_id: ServerId, execution_states: &[&str]) {
        if let Some(Entry {
            instance: Some(instance),
            ..
        }) = self.inner.state.lock().instances.get(&server_id)
        {
            instance.set_kernels(execution_states);
        }
    }

    /// A limit that the server hits.
    pub fn hit_limit(&self, server_id: ServerId, event: LimitEvent) {
        self.inner
            .state
            .lock()
            .limit_events
            .entry(server_id)
            .or_default()
            .push(event);
    }

    /// Generations of the instances that run or are held.
    #[must_use]
    pub fn alive(&self) -> HashMap<ServerId, u32> {
        let state = self.inner.state.lock();
        let alive = state
            .instances
            .iter()
            .filter(|(_, entry)| entry.instance.is_some());
        alive
            .map(|(server_id, entry)| (*server_id, entry.generation))
            .collect()
    }

    /// How often a call was made.
    #[must_use]
    pub fn calls(&self, call: StubCall) -> u64 {
        self.inner
            .state
            .lock()
            .calls
            .get(&call)
            .copied()
            .unwrap_or(0)
    }

    /// What the caller did that no caller may do: two instances of one server, a boot without a home.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.inner.state.lock().violations.clone()
    }

    /// Requests that an instance has answered, by path without query.
    #[must_use]
    pub fn requests(&self, server_id: ServerId, path: &str) -> u64 {
        match self.inner.state.lock().instances.get(&server_id) {
            Some(Entry {
                instance: Some(instance),
                ..
            }) => instance.requests(path),
            _ => 0,
        }
    }

    fn socket_path(&self, server_id: ServerId, generation: u32) -> PathBuf {
        self.inner.folder.join(format!("{server_id}-{generation}"))
    }

    /// Counts a call and lets the next fault that fits happen.
    async fn pass(&self, call: StubCall, server_id: Option<ServerId>) -> Result<(), EngineError> {
        let kind = {
            let mut state = self.inner.state.lock();
            *state.calls.entry(call).or_default() += 1;
            faults::next(&mut state.faults, call, server_id)
        };
        match kind {
            None => Ok(()),
            Some(FaultKind::Fail(error)) => Err(error),
            Some(FaultKind::FailLate(delay, error)) => {
                tokio::time::sleep(delay).await;
                Err(error)
            }
            Some(FaultKind::Hang) => std::future::pending().await,
            Some(FaultKind::Delay(delay)) => {
                tokio::time::sleep(delay).await;
                Ok(())
            }
        }
    }

    async fn put(&self, spec: &ServerSpec) -> Result<(), EngineError> {
        let boot_delay = {
            let mut state = self.inner.state.lock();
            match state.instances.get(&spec.server_id) {
                Some(entry) if entry.generation == spec.generation && entry.instance.is_some() => {
                    return Ok(());
                }
                Some(entry) if entry.instance.is_some() => {
                    let violation = format!(
                        "{} is booted as generation {} while {} is alive",
                        spec.server_id, spec.generation, entry.generation
                    );
                    state.violations.push(violation);
                    return Err(EngineError::Conflict(
                        "an older instance is alive".to_owned(),
                    ));
                }
                _ => {}
            }
            state.boot_delay
        };
        let is_silent = {
            let mut state = self.inner.state.lock();
            faults::next(&mut state.faults, StubCall::Answer, Some(spec.server_id)).is_some()
        };
        let path = self.socket_path(spec.server_id, spec.generation);
        let instance = self
            .inner
            .thread
            .spawn(
                path,
                spec.identity_key,
                if is_silent {
                    instance::Manner::Silent
                } else {
                    instance::Manner::After(boot_delay)
                },
            )
            .map_err(|error| EngineError::Transient(error.to_string()))?;
        let mut state = self.inner.state.lock();
        state
            .logs
            .entry(spec.server_id)
            .or_default()
            .push(format!("generation {} starts", spec.generation));
        let entry = Entry {
            generation: spec.generation,
            phase: ObservedPhase::Running,
            instance: Some(instance),
        };
        state.instances.insert(spec.server_id, entry);
        Ok(())
    }

    fn set_frozen(&self, server_id: ServerId, phase: &ObservedPhase) -> Result<(), EngineError> {
        let mut state = self.inner.state.lock();
        match state.instances.get_mut(&server_id) {
            Some(Entry {
                phase: held,
                instance: Some(instance),
                ..
            }) => {
                instance.set_frozen(*phase == ObservedPhase::Frozen);
                held.clone_from(phase);
                Ok(())
            }
            _ => Err(EngineError::NotFound),
        }
    }
}

#[async_trait]
impl Engine for StubEngine {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            engine: "stub",
            isolation: "none".to_owned(),
            isolated: false,
            limits: "none".to_owned(),
            freeze: "answers wait".to_owned(),
            networks: vec![NetworkKind::Off],
            remarks: vec!["For tests only: there is no notebook behind it.".to_owned()],
        }
    }

    async fn provision(&self, spec: &ServerSpec) -> Result<(), EngineError> {
        self.pass(StubCall::Provision, Some(spec.server_id)).await?;
        self.inner
            .state
            .lock()
            .homes
            .insert(spec.server_id, spec.profile.clone());
        Ok(())
    }

    async fn boot(&self, spec: &ServerSpec) -> Result<(), EngineError> {
        self.pass(StubCall::Boot, Some(spec.server_id)).await?;
        if !self.inner.state.lock().homes.contains_key(&spec.server_id) {
            self.inner
                .state
                .lock()
                .violations
                .push(format!("{} is booted without a home", spec.server_id));
        }
        self.put(spec).await
    }

    fn endpoint(&self, server_id: ServerId, generation: u32) -> Endpoint {
        Endpoint::Unix(self.socket_path(server_id, generation))
    }

    async fn freeze(&self, server_id: ServerId) -> Result<(), EngineError> {
        self.pass(StubCall::Freeze, Some(server_id)).await?;
        self.set_frozen(server_id, &ObservedPhase::Frozen)
    }

    async fn thaw(&self, server_id: ServerId) -> Result<(), EngineError> {
        self.pass(StubCall::Thaw, Some(server_id)).await?;
        self.set_frozen(server_id, &ObservedPhase::Running)
    }

    async fn stop(&self, server_id: ServerId, _grace: Duration) -> Result<(), EngineError> {
        self.pass(StubCall::Stop, Some(server_id)).await?;
        self.inner.state.lock().instances.remove(&server_id);
        Ok(())
    }

    async fn destroy(&self, server_id: ServerId) -> Result<(), EngineError> {
        self.pass(StubCall::Destroy, Some(server_id)).await?;
        let mut state = self.inner.state.lock();
        state.instances.remove(&server_id);
        state.logs.remove(&server_id);
        Ok(())
    }

    async fn observe(&self) -> Result<Vec<Observed>, EngineError> {
        self.pass(StubCall::Observe, None).await?;
        let state = self.inner.state.lock();
        Ok(state
            .instances
            .iter()
            .map(|(server_id, entry)| Observed {
                server_id: *server_id,
                generation: entry.generation,
                phase: entry.phase.clone(),
            })
            .collect())
    }

    async fn usage(&self, server_id: ServerId) -> Result<Usage, EngineError> {
        let state = self.inner.state.lock();
        let profile = state.homes.get(&server_id).ok_or(EngineError::NotFound)?;
        Ok(Usage {
            time: Timestamp::now(),
            memory_bytes: profile.memory_bytes / 4,
            memory_limit_bytes: profile.memory_bytes,
            cpu_millis: profile.cpu_millis / 10,
            cpu_limit_millis: profile.cpu_millis,
            disk_bytes: profile.disk_bytes / 10,
            disk_limit_bytes: profile.disk_bytes,
            processes: 4,
            processes_max: profile.processes_max,
        })
    }

    async fn limit_events(&self, server_id: ServerId) -> Result<Vec<LimitEvent>, EngineError> {
        Ok(self
            .inner
            .state
            .lock()
            .limit_events
            .remove(&server_id)
            .unwrap_or_default())
    }

    async fn logs(
        &self,
        server_id: ServerId,
        lines_max: usize,
    ) -> Result<Vec<String>, EngineError> {
        let state = self.inner.state.lock();
        let lines = state.logs.get(&server_id).ok_or(EngineError::NotFound)?;
        Ok(lines[lines.len().saturating_sub(lines_max)..].to_vec())
    }

    fn keeps_spares(&self) -> bool {
        true
    }

    async fn prewarm(&self, spec: &ServerSpec) -> Result<(), EngineError> {
        self.pass(StubCall::Prewarm, Some(spec.server_id)).await?;
        self.put(spec).await
    }

    async fn adopt(&self, spare: ServerId, spec: &ServerSpec) -> Result<(), EngineError> {
        self.pass(StubCall::Adopt, Some(spec.server_id)).await?;
        let mut state = self.inner.state.lock();
        let entry = state
            .instances
            .remove(&spare)
            .ok_or(EngineError::NotFound)?;
        let from = self.socket_path(spare, entry.generation);
        let to = self.socket_path(spec.server_id, spec.generation);
        std::fs::rename(from, to).map_err(|error| EngineError::Transient(error.to_string()))?;
        state.instances.insert(
            spec.server_id,
            Entry {
                generation: spec.generation,
                ..entry
            },
        );
        Ok(())
    }
}
