//! `verilume demo`: the service with a developer's playground, on a database of its own.

use std::io::IsTerminal as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use clap::Args;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use verilume_server::{Playground, Server, WebAssets, create_api_key};
use verilume_store::{KeyLabel, Scope, Scopes};

use crate::args::AssetsArgs;
use crate::config::Settings;
use crate::failure::{Exit, Failure, chain};
use crate::serve::{failure, log, runtime, server_config, told_to_stop};
use crate::{assets, out, store, tls, web};

/// The simulated camera, below the repository's root.
const SIMULATOR: &str = "sdk/web/generated/sim";

/// Where people look first.
const USUAL_PORT: u16 = 8080;
const LAN_PORT: u16 = 8443;

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Folder for the database [default: one that is removed at the end].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Port to listen on; 0 takes any free one [default: 8080, or any free one if another program has it; with --lan 8443].
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Let phones on the same network take part, over TLS with a certificate that the service makes for itself.
    #[arg(long)]
    lan: bool,
    /// Only print the page's address.
    #[arg(long)]
    no_open: bool,
    /// Folder of the SDK for browsers, which `cargo xtask web` built [default: the nearest `sdk/web/dist`].
    #[arg(long, value_name = "DIR")]
    web: Option<PathBuf>,
    /// Folder of the simulated camera, which `cargo xtask web` built [default: the nearest
    /// `sdk/web/generated/sim`].
    #[arg(long, value_name = "DIR")]
    simulator: Option<PathBuf>,
    #[command(flatten)]
    assets: AssetsArgs,
}

pub(crate) fn run(args: &DemoArgs) -> Result<(), Failure> {
    let of_its_own = match &args.data {
        Some(_) => None,
        None => Some(tempfile::tempdir().map_err(|error| {
            let next = "name a folder with --data DIR";
            Failure::new(Exit::Service, "store_unusable", chain(&error), next)
        })?),
    };
    let data = args.data.as_deref().or(of_its_own.as_ref().map(tempfile::TempDir::path));
    let settings = settings(args, data.unwrap_or(Path::new(".")))?;
    log(&settings);
    let weights = assets::weights(&AssetsArgs { assets: args.assets.assets.clone() })?;
    let simulator = simulator(args)?;
    let mut config = server_config(&settings)?;
    let tls = tls::of(&settings)?;
    config.tls = tls.as_ref().map(|tls| tls.identity.clone());
    runtime()?.block_on(async {
        let store = store::open(&settings).await?;
        config.master_key = store::master_key(&settings, &store).await?;
        let unusable =
            |error| Failure::new(Exit::Service, "store_unusable", chain(&error), "use another --data DIR");
        let label = KeyLabel::new("demo").map_err(unusable)?;
        let scopes = Scopes::new(&[Scope::Sessions]).map_err(unusable)?;
        let key = create_api_key(store.as_ref(), &label, &scopes).await.map_err(unusable)?;
        config.web.playground = Some(Playground::new(key.expose(), simulator));
        let server = Server::start(config, Arc::clone(&store) as _, &weights).await.map_err(failure)?;
        out::print(&format!("listening at {}\n", server.url()));
        if let Some(page) = server.playground_url() {
            tell(args, &page);
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

/// The service's settings: its defaults, with what files and the environment say.
fn settings(args: &DemoArgs, data: &Path) -> Result<Settings, Failure> {
    let (listen, public_url) = match args.lan {
        true => {
            let port = args.port.unwrap_or(LAN_PORT);
            if port == 0 {
                let message = "phones need to be told a port";
                return Err(Failure::new(
                    Exit::Arguments,
                    "port_missing",
                    message,
                    "name one with --port, 8443 say",
                ));
            }
            // A phone connects where the token says.
            let url = format!("https://{}", SocketAddr::new(lan_address()?, port));
            (SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)), url)
        }
        false => {
            let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
            let port = args.port.unwrap_or_else(|| Some(USUAL_PORT).filter(is_free).unwrap_or(0));
            (SocketAddr::from((Ipv4Addr::LOCALHOST, port)), String::new())
        }
    };
    Settings::of(
        None,
        &[
            ("--data", "store.data", Some(data.display().to_string())),
            ("--data", "store.database_url", Some(String::new())),
            ("--port", "server.listen", Some(listen.to_string())),
            ("--lan", "server.public_url", Some(public_url)),
            ("--lan", "tls.self_signed", Some(args.lan.to_string())),
            ("--web", "web.folder", args.web.as_ref().map(|web| web.display().to_string())),
        ],
    )
}

/// The address of this machine that others on its network see.
fn lan_address() -> Result<IpAddr, Failure> {
    // Nothing is sent: the system only says from where it would. The other end is of a net for documentation.
    let asked = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))
        .and_then(|socket| socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).map(|()| socket))
        .and_then(|socket| socket.local_addr());
    asked.map(|address| address.ip()).map_err(|error| {
        let message = format!("this machine has no address on a network: {error}");
        Failure::new(Exit::Service, "no_network", message, "leave out --lan to try it on this machine alone")
    })
}

/// The files of the simulated camera; `None` where it was not built.
fn simulator(args: &DemoArgs) -> Result<Option<Arc<WebAssets>>, Failure> {
    let Some(folder) = args.simulator.clone().or_else(|| web::nearest(SIMULATOR)) else { return Ok(None) };
    WebAssets::in_folder(&folder).map(|files| Some(Arc::new(files))).map_err(failure)
}

/// Says where the page is, and opens it where somebody sits before the machine.
fn tell(args: &DemoArgs, page: &str) {
    out::print(&format!("playground at {page}\n"));
    if args.lan {
        out::print("a phone will warn of the certificate: nobody but this machine vouches for it\n");
        if let Ok(code) = QrCode::new(page) {
            let code =
                code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
            out::print(&format!("{code}\n"));
        }
    }
    if !args.no_open && std::io::stdout().is_terminal() {
        open(page);
    }
}

/// Asks the desktop to open a page. Where there is none, its address has been printed.
fn open(page: &str) {
    let has_display = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    let program = match std::env::consts::OS {
        "macos" => "open",
        "linux" if has_display => "xdg-open",
        _ => return,
    };
    // The page's address is a secret: no other user may read it off the list of processes for long.
    let opened = Command::new(program).arg(page).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !opened.is_ok_and(|status| status.success()) {
        out::print("open the page in a browser\n");
    }
}
