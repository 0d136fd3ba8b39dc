//! How much of each half of the screen's light reaches each cell of a head of this shape at this place.
//!
//! Normals come from the session's own mesh: around each sample point a plane is fitted to the depths of the nearest
//! mesh points. No triangulation is needed, and the noise of single points averages out. The screen is 3 x 4
//! emitting patches a half; a patch sends `cos^(1 + m)` of its normal light and falls off with the square of the
//! distance. Distance follows from the pupils' distance in pixels and the camera's angle of view.

use verilume_frame::{Point2, Point3, mesh};

use super::config::MeasureConfig;
use super::device::DeviceGeometry;
use super::traces::{CELL_COUNT, FaceShape, GRID_COLUMNS, GRID_ROWS};

/// Sample points of a cell in each direction.
const SAMPLES: usize = 3;
/// Mesh points of a local plane.
const NEIGHBOURS: usize = 9;
/// Patches of a half of the screen, across and down.
const PATCHES: (usize, usize) = (3, 4);
/// Nearest and farthest distance the estimate may give, mm: a face fills the frame, or is too small to judge.
const DISTANCE_RANGE_MM: (f64, f64) = (120.0, 2000.0);

/// The predicted irradiance of each cell by each half of the screen at full white, lux.
pub(super) struct ShadingModel {
    pub(super) top_lux: Vec<f64>,
    pub(super) bottom_lux: Vec<f64>,
    /// Irradiance on a patch that faces the screen where the face is, both halves white, lux.
    pub(super) facing_lux: f64,
    /// Estimated distance from camera to eyes, mm.
    pub(super) distance_mm: f64,
}

impl ShadingModel {
    /// `None` if the mesh has no extent or a number is not finite.
    pub(super) fn new(face: &FaceShape, device: &DeviceGeometry, config: &MeasureConfig) -> Option<Self> {
        if !is_usable(face) {
            return None;
        }
        let pupils_px = distance(
            eye(face, mesh::RIGHT_EYE_OUTER, mesh::RIGHT_EYE_INNER),
            eye(face, mesh::LEFT_EYE_OUTER, mesh::LEFT_EYE_INNER),
        );
        let focal_px = device.focal_px(face.frame_size.0, face.frame_size.1);
        let distance_mm =
            (focal_px * config.pupil_distance_mm / pupils_px).clamp(DISTANCE_RANGE_MM.0, DISTANCE_RANGE_MM.1);
        let place = Placement { face, device, focal_px, distance_mm, mm_per_px: distance_mm / focal_px };
        let emit = |point: [f64; 3], normal: [f64; 3], half: usize| {
            irradiance(point, normal, half, device, config.screen_emission_exponent)
        };
        let mut model = Self {
            top_lux: vec![0.0; CELL_COUNT],
            bottom_lux: vec![0.0; CELL_COUNT],
            facing_lux: 0.0,
            distance_mm,
        };
        for index in 0..CELL_COUNT {
            for sample in cell_samples(face, index, SAMPLES) {
                let (depth, slope) = local_plane(&face.points, sample)?;
                let (point, normal) = place.in_screen(sample, depth, slope);
                let share = 1.0 / (SAMPLES * SAMPLES) as f64;
                model.top_lux[index] += share * emit(point, normal, 0);
                model.bottom_lux[index] += share * emit(point, normal, 1);
            }
        }
        let (point, _) = place.in_screen(Point2::default(), 0.0, (0.0, 0.0));
        model.facing_lux = emit(point, [0.0, 0.0, -1.0], 0) + emit(point, [0.0, 0.0, -1.0], 1);
        let finite = model.top_lux.iter().chain(&model.bottom_lux).all(|lux| lux.is_finite());
        (finite && model.facing_lux.is_finite()).then_some(model)
    }

    /// Both halves together.
    pub(super) fn total_lux(&self, cell: usize) -> f64 {
        self.top_lux[cell] + self.bottom_lux[cell]
    }
}

/// Where the face is before camera and screen.
struct Placement<'a> {
    face: &'a FaceShape,
    device: &'a DeviceGeometry,
    focal_px: f64,
    distance_mm: f64,
    mm_per_px: f64,
}

