//! Whole sessions in simulated time: a simulated person or attack before the real client, the engine and the analysis.
//! No socket, no clock, no thread: the same every time, however busy the machine.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use verilume_capture::{
    CaptureClient, CaptureConfig, FrameObservation, Input, Output, ScreenStep, SeenFace, StartRequest,
    Terminal,
};
use verilume_frame::Timestamp;
use verilume_infer::{Engine, Weights};
use verilume_liveness::fusion::FusionConfig;
use verilume_protocol::stream::{ClientMessage, DecodeLimits, Hello, MessageBytes, Phase, SessionToken};
use verilume_recognition::{Calibration, Embedder, Embedding};
use verilume_sim::{Heads, Range, Scenario, ScenarioLimits, ScreenColours, ScreenTimeline, Session, Species};
use verilume_store::Decision;
use verilume_vision::{FaceTracker, TrackerConfig};

use crate::analysis::rehearse::{CaptureAnalysis, WorkerModels};
use crate::analysis::{Device, Identity, Setup, Verdict};
use crate::config::WithoutFlashes;
use crate::engine::{EngineConfig, Finding, Micros, Origin, SessionEngine, Step};
use crate::networks::OwnNetworks;
use crate::stream::Reference;

/// The service's clock is this far ahead of the device's.
const CLOCK_OFFSET_MS: u64 = 77_000;
/// When a portrait is taken: exposure and white balance have settled.
const PORTRAIT_AFTER: Duration = Duration::from_millis(700);
/// A session that is not over by then never will be.
const GIVE_UP_MS: u64 = 30_000;
/// The screen's: 60 Hz.
const REFRESH: Duration = Duration::from_micros(16_667);

struct Rehearsal {
    heads: Heads,
    models: WorkerModels,
    embedder: Arc<Embedder>,
}

/// Who is before the camera.
#[derive(Clone, Copy)]
struct Cast {
    species: Species,
    lux: f32,
    seed: u64,
    /// Whoever takes the place of the first from this slot on, in the same light.
    exchanged: Option<(u64, u32)>,
    /// Of how many frames the device drops one, at random; 0 if it drops none.
    drops: u64,
}

impl Rehearsal {
    fn new() -> Self {
        let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
        let heads = std::fs::read(assets.join("sim/heads.bin")).expect("`cargo xtask assets` has run");
        let weights = Weights::in_folder(assets.join("models"));
        let embedder = Arc::new(Embedder::load(&Engine::rten(), &weights).unwrap());
        Self {
            heads: Heads::read(&heads).unwrap(),
            models: WorkerModels::load(&weights, &OwnNetworks::default(), Arc::clone(&embedder)).unwrap(),
            embedder,
        }
    }

    /// A portrait of the person of a seed, at another time and in other light.
    fn portrait(&self, seed: u64) -> Embedding {
        let scenario = scenario_of(Species::BonaFide, 400.0, seed);
        let mut session = Session::new(&self.heads, &scenario, seed);
        let shown = ScreenTimeline::new(ScreenColours::uniform([0.5; 3]));
        let mut tracker = FaceTracker::new(Arc::clone(&self.models.face), TrackerConfig::default());
        let frames = session.frames_until(PORTRAIT_AFTER, &shown);
        let embedded = frames.filter_map(|taken| {
            let tracked = tracker.update(taken.frame.view(), taken.frame.captured_at).unwrap();
            self.embedder.embed(taken.frame.view(), &tracked.primary()?.landmarks).ok()
        });
        embedded.last().expect("a face")
    }

    /// Whoever of some people looks least like this one: simulated heads are more alike than people.
    fn stranger_to(&self, seed: u64) -> u64 {
        let portrait = self.portrait(seed);
        let others = (seed + 1..seed + 9).map(|other| {
            let distance = self.portrait(other).distance(&portrait, Calibration::shipped().metric).unwrap();
            (distance, other)
        });
        let farthest = others.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        println!("the stranger to {seed} is {farthest:?}");
        farthest.1
    }

    /// One session; gives the client's end and what the service found in each attempt.
    fn run(&self, species: Species, lux: f32, seed: u64) -> (Option<Terminal>, Vec<Verdict>) {
        self.run_under("", species, lux, seed)
    }

    /// The same under a profile that the person asks for.
    fn run_under(
        &self,
        profile: &str,
        species: Species,
        lux: f32,
        seed: u64,
    ) -> (Option<Terminal>, Vec<Verdict>) {
        self.play(profile, Cast { species, lux, seed, exchanged: None, drops: 0 })
    }

