//! `verilume bench`: what the models and the stages of the pipeline cost on this machine, on one thread.

mod api;
mod service;

use std::time::Duration;

use serde::Serialize;
use verilume_eval::AnalysisModels;
use verilume_eval::media::{self, MediaOptions};
use verilume_frame::{Frame, RgbImage, Timestamp};
use verilume_infer::{Engine, Network, PinnedModel, Tensor, Weights};
use verilume_vision::models::{ScoreTexture as _, TextureView};
use verilume_vision::{FaceTracker, TrackerConfig};

use crate::args::{BenchArgs, Peer};
use crate::failure::{Exit, Failure};
use crate::{assets, clock, out};

/// The frame size that tracking is measured at.
const TRACKING_SIZE: (u32, u32) = (640, 480);
/// Frames of the video that are measured on; more would only repeat them.
const MAX_FRAMES: usize = 60;

/// All figures of one run.
#[derive(Debug, Serialize)]
struct Figures {
    version: &'static str,
    runs: u32,
    models: Vec<ModelFigure>,
    stages: Vec<StageFigure>,
    tracking: TrackingFigure,
    peak_memory_mib: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<service::ServiceFigure>,
}

#[derive(Debug, Serialize)]
struct ModelFigure {
    name: &'static str,
    #[serde(flatten)]
    ours: Spread,
    /// The same network on the other engine, run in turn with ours.
    peer: Option<Spread>,
    /// Our median over the peer's.
    ratio_to_peer: Option<f64>,
}

#[derive(Debug, Serialize)]
struct StageFigure {
    name: &'static str,
    #[serde(flatten)]
    spread: Spread,
}