impl Placement<'_> {
    /// A point of the face frame with its depth and slope, as a place and a normal before the screen: millimetres
    /// from its middle, x right in the image, y up, z from the screen to the face.
    fn in_screen(&self, at: Point2, depth_px: f64, slope: (f64, f64)) -> ([f64; 3], [f64; 3]) {
        let (sin, cos) = self.face.roll_rad.sin_cos();
        let turn = |x: f64, y: f64| (cos * x - sin * y, sin * x + cos * y);
        let (x, y) = turn(f64::from(at.x), f64::from(at.y));
        let right_px = self.face.eyes_in_image.0 + x - self.face.frame_size.0 / 2.0;
        let down_px = self.face.eyes_in_image.1 + y - self.face.frame_size.1 / 2.0;
        let depth_mm = (self.distance_mm + depth_px * self.mm_per_px).max(50.0);
        let per_px = depth_mm / self.focal_px;
        let point = [right_px * per_px, self.device.camera_above_centre_mm - down_px * per_px, depth_mm];
        let (slope_x, slope_y) = turn(slope.0, slope.1);
        let length = (1.0 + slope_x * slope_x + slope_y * slope_y).sqrt();
        // The surface z = a x + b y (y down) faces the camera with (a, b, -1); y points up here.
        (point, [slope_x / length, -slope_y / length, -1.0 / length])
    }
}

/// Irradiance at a point by a half of the screen (0 top, 1 bottom) at full white, lux.
fn irradiance(point: [f64; 3], normal: [f64; 3], half: usize, device: &DeviceGeometry, exponent: f64) -> f64 {
    let (across, down) = PATCHES;
    let (width, height) =
        (device.screen_width_mm / across as f64, device.screen_height_mm / 2.0 / down as f64);
    let mut lux = 0.0;
    for row in 0..down {
        let y = (row as f64 + 0.5) * height - if half == 0 { 0.0 } else { device.screen_height_mm / 2.0 };
        for column in 0..across {
            let x = (column as f64 + 0.5) * width - device.screen_width_mm / 2.0;
            let to_patch = [x - point[0], y - point[1], -point[2]];
            let squared = to_patch.iter().map(|v| v * v).sum::<f64>();
            let range = squared.sqrt();
            let at_screen = (point[2] / range).max(0.0);
            let at_face = (0..3).map(|i| to_patch[i] * normal[i]).sum::<f64>() / range;
            lux += device.white_nits * at_screen.powf(1.0 + exponent) * at_face.max(0.0) / squared
                * width
                * height;
        }
    }
    lux
}

/// Depth and slopes (per pixel right and down) of the plane through the mesh points nearest to a point, weighted
/// towards the nearest.
fn local_plane(points: &[Point3], at: Point2) -> Option<(f64, (f64, f64))> {
    let mut near: Vec<(f64, &Point3)> = points
        .iter()
        .map(|point| (f64::from(point.x - at.x).powi(2) + f64::from(point.y - at.y).powi(2), point))
        .collect();
    if near.len() <= NEIGHBOURS {
        return None;
    }
    let (_, farthest, _) = near.select_nth_unstable_by(NEIGHBOURS, |a, b| a.0.total_cmp(&b.0));
    let reach = farthest.0.max(1e-6);
    let (mut sums, mut depths) = ([[0.0; 3]; 3], [0.0; 3]);
    for (squared, point) in &near[..NEIGHBOURS] {
        let weight = (-2.0 * squared / reach).exp();
        let row = [1.0, f64::from(point.x - at.x), f64::from(point.y - at.y)];
        for i in 0..3 {
            depths[i] += weight * row[i] * f64::from(point.z);
            for j in 0..3 {
                sums[i][j] += weight * row[i] * row[j];
            }
        }
    }
    // A little stiffness keeps a row of points in one line from tilting the plane.
    sums[1][1] += 1e-3 * reach;
    sums[2][2] += 1e-3 * reach;
    let solved =
        nalgebra::Matrix3::from_fn(|i, j| sums[i][j]).try_inverse()? * nalgebra::Vector3::from(depths);
    Some((solved[0], (solved[1], solved[2])))
}

/// Which cells lie on the face: at least `share` of their sample points within the mesh's outline.
pub(super) fn cells_on_face(face: &FaceShape, share: f64) -> Vec<bool> {
    if !is_usable(face) {
        return vec![false; CELL_COUNT];
    }
    let outline = mesh::FACE_OVAL.map(|at| face.points[at].xy());
    let cells = (0..CELL_COUNT).map(|index| {
        let samples = cell_samples(face, index, SAMPLES + 1);
        let inside = samples.iter().filter(|sample| is_inside(&outline, **sample)).count();
        inside as f64 >= share * samples.len() as f64
    });
    cells.collect()
}

