//! `ledgercloud serve`: runs the site until it is asked to end.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use app::context::{ChainStatus, SiteSettings};
use app::form_results::FormResults;
use explorer::Explorer;
use identity::Identity;
use leptos::prelude::LeptosOptions;
use metrics_exporter_prometheus::PrometheusHandle;
use sea_orm::DatabaseConnection;
use spawner::Spawner;
use spawner::engine::Engine;
use spawner::service::Recorder;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};
use types::UserId;
use types::audit::NewAuditEntry;

use super::{Outcome, problem, start_log};
use crate::api::openapi::{ApiDocument, Offer};
use crate::config::{Flags, Settings, check, live, load, secrets};
use crate::door::gate::Gate;
use crate::door::ticket::Tickets;
use crate::layers::rate::RateLimits;
use crate::listener;
use crate::node::ChainPart;
use crate::node::status::{Machinery, OwnMachinery};
use crate::router::Site;
use crate::services::Services;
use crate::shut_accounts;

/// Audit entries of the spawner that wait to be written.
const AUDIT_QUEUE_MAX: usize = 10_000;
/// As metrics-exporter-prometheus does by itself where it also serves them.
const METRICS_UPKEEP_INTERVAL: Duration = Duration::from_secs(5);
/// How long the last audit entries may take when the program ends.
const AUDIT_DRAIN: Duration = Duration::from_secs(5);

