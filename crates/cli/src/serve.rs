//! `verilume serve`: the service, until it is told to stop.

use std::future::Future;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use verilume_server::{Server, ServerConfig, ServerError, ServerErrorKind};

use crate::args::{AssetsArgs, FusionArgs, OperatingPointArg};
use crate::assets;
use crate::config::{LogFormat, Settings};
use crate::failure::{Exit, Failure, chain};
use crate::store::{MasterKeyArgs, StoreArgs};
use crate::{fusion, networks, out, pictures, store, tls, web};

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    master_key: MasterKeyArgs,
    /// Address and port to listen on; port 0 takes any free one [env: VERILUME_LISTEN] [default: 127.0.0.1:8080].
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<SocketAddr>,
    /// Address under which devices reach the service, as it stands in tokens [env: VERILUME_PUBLIC_URL] [default: the
    /// address listened on].
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// PEM file with the certificate to speak TLS with, its chain after it.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// PEM file with the private key to it.
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Speak TLS with a certificate of its own, made once and kept in the data folder; clients must be told to trust it.
    #[arg(long, conflicts_with = "tls_certificate")]
    tls_self_signed: bool,
    /// A proxy with TLS stands before the service: without one, and without TLS, it listens on this machine only.
    #[arg(long)]
    behind_proxy: bool,
    /// Address and port where Prometheus may read what the service counts [default: nowhere].
    #[arg(long, value_name = "HOST:PORT")]
    metrics_listen: Option<SocketAddr>,
    /// Threads that analyse captures [default: one for each core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// How the log is written, on standard error; VERILUME_LOG says how much of it (error, warn, info, debug)
    /// [default: text].
    #[arg(long, value_enum, value_name = "FORMAT")]
    log: Option<LogFormat>,
    /// Calibration that `verilume calibrate` wrote [default: the one that is built in].
    #[arg(long, value_name = "FILE.json")]
    calibration: Option<PathBuf>,
    /// Which of the calibration's operating points decides [default: balanced].
    #[arg(long, value_enum, value_name = "POINT")]
    operating_point: Option<OperatingPointArg>,
    /// Folder that `cargo xtask assets` filled [env: VERILUME_ASSETS] [default: the nearest `assets` above the working
    /// folder or the program].
    #[arg(long, value_name = "DIR")]
    assets: Option<PathBuf>,
    /// Folder of the SDK for browsers, which `cargo xtask web` built [default: the nearest `sdk/web/dist` above the working
    /// folder or the program].
    #[arg(long, value_name = "DIR")]
    web: Option<PathBuf>,
}

impl ServeArgs {
    fn settings(&self) -> Result<Settings, Failure> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        self.store.settings(&[
            self.master_key.option(),
            ("--listen", "server.listen", self.listen.map(|listen| listen.to_string())),
            ("--public-url", "server.public_url", self.public_url.clone()),
            ("--behind-proxy", "server.behind_proxy", self.behind_proxy.then(|| true.to_string())),
            ("--tls-certificate", "tls.certificate", path(&self.tls_certificate)),
            ("--tls-key", "tls.key", path(&self.tls_key)),
            ("--tls-self-signed", "tls.self_signed", self.tls_self_signed.then(|| true.to_string())),
            ("--metrics-listen", "metrics.listen", self.metrics_listen.map(|listen| listen.to_string())),
            ("--jobs", "analysis.jobs", self.jobs.map(|jobs| jobs.to_string())),
            ("--log", "log.format", self.log.as_ref().and_then(name_of)),
            ("--calibration", "analysis.calibration", path(&self.calibration)),
            (
                "--operating-point",
                "analysis.operating_point",
                self.operating_point.as_ref().and_then(name_of),
            ),
            ("--assets", "analysis.assets", path(&self.assets)),
            ("--web", "web.folder", path(&self.web)),
        ])
    }
}

/// How a value is typed.
fn name_of(value: &impl ValueEnum) -> Option<String> {
    Some(value.to_possible_value()?.get_name().to_owned())
}

pub(crate) fn run(args: &ServeArgs) -> Result<(), Failure> {
    let settings = args.settings()?;
    log(&settings);
    let weights = assets::weights(&AssetsArgs { assets: settings.assets.clone() })?;
    let mut config = server_config(&settings)?;
    let tls = tls::of(&settings)?;
    config.tls = tls.as_ref().map(|tls| tls.identity.clone());
    runtime()?.block_on(async {
        let store = store::open(&settings).await?;
        config.master_key = store::master_key(&settings, &store).await?;
        let server = Server::start(config, Arc::clone(&store) as _, &weights).await.map_err(failure)?;
        // Whoever started the program on port 0 reads here where it is.
        out::print(&format!("listening at {}\n", server.url()));
        if let Some(url) = server.metrics_url() {
            out::print(&format!("metrics at {url}\n"));
        }
        if let Some(notice) = tls.and_then(|tls| tls.notice) {
            out::print(&notice);
        }
        let told = told_to_stop()?;
        server.run(told).await;
        store.close().await;
        Ok(())
    })
}

