//! The way in: a path or a stream becomes a [`FrameReader`].

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Seek as _};
use std::path::Path;

use verilume_frame::{Frame, RgbImage, Timestamp};
use verilume_still::StillFormat;

use super::error::Warnings;
use super::ffmpeg::{self, FfmpegFormat};
use super::image_file::{StillSource, decode_image};
use super::input::{Input, MAX_ENCODED_BYTES, SNIFF_BYTES};
use super::mjpeg::{JpegInput, open_jpeg};
use super::mp4::Mp4Content;
use super::sniff::{Sniffed, sniff};
use super::y4m::Y4mSource;
use super::{MediaError, MediaErrorKind, MediaLimits, MediaOptions, MediaWarning, Source};
use super::{avi, folder, gif, mp4};

/// What an input was recognised as. Prints as people name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MediaFormat {
    /// One PNG image.
    Png,
    /// One JPEG image.
    Jpeg,
    /// A GIF of one picture.
    Gif,
    /// One BMP image.
    Bmp,
    /// One WebP image.
    WebP,
    /// A folder of images.
    ImageFolder,
    /// JPEG pictures one after another, without a container.
    MotionJpeg,
    /// Motion JPEG in AVI.
    AviMotionJpeg,
    /// Motion JPEG in QuickTime or MP4.
    QuickTimeMotionJpeg,
    /// YUV4MPEG2.
    Y4m,
    /// H.264 in MP4 or QuickTime.
    Mp4H264,
    /// A format that ffmpeg decodes, with its name.
    Ffmpeg(&'static str),
}

impl fmt::Display for MediaFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Png => f.write_str("PNG image"),
            Self::Jpeg => f.write_str("JPEG image"),
            Self::Gif => f.write_str("GIF image"),
            Self::Bmp => f.write_str("BMP image"),
            Self::WebP => f.write_str("WebP image"),
            Self::ImageFolder => f.write_str("folder of images"),
            Self::MotionJpeg => f.write_str("Motion JPEG"),
            Self::AviMotionJpeg => f.write_str("Motion JPEG in AVI"),
            Self::QuickTimeMotionJpeg => f.write_str("Motion JPEG in QuickTime"),
            Self::Y4m => f.write_str("Y4M"),
            Self::Mp4H264 => f.write_str("H.264 in MP4"),
            Self::Ffmpeg(name) => write!(f, "{name} (through ffmpeg)"),
        }
    }
}

/// A source with what is known of it before its first frame.
pub(super) struct OpenedSource {
    pub(super) source: Box<dyn Source>,
    pub(super) format: MediaFormat,
    pub(super) frame_count: Option<u64>,
    pub(super) fps: Option<f64>,
    pub(super) is_still: bool,
}

impl OpenedSource {
    pub(super) fn video(source: impl Source + 'static, format: MediaFormat) -> Self {
        Self { source: Box::new(source), format, frame_count: None, fps: None, is_still: false }
    }

    fn still(image: RgbImage, format: MediaFormat) -> Self {
        let frame_count = Some(1);
        Self { source: Box::new(StillSource::new(image)), format, frame_count, fps: None, is_still: true }
    }
}

/// Reads the frames of one capture. `Send`, so captures can be read on several threads, each by one.
pub struct FrameReader {
    opened: OpenedSource,
    input: String,
    limits: MediaLimits,
    warnings: Warnings,
    frames_read: u64,
    last_captured_at: Timestamp,
    finished: bool,
}

impl FrameReader {
    fn new(opened: OpenedSource, input: String, limits: &MediaLimits) -> Self {
        Self {
            opened,
            input,
            limits: limits.clone(),
            warnings: Warnings::default(),
            frames_read: 0,
            last_captured_at: Timestamp::default(),
            finished: false,
        }
    }

