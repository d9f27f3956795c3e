//! Our own Jupyter files: part of this program, laid out for the sandboxes to see read-only.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::layout::Layout;

/// Name inside the directory, and content.
const FILES: [(&str, &str); 7] = [
    (
        "notebook_server.py",
        include_str!("../../../environment/jupyter/notebook_server.py"),
    ),
    (
        "ledgercloud_identity.py",
        include_str!("../../../environment/jupyter/ledgercloud_identity.py"),
    ),
    (
        "ledgercloud_kernels.py",
        include_str!("../../../environment/jupyter/ledgercloud_kernels.py"),
    ),
    (
        "labconfig/page_config.json",
        include_str!("../../../environment/jupyter/labconfig/page_config.json"),
    ),
    (
        "welcome/1 Contract simulation.ipynb",
        include_str!("../../../environment/welcome/1 Contract simulation.ipynb"),
    ),
    (
        "welcome/2 Transaction analysis.ipynb",
        include_str!("../../../environment/welcome/2 Transaction analysis.ipynb"),
    ),
    (
        "welcome/3 Your LedgerCloud.ipynb",
        include_str!("../../../environment/welcome/3 Your LedgerCloud.ipynb"),
    ),
];

/// Writes the files unless this very content is there, and returns their directory. Servers of an
/// earlier version of this program keep the directory that they were started with.
pub(super) fn lay_out(layout: &Layout) -> io::Result<PathBuf> {
    let mut digest = Sha256::new();
    for (name, content) in FILES {
        digest.update(name);
        digest.update([0]);
        digest.update(content);
        digest.update([0]);
    }
    let directory = layout.jupyter_files(&hex::encode(&digest.finalize()[..8]));
    if directory.exists() {
        return Ok(directory);
    }
    let unfinished = directory.with_extension("new");
    match std::fs::remove_dir_all(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    for (name, content) in FILES {
        let path = unfinished.join(name);
        make_parents(&path, &unfinished)?;
        std::fs::write(&path, content)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444))?;
    }
    std::fs::rename(&unfinished, &directory)?;
    Ok(directory)
}

fn make_parents(path: &Path, top: &Path) -> io::Result<()> {
    let directory = path.parent().unwrap_or(top);
    std::fs::create_dir_all(directory)?;
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o755))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::local::LocalEngineConfig;

    #[test]
    fn files_are_written_once_and_are_readable_by_everybody() {
        let directory = tempfile::tempdir().unwrap();
        let config = LocalEngineConfig::new(directory.path(), "/environment");
        let layout = Layout::new(&config, true).unwrap();
        let first = lay_out(&layout).unwrap();
        assert_eq!(lay_out(&layout).unwrap(), first);
        for (name, content) in FILES {
            let path = first.join(name);
            assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
            assert_eq!(
                path.metadata().unwrap().permissions().mode() & 0o777,
                0o444,
                "{name}"
            );
        }
    }
}
