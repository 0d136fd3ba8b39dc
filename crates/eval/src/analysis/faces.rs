//! What becomes known about each face over a capture.

use std::collections::BTreeMap;

use serde::Serialize;
use verilume_frame::Timestamp;
use verilume_vision::{
    Attention, AttentionConfig, AttentionGate, BlinkConfig, BlinkDetector, FaceId, FaceObservation,
    MouthCover, TrackedFrame,
};

/// Smallest, median and largest value over a capture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Smallest.
    pub min: f64,
    /// Median.
    pub median: f64,
    /// Largest.
    pub max: f64,
}

/// One blink.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BlinkSummary {
    /// The frame in which the eyes were most closed, counted from 0.
    pub frame: u64,
    /// Its capture time, ms.
    pub time_ms: f64,
    /// Eye openness in that frame, ratio.
    pub openness: f64,
    /// From the first lowered to the first open frame, ms.
    pub duration_ms: f64,
}

/// One face over the whole capture. Angles in degrees, signs as in `HeadPose`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaceSummary {
    /// Number of the face.
    pub id: u32,
    /// Frames it was seen in.
    pub frames: u64,
    /// Capture time of the first and the last of them, ms.
    pub seen_ms: (f64, f64),
    /// Frames in which it looked at the camera.
    pub gate_open_frames: u64,
    /// Frames in which something was in front of its mouth.
    pub mouth_covered_frames: u64,
    /// Turn to the side, degrees, positive towards the person's left.
    pub yaw_deg: Spread,
    /// Nod, degrees, positive upwards.
    pub pitch_deg: Spread,
    /// Tilt, degrees, positive clockwise in the image.
    pub roll_deg: Spread,
    /// Eye openness, ratio; `None` if the eyes were never large enough to measure.
    pub eye_openness: Option<Spread>,
    /// Blinks.
    pub blinks: Vec<BlinkSummary>,
    /// Distance between the eyes, pixels.
    pub inter_eye_px: Spread,
    /// Mean luma of the face, 0..=255.
    pub luma_mean: Spread,
    /// Luma between the 5th and the 95th percentile, 0..=255.
    pub contrast: Spread,
    /// Variance of the Laplacian on a chip of 96 pixels a side, squared luma steps.
    pub sharpness: Spread,
    /// Mean luma of the background over the face's, ratio; `None` if the face always filled the frame.
    pub backlight: Option<Spread>,
}

/// The records of all faces of one capture.
#[derive(Debug, Default)]
pub(super) struct FaceRecords {
    by_id: BTreeMap<FaceId, FaceRecord>,
}

impl FaceRecords {
    /// Takes the faces of the next frame; returns the attention of the largest.
    pub(super) fn update(&mut self, tracked: &TrackedFrame, frame_index: u64) -> Option<Attention> {
        for (id, record) in &mut self.by_id {
            if !tracked.faces.iter().any(|face| face.id == *id) {
                record.gate.lost();
            }
        }
        let attentions: Vec<Attention> = tracked
            .faces
            .iter()
            .map(|face| self.by_id.entry(face.id).or_default().update(face, tracked.captured_at, frame_index))
            .collect();
        attentions.first().copied()
    }

    pub(super) fn summaries(self) -> Vec<FaceSummary> {
        self.by_id.into_iter().map(|(id, record)| record.summary(id)).collect()
    }
}

#[derive(Debug)]
struct FaceRecord {
    gate: AttentionGate,
    blink_detector: BlinkDetector,
    /// Capture time and frame index of what the blink detector may still report.
    frames: Vec<(Timestamp, u64)>,
    blinks: Vec<BlinkSummary>,
    gate_open_frames: u64,
    mouth_covered_frames: u64,
    yaw_rad: Vec<f32>,
    pitch_rad: Vec<f32>,
    roll_rad: Vec<f32>,
    openness: Vec<f32>,
    inter_eye_px: Vec<f32>,
    luma_mean: Vec<f32>,
    contrast: Vec<f32>,
    sharpness: Vec<f32>,
    backlight: Vec<f32>,
}