    /// The next frame, upright; `None` at the end of the capture, and after an error.
    ///
    /// The first frame is at time zero and no frame is earlier than the one before it.
    /// Frames of a folder may differ in size; the frames of a video do not, unless its own size changes.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, MediaError> {
        if self.finished {
            return Ok(None);
        }
        let result = self.read_frame();
        self.finished = !matches!(result, Ok(Some(_)));
        result.map_err(|error| error.in_input(&self.input))
    }

    fn read_frame(&mut self) -> Result<Option<Frame>, MediaError> {
        let Some(frame) = self.opened.source.next_frame(&mut self.warnings)? else {
            if self.frames_read == 0 {
                return Err(MediaError::new(MediaErrorKind::NoFrames, "holds no frame that can be decoded"));
            }
            return Ok(None);
        };
        self.frames_read += 1;
        if self.frames_read > self.limits.max_frames {
            return Err(self.limits.frames_error());
        }
        if frame.captured_at - Timestamp::default() > self.limits.max_duration {
            return Err(self.limits.duration_error());
        }
        debug_assert!(frame.captured_at >= self.last_captured_at, "sources yield frames in order of time");
        self.last_captured_at = frame.captured_at;
        Ok(Some(frame))
    }

    /// What the input was recognised as.
    pub fn format(&self) -> MediaFormat {
        self.opened.format
    }

    /// How many frames the input says it has; fewer may come where it is damaged, cut or trimmed.
    pub fn frame_count_hint(&self) -> Option<u64> {
        self.opened.frame_count
    }

    /// Frames a second as the input states it, or its average; `None` for stills, for folders with timestamps
    /// and where it is not known.
    pub fn fps_hint(&self) -> Option<f64> {
        self.opened.fps
    }

    /// Whether the input is one image, not a sequence.
    pub fn is_still(&self) -> bool {
        self.opened.is_still
    }

    /// What did not stop the reading and a report should say; complete once [`next_frame`](Self::next_frame)
    /// has returned `None`.
    pub fn warnings(&self) -> &[MediaWarning] {
        self.warnings.as_slice()
    }
}

impl fmt::Debug for FrameReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameReader")
            .field("input", &self.input)
            .field("format", &self.opened.format)
            .field("frames_read", &self.frames_read)
            .finish_non_exhaustive()
    }
}

/// Opens a video, an image or a folder of frames; `-` is standard input (see [`from_reader`]).
///
/// A folder yields the image files directly inside it; other files are left out, files whose name begins
/// with a dot silently. When each file was captured follows from its name, by the first of these rules that fits
/// every image of the folder:
/// 1. The name (without extension) ends in digits and a unit: `..._1234ms` or `..._1234567us`.
/// 2. The name is nothing but digits, at least ten, the first not zero: 10 to 15 digits are milliseconds,
///    16 to 18 microseconds, 19 nanoseconds. So Unix times and the clocks of phones work as they are.
/// 3. Otherwise the files are taken in natural order (`frame_9` before `frame_10`), [`MediaOptions::fps`] a second.
///
/// Times are counted from the first frame.
pub fn open(path: impl AsRef<Path>, options: &MediaOptions) -> Result<FrameReader, MediaError> {
    let path = path.as_ref();
    if path.as_os_str() == "-" {
        return from_reader(io::stdin(), options);
    }
    let name = path.display().to_string();
    let opened = open_path(path, options).map_err(|error| error.in_input(&name))?;
    Ok(FrameReader::new(opened, name, &options.limits))
}

/// Reads Motion JPEG (bare or in AVI), Y4M, or one still picture from a stream. Of a WebP that moves it is the first frame.
pub fn from_reader(
    reader: impl Read + Send + 'static,
    options: &MediaOptions,
) -> Result<FrameReader, MediaError> {
    let name = "standard input".to_owned();
    let opened = open_stream(reader, options).map_err(|error| error.in_input(&name))?;
    Ok(FrameReader::new(opened, name, &options.limits))
}

fn open_path(path: &Path, options: &MediaOptions) -> Result<OpenedSource, MediaError> {
    let metadata = fs::metadata(path).map_err(MediaError::from_io)?;
    if metadata.is_dir() {
        return folder::open(path, options);
    }
    let mut file = File::open(path).map_err(MediaError::from_io)?;
    if !metadata.is_file() {
        return open_stream(file, options);
    }
    if metadata.len() > options.limits.max_bytes {
        return Err(MediaError::new(
            MediaErrorKind::InputTooLarge,
            format!("{} bytes are over the limit of {}", metadata.len(), options.limits.max_bytes),
        ));
    }
    let mut head = Vec::new();
    file.by_ref().take(SNIFF_BYTES as u64).read_to_end(&mut head).map_err(MediaError::from_io)?;
    file.rewind().map_err(MediaError::from_io)?;
    let by_ffmpeg = |format| ffmpeg::open(path, format, options);
    match sniff(&head) {
        Sniffed::IsoMedia => match mp4::open(file, options)? {
            Mp4Content::Decodable(opened) => Ok(opened),
            Mp4Content::Other(codec) => by_ffmpeg(FfmpegFormat::iso_media(codec)),
        },
        Sniffed::Avi => match avi::open(Input::new(file, options.limits.max_bytes), options)? {
            Some(opened) => Ok(opened),
            None => by_ffmpeg(FfmpegFormat::AVI),
        },
        Sniffed::Still(StillFormat::Gif) => {
            match open_gif(Input::new(file, options.limits.max_bytes), &options.limits)? {
                Some(opened) => Ok(opened),
                None => by_ffmpeg(FfmpegFormat::GIF),
            }
        }
        Sniffed::Ffmpeg(format) => by_ffmpeg(format),
        _ => open_stream(file, options),
    }
}

