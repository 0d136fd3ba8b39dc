//! Formats that do not decode here go through `ffmpeg`, if it is on PATH.
//!
//! ffmpeg writes uncompressed Matroska to a pipe: unlike Y4M it carries the time of each frame and the colour
//! matrix. The demuxer is forced to what was recognised and only local files may be read, so a crafted playlist
//! cannot make ffmpeg open anything else.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use verilume_frame::Frame;

use super::error::Warnings;
use super::input::Input;
use super::matroska::RawMatroska;
use super::reader::OpenedSource;
use super::{MediaError, MediaErrorKind, MediaFormat, MediaLimits, MediaOptions, Source};

/// A format that ffmpeg decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FfmpegFormat {
    /// For people.
    pub(super) name: &'static str,
    /// ffmpeg's name of the reader.
    demuxer: &'static str,
}

impl FfmpegFormat {
    pub(super) const AVI: Self = Self::video("AVI", "avi");
    pub(super) const MATROSKA: Self = Self::video("WebM or Matroska", "matroska");
    pub(super) const GIF: Self = Self::video("GIF", "gif");
    pub(super) const FLV: Self = Self::video("FLV", "flv");
    pub(super) const OGG: Self = Self::video("Ogg", "ogg");
    pub(super) const IVF: Self = Self::video("IVF", "ivf");
    pub(super) const ASF: Self = Self::video("Windows Media", "asf");
    pub(super) const MPEG_PS: Self = Self::video("MPEG program stream", "mpeg");
    pub(super) const MPEG_TS: Self = Self::video("MPEG transport stream", "mpegts");
    pub(super) const H264_STREAM: Self = Self::video("H.264 without a container", "h264");

    const fn video(name: &'static str, demuxer: &'static str) -> Self {
        Self { name, demuxer }
    }

    /// MP4 or QuickTime with a codec that is not decoded here.
    pub(super) fn iso_media(codec: &'static str) -> Self {
        Self::video(codec, "mov")
    }
}

/// The running program, stopped when dropped.
struct RunningFfmpeg {
    child: Child,
}

impl Drop for RunningFfmpeg {
    fn drop(&mut self) {
        // Both fail only where the program has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct FfmpegSource {
    frames: RawMatroska,
    ffmpeg: RunningFfmpeg,
    frames_read: u64,
}

/// Starts ffmpeg on a file.
pub(super) fn open(
    path: &Path,
    format: FfmpegFormat,
    options: &MediaOptions,
) -> Result<OpenedSource, MediaError> {
    let mut child = Command::new(&options.ffmpeg)
        .args(arguments(path, format, &options.limits))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| start_error(error, format, options))?;
    let pipe = child.stdout.take();
    let mut ffmpeg = RunningFfmpeg { child };
    let pipe = pipe.ok_or_else(|| ffmpeg_error("ffmpeg has no output"))?;
    // Raw frames outweigh the file by far; ffmpeg itself stops at the limits of frames and time.
    let frames = match RawMatroska::open(Input::new(pipe, u64::MAX), &options.limits) {
        Err(error) if error.kind() == MediaErrorKind::Truncated => {
            return Err(ffmpeg_error(format!(
                "ffmpeg cannot decode it as {} {}",
                format.name,
                ended_as(&mut ffmpeg)
            )));
        }
        frames => frames?,
    };
    let source = FfmpegSource { frames, ffmpeg, frames_read: 0 };
    Ok(OpenedSource::video(source, MediaFormat::Ffmpeg(format.name)))
}

fn ffmpeg_error(message: impl Into<String>) -> MediaError {
    MediaError::new(MediaErrorKind::FfmpegFailed, message)
}

fn start_error(error: io::Error, format: FfmpegFormat, options: &MediaOptions) -> MediaError {
    let program = options.ffmpeg.display();
    let made = if error.kind() == io::ErrorKind::NotFound {
        let message = format!("is {}, which needs ffmpeg, and `{program}` was not found", format.name);
        MediaError::new(MediaErrorKind::FfmpegMissing, message)
    } else {
        ffmpeg_error(format!("`{program}` could not be started: {error}"))
    };
    made.with_source(error)
}

fn ended_as(ffmpeg: &mut RunningFfmpeg) -> String {
    ffmpeg.child.wait().map_or_else(|error| format!("({error})"), |status| format!("({status})"))
}

/// What ffmpeg is told: one thread, the first video stream, upright 8-bit 4:2:0, times in milliseconds (it would
/// round them to its guess of the frame rate), the limits.
fn arguments(path: &Path, format: FfmpegFormat, limits: &MediaLimits) -> Vec<OsString> {
    let mut input = OsString::from("file:");
    input.push(path);
    // One frame and one second more, so that going over a limit is noticed.
    let frames = limits.max_frames.saturating_add(1).to_string();
    let secs = limits.max_duration.as_secs().saturating_add(1).to_string();
    let max_pixels = limits.max_pixels.min(i32::MAX.unsigned_abs().into()).to_string();
    let mut arguments: Vec<OsString> = ["-nostdin", "-hide_banner", "-loglevel", "quiet", "-threads", "1"]
        .into_iter()
        .chain(["-protocol_whitelist", "file", "-max_pixels", &max_pixels, "-f", format.demuxer, "-i"])
        .map(OsString::from)
        .collect();
    arguments.push(input);
    arguments.extend(
        ["-map", "0:v:0", "-an", "-sn", "-dn", "-t", &secs, "-frames:v", &frames]
            .into_iter()
            .chain([
                "-enc_time_base",
                "1:1000",
                "-c:v",
                "rawvideo",
                "-pix_fmt",
                "yuv420p",
                "-f",
                "matroska",
                "pipe:1",
            ])
            .map(OsString::from),
    );
    arguments
}

impl Source for FfmpegSource {
    fn next_frame(&mut self, warnings: &mut Warnings) -> Result<Option<Frame>, MediaError> {
        if let Some(frame) = self.frames.next_frame()? {
            self.frames_read += 1;
            return Ok(Some(frame));
        }
        let has_failed = self.ffmpeg.child.wait().is_ok_and(|status| !status.success());
        if has_failed {
            if self.frames_read == 0 {
                return Err(ffmpeg_error("ffmpeg cannot decode its frames"));
            }
            warnings.add(
                "truncated_input",
                format!("ffmpeg stopped with an error after {} frames", self.frames_read),
            );
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ffmpeg_is_told_the_demuxer_the_protocol_and_the_limits() {
        let limits = MediaLimits { max_frames: 99, ..MediaLimits::default() };
        let told = arguments(Path::new("a b.webm"), FfmpegFormat::MATROSKA, &limits);
        let told: Vec<_> = told.iter().map(|argument| argument.to_str().unwrap()).collect();
        assert_eq!(
            told.join(" "),
            "-nostdin -hide_banner -loglevel quiet -threads 1 -protocol_whitelist file -max_pixels 40000000 \
             -f matroska -i file:a b.webm -map 0:v:0 -an -sn -dn -t 601 -frames:v 100 \
             -enc_time_base 1:1000 -c:v rawvideo -pix_fmt yuv420p -f matroska pipe:1"
        );
    }
}
