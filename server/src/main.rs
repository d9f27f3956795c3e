//! `ledgercloud`: one binary that runs the whole site.

mod api;
mod cli;
mod config;
mod door;
mod layers;
mod listener;
mod router;
mod services;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
