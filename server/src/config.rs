//! What the operator sets, and where each value came from.
//!
//! Later sources win: built-in defaults, `ledgercloud.toml`, environment (`LEDGERCLOUD_*`, with
//! `__` between section and key; `DATABASE_URL`), flags. The two JSON files of the notebook part
//! (`instance_config.json`, `server_config.json`) are read apart because they apply while the
//! program runs: see [`live`].

pub mod chain;
pub mod check;
pub mod live;
pub mod secrets;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};
use types::notebook::{NetworkKind, ProfileSummary};
use types::quantity::parse_bytes;

/// File that is read from the working directory when no other is named.
pub const CONFIG_FILE: &str = "ledgercloud.toml";

/// Everything that can be set. Every key has a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Scheme and authority under which people reach the site; derived from `listen` when empty.
    pub public_origin: String,
    /// Origin of a notebook server with `{label}` in it; derived from `public_origin` when empty.
    pub server_origin: String,
    /// Folder of everything that the program keeps.
    pub data_dir: PathBuf,
    /// `postgres://…`, or `sqlite://…`; a SQLite file in the data folder when empty.
    pub database_url: String,
    /// Folder with the compiled site.
    pub site_root: PathBuf,
    /// Anyone may sign in, and `/ui` exists. Loopback only.
    pub development: bool,
    /// Run notebooks without a sandbox when none is possible. Every page says so.
    pub unsafe_no_sandbox: bool,
    /// Serve plain HTTP to other machines, because something in front adds TLS.
    pub plain_http: bool,
    /// Addresses of reverse proxies in front whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<std::net::IpAddr>,
    pub log: LogFormat,
    pub sign_in: SignInSettings,
    pub oauth: Vec<OauthSettings>,
    /// JSON-RPC endpoint per chain id, for wallets that are contracts: believed on the first of
    /// `sign_in.chain_ids` alone.
    pub rpc: BTreeMap<String, String>,
    pub notebooks: NotebookSettings,
    pub chain: chain::ChainSettings,
    pub limits: LimitSettings,
}

/// How the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Readable on a terminal, JSON lines otherwise.
    Auto,
    Text,
    Json,
}

/// Who may sign in, and for how long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignInSettings {
    pub policy: SignInPolicy,
    /// Wallet addresses that may sign in under `allow_list`.
    pub allow_list: Vec<String>,
    /// Chain ids (EIP-155) accepted in a sign-in message; the first is asked for.
    pub chain_ids: Vec<u64>,
    pub session_idle_minutes: u32,
    pub session_max_hours: u32,
    /// Start the default notebook server at sign-in.
    pub start_server: bool,
}

/// Who may sign in besides the people whom an administrator has entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInPolicy {
    Open,
    AllowList,
    Invitation,
}

/// One OAuth 2.0 / OpenID Connect provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OauthSettings {
    /// In URLs: `/oauth/<slug>/start`.
    pub slug: String,
    pub display_name: String,
    pub issuer: String,
    pub client_id: String,
    /// The secret itself, or `file:PATH` of a file that only the operator reads.
    pub client_secret: String,
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Claim with the names of groups.
    #[serde(default)]
    pub group_claim: Option<String>,
}

/// Notebook servers. Times in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotebookSettings {
    /// Folder of the Python environment with JupyterLab.
    pub environment: PathBuf,
    /// Idle time until a server freezes; 0: never.
    pub freeze_after: u64,
    /// Idle time until a server stops (`NOTEBOOK_TIMEOUT`); 0: never.
    pub timeout: u64,
    /// How long before a step its owner is warned.
    pub warn_before: u64,
    /// How long a busy kernel alone keeps a server from pausing.
    pub keep_busy: u64,
    /// Age at which a server stops even if active; 0: never.
    pub max_age: u64,
    /// Stopped for so long: archived.
    pub archive_after: u64,
    /// Servers beside the default one; 0: none.
    pub named_servers_max: u32,
    pub concurrent_starts_max: u32,
    /// Servers that may be alive at a time; 0: no limit.
    pub active_servers_max: u32,
    pub warm_pool: u32,
    pub start_timeout: u64,
    pub stop_grace: u64,
    pub profiles: Vec<ProfileSettings>,
}

/// An instance size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileSettings {
    pub slug: String,
    pub display_name: String,
    #[serde(default)]
    pub description: String,
    /// `2G`, `512M`.
    pub memory: String,
    /// Cores; fractions are allowed.
    pub cpu: f64,
    pub disk: String,
    #[serde(default = "processes_default")]
    pub processes: u32,
    #[serde(default)]
    pub network: NetworkKind,
    #[serde(default)]
    pub default: bool,
}