impl Default for FaceRecord {
    fn default() -> Self {
        Self {
            gate: AttentionGate::new(AttentionConfig::default()),
            blink_detector: BlinkDetector::new(BlinkConfig::default()),
            frames: Vec::new(),
            blinks: Vec::new(),
            gate_open_frames: 0,
            mouth_covered_frames: 0,
            yaw_rad: Vec::new(),
            pitch_rad: Vec::new(),
            roll_rad: Vec::new(),
            openness: Vec::new(),
            inter_eye_px: Vec::new(),
            luma_mean: Vec::new(),
            contrast: Vec::new(),
            sharpness: Vec::new(),
            backlight: Vec::new(),
        }
    }
}

impl FaceRecord {
    fn update(&mut self, face: &FaceObservation, captured_at: Timestamp, frame_index: u64) -> Attention {
        self.frames.push((captured_at, frame_index));
        self.yaw_rad.push(face.pose.yaw_rad);
        self.pitch_rad.push(face.pose.pitch_rad);
        self.roll_rad.push(face.pose.roll_rad);
        self.inter_eye_px.push(face.quality.inter_eye_px);
        self.luma_mean.push(face.quality.luma_mean);
        self.contrast.push(face.quality.contrast);
        self.sharpness.push(face.quality.sharpness);
        self.backlight.extend(face.quality.backlight);
        self.mouth_covered_frames += u64::from(face.mouth.cover == MouthCover::Covered);
        if let Some(openness) = face.eyes.openness() {
            self.openness.push(openness);
            self.note_blink(openness, captured_at);
        }
        let attention = self.gate.update(face, captured_at);
        self.gate_open_frames += u64::from(attention.looking_at_camera);
        attention
    }

    fn note_blink(&mut self, openness: f32, captured_at: Timestamp) {
        let Some(blink) = self.blink_detector.update(openness, captured_at) else { return };
        let frame = self.frames.iter().rev().find(|(at, _)| *at == blink.closest_at).map(|(_, index)| *index);
        self.blinks.push(BlinkSummary {
            frame: frame.unwrap_or_default(),
            time_ms: blink.closest_at.as_millis(),
            openness: rounded(blink.openness),
            duration_ms: blink.duration.as_secs_f64() * 1e3,
        });
    }

    fn summary(self, id: FaceId) -> FaceSummary {
        let at = |frame: Option<&(Timestamp, u64)>| frame.map_or(0.0, |(at, _)| at.as_millis());
        let degrees =
            |radians: &[f32]| spread(radians.iter().map(|value| value.to_degrees())).unwrap_or(NOTHING);
        let plain = |values: &[f32]| spread(values.iter().copied());
        FaceSummary {
            id: id.get(),
            frames: self.frames.len() as u64,
            seen_ms: (at(self.frames.first()), at(self.frames.last())),
            gate_open_frames: self.gate_open_frames,
            mouth_covered_frames: self.mouth_covered_frames,
            yaw_deg: degrees(&self.yaw_rad),
            pitch_deg: degrees(&self.pitch_rad),
            roll_deg: degrees(&self.roll_rad),
            eye_openness: plain(&self.openness),
            blinks: self.blinks,
            inter_eye_px: plain(&self.inter_eye_px).unwrap_or(NOTHING),
            luma_mean: plain(&self.luma_mean).unwrap_or(NOTHING),
            contrast: plain(&self.contrast).unwrap_or(NOTHING),
            sharpness: plain(&self.sharpness).unwrap_or(NOTHING),
            backlight: plain(&self.backlight),
        }
    }
}

/// The spread of a face that was never seen; no record is without a frame, so it never shows.
const NOTHING: Spread = Spread { min: 0.0, median: 0.0, max: 0.0 };

fn spread(values: impl Iterator<Item = f32>) -> Option<Spread> {
    let mut sorted: Vec<f32> = values.collect();
    sorted.sort_by(f32::total_cmp);
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    Some(Spread { min: rounded(min), median: rounded(sorted[sorted.len() / 2]), max: rounded(max) })
}

/// Three decimals: more would be noise in a report.
fn rounded(value: f32) -> f64 {
    (f64::from(value) * 1e3).round() / 1e3
}
