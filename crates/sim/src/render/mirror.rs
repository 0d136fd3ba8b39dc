//! Mirror images of the screen: in the glass of a display, and in the cornea.

use crate::light::{Half, ScreenPanel};
use crate::math::{Pose, Vec3, index};

use super::body::RowLight;
use super::compose::LinearImage;
use super::raster::{Buffers, Optics, body_and_triangle};
use super::{Body, Tag};

/// Radius of curvature of the cornea relative to that of the eyeball.
const CORNEA_SHARE: f32 = 0.57;
/// Share of light that the cornea mirrors at normal incidence.
const CORNEA_MIRROR_SHARE: f32 = 0.025;

/// A convex quadrilateral in the image.
#[derive(Debug, Clone, Copy)]
struct Quad {
    /// For each edge, how far inside a point is, pixels: factors of x and y, and a constant.
    inside_px: [[f32; 3]; 4],
    area_px: f32,
}

/// The images of the upper and lower half of the screen.
#[derive(Debug, Clone)]
pub(crate) struct MirrorImage {
    halves: [Option<Quad>; 2],
    /// Around both: left, top, right, bottom.
    bounds: [f32; 4],
}

impl MirrorImage {
    /// In a plane through `at` with unit `normal`, device frame.
    pub(crate) fn in_plane(optics: &Optics, panel: &ScreenPanel, at: Vec3, normal: Vec3) -> Self {
        let mirrored = |point: Vec3| point - normal * (2.0 * (point - at).dot(normal));
        Self::of(optics, panel, |point| Some(mirrored(point)))
    }

    /// In a sphere, device frame: the small upright image behind the cornea.
    fn in_sphere(optics: &Optics, panel: &ScreenPanel, centre: Vec3, radius: f32) -> Self {
        let to_camera = (optics.camera - centre).normalised();
        Self::of(optics, panel, |point| {
            let half = ((point - centre).normalised() + to_camera).normalised();
            Some(centre + half * radius)
        })
    }

    fn of(optics: &Optics, panel: &ScreenPanel, image: impl Fn(Vec3) -> Option<Vec3>) -> Self {
        let mut bounds = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
        let halves = [Half::Top, Half::Bottom].map(|half| {
            let mut corners = [[0.0; 2]; 4];
            for (corner, point) in corners.iter_mut().zip(panel.corners(half)) {
                let [x, y, _] = optics.project(image(point)?)?;
                *corner = [x, y];
                bounds = [bounds[0].min(x), bounds[1].min(y), bounds[2].max(x), bounds[3].max(y)];
            }
            Some(Quad::new(corners))
        });
        let [left, top, right, bottom] = bounds;
        // An edge covers half a pixel beyond itself.
        Self { halves, bounds: [left - 1.5, top - 1.5, right + 1.5, bottom + 1.5] }
    }

    /// How much of a pixel the images of the two halves cover, 0..=1; `None` for pixels that are not near them.
    #[inline]
    pub(crate) fn cover(&self, at: [f32; 2]) -> Option<[f32; 2]> {
        let [left, top, right, bottom] = self.bounds;
        let is_near = at[0] >= left && at[0] <= right && at[1] >= top && at[1] <= bottom;
        is_near.then(|| self.halves.map(|quad| quad.map_or(0.0, |quad| quad.cover(at))))
    }

    /// The smallest rectangle of whole pixels around both images: left, top, right, bottom.
    fn bounds(&self, optics: &Optics) -> Option<[usize; 4]> {
        let last = [optics.width as f32 - 1.0, optics.height as f32 - 1.0];
        let [left, top, right, bottom] = self.bounds;
        let clipped = |value: f32, axis: usize| index(value.clamp(0.0, last[axis]));
        (left <= right).then(|| [clipped(left, 0), clipped(top, 1), clipped(right, 0), clipped(bottom, 1)])
    }
}

impl Quad {
    /// From corners in order around it, either way round.
    fn new(corners: [[f32; 2]; 4]) -> Self {
        let mut twice_area = 0.0;
        for i in 0..4 {
            let ([x, y], [u, v]) = (corners[i], corners[(i + 1) % 4]);
            twice_area += x * v - u * y;
        }
        let mut corners = corners;
        if twice_area < 0.0 {
            corners.reverse();
        }
        let mut inside_px = [[0.0; 3]; 4];
        for (i, edge) in inside_px.iter_mut().enumerate() {
            let ([ax, ay], [bx, by]) = (corners[i], corners[(i + 1) % 4]);
            let length = (bx - ax).hypot(by - ay).max(1e-6);
            let (x, y) = (-(by - ay) / length, (bx - ax) / length);
            *edge = [x, y, -(x * ax + y * ay)];
        }
        Self { inside_px, area_px: twice_area.abs() / 2.0 }
    }

    /// How much of a pixel it covers, approximately, 0..=1.
    fn cover(&self, [x, y]: [f32; 2]) -> f32 {
        let mut cover = self.area_px.min(1.0);
        for [by_x, by_y, constant] in self.inside_px {
            let inside_px = by_x * x + by_y * y + constant;
            cover = cover.min((inside_px + 0.5).clamp(0.0, 1.0));
        }
        cover
    }
}

/// Adds the screen's images in the corneas of a head, where its eyeballs are seen. `eyes` gives centre and radius in the
/// body's frame.
pub(crate) fn add_corneal_glints(
    optics: &Optics,
    panel: &ScreenPanel,
    body: (usize, &Body),
    device_from_body: &Pose,
    eyes: [(Vec3, f32); 2],
    buffers: &Buffers,
    image: &mut LinearImage,
) {
    let (number, body) = body;
    for (eye, (centre, radius)) in (0u8..).zip(eyes) {
        // The cornea bulges out of the eyeball: its own centre lies in front of the eyeball's.
        let cornea = radius * CORNEA_SHARE;
        let centre = device_from_body.apply(centre + Vec3::new(0.0, 0.0, radius - cornea * 0.95));
        let mirror = MirrorImage::in_sphere(optics, panel, centre, cornea);
        let Some([left, top, right, bottom]) = mirror.bounds(optics) else {
            continue;
        };
        for (row, column) in (top..=bottom).flat_map(|row| (left..=right).map(move |column| (row, column))) {
            let pixel = row * optics.width + column;
            let is_eye = body_and_triangle(buffers.numbers[pixel])
                .is_some_and(|(seen, triangle)| seen == number && body.mesh.tags[triangle] == Tag::Eye(eye));
            if !is_eye {
                continue;
            }
            let cover = mirror.cover([column as f32 + 0.5, row as f32 + 0.5]).unwrap_or_default();
            let light = body.rows.get(row).copied().unwrap_or_default();
            add_glint(&mut image.rgb[pixel * 3..pixel * 3 + 3], cover, &light);
        }
    }
}

fn add_glint(pixel: &mut [f32], [top, bottom]: [f32; 2], light: &RowLight) {
    for (c, value) in pixel.iter_mut().enumerate() {
        *value += CORNEA_MIRROR_SHARE * (top * light.top[c] + bottom * light.bottom[c]);
    }
}
