//! Which frames are sent, and how large: as many as are wanted, within the bytes that may be spent.

use std::time::Duration;

use verilume_frame::{RgbView, Timestamp};
use verilume_protocol::stream::{JpegBytes, MessageBytes, PixelRect, PlanLimits};

use crate::EvidenceConfig;
use crate::crop::{encoded, scaled_size};

/// Bytes kept back for the messages that end slots and the attempt: 16 of at most 64 bytes, and what a pause or an abort
/// takes.
const RESERVE_BYTES: u64 = 2 << 10;
/// What a frame's message has beside the JPEG, bytes.
const FRAME_ENVELOPE_BYTES: u64 = 80;
/// Frames are planned to take this share of what there is: content varies.
const PLANNED_SHARE: f64 = 0.88;
/// Bytes of a pixel at quality 90 before anything has been measured. Origin: ADR 0010 (3.7 MB for 141 frames of
/// 360 x 480).
const BYTES_A_PIXEL: f64 = 0.15;
/// Times that a size is tried before the best one is taken.
const SIZE_TRIES: usize = 4;
/// A frame may come this much too early: cameras jitter.
const JITTER: Duration = Duration::from_millis(10);

/// Spends the bytes of one attempt.
#[derive(Debug, Clone)]
pub(crate) struct Pacer {
    config: EvidenceConfig,
    max_bytes: u64,
    max_frames: u32,
    max_frame_bytes: u64,
    spent_bytes: u64,
    frames: u32,
    wanted_interval: Duration,
    last_at: Option<Timestamp>,
    /// Bytes of a frame as they have been lately.
    mean_bytes: f64,
    size: (u32, u32),
}

impl Pacer {
    /// A pacer for frames that are wanted every `wanted_interval`. `spent_bytes` have gone already.
    pub(crate) fn new(
        config: EvidenceConfig,
        limits: &PlanLimits,
        wanted_interval: Duration,
        spent_bytes: u64,
    ) -> Self {
        Self {
            config,
            max_bytes: config.max_bytes.min(limits.max_bytes.unwrap_or(u64::MAX)),
            max_frames: limits.max_frames.unwrap_or(u32::MAX),
            max_frame_bytes: limits.max_frame_bytes.map_or(u64::MAX, u64::from),
            spent_bytes,
            frames: 0,
            wanted_interval,
            last_at: None,
            mean_bytes: 0.0,
            size: (1, 1),
        }
    }

    /// Finds the size at which the frames of an attempt fit its bytes, by encoding this one.
    pub(crate) fn fit(&mut self, view: RgbView<'_>, crop: PixelRect, face_px: f32, remaining: Duration) {
        let frames = (remaining.as_secs_f64() / self.wanted_interval.as_secs_f64().max(1e-3)).ceil() + 1.0;
        let frames = frames.min(f64::from(self.max_frames)).max(1.0);
        let target = (self.left_bytes() / frames * PLANNED_SHARE).min(self.max_frame_bytes as f64);
        let (least, most) = self.scale_range(face_px);
        let area = f64::from(crop.width) * f64::from(crop.height);
        let mut scale = narrow((target / (area * BYTES_A_PIXEL)).sqrt()).clamp(least, most);
        for _ in 0..SIZE_TRIES {
            self.size = scaled_size(crop, scale);
            let Some(jpeg) = encoded(view, crop, self.size, self.config.jpeg_quality) else { return };
            self.mean_bytes = jpeg.as_bytes().len() as f64 + FRAME_ENVELOPE_BYTES as f64;
            if self.mean_bytes <= target || scale <= least {
                return;
            }
            scale = (scale * narrow((target / self.mean_bytes).sqrt()) * 0.97).max(least);
        }
    }

    fn scale_range(&self, face_px: f32) -> (f32, f32) {
        let face_px = face_px.max(1.0);
        let most = (self.config.max_face_px / face_px).min(1.0);
        ((self.config.min_face_px / face_px).min(most), most)
    }

    fn left_bytes(&self) -> f64 {
        self.max_bytes.saturating_sub(self.spent_bytes + RESERVE_BYTES) as f64
    }

    /// Whether a frame captured now should be sent, with `remaining` of the attempt to come.
    pub(crate) fn is_due(&self, captured_at: Timestamp, remaining: Duration) -> bool {
        if self.frames >= self.max_frames {
            return false;
        }
        let Some(last_at) = self.last_at else { return true };
        let affordable =
            (self.left_bytes() / self.mean_bytes.max(1.0)).min(f64::from(self.max_frames - self.frames));
        let stretched = Duration::try_from_secs_f64(remaining.as_secs_f64() / affordable.max(1e-3));
        let interval = self.wanted_interval.max(stretched.unwrap_or(Duration::MAX));
        captured_at - last_at >= interval.saturating_sub(JITTER)
    }

    /// The crop as it is sent; `None` if it cannot be encoded or is over the bound of a single frame.
    pub(crate) fn encoded(&self, view: RgbView<'_>, crop: PixelRect) -> Option<JpegBytes> {
        let jpeg = encoded(view, crop, self.size, self.config.jpeg_quality)?;
        (jpeg.as_bytes().len() as u64 <= self.max_frame_bytes).then_some(jpeg)
    }

    /// Whether the message of a frame still fits. What does not fit is never sent.
    pub(crate) fn fits(&self, message: &MessageBytes) -> bool {
        self.spent_bytes + message.len() as u64 + RESERVE_BYTES <= self.max_bytes
    }

    /// Counts a frame that was sent.
    pub(crate) fn sent_frame(&mut self, captured_at: Timestamp, message: &MessageBytes) {
        self.spent_bytes += message.len() as u64;
        self.frames += 1;
        self.last_at = Some(captured_at);
        self.mean_bytes += (message.len() as f64 - self.mean_bytes) / 4.0;
    }

    /// A frame that did not fit counts towards the size of frames, so that the next one waits.
    pub(crate) fn passed_over(&mut self, captured_at: Timestamp, bytes: usize) {
        self.last_at = Some(captured_at);
        self.mean_bytes += (bytes as f64 - self.mean_bytes) / 4.0;
    }

    /// Counts another message that was sent.
    pub(crate) fn sent_other(&mut self, message: &MessageBytes) {
        self.spent_bytes += message.len() as u64;
    }
}

fn narrow(scale: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "a scale; 1e-7 of it does not matter")]
    let scale = scale as f32;
    scale
}
