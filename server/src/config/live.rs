//! The two JSON files of the notebook part, read while the program runs: `instance_config.json`
//! (sizes and base image, as given at launch) and `server_config.json` (what is in force; it
//! wins). Both lie beside `ledgercloud.toml` or in the data folder. An edit takes effect within
//! [`POLL_INTERVAL`].

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use spawner::Spawner;
use spawner::service::{LadderSettings, SpawnerSettings};
use tokio::sync::watch;
use types::notebook::ProfileSummary;

use super::{NotebookSettings, Settings};

/// How often the files are looked at.
pub const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// The files' names, later ones winning.
pub const FILES: [&str; 2] = ["instance_config.json", "server_config.json"];

/// Keys that describe the cloud around the hub and change nothing on this engine.
const CLOUD_KEYS: [&str; 19] = [
    "AVAILABILITY_ZONE",
    "IGNORE_PERMISSIONS",
    "JUPYTER_CLUSTER",
    "JUPYTER_MANAGER_IP",
    "KEY_NAME",
    "MANAGER_INSTANCE_TYPE",
    "MANAGER_IP_ADDRESS",
    "REGION",
    "SERVER_OWNER",
    "SERVER_USERNAME",
    "SUBNET_ID",
    "USER_HOME_EBS_SIZE",
    "WORKER_AMI",
    "WORKER_SECURITY_GROUPS",
    "WORKER_SERVER_NAME",
    "WORKER_SERVER_OWNER",
    "WORKER_USERNAME",
    "VPN_ID",
    "CUSTOM_WORKER_AMI",
];

/// What the files say, read together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Overlay {
    /// Seconds idle until a server stops.
    pub notebook_timeout_s: Option<u64>,
    /// Seconds idle until a server freezes.
    pub freeze_timeout_s: Option<u64>,
    /// Slug of the default profile, or an instance type with a known size.
    pub instance_type: Option<String>,
    pub memory: Option<String>,
    pub cpu_cores: Option<f64>,
    pub disk: Option<String>,
    pub processes: Option<u32>,
    /// Python environment in place of the configured one.
    pub base_image: Option<PathBuf>,
    /// Where each value was found: key and file.
    pub origins: Vec<(String, PathBuf)>,
    /// Lines about keys that are unknown or wrong; the rest applies.
    pub remarks: Vec<String>,
}

/// Reads the files that exist in the folders.
#[must_use]
pub fn read(folders: &[PathBuf]) -> Overlay {
    let mut overlay = Overlay::default();
    for name in FILES {
        for folder in folders {
            let path = folder.join(name);
            match std::fs::read_to_string(&path) {
                Ok(text) => overlay.merge(&path, &text),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => overlay.remarks.push(format!("{}: {error}", path.display())),
            }
        }
    }
    overlay
}

/// Where the files are looked for.
#[must_use]
pub fn folders(settings: &Settings, config_file: Option<&Path>) -> Vec<PathBuf> {
    let beside = config_file
        .and_then(Path::parent)
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    vec![beside, settings.data_dir.clone()]
}

impl Overlay {
    fn merge(&mut self, path: &Path, text: &str) {
        let object: Map<String, Value> = match serde_json::from_str(text) {
            Ok(object) => object,
            Err(error) => {
                self.remarks
                    .push(format!("{}: {error}; the file is not used", path.display()));
                return;
            }
        };
        for (key, value) in &object {
            match self.set(key, value) {
                Ok(()) => self.origins.push((key.clone(), path.to_path_buf())),
                Err(problem) => self
                    .remarks
                    .push(format!("{}: {key}: {problem}", path.display())),
            }
        }
    }

    fn set(&mut self, key: &str, value: &Value) -> Result<(), String> {
        match key {
            "NOTEBOOK_TIMEOUT" | "JUPYTER_NOTEBOOK_TIMEOUT" => {
                self.notebook_timeout_s = Some(whole_number(value)?);
            }
            "FREEZE_TIMEOUT" => self.freeze_timeout_s = Some(whole_number(value)?),
            "INSTANCE_TYPE" | "WORKER_INSTANCE_TYPE" => {
                self.instance_type = Some(text(value)?.to_owned());
            }
            "MEMORY_LIMIT" => self.memory = Some(size(value)?),
            "DISK_LIMIT" => self.disk = Some(size(value)?),
            "WORKER_EBS_SIZE" => self.disk = Some(format!("{}G", whole_number(value)?)),
            "CPU_LIMIT" => {
                let cores = value
                    .as_f64()
                    .or_else(|| value.as_str().and_then(|text| text.parse().ok()));
                self.cpu_cores = Some(
                    cores
                        .filter(|cores| *cores > 0.0)
                        .ok_or("a number of cores above 0 is wanted")?,
                );
            }
            "PROCESS_LIMIT" => {
                self.processes =
                    Some(u32::try_from(whole_number(value)?).map_err(|_| "too large")?);
            }
            "BASE_IMAGE" => {
                let path = text(value)?;
                self.base_image = (!path.is_empty()).then(|| PathBuf::from(path));
            }
            _ if CLOUD_KEYS.contains(&key) => {}
            _ => return Err("unknown key; it changes nothing".to_owned()),
        }
        Ok(())
    }