fn is_usable(face: &FaceShape) -> bool {
    let finite = face.points.iter().all(|p| p.x.is_finite() && p.y.is_finite() && p.z.is_finite());
    let pose =
        [face.eyes_in_image.0, face.eyes_in_image.1, face.roll_rad, face.frame_size.0, face.frame_size.1];
    finite
        && face.points.len() == verilume_frame::MESH_POINT_COUNT
        && pose.iter().all(|value| value.is_finite())
        && face.frame_size.0 >= 1.0
        && face.frame_size.1 >= 1.0
        && face.grid.width >= 1.0
        && face.grid.height >= 1.0
        && distance(
            eye(face, mesh::RIGHT_EYE_OUTER, mesh::RIGHT_EYE_INNER),
            eye(face, mesh::LEFT_EYE_OUTER, mesh::LEFT_EYE_INNER),
        ) >= 1.0
}

/// `count * count` points spread evenly over a cell, in the face frame.
fn cell_samples(face: &FaceShape, index: usize, count: usize) -> Vec<Point2> {
    let (column, row) = (index % GRID_COLUMNS, index / GRID_COLUMNS);
    let (width, height) = (face.grid.width / GRID_COLUMNS as f32, face.grid.height / GRID_ROWS as f32);
    let offset = |at: usize| (at as f32 + 0.5) / count as f32;
    let points = (0..count).flat_map(|y| (0..count).map(move |x| (x, y)));
    let place = |(x, y)| {
        let x = face.grid.x + (column as f32 + offset(x)) * width;
        Point2::new(x, face.grid.y + (row as f32 + offset(y)) * height)
    };
    points.map(place).collect()
}

/// Even-odd rule.
fn is_inside(outline: &[Point2], point: Point2) -> bool {
    let mut inside = false;
    let mut previous = outline[outline.len() - 1];
    for corner in outline {
        let crosses = (corner.y > point.y) != (previous.y > point.y);
        let at = |a: Point2, b: Point2| a.x + (point.y - a.y) / (b.y - a.y) * (b.x - a.x);
        if crosses && point.x < at(*corner, previous) {
            inside = !inside;
        }
        previous = *corner;
    }
    inside
}

/// The middle of an eye by its corners.
fn eye(face: &FaceShape, outer: usize, inner: usize) -> [f64; 3] {
    let (a, b) = (face.points[outer], face.points[inner]);
    [f64::from(a.x + b.x) / 2.0, f64::from(a.y + b.y) / 2.0, f64::from(a.z + b.z) / 2.0]
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Section 1.1 of the design: a facing patch before a 400 cd/m2 phone, Lambertian screen.
    #[test]
    fn a_facing_patch_gets_the_light_of_the_published_table() {
        let device = DeviceGeometry { screen_width_mm: 64.6, ..DeviceGeometry::phone() };
        for (distance_mm, lux) in [(250.0, 54.0), (300.0, 38.0), (350.0, 29.0), (400.0, 22.0)] {
            let at = |half| irradiance([0.0, 0.0, distance_mm], [0.0, 0.0, -1.0], half, &device, 0.0);
            let ratio = (at(0) + at(1)) / lux;
            assert!((0.95..1.05).contains(&ratio), "{distance_mm} mm: {ratio}");
        }
    }

    #[test]
    fn planes_are_fitted_exactly() {
        let points: Vec<Point3> = (0..100)
            .map(|at| (f32::from(at % 10u8) * 3.0, f32::from(at / 10u8) * 3.0))
            .map(|(x, y)| Point3::new(x, y, 5.0 + 0.5 * x - 0.25 * y))
            .collect();
        let (depth, slope) = local_plane(&points, Point2::new(13.0, 14.0)).unwrap();
        assert!((depth - 8.0).abs() < 0.01 && (slope.0 - 0.5).abs() < 0.01 && (slope.1 + 0.25).abs() < 0.01);
    }

    #[test]
    fn the_even_odd_rule_knows_a_square() {
        let square = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)].map(|(x, y)| Point2::new(x, y));
        assert!(is_inside(&square, Point2::new(1.0, 1.0)));
        assert!(!is_inside(&square, Point2::new(3.0, 1.0)));
    }
}
