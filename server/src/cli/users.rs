//! `ledgercloud users`: what an operator does to accounts from the command line.

use std::num::NonZeroU32;
use std::process::ExitCode;

use clap::Subcommand;
use identity::{AllowPolicy, Identity, IdentityConfig, OauthProviderConfig, Selector};
use types::WalletAddress;
use types::admin::UserQuery;
use url::Url;

use super::{Outcome, problem, say};
use crate::config::{Flags, OauthSettings, Settings, SignInPolicy, check, load};

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
    let database = migrations::open(&settings.database_url)
        .await
        .map_err(|error| problem(&error))?;
    let identity = Identity::open(database, identity_config(&settings)?)
        .await
        .map_err(|error| problem(&error))?;
    let shown = |error: identity::IdentityError| vec![error.to_api_error().message];
    match command {
        UsersCommand::List { search } => list(&identity, search).await.map_err(shown)?,
        UsersCommand::MakeAdministrator { name } => {
            identity
                .make_administrator(&selector(&name))
                .await
                .map_err(shown)?;
            say(&format!("{name} is administrator"));
        }
        UsersCommand::Suspend { name } => {
            identity
                .suspend_user(&selector(&name))
                .await
                .map_err(shown)?;
            say(&format!("{name} is suspended"));
        }
        UsersCommand::Reinstate { name } => {
            identity
                .reinstate_user(&selector(&name))
                .await
                .map_err(shown)?;
            say(&format!("{name} may sign in again"));
        }
        UsersCommand::SetupLink => {
            let secret = identity.reset_setup_link().await.map_err(shown)?;
            say(&format!("{}/setup/{secret}", settings.public_origin));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn selector(name: &str) -> Selector {
    let Ok(selector) = name.parse();
    selector
}

async fn list(identity: &Identity, search: Option<String>) -> Result<(), identity::IdentityError> {
    let mut query = UserQuery {
        search,
        ..UserQuery::default()
    };
    loop {
        let page = identity.list_users(&query).await?;
        for user in page.items {
            let status = if user.suspended_at.is_some() {
                "suspended"
            } else {
                "active"
            };
            let wallets: Vec<_> = user
                .wallets
                .iter()
                .map(WalletAddress::to_checksum)
                .collect();
            say(&format!(
                "{}\t{}\t{status}\t{}",
                user.name,
                user.role.as_str(),
                wallets.join(",")
            ));
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
    let mut config = IdentityConfig::new(parse_url("public_origin", &settings.public_origin)?);
    config.chain_ids.clone_from(&sign_in.chain_ids);
    config.allow = match sign_in.policy {
        SignInPolicy::Open => AllowPolicy::Open,
        SignInPolicy::Invitation => AllowPolicy::Invitation,
        SignInPolicy::AllowList => AllowPolicy::AllowList {
            addresses: sign_in
                .allow_list
                .iter()
                .filter_map(|text| text.parse().ok())
                .collect(),
        },
    };
    config.development = settings.development;
    config.session_idle_ms = i64::from(sign_in.session_idle_minutes) * 60_000;
    config.session_absolute_ms = i64::from(sign_in.session_max_hours) * 3_600_000;
    for (chain, endpoint) in &settings.rpc {
        let chain_id = chain
            .parse()
            .map_err(|_| vec![format!("rpc: {chain:?} is not a chain id")])?;
        config
            .rpc_endpoints
            .insert(chain_id, parse_url("rpc", endpoint)?);
    }
    for provider in &settings.oauth {
        config.oauth_providers.push(oauth_provider(provider)?);
    }
    config.rate_limits.challenges_per_minute_and_ip = bound(settings.limits.challenges_per_minute);
    config.rate_limits.proofs_per_minute_and_ip = bound(settings.limits.proofs_per_minute);
    let problems = config.problems();
    if problems.is_empty() {
        Ok(config)
    } else {
        Err(problems)
    }
}

fn oauth_provider(provider: &OauthSettings) -> Result<OauthProviderConfig, Vec<String>> {
    let secret = check::client_secret(&provider.client_secret).map_err(|problem| vec![problem])?;
    Ok(OauthProviderConfig {
        slug: provider.slug.clone(),
        display_name: provider.display_name.clone(),
        issuer: parse_url(&format!("oauth.{}.issuer", provider.slug), &provider.issuer)?,
        client_id: provider.client_id.clone(),
        client_secret: Some(secret),
        scopes: provider.scopes.clone(),
        group_claim: provider.group_claim.clone(),
    })
}

fn parse_url(key: &str, text: &str) -> Result<Url, Vec<String>> {
    Url::parse(text).map_err(|error| vec![format!("{key}: {text:?}: {error}")])
}

/// 0 means no bound.
fn bound(limit: u32) -> NonZeroU32 {
    NonZeroU32::new(limit).unwrap_or(NonZeroU32::MAX)
}