    /// The settings with what the files say put over them.
    ///
    /// # Errors
    /// One line per value that does not fit; the settings before stay in force.
    pub fn apply(&self, notebooks: &NotebookSettings) -> Result<NotebookSettings, Vec<String>> {
        let mut merged = notebooks.clone();
        if let Some(timeout_s) = self.notebook_timeout_s {
            merged.timeout = timeout_s;
            if timeout_s != 0 && self.freeze_timeout_s.is_none() {
                merged.freeze_after = merged.freeze_after.min(timeout_s / 2);
            }
        }
        if let Some(freeze_s) = self.freeze_timeout_s {
            merged.freeze_after = freeze_s;
        }
        if let Some(image) = &self.base_image {
            merged.environment.clone_from(image);
        }
        let mut problems = Vec::new();
        if let Some(kind) = &self.instance_type
            && let Err(problem) = choose_default(&mut merged, kind)
        {
            problems.push(problem);
        }
        for profile in merged.profiles.iter_mut().filter(|profile| profile.default) {
            if let Some(memory) = &self.memory {
                profile.memory.clone_from(memory);
            }
            if let Some(disk) = &self.disk {
                profile.disk.clone_from(disk);
            }
            profile.cpu = self.cpu_cores.unwrap_or(profile.cpu);
            profile.processes = self.processes.unwrap_or(profile.processes);
            if let Err(problem) = profile.resolve() {
                problems.push(problem);
            }
        }
        if problems.is_empty() {
            Ok(merged)
        } else {
            Err(problems)
        }
    }
}

/// Makes a profile the default one: by slug, or by the size of a well-known instance type.
fn choose_default(notebooks: &mut NotebookSettings, kind: &str) -> Result<(), String> {
    let by_slug = notebooks
        .profiles
        .iter()
        .position(|profile| profile.slug == kind);
    let size = kind.split_once('.').map(|(_, size)| size);
    let position = by_slug.or_else(|| {
        let (memory, cpu) = match size? {
            "nano" => ("512M", 1.0),
            "micro" => ("1G", 1.0),
            "small" => ("2G", 1.0),
            "medium" => ("4G", 2.0),
            "large" => ("8G", 2.0),
            "xlarge" => ("16G", 4.0),
            _ => return None,
        };
        let mut profile = notebooks
            .profiles
            .iter()
            .find(|profile| profile.default)?
            .clone();
        profile.slug = kind.replace('.', "-");
        profile.display_name = kind.to_owned();
        profile.description = "Instance size from the configuration file.".to_owned();
        profile.memory = memory.to_owned();
        profile.cpu = cpu;
        notebooks.profiles.insert(0, profile);
        Some(0)
    });
    let Some(position) = position else {
        let known: Vec<_> = notebooks
            .profiles
            .iter()
            .map(|profile| profile.slug.as_str())
            .collect();
        return Err(format!(
            "instance type {kind:?} is neither a profile ({}) nor a known size",
            known.join(", ")
        ));
    };
    for (index, profile) in notebooks.profiles.iter_mut().enumerate() {
        profile.default = index == position;
    }
    Ok(())
}

fn whole_number(value: &Value) -> Result<u64, String> {
    value
        .as_u64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
        .ok_or_else(|| "a whole number is wanted".to_owned())
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "a text is wanted".to_owned())
}

fn size(value: &Value) -> Result<String, String> {
    let text = value
        .as_str()
        .map(str::to_owned)
        .or_else(|| value.as_u64().map(|bytes| bytes.to_string()));
    let text = text.ok_or("a size such as \"2G\" is wanted")?;
    types::quantity::parse_bytes(&text).map(|_| text)
}

/// What the spawner is told.
///
/// # Errors
/// One line per profile that cannot be read.
pub fn spawner_settings(
    settings: &Settings,
    notebooks: &NotebookSettings,
) -> Result<SpawnerSettings, Vec<String>> {
    let (profiles, problems): (Vec<_>, Vec<_>) = notebooks
        .profiles
        .iter()
        .map(super::ProfileSettings::resolve)
        .partition(Result::is_ok);
    if !problems.is_empty() {
        return Err(problems.into_iter().filter_map(Result::err).collect());
    }
    let profiles: Vec<ProfileSummary> = profiles.into_iter().filter_map(Result::ok).collect();
    let resolved = SpawnerSettings {
        profiles,
        ladder: LadderSettings {
            freeze_after_ms: optional_ms(notebooks.freeze_after),
            stop_after_ms: optional_ms(notebooks.timeout),
            warn_before_ms: ms(notebooks.warn_before),
            keep_busy_ms: ms(notebooks.keep_busy),
            max_age_ms: optional_ms(notebooks.max_age),
            archive_after_ms: ms(notebooks.archive_after),
        },
        named_servers_max: notebooks.named_servers_max,
        concurrent_starts_max: notebooks.concurrent_starts_max,
        active_servers_max: (notebooks.active_servers_max > 0)
            .then_some(notebooks.active_servers_max),
        warm_pool: notebooks.warm_pool,
        hub_origin: settings.public_origin.clone(),
        server_origin: settings.server_origin.clone(),
        start_timeout_ms: ms(notebooks.start_timeout),
        stop_grace_ms: ms(notebooks.stop_grace),
    };
    let problems = resolved.problems();
    if problems.is_empty() {
        Ok(resolved)
    } else {
        Err(problems)
    }
}

