//! Why a capture could not be opened or read, and what did not stop it.

use std::error::Error;
use std::fmt;
use std::io;

/// Why a capture could not be opened, or why reading it stopped.
///
/// Prints as one line that may name the input and never holds pixels.
#[derive(Debug)]
pub struct MediaError {
    kind: MediaErrorKind,
    message: String,
    input: Option<String>,
    hint: Option<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The kinds of [`MediaError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MediaErrorKind {
    /// There is nothing at this path.
    NotFound,
    /// The input is there but could not be read: permission, or a failing disk or pipe.
    Unreadable,
    /// The input has no bytes.
    Empty,
    /// The content is no format, or uses no feature, that this build can decode.
    Unsupported,
    /// The input ends before the first frame is complete, or its index is missing.
    Truncated,
    /// A still image contradicts its own format.
    CorruptImage,
    /// A video contradicts its own format.
    CorruptVideo,
    /// An image or video frame has more pixels than [`MediaLimits::max_pixels`](super::MediaLimits::max_pixels).
    ImageTooLarge,
    /// More bytes than [`MediaLimits::max_bytes`](super::MediaLimits::max_bytes), or one encoded frame over 64 MiB.
    InputTooLarge,
    /// More frames or a longer time than [`MediaLimits`](super::MediaLimits) allows.
    TooLong,
    /// The format needs `ffmpeg` and the program was not found.
    FfmpegMissing,
    /// `ffmpeg` was found and could not decode the input.
    FfmpegFailed,
    /// The input is well-formed and holds no frame.
    NoFrames,
    /// [`MediaOptions::fps`](super::MediaOptions::fps) is not a usable frame rate.
    InvalidFps,
}

impl MediaErrorKind {
    /// A stable snake_case code, for reports and for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotFound => "input_not_found",
            Self::Unreadable => "input_unreadable",
            Self::Empty => "empty_input",
            Self::Unsupported => "unsupported_format",
            Self::Truncated => "truncated",
            Self::CorruptImage => "corrupt_image",
            Self::CorruptVideo => "corrupt_video",
            Self::ImageTooLarge => "image_too_large",
            Self::InputTooLarge => "input_too_large",
            Self::TooLong => "capture_too_long",
            Self::FfmpegMissing => "ffmpeg_missing",
            Self::FfmpegFailed => "ffmpeg_failed",
            Self::NoFrames => "no_frames",
            Self::InvalidFps => "invalid_fps",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::NotFound => "check the path; `-` reads Motion JPEG or Y4M from standard input",
            Self::Unreadable => "check that the file may be read and that the disk or pipe behind it works",
            Self::Empty => "the recording or the copy failed: record or copy it again",
            Self::Unsupported => {
                "use H.264 in MP4, Motion JPEG, Y4M, or a JPEG, PNG, GIF, BMP or WebP image; `ffmpeg -i INPUT -c:v libx264 -pix_fmt yuv420p OUTPUT.mp4` converts most others"
            }
            Self::Truncated => "the recording or the copy was cut short: record or copy it again",
            Self::CorruptImage | Self::CorruptVideo => "copy the file again from where it was recorded",
            Self::ImageTooLarge => "scale it down; faces need far fewer pixels",
            Self::InputTooLarge => "cut the capture to the part that shows the check",
            Self::TooLong => "cut the capture to the part that shows the check, or raise the limit",
            Self::FfmpegMissing => {
                "install ffmpeg and put it on PATH, or convert the capture to H.264 in MP4"
            }
            Self::FfmpegFailed => "run `ffmpeg -v error -i INPUT -f null -` to see what ffmpeg says about it",
            Self::NoFrames => "give a video, an image, or a folder that holds images",
            Self::InvalidFps => "give a frame rate above 0 and at most 1000 frames a second",
        }
    }
}

impl MediaError {
    pub(super) fn new(kind: MediaErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), input: None, hint: None, source: None }
    }

    pub(super) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(MediaErrorKind::Unsupported, message)
    }

    pub(super) fn truncated(message: impl Into<String>) -> Self {
        Self::new(MediaErrorKind::Truncated, message)
    }

    pub(super) fn corrupt_image(message: impl Into<String>) -> Self {
        Self::new(MediaErrorKind::CorruptImage, message)
    }

    pub(super) fn corrupt_video(message: impl Into<String>) -> Self {
        Self::new(MediaErrorKind::CorruptVideo, message)
    }

    /// The one place where an I/O error becomes a media error.
    pub(super) fn from_io(error: io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => MediaErrorKind::NotFound,
            io::ErrorKind::UnexpectedEof => MediaErrorKind::Truncated,
            io::ErrorKind::FileTooLarge => MediaErrorKind::InputTooLarge,
            _ => MediaErrorKind::Unreadable,
        };
        let message = match kind {
            MediaErrorKind::NotFound => "no such file or folder".to_owned(),
            MediaErrorKind::Truncated => "the input ends too early".to_owned(),
            MediaErrorKind::InputTooLarge => error.to_string(),
            _ => format!("could not be read: {error}"),
        };
        Self { source: Some(Box::new(error)), ..Self::new(kind, message) }
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Names the input, unless an inner part (a file of a folder) already did.
    pub(super) fn in_input(mut self, input: &str) -> Self {
        self.input.get_or_insert_with(|| input.to_owned());
        self
    }

    /// Whether one damaged picture of a sequence may be left out and the rest still be read.
    pub(super) fn is_damage(&self) -> bool {
        matches!(self.kind, MediaErrorKind::CorruptImage | MediaErrorKind::Truncated)
    }

    /// What went wrong, to branch on.
    pub fn kind(&self) -> MediaErrorKind {
        self.kind
    }

    /// A stable snake_case code of the kind.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// What to do next, one line.
    pub fn hint(&self) -> &str {
        self.hint.as_deref().unwrap_or(self.kind.hint())
    }
}

impl fmt::Display for MediaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(input) = &self.input {
            write!(f, "{input}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl Error for MediaError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn Error + 'static))
    }
}

/// Something that did not stop the reading and that a report should say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaWarning {
    code: &'static str,
    message: String,
}

impl MediaWarning {
    /// A stable snake_case code: `truncated_input`, `damaged_frames`, `timestamps_out_of_order`,
    /// `ignored_files`, `interlaced`, `non_square_pixels`, `edit_list_ignored` or `rotation_ignored`.
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl fmt::Display for MediaWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The warnings of one capture; damaged frames are counted, not listed one by one.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    list: Vec<MediaWarning>,
    damaged_frames: u64,
}

impl Warnings {
    /// Adds a warning, at most one for each code.
    pub(super) fn add(&mut self, code: &'static str, message: impl Into<String>) {
        if self.list.iter().all(|warning| warning.code != code) {
            self.list.push(MediaWarning { code, message: message.into() });
        }
    }

    pub(super) fn add_damaged_frames(&mut self, count: u64) {
        if count == 0 {
            return;
        }
        self.damaged_frames += count;
        self.list.retain(|warning| warning.code != "damaged_frames");
        let message = match self.damaged_frames {
            1 => "1 damaged frame was left out".to_owned(),
            count => format!("{count} damaged frames were left out"),
        };
        self.add("damaged_frames", message);
    }

    pub(super) fn as_slice(&self) -> &[MediaWarning] {
        &self.list
    }
}
