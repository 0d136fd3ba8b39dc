//! An `ffmpeg` that takes raw pictures on its standard input and writes an MP4.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{FPS, FilmError, Picture};

/// A program that can be run, and the encoder to ask of it.
#[derive(Debug, Clone)]
pub(super) struct Ffmpeg {
    program: OsString,
    /// What the encoder is told.
    codec: &'static [&'static str],
}

impl Ffmpeg {
    /// Asks a program what it can encode; `None` if it cannot be run or knows neither encoder.
    pub(super) fn find(program: &OsStr) -> Option<Self> {
        const H264: &[&str] = &["-c:v", "libx264", "-preset", "veryfast", "-crf", "20"];
        const MPEG4: &[&str] = &["-c:v", "mpeg4", "-q:v", "3"];
        let asked =
            Command::new(program).args(["-hide_banner", "-encoders"]).stdin(Stdio::null()).output().ok()?;
        let list = String::from_utf8_lossy(&asked.stdout);
        let has = |name: &str| list.split_whitespace().any(|word| word == name);
        let codec = [("libx264", H264), ("mpeg4", MPEG4)].into_iter().find(|(name, _)| has(name))?.1;
        Some(Self { program: program.to_owned(), codec })
    }

    /// Starts it on pictures of one size.
    pub(super) fn start(&self, path: &Path, width: u32, height: u32) -> Result<Encoder, FilmError> {
        let mut file = OsString::from("file:");
        file.push(path);
        let (size, rate) = (format!("{width}x{height}"), FPS.to_string());
        let child = Command::new(&self.program)
            .args(["-nostdin", "-hide_banner", "-loglevel", "quiet", "-y"])
            .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", &size, "-r", &rate, "-i", "pipe:0"])
            .args(["-an", "-threads", "1"])
            .args(self.codec)
            .args(["-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4"])
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| FilmError::io(path, error))?;
        Ok(Encoder { child, width, height })
    }
}

/// The running program, stopped when dropped.
#[derive(Debug)]
pub(super) struct Encoder {
    child: Child,
    width: u32,
    height: u32,
}

impl Encoder {
    /// Writes the next picture; `path` is for the error.
    pub(super) fn push(&mut self, path: &Path, picture: &Picture) -> Result<(), FilmError> {
        if (picture.width, picture.height) != (self.width, self.height) {
            return Err(FilmError::new(path, "the frames differ in size"));
        }
        let pipe = self.child.stdin.as_mut().ok_or_else(|| FilmError::new(path, "ffmpeg has no input"))?;
        pipe.write_all(&picture.pixels).map_err(|error| FilmError::io(path, error))
    }

    /// Waits until the file is complete.
    pub(super) fn finish(mut self, path: &Path) -> Result<(), FilmError> {
        drop(self.child.stdin.take());
        let ended = self.child.wait().map_err(|error| FilmError::io(path, error))?;
        if ended.success() { Ok(()) } else { Err(FilmError::new(path, format!("ffmpeg stopped ({ended})"))) }
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // Both fail only where the program has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
