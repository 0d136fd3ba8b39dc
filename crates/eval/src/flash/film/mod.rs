//! A flashed capture to watch: the picture, and beside it the colours that both halves of the screen showed.
//!
//! An `ffmpeg` that can be run makes an MP4 of it; without one it becomes a sheet of stills.

mod encoder;
mod sheet;

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use verilume_frame::{RgbImage, RgbView, Timestamp};
use verilume_protocol::challenge::{Half, ScreenTimeline};
use zeroize::{Zeroize, ZeroizeOnDrop};

use encoder::Encoder;
use sheet::Sheet;

/// Pictures a second of a film.
const FPS: u64 = 30;
/// Width of the bar with the screen's colours as a share of the picture's.
const BAR_SHARE: u32 = 8;
/// The longest pause between two frames that is filled, seconds; a longer one is cut to it.
const MAX_PAUSE_SECS: u64 = 10;

/// A film that could not be written. Prints as one line that names the file.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be written: {message}", path = .path.display())]
pub struct FilmError {
    path: PathBuf,
    message: String,
    source: Option<io::Error>,
}

impl FilmError {
    fn new(path: &Path, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), message: message.into(), source: None }
    }

    fn io(path: &Path, error: io::Error) -> Self {
        Self { path: path.to_owned(), message: error.to_string(), source: Some(error) }
    }
}

/// What a film was written as.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Film {
    /// An MP4 at this path.
    Video(PathBuf),
    /// A PNG with stills at this path, because no `ffmpeg` could be run.
    Sheet(PathBuf),
}

/// How films are encoded; asked once for all films.
#[derive(Debug, Clone)]
pub struct FilmStudio {
    /// The program and its encoder; `None` without one.
    ffmpeg: Option<encoder::Ffmpeg>,
}

impl FilmStudio {
    /// With the `ffmpeg` of this name or path, if it can be run.
    pub fn find(program: impl AsRef<OsStr>) -> Self {
        Self { ffmpeg: encoder::Ffmpeg::find(program.as_ref()) }
    }

    /// Begins a film beside `stem` (a path without an extension) of what `timeline` showed, from the first frame to the
    /// challenge's end.
    pub fn begin<'t>(&self, stem: &Path, timeline: &'t ScreenTimeline) -> FilmWriter<'t> {
        let path = |extension| {
            let mut name = stem.as_os_str().to_owned();
            name.push(extension);
            PathBuf::from(name)
        };
        let target = match &self.ffmpeg {
            Some(ffmpeg) => Target::Video { ffmpeg: ffmpeg.clone(), path: path(".mp4"), encoder: None },
            None => Target::Sheet { path: path(".png"), sheet: Sheet::new(timeline) },
        };
        FilmWriter { timeline, target, shown: None, next: 0 }
    }
}

enum Target {
    Video { ffmpeg: encoder::Ffmpeg, path: PathBuf, encoder: Option<Encoder> },
    Sheet { path: PathBuf, sheet: Sheet },
}

/// Takes a film's frames in order of time.
pub struct FilmWriter<'t> {
    timeline: &'t ScreenTimeline,
    target: Target,
    /// The frame that stands until the next one.
    shown: Option<(Timestamp, RgbImage)>,
    /// Number of the next picture of the film.
    next: u64,
}

impl FilmWriter<'_> {
    /// Takes the next frame.
    pub fn push(&mut self, view: RgbView<'_>, captured_at: Timestamp) -> Result<(), FilmError> {
        if let Target::Sheet { sheet, path } = &mut self.target {
            return sheet.push(self.timeline, view, captured_at).map_err(|why| FilmError::new(path, why));
        }
        self.show_until(captured_at)?;
        if self.shown.is_none() {
            self.next = (captured_at.as_micros() * FPS).div_ceil(1_000_000);
        }
        let image = owned(view).ok_or_else(|| self.error("a frame has no pixels"))?;
        self.shown = Some((captured_at, image));
        Ok(())
    }

    /// Ends the film.
    pub fn finish(mut self) -> Result<Film, FilmError> {
        if let Some(last) = self.shown.as_ref().map(|(captured_at, _)| *captured_at) {
            self.show_until(Timestamp::from_micros(last.as_micros() + 1_000_000 / FPS))?;
        }
        match self.target {
            Target::Video { encoder: Some(encoder), path, .. } => {
                encoder.finish(&path)?;
                Ok(Film::Video(path))
            }
            Target::Video { path, .. } => Err(FilmError::new(&path, "there is no frame to show")),
            Target::Sheet { path, sheet } => {
                sheet.write(&path)?;
                Ok(Film::Sheet(path))
            }
        }
    }

    /// Shows the last frame at every picture of the film before a moment, beside what the screen shows by then.
    fn show_until(&mut self, end: Timestamp) -> Result<(), FilmError> {
        let Some((_, image)) = &self.shown else { return Ok(()) };
        let Target::Video { ffmpeg, path, encoder } = &mut self.target else { return Ok(()) };
        let last = self.next.saturating_add(MAX_PAUSE_SECS * FPS);
        while self.next * 1_000_000 < end.as_micros().saturating_mul(FPS) && self.next < last {
            let at_secs = self.next as f64 / FPS as f64;
            let picture = Picture::new(image.view(), self.timeline, at_secs, true);
            let encoder = match encoder {
                Some(encoder) => encoder,
                None => encoder.insert(ffmpeg.start(path, picture.width, picture.height)?),
            };
            encoder.push(path, &picture)?;
            self.next += 1;
        }
        Ok(())
    }

    fn error(&self, message: &str) -> FilmError {
        match &self.target {
            Target::Video { path, .. } | Target::Sheet { path, .. } => FilmError::new(path, message),
        }
    }
}

