//! From pixels to traces, one frame at a time, so that no frame has to be kept.
//!
//! The first face fixes a frame of reference: eyes level, the cell grid over its mesh. Every later frame is
//! registered to it by the similarity that best moves its mesh onto the first one (the steady points of it), so a
//! cell holds the same skin throughout. Background blocks are fixed in the image; which of them are background is
//! known only at the end, when every frame has said where the person was.

use std::sync::LazyLock;

use verilume_frame::{FaceLandmarks, Point2, Point3, Rect, RgbView, Timestamp, linear_from_srgb, mesh};

use super::config::ExtractConfig;
use super::mask::PersonMask;
use super::registration::{Similarity, upright_from_image};
use super::traces::{CELL_COUNT, FaceShape, FlashTraces, GRID_COLUMNS, GRID_ROWS, PatchMean, TraceFrame};

/// Linear light of every 8-bit value in steps of 2^-20: sums of integers are exact and fast.
static LINEAR: LazyLock<[u32; 256]> = LazyLock::new(|| {
    let mut table = [0; 256];
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0..=2^20")]
    table
        .iter_mut()
        .zip(0..=u8::MAX)
        .for_each(|(light, value)| *light = (linear_from_srgb(value) * UNIT) as u32);
    table
});
/// Linear light 1 in the table.
const UNIT: f32 = (1u32 << 20) as f32;

/// One frame with what the networks said about it.
#[derive(Debug, Clone, Copy)]
pub struct FlashFrame<'a> {
    /// When it was captured.
    pub captured_at: Timestamp,
    /// The pixels, upright.
    pub view: RgbView<'a>,
    /// The face mesh, in pixels of the frame.
    pub landmarks: &'a FaceLandmarks,
    /// Where the person is, if a segmentation network ran on this frame; a few frames a second are enough.
    pub person: Option<PersonMask<'a>>,
}

/// Reduces frames to traces as they arrive. Frames may come in any order.
pub struct FlashExtractor {
    config: ExtractConfig,
    reference: Option<Reference>,
    frames: Vec<TraceFrame>,
}

impl FlashExtractor {
    /// An extractor that has seen no frame.
    pub fn new(config: ExtractConfig) -> Self {
        Self { config, reference: None, frames: Vec::new() }
    }

    /// Takes one frame. Returns whether it was usable: a mesh without extent or of numbers that are not finite, or a
    /// frame of another size than the first one, is left out.
    pub fn push(&mut self, frame: &FlashFrame<'_>) -> bool {
        if self.reference.is_none() {
            self.reference = Reference::new(frame, &self.config);
        }
        let Some(reference) = &mut self.reference else {
            return false;
        };
        let Some(face_from_image) = reference.register(frame, &self.config) else {
            return false;
        };
        let cells = reference.cell_means(frame.view, &face_from_image, &self.config);
        let blocks = reference.block_means(frame.view, &self.config);
        reference.note_person(frame, &self.config);
        self.frames.push(TraceFrame::new(frame.captured_at, cells, blocks));
        true
    }

    /// Frames taken so far.
    pub fn frame_count(&self) -> usize {
        self.frames.len()
    }

    /// The traces; `None` if no frame was usable.
    pub fn finish(self) -> Option<FlashTraces> {
        let reference = self.reference?;
        let background = reference.background_blocks(&self.config, self.frames.len());
        let mut frames = self.frames;
        for frame in &mut frames {
            frame.blocks = background.iter().map(|block| frame.blocks[*block]).collect();
        }
        if frames.is_empty() {
            return None;
        }
        let face = reference.face_shape(frames.len() as f64);
        Some(FlashTraces::new(frames, face))
    }
}

/// What the first frame fixes, and what has been summed up since.
struct Reference {
    width: u32,
    height: u32,
    /// The first mesh in the face frame.
    points: Vec<Point2>,
    grid: Rect,
    blocks: Vec<Rect>,
    /// The latest registration, for smoothing.
    latest: Option<Similarity>,
    mesh_sum: Vec<[f64; 3]>,
    /// Sums of the eyes' middle in the image and of the image's axis in the face frame.
    eyes_sum: (f64, f64),
    axis_sum: (f64, f64),
    frames_with_mask: usize,
    /// In how many frames each block held the person, by the mask and by the box around the face.
    person_by_mask: Vec<u32>,
    person_by_box: Vec<u32>,
}

