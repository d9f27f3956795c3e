//! The folder of a log-structured database: made in one step, and opened only when it is whole.

use std::fs::{self, File};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::time::{Duration, Instant};

use fjall::Database;

use crate::error::StoreError;

/// The file that the engine writes when a folder is complete. Without it, it would begin anew
/// over what is there.
const ENGINE_MARKER: &str = "version";
/// What a new folder is called until it is whole.
const NEW_EXTENSION: &str = "new";

/// How long a database that is open elsewhere is waited for.
const LOCK_WAIT: Duration = Duration::from_secs(3);
/// How long before it is tried again.
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Memory and threads that a database may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Blocks of files that are kept in memory.
    pub cache_bytes: u64,
    /// Files that hold commits until they are sorted into tables; also what is read when opening.
    pub journals_bytes: u64,
    /// Threads that write tables and merge them. With two or more, the engine keeps one for writing,
    /// and that one spins while the others merge.
    pub worker_threads: usize,
}

/// Makes the folder under another name, lets `fill` write into it and puts it in place. Whenever
/// the program ends, there is a whole folder or none.
pub(crate) fn create(
    path: &Path,
    bounds: Bounds,
    fill: impl FnOnce(&Path, Database) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let new = path.with_extension(NEW_EXTENSION);
    let failed = |error: std::io::Error| StoreError::open(path, error);
    if new.try_exists().map_err(failed)? {
        fs::remove_dir_all(&new).map_err(failed)?;
    }
    fill(&new, open_engine(&new, bounds)?)?;
    fs::rename(&new, path).map_err(failed)?;
    path.parent().map_or(Ok(()), sync_folder).map_err(failed)
}

/// Opens a folder that [`create`] has made.
pub(crate) fn open(path: &Path, bounds: Bounds) -> Result<Database, StoreError> {
    if !path.join(ENGINE_MARKER).is_file() {
        return Err(StoreError::lost(
            path,
            format_args!("it has no file {ENGINE_MARKER}"),
        ));
    }
    open_engine(path, bounds)
}

/// Opens a database, after whoever has it open and is just ending: a program that is started again,
/// or the threads of a database that was closed a moment ago.
fn open_engine(path: &Path, bounds: Bounds) -> Result<Database, StoreError> {
    let began = Instant::now();
    loop {
        match try_open(path, bounds) {
            Err(StoreError::InUse { .. }) if began.elapsed() < LOCK_WAIT => {
                std::thread::sleep(LOCK_PAUSE);
            }
            outcome => return outcome,
        }
    }
}

fn try_open(path: &Path, bounds: Bounds) -> Result<Database, StoreError> {
    let open = || {
        Database::builder(path)
            .cache_size(bounds.cache_bytes)
            .max_journaling_size(bounds.journals_bytes)
            .worker_threads(bounds.worker_threads)
            .manual_journal_persist(true)
            .open()
    };
    // The engine asserts what it expects of its files; a damaged one is a failure like another.
    match panic::catch_unwind(AssertUnwindSafe(open)) {
        Ok(Ok(database)) => Ok(database),
        Ok(Err(fjall::Error::Locked)) => Err(StoreError::InUse {
            path: path.to_owned(),
        }),
        Ok(Err(error)) => Err(StoreError::open(path, error)),
        Err(_) => Err(StoreError::lost(path, "its files contradict each other")),
    }
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}
