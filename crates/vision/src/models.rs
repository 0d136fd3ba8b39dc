//! What the tracker needs of neural models, without naming an engine. `verilume-infer` implements these traits.

use std::error::Error;
use std::fmt;

use verilume_frame::{FaceLandmarks, Point2, Rect, RgbView};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::SquareRoi;

/// A network could not be run on a frame.
#[derive(Debug)]
pub struct ModelError {
    source: Box<dyn Error + Send + Sync>,
}

impl ModelError {
    /// Wraps an engine's own error.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into() }
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a neural model could not be run on the frame")
    }
}

impl Error for ModelError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_ref())
    }
}

/// A face found in a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceDetection {
    /// The face from brow to chin, pixels of the frame; may reach beyond its border.
    pub face_in_image: Rect,
    /// Confidence that this is a face, 0..=1.
    pub score: f32,
    /// Centre of the person's right eye, pixels of the frame.
    pub right_eye: Point2,
    /// Centre of the person's left eye, pixels of the frame.
    pub left_eye: Point2,
}

impl FaceDetection {
    /// The same detection, moved: from the coordinates of a part into those of the whole frame.
    pub(crate) fn moved_by(self, offset: Point2) -> Self {
        let moved = |point: Point2| Point2::new(point.x + offset.x, point.y + offset.y);
        let face = self.face_in_image;
        Self {
            face_in_image: Rect::new(face.x + offset.x, face.y + offset.y, face.width, face.height),
            right_eye: moved(self.right_eye),
            left_eye: moved(self.left_eye),
            ..self
        }
    }
}

/// A mesh fitted inside a region.
#[derive(Debug, Clone, PartialEq)]
pub struct MeshFit {
    /// The 468 points in frame coordinates.
    pub landmarks: FaceLandmarks,
    /// Confidence that the region holds a face, 0..=1.
    pub presence: f32,
}

/// Points of the lid contour: 0 the outer corner, 1..=7 the lower lid, 8 the inner corner, 9..=15 the upper lid
/// from outer to inner.
pub const EYE_CONTOUR_POINT_COUNT: usize = 16;

/// One eye as the iris model sees it, in frame coordinates. Wiped when dropped.
#[derive(Clone, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct IrisFit {
    /// The lid contour, in the order of [`EYE_CONTOUR_POINT_COUNT`].
    pub contour: [Point2; EYE_CONTOUR_POINT_COUNT],
    /// The centre of the iris.
    pub iris_centre: Point2,
    /// The diameter of the iris, pixels.
    pub iris_diameter_px: f32,
}

impl fmt::Debug for IrisFit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IrisFit([redacted {} bytes])", size_of::<Self>())
    }
}

/// Finds faces anywhere in a frame.
pub trait DetectFaces: Send + Sync {
    /// All faces, best first.
    fn detect(&self, image: RgbView<'_>) -> Result<Vec<FaceDetection>, ModelError>;
}

/// Fits the face mesh inside a region.
pub trait FitMesh: Send + Sync {
    /// The mesh of the face in `face_roi`, an upright square of about 1.5 times the face.
    fn fit(&self, image: RgbView<'_>, face_roi: SquareRoi) -> Result<MeshFit, ModelError>;
}

/// Refines one eye: lid contour and iris.
pub trait RefineEye: Send + Sync {
    /// The eye in `eye_roi`, a square of 2.3 times the eye's width. `eye_roi` is mirrored for a left eye, so that
    /// the network always sees a right one.
    fn refine(&self, image: RgbView<'_>, eye_roi: SquareRoi) -> Result<IrisFit, ModelError>;
}

/// Side of the empty frame that networks are warmed up with, pixels: any size would do.
const WARM_UP_SIDE: u32 = 64;

/// The networks a tracker runs.
pub struct FaceModels {
    /// Finds faces anywhere in a frame.
    pub detector: Box<dyn DetectFaces>,
    /// Fits the 468-point mesh.
    pub mesh: Box<dyn FitMesh>,
    /// Refines the eyes.
    pub iris: Box<dyn RefineEye>,
}

impl FaceModels {
    /// Runs each network once on an empty frame. The first run of a network takes several times as long as those after it,
    /// and a person should not wait for it.
    pub fn warm_up(&self) -> Result<(), ModelError> {
        let empty = vec![128; 3 * WARM_UP_SIDE as usize * WARM_UP_SIDE as usize];
        let image = RgbView::new(WARM_UP_SIDE, WARM_UP_SIDE, &empty).map_err(ModelError::new)?;
        let everything = SquareRoi::new(image.bounds().centre(), WARM_UP_SIDE as f32, 0.0);
        self.detector.detect(image)?;
        self.mesh.fit(image, everything)?;
        self.iris.refine(image, everything)?;
        Ok(())
    }
}

impl fmt::Debug for FaceModels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaceModels")
    }
}

/// How likely each part of a frame belongs to a person. Wiped when dropped.
#[derive(Clone, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct PersonGrid {
    side: usize,
    probabilities: Vec<f32>,
}

impl PersonGrid {
    /// `side` rows of `side` probabilities, stretched over the whole frame; `None` if their number does not fit.
    pub fn new(side: usize, probabilities: Vec<f32>) -> Option<Self> {
        (side.checked_mul(side) == Some(probabilities.len())).then_some(Self { side, probabilities })
    }

    /// Rows and columns.
    pub fn side(&self) -> usize {
        self.side
    }

    /// The probabilities, 0..=1, row by row.
    pub fn probabilities(&self) -> &[f32] {
        &self.probabilities
    }
}

impl fmt::Debug for PersonGrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonGrid([redacted {} bytes])", size_of_val(self.probabilities.as_slice()))
    }
}

/// Tells the person from the background.
pub trait SegmentPerson: Send + Sync {
    /// Where the person is.
    fn segment(&self, image: RgbView<'_>) -> Result<PersonGrid, ModelError>;
}

/// How texture networks look at a face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextureView {
    /// Size of the crop, in that which the network was made for.
    pub zoom: f32,
    /// Whether left and right are exchanged.
    pub mirrored: bool,
}

impl TextureView {
    /// As the network was made for.
    pub const PLAIN: Self = Self { zoom: 1.0, mirrored: false };
}

/// Tells skin from paper and displays.
pub trait ScoreTexture: Send + Sync {
    /// The probability of "live" of one face, 0..=1; `face_in_image` is the detector's box.
    fn score(&self, image: RgbView<'_>, face_in_image: Rect, view: TextureView) -> Result<f32, ModelError>;
}
