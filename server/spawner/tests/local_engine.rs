//! The local engine with real sandboxes and a real JupyterLab.
//!
//! Nothing is skipped: without bubblewrap or the Python environment (`./setup.sh`, or
//! `LEDGERCLOUD_NOTEBOOK_ENVIRONMENT`) these tests fail.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests fail the test, and figures are printed"
)]

mod local_engine {
    mod bench;
    mod crash;
    mod http;
    mod identity;
    mod isolation;
    mod kernel;
    mod lifecycle;
    mod limits;
    mod network;
    mod pause;
    mod spare;
    mod unprivileged;
    mod welcome;
}
