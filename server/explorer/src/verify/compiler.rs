//! Runs the compiler: bounded in time, memory and output, in an empty folder, with nothing of our
//! environment.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use crate::ExplorerError;
use crate::limits::COMPILER_OUTPUT_BYTES_MAX;
use crate::settings::CompilerSettings;

/// What the compiler answers to standard JSON input.
///
/// # Errors
/// It cannot be started, takes too long, or answers too much or no JSON.
pub(super) async fn compile(
    settings: &CompilerSettings,
    input: &Value,
) -> Result<Value, ExplorerError> {
    let run = run(settings, input.to_string().into_bytes());
    let output = match tokio::time::timeout(settings.timeout, run).await {
        Ok(output) => output.map_err(|error| failed(&format!("the compiler: {error}")))?,
        Err(_) => {
            let seconds = settings.timeout.as_secs();
            return Err(failed(&format!(
                "the compiler takes longer than {seconds} s"
            )));
        }
    };
    if output.len() > COMPILER_OUTPUT_BYTES_MAX {
        return Err(failed("the compiler answers too much"));
    }
    // npm's compiler writes warnings before its answer.
    let start = output
        .iter()
        .position(|byte| *byte == b'{')
        .unwrap_or_default();
    serde_json::from_slice(&output[start..])
        .map_err(|_| failed("the compiler gave no answer; it may have run out of memory"))
}

async fn run(settings: &CompilerSettings, input: Vec<u8>) -> std::io::Result<Vec<u8>> {
    let folder = EmptyFolder::create()?;
    let mut command = limited(settings);
    let mut process = command
        .current_dir(&folder.0)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let (Some(mut stdin), Some(stdout)) = (process.stdin.take(), process.stdout.take()) else {
        return Err(std::io::Error::other("no pipes"));
    };
    let write = async move {
        stdin.write_all(&input).await?;
        stdin.shutdown().await
    };
    let read = async {
        let mut output = Vec::new();
        stdout
            .take(COMPILER_OUTPUT_BYTES_MAX as u64 + 1)
            .read_to_end(&mut output)
            .await?;
        Ok::<_, std::io::Error>(output)
    };
    let (written, output) = tokio::join!(write, read);
    let output = output?;
    // A compiler that ends before it has read everything has said why.
    if output.is_empty() {
        written?;
    }
    Ok(output)
}

/// `prlimit` (util-linux) bounds memory, processor time and what may be written to files: nothing.
fn limited(settings: &CompilerSettings) -> Command {
    let mut command = Command::new("prlimit");
    command
        .arg(format!("--data={}", settings.memory_bytes))
        .arg(format!("--cpu={}", settings.timeout.as_secs().max(1)))
        .arg("--core=0")
        .arg("--fsize=0")
        .arg("--")
        .args(&settings.command);
    command
}

fn failed(problem: &str) -> ExplorerError {
    ExplorerError::Verification(problem.to_owned())
}

/// A folder of its own, so that an import finds no file.
struct EmptyFolder(std::path::PathBuf);

impl EmptyFolder {
    fn create() -> std::io::Result<Self> {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("ledgercloud-solc-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for EmptyFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.0);
    }
}
