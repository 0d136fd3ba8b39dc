//! One attempt, frame by frame: decoded, looked at, wiped.

use std::sync::Arc;

use verilume_frame::{Frame, Rect, Timestamp};
use verilume_liveness::flash::{
    ExtractConfig, FlashConfig, FlashOutcome, FlashReport, UncertainCause, judge,
};
use verilume_liveness::fusion::{FusionConfig, fuse};
use verilume_liveness::observe::{FlashObserver, StaticObserver};
use verilume_liveness::{InjectionObservations, injection_risk};
use verilume_protocol::challenge::ScreenTimeline;
use verilume_protocol::stream::{JpegBytes, Phase, PixelRect};
use verilume_vision::models::ModelError;
use verilume_vision::{
    Attention, AttentionConfig, AttentionGate, FaceId, FaceTracker, TrackedFrame, TrackerConfig,
};

use super::device::Device;
use super::evidence::{CaptureCounts, FaceRectangle, Verdict};
use super::identity::IdentityObserver;
use super::jpeg;
use super::models::WorkerModels;
use super::pool::Setup;
use super::trail::CaptureTrail;
use crate::engine::{FrameToAnalyse, ShownFlash};

/// Why a frame could not be taken.
#[derive(Debug)]
pub(crate) enum FrameFault {
    /// It is not what it claims to be.
    Undecodable(&'static str),
    /// A network failed.
    Model(ModelError),
}

impl From<ModelError> for FrameFault {
    fn from(error: ModelError) -> Self {
        Self::Model(error)
    }
}

/// Sizes in pixels: they stay the same through an attempt.
#[derive(Debug, Clone, Copy)]
struct Geometry {
    crop_in_image: PixelRect,
    image_size: (u32, u32),
    jpeg_size: (u32, u32),
}

/// What is known of an attempt so far.
pub(crate) struct CaptureAnalysis {
    device: Device,
    max_pixels: u64,
    tracker: FaceTracker,
    gate: AttentionGate,
    watched: Option<FaceId>,
    still: StaticObserver,
    flash: FlashObserver,
    geometry: Option<Geometry>,
    face_in_crop: Option<Rect>,
    face_luma: f64,
    counts: CaptureCounts,
    captured_at: Vec<Timestamp>,
    of_another_session: bool,
    trail: CaptureTrail,
    /// The best picture of the hold so far, if one is asked for.
    picture: Option<Picture>,
    keeps_picture: bool,
    /// Who is in the capture, if it is compared.
    identity: Option<IdentityObserver>,
    /// Whether the light stays the same: then every frame shows natural motion, and none an answer.
    is_steady: bool,
}

/// A picture of a person who looks at the camera, before the colours come.
struct Picture {
    jpeg: JpegBytes,
    sharpness: f32,
}

impl CaptureAnalysis {
    pub(crate) fn new(models: &WorkerModels, setup: &Setup, max_pixels: u64) -> Self {
        Self {
            device: setup.device,
            max_pixels,
            tracker: FaceTracker::new(Arc::clone(&models.face), TrackerConfig::default()),
            gate: AttentionGate::new(AttentionConfig::default()),
            watched: None,
            still: StaticObserver::new(models.still.clone()),
            flash: FlashObserver::new(&models.flash, ExtractConfig::default()),
            geometry: None,
            face_in_crop: None,
            face_luma: 0.0,
            counts: CaptureCounts::default(),
            captured_at: Vec::new(),
            of_another_session: false,
            trail: CaptureTrail::default(),
            picture: None,
            keeps_picture: setup.keeps_picture,
            identity: setup
                .compares
                .then(|| IdentityObserver::new(Arc::clone(&models.embedder), models.identity)),
            is_steady: setup.is_steady,
        }
    }

    /// Notes that a frame is one of another session, bit by bit.
    pub(crate) fn note_replay(&mut self) {
        self.of_another_session = true;
    }

    /// Takes the next frame.
    pub(crate) fn push(&mut self, received: FrameToAnalyse) -> Result<(), FrameFault> {
        let frame = received.frame;
        let image = jpeg::decode(frame.jpeg.as_bytes(), frame.crop_in_image, self.max_pixels)
            .map_err(FrameFault::Undecodable)?;
        let jpeg_size = (image.width(), image.height());
        let (crop_in_image, image_size) = (frame.crop_in_image, frame.image_size);
        let geometry = Geometry { crop_in_image, image_size, jpeg_size };
        if self.geometry.get_or_insert(geometry).jpeg_size != jpeg_size {
            return Err(FrameFault::Undecodable("its size changed within the attempt"));
        }
        let decoded = Frame::new(image, frame.captured_at);
        if frame.phase == Phase::Hold || self.is_steady {
            self.look(&decoded, frame.jpeg)?;
        }
        self.trail.frames.push(received.jpeg_sha256);
        let seen = self.flash.push_seen(decoded.view(), frame.captured_at)?;
        let is_used = seen.is_some();
        if let (Some(identity), Some(landmarks), Phase::Slot(slot)) = (&mut self.identity, seen, frame.phase)
        {
            identity.slot(slot, decoded.view(), landmarks);
        }
        self.captured_at.push(frame.captured_at);
        self.counts.frames += 1;
        self.counts.hold_frames += u64::from(frame.phase == Phase::Hold);
        self.counts.flash_frames_used += u64::from(is_used);
        Ok(())
    }

