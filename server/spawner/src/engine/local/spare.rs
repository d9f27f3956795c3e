//! Instances that run before anybody has come, and how one becomes somebody's server.
//!
//! A spare has an account and an empty home of its own. Whoever gets it gets its account too: the
//! user's files are given to that account first, which for a new user are none.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use types::ServerId;

use super::home::{self, HomeKind};
use super::launch::{Adoption, Started};
use super::notebook;
use super::plan::PlannedHome;
use super::process::mark;
use super::record::{Exit, Record};
use super::start::same_generation;
use super::{HeldHome, Shared, blocking, passing};
use crate::engine::{EngineError, ServerSpec};

/// From asking the supervisor to its answer.
const ADOPTION_TIMEOUT: Duration = Duration::from_secs(20);
/// A home with more files takes longer to give away than a server to start.
const FILES_GIVEN_MAX: u32 = 20_000;

impl Shared {
    /// A running sandbox can only be given a home by root, and only a home that is mounted.
    pub(super) fn keeps_spares(&self) -> bool {
        self.accounts.is_some() && self.host.sandbox.is_some() && self.host.homes == HomeKind::Image
    }

    pub(super) async fn prewarm(self: &Arc<Self>, spec: &ServerSpec) -> Result<(), EngineError> {
        if !self.keeps_spares() {
            return Err(EngineError::Fatal(
                "spares need root and homes of their own".to_owned(),
            ));
        }
        if let Some(living) = self.living(spec.server_id).await? {
            return same_generation(&living, spec);
        }
        let shared = self.clone();
        let user_id = spec.user_id;
        let account = blocking(move || {
            shared
                .accounts
                .as_ref()
                .map(|accounts| accounts.account_of(user_id))
                .transpose()
        })
        .await?
        .map_err(passing("giving the spare an account"))?;
        let plan = self.plan(spec, account, PlannedHome::Spare)?;
        self.launch(spec, &plan).await
    }

    pub(super) async fn adopt(
        self: &Arc<Self>,
        spare_id: ServerId,
        spec: &ServerSpec,
    ) -> Result<(), EngineError> {
        let held = self.take_home(spec.user_id).await;
        if let Some(living) = self.living(spec.server_id).await? {
            return same_generation(&living, spec);
        }
        let spare = self
            .living(spare_id)
            .await?
            .filter(|record| record.is_spare)
            .ok_or(EngineError::NotFound)?;
        self.give_home_to(&spare, spec, held.clone()).await?;
        let (_, home) = self.provide_home(spec, held.clone()).await?;
        let mark = mark(
            &self.layout.engine_name,
            spare.marked_as.0,
            spare.marked_as.1,
        );
        let adoption = Adoption {
            server_id: spec.server_id,
            user_id: spec.user_id,
            generation: spec.generation,
            instance: self.layout.instance(spec.server_id, spec.generation),
            lock: self.layout.server_lock(spec.server_id),
            socket: self.layout.socket(spec.server_id, spec.generation),
            home: home.path,
            environment: notebook::environment(spec, self.inner_places(), mark),
        };
        let answer = self.ask_supervisor(&spare, &adoption).await?;
        drop(held);
        match answer {
            Started::Running => {}
            Started::Held => {
                return Err(EngineError::Conflict(
                    "an earlier start of this server is still running".to_owned(),
                ));
            }
            Started::RanBefore => {
                return Err(EngineError::Conflict(
                    "this start of the server has ended before".to_owned(),
                ));
            }
            Started::Failed(reason) => return Err(EngineError::Fatal(reason)),
        }
        self.samples.lock().remove(&spec.server_id);
        // Its records have moved; only the name is left.
        let left = self.layout.server(spare_id);
        blocking(move || std::fs::remove_dir_all(left))
            .await?
            .map_err(passing("removing the spare's name"))
    }

    /// The user's files and number become the spare's account's.
    async fn give_home_to(
        self: &Arc<Self>,
        spare: &Record,
        spec: &ServerSpec,
        held: HeldHome,
    ) -> Result<(), EngineError> {
        let shared = self.clone();
        let (spare_user, user_id) = (spare.user_id, spec.user_id);
        blocking(move || {
            let Some(accounts) = &shared.accounts else {
                return Ok(());
            };
            if shared.has_living_server(user_id)? {
                return Err(io::Error::other(
                    "another server of this user works in the same home",
                ));
            }
            let home = home::locate(&shared.layout, user_id, shared.host.homes);
            let account = accounts.account_of(spare_user)?;
            home::count_files(&home.path, FILES_GIVEN_MAX)?;
            // First the number, then the files: a start after a crash goes on from there.
            accounts.transfer(spare_user, user_id)?;
            home::give(&home.path, account)?;
            drop(held);
            Ok(())
        })
        .await?
        .map_err(passing("giving the home to the spare"))
    }

    async fn ask_supervisor(
        &self,
        spare: &Record,
        adoption: &Adoption,
    ) -> Result<Started, EngineError> {
        let control = self.layout.control(spare.server_id, spare.generation);
        let talk = async {
            let mut stream = UnixStream::connect(control).await?;
            let mut line = serde_json::to_vec(adoption)?;
            line.push(b'\n');
            stream.write_all(&line).await?;
            let mut answer = String::new();
            BufReader::new(stream).read_line(&mut answer).await?;
            Ok::<_, io::Error>(serde_json::from_str(&answer)?)
        };
        tokio::time::timeout(ADOPTION_TIMEOUT, talk)
            .await
            .map_err(|_| EngineError::Transient("the spare did not answer in time".to_owned()))?
            .map_err(passing("talking to the spare"))
    }

    /// A spare that nobody got needs its number no more.
    pub(super) fn forget_spare(&self, server_id: ServerId) -> io::Result<()> {
        let Some(accounts) = &self.accounts else {
            return Ok(());
        };
        for generation in super::record::generations(&self.layout.server(server_id))? {
            let instance = self.layout.instance(server_id, generation);
            let Some(record) = Record::read(&instance)? else {
                continue;
            };
            if record.is_spare && Exit::read(&instance)?.is_some() {
                accounts.forget(record.user_id)?;
            }
        }
        Ok(())
    }
}
