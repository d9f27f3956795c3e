//! The command line.

mod audit;
mod config;
mod doctor;
mod node;
mod serve;
mod users;
mod wallet;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Flags, LogFormat};

/// A cloud workbench for on-chain analysts: sign in with a wallet, get your own notebook server.
#[derive(Debug, Parser)]
#[command(
    name = "ledgercloud",
    version,
    about,
    after_help = "Settings come from ledgercloud.toml, then the environment (LEDGERCLOUD_*, DATABASE_URL), then flags;\n`ledgercloud config` prints them all and where each comes from."
)]
struct Arguments {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the site
    Serve,
    /// Run a node of the chain alone
    Node,
    /// List people, make administrators, suspend accounts
    #[command(subcommand)]
    Users(users::UsersCommand),
    /// Check this machine and say how to mend what is missing
    Doctor,
    /// Print the settings in force and where each comes from
    Config,
    /// The audit log
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Keys in encrypted files: make, import, list, sign, send
    #[command(subcommand)]
    Wallet(wallet::WalletCommand),
}

/// Reads the command line and does what it says.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    // One provider of cryptography for TLS, chosen once.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&[format!("the asynchronous runtime did not start: {error}")]),
    };
    let outcome = runtime.block_on(async {
        match arguments.command {
            Command::Serve => serve::run(&arguments.flags).await,
            Command::Node => node::run(&arguments.flags).await,
            Command::Users(command) => users::run(&arguments.flags, command).await,
            Command::Doctor => doctor::run(&arguments.flags).await,
            Command::Config => config::run(&arguments.flags),
            Command::Audit(command) => audit::run(&arguments.flags, command).await,
            Command::Wallet(command) => wallet::run(&arguments.flags, command).await,
        }
    });
    // Work that blocks (a slow disk) must not hold the end up.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    match outcome {
        Ok(code) => code,
        Err(problems) => fail(&problems),
    }
}

/// What a command ends with: an exit code, or problems, one line each.
pub type Outcome = Result<ExitCode, Vec<String>>;

fn fail(problems: &[String]) -> ExitCode {
    for problem in problems {
        eprintln!("ledgercloud: {problem}");
    }
    ExitCode::from(2)
}

/// One line out of an error and its causes.
pub fn problem(error: &dyn std::error::Error) -> Vec<String> {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        line.push_str(": ");
        line.push_str(&source.to_string());
        cause = source.source();
    }
    vec![line]
}

/// What is logged if nobody chooses. The chain's database would tell of each of its files.
const LOG_FILTER: &str = "info,fjall=warn,lsm_tree=warn";

/// Starts logging. `RUST_LOG` chooses what is logged.
pub fn start_log(format: LogFormat) {
    use std::io::IsTerminal;
    use tracing_subscriber::EnvFilter;

    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOG_FILTER));
    let as_json = match format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stdout().is_terminal(),
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter);
    let started = if as_json {
        builder
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .try_init()
    } else {
        builder.with_target(false).try_init()
    };
    if let Err(error) = started {
        eprintln!("ledgercloud: logging did not start: {error}");
    }
}

/// Prints a line of a command's result.
pub fn say(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