impl Reference {
    fn new(frame: &FlashFrame<'_>, config: &ExtractConfig) -> Option<Self> {
        let upright = upright_from_image(frame.landmarks)?;
        let points: Vec<Point2> = frame.landmarks.points().iter().map(|p| moved(&upright, p.xy())).collect();
        let grid = Rect::bounding(points.iter().copied())?;
        let finite = points.iter().all(|p| p.x.is_finite() && p.y.is_finite());
        if !finite || grid.width < config.min_face_px || grid.height < config.min_face_px {
            return None;
        }
        let (width, height) = (frame.view.width(), frame.view.height());
        let blocks = block_layout(width, height, config.block_share);
        Some(Self {
            width,
            height,
            mesh_sum: vec![[0.0; 3]; points.len()],
            points,
            grid,
            latest: None,
            eyes_sum: (0.0, 0.0),
            axis_sum: (0.0, 0.0),
            frames_with_mask: 0,
            person_by_mask: vec![0; blocks.len()],
            person_by_box: vec![0; blocks.len()],
            blocks,
        })
    }

    /// Where this frame's pixels are on the face; adds the frame's mesh to the mean.
    fn register(&mut self, frame: &FlashFrame<'_>, config: &ExtractConfig) -> Option<Similarity> {
        if (frame.view.width(), frame.view.height()) != (self.width, self.height) {
            return None;
        }
        let all = frame.landmarks.points();
        let steady = |points: &[Point2]| STEADY_POINTS.iter().map(|at| points[*at]).collect::<Vec<_>>();
        let seen: Vec<Point2> = all.iter().map(|p| p.xy()).collect();
        let found = Similarity::fit(steady(&seen).into_iter(), steady(&self.points).into_iter())?;
        let smooth = match &self.latest {
            Some(latest) => latest.toward(&found, 1.0 - config.registration_smoothing),
            None => found,
        };
        self.latest = Some(smooth);
        for (sum, point) in self.mesh_sum.iter_mut().zip(all) {
            let (x, y) = found.apply(f64::from(point.x), f64::from(point.y));
            *sum = [sum[0] + x, sum[1] + y, sum[2] + f64::from(point.z) * found.scale()];
        }
        let eyes = found.inverse().apply(0.0, 0.0);
        self.eyes_sum = (self.eyes_sum.0 + eyes.0, self.eyes_sum.1 + eyes.1);
        let axis = found.inverse().step_x();
        self.axis_sum = (self.axis_sum.0 + axis.0, self.axis_sum.1 + axis.1);
        Some(smooth)
    }

    /// The mean light of every cell: each pixel goes to the cell its centre falls into.
    fn cell_means(
        &self,
        view: RgbView<'_>,
        face_from_image: &Similarity,
        config: &ExtractConfig,
    ) -> Vec<PatchMean> {
        let mut sums = vec![PatchSum::default(); CELL_COUNT];
        let region = self.grid_in_image(face_from_image).intersection(view.bounds());
        let (left, right) = (pixel_floor(region.x), pixel_floor(region.right().ceil()).min(self.width));
        let (top, bottom) = (pixel_floor(region.y), pixel_floor(region.bottom().ceil()).min(self.height));
        let to_column = GRID_COLUMNS as f64 / f64::from(self.grid.width);
        let to_row = GRID_ROWS as f64 / f64::from(self.grid.height);
        let (step_x, step_y) = face_from_image.step_x();
        for y in top..bottom {
            let row = view.row(y);
            let (x0, y0) = face_from_image.apply(f64::from(left) + 0.5, f64::from(y) + 0.5);
            let mut column = (x0 - f64::from(self.grid.x)) * to_column;
            let mut line = (y0 - f64::from(self.grid.y)) * to_row;
            let mut rest = row[left as usize * 3..right.max(left) as usize * 3].as_chunks::<3>().0;
            while !rest.is_empty() {
                // A run of pixels stays in one cell; the next begins where it leaves by a side.
                let length =
                    pixels_within(column, step_x * to_column).min(pixels_within(line, step_y * to_row));
                let (run, after) = rest.split_at(length.min(rest.len()));
                if let Some(cell) = cell_at(column, line) {
                    sums[cell].add(run.iter(), config);
                }
                column += step_x * to_column * run.len() as f64;
                line += step_y * to_row * run.len() as f64;
                rest = after;
            }
        }
        sums.iter().map(PatchSum::mean).collect()
    }