const fn processes_default() -> u32 {
    512
}

/// Bounds on what one address may ask for. 0: no bound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// Reads a second from one address.
    pub reads_per_second: u32,
    /// Writes a minute from one address.
    pub writes_per_minute: u32,
    /// Sign-in messages a minute from one address.
    pub challenges_per_minute: u32,
    /// Sign-in answers a minute from one address.
    pub proofs_per_minute: u32,
    /// Requests a minute from one address to the chain's interfaces.
    pub chain_per_minute: u32,
    /// Largest body of a request to the site, in bytes. Notebook uploads have no bound.
    pub body_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            public_origin: String::new(),
            server_origin: String::new(),
            data_dir: PathBuf::from("data"),
            database_url: String::new(),
            site_root: PathBuf::from("target/site"),
            development: false,
            unsafe_no_sandbox: false,
            plain_http: false,
            trusted_proxies: Vec::new(),
            log: LogFormat::Auto,
            sign_in: SignInSettings::default(),
            oauth: Vec::new(),
            rpc: BTreeMap::new(),
            notebooks: NotebookSettings::default(),
            chain: chain::ChainSettings::default(),
            limits: LimitSettings::default(),
        }
    }
}

impl Default for SignInSettings {
    fn default() -> Self {
        Self {
            policy: SignInPolicy::Invitation,
            allow_list: Vec::new(),
            chain_ids: vec![1, 31337],
            session_idle_minutes: 24 * 60,
            session_max_hours: 14 * 24,
            start_server: true,
        }
    }
}

impl Default for NotebookSettings {
    fn default() -> Self {
        Self {
            environment: PathBuf::from("notebook-environment"),
            freeze_after: 600,
            timeout: 3_600,
            warn_before: 300,
            keep_busy: 24 * 3_600,
            max_age: 0,
            archive_after: 30 * 24 * 3_600,
            named_servers_max: 3,
            concurrent_starts_max: 4,
            active_servers_max: 0,
            warm_pool: 0,
            start_timeout: 60,
            stop_grace: 10,
            profiles: default_profiles(),
        }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            reads_per_second: 100,
            writes_per_minute: 240,
            challenges_per_minute: 10,
            proofs_per_minute: 5,
            chain_per_minute: 6_000,
            // The largest list of people, form-encoded.
            body_bytes: 8 << 20,
        }
    }
}

fn default_profiles() -> Vec<ProfileSettings> {
    [
        (
            "small",
            "Small",
            "Reading, charts, small simulations.",
            "2G",
            1.0,
            "8G",
            true,
        ),
        (
            "medium",
            "Medium",
            "Traces of many blocks, larger data frames.",
            "4G",
            2.0,
            "16G",
            false,
        ),
        (
            "large",
            "Large",
            "Heavy simulation and indexing.",
            "8G",
            4.0,
            "32G",
            false,
        ),
    ]
    .into_iter()
    .map(
        |(slug, display_name, description, memory, cpu, disk, default)| ProfileSettings {
            slug: slug.to_owned(),
            display_name: display_name.to_owned(),
            description: description.to_owned(),
            memory: memory.to_owned(),
            cpu,
            disk: disk.to_owned(),
            processes: processes_default(),
            network: NetworkKind::Off,
            default,
        },
    )
    .collect()
}

impl ProfileSettings {
    /// With sizes read.
    ///
    /// # Errors
    /// One line that names the profile and the value.
    pub fn resolve(&self) -> Result<ProfileSummary, String> {
        let size = |key: &str, text: &str| {
            parse_bytes(text).map_err(|error| format!("profile {:?}, {key}: {error}", self.slug))
        };
        if !(self.cpu > 0.0 && self.cpu <= 1024.0) {
            return Err(format!(
                "profile {:?}, cpu: between 0 and 1024 cores, not {}",
                self.slug, self.cpu
            ));
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let cpu_millis = (self.cpu * 1000.0).round() as u32;
        Ok(ProfileSummary {
            slug: self.slug.clone(),
            display_name: self.display_name.clone(),
            description: self.description.clone(),
            memory_bytes: size("memory", &self.memory)?,
            cpu_millis,
            disk_bytes: size("disk", &self.disk)?,
            processes_max: self.processes,
            network: self.network,
            is_default: self.default,
        })
    }
}

/// Values given on the command line; they win over everything else.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {
    /// Configuration file [default: ledgercloud.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of everything that the program keeps [default: data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:3000]
    #[arg(long, global = true, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Scheme and authority under which people reach the site [default: http://localhost:<port>]
    #[arg(long, global = true, value_name = "ORIGIN")]
    pub public_origin: Option<String>,
    /// Development: anyone may sign in, /ui shows the component kit; loopback only
    #[arg(long, global = true)]
    pub dev: bool,
    /// Run notebooks without a sandbox if none is possible here; every page says so
    #[arg(long, global = true)]
    pub unsafe_no_sandbox: bool,
    /// How the log looks [default: auto]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log: Option<LogFormat>,
}

