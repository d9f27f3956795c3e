//! Measures a notebook server on this host: from asking for it to its first answer, freezing, and
//! thawing to the first answer.
//!
//! ```text
//! cargo run --release -p spawner --example notebook_start -- [RUNS]
//! ```
//!
//! It needs the Python environment (`./setup.sh`), named by `LEDGERCLOUD_NOTEBOOK_ENVIRONMENT`.

use std::error::Error;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use spawner::engine::local::{LocalEngine, LocalEngineConfig, supervise};
use spawner::engine::{Endpoint, Engine, ServerSpec};
use types::notebook::{NetworkKind, ProfileSummary};
use types::{ServerId, UserId};

const RUNS_DEFAULT: usize = 5;
const GRACE: Duration = Duration::from_secs(10);

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    // The engine starts this very program again as the supervisor of each server.
    if let Some(code) = supervise(std::env::args_os()) {
        return code;
    }
    let runs = std::env::args()
        .nth(1)
        .and_then(|runs| runs.parse().ok())
        .unwrap_or(RUNS_DEFAULT);
    match tokio::runtime::Runtime::new()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(measure(runs)))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(runs: usize) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let environment = std::env::var_os("LEDGERCLOUD_NOTEBOOK_ENVIRONMENT").map_or_else(
        || PathBuf::from("/var/cache/ledgercloud/notebook-environment"),
        PathBuf::from,
    );
    let opened = Instant::now();
    let engine = LocalEngine::open(LocalEngineConfig::new(directory.path(), environment))?;
    show("opening the engine", &mut [opened.elapsed()]);
    let (mut provision, mut boot, mut start, mut freeze, mut thaw, mut first_answer) =
        (vec![], vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..runs {
        let spec = spec();
        let asked = Instant::now();
        engine.provision(&spec).await?;
        provision.push(asked.elapsed());
        engine.boot(&spec).await?;
        boot.push(asked.elapsed());
        let Endpoint::Unix(socket) = engine.endpoint(spec.server_id, spec.generation) else {
            return Err("no socket".into());
        };
        answer(&socket)?;
        start.push(asked.elapsed());

        let asked = Instant::now();
        engine.freeze(spec.server_id).await?;
        freeze.push(asked.elapsed());
        let asked = Instant::now();
        engine.thaw(spec.server_id).await?;
        thaw.push(asked.elapsed());
        answer(&socket)?;
        first_answer.push(asked.elapsed());
        engine.stop(spec.server_id, GRACE).await?;
    }
    show("home made and mounted", &mut provision);
    show("… and sandbox started", &mut boot);
    show("… and first answer of JupyterLab", &mut start);
    show("freeze", &mut freeze);
    show("thaw", &mut thaw);
    show("… and first answer", &mut first_answer);
    Ok(())
}

fn show(what: &str, times: &mut [Duration]) {
    times.sort();
    let (Some(least), Some(most)) = (times.first(), times.last()) else {
        return;
    };
    let median = times[times.len() / 2];
    #[allow(clippy::print_stdout, reason = "its result is what it prints")]
    {
        println!(
            "{what:34} median {median:>10.1?}   least {least:>10.1?}   most {most:>10.1?}   of {}",
            times.len()
        );
    }
}

/// Waits in the socket's queue until the server takes the request.
fn answer(socket: &std::path::Path) -> Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    stream.write_all(b"GET /api HTTP/1.1\r\nHost: a.localhost\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    if text.starts_with("HTTP/1.1 200 ") {
        Ok(())
    } else {
        Err(format!("unexpected answer: {text}").into())
    }
}

fn spec() -> ServerSpec {
    ServerSpec {
        server_id: ServerId::generate(),
        user_id: UserId::generate(),
        user_name: "measured".to_owned(),
        server_name: String::new(),
        generation: 1,
        profile: ProfileSummary {
            slug: "measured".to_owned(),
            display_name: "Measured".to_owned(),
            description: String::new(),
            memory_bytes: 2 << 30,
            cpu_millis: 2_000,
            disk_bytes: 4 << 30,
            processes_max: 256,
            network: NetworkKind::Off,
            is_default: true,
        },
        safe_mode: false,
        identity_key: [7; 32],
        origin: "http://measured.localhost:3000".to_owned(),
        hub_origin: "http://localhost:3000".to_owned(),
    }
}