fn owned(view: RgbView<'_>) -> Option<RgbImage> {
    let pixels = (0..view.height()).flat_map(|y| view.row(y)).copied().collect();
    RgbImage::new(view.width(), view.height(), pixels).ok()
}

/// A frame with the bar beside it. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Picture {
    /// The frame of a moment, in seconds of the timeline's clock. `even` makes both sides even, as 4:2:0 needs them.
    fn new(view: RgbView<'_>, timeline: &ScreenTimeline, at_secs: f64, even: bool) -> Self {
        let up = |side: u32| if even { side.next_multiple_of(2) } else { side };
        let width = up(view.width() + (view.width() / BAR_SHARE).max(2));
        let height = up(view.height());
        let halves = Half::ALL.map(|half| timeline.srgb(half, at_secs));
        let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
        for y in 0..height {
            pixels.extend_from_slice(view.row(y.min(view.height() - 1)));
            let colour = halves[usize::from(2 * y >= height)];
            for _ in view.width()..width {
                pixels.extend_from_slice(&colour);
            }
        }
        Self { width, height, pixels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use verilume_protocol::challenge::{FlashChallenge, FlashProfile};

    fn timeline() -> ScreenTimeline {
        let codes = [0b0101_0101_0101, 0b1010_1010_1010, 0b0101_0101_0101, 0b11_0011_0011, 0x333, 0x333];
        let challenge = FlashChallenge::from_codes(FlashProfile::standard(), codes).unwrap();
        ScreenTimeline::nominal(&challenge, 0.5)
    }

    #[test]
    fn the_bar_shows_both_halves_beside_the_frame() {
        let (timeline, at_secs) = (timeline(), 0.7);
        let frame = RgbImage::filled(33, 20, [7, 8, 9]).unwrap();
        let picture = Picture::new(frame.view(), &timeline, at_secs, true);
        assert_eq!((picture.width, picture.height), (38, 20));
        let pixel = |x: usize, y: usize| &picture.pixels[(y * 38 + x) * 3..][..3];
        assert_eq!(pixel(32, 19), [7, 8, 9]);
        assert_eq!(pixel(33, 0), timeline.srgb(Half::Top, at_secs));
        assert_eq!(pixel(37, 19), timeline.srgb(Half::Bottom, at_secs));
        assert_ne!(pixel(37, 0), pixel(37, 19));
    }

    #[test]
    fn without_ffmpeg_there_is_a_sheet() {
        let folder = tempfile::tempdir().unwrap();
        let timeline = timeline();
        let studio = FilmStudio::find("no-such-program-verilume");
        let mut film = studio.begin(&folder.path().join("a.b"), &timeline);
        let frame = RgbImage::filled(64, 80, [90; 3]).unwrap();
        for millis in (0..4700).step_by(33) {
            film.push(frame.view(), Timestamp::from_millis(millis)).unwrap();
        }
        let Film::Sheet(path) = film.finish().unwrap() else { panic!("a sheet") };
        assert_eq!(path, folder.path().join("a.b.png"));
        let sheet = image::open(path).unwrap();
        assert_eq!((sheet.width(), sheet.height()), (6 * (72 + 6) + 6, 4 * (80 + 6) + 6));
    }

    #[test]
    fn a_film_without_frames_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let timeline = timeline();
        let film = FilmStudio::find("no-such-program-verilume").begin(&folder.path().join("x"), &timeline);
        assert!(film.finish().unwrap_err().to_string().contains("no frame"));
    }
}
