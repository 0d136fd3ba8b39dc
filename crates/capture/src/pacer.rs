//! Which frames are sent, and how large: as many as are wanted, within the bytes that may be spent.

use std::ops::RangeInclusive;
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
/// A size fits whose frames take this share of what is planned for one.
const FITTING_SHARE: RangeInclusive<f64> = 0.90..=1.0;
/// A smooth frame makes those after it at most this much larger than usual, along a side: it may have been a blurred one.
const MOST_GROWTH: f32 = 1.3;
/// Times that a size is tried before the last one is taken.
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
    /// When the next frame is wanted: on a grid, so that a camera whose frames do not fall on it keeps the mean rate.
    next_at: Option<Timestamp>,
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
            next_at: None,
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
        let usual = narrow((target / (area * BYTES_A_PIXEL)).sqrt());
        let most = most.min(usual * MOST_GROWTH).max(least);
        let mut scale = usual.clamp(least, most);
        for _ in 0..SIZE_TRIES {
            self.size = scaled_size(crop, scale);
            let Some(jpeg) = encoded(view, crop, self.size, self.config.jpeg_quality) else { return };
            self.mean_bytes = jpeg.as_bytes().len() as f64 + FRAME_ENVELOPE_BYTES as f64;
            let share = self.mean_bytes / target.max(1.0);
            let is_bounded = (share > 1.0 && scale <= least) || (share < 1.0 && scale >= most);
            if is_bounded || FITTING_SHARE.contains(&share) {
                return;
            }
            scale = (scale * narrow((FITTING_SHARE.end() / share).sqrt())).clamp(least, most);
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

    /// Whether a frame captured now should be sent.
    pub(crate) fn is_due(&self, captured_at: Timestamp) -> bool {
        let is_wanted = self.next_at.is_none_or(|next_at| captured_at + JITTER >= next_at);
        is_wanted && self.frames < self.max_frames
    }

    /// Says when the next frame is wanted after one of `captured_at`, with `remaining` of the attempt to come.
    fn plan_next(&mut self, captured_at: Timestamp, remaining: Duration) {
        let left_frames = f64::from(self.max_frames.saturating_sub(self.frames));
        let affordable = (self.left_bytes() / self.mean_bytes.max(1.0)).min(left_frames);
        let stretched = Duration::try_from_secs_f64(remaining.as_secs_f64() / affordable.max(1e-3));
        let interval = self.wanted_interval.max(stretched.unwrap_or(Duration::MAX));
        let on_grid = self.next_at.filter(|next_at| captured_at - *next_at < self.wanted_interval / 2);
        self.next_at = Some(on_grid.unwrap_or(captured_at) + interval);
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
    pub(crate) fn sent_frame(&mut self, captured_at: Timestamp, message: &MessageBytes, remaining: Duration) {
        self.spent_bytes += message.len() as u64;
        self.frames += 1;
        self.passed_over(captured_at, message, remaining);
    }

    /// A frame that did not fit counts towards the size of frames, so that the next one waits.
    pub(crate) fn passed_over(
        &mut self,
        captured_at: Timestamp,
        message: &MessageBytes,
        remaining: Duration,
    ) {
        self.mean_bytes += (message.len() as f64 - self.mean_bytes) / 4.0;
        self.plan_next(captured_at, remaining);
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
