//! `verilume doctor`: is everything there that the service needs, and what is to be done?

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use verilume_eval::AnalysisModels;
use verilume_infer::{Engine, PinnedModel};
use verilume_store::{ApiKeyStore as _, Housekeeping as _, Scope, SqlStore};

use crate::args::AssetsArgs;
use crate::config::{Settings, StoreAddress, TlsSource};
use crate::failure::{Exit, Failure};
use crate::serve::{failure, runtime};
use crate::store::{MasterKeyArgs, StoreArgs};
use crate::{assets, audit, clock, networks, out, store, tls};

/// A certificate that ends within this time is worth a warning. Initial: a month.
const ENDS_SOON: Duration = Duration::from_secs(30 * 86_400);

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    master_key: MasterKeyArgs,
    /// Folder that `cargo xtask assets` filled [env: VERILUME_ASSETS] [default: the nearest `assets` above the working
    /// folder or the program].
    #[arg(long, value_name = "DIR")]
    assets: Option<PathBuf>,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warning,
    Failed,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    check: &'static str,
    state: State,
    told: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_step: Option<String>,
}

/// What one check has to say: what is well, or what is not and what to do.
struct Told {
    state: State,
    told: String,
    next_step: Option<String>,
}

fn well(told: impl Into<String>) -> Told {
    Told { state: State::Ok, told: told.into(), next_step: None }
}

fn warning(told: impl Into<String>, next_step: impl Into<String>) -> Told {
    Told { state: State::Warning, told: told.into(), next_step: Some(next_step.into()) }
}

impl From<Failure> for Told {
    fn from(failure: Failure) -> Self {
        let (told, next_step) = failure.into_parts();
        Self { state: State::Failed, told, next_step: Some(next_step) }
    }
}

pub(crate) fn run(args: &DoctorArgs) -> Result<(), Failure> {
    let findings = findings(args)?;
    let failed = findings.iter().filter(|finding| finding.state == State::Failed).count();
    if args.json {
        let text = serde_json::to_string_pretty(&findings).unwrap_or_default();
        out::print(&format!("{text}\n"));
    } else {
        findings.iter().for_each(|finding| out::print(&line(finding)));
    }
    if failed == 0 {
        return Ok(());
    }
    let message = format!("{failed} of {} checks failed", findings.len());
    Err(Failure::new(Exit::Other, "unwell", message, "each says above what to do about it"))
}

fn line(finding: &Finding) -> String {
    let state = match finding.state {
        State::Ok => "ok",
        State::Warning => "warning",
        State::Failed => "FAILED",
    };
    let next_step = finding.next_step.as_ref().map(|next| format!("\n{:27}{next}", "")).unwrap_or_default();
    format!("{state:8} {:17} {}{next_step}\n", finding.check, finding.told)
}

fn findings(args: &DoctorArgs) -> Result<Vec<Finding>, Failure> {
    let folder = args.assets.as_ref().map(|folder| folder.display().to_string());
    let configured =
        args.store.settings(&[args.master_key.option(), ("--assets", "analysis.assets", folder)]);
    let settings = match configured {
        Ok(settings) => settings,
        Err(failure) => return Ok(vec![finding("configuration", failure.into())]),
    };
    let mut findings = vec![
        finding("configuration", well("every key is known and within its range")),
        finding("models", models(&settings).unwrap_or_else(Told::from)),
        finding("address", address(&settings)),
        finding("certificate", certificate(&settings).unwrap_or_else(Told::from)),
    ];
    findings.extend(runtime()?.block_on(in_store(&settings)));
    Ok(findings)
}

fn finding(check: &'static str, Told { state, told, next_step }: Told) -> Finding {
    Finding { check, state, told, next_step }
}

fn models(settings: &Settings) -> Result<Told, Failure> {
    let weights = assets::weights(&AssetsArgs { assets: settings.assets.clone() })?;
    for model in PinnedModel::of_programs() {
        weights.read(model)?;
    }
    AnalysisModels::load(&Engine::rten(), &weights)?;
    networks::of(settings)?.check(&weights).map_err(failure)?;
    Ok(well(format!("{} networks are there, have their pinned hashes", PinnedModel::of_programs().count())))
}

