//! `verilume serve`: the service, until it is told to stop.

use std::future::Future;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use verilume_server::{Server, ServerConfig, ServerError, ServerErrorKind};

use crate::args::{AssetsArgs, FusionArgs};
use crate::assets;
use crate::failure::{Exit, Failure, chain};
use crate::store::{MasterKeyArgs, StoreArgs};
use crate::{fusion, out};

/// What is logged unless `VERILUME_LOG` says otherwise.
const DEFAULT_LOG: &str = "info";
const LOG_VARIABLE: &str = "VERILUME_LOG";

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address and port to listen on; port 0 takes any free one.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080", env = "VERILUME_LISTEN")]
    listen: SocketAddr,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    master_key: MasterKeyArgs,
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
    log(args.log)?;
    let weights = assets::weights(&args.assets)?;
    let mut config = ServerConfig::new(args.listen);
    config.public_url = args.public_url.clone();
    config.is_behind_proxy = args.behind_proxy;
    config.workers = args.jobs.map_or(0, usize::from);
    config.fusion = fusion::config(&args.fusion)?;
    runtime()?.block_on(async {
        let store = args.store.open().await?;
        config.master_key = args.store.master_key(&args.master_key)?;
        let server = Server::start(config, Arc::clone(&store) as _, &weights).await.map_err(failure)?;
        // Whoever started the program on port 0 reads here where it is.
        out::print(&format!("listening at http://{}\n", server.local_addr()));
        let told = told_to_stop()?;
        server.run(told).await;
        store.close().await;
        Ok(())
    })
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

fn log(format: LogFormat) -> Result<(), Failure> {
    let asked = std::env::var_os(LOG_VARIABLE).filter(|asked| !asked.is_empty());
    let filter = match &asked {
        None => EnvFilter::new(DEFAULT_LOG),
        Some(asked) => asked.to_str().and_then(log_filter).ok_or_else(log_unusable)?,
    };
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

/// A level, or levels of parts of the program: `info`, `warn,verilume_server=debug`. A word that is no level would be
/// taken for the name of a part: a level with a slip of the pen would turn the log off.
fn log_filter(asked: &str) -> Option<EnvFilter> {
    let is_level = |word: &str| word.trim().parse::<LevelFilter>().is_ok();
    let is_known = asked.split(',').all(|directive| directive.contains('=') || is_level(directive));
    EnvFilter::builder().parse(asked).ok().filter(|_| is_known)
}

fn log_unusable() -> Failure {
    Failure::new(
        Exit::Arguments,
        "log_invalid",
        format!("{LOG_VARIABLE} does not say how much is to be logged"),
        "say error, warn, info or debug, or name parts of the program: warn,verilume_server=debug",
    )
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
