//! `cargo xtask demo`: the main job, from nothing.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use anyhow::{Context as _, bail};

use crate::assets;
use crate::shell::{Shell, say};

/// Whom the service is shown: a name for people, and the camera of `verilume capture`.
const SHOWN: [(&str, &str); 2] = [
    ("a simulated person, 200 lx", "sim:700007,lux=200"),
    (
        "a simulated attack: an injected video tinted with the screen's colours",
        "sim:700008,species=injected-tint,lux=200",
    ),
];

/// Fetches what is missing, builds, starts the service, and shows it a person and an attack. Then it checks the
/// carphone test video with everything drawn.
pub(crate) fn run(assets: &assets::Options) -> anyhow::Result<()> {
    assets::run(assets)?;
    let shell = Shell::at_workspace_root()?;
    shell.build_verilume(&[])?;
    show_service(&shell)?;
    show_check(&shell)
}

fn show_service(shell: &Shell) -> anyhow::Result<()> {
    let data = shell.path("out/demo/data");
    std::fs::create_dir_all(&data).context("out/demo cannot be created")?;
    let data = data.to_str().context("the path of the repository is not valid UTF-8")?;
    let keys = shell.verilume_command(&["keys", "create", "--scope", "sessions", "--data", data]).output()?;
    let printed = String::from_utf8_lossy(&keys.stdout);
    let key = printed.lines().last().context("`verilume keys create` gave no key")?;
    let service = Service::start(shell, data)?;
    say(&format!("the service runs at {}, its data is in out/demo/data", service.url));
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
}

impl Service {
    fn start(shell: &Shell, data: &str) -> anyhow::Result<Self> {
        let mut process = shell
            .verilume_command(&["serve", "--listen", "127.0.0.1:0", "--data", data])
            .env("VERILUME_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let url = line.trim().strip_prefix("listening at ").unwrap_or_default().to_owned();
        let service = Self { process, url };
        if service.url.is_empty() {
            bail!("the service did not start");
        }
        Ok(service)
    }
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