/// Whether the service may listen where it is to listen, and can.
fn address(settings: &Settings) -> Told {
    let listen = settings.listen;
    let speaks_tls = settings.tls().is_ok_and(|source| !matches!(source, TlsSource::None));
    if !listen.ip().is_loopback() && !speaks_tls && !settings.is_behind_proxy {
        return Told {
            state: State::Failed,
            told: format!("{listen} can be reached from elsewhere, and nothing there speaks TLS"),
            next_step: Some(
                "set tls.certificate and tls.key, tls.self_signed or server.behind_proxy".to_owned(),
            ),
        };
    }
    let metrics = settings.metrics_listen.filter(|metrics| !metrics.ip().is_loopback());
    if let Some(metrics) = metrics.filter(|_| !settings.is_behind_proxy) {
        return Told {
            state: State::Failed,
            told: format!("the metrics at {metrics} could be read from elsewhere, without TLS"),
            next_step: Some("set metrics.listen to a loopback address, or server.behind_proxy".to_owned()),
        };
    }
    match TcpListener::bind(listen) {
        Ok(_free) => well(format!("{listen} is free")),
        Err(error) => warning(
            format!("{listen} cannot be listened on: {error}"),
            "if the service is not running already, stop what listens there or set server.listen to another port",
        ),
    }
}

fn certificate(settings: &Settings) -> Result<Told, Failure> {
    if let TlsSource::SelfSigned { folder } = settings.tls()? {
        let file = folder.display();
        return Ok(well(format!(
            "the service makes its own in {file} and renews it; clients must be told to trust it"
        )));
    }
    let TlsSource::Files { certificate: file, .. } = settings.tls()? else {
        return Ok(well("none: the service speaks plain HTTP, to this machine or to a proxy"));
    };
    tls::of(settings)?;
    let ends = tls::ends_at(file)?;
    let left = ends.saturating_sub(clock::since_1970());
    let days = left.as_secs() / 86_400;
    if left.is_zero() {
        let next_step = Some("replace it: clients refuse it".to_owned());
        return Ok(Told { state: State::Failed, told: "the certificate has ended".to_owned(), next_step });
    }
    let told = format!("the certificate is good for another {days} days");
    Ok(if left < ENDS_SOON { warning(told, "renew it, and restart the service") } else { well(told) })
}

/// Whether the master key is there and opens what was sealed.
async fn master_key(settings: &Settings, opened: &Arc<SqlStore>) -> Result<Told, Failure> {
    let Some(file) = store::master_key_file(settings)? else {
        return Ok(warning(
            "none: sessions that ask for a picture are refused",
            "name the same file on every node with store.master_key, if pictures are wanted",
        ));
    };
    if store::existing_master_key(settings, opened).await?.is_none() {
        return Ok(well(format!("{} is made when the service first starts", file.display())));
    }
    Ok(match is_for_others(&file) {
        true => warning(
            format!("others than its owner may read {}", file.display()),
            format!("chmod 600 {}", file.display()),
        ),
        false => well(format!("{} can be read, by its owner alone, and is the right one", file.display())),
    })
}

#[cfg(unix)]
fn is_for_others(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_for_others(_file: &Path) -> bool {
    false
}

/// What only an open store tells.
async fn in_store(settings: &Settings) -> Vec<Finding> {
    if let Ok(StoreAddress::Folder(folder)) = settings.store()
        && !store::has_database(folder)
    {
        let told = format!("there is no database in {} yet", folder.display());
        return vec![finding("store", warning(told, "`verilume serve` and `verilume keys create` make it"))];
    }
    let opened = match store::open(settings).await {
        Ok(opened) => opened,
        Err(failure) => return vec![finding("store", failure.into())],
    };
    let findings = vec![
        finding("master key", master_key(settings, &opened).await.unwrap_or_else(Told::from)),
        finding("store", answers(settings, &opened).await.unwrap_or_else(Told::from)),
        finding("keys", keys(settings, &opened).await.unwrap_or_else(Told::from)),
        finding("audit log", audit_log(settings, &opened).await.unwrap_or_else(Told::from)),
    ];
    opened.close().await;
    findings
}

async fn answers(settings: &Settings, opened: &SqlStore) -> Result<Told, Failure> {
    opened.check_ready().await.map_err(|error| store::failure(settings, &error))?;
    Ok(well(match settings.store()? {
        StoreAddress::Folder(folder) => format!("SQLite in {} takes writes", folder.display()),
        StoreAddress::Postgres(_) => "PostgreSQL takes writes".to_owned(),
    }))
}

async fn keys(settings: &Settings, opened: &SqlStore) -> Result<Told, Failure> {
    let keys = opened.api_keys().await.map_err(|error| store::failure(settings, &error))?;
    let live = || keys.iter().filter(|key| key.is_live(clock::unix()));
    if live().any(|key| key.scopes.contains(Scope::Sessions)) {
        return Ok(well(format!("{} of {} are live", live().count(), keys.len())));
    }
    Ok(warning("no live key can create sessions", "`verilume keys create --scope sessions` makes one"))
}

async fn audit_log(settings: &Settings, opened: &SqlStore) -> Result<Told, Failure> {
    let chain = audit::verified(settings, opened).await?;
    Ok(well(format!("{} entries, unbroken", chain.entries())))
}