/// Checks everything, opens every part, serves.
pub async fn run(flags: &Flags) -> Outcome {
    let settings = load(flags)?;
    start_log(settings.log);
    let folders = live::folders(&settings, flags.config.as_deref());
    let overlay = live::read(&folders);
    for remark in &overlay.remarks {
        tracing::warn!(remark, "configuration file");
    }
    let mut problems = check::problems(&settings);
    let notebooks = overlay.apply(&settings.notebooks);
    if let Err(found) = &notebooks {
        problems.extend(found.iter().cloned());
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let notebooks = notebooks?;
    let end = EndSignals::new().map_err(|error| problem(&error))?;
    make_data_folder(&settings)?;
    let secrets = secrets::load_or_create(&settings.data_dir)?;
    let listener = TcpListener::bind(settings.listen).await.map_err(|error| {
        vec![format!(
            "{}: {error}; is another program using the port? Choose one with --listen",
            settings.listen
        )]
    })?;
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new()
        .install_recorder()
        .map_err(|error| problem(&error))?;
    tokio::spawn(keep_up(metrics.clone()));
    let database = migrations::open(&settings.database_url)
        .await
        .map_err(|error| problem(&error))?;
    let (stop, shutdown) = watch::channel(false);

    let identity = Identity::open(database.clone(), super::users::identity_config(&settings)?)
        .await
        .map_err(|error| problem(&error))?;
    let (audit_sender, audit_queue) = mpsc::channel(AUDIT_QUEUE_MAX);
    let audit_writer = tokio::spawn(write_audit(identity.clone(), audit_queue));
    let settings = Arc::new(settings);
    let mut engine_settings = settings.as_ref().clone();
    engine_settings.notebooks = notebooks.clone();
    let engine = open_engine(&engine_settings).await?;
    let capabilities = engine.capabilities();
    let spawner = Spawner::open(
        database.clone(),
        live::spawner_settings(&settings, &notebooks)?,
        engine,
        Arc::new(AuditQueue(audit_sender)),
    )
    .await
    .map_err(|error| problem(&error))?;

    let chain = ChainPart::open(&settings, &secrets, &shutdown).await?;
    let explorer = open_explorer(&settings, &database, &chain, &shutdown).await?;
    let offer = Offer {
        chain: chain.own().is_some(),
        explorer: explorer.is_some(),
    };
    let document =
        ApiDocument::new(&settings.public_origin, offer).map_err(|error| problem(&error))?;
    let tickets = Tickets::default();
    let services = Services {
        settings: settings.clone(),
        database,
        identity: identity.clone(),
        spawner: spawner.clone(),
        machinery: machinery(&settings, &chain, explorer.as_ref()).await?,
        chain,
        explorer,
        tickets: tickets.clone(),
        metrics,
        site: Arc::new(SiteSettings {
            hub_origin: settings.public_origin.clone(),
            development: settings.development,
            unsandboxed: !capabilities.isolated,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }),
        document,
        form_results: FormResults::default(),
        leptos: leptos_options(&settings),
        shutdown: shutdown.clone(),
    };
    let gate = Gate::new(
        identity.clone(),
        spawner.clone(),
        tickets,
        secrets.door_key,
        settings.public_origin.clone(),
    );
    let limits = RateLimits::new(&settings.limits, &settings.trusted_proxies);
    let server_origin = settings
        .server_origin
        .parse()
        .map_err(|error: proxy::InvalidHostPattern| problem(&error))?;
    let site = Site::new(
        &services,
        identity.session_storage(),
        gate,
        server_origin,
        &limits,
    );
    tokio::spawn(limits.sweep());
    tokio::spawn(live::watch_files(
        settings.clone(),
        folders,
        spawner.clone(),
        shutdown.clone(),
    ));
    tokio::spawn(shut_accounts::stop_their_servers(
        identity.clone(),
        spawner.clone(),
        shutdown.clone(),
    ));
    announce(&settings, &identity, &capabilities).await;

    tokio::spawn(async move {
        end.wait().await;
        tracing::info!("ending: open requests may finish; notebook servers go on running");
        let _ = stop.send(true);
    });
    listener::serve(listener, site, shutdown).await;
    spawner.shutdown().await;
    drop((services, spawner));
    let _ = tokio::time::timeout(AUDIT_DRAIN, audit_writer).await;
    Ok(ExitCode::SUCCESS)
}

/// What pages ask of the chain beyond its index.
async fn machinery(
    settings: &Settings,
    chain: &ChainPart,
    explorer: Option<&Explorer>,
) -> Result<Option<Arc<dyn ChainStatus>>, Vec<String>> {
    let (Some(node), Some(explorer)) = (chain.ethereum_node(), explorer) else {
        return Ok(None);
    };
    let (chain_id, endpoint, own) = match chain.own() {
        Some(own) => {
            let own_machinery = OwnMachinery {
                chain: own.chain.clone(),
                peers: own.peers.clone(),
                faucet: own.faucet.clone(),
            };
            let endpoint = format!("{}/rpc", settings.public_origin);
            (own.chain.spec().chain_id(), endpoint, Some(own_machinery))
        }
        None => {
            let answer = node.request("eth_chainId", serde_json::json!([])).await;
            let chain_id = answer.map_err(|error| problem(&error))?;
            let digits = chain_id
                .as_str()
                .unwrap_or_default()
                .trim_start_matches("0x");
            let chain_id = u64::from_str_radix(digits, 16).map_err(|error| problem(&error))?;
            (chain_id, settings.chain.url.clone(), None)
        }
    };
    Ok(Some(Arc::new(Machinery {
        node,
        explorer: explorer.clone(),
        chain_id,
        endpoint,
        own,
    })))
}

/// The index of the chain, kept up to date until the program ends.
async fn open_explorer(
    settings: &Settings,
    database: &DatabaseConnection,
    chain: &ChainPart,
    shutdown: &watch::Receiver<bool>,
) -> Result<Option<Explorer>, Vec<String>> {
    let Some(node) = chain.ethereum_node() else {
        return Ok(None);
    };
    let index = migrations::open_explorer(&settings.explorer_database_url())
        .await
        .map_err(|error| problem(&error))?;
    let explorer = Explorer::open(index, database.clone(), node, settings.explorer())
        .await
        .map_err(|error| problem(&error))?;
    // It computes for long at a time: on a thread of its own it keeps no request waiting.
    let (running, stop) = (explorer.clone(), shutdown.clone());
    let runtime = tokio::runtime::Handle::current();
    std::thread::Builder::new()
        .name("explorer-index".to_owned())
        .spawn(move || runtime.block_on(running.run(stop)))
        .map_err(|error| problem(&error))?;
    Ok(Some(explorer))
}

pub(super) fn make_data_folder(settings: &Settings) -> Result<(), Vec<String>> {
    // Names, addresses and everybody's files: nobody else's to read.
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&settings.data_dir)
        .map_err(|error| vec![format!("{}: {error}", settings.data_dir.display())])
}

