//! What a server is told: its environment and the settings of `notebook_server.py`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::layout::SOCKET_PATH_BYTES_MAX;
use super::process::INSTANCE_VARIABLE;
use crate::engine::ServerSpec;

/// Directories as the server sees them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places<'a> {
    pub(super) environment: &'a Path,
    pub(super) files: &'a Path,
    pub(super) home: &'a str,
    pub(super) user_name: &'a str,
    /// On memory, for connection files.
    pub(super) runtime: &'a str,
    /// On memory, for what must not come from the home in safe mode.
    pub(super) scratch: &'a str,
}

/// A kernel's socket beside its connection file: `/kernel-<uuid>-ipc-1`.
const KERNEL_SOCKET_NAME_BYTES_MAX: usize = 50;

/// How a server reaches its kernels. Sockets in a private directory cannot be connected to by
/// anybody else, whatever the network; TCP is left for directories whose name is too long.
fn kernel_transport(runtime: &str) -> &'static str {
    if runtime.len() + KERNEL_SOCKET_NAME_BYTES_MAX <= SOCKET_PATH_BYTES_MAX {
        "ipc"
    } else {
        "tcp"
    }
}

#[derive(Serialize)]
struct Settings<'a> {
    user: &'a str,
    hub_origin: &'a str,
    root_dir: &'a str,
    kernel_transport: &'a str,
    safe_mode: bool,
}

