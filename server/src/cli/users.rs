//! `ledgercloud users`: what an operator does to accounts from the command line.

use std::process::ExitCode;

use clap::Subcommand;
use identity::{AllowPolicy, Identity, IdentityConfig, OauthProviderConfig};
use types::WalletAddress;
use types::admin::UserQuery;

use super::{Outcome, problem, say};
use crate::config::{Flags, Settings, SignInPolicy, check, load};

#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// Everyone, one line each
    List {
        /// Part of a name, e-mail or wallet address
        search: Option<String>,
    },
    /// Make someone administrator; a wallet address that nobody has gets an account
    MakeAdministrator {
        /// Name or wallet address
        name: String,
    },
    /// Suspend an account and end its sessions
    Suspend { name: String },
    /// Let a suspended account sign in again
    Reinstate { name: String },
    /// Make a new one-time link for an administrator, when all have lost their wallets
    SetupLink,
}

/// Runs the command on the configured database. The site may run meanwhile.
pub async fn run(flags: &Flags, command: UsersCommand) -> Outcome {
    let settings = load(flags)?;
    let database = migrations::open(&settings.database_url).await.map_err(|error| problem(&error))?;
    let identity = Identity::open(database, identity_config(&settings)?).await.map_err(|error| problem(&error))?;
    let shown = |error: identity::IdentityError| vec![error.to_api_error().message];
    match command {
        UsersCommand::List { search } => list(&identity, search).await.map_err(shown)?,
        UsersCommand::MakeAdministrator { name } => {
            identity.operator_make_administrator(&name).await.map_err(shown)?;
            say(&format!("{name} is administrator"));
        }
        UsersCommand::Suspend { name } => {
            identity.operator_suspend(&name).await.map_err(shown)?;
            say(&format!("{name} is suspended"));
        }
        UsersCommand::Reinstate { name } => {
            identity.operator_reinstate(&name).await.map_err(shown)?;
            say(&format!("{name} may sign in again"));
        }
        UsersCommand::SetupLink => {
            let secret = identity.operator_new_setup_secret().await.map_err(shown)?;
            say(&format!("{}/setup/{secret}", settings.public_origin));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(identity: &Identity, search: Option<String>) -> Result<(), identity::IdentityError> {
    let mut query = UserQuery { search, ..UserQuery::default() };
    loop {
        let page = identity.operator_users(&query).await?;
        for user in page.items {
            let status = if user.suspended_at.is_some() { "suspended" } else { "active" };
            let wallets: Vec<_> = user.wallets.iter().map(WalletAddress::to_checksum).collect();
            say(&format!("{}\t{}\t{status}\t{}", user.name, user.role.as_str(), wallets.join(",")));
        }
        match page.next {
            Some(next) => query.page.after = Some(next),
            None => return Ok(()),
        }
    }
}

/// The settings in the words of the identity crate.
///
/// # Errors
/// One line per value that cannot be read.
pub fn identity_config(settings: &Settings) -> Result<IdentityConfig, Vec<String>> {
    let sign_in = &settings.sign_in;
    let mut problems = Vec::new();
    let mut read = |result: Result<String, String>| result.unwrap_or_else(|problem| { problems.push(problem); String::new() });
    let oauth_providers = settings
        .oauth
        .iter()
        .map(|provider| OauthProviderConfig {
            slug: provider.slug.clone(),
            display_name: provider.display_name.clone(),
            issuer: provider.issuer.clone(),
            client_id: provider.client_id.clone(),
            client_secret: read(check::client_secret(&provider.client_secret)),
            scopes: provider.scopes.clone(),
            group_claim: provider.group_claim.clone(),
        })
        .collect();
    let policy = if settings.development {
        AllowPolicy::Open
    } else {
        match sign_in.policy {
            SignInPolicy::Open => AllowPolicy::Open,
            SignInPolicy::Invitation => AllowPolicy::Invitation,
            SignInPolicy::AllowList => AllowPolicy::AllowList {
                addresses: sign_in.allow_list.iter().filter_map(|text| text.parse().ok()).collect(),
            },
        }
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(IdentityConfig {
        hub_origin: settings.public_origin.clone(),
        chain_ids: sign_in.chain_ids.clone(),
        policy,
        development: settings.development,
        session_idle_ms: i64::from(sign_in.session_idle_minutes) * 60_000,
        session_max_ms: i64::from(sign_in.session_max_hours) * 3_600_000,
        rpc_endpoints: settings
            .rpc
            .iter()
            .filter_map(|(chain, endpoint)| Some((chain.parse().ok()?, endpoint.clone())))
            .collect(),
        oauth_providers,
        challenges_per_minute: settings.limits.challenges_per_minute,
        proofs_per_minute: settings.limits.proofs_per_minute,
        ..IdentityConfig::default()
    })
}
