//! What is kept of a capture: small means of light over cells of the face and blocks of the background.

use std::fmt;

use verilume_frame::{Point3, Rect, Timestamp};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Columns of the cell grid over the face.
pub const GRID_COLUMNS: usize = 9;
/// Rows of the cell grid over the face.
pub const GRID_ROWS: usize = 12;
/// Cells of the grid, row by row from the forehead.
pub const CELL_COUNT: usize = GRID_COLUMNS * GRID_ROWS;

/// The mean linear light of one cell or block in one frame.
#[derive(Debug, Clone, Copy, PartialEq, Default, Zeroize)]
pub struct PatchMean {
    /// Red, green and blue, linear, 0..=1.
    pub rgb: [f32; 3],
    /// Share of the pixels that were neither clipped nor black, 0..=1.
    pub usable: f32,
}

/// One frame of the traces.
#[derive(Clone, PartialEq, Zeroize)]
pub struct TraceFrame {
    /// When it was captured, microseconds on the clock of the capture.
    captured_at_micros: u64,
    /// The [`CELL_COUNT`] cells of the face.
    pub(super) cells: Vec<PatchMean>,
    /// The background blocks, as many in every frame.
    pub(super) blocks: Vec<PatchMean>,
}

impl TraceFrame {
    /// A frame; missing cells count as unusable, cells beyond [`CELL_COUNT`] are dropped.
    pub fn new(captured_at: Timestamp, mut cells: Vec<PatchMean>, blocks: Vec<PatchMean>) -> Self {
        cells.resize(CELL_COUNT, PatchMean::default());
        Self { captured_at_micros: captured_at.as_micros(), cells, blocks }
    }

    /// The cells of the face, row by row from the forehead.
    pub fn cells(&self) -> &[PatchMean] {
        &self.cells
    }

    /// The background blocks.
    pub fn blocks(&self) -> &[PatchMean] {
        &self.blocks
    }

    /// When it was captured.
    pub fn captured_at(&self) -> Timestamp {
        Timestamp::from_micros(self.captured_at_micros)
    }
}

/// The face as the capture saw it, averaged over its frames: the mesh turned upright (eyes level), in pixels of the
/// first frame.
#[derive(Clone, PartialEq, Zeroize)]
pub struct FaceShape {
    /// The 468 mesh points, x right, y down from the middle between the eyes, z away from the camera.
    pub points: Vec<Point3>,
    /// Left, top, width and height of the cell grid in the same frame.
    #[zeroize(skip)]
    pub grid: Rect,
    /// Middle between the eyes in the image, pixels, mean over the frames.
    pub eyes_in_image: (f64, f64),
    /// Turn from the face frame to the image, radians, clockwise in the image.
    pub roll_rad: f64,
    /// Width and height of the frames, pixels.
    pub frame_size: (f64, f64),
}

/// The traces of a capture. Wiped when dropped, never printed.
#[derive(Clone, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct FlashTraces {
    pub(super) frames: Vec<TraceFrame>,
    pub(super) face: FaceShape,
}

impl FlashTraces {
    /// From frames in any order and the face's shape. Frames whose number of blocks differs from the first one's
    /// keep their cells and lose their blocks' usability.
    pub fn new(mut frames: Vec<TraceFrame>, face: FaceShape) -> Self {
        frames.sort_by_key(|frame| frame.captured_at_micros);
        frames.dedup_by_key(|frame| frame.captured_at_micros);
        let blocks = frames.first().map_or(0, |frame| frame.blocks.len());
        for frame in &mut frames {
            if frame.blocks.len() != blocks {
                frame.blocks = vec![PatchMean::default(); blocks];
            }
        }
        Self { frames, face }
    }

    /// The frames, by capture time.
    pub fn frames(&self) -> &[TraceFrame] {
        &self.frames
    }

    /// The face's shape.
    pub fn face(&self) -> &FaceShape {
        &self.face
    }

    /// How many background blocks there are.
    pub fn block_count(&self) -> usize {
        self.frames.first().map_or(0, |frame| frame.blocks.len())
    }
}

impl fmt::Debug for TraceFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = (self.cells.len() + self.blocks.len()) * size_of::<PatchMean>();
        write!(f, "TraceFrame({} us, [redacted {bytes} bytes])", self.captured_at_micros)
    }
}

impl fmt::Debug for FaceShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaceShape([redacted {} bytes])", size_of_val(self.points.as_slice()))
    }
}

impl fmt::Debug for FlashTraces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patches = self.frames.iter().map(|frame| frame.cells.len() + frame.blocks.len()).sum::<usize>();
        let bytes = patches * size_of::<PatchMean>() + size_of_val(self.face.points.as_slice());
        write!(f, "FlashTraces({} frames, [redacted {bytes} bytes])", self.frames.len())
    }
}
