//! Where everything of one engine lies.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use types::{ServerId, UserId};

use super::config::LocalEngineConfig;
use super::error::LocalEngineError;

/// `sockaddr_un.sun_path` less its terminating zero, see unix(7).
pub(crate) const SOCKET_PATH_BYTES_MAX: usize = 107;
/// `/`, a ULID, `-`, a generation and `.sock`.
const SOCKET_NAME_BYTES_MAX: usize = 1 + 26 + 1 + 10 + 5;

/// Paths of one engine. `data_dir` outlives a reboot, `run_dir` need not.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) data_dir: PathBuf,
    pub(crate) run_dir: PathBuf,
    /// Names this engine among others on the host: in control groups, process environments and
    /// mount points. Derived from the data directory, so that the next start finds it again.
    pub(crate) engine_name: String,
}

impl Layout {
    /// # Errors
    /// If the data directory cannot be made, or sockets would not fit.
    pub(crate) fn new(config: &LocalEngineConfig, is_root: bool) -> Result<Self, LocalEngineError> {
        std::fs::create_dir_all(&config.data_dir)
            .map_err(LocalEngineError::io(&config.data_dir))?;
        let data_dir = config
            .data_dir
            .canonicalize()
            .map_err(LocalEngineError::io(&config.data_dir))?;
        let digest = Sha256::digest(data_dir.as_os_str().as_encoded_bytes());
        let engine_name = hex::encode(&digest[..4]);
        let run_dir = match &config.run_dir {
            Some(chosen) => chosen.clone(),
            None if is_root => Path::new("/run/ledgercloud").join(&engine_name),
            None => {
                let beside = data_dir.join("run");
                let user = nix::unistd::getuid();
                if fits(&beside) {
                    beside
                } else {
                    PathBuf::from(format!("/tmp/ledgercloud-{user}-{engine_name}"))
                }
            }
        };
        if !fits(&run_dir) {
            return Err(LocalEngineError::RunDirectoryTooLong(run_dir));
        }
        Ok(Self {
            data_dir,
            run_dir,
            engine_name,
        })
    }

    pub(crate) fn servers(&self) -> PathBuf {
        self.data_dir.join("servers")
    }

    pub(crate) fn server(&self, server_id: ServerId) -> PathBuf {
        self.servers().join(server_id.to_string())
    }

    /// Record, log and exit status of one instance.
    pub(crate) fn instance(&self, server_id: ServerId, generation: u32) -> PathBuf {
        self.server(server_id).join(generation.to_string())
    }

    /// Held by the supervisor of the server's living instance.
    pub(crate) fn server_lock(&self, server_id: ServerId) -> PathBuf {
        self.server(server_id).join("lock")
    }

    pub(crate) fn socket(&self, server_id: ServerId, generation: u32) -> PathBuf {
        self.run_dir.join(format!("{server_id}-{generation}.sock"))
    }

    /// Where the supervisor of a spare listens for its user.
    pub(crate) fn control(&self, server_id: ServerId, generation: u32) -> PathBuf {
        self.run_dir.join(format!("{server_id}-{generation}.ctl"))
    }

    /// Connection files of a server without a sandbox; others have it on memory of their own.
    pub(crate) fn runtime(&self, server_id: ServerId) -> PathBuf {
        self.run_dir.join(server_id.to_string())
    }

    pub(crate) fn homes(&self) -> PathBuf {
        self.data_dir.join("homes")
    }

    pub(crate) fn home_directory(&self, user_id: UserId) -> PathBuf {
        self.homes().join(user_id.to_string())
    }

    pub(crate) fn home_image(&self, user_id: UserId) -> PathBuf {
        self.homes().join(format!("{user_id}.ext4"))
    }

    pub(crate) fn home_mount(&self, user_id: UserId) -> PathBuf {
        self.home_mounts().join(user_id.to_string())
    }

    pub(crate) fn home_mounts(&self) -> PathBuf {
        self.run_dir.join("homes")
    }

    /// Our own Jupyter files as the sandboxes see them.
    pub(crate) fn jupyter_files(&self, content: &str) -> PathBuf {
        self.data_dir.join("engine").join(content)
    }
}

fn fits(run_dir: &Path) -> bool {
    run_dir.as_os_str().len() + SOCKET_NAME_BYTES_MAX <= SOCKET_PATH_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_socket_path_fits() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = LocalEngineConfig::new(directory.path(), "/environment");
        let longest = SOCKET_PATH_BYTES_MAX - SOCKET_NAME_BYTES_MAX;
        for (length, accepted) in [(longest, true), (longest + 1, false)] {
            config.run_dir = Some(PathBuf::from(format!("/{}", "r".repeat(length - 1))));
            let layout = Layout::new(&config, true);
            assert_eq!(layout.is_ok(), accepted, "{length}");
            if let Ok(layout) = layout {
                let socket = layout.socket(ServerId::generate(), u32::MAX);
                assert!(socket.as_os_str().len() <= SOCKET_PATH_BYTES_MAX);
            }
        }
    }

    #[test]
    fn engines_are_told_apart_by_their_data() {
        let names: Vec<_> = (0..2)
            .map(|_| {
                let directory = tempfile::tempdir().unwrap();
                let config = LocalEngineConfig::new(directory.path(), "/environment");
                (Layout::new(&config, true).unwrap().engine_name, directory)
            })
            .collect();
        assert_ne!(names[0].0, names[1].0);
    }
}
