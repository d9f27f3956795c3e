//! Why the engine does not open.

use std::path::PathBuf;

/// What the operator has to mend before servers can run here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalEngineError {
    #[error("{} is used by another running ledgercloud; stop it or choose another data directory", .0.display())]
    InUse(PathBuf),
    #[error("{}: {}", path.display(), source)]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error(
        "no sandbox is possible on this host: {0} (to run notebooks without one, at everybody's risk: --unsafe-no-sandbox)"
    )]
    NoSandbox(String),
    #[error("the notebooks' Python environment cannot be used: {0}")]
    Environment(String),
    #[error("socket paths under {} would be longer than {} bytes; choose a shorter run directory", .0.display(), super::layout::SOCKET_PATH_BYTES_MAX)]
    RunDirectoryTooLong(PathBuf),
}

impl LocalEngineError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
