//! Opens recorded captures and yields their frames, upright and in the order they were captured.
//!
//! An input is a video, an image, a folder of frames, or `-` for standard input. What it holds is recognised by
//! content. H.264 in MP4 or QuickTime (also fragmented), Motion JPEG (bare, in AVI, in QuickTime), Y4M and still
//! pictures (JPEG, PNG, GIF, BMP, WebP) decode here, in memory-safe code; everything else, films in GIF too, goes
//! through an `ffmpeg` found on PATH.
//!
//! One frame is in memory at a time, plus what the video format itself must keep. Nothing is written to disk.
//! Buffers of pixels are wiped when dropped, except those inside the decoders of H.264 and of still pictures.
//!
//! What this module does not do: it plays no audio, corrects no lens, keeps no colour profile, and it never
//! makes up a frame: what cannot be decoded is left out and said in [`FrameReader::warnings`].
//!
//! ```
//! use verilume_eval::media::{self, MediaOptions};
//!
//! let y4m = b"YUV4MPEG2 W2 H2 F25:1 Cmono\nFRAME\n\x10\x10\xeb\xebFRAME\n\x10\x10\xeb\xeb".as_slice();
//! let mut reader = media::from_reader(y4m, &MediaOptions::default())?;
//! let mut times = Vec::new();
//! while let Some(frame) = reader.next_frame()? {
//!     assert_eq!(frame.view().pixel(1, 1), [255; 3]);
//!     times.push(frame.captured_at.as_millis());
//! }
//! assert_eq!(times, [0.0, 40.0]);
//! # Ok::<(), media::MediaError>(())
//! ```

mod avi;
mod error;
mod ffmpeg;
mod folder;
mod gif;
mod h264;
mod image_file;
mod input;
mod jpeg_scan;
mod limits;
mod matroska;
mod mjpeg;
mod mp4;
mod reader;
mod sniff;
mod y4m;
mod yuv;

pub(crate) use folder::is_image;

pub use error::{MediaError, MediaErrorKind, MediaWarning};
pub use image_file::decode_image;
pub use limits::{DEFAULT_FPS, MediaLimits, MediaOptions};
pub use reader::{FrameReader, MediaFormat, from_reader, open};

use verilume_frame::{Frame, Timestamp};

use error::Warnings;

/// Where frames come from; one implementation for each format.
trait Source: Send {
    /// The next frame in capture order, `None` at the end. Not called again after `None` or an error.
    fn next_frame(&mut self, warnings: &mut Warnings) -> Result<Option<Frame>, MediaError>;
}

/// When frame `index` of a constant rate was captured.
fn frame_time(index: u64, fps: f64) -> Timestamp {
    Timestamp::from_secs(index as f64 / fps)
}

/// `ticks * num / den` seconds.
fn ticks_time(ticks: u64, num: u64, den: u64) -> Timestamp {
    let micros = u128::from(ticks) * u128::from(num) * 1_000_000 / u128::from(den.max(1));
    Timestamp::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}