    fn play(&self, profile: &str, cast: Cast) -> (Option<Terminal>, Vec<Verdict>) {
        let Cast { species, lux, seed, exchanged, drops } = cast;
        let mut dropped = random(seed ^ 3);
        let mut stage = Stage {
            models: &self.models,
            client: CaptureClient::new(CaptureConfig::default()),
            steps: VecDeque::new(),
            shown: ScreenTimeline::new(ScreenColours::uniform([0.0; 3])),
            engine: None,
            analysis: None,
            device: None,
            verdicts: Vec::new(),
            terminal: None,
            slot: 0,
            seed,
        };
        let scenario = scenario_of(species, lux, seed);
        let mut session = Session::new(&self.heads, &scenario, seed);
        let mut other = exchanged.map(|(other, slot)| {
            let scenario = scenario_of(species, lux, other);
            (Session::new(&self.heads, &scenario, other), slot)
        });
        let mut tracker = FaceTracker::new(Arc::clone(&self.models.face), TrackerConfig::default());
        let mut now = Timestamp::default();
        let mut request = StartRequest::new(SessionToken::new("token"));
        request.wanted_profile = profile.to_owned();
        stage.tell(Input::Start(&request), now);
        while stage.terminal.is_none() && now < Timestamp::from_millis(GIVE_UP_MS) {
            now = now + REFRESH;
            stage.show_due(now);
            // What a camera takes before this refresh cannot see it.
            if let Some((_, slot)) = &other
                && stage.slot >= *slot
                && let Some((replacement, _)) = other.take()
            {
                session = replacement;
                while session.next_frame_at() + REFRESH < now {
                    session.pass_over();
                }
            }
            while session.next_frame_at() < now {
                let taken = session.next_frame(&stage.shown).frame;
                let tracked = tracker.update(taken.view(), taken.captured_at).unwrap();
                let faces: Vec<SeenFace> = tracked.faces.iter().map(SeenFace::from).collect();
                let frame = FrameObservation {
                    view: taken.view(),
                    captured_at: taken.captured_at,
                    faces: &faces,
                    faces_detected: tracked.faces_detected,
                };
                let mut drawn = [0; 2];
                dropped(&mut drawn);
                let is_dropped = u64::from(u16::from_be_bytes(drawn)) * drops < 1 << 16 && drops > 0;
                if !is_dropped {
                    stage.tell(Input::Frame(&frame), now);
                }
            }
            stage.tell(Input::Tick, now);
        }
        (stage.terminal, stage.verdicts)
    }
}

/// Client and service, and the wire between them.
struct Stage<'a> {
    models: &'a WorkerModels,
    client: CaptureClient,
    steps: VecDeque<ScreenStep>,
    shown: ScreenTimeline,
    engine: Option<SessionEngine>,
    analysis: Option<CaptureAnalysis>,
    device: Option<Device>,
    verdicts: Vec<Verdict>,
    terminal: Option<Terminal>,
    /// The slot of the last frame that the service got.
    slot: u32,
    seed: u64,
}