/// What the settings come to.
pub(crate) fn server_config(settings: &Settings) -> Result<ServerConfig, Failure> {
    let mut config = ServerConfig::new(settings.listen);
    config.public_url = settings.public_url.clone();
    config.metrics_listen = settings.metrics_listen;
    config.is_behind_proxy = settings.is_behind_proxy;
    config.proxies = settings.proxies;
    config.workers = settings.jobs;
    config.still_workers = settings.still_jobs;
    config.picture_sources = pictures::sources(settings)?;
    config.fusion = fusion::config(&FusionArgs {
        calibration: settings.calibration.clone(),
        operating_point: settings.operating_point,
    })?;
    config.networks = networks::of(settings)?;
    config.without_flashes = settings.without_flashes.into();
    config.identification.is_enabled = settings.is_identification_enabled;
    config.identification.max_faces = settings.max_faces;
    config.web.sdk = web::sdk(settings.web.folder.as_deref())?;
    config.web.allowed_origins = settings.web.allowed_origins.clone();
    config.web.return_origins = settings.web.return_origins.clone();
    config.limits.max_connections = settings.limits.connections;
    config.limits.max_streams = settings.limits.streams;
    config.limits.max_pictures = settings.limits.pictures;
    config.limits.header_within = settings.limits.header_within;
    config.limits.answer_within = settings.limits.answer_within;
    config.limits.drain_within = settings.limits.drain_within;
    Ok(config)
}

/// The threads that carry connections: they wait, the analysis has its own.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|error| {
        Failure::new(
            Exit::Other,
            "no_runtime",
            chain(&error),
            "the system gives no threads or files any more",
        )
    })
}

/// Why a service does not start, and what to do.
pub(crate) fn failure(error: ServerError) -> Failure {
    let (exit, code, next) = match error.kind() {
        ServerErrorKind::PublicWithoutTls => (
            Exit::Arguments,
            "public_without_tls",
            "give a certificate with --tls-certificate and --tls-key, or --tls-self-signed; or put a proxy with TLS before \
             it and say --behind-proxy; or listen on 127.0.0.1",
        ),
        ServerErrorKind::PublicMetrics => (
            Exit::Arguments,
            "public_metrics",
            "say --metrics-listen 127.0.0.1:9464; or keep others away by a proxy or a firewall and say --behind-proxy",
        ),
        ServerErrorKind::MasterKeyWrong => {
            (Exit::Service, "master_key_unusable", "name the key that was used before with --master-key FILE")
        }
        ServerErrorKind::PublicUrlInvalid => {
            (Exit::Arguments, "public_url_invalid", "say --public-url https://face.example")
        }
        ServerErrorKind::ModelsUnusable => (
            Exit::Assets,
            "assets_missing",
            "run `cargo xtask assets` in the repository, or name the folder it filled with --assets DIR",
        ),
        ServerErrorKind::TextureModelUnusable => (
            Exit::Input,
            "texture_model_unusable",
            "correct the file of analysis.texture_model (docs/howto/use-another-texture-model.md says what it holds), or \
             leave the key empty",
        ),
        ServerErrorKind::EmbedderUnusable => (
            Exit::Input,
            "embedder_unusable",
            "correct the file of recognition.embedder (docs/concepts/recognition.md says what it holds), or leave the key \
             empty",
        ),
        ServerErrorKind::FaceCalibrationUnusable => (
            Exit::Input,
            "calibration_unusable",
            "fit one with `verilume evaluate pairs --calibrate` and the same --embedder, and name it in \
             recognition.calibration",
        ),
        ServerErrorKind::WebSdkUnusable => (
            Exit::Arguments,
            "web_sdk_unusable",
            "build it with `cargo xtask web`, or name the folder that it filled with --web DIR",
        ),
        ServerErrorKind::ListenFailed => (
            Exit::Service,
            "listen_failed",
            "another program may use the port: name another one with --listen",
        ),
        _ => (Exit::Service, "service_unusable", "look at the data folder and its owner"),
    };
    Failure::new(exit, code, chain(&error), next)
}

/// Begins the log.
pub(crate) fn log(settings: &Settings) {
    let filter = log_filter(&settings.log_level).unwrap_or_else(|| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().init(),
    }
}

/// A level, or levels of parts of the program: `info`, `warn,verilume_server=debug`. A word that is no level would be
/// taken for the name of a part: a level with a slip of the pen would turn the log off.
pub(crate) fn log_filter(asked: &str) -> Option<EnvFilter> {
    let is_level = |word: &str| word.trim().parse::<LevelFilter>().is_ok();
    let is_known = asked.split(',').all(|directive| directive.contains('=') || is_level(directive));
    EnvFilter::builder().parse(asked).ok().filter(|_| is_known)
}

/// Ready when the program is told to stop: Ctrl-C, or a signal of the system that runs it.
#[cfg(unix)]
pub(crate) fn told_to_stop() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| {
        signal(kind).map_err(|error| {
            Failure::new(Exit::Other, "no_signals", chain(&error), "the system lets no signal be listened to")
        })
    };
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ready when the program is told to stop.
#[cfg(not(unix))]
pub(crate) fn told_to_stop() -> Result<impl Future<Output = ()>, Failure> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_taken_and_words_that_are_none_are_not() {
        for asked in ["info", "WARN", "off", "warn,verilume_server=debug", "verilume_server=trace"] {
            assert!(log_filter(asked).is_some(), "{asked}");
        }
        for asked in ["inof", "loud", "verilume_server", "verilume_server=loud"] {
            assert!(log_filter(asked).is_none(), "{asked}");
        }
    }
}