/// The engine that runs notebook servers here.
#[cfg(not(feature = "stub-engine"))]
async fn open_engine(settings: &Settings) -> Result<Arc<dyn Engine>, Vec<String>> {
    use spawner::engine::local::LocalEngine;

    let config = super::doctor::engine_config(settings);
    let opened = tokio::task::spawn_blocking(move || LocalEngine::open(config))
        .await
        .map_err(|error| problem(&error))?;
    let engine = opened.map_err(|error| {
        vec![
            error.to_string(),
            "run `ledgercloud doctor` to see what is missing".to_owned(),
        ]
    })?;
    Ok(Arc::new(engine))
}

/// A stand-in for JupyterLab, to measure the program itself.
#[cfg(feature = "stub-engine")]
async fn open_engine(settings: &Settings) -> Result<Arc<dyn Engine>, Vec<String>> {
    tracing::warn!("notebook servers are stand-ins: this build is for measurements");
    let folder = settings.data_dir.join("stub");
    std::fs::create_dir_all(&folder).map_err(|error| problem(&error))?;
    let engine = spawner::engine::stub::StubEngine::open(folder);
    Ok(Arc::new(engine.map_err(|error| problem(&error))?))
}

fn leptos_options(settings: &Settings) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("ledgercloud")
        .site_root(settings.site_root.to_string_lossy().into_owned())
        .site_pkg_dir("pkg")
        .site_addr(settings.listen)
        .hash_files(true)
        .build()
}

/// Hands the spawner's entries to the audit log.
struct AuditQueue(mpsc::Sender<Recorded>);

/// An entry, and whose server it is about.
type Recorded = (Option<UserId>, NewAuditEntry);

impl Recorder for AuditQueue {
    fn record(&self, owner: Option<UserId>, entry: NewAuditEntry) {
        if let Err(error) = self.0.try_send((owner, entry)) {
            let (_, entry) = error.into_inner();
            tracing::error!(
                action = entry.action,
                target = entry.target,
                "an audit entry was not written"
            );
        }
    }
}

async fn write_audit(identity: Identity, mut queue: mpsc::Receiver<Recorded>) {
    while let Some((owner, entry)) = queue.recv().await {
        let (action, target) = (entry.action, entry.target.clone());
        let written = match owner {
            Some(owner) => identity.record_about(owner, entry).await,
            None => identity.record(entry).await,
        };
        if let Err(error) = written {
            tracing::error!(action, target, %error, "an audit entry was not written");
        }
    }
}

/// Empties the buffers of the histograms, which otherwise grow until somebody reads `/metrics`.
pub(super) async fn keep_up(metrics: PrometheusHandle) {
    loop {
        tokio::time::sleep(METRICS_UPKEEP_INTERVAL).await;
        metrics.run_upkeep();
    }
}

/// Says where the site is and, while nobody is administrator, how to become it.
async fn announce(
    settings: &Settings,
    identity: &Identity,
    capabilities: &spawner::engine::Capabilities,
) {
    tracing::info!(
        isolation = capabilities.isolation,
        limits = capabilities.limits,
        freeze = capabilities.freeze,
        "notebook engine: {}",
        capabilities.engine
    );
    for remark in &capabilities.remarks {
        tracing::warn!(remark, "notebook engine");
    }
    tracing::info!("Stoxus LedgerCloud is ready at {}", settings.public_origin);
    match identity.setup_secret().await {
        Ok(Some(secret)) => {
            let link = format!("{}/setup/{secret}", settings.public_origin);
            // The link is for the operator's eyes: printed, never logged.
            eprintln!(
                "\n  Nobody is administrator yet. Open this link once and sign in to become it:\n\n    {link}\n"
            );
        }
        Ok(None) => {}
        Err(error) => tracing::error!(%error, "the set-up link could not be made"),
    }
}

/// The signals that ask the program to end. From its making on, they no longer kill.
pub(super) struct EndSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl EndSignals {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    pub(super) async fn wait(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
