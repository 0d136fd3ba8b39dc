//! A sheet of stills, for where no film can be encoded.

use std::path::Path;

use image::imageops::{self, FilterType};
use verilume_frame::{RgbView, Timestamp};
use verilume_protocol::challenge::ScreenTimeline;

use super::{FilmError, Picture};

/// Stills of a sheet.
const STILLS: u32 = 24;
/// Stills in a row.
const COLUMNS: u32 = 6;
/// The widest a still may be, pixels.
const MAX_WIDTH: u32 = 200;
/// Space around the stills, pixels.
const GAP: u32 = 6;
/// Its colour, one that the screen never shows.
const PAPER: [u8; 3] = [90; 3];

/// The stills so far.
pub(super) struct Sheet {
    stills: Vec<image::RgbImage>,
    first: Option<Timestamp>,
    /// From one still to the next, seconds.
    step_secs: f64,
}

impl Sheet {
    /// For what a timeline shows, from the first frame to a little after its end.
    pub(super) fn new(timeline: &ScreenTimeline) -> Self {
        let end_secs =
            timeline.change_at(timeline.slots().len()) + f64::from(timeline.profile().tail_ms()) / 1e3;
        Self { stills: Vec::new(), first: None, step_secs: end_secs.max(0.1) / f64::from(STILLS) }
    }

    /// Takes a frame if the next still is due.
    pub(super) fn push(
        &mut self,
        timeline: &ScreenTimeline,
        view: RgbView<'_>,
        captured_at: Timestamp,
    ) -> Result<(), String> {
        let first = *self.first.get_or_insert(captured_at);
        let due_secs = self.stills.len() as f64 * self.step_secs;
        if self.stills.len() >= STILLS as usize || (captured_at - first).as_secs_f64() < due_secs {
            return Ok(());
        }
        let mut picture = Picture::new(view, timeline, captured_at.as_secs(), false);
        let (width, height) = (picture.width, picture.height);
        let pixels = std::mem::take(&mut picture.pixels);
        let full = image::RgbImage::from_raw(width, height, pixels).ok_or("a frame has no pixels")?;
        let small = if width > MAX_WIDTH {
            let small_height = (u64::from(height) * u64::from(MAX_WIDTH) / u64::from(width)).max(1);
            let small_height = u32::try_from(small_height).map_err(|error| error.to_string())?;
            imageops::resize(&full, MAX_WIDTH, small_height, FilterType::Triangle)
        } else {
            full
        };
        self.stills.push(small);
        Ok(())
    }

    /// Writes all stills in rows, in order of time.
    pub(super) fn write(self, path: &Path) -> Result<(), FilmError> {
        let sizes = || self.stills.iter().map(image::RgbImage::dimensions);
        let (Some(width), Some(height)) =
            (sizes().map(|size| size.0).max(), sizes().map(|size| size.1).max())
        else {
            return Err(FilmError::new(path, "there is no frame to show"));
        };
        let count = u32::try_from(self.stills.len()).unwrap_or(STILLS);
        let (columns, rows) = (count.min(COLUMNS), count.div_ceil(COLUMNS));
        let (cell_width, cell_height) = (width + GAP, height + GAP);
        let mut sheet = image::RgbImage::from_pixel(
            columns * cell_width + GAP,
            rows * cell_height + GAP,
            image::Rgb(PAPER),
        );
        for (at, still) in (0..).zip(&self.stills) {
            let (x, y) = (GAP + at % COLUMNS * cell_width, GAP + at / COLUMNS * cell_height);
            imageops::replace(&mut sheet, still, x.into(), y.into());
        }
        sheet
            .save_with_format(path, image::ImageFormat::Png)
            .map_err(|error| FilmError::new(path, error.to_string()))
    }
}
