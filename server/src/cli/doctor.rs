//! `ledgercloud doctor`: what this machine lacks, and how to mend it.

use std::path::Path;
use std::process::ExitCode;

use sea_orm::ConnectionTrait;
use spawner::engine::local::{LocalEngineConfig, Verdict, probe};

use super::{Outcome, say};
use crate::config::{Flags, Settings, check, live, load, secrets};

/// What one check found.
#[derive(Debug, PartialEq, Eq)]
enum Finding {
    Good(String),
    /// Works, but less than it could.
    Warning(String),
    /// Must be mended before the site can run.
    Bad(String),
}

/// Runs every check; exit code 1 when one is bad.
pub async fn run(flags: &Flags) -> Outcome {
    let settings = load(flags)?;
    let mut findings = Vec::new();
    findings.extend(check_settings(flags, &settings));
    findings.push(check_port(&settings).await);
    findings.extend(check_data_folder(&settings.data_dir));
    findings.push(check_database(&settings).await);
    findings.extend(check_site(&settings.site_root));
    findings.extend(check_notebooks(&settings).await);
    let mut bad = 0;
    for finding in &findings {
        match finding {
            Finding::Good(text) => say(&format!("ok       {text}")),
            Finding::Warning(text) => say(&format!("warning  {text}")),
            Finding::Bad(text) => {
                bad += 1;
                say(&format!("BAD      {text}"));
            }
        }
    }
    say(&match bad {
        0 => "the site can run here".to_owned(),
        1 => "one thing must be mended first".to_owned(),
        many => format!("{many} things must be mended first"),
    });
    Ok(if bad == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

fn check_settings(flags: &Flags, settings: &Settings) -> Vec<Finding> {
    let overlay = live::read(&live::folders(settings, flags.config.as_deref()));
    let mut findings: Vec<_> = check::problems(settings)
        .into_iter()
        .map(Finding::Bad)
        .collect();
    if let Err(problems) = overlay.apply(&settings.notebooks) {
        findings.extend(problems.into_iter().map(Finding::Bad));
    }
    findings.extend(overlay.remarks.into_iter().map(Finding::Warning));
    if findings.is_empty() {
        findings.push(Finding::Good("settings".to_owned()));
    }
    findings
}

async fn check_port(settings: &Settings) -> Finding {
    match tokio::net::TcpListener::bind(settings.listen).await {
        Ok(_) => Finding::Good(format!("port: {} is free", settings.listen)),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Finding::Warning(format!(
            "port: {} is in use: by this site if it runs; else choose another with --listen",
            settings.listen
        )),
        Err(error) => Finding::Bad(format!(
            "port: {}: {error}; choose another with --listen",
            settings.listen
        )),
    }
}

fn check_data_folder(folder: &Path) -> Vec<Finding> {
    if let Err(error) = std::fs::create_dir_all(folder) {
        return vec![Finding::Bad(format!(
            "data folder: {}: {error}; choose another with --data-dir",
            folder.display()
        ))];
    }
    let probe = folder.join(".doctor");
    if let Err(error) = std::fs::write(&probe, b"x").and_then(|()| std::fs::remove_file(&probe)) {
        return vec![Finding::Bad(format!(
            "data folder: {} cannot be written: {error}",
            folder.display()
        ))];
    }
    let mut findings = vec![Finding::Good(format!("data folder: {}", folder.display()))];
    findings.extend(
        secrets::paths(folder)
            .iter()
            .filter_map(|path| secrets::problem_with(path))
            .map(Finding::Bad),
    );
    findings
}

async fn check_database(settings: &Settings) -> Finding {
    // Opened as it is, without bringing the schema up to date: looking changes nothing.
    let path = settings
        .database_url
        .strip_prefix("sqlite://")
        .and_then(|rest| rest.split('?').next());
    if path.is_some_and(|path| !Path::new(path).exists()) {
        return Finding::Good("database: SQLite; made at the first start".to_owned());
    }
    match sea_orm::Database::connect(settings.database_url.as_str()).await {
        Ok(database) => match database.execute_unprepared("SELECT 1").await {
            Ok(_) => Finding::Good(format!("database: {:?}", database.get_database_backend())),
            Err(error) => Finding::Bad(format!("database: {error}")),
        },
        Err(error) => Finding::Bad(format!("database: {error}; check DATABASE_URL")),
    }
}

fn check_site(root: &Path) -> Vec<Finding> {
    if root.join("pkg").is_dir() {
        vec![Finding::Good(format!("compiled site: {}", root.display()))]
    } else {
        vec![Finding::Bad(format!(
            "compiled site: {} has no folder pkg; build it with: cargo leptos build --release",
            root.display()
        ))]
    }
}

async fn check_notebooks(settings: &Settings) -> Vec<Finding> {
    let config = engine_config(settings);
    let probed = tokio::task::spawn_blocking(move || probe(&config)).await;
    let probed = match probed {
        Ok(Ok(probed)) => probed,
        Ok(Err(error)) => return vec![Finding::Bad(error.to_string())],
        Err(error) => return vec![Finding::Bad(error.to_string())],
    };
    probed
        .findings
        .into_iter()
        .map(|found| {
            let mend = found
                .mend
                .map(|mend| format!(" — {mend}"))
                .unwrap_or_default();
            let line = format!("{}: {}{mend}", found.subject, found.detail);
            match found.verdict {
                Verdict::Works => Finding::Good(line),
                Verdict::Lacking => Finding::Warning(line),
                Verdict::Missing => Finding::Bad(line),
            }
        })
        .collect()
}

/// The settings in the words of the local engine.
#[must_use]
pub fn engine_config(settings: &Settings) -> LocalEngineConfig {
    let mut config = LocalEngineConfig::new(&settings.data_dir, &settings.notebooks.environment);
    config.unsafe_no_sandbox = settings.unsafe_no_sandbox;
    config
}