    /// The mean light of every block, from a subset of the pixels of large frames.
    fn block_means(&self, view: RgbView<'_>, config: &ExtractConfig) -> Vec<PatchMean> {
        let pixels = u64::from(self.width) * u64::from(self.height);
        let step = (1..64).find(|step| pixels / (step * step) <= config.block_pixel_budget).unwrap_or(64);
        let step = usize::try_from(step).unwrap_or(1);
        let mean_of = |block: &Rect| {
            let mut sum = PatchSum::default();
            let (left, right) = (pixel_floor(block.x) as usize, pixel_floor(block.right()) as usize);
            for y in (pixel_floor(block.y)..pixel_floor(block.bottom()).min(self.height)).step_by(step) {
                let row = &view.row(y)[left * 3..right.min(self.width as usize) * 3];
                sum.add(row.as_chunks::<3>().0.iter().step_by(step), config);
            }
            sum.mean()
        };
        self.blocks.iter().map(mean_of).collect()
    }

    fn note_person(&mut self, frame: &FlashFrame<'_>, config: &ExtractConfig) {
        let (width, height) = (self.width as f32, self.height as f32);
        if let Some(mask) = &frame.person {
            self.frames_with_mask += 1;
            for (block, seen) in self.blocks.iter().zip(&mut self.person_by_mask) {
                // A rim around the block: masks are soft and hair is fine.
                let rim = block.scaled(config.mask_rim);
                let largest = mask.largest_within(
                    rim.x / width,
                    rim.y / height,
                    rim.right() / width,
                    rim.bottom() / height,
                );
                *seen += u32::from(largest > config.person_probability);
            }
        }
        let face = frame.landmarks.bounds();
        let person = person_outline(face, config);
        for (block, seen) in self.blocks.iter().zip(&mut self.person_by_box) {
            let beside_shoulders = block.bottom() > face.y + face.height * config.shoulders_below;
            *seen += u32::from(beside_shoulders || block.intersection(person).area() > 0.0);
        }
    }

    /// Blocks that (almost) never held the person.
    fn background_blocks(&self, config: &ExtractConfig, frames: usize) -> Vec<usize> {
        let by_mask = self.frames_with_mask > 0;
        let (seen, of) = if by_mask {
            (&self.person_by_mask, self.frames_with_mask)
        } else {
            (&self.person_by_box, frames)
        };
        let limit = of as f64 * config.person_frames_share;
        (0..seen.len()).filter(|block| f64::from(seen[*block]) <= limit).collect()
    }

    fn face_shape(&self, frames: f64) -> FaceShape {
        #[expect(clippy::cast_possible_truncation, reason = "pixel coordinates")]
        let points = self
            .mesh_sum
            .iter()
            .map(|[x, y, z]| Point3::new((x / frames) as f32, (y / frames) as f32, (z / frames) as f32));
        FaceShape {
            points: points.collect(),
            grid: self.grid,
            eyes_in_image: (self.eyes_sum.0 / frames, self.eyes_sum.1 / frames),
            roll_rad: self.axis_sum.1.atan2(self.axis_sum.0),
            frame_size: (f64::from(self.width), f64::from(self.height)),
        }
    }

    /// The rectangle of the image that holds the whole grid.
    fn grid_in_image(&self, face_from_image: &Similarity) -> Rect {
        let image_from_face = face_from_image.inverse();
        let (left, top, right, bottom) = (self.grid.x, self.grid.y, self.grid.right(), self.grid.bottom());
        let corners = [(left, top), (right, top), (left, bottom), (right, bottom)];
        Rect::bounding(corners.map(|(x, y)| moved(&image_from_face, Point2::new(x, y)))).unwrap_or_default()
    }
}