impl Stage<'_> {
    fn tell(&mut self, input: Input<'_>, now: Timestamp) {
        self.client.handle(input, now);
        while let Some(output) = self.client.poll() {
            match output {
                Output::Send(bytes) => self.receive(&bytes, now),
                Output::Screen(step) => self.steps.push_back(step),
                Output::ScreenOff => self.steps.clear(),
                Output::TryAgain(_) => self.client.handle(Input::Retry, now),
                Output::Terminal(terminal) => self.terminal = Some(terminal),
                _ => {}
            }
        }
    }

    /// The screen turns to the colours that are due.
    fn show_due(&mut self, now: Timestamp) {
        while let Some(step) = self.steps.pop_front_if(|step| step.begins_at <= now) {
            #[expect(clippy::cast_possible_truncation, reason = "light of 0..=1")]
            let [top, bottom] = [step.to.top, step.to.bottom].map(|rgb| rgb.map(|light| light as f32));
            self.shown.fade_to(now, step.fade, ScreenColours { top, bottom });
            self.tell(Input::Shown { step: step.step, at: now }, now);
        }
    }

    fn service_time(now: Timestamp) -> Micros {
        Micros(now.as_micros()).plus(Duration::from_millis(CLOCK_OFFSET_MS))
    }

    fn receive(&mut self, bytes: &MessageBytes, now: Timestamp) {
        let message = ClientMessage::decode(bytes.as_bytes(), &DecodeLimits::default()).unwrap();
        let at = Self::service_time(now);
        let steps = match (message, &mut self.engine) {
            (ClientMessage::Hello(hello), engine) => {
                self.device = Some(Device::of(&hello));
                let (opened, steps) = SessionEngine::open(
                    EngineConfig::default(),
                    origin(&hello, bytes),
                    at,
                    &mut random(self.seed),
                );
                *engine = Some(opened);
                steps
            }
            (message, Some(engine)) => engine.message(message, bytes.len(), at, &mut random(self.seed ^ 1)),
            (_, None) => panic!("a client begins with a hello"),
        };
        self.follow(steps, now);
    }

    fn follow(&mut self, steps: Vec<Step>, now: Timestamp) {
        for step in steps {
            let at = Self::service_time(now);
            let more = match step {
                Step::Send(bytes) => {
                    self.client.handle(Input::Message(bytes.as_bytes()), now);
                    Vec::new()
                }
                Step::Begin => {
                    let config = EngineConfig::default();
                    let device = self.device.unwrap();
                    let is_steady = self.engine.as_ref().unwrap().profile().is_steady();
                    let setup = Setup { device, session: 0, keeps_picture: false, compares: true, is_steady };
                    self.analysis = Some(CaptureAnalysis::new(self.models, &setup, config.max_frame_pixels));
                    self.engine.as_mut().unwrap().begun(at)
                }
                Step::Analyse(frame) => {
                    if let Phase::Slot(slot) = frame.frame.phase {
                        self.slot = slot;
                    }
                    self.analysis.as_mut().unwrap().push(*frame).unwrap();
                    Vec::new()
                }
                Step::Decide { shown, .. } => {
                    let verdict = self.analysis.take().unwrap().finish(&shown, &FusionConfig::default());
                    let finding = verdict.finding;
                    self.verdicts.push(verdict);
                    self.engine.as_mut().unwrap().decided(
                        finding,
                        "ses/1".into(),
                        at,
                        &mut random(self.seed ^ 2),
                    )
                }
                Step::Refused(refusal) => panic!("{refusal}"),
                _ => Vec::new(),
            };
            self.follow(more, now);
        }
    }
}

fn scenario_of(species: Species, lux: f32, seed: u64) -> Scenario {
    let limits =
        ScenarioLimits { species, lux: Range::exactly(lux), jpeg_quality: None, ..ScenarioLimits::default() };
    Scenario::random(seed, &limits)
}

/// Good enough to rehearse with, useless for secrets.
fn random(mut state: u64) -> impl FnMut(&mut [u8]) {
    move |bytes| {
        for byte in bytes {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = state.to_be_bytes()[0];
        }
    }
}

fn origin(hello: &Hello, bytes: &MessageBytes) -> Origin {
    Origin {
        session_id: "ses".into(),
        hello_sha256: bytes.sha256(),
        wanted_profile: hello.wanted_profile.clone(),
        attempts_left: 1,
        session_ends_at: Micros(u64::MAX),
    }
}

#[test]
fn a_simulated_person_at_200_lux_is_real() {
    let (terminal, verdicts) = Rehearsal::new().run(Species::BonaFide, 200.0, 1);
    assert!(matches!(terminal, Some(Terminal::Finished { .. })), "{terminal:?}");
    let verdict = verdicts.last().unwrap();
    assert_eq!(verdict.finding, Finding::Decided(Decision::RealFace), "{:#}", verdict.evidence);
    let signs = verdict.evidence["injection"]["signals"].as_array().unwrap();
    let reaction = signs.iter().find(|sign| sign["name"] == "exposure_reaction").unwrap();
    assert!(reaction["value"].as_f64().is_some_and(|clear| clear > 0.0), "{reaction:#}");
}

#[test]
fn a_person_before_a_device_that_is_too_busy_for_every_sixth_frame_is_real() {
    let cast = Cast { species: Species::BonaFide, lux: 119.0, seed: 241_006, exchanged: None, drops: 6 };
    let (_, verdicts) = Rehearsal::new().play("", cast);
    let verdict = verdicts.last().unwrap();
    assert_eq!(verdict.finding, Finding::Decided(Decision::RealFace), "{:#}", verdict.evidence);
}

#[test]
fn who_chose_slower_or_paler_changes_is_real_too() {
    let rehearsal = Rehearsal::new();
    for profile in ["calm", "soft"] {
        let (_, verdicts) = rehearsal.run_under(profile, Species::BonaFide, 120.0, 1);
        let verdict = verdicts.last().unwrap();
        assert_eq!(
            verdict.finding,
            Finding::Decided(Decision::RealFace),
            "{profile}: {:#}",
            verdict.evidence
        );
    }
}

#[test]
fn a_simulated_print_is_never_real() {
    let (_, verdicts) = Rehearsal::new().run(Species::FlatPrint, 200.0, 2);
    assert!(!verdicts.is_empty(), "the print came through the gate");
    for verdict in verdicts {
        assert_ne!(verdict.finding, Finding::Decided(Decision::RealFace), "{:#}", verdict.evidence);
    }
}

