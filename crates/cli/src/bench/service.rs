//! What the service costs: whole sessions of simulated people against a service of its own, in a process of its own.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::Serialize;
use serde_json::Value;

use super::Spread;
use crate::args::{AssetsArgs, BenchArgs};
use crate::capture::{self, CameraSpec};
use crate::failure::{Exit, Failure};

/// People at once in the second run. Origin: what two cores have to carry.
const AT_ONCE: u32 = 3;
/// Illuminance of the simulated rooms, lux: a lit living room.
const LUX: f32 = 200.0;
/// Seeds of the simulated people. Origin: outside the ranges that anything is tuned or reported on.
const FIRST_SEED: u64 = 700_000;

/// What the service cost.
#[derive(Debug, Serialize)]
pub(super) struct ServiceFigure {
    one_after_the_other: LoadFigure,
    at_once: LoadFigure,
    /// Resident memory of the service before any session, and at its most, MiB; only Linux tells.
    memory_idle_mib: Option<f64>,
    memory_peak_mib: Option<f64>,
    /// What is left of the peak for each of the sessions that ran at once, MiB.
    memory_per_session_mib: Option<f64>,
}

/// Sessions under one load.
#[derive(Debug, Serialize)]
struct LoadFigure {
    sessions: u32,
    at_once: u32,
    /// Sessions that ended as a real face.
    real: u32,
    /// From the last frame to the stored decision, as the device sees it.
    answered_after: Spread,
    /// Processor time of the service for a session, seconds; only Linux tells.
    processor_secs: Option<f64>,
    /// Camera frames that the devices had no time for.
    frames_skipped: u64,
}

/// Runs sessions one after the other, then some at once.
pub(super) fn bench(args: &BenchArgs, sessions: u32) -> Result<ServiceFigure, Failure> {
    in_folder(|folder| measure(args, sessions, folder))
}

/// Measures with a folder that is gone afterwards.
pub(super) fn in_folder<T>(measure: impl FnOnce(&Path) -> Result<T, Failure>) -> Result<T, Failure> {
    let folder = std::env::temp_dir().join(format!("verilume-bench-{}", std::process::id()));
    let measured = measure(&folder);
    // The folder holds results of simulated people only; what cannot be removed does no harm.
    drop(std::fs::remove_dir_all(&folder));
    measured
}

fn measure(args: &BenchArgs, sessions: u32, folder: &Path) -> Result<ServiceFigure, Failure> {
    let service = Service::start(&args.assets, folder, None)?;
    // Pages of the weights are touched by the first session.
    service.run(&args.assets, 1, 1)?;
    let memory_idle_mib = service.memory_mib("VmRSS:");
    let one_after_the_other = service.run(&args.assets, sessions, 1)?;
    let at_once = service.run(&args.assets, AT_ONCE, AT_ONCE)?;
    let memory_peak_mib = service.memory_mib("VmHWM:");
    let grown = memory_peak_mib.zip(memory_idle_mib).map(|(peak, idle)| peak - idle);
    Ok(ServiceFigure {
        one_after_the_other,
        at_once,
        memory_idle_mib,
        memory_peak_mib,
        memory_per_session_mib: grown.map(|grown| grown / f64::from(AT_ONCE)),
    })
}

/// A running service.
pub(super) struct Service {
    process: Child,
    pub(super) url: String,
    pub(super) key: String,
}