#[derive(Debug, Serialize)]
struct TrackingFigure {
    /// Frame size in pixels.
    size: (u32, u32),
    #[serde(flatten)]
    per_frame: Spread,
    frames_per_s: f64,
    /// Our whole tracking time over the peer's own time for the same three networks (mesh and both irises).
    ratio_to_peer_networks: Option<f64>,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Spread {
    median_ms: f64,
    p95_ms: f64,
}

pub(crate) fn run(args: &BenchArgs) -> Result<(), Failure> {
    if let Some(secs) = args.api {
        let figure = api::bench(args, secs)?;
        tell(args, &figure, api::describe);
        return Ok(());
    }
    let weights = assets::weights(&args.assets)?;
    let peer = match args.compare {
        Some(Peer::Onnxruntime) => Some(Engine::onnx_runtime()?),
        None => None,
    };
    let engine = Engine::rten();
    let frames = frames_to_measure_on(args)?;
    let models = bench_models(&engine, peer.as_ref(), &weights, args.runs)?;
    let analysis = AnalysisModels::load(&engine, &weights)?;
    let stages = bench_stages(&engine, &weights, &analysis, &frames, args.runs)?;
    let figures = Figures {
        version: env!("CARGO_PKG_VERSION"),
        runs: args.runs,
        tracking: bench_tracking(&analysis, &frames, args.runs, &models)?,
        models,
        stages,
        peak_memory_mib: memory_mib("/proc/self/status", "VmHWM:"),
        service: args.service.map(|sessions| service::bench(args, sessions)).transpose()?,
    };
    tell(args, &figures, describe);
    Ok(())
}

fn tell<T: Serialize>(args: &BenchArgs, figures: &T, describe: impl FnOnce(&T) -> String) {
    if args.json {
        let text = serde_json::to_string_pretty(figures).expect("figures are plain numbers");
        out::print(&format!("{text}\n"));
    } else {
        out::print(&describe(figures));
    }
}

/// Frames of the video, enlarged to the tracking size.
fn frames_to_measure_on(args: &BenchArgs) -> Result<Vec<Frame>, Failure> {
    let input = match &args.input {
        Some(input) => input.clone(),
        None => assets::folder(&args.assets)?.join("media/carphone.mp4"),
    };
    let mut reader = media::open(&input, &MediaOptions::default())?;
    let mut frames = Vec::new();
    while let Some(frame) = reader.next_frame()?.filter(|_| frames.len() < MAX_FRAMES) {
        frames.push(enlarged(&frame)?);
    }
    if frames.is_empty() {
        return Err(Failure::new(
            Exit::Input,
            "no_frames",
            "the video has no frames",
            "name another with --input",
        ));
    }
    Ok(frames)
}

fn enlarged(frame: &Frame) -> Result<Frame, Failure> {
    let (width, height) = TRACKING_SIZE;
    let view = frame.view();
    let source = image::RgbImage::from_fn(view.width(), view.height(), |x, y| image::Rgb(view.pixel(x, y)));
    let filter = image::imageops::FilterType::CatmullRom;
    let pixels = image::imageops::resize(&source, width, height, filter).into_raw();
    let image = RgbImage::new(width, height, pixels).map_err(|error| {
        Failure::new(Exit::Other, "bench_failed", error.to_string(), "try another --input")
    })?;
    Ok(Frame::new(image, frame.captured_at))
}

fn bench_models(
    engine: &Engine,
    peer: Option<&Engine>,
    weights: &Weights,
    runs: u32,
) -> Result<Vec<ModelFigure>, Failure> {
    PinnedModel::of_programs().map(|model| bench_model(model, engine, peer, weights, runs)).collect()
}

fn bench_model(
    model: PinnedModel,
    engine: &Engine,
    peer: Option<&Engine>,
    weights: &Weights,
    runs: u32,
) -> Result<ModelFigure, Failure> {
    let onnx = weights.read(model)?;
    let ours = engine.load(onnx.clone())?;
    let theirs = peer.map(|peer| peer.load(onnx)).transpose()?;
    let side = model.input_side as usize;
    let input = Tensor::zeros(&[1, 3, side, side]);
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    // In turn, so that both see the same machine.
    for _ in 0..runs {
        our_times.push(timed(&*ours, &input)?);
        if let Some(theirs) = &theirs {
            their_times.push(timed(&**theirs, &input)?);
        }
    }
    let (ours, peer) = (Spread::of(our_times), theirs.map(|_| Spread::of(their_times)));
    Ok(ModelFigure {
        name: model.name,
        ours,
        peer,
        ratio_to_peer: peer.map(|peer| ours.median_ms / peer.median_ms),
    })
}

fn timed(network: &dyn Network, input: &Tensor) -> Result<Duration, Failure> {
    let began = clock::now();
    network.run(input)?;
    Ok(clock::now().saturating_sub(began))
}

/// Each stage of a check on the tracking-size frames, alone.
fn bench_stages(
    engine: &Engine,
    weights: &Weights,
    analysis: &AnalysisModels,
    frames: &[Frame],
    runs: u32,
) -> Result<Vec<StageFigure>, Failure> {
    let segmenter = verilume_infer::PersonSegmenter::load(engine, weights)?;
    let mut stages = vec![
        stage("detect", frames, runs, |frame| {
            analysis.face.detector.detect(frame.view())?;
            Ok(())
        })?,
        stage("segment", frames, runs, |frame| {
            segmenter.segment(frame.view())?;
            Ok(())
        })?,
    ];
    if let Ok(texture) = &analysis.texture {
        let face = analysis.face.detector.detect(frames[0].view())?.first().map(|face| face.face_in_image);
        if let Some(face) = face {
            stages.push(stage("texture networks", frames, runs, |frame| {
                texture.score(frame.view(), face, TextureView::PLAIN)?;
                Ok(())
            })?);
        }
    }
    Ok(stages)
}

fn stage(
    name: &'static str,
    frames: &[Frame],
    runs: u32,
    mut work: impl FnMut(&Frame) -> Result<(), Failure>,
) -> Result<StageFigure, Failure> {
    let mut times = Vec::new();
    for frame in frames.iter().cycle().take(runs as usize) {
        let began = clock::now();
        work(frame)?;
        times.push(clock::now().saturating_sub(began));
    }
    Ok(StageFigure { name, spread: Spread::of(times) })
}

/// The tracker on consecutive frames, the search for new faces left out: mesh, both irises and every measurement.
fn bench_tracking(
    analysis: &AnalysisModels,
    frames: &[Frame],
    runs: u32,
    models: &[ModelFigure],
) -> Result<TrackingFigure, Failure> {
    let mut config = TrackerConfig::default();
    config.search_every = Duration::MAX;
    let mut tracker = FaceTracker::new(std::sync::Arc::clone(&analysis.face), config);
    tracker.update(frames[0].view(), Timestamp::default())?;
    let mut times = Vec::new();
    // Forwards and backwards through the clip, so that the face never jumps.
    let there_and_back = frames.iter().chain(frames.iter().rev());
    for (index, frame) in there_and_back.cycle().take(runs as usize).enumerate() {
        let began = clock::now();
        tracker.update(frame.view(), Timestamp::from_millis(33 * index as u64))?;
        times.push(clock::now().saturating_sub(began));
    }
    let per_frame = Spread::of(times);
    let peer_ms = |model: PinnedModel| {
        models
            .iter()
            .find(|figure| figure.name == model.name)
            .and_then(|figure| figure.peer)
            .map(|peer| peer.median_ms)
    };
    let peer_networks_ms =
        peer_ms(PinnedModel::FACE_MESH).zip(peer_ms(PinnedModel::IRIS)).map(|(m, i)| m + 2.0 * i);
    Ok(TrackingFigure {
        size: TRACKING_SIZE,
        per_frame,
        frames_per_s: 1e3 / per_frame.median_ms,
        ratio_to_peer_networks: peer_networks_ms.map(|peer| per_frame.median_ms / peer),
    })
}

impl Spread {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        let at =
            |share: usize| times.get(times.len() * share / 100).map_or(0.0, |time| time.as_secs_f64() * 1e3);
        Self { median_ms: at(50), p95_ms: at(95) }
    }
}

