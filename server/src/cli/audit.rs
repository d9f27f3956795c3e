//! `ledgercloud audit`: checks the audit log.

use std::process::ExitCode;

use clap::Subcommand;
use identity::Identity;

use super::{Outcome, problem};
use crate::config::{Flags, load};

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Recompute the hash chain and name the first entry that does not fit
    Verify,
}

/// Runs the command on the configured database.
pub async fn run(flags: &Flags, command: AuditCommand) -> Outcome {
    let settings = load(flags)?;
    let database = migrations::open(&settings.database_url)
        .await
        .map_err(|error| problem(&error))?;
    let identity = Identity::open(database, super::users::identity_config(&settings)?)
        .await
        .map_err(|error| problem(&error))?;
    match command {
        AuditCommand::Verify => {
            let verdict = identity
                .verify_audit()
                .await
                .map_err(|error| problem(&error))?;
            match verdict.broken_at {
                None => {
                    super::say(&format!(
                        "{} entries, each fits the one before",
                        verdict.entries
                    ));
                    Ok(ExitCode::SUCCESS)
                }
                Some((seq, why)) => Err(vec![format!("entry {seq} does not fit: {why}")]),
            }
        }
    }
}
