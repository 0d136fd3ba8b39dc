//! The first pass: which triangle each pixel shows.

use crate::math::{Pose, Vec3};

use super::Body;

/// A pinhole camera that looks along -z of the device's frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Optics {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) focal_px: f32,
    /// Of the lens, device frame, metres.
    pub(crate) camera: Vec3,
}

impl Optics {
    /// Where a point of the device's frame is seen: x and y in pixels, and the inverse of its depth (1/metres);
    /// `None` for points beside or behind the lens.
    pub(crate) fn project(&self, at: Vec3) -> Option<[f32; 3]> {
        let depth = self.camera.z - at.z;
        if depth < 0.03 {
            return None;
        }
        let scale = self.focal_px / depth;
        let x = self.width as f32 / 2.0 + (at.x - self.camera.x) * scale;
        let y = self.height as f32 / 2.0 - (at.y - self.camera.y) * scale;
        Some([x, y, 1.0 / depth])
    }
}

/// No triangle.
pub(crate) const NOTHING: u32 = u32::MAX;
/// Bits of a pixel's number that name the triangle; the rest name the body.
const TRIANGLE_BITS: u32 = 24;

/// Which body and triangle a pixel's number names.
pub(crate) fn body_and_triangle(number: u32) -> Option<(usize, usize)> {
    let triangle = number & ((1 << TRIANGLE_BITS) - 1);
    (number != NOTHING).then_some(((number >> TRIANGLE_BITS) as usize, triangle as usize))
}

/// What the first pass finds, kept from frame to frame to save the memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buffers {
    /// Inverse depth of what each pixel shows.
    depths: Vec<f32>,
    /// Body and triangle of each pixel.
    pub(crate) numbers: Vec<u32>,
    /// Of each body, where each vertex is seen; a not-a-number if it is not.
    pub(crate) projected: Vec<Vec<[f32; 3]>>,
}

impl Buffers {
    /// Draws all bodies.
    pub(crate) fn draw(&mut self, optics: &Optics, bodies: &[Body], device_from_world: &Pose) {
        let pixels = optics.width * optics.height;
        self.depths.clear();
        self.depths.resize(pixels, 0.0);
        self.numbers.clear();
        self.numbers.resize(pixels, NOTHING);
        self.projected.resize(bodies.len(), Vec::new());
        for (number, body) in bodies.iter().enumerate() {
            let device_from_body = device_from_world.after(&body.world_from_body);
            let mut projected = std::mem::take(&mut self.projected[number]);
            projected.clear();
            projected.extend((0..body.mesh.len()).map(|vertex| {
                let at = device_from_body.apply(body.mesh.at.get(vertex));
                optics.project(at).unwrap_or([f32::NAN; 3])
            }));
            let first = u32::try_from(number).unwrap_or(0) << TRIANGLE_BITS;
            for (triangle, corners) in (first..).zip(&body.mesh.triangles) {
                let corners = corners.map(usize::from);
                let seen = corners.map(|corner| projected[corner]);
                self.triangle(optics, body, triangle, corners, seen);
            }
            self.projected[number] = projected;
        }
    }

