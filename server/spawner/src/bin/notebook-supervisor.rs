//! The supervisor of one notebook server as a program of its own. `ledgercloud` starts itself
//! instead; tests and examples of this crate, which are not `ledgercloud`, start this.

use std::process::ExitCode;

fn main() -> ExitCode {
    spawner::engine::local::supervise(std::env::args_os()).unwrap_or_else(|| {
        eprintln!("this program is started by ledgercloud and not by people");
        ExitCode::FAILURE
    })
}