fn ms(seconds: u64) -> i64 {
    i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX)
}

fn optional_ms(seconds: u64) -> Option<i64> {
    (seconds > 0).then(|| ms(seconds))
}

/// Applies edits of the files to the spawner until the program ends.
pub async fn watch_files(
    settings: Arc<Settings>,
    folders: Vec<PathBuf>,
    spawner: Spawner,
    mut shutdown: watch::Receiver<bool>,
) {
    let mut seen = read(&folders);
    loop {
        tokio::select! {
            () = tokio::time::sleep(POLL_INTERVAL) => {}
            _ = shutdown.changed() => return,
        }
        let overlay = read(&folders);
        if overlay == seen {
            continue;
        }
        for remark in &overlay.remarks {
            tracing::warn!(remark, "configuration file");
        }
        let merged = overlay
            .apply(&settings.notebooks)
            .and_then(|merged| spawner_settings(&settings, &merged));
        match merged {
            Ok(changed) => {
                tracing::info!(notebook_timeout_ms = ?changed.ladder.stop_after_ms, "configuration files changed: now in force");
                spawner.apply_settings(changed);
            }
            Err(problems) => {
                for problem in problems {
                    tracing::error!(
                        problem,
                        "configuration files changed, but are wrong: the settings before stay in force"
                    );
                }
            }
        }
        seen = overlay;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlay(text: &str) -> Overlay {
        let mut overlay = Overlay::default();
        overlay.merge(Path::new("server_config.json"), text);
        overlay
    }

    #[test]
    fn the_timeout_is_read_under_both_names() {
        for key in ["NOTEBOOK_TIMEOUT", "JUPYTER_NOTEBOOK_TIMEOUT"] {
            let merged = overlay(&format!("{{\"{key}\": 120}}"))
                .apply(&NotebookSettings::default())
                .unwrap();
            assert_eq!((merged.timeout, merged.freeze_after), (120, 60));
        }
    }

    #[test]
    fn server_config_wins_over_instance_config() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("instance_config.json"),
            "{\"NOTEBOOK_TIMEOUT\": 1, \"WORKER_EBS_SIZE\": 9}",
        )
        .unwrap();
        std::fs::write(
            folder.path().join("server_config.json"),
            "{\"NOTEBOOK_TIMEOUT\": 2}",
        )
        .unwrap();
        let merged = read(&[folder.path().to_path_buf()])
            .apply(&NotebookSettings::default())
            .unwrap();
        assert_eq!(merged.timeout, 2);
        assert_eq!(merged.profiles[0].disk, "9G");
    }

    #[test]
    fn sizes_choose_the_default_profile() {
        let merged = overlay("{\"INSTANCE_TYPE\": \"medium\"}")
            .apply(&NotebookSettings::default())
            .unwrap();
        assert!(
            merged
                .profiles
                .iter()
                .any(|profile| profile.slug == "medium" && profile.default)
        );
        let merged = overlay("{\"WORKER_INSTANCE_TYPE\": \"t2.micro\"}")
            .apply(&NotebookSettings::default())
            .unwrap();
        assert_eq!(
            (
                merged.profiles[0].slug.as_str(),
                merged.profiles[0].memory.as_str()
            ),
            ("t2-micro", "1G")
        );
        assert_eq!(
            merged
                .profiles
                .iter()
                .filter(|profile| profile.default)
                .count(),
            1
        );
        assert!(
            overlay("{\"INSTANCE_TYPE\": \"huge\"}")
                .apply(&NotebookSettings::default())
                .is_err()
        );
    }

    #[test]
    fn wrong_and_unknown_keys_are_listed_and_the_rest_applies() {
        let overlay = overlay(
            "{\"NOTEBOOK_TIMEOUT\": \"soon\", \"COLOUR\": 1, \"REGION\": \"x\", \"CPU_LIMIT\": 2.5}",
        );
        assert_eq!(overlay.remarks.len(), 2, "{:?}", overlay.remarks);
        assert_eq!(overlay.notebook_timeout_s, None);
        assert_eq!(overlay.cpu_cores, Some(2.5));
    }

    #[test]
    fn a_broken_file_is_named() {
        assert!(overlay("{").remarks[0].contains("server_config.json"));
    }
}