    fn triangle(
        &mut self,
        optics: &Optics,
        body: &Body,
        number: u32,
        corners: [usize; 3],
        [a, b, c]: [[f32; 3]; 3],
    ) {
        // y points down in the image, so a triangle that faces the camera turns the other way round.
        let area = (c[0] - a[0]) * (b[1] - a[1]) - (b[0] - a[0]) * (c[1] - a[1]);
        // Corners that are not seen make it not a number.
        if area.is_nan() || area <= 1e-5 {
            return;
        }
        let left = first_pixel(a[0].min(b[0]).min(c[0]));
        let right = last_pixel(a[0].max(b[0]).max(c[0]), optics.width);
        let top = first_pixel(a[1].min(b[1]).min(c[1]));
        let bottom = last_pixel(a[1].max(b[1]).max(c[1]), optics.height);
        if left > right || top > bottom {
            return;
        }
        let inverse = 1.0 / area;
        // Shares of b and c at a pixel's centre, as planes over the image.
        let (b_x, b_y) = (-(c[1] - a[1]) * inverse, (c[0] - a[0]) * inverse);
        let (c_x, c_y) = ((b[1] - a[1]) * inverse, -(b[0] - a[0]) * inverse);
        let edges = [Edge::new(b_x), Edge::new(c_x), Edge::new(-(b_x + c_x))];
        let (depth_b, depth_c) = (b[2] - a[2], c[2] - a[2]);
        let depth_x = b_x * depth_b + c_x * depth_c;
        for row in top..=bottom {
            let y = row as f32 + 0.5 - a[1];
            let (share_b, share_c) = (b_y * y, c_y * y);
            let mut span = [left as f32 + 0.5 - a[0], right as f32 + 0.5 - a[0]];
            for (edge, share) in edges.iter().zip([share_b, share_c, 1.0 - share_b - share_c]) {
                edge.cut(&mut span, share);
            }
            let (first, last) = (first_pixel(span[0] + a[0]), last_pixel(span[1] + a[0], optics.width));
            if first > last {
                continue;
            }
            let depth_y = a[2] + share_b * depth_b + share_c * depth_c;
            let base = usize::try_from(row).unwrap_or(0) * optics.width;
            let pixels =
                base + usize::try_from(first).unwrap_or(0)..=base + usize::try_from(last).unwrap_or(0);
            let (depths, numbers) = (&mut self.depths[pixels.clone()], &mut self.numbers[pixels]);
            for (i, (deepest, shown)) in depths.iter_mut().zip(numbers).enumerate() {
                let x = (first as f32 + i as f32) + 0.5 - a[0];
                let depth = depth_y + depth_x * x;
                if depth > *deepest
                    && (!body.is_cut_out || is_there(body, corners, [share_b + b_x * x, share_c + c_x * x]))
                {
                    *deepest = depth;
                    *shown = number;
                }
            }
        }
    }
}

/// The first pixel whose centre is not before a coordinate; not negative.
#[inline]
fn first_pixel(at: f32) -> i32 {
    let shifted = at - 0.5;
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and frames are small")]
    let whole = shifted as i32;
    (whole + i32::from(shifted > whole as f32)).max(0)
}

/// The last pixel whose centre is not past a coordinate, below `count`; -1 for none.
#[inline]
fn last_pixel(at: f32, count: usize) -> i32 {
    let shifted = at - 0.5;
    if shifted < 0.0 {
        return -1;
    }
    let last = i32::try_from(count).unwrap_or(i32::MAX) - 1;
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and frames are small")]
    let whole = shifted as i32;
    whole.min(last)
}

/// An edge of a triangle along a row of pixels: its share there grows by `slope` a pixel.
struct Edge {
    slope: f32,
    inverse: f32,
}

impl Edge {
    /// Neighbouring triangles overlap by this much, pixels: rounding leaves no gap between them.
    const OVERLAP_PX: f32 = 2e-3;

    fn new(slope: f32) -> Self {
        Self { slope, inverse: if slope.abs() > 1e-9 { 1.0 / slope } else { 0.0 } }
    }

    /// Cuts a span of x to where the share, which is `at_origin` at x = 0, is not negative.
    #[inline]
    fn cut(&self, span: &mut [f32; 2], at_origin: f32) {
        let crossing = -at_origin * self.inverse;
        if self.slope > 1e-9 {
            span[0] = span[0].max(crossing - Self::OVERLAP_PX);
        } else if self.slope < -1e-9 {
            span[1] = span[1].min(crossing + Self::OVERLAP_PX);
        } else if at_origin < -1e-5 {
            *span = [1e6, -1e6];
        }
    }
}

/// Whether a cut-out body has anything at a point of a triangle.
fn is_there(body: &Body, [a, b, c]: [usize; 3], [share_b, share_c]: [f32; 2]) -> bool {
    let (a, b, c) = (body.mesh.texel[a], body.mesh.texel[b], body.mesh.texel[c]);
    let at = |i: usize| a[i] + share_b * (b[i] - a[i]) + share_c * (c[i] - a[i]);
    body.texture.sample(at(0), at(1))[3] >= 0.5
}

/// The body that a pixel's number names.
pub(crate) fn body_of(number: u32) -> Option<usize> {
    body_and_triangle(number).map(|(body, _)| body)
}