    /// What is around the face, and how it looks, before the colours come.
    fn look(&mut self, frame: &Frame, jpeg: JpegBytes) -> Result<(), FrameFault> {
        let tracked = self.tracker.update(frame.view(), frame.captured_at)?;
        let attention = self.attention(&tracked);
        self.still.look_at_texture(frame, &tracked)?;
        self.still.look_at_person(frame, &tracked)?;
        self.still.follow(frame, &tracked, attention);
        if let Some(face) = tracked.primary() {
            self.face_in_crop = Some(face.face_in_image);
            self.face_luma = f64::from(face.quality.luma_mean);
            let is_looking = attention.is_some_and(|attention| attention.looking_at_camera);
            if let Some(identity) = self.identity.as_mut().filter(|_| is_looking) {
                identity.hold(frame, &face.landmarks, face.quality.sharpness);
            }
            self.keep_if_best(face.quality.sharpness, is_looking, jpeg);
        }
        Ok(())
    }

    /// One person who looks at the camera, as sharp as may be: that picture shows who was checked.
    fn keep_if_best(&mut self, sharpness: f32, is_looking: bool, jpeg: JpegBytes) {
        let is_better = self.picture.as_ref().is_none_or(|best| sharpness > best.sharpness);
        if self.keeps_picture && is_looking && is_better {
            self.picture = Some(Picture { jpeg, sharpness });
        }
    }

    fn attention(&mut self, tracked: &TrackedFrame) -> Option<Attention> {
        let face = tracked.primary();
        let id = face.map(|face| face.id);
        if self.watched != id {
            self.gate.lost();
            self.watched = id;
        }
        face.map(|face| self.gate.update(face, tracked.captured_at))
    }

    /// Judges the light against what was shown, and all of it together.
    pub(crate) fn finish(mut self, shown: &ShownFlash, config: &FusionConfig) -> Verdict {
        let face = self.face_rectangle();
        let picture = self.picture.take().map(|picture| picture.jpeg);
        let flash = match self.geometry {
            Some(Geometry { crop_in_image, image_size, .. }) => {
                let device = self.device.geometry_of(crop_in_image, image_size);
                self.flash.finish().and_then(|traces| {
                    self.trail.follow(&traces);
                    let timeline = timeline(shown)?;
                    Some(judge(&traces, &timeline, &device, &FlashConfig::default()))
                })
            }
            None => None,
        };
        // Without a report the gate of the flash would stand open, as it may only where nothing was asked.
        let flash = flash.unwrap_or(FlashReport {
            outcome: FlashOutcome::Uncertain(UncertainCause::TooLittleFace),
            signals: Vec::new(),
            measurements: None,
        });
        let exposure_reaction =
            flash.measurements.as_ref().and_then(|measurements| measurements.camera_reaction);
        let mut evidence = self.still.finish();
        evidence.capture.flash = (!self.is_steady).then_some(flash);
        let repeated = evidence.injection.repeated_share.unwrap_or(0.0).max(shown.repeated_share);
        let injection = injection_risk(&InjectionObservations {
            captured_at: self.captured_at,
            client: self.device.camera,
            of_another_session: self.of_another_session,
            repeated_share: Some(repeated),
            exposure_reaction,
            ..evidence.injection
        });
        let report = fuse(&evidence.capture, config);
        let flash = evidence.capture.flash.as_ref();
        let verdict = Verdict::new(&report, flash, &injection, self.counts, face, self.face_luma);
        let identity = self.identity.map(IdentityObserver::finish);
        Verdict { picture, trail: self.trail, identity, ..verdict }
    }

    /// The face of the last hold frame, in pixels of the camera's frame.
    fn face_rectangle(&self) -> Option<FaceRectangle> {
        let (Geometry { crop_in_image: crop, jpeg_size, .. }, face) = (self.geometry?, self.face_in_crop?);
        let scale = crop.width as f32 / jpeg_size.0.max(1) as f32;
        let origin = crop.to_rect();
        Some(FaceRectangle::around(Rect::new(
            origin.x + face.x * scale,
            origin.y + face.y * scale,
            face.width * scale,
            face.height * scale,
        )))
    }
}

fn timeline(shown: &ShownFlash) -> Option<ScreenTimeline> {
    let shown_at: Vec<f64> = shown.shown_at.iter().map(|at| at.as_secs()).collect();
    ScreenTimeline::new(shown.profile, &shown.codes, &shown_at, shown.ended_at.as_secs()).ok()
}
