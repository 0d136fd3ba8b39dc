//! `verilume serve`: the service, until it is told to stop.

use std::future::Future;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::EnvFilter;
use verilume_server::{Server, ServerConfig, ServerError, ServerErrorKind};
use verilume_store::{SqlStore, StoreError};

use crate::args::{AssetsArgs, FusionArgs};
use crate::assets;
use crate::failure::{Exit, Failure, chain};
use crate::{fusion, out};

/// What is logged unless `VERILUME_LOG` says otherwise.
const DEFAULT_LOG: &str = "info";

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address and port to listen on; port 0 takes any free one.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080", env = "VERILUME_LISTEN")]
    listen: SocketAddr,
    /// Folder for the database; made if it is missing.
    #[arg(long, value_name = "DIR", env = "VERILUME_DATA")]
    data: PathBuf,
    /// Address under which devices reach the service, as it stands in tokens [default: http:// and the address].
    #[arg(long, value_name = "URL", env = "VERILUME_PUBLIC_URL")]
    public_url: Option<String>,
    /// A proxy with TLS stands before the service: without one it listens on this machine only.
    #[arg(long)]
    behind_proxy: bool,
    /// Threads that analyse captures [default: one for each core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// How the log is written, on standard error; VERILUME_LOG says how much of it (error, warn, info, debug).
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LogFormat::Text)]
    log: LogFormat,
    #[command(flatten)]
    fusion: FusionArgs,
    #[command(flatten)]
    assets: AssetsArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// A line of JSON for each event.
    Json,
}

pub(crate) fn run(args: &ServeArgs) -> Result<(), Failure> {
    let weights = assets::weights(&args.assets)?;
    let mut config = ServerConfig::new(args.listen);
    config.public_url = args.public_url.clone();
    config.is_behind_proxy = args.behind_proxy;
    config.workers = args.jobs.map_or(0, usize::from);
    config.fusion = fusion::config(&args.fusion)?;
    log(args.log);
    runtime()?.block_on(async {
        let store = open(&args.data).await?;
        let server = Server::start(config, Arc::clone(&store) as _, &weights).await.map_err(failure)?;
        // Whoever started the program on port 0 reads here where it is.
        out::print(&format!("listening at http://{}\n", server.local_addr()));
        let told = told_to_stop()?;
        server.run(told).await;
        store.close().await;
        Ok(())
    })
}

/// Opens the store of a data folder.
pub(crate) async fn open(folder: &Path) -> Result<Arc<SqlStore>, Failure> {
    SqlStore::open_folder(folder).await.map(Arc::new).map_err(|error| store_failure(&error))
}

pub(crate) fn store_failure(error: &StoreError) -> Failure {
    Failure::new(Exit::Service, "store_unusable", chain(error), error.next_step())
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

fn failure(error: ServerError) -> Failure {
    let message = chain(&error);
    match error.kind() {
        ServerErrorKind::PublicWithoutProxy => Failure::new(
            Exit::Arguments,
            "public_without_proxy",
            message,
            "put a proxy with TLS before it and say --behind-proxy, or listen on 127.0.0.1",
        ),
        ServerErrorKind::PublicUrlInvalid => Failure::new(
            Exit::Arguments,
            "public_url_invalid",
            message,
            "say --public-url https://face.example",
        ),
        ServerErrorKind::ModelsUnusable => Failure::new(
            Exit::Assets,
            "assets_missing",
            message,
            "run `cargo xtask assets` in the repository, or name the folder it filled with --assets DIR",
        ),
        ServerErrorKind::ListenFailed => Failure::new(
            Exit::Service,
            "listen_failed",
            message,
            "another program may use the port: name another one with --listen",
        ),
        _ => {
            Failure::new(Exit::Service, "service_unusable", message, "look at the data folder and its owner")
        }
    }
}

fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_env("VERILUME_LOG").unwrap_or_else(|_unset| EnvFilter::new(DEFAULT_LOG));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().init(),
    }
}

/// Ready when the program is told to stop: Ctrl-C, or a signal of the system that runs it.
#[cfg(unix)]
fn told_to_stop() -> Result<impl Future<Output = ()>, Failure> {
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
fn told_to_stop() -> Result<impl Future<Output = ()>, Failure> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
