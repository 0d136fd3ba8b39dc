//! `cargo xtask demo`: the main job, from nothing.

use std::io::{BufRead as _, BufReader, IsTerminal as _, Read};
use std::process::{Child, Stdio};

use anyhow::{Context as _, bail};
use clap::Args;

use crate::shell::{Shell, say};
use crate::{assets, web};

/// Whom the service is shown: a name for people, and the camera of `verilume capture`.
const SHOWN: [(&str, &str); 2] = [
    ("a simulated person, 200 lx", "sim:700007,lux=200"),
    (
        "a simulated attack: an injected video tinted with the screen's colours",
        "sim:700008,species=injected-tint,lux=200",
    ),
];
/// Where the demo's database is.
const DATA: &str = "out/demo/data";

#[derive(Debug, Args)]
#[group(id = "demo")]
pub(crate) struct Options {
    #[command(flatten)]
    assets: assets::Options,
    /// Show a simulated person and an attack here, without the page, and end [default where the output is no terminal]
    #[arg(long, conflicts_with_all = ["page", "lan"])]
    headless: bool,
    /// Keep the page open until Ctrl-C [default on a terminal]
    #[arg(long)]
    page: bool,
    /// Let phones on the same network take part, over TLS
    #[arg(long)]
    lan: bool,
    /// Do not open the page in a browser
    #[arg(long)]
    no_open: bool,
}

/// Fetches what is missing, builds, and starts the service with its playground. On a terminal the page is for trying out;
/// elsewhere the service is shown a person and an attack, then the carphone test video is checked with everything drawn.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    web::run(&options.assets)?;
    let shell = Shell::at_workspace_root()?;
    shell.build_verilume(&[])?;
    std::fs::create_dir_all(shell.path(DATA)).context("out/demo cannot be created")?;
    if options.page || options.lan || (!options.headless && std::io::stdout().is_terminal()) {
        return show_page(&shell, options);
    }
    show_service(&shell)?;
    show_check(&shell)?;
    say("the same as a page, in a browser: `cargo xtask demo --page`");
    Ok(())
}

/// The page, until somebody ends it.
fn show_page(shell: &Shell, options: &Options) -> anyhow::Result<()> {
    say("the playground opens in a browser, or at the address below; Ctrl-C ends it");
    say("without a camera: press \"A simulated person\", then \"Start\"");
    let mut args = vec!["demo", "--data", DATA];
    args.extend(options.lan.then_some("--lan"));
    args.extend(options.no_open.then_some("--no-open"));
    let ended = shell.verilume_command(&args).env("VERILUME_LOG", "warn").status()?;
    if !ended.success() {
        bail!("the demo ended with an error");
    }
    Ok(())
}

fn show_service(shell: &Shell) -> anyhow::Result<()> {
    let keys = shell.verilume_command(&["keys", "create", "--scope", "sessions", "--data", DATA]).output()?;
    let printed = String::from_utf8_lossy(&keys.stdout);
    let key = printed.lines().last().context("`verilume keys create` gave no key")?;
    let service = Service::start(shell)?;
    say(&format!("the service runs at {}, its data is in {DATA}", service.url));
    say(&format!("meanwhile the page for trying out is at {}", service.playground));
    for (name, camera) in SHOWN {
        say(name);
        let capture = shell
            .verilume_command(&["capture", "--server", &service.url, "--camera", camera])
            .env("VERILUME_KEY", key)
            .status()?;
        if !capture.success() {
            bail!("the capture did not end with a result");
        }
    }
    Ok(())
}

/// A service that stops when it is no longer needed.
struct Service {
    process: Child,
    url: String,
    playground: String,
}

impl Service {
    fn start(shell: &Shell) -> anyhow::Result<Self> {
        let mut process = shell
            .verilume_command(&["demo", "--no-open", "--port", "0", "--data", DATA])
            .env("VERILUME_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()?;
        let said = process.stdout.take();
        let mut service = Self { process, url: String::new(), playground: String::new() };
        if let Some(said) = said {
            let mut said = BufReader::new(said);
            service.url = line_after(&mut said, "listening at ")?;
            service.playground = line_after(&mut said, "playground at ")?;
        }
        if service.url.is_empty() {
            bail!("the service did not start");
        }
        Ok(service)
    }
}

/// What the next line says after these words.
fn line_after(said: &mut BufReader<impl Read>, words: &str) -> anyhow::Result<String> {
    let mut line = String::new();
    said.read_line(&mut line)?;
    Ok(line.trim().strip_prefix(words).unwrap_or_default().to_owned())
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn show_check(shell: &Shell) -> anyhow::Result<()> {
    let (frames, timeline) = ("out/demo/frames", "out/demo/timeline.svg");
    std::fs::create_dir_all(shell.path(frames)).context("out/demo cannot be created")?;
    let check = ["check", "assets/media/carphone.mp4", "--annotate", frames, "--timeline", timeline];
    if !shell.verilume_command(&check).status()?.success() {
        bail!("the check of the test video failed");
    }
    say(&format!("annotated frames: {frames}/frame_000000.png and on"));
    say(&format!("signals over time: {timeline}"));
    Ok(())
}