/// Sums of linear light over the usable pixels of a patch.
#[derive(Clone, Copy, Default)]
struct PatchSum {
    rgb: [u64; 3],
    usable: u64,
    seen: u64,
}

impl PatchSum {
    fn add<'a>(&mut self, pixels: impl Iterator<Item = &'a [u8; 3]>, config: &ExtractConfig) {
        let table = &*LINEAR;
        for [r, g, b] in pixels {
            let brightest = *r.max(g).max(b);
            let usable = u64::from(brightest > config.black_level && brightest < config.clip_level);
            self.seen += 1;
            self.usable += usable;
            self.rgb[0] += u64::from(table[usize::from(*r)]) * usable;
            self.rgb[1] += u64::from(table[usize::from(*g)]) * usable;
            self.rgb[2] += u64::from(table[usize::from(*b)]) * usable;
        }
    }

    fn mean(&self) -> PatchMean {
        if self.usable == 0 {
            return PatchMean::default();
        }
        let (usable, seen) = (self.usable as f32, self.seen as f32);
        PatchMean { rgb: self.rgb.map(|sum| sum as f32 / usable / UNIT), usable: usable / seen }
    }
}

/// How many pixels from `at` on, each `step` cells further, lie in the same cell; at least one.
fn pixels_within(at: f64, step: f64) -> usize {
    let to_edge = if step > 0.0 { at.floor() + 1.0 - at } else { at - at.floor() };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "float casts saturate; at least one"
    )]
    let pixels = (to_edge / step.abs()).ceil().max(1.0) as usize;
    pixels
}

fn cell_at(column: f64, row: f64) -> Option<usize> {
    let inside = column >= 0.0 && row >= 0.0 && column < GRID_COLUMNS as f64 && row < GRID_ROWS as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside the grid")]
    let cell = || row as usize * GRID_COLUMNS + column as usize;
    inside.then(cell)
}

fn pixel_floor(at: f32) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float casts saturate")]
    let pixel = at.max(0.0) as u32;
    pixel
}

fn moved(by: &Similarity, point: Point2) -> Point2 {
    let (x, y) = by.apply(f64::from(point.x), f64::from(point.y));
    #[expect(clippy::cast_possible_truncation, reason = "pixel coordinates")]
    let point = Point2::new(x as f32, y as f32);
    point
}

/// Square blocks of a share of the frame's shorter side, at least 8 px, edge to edge.
fn block_layout(width: u32, height: u32, share: f32) -> Vec<Rect> {
    let side = (width.min(height) as f32 * share).round().max(8.0);
    let count = |length: u32| pixel_floor(length as f32 / side);
    let blocks = (0..count(height)).flat_map(|row| (0..count(width)).map(move |column| (column, row)));
    blocks.map(|(column, row)| Rect::new(column as f32 * side, row as f32 * side, side, side)).collect()
}

/// The head with hair, from the mesh's box, for frames without a mask.
fn person_outline(face: Rect, config: &ExtractConfig) -> Rect {
    let sides = face.width * (config.head_width_factor - 1.0) / 2.0;
    let hair = face.height * config.hair_above;
    Rect::new(face.x - sides, face.y - hair, face.width + 2.0 * sides, face.height + hair)
}

/// Mesh points that keep their place when a person blinks, speaks or smiles: forehead, temples, nose, eye corners
/// and upper cheeks.
const STEADY_POINTS: [usize; 40] = [
    mesh::FOREHEAD_TOP,
    338,
    297,
    332,
    284,
    251,
    389,
    109,
    67,
    103,
    54,
    21,
    162,
    151,
    9,
    8,
    168,
    6,
    197,
    195,
    5,
    4,
    mesh::NOSE_TIP,
    2,
    98,
    327,
    48,
    278,
    45,
    275,
    mesh::RIGHT_EYE_OUTER,
    mesh::RIGHT_EYE_INNER,
    mesh::LEFT_EYE_INNER,
    mesh::LEFT_EYE_OUTER,
    127,
    356,
    234,
    454,
    116,
    345,
];