#[test]
fn without_flashes_the_picture_and_its_motion_decide_and_a_person_looks_at_what_is_real() {
    let (terminal, mut verdicts) = Rehearsal::new().run_under("none", Species::BonaFide, 200.0, 1);
    assert!(matches!(terminal, Some(Terminal::Finished { .. })), "{terminal:?}");
    let verdict = verdicts.last_mut().unwrap();
    assert_eq!(verdict.evidence["assurance"], "static");
    assert!(verdict.evidence["flash"].is_null());
    assert_eq!(verdict.finding, Finding::Decided(Decision::RealFace), "{:#}", verdict.evidence);
    verdict.keep_to(WithoutFlashes::Accept, true);
    assert_eq!(verdict.finding, Finding::Decided(Decision::RealFace));
    verdict.keep_to(WithoutFlashes::Review, true);
    assert_eq!(verdict.finding, Finding::Decided(Decision::Uncertain));
    assert_eq!(verdict.evidence["reasons"][0]["code"], "without_flashes");
}

/// What an app server is told of a verdict beside a reference.
fn told_beside(template: Embedding, verdict: &mut Verdict) -> Value {
    let reference = Reference::rehearsed(template, Some("HASH".to_owned()));
    reference.compare(&Calibration::shipped(), verdict).expect("the capture was looked at for a comparison")
}

/// The same capture once more: a comparison takes its identity.
fn again(identity: &Identity) -> Option<Identity> {
    Some(Identity { probe: identity.probe.clone(), across: identity.across })
}

#[test]
fn the_person_of_the_reference_is_known_and_another_is_real_and_not_identical() {
    let rehearsal = Rehearsal::new();
    let (_, mut verdicts) = rehearsal.run(Species::BonaFide, 200.0, 1);
    let mut verdict = verdicts.pop().unwrap();
    let identity = verdict.identity.take().unwrap();
    assert!(identity.across.is_one(), "{:?}", identity.across);
    for (seed, is_identical) in [(1, true), (2, false), (3, false), (4, false)] {
        verdict.identity = again(&identity);
        let told = told_beside(rehearsal.portrait(seed), &mut verdict);
        println!("head {seed}: {told}; {:?}", identity.across);
        assert_eq!(told["verifyResult"]["isIdentical"], is_identical, "head {seed}: {told}");
        assert!(
            (0.2..0.3).contains(&told["verifyResult"]["supportedConfidence"].as_f64().unwrap()),
            "{told}"
        );
        assert_eq!(told["verifyImageHash"], "HASH");
        assert_eq!(verdict.evidence["verify"]["isIdentical"], is_identical);
        // Somebody else who is really there is real.
        assert_eq!(verdict.finding, Finding::Decided(Decision::RealFace), "{:#}", verdict.evidence);
    }
    // The right face in two frames alone: nobody knows whose the others are.
    let mut in_two_frames = identity;
    in_two_frames.across.frames = 2;
    verdict.identity = Some(in_two_frames);
    let told = told_beside(rehearsal.portrait(1), &mut verdict);
    assert_eq!(told["verifyResult"]["isIdentical"], false, "{told}");
    assert_eq!(verdict.evidence["reasons"][0]["code"], "identity_not_followed");
}

#[test]
fn a_head_that_is_exchanged_while_the_colours_run_is_neither_real_nor_identical() {
    let rehearsal = Rehearsal::new();
    let stranger = rehearsal.stranger_to(1);
    let cast =
        Cast { species: Species::BonaFide, lux: 200.0, seed: 1, exchanged: Some((stranger, 5)), drops: 0 };
    let (_, verdicts) = rehearsal.play("", cast);
    // Only the first attempt shows both: in another one the stranger is alone from its beginning.
    let mut first = verdicts.into_iter().next().expect("the exchange came through to the end");
    let identity = first.identity.take().unwrap();
    println!("{:?} {:?}", first.finding, identity.across);
    assert!(identity.across.is_several(), "{:?}", identity.across);
    // Whatever the light said: even if both heads answered it, it is not the answer of the one that was compared.
    for finding in [first.finding, Finding::Decided(Decision::RealFace)] {
        (first.finding, first.identity) = (finding, again(&identity));
        let told = told_beside(rehearsal.portrait(1), &mut first);
        assert_eq!(told["verifyResult"]["isIdentical"], false, "{told}");
        assert_ne!(first.finding, Finding::Decided(Decision::RealFace), "{:#}", first.evidence);
    }
    assert_eq!(first.evidence["decision"], "uncertain");
    assert_eq!(first.evidence["reasons"][0]["code"], "several_people");
}
