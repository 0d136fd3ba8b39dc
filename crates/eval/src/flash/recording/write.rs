//! Writing a session, frame by frame.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _};
use verilume_frame::{RgbImage, Timestamp};
use zeroize::Zeroizing;

use super::file::{MAX_FRAMES, MAX_SECS, SessionFile};
use super::{FRAMES_FOLDER, RecordingError, RecordingErrorKind, SESSION_FILE, SessionRecord};

/// A frame as it is written.
#[derive(Debug, Clone, Copy)]
pub enum EncodedFrame<'a> {
    /// The JPEG that the camera gave, written as it is.
    Jpeg(&'a [u8]),
    /// Pixels, written as PNG.
    Pixels(&'a RgbImage),
}

/// Writes a session into a folder of its own.
#[derive(Debug)]
pub struct SessionWriter {
    folder: PathBuf,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    frames: u64,
}

impl SessionWriter {
    /// Makes the folder. One that already holds something is left alone.
    pub fn create(folder: &Path) -> Result<Self, RecordingError> {
        let unwritable = |error| RecordingError::unwritable(folder, error);
        if folder.exists() && fs::read_dir(folder).map_err(unwritable)?.next().is_some() {
            let kind = RecordingErrorKind::AlreadyThere;
            return Err(RecordingError::new(kind, folder, "already exists and is not empty"));
        }
        fs::create_dir_all(folder.join(FRAMES_FOLDER)).map_err(unwritable)?;
        Ok(Self { folder: folder.to_owned(), first: None, last: None, frames: 0 })
    }

    /// Writes the next frame, which must be later than the one before it.
    pub fn push(&mut self, captured_at: Timestamp, frame: EncodedFrame<'_>) -> Result<(), RecordingError> {
        let first = *self.first.get_or_insert(captured_at);
        let in_order = self.last.is_none_or(|last| captured_at > last);
        let in_time = (captured_at - first).as_secs_f64() <= MAX_SECS;
        if !in_order || !in_time || self.frames >= MAX_FRAMES {
            let message = format!(
                "a session has at most {MAX_FRAMES} frames within {MAX_SECS} s, each later than the one before"
            );
            return Err(RecordingError::new(RecordingErrorKind::Inconsistent, &self.folder, message));
        }
        self.last = Some(captured_at);
        self.frames += 1;
        // Names count from the first frame, as the readers do.
        let stem = format!("frame_{:012}us", (captured_at - first).as_micros());
        let path = |extension| self.folder.join(FRAMES_FOLDER).join(format!("{stem}.{extension}"));
        match frame {
            EncodedFrame::Jpeg(bytes) => write(&path("jpg"), bytes),
            EncodedFrame::Pixels(image) => write(&path("png"), &png(image, &self.folder)?),
        }
    }

    /// Ends the session. The record's times are on the clock of the frames' times.
    pub fn finish(self, record: &SessionRecord) -> Result<(), RecordingError> {
        let first_frame_secs = self.first.map_or(0.0, Timestamp::as_secs);
        let file = SessionFile::new(record, first_frame_secs, self.frames);
        let text = serde_json::to_string_pretty(&file).expect("a session has only plain fields");
        let path = self.folder.join(SESSION_FILE);
        // What is written must be readable: the same checks as in reading.
        file.into_record().map_err(|(kind, message)| RecordingError::new(kind, &path, message))?;
        write(&path, format!("{text}\n").as_bytes())
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), RecordingError> {
    fs::write(path, bytes).map_err(|error| RecordingError::unwritable(path, error))
}

fn png(image: &RgbImage, folder: &Path) -> Result<Zeroizing<Vec<u8>>, RecordingError> {
    let mut bytes = Cursor::new(Vec::new());
    PngEncoder::new(&mut bytes)
        .write_image(image.pixels(), image.width(), image.height(), ExtendedColorType::Rgb8)
        .map_err(|error| RecordingError::unwritable(folder, std::io::Error::other(error)))?;
    Ok(Zeroizing::new(bytes.into_inner()))
}