/// The whole environment: nothing of the hub's own gets in. Names that JupyterHub gives to its
/// servers are kept, because notebooks and extensions look for them.
pub(super) fn environment(
    spec: &ServerSpec,
    places: Places<'_>,
    mark: String,
) -> BTreeMap<String, String> {
    let Places {
        environment,
        files,
        home,
        runtime,
        scratch,
        ..
    } = places;
    let environment = environment.display();
    let files = files.display();
    let settings = Settings {
        user: &spec.user_name,
        hub_origin: &spec.hub_origin,
        root_dir: home,
        kernel_transport: kernel_transport(runtime),
        safe_mode: spec.safe_mode,
    };
    let packages = format!("{home}/.local/lib/notebook-packages");
    let cores = spec.profile.cpu_millis.div_ceil(1_000).max(1).to_string();
    let mut variables: BTreeMap<String, String> = [
        ("HOME", home.to_owned()),
        ("USER", places.user_name.to_owned()),
        ("LOGNAME", places.user_name.to_owned()),
        ("SHELL", "/bin/bash".to_owned()),
        ("LANG", "C.UTF-8".to_owned()),
        ("TERM", "xterm-256color".to_owned()),
        ("TMPDIR", "/tmp".to_owned()),
        (
            "PATH",
            format!("{environment}/bin:{packages}/bin:/usr/local/bin:/usr/bin:/bin"),
        ),
        ("VIRTUAL_ENV", environment.to_string()),
        ("JUPYTER_RUNTIME_DIR", runtime.to_owned()),
        ("JUPYTER_CONFIG_PATH", files.to_string()),
        ("JUPYTERHUB_USER", spec.user_name.clone()),
        ("JUPYTERHUB_SERVER_NAME", spec.server_name.clone()),
        ("JUPYTERHUB_BASE_URL", "/".to_owned()),
        ("JUPYTERHUB_SERVICE_PREFIX", "/".to_owned()),
        ("JUPYTERHUB_HOST", spec.hub_origin.clone()),
        ("JUPYTERHUB_PUBLIC_URL", format!("{}/", spec.origin)),
        (
            "JUPYTERHUB_PUBLIC_HUB_URL",
            format!("{}/hub/", spec.hub_origin),
        ),
        ("JUPYTERHUB_ROOT_DIR", home.to_owned()),
        ("MEM_LIMIT", spec.profile.memory_bytes.to_string()),
        (
            "CPU_LIMIT",
            format!("{}", f64::from(spec.profile.cpu_millis) / 1_000.0),
        ),
        // Numeric libraries start a thread for each core of the host, which is not ours.
        ("OMP_NUM_THREADS", cores.clone()),
        ("OPENBLAS_NUM_THREADS", cores),
        (
            "LEDGERCLOUD_NOTEBOOK",
            serde_json::to_string(&settings).unwrap_or_default(),
        ),
        (INSTANCE_VARIABLE, mark),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    let more: Vec<(&str, String)> = if spec.safe_mode {
        // The home may be full or its settings broken: the server uses nothing of them.
        vec![
            ("JUPYTER_CONFIG_DIR", format!("{scratch}/jupyter-config")),
            ("JUPYTER_DATA_DIR", format!("{scratch}/jupyter-data")),
            (
                "JUPYTERLAB_WORKSPACES_DIR",
                format!("{scratch}/jupyter-workspaces"),
            ),
            (
                "JUPYTERLAB_SETTINGS_DIR",
                format!("{scratch}/jupyter-settings"),
            ),
            ("IPYTHONDIR", format!("{scratch}/ipython")),
            ("MPLCONFIGDIR", format!("{scratch}/matplotlib")),
            ("XDG_CACHE_HOME", format!("{scratch}/cache")),
            ("PYTHONNOUSERSITE", "1".to_owned()),
        ]
    } else {
        // The environment is read-only: what a user installs goes beside it, and kernels find it.
        vec![("PIP_TARGET", packages.clone()), ("PYTHONPATH", packages)]
    };
    variables.extend(
        more.into_iter()
            .map(|(name, value)| (name.to_owned(), value)),
    );
    variables
}

/// `-I`: the server itself ignores what users have in `PYTHONPATH`.
pub(super) fn arguments(places: Places<'_>) -> Vec<String> {
    vec![
        "-I".to_owned(),
        places
            .files
            .join("notebook_server.py")
            .display()
            .to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use types::notebook::{NetworkKind, ProfileSummary};
    use types::{ServerId, UserId};

    use super::*;

    fn spec(safe_mode: bool) -> ServerSpec {
        ServerSpec {
            server_id: ServerId::generate(),
            user_id: UserId::generate(),
            user_name: "O'Neil \"π\"".to_owned(),
            server_name: String::new(),
            generation: 1,
            profile: ProfileSummary {
                slug: "small".to_owned(),
                display_name: "Small".to_owned(),
                description: String::new(),
                memory_bytes: 1 << 30,
                cpu_millis: 1_500,
                disk_bytes: 1 << 30,
                processes_max: 256,
                network: NetworkKind::Off,
                is_default: true,
            },
            safe_mode,
            identity_key: [0xab; 32],
            origin: "http://one.localhost:3000".to_owned(),
            hub_origin: "http://localhost:3000".to_owned(),
        }
    }

    fn check(safe_mode: bool) -> BTreeMap<String, String> {
        let places = Places {
            environment: Path::new("/srv/environment"),
            files: Path::new("/opt/ledgercloud"),
            home: "/home/analyst",
            user_name: "analyst",
            runtime: "/run/ledgercloud/runtime",
            scratch: "/tmp",
        };
        environment(&spec(safe_mode), places, "mark".to_owned())
    }

    #[test]
    fn the_environment_is_ours_alone_and_holds_no_secret() {
        let variables = check(false);
        assert!(
            !variables.values().any(|value| value.contains("abab")),
            "the key stays out"
        );
        assert!(variables["PATH"].starts_with("/srv/environment/bin:"));
        assert_eq!(variables["CPU_LIMIT"], "1.5");
        assert_eq!(variables["OMP_NUM_THREADS"], "2");
        assert_eq!(variables.get("CARGO_MANIFEST_DIR"), None);
        let settings: serde_json::Value =
            serde_json::from_str(&variables["LEDGERCLOUD_NOTEBOOK"]).unwrap();
        assert_eq!(settings["user"], "O'Neil \"π\"");
    }

    #[test]
    fn safe_mode_uses_nothing_of_the_home() {
        let variables = check(true);
        assert!(!variables.contains_key("PYTHONPATH"));
        for name in [
            "JUPYTER_CONFIG_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
            "IPYTHONDIR",
            "JUPYTER_RUNTIME_DIR",
        ] {
            assert!(!variables[name].starts_with("/home/"), "{name}");
        }
    }
}