impl Service {
    /// Starts one, on SQLite in this folder or on a PostgreSQL database.
    pub(super) fn start(assets: &AssetsArgs, folder: &Path, postgres: Option<&str>) -> Result<Self, Failure> {
        let folder = folder.join("data");
        let data: [&OsStr; 2] = match postgres {
            Some(url) => ["--database-url".as_ref(), url.as_ref()],
            None => ["--data".as_ref(), folder.as_ref()],
        };
        let key = run_self(assets, &["keys", "create", "--scope", "sessions"], data, false)?
            .wait_with_output()
            .map_err(|error| broken(&error.to_string()))?;
        let key = String::from_utf8_lossy(&key.stdout).lines().last().unwrap_or_default().to_owned();
        let mut process = run_self(assets, &["serve", "--listen", "127.0.0.1:0"], data, true)?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).map_err(|error| broken(&error.to_string()))?;
        }
        let url = line.trim().strip_prefix("listening at ").map(str::to_owned);
        let service = Self { process, url: url.clone().unwrap_or_default(), key };
        if url.is_none() { Err(broken("it did not say where it listens")) } else { Ok(service) }
    }

    fn run(&self, assets: &AssetsArgs, sessions: u32, at_once: u32) -> Result<LoadFigure, Failure> {
        let models = capture::models(assets)?;
        let processor_before = self.processor_secs();
        let mut figure = LoadFigure {
            sessions,
            at_once,
            real: 0,
            answered_after: Spread::of(Vec::new()),
            processor_secs: None,
            frames_skipped: 0,
        };
        let mut answered = Vec::new();
        let mut seeds = (FIRST_SEED..).take(sessions as usize).peekable();
        while seeds.peek().is_some() {
            let spec = |seed| CameraSpec::simulated_at(seed, LUX);
            let cameras: Vec<_> = seeds.by_ref().take(at_once as usize).map(spec).collect();
            let ended: Vec<_> = std::thread::scope(|scope| {
                let run = |spec| {
                    let camera = capture::camera(&spec, assets)?;
                    capture::trial(&self.url, &self.key, camera, &models)
                };
                let running: Vec<_> =
                    cameras.into_iter().map(|spec| scope.spawn(move || run(spec))).collect();
                running
                    .into_iter()
                    .map(|thread| thread.join().map_err(|_panic| broken("a device stopped")))
                    .collect()
            });
            for ended in ended {
                let (device, session) = ended??;
                figure.real += u32::from(is_real(&session));
                figure.frames_skipped += device.frames_skipped;
                answered.extend(device.answered_after_ms.map(std::time::Duration::from_millis));
            }
        }
        figure.answered_after = Spread::of(answered);
        let spent = self.processor_secs().zip(processor_before).map(|(after, before)| after - before);
        figure.processor_secs = spent.map(|spent| spent / f64::from(sessions.max(1)));
        Ok(figure)
    }

    fn memory_mib(&self, name: &str) -> Option<f64> {
        super::memory_mib(&format!("/proc/{}/status", self.process.id()), name)
    }

    /// Processor time so far. Linux counts it in hundredths of a second.
    fn processor_secs(&self) -> Option<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?;
        // The name in the second field may hold spaces; what is counted comes after its bracket.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks: f64 = fields.get(11..13)?.iter().filter_map(|field| field.parse::<f64>().ok()).sum();
        Some(ticks / 100.0)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn is_real(session: &Value) -> bool {
    let attempts = session["attempts"].as_array();
    attempts
        .is_some_and(|attempts| attempts.iter().any(|attempt| attempt["evidence"]["decision"] == "realface"))
}

/// This program again, with other arguments.
fn run_self(
    assets: &AssetsArgs,
    args: &[&str],
    data: [&OsStr; 2],
    with_assets: bool,
) -> Result<Child, Failure> {
    let program: PathBuf = std::env::current_exe().map_err(|error| broken(&error.to_string()))?;
    let mut command = Command::new(program);
    command.args(args).args(data).stdout(Stdio::piped()).stderr(Stdio::null());
    if let Some(folder) = assets.assets.as_ref().filter(|_| with_assets) {
        command.arg("--assets").arg(folder);
    }
    command.spawn().map_err(|error| broken(&error.to_string()))
}

fn broken(problem: &str) -> Failure {
    Failure::new(
        Exit::Service,
        "bench_failed",
        format!("the service to measure did not run: {problem}"),
        "try `verilume serve --data DIR`: it says what is wrong",
    )
}

/// The figures in words.
pub(super) fn describe(figure: &ServiceFigure) -> String {
    let mut text = "\nservice, simulated people at 200 lx\n".to_owned();
    for load in [&figure.one_after_the_other, &figure.at_once] {
        text += &format!(
            "  {} sessions, {} at once: {} real; answered {:.0} ms after the last frame (p95 {:.0}); {} camera frames skipped\n",
            load.sessions,
            load.at_once,
            load.real,
            load.answered_after.median_ms,
            load.answered_after.p95_ms,
            load.frames_skipped
        );
        if let Some(secs) = load.processor_secs {
            text += &format!("    {secs:.2} s of a processor for a session\n");
        }
    }
    if let (Some(idle), Some(peak), Some(each)) =
        (figure.memory_idle_mib, figure.memory_peak_mib, figure.memory_per_session_mib)
    {
        text += &format!(
            "  memory {idle:.0} MiB idle, {peak:.0} MiB at most, {each:.0} MiB for a running session\n"
        );
    }
    text
}