fn describe(figures: &Figures) -> String {
    let mut text =
        format!("one thread, {} runs each, milliseconds\n\nmodel              median     p95", figures.runs);
    let compared = figures.models.iter().any(|model| model.peer.is_some());
    text.push_str(if compared { "   onnxruntime   ratio\n" } else { "\n" });
    for model in &figures.models {
        text.push_str(&format!(
            "  {:<15} {:>7.2} {:>7.2}",
            model.name, model.ours.median_ms, model.ours.p95_ms
        ));
        if let (Some(peer), Some(ratio)) = (model.peer, model.ratio_to_peer) {
            text.push_str(&format!("   {:>11.2}   {ratio:>4.1}x", peer.median_ms));
        }
        text.push('\n');
    }
    text.push_str("\nstage at 640x480\n");
    for stage in &figures.stages {
        text.push_str(&format!(
            "  {:<15} {:>7.2} {:>7.2}\n",
            stage.name, stage.spread.median_ms, stage.spread.p95_ms
        ));
    }
    let tracking = &figures.tracking;
    text.push_str(&format!(
        "  {:<15} {:>7.2} {:>7.2}   {:.0} frames/s (mesh, both irises, all measurements)\n",
        "tracking", tracking.per_frame.median_ms, tracking.per_frame.p95_ms, tracking.frames_per_s
    ));
    if let Some(ratio) = tracking.ratio_to_peer_networks {
        text.push_str(&format!(
            "  {:<15} {ratio:.2}x onnxruntime's time for the same three networks alone\n",
            ""
        ));
    }
    if let Some(memory) = figures.peak_memory_mib {
        text.push_str(&format!("\npeak memory {memory:.0} MiB\n"));
    }
    if let Some(figure) = &figures.service {
        text.push_str(&service::describe(figure));
    }
    text
}

/// A size from the status of a process; only Linux tells.
fn memory_mib(path: &str, name: &str) -> Option<f64> {
    let status = std::fs::read_to_string(path).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}