/// The flags that were given, under the names of the settings.
#[derive(Serialize)]
struct GivenFlags<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_origin: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    development: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unsafe_no_sandbox: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<LogFormat>,
}

/// Collects every source, without reading values yet.
#[must_use]
pub fn sources(flags: &Flags) -> Figment {
    let given = GivenFlags {
        data_dir: flags.data_dir.as_deref(),
        listen: flags.listen,
        public_origin: flags.public_origin.as_deref(),
        development: flags.dev.then_some(true),
        unsafe_no_sandbox: flags.unsafe_no_sandbox.then_some(true),
        log: flags.log,
    };
    let file = flags
        .config
        .clone()
        .unwrap_or_else(|| PathBuf::from(CONFIG_FILE));
    // Variables of the scripts around the program share the prefix; they are not settings.
    let environment = Env::prefixed("LEDGERCLOUD_")
        .filter(|key| is_setting(&key.as_str().to_ascii_lowercase()))
        .split("__");
    let mut figment = Figment::from(Serialized::defaults(Settings::default()));
    if file.exists() {
        figment = figment.merge(Toml::file_exact(file));
    }
    figment = figment
        .merge(Env::raw().only(&["DATABASE_URL"]))
        .merge(environment);
    // Where the start script has put what it built.
    for (variable, key) in [
        ("LEDGERCLOUD_NOTEBOOK_ENVIRONMENT", "notebooks.environment"),
        ("LEDGERCLOUD_SITE_ROOT", "site_root"),
    ] {
        if let Ok(value) = std::env::var(variable) {
            figment = figment.merge((key, value));
        }
    }
    figment.merge(Serialized::globals(given))
}

/// Whether a variable, without its prefix, names a setting or a section of settings.
fn is_setting(variable: &str) -> bool {
    const NOT_NESTED: [&str; 12] = [
        "listen",
        "public_origin",
        "server_origin",
        "data_dir",
        "database_url",
        "development",
        "unsafe_no_sandbox",
        "plain_http",
        "trusted_proxies",
        "log",
        "oauth",
        "rpc",
    ];
    const SECTIONS: [&str; 6] = [
        "sign_in__",
        "notebooks__",
        "chain__",
        "limits__",
        "rpc__",
        "oauth__",
    ];
    NOT_NESTED.contains(&variable) || SECTIONS.iter().any(|section| variable.starts_with(section))
}

/// Reads the settings and fills in what follows from others.
///
/// # Errors
/// One line per problem: an unreadable file, an unknown key, a value of the wrong kind.
pub fn load(flags: &Flags) -> Result<Settings, Vec<String>> {
    if let Some(file) = &flags.config
        && !file.exists()
    {
        return Err(vec![format!(
            "{}: no such configuration file",
            file.display()
        )]);
    }
    let mut settings: Settings = sources(flags).extract().map_err(|errors| {
        errors
            .into_iter()
            .map(|error| error.to_string())
            .collect::<Vec<_>>()
    })?;
    if settings.public_origin.is_empty() {
        settings.public_origin = format!("http://localhost:{}", settings.listen.port());
    }
    while settings.public_origin.ends_with('/') {
        settings.public_origin.pop();
    }
    if settings.server_origin.is_empty() {
        settings.server_origin = settings.public_origin.replacen("://", "://{label}.", 1);
    }
    settings.data_dir = absolute(&settings.data_dir)?;
    settings.notebooks.environment = absolute(&settings.notebooks.environment)?;
    if settings.database_url.is_empty() {
        settings.database_url = format!(
            "sqlite://{}?mode=rwc",
            settings.data_dir.join("ledgercloud.db").display()
        );
    }
    Ok(settings)
}

fn absolute(path: &Path) -> Result<PathBuf, Vec<String>> {
    std::path::absolute(path).map_err(|error| vec![format!("{}: {error}", path.display())])
}

#[cfg(test)]
mod tests;
