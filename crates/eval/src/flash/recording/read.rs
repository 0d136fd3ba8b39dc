//! Reading a session back: bounded, and checked before the first frame is decoded.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use verilume_frame::Frame;

use super::file::{MAX_FRAMES, MAX_SECS, SessionFile};
use super::{FRAMES_FOLDER, RecordingError, RecordingErrorKind, SESSION_FILE, SessionRecord};
use crate::media::{self, FrameReader, MediaLimits, MediaOptions};

/// The most bytes of `session.json`; a real one has two thousand.
const MAX_FILE_BYTES: u64 = 64 << 10;

/// A session on disk, opened.
#[derive(Debug)]
pub struct RecordedSession {
    record: SessionRecord,
    frames: FrameReader,
    expected: u64,
    read: u64,
    folder: PathBuf,
}

/// Opens a session: reads `session.json` and lists the frames.
pub fn open(folder: &Path) -> Result<RecordedSession, RecordingError> {
    let path = folder.join(SESSION_FILE);
    let refused = |(kind, message): (RecordingErrorKind, String)| RecordingError::new(kind, &path, message);
    let file = SessionFile::parse(&read_file(folder, &path)?).map_err(refused)?;
    let expected = file.frames();
    let record = file.into_record().map_err(refused)?;
    let frames = open_frames(folder, expected)?;
    Ok(RecordedSession { record, frames, expected, read: 0, folder: folder.to_owned() })
}

fn read_file(folder: &Path, path: &Path) -> Result<Vec<u8>, RecordingError> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => RecordingError::new(
            RecordingErrorKind::NotASession,
            folder,
            format!("is no recorded session: it holds no {SESSION_FILE}"),
        ),
        _ => RecordingError::unreadable(path, error),
    })?;
    let mut bytes = Vec::new();
    let read = file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| RecordingError::unreadable(path, error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let message = format!("has more than {MAX_FILE_BYTES} bytes");
        return Err(RecordingError::new(RecordingErrorKind::Malformed, path, message));
    }
    Ok(bytes)
}

fn open_frames(folder: &Path, expected: u64) -> Result<FrameReader, RecordingError> {
    let path = folder.join(FRAMES_FOLDER);
    let unusable = |message: String| RecordingError::new(RecordingErrorKind::FramesUnusable, &path, message);
    if !path.is_dir() {
        return Err(unusable("the folder of the frames is missing".to_owned()));
    }
    let limits = MediaLimits {
        max_frames: MAX_FRAMES,
        max_duration: Duration::from_secs_f64(MAX_SECS),
        ..MediaLimits::default()
    };
    let options = MediaOptions { limits, ..MediaOptions::default() };
    let frames = media::open(&path, &options).map_err(|error| RecordingError::frames(folder, error))?;
    let found = frames.frame_count_hint().unwrap_or(0);
    if found != expected {
        return Err(unusable(format!("{found} frames were found, {expected} were recorded")));
    }
    if frames.fps_hint().is_some() {
        return Err(unusable("a frame's name does not say when it was captured".to_owned()));
    }
    Ok(frames)
}

impl RecordedSession {
    /// What is known of the session.
    pub fn record(&self) -> &SessionRecord {
        &self.record
    }

    /// How many frames were recorded.
    pub fn frame_count(&self) -> u64 {
        self.expected
    }

    /// The next frame, timed from the first; `None` at the end.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, RecordingError> {
        let frame = self.frames.next_frame().map_err(|error| RecordingError::frames(&self.folder, error))?;
        match frame {
            Some(frame) => {
                self.read += 1;
                Ok(Some(frame))
            }
            None if self.read == self.expected => Ok(None),
            None => Err(RecordingError::new(
                RecordingErrorKind::FramesUnusable,
                &self.folder,
                format!("only {} of {} frames could be decoded", self.read, self.expected),
            )),
        }
    }
}
