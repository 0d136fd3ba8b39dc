//! What a caller may choose, and how much one capture may ask of the machine.

use std::path::PathBuf;
use std::time::Duration;

use verilume_frame::MAX_PIXELS;

use super::{MediaError, MediaErrorKind};

/// Frames a second where neither the input nor the caller gives a rate: what phone and web cameras record.
pub const DEFAULT_FPS: f64 = 30.0;

/// The most frames a second that [`MediaOptions::fps`] may ask for.
const MAX_FPS: f64 = 1000.0;

/// How to read a capture.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MediaOptions {
    /// Frames a second of inputs that carry no time: bare Motion JPEG, Y4M without a rate, and folders without
    /// timestamps in the file names. Above 0 and at most 1000; `None` means [`DEFAULT_FPS`].
    pub fps: Option<f64>,
    /// How much one capture may ask of the machine.
    pub limits: MediaLimits,
    /// The program to run for formats that do not decode here: a name looked up on PATH, or a path.
    /// Default `ffmpeg`.
    pub ffmpeg: PathBuf,
}

impl Default for MediaOptions {
    fn default() -> Self {
        Self { fps: None, limits: MediaLimits::default(), ffmpeg: PathBuf::from("ffmpeg") }
    }
}

impl MediaOptions {
    /// The rate of inputs without time, checked.
    pub(super) fn fps_or_default(&self) -> Result<f64, MediaError> {
        match self.fps {
            None => Ok(DEFAULT_FPS),
            Some(fps) if fps.is_finite() && fps > 0.0 && fps <= MAX_FPS => Ok(fps),
            Some(fps) => Err(MediaError::new(
                MediaErrorKind::InvalidFps,
                format!("{fps} is no usable number of frames a second"),
            )),
        }
    }
}

/// How much one capture may ask of the machine. A capture over a limit is an error, never cut silently.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MediaLimits {
    /// Bytes of one input file or stream. Default 8 GiB: a minute of 1080p Y4M at 30 frames a second is 5.6 GB,
    /// and memory stays flat however long the input is, so this bounds time.
    pub max_bytes: u64,
    /// Pixels of one frame, as stored. Default [`MAX_PIXELS`], 40 megapixels: above every phone's default still.
    /// H.264 is held to 9.4 megapixels besides (level 5.2, above 4K), because its decoder keeps up to 17 pictures.
    pub max_pixels: u64,
    /// Frames of one capture. Default 18 000: ten minutes at 30 frames a second; a check takes seconds.
    pub max_frames: u64,
    /// Time from the first frame to the last. Default ten minutes: a check takes seconds.
    pub max_duration: Duration,
}

impl Default for MediaLimits {
    fn default() -> Self {
        Self {
            max_bytes: 8 << 30,
            max_pixels: MAX_PIXELS,
            max_frames: 18_000,
            max_duration: Duration::from_secs(600),
        }
    }
}

impl MediaLimits {
    /// Fails before anything of this size is allocated.
    pub(super) fn check_pixels(&self, width: u32, height: u32) -> Result<(), MediaError> {
        if u64::from(width) * u64::from(height) > self.max_pixels.min(MAX_PIXELS) {
            return Err(self.pixels_error(width, height));
        }
        Ok(())
    }

    pub(super) fn pixels_error(&self, width: u32, height: u32) -> MediaError {
        let limit = self.max_pixels.min(MAX_PIXELS);
        MediaError::new(
            MediaErrorKind::ImageTooLarge,
            format!("{width}x{height} pixels are over the limit of {limit} pixels"),
        )
    }

    pub(super) fn frames_error(&self) -> MediaError {
        MediaError::new(MediaErrorKind::TooLong, format!("has more than {} frames", self.max_frames))
    }

    pub(super) fn duration_error(&self) -> MediaError {
        let limit_secs = self.max_duration.as_secs_f64();
        MediaError::new(MediaErrorKind::TooLong, format!("is longer than {limit_secs} seconds"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_usable_rates_pass() {
        let rate = |fps| MediaOptions { fps, ..MediaOptions::default() }.fps_or_default().ok();
        assert_eq!(rate(None), Some(30.0));
        assert_eq!(rate(Some(12.5)), Some(12.5));
        for fps in [0.0, -1.0, f64::NAN, f64::INFINITY, 1001.0] {
            assert_eq!(rate(Some(fps)), None);
        }
    }
}
