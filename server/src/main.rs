//! `ledgercloud`: one binary that runs the whole site.

// The type of a whole page is deep.
#![recursion_limit = "512"]

mod api;

mod cli;
mod config;
mod door;
mod layers;
mod listener;
mod node;
mod router;
mod services;
mod shut_accounts;

use std::process::ExitCode;

/// Pages are many small allocations, made by one thread and freed by another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The same program, started again, keeps one notebook server: before any thread exists.
    if let Some(code) = spawner::engine::local::supervise(std::env::args_os()) {
        return code;
    }
    cli::run()
}