fn open_stream(
    reader: impl Read + Send + 'static,
    options: &MediaOptions,
) -> Result<OpenedSource, MediaError> {
    let fps = options.fps_or_default()?;
    let limits = &options.limits;
    let mut input = Input::new(reader, limits.max_bytes);
    let head = input.peek(SNIFF_BYTES).map_err(MediaError::from_io)?;
    if head.is_empty() {
        return Err(MediaError::new(MediaErrorKind::Empty, "has no bytes"));
    }
    match sniff(head) {
        Sniffed::Still(StillFormat::Gif) => {
            open_gif(input, limits)?.ok_or_else(|| needs_a_file("a GIF that moves"))
        }
        Sniffed::Still(format) => {
            Ok(OpenedSource::still(decode_image(&read_all(input)?, limits)?, named(format)))
        }
        Sniffed::Jpeg => Ok(match open_jpeg(input, fps, limits)? {
            JpegInput::Still(image) => OpenedSource::still(image, MediaFormat::Jpeg),
            JpegInput::Motion(source) => {
                OpenedSource { fps: Some(fps), ..OpenedSource::video(source, MediaFormat::MotionJpeg) }
            }
        }),
        Sniffed::Y4m => {
            let source = Y4mSource::open(input, fps, limits)?;
            Ok(OpenedSource { fps: Some(source.fps()), ..OpenedSource::video(source, MediaFormat::Y4m) })
        }
        Sniffed::Avi => avi::open(input, options)?.ok_or_else(|| needs_a_file("AVI that is no Motion JPEG")),
        Sniffed::IsoMedia => Err(needs_a_file("MP4 or QuickTime")),
        Sniffed::Ffmpeg(format) => Err(needs_a_file(format.name)),
        Sniffed::Unsupported(what) => {
            Err(MediaError::unsupported(format!("is {what}, which is not supported")))
        }
        Sniffed::Unknown => Err(MediaError::unsupported("is no video or image of a known format")),
    }
}

/// A GIF of one picture; `None` for a film.
fn open_gif(input: Input<'_>, limits: &MediaLimits) -> Result<Option<OpenedSource>, MediaError> {
    let bytes = read_all(input)?;
    if gif::is_film(&bytes) {
        return Ok(None);
    }
    Ok(Some(OpenedSource::still(decode_image(&bytes, limits)?, MediaFormat::Gif)))
}

fn named(format: StillFormat) -> MediaFormat {
    match format {
        StillFormat::Gif => MediaFormat::Gif,
        StillFormat::Bmp => MediaFormat::Bmp,
        StillFormat::WebP => MediaFormat::WebP,
        StillFormat::Png => MediaFormat::Png,
        _ => MediaFormat::Jpeg,
    }
}

fn needs_a_file(what: &str) -> MediaError {
    MediaError::unsupported(format!("is {what}, which cannot be read from a stream"))
        .with_hint("give it as a file, or pipe it as Y4M: `ffmpeg -i INPUT -f yuv4mpegpipe - | ...`")
}

fn read_all(mut input: Input<'_>) -> Result<zeroize::Zeroizing<Vec<u8>>, MediaError> {
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    while !input.peek(1).map_err(MediaError::from_io)?.is_empty() {
        let block = input.peek(SNIFF_BYTES).map_err(MediaError::from_io)?.len();
        input.read_into(&mut bytes, block)?;
        if bytes.len() > MAX_ENCODED_BYTES {
            return Err(MediaError::new(
                MediaErrorKind::InputTooLarge,
                format!("one image has more than {MAX_ENCODED_BYTES} bytes"),
            ));
        }
    }
    Ok(bytes)
}
