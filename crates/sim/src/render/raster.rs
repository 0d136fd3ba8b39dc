//! The first pass: which triangle each pixel shows.

use std::ops::RangeInclusive;

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
        let plane = Plane::new(corners, [a, b, c], area);
        let [left, right, top, bottom] =
            [left, right, top, bottom].map(|at| usize::try_from(at).unwrap_or(0));
        match right - left {
            _ if body.is_cut_out => {
                self.cut_out(optics.width, body, &plane, number, left..=right, top..=bottom)
            }
            0..8 => self.narrow::<8>(optics.width, &plane, number, left, top..=bottom),
            8..16 => self.narrow::<16>(optics.width, &plane, number, left, top..=bottom),
            _ => self.wide(optics.width, &plane, number, left..=right, top..=bottom),
        }
    }

    /// Draws a triangle that is at most `N` pixels wide: testing all of them at once, without a branch, is cheaper than
    /// finding out which ones it covers.
    fn narrow<const N: usize>(
        &mut self,
        width: usize,
        plane: &Plane,
        number: u32,
        left: usize,
        rows: RangeInclusive<usize>,
    ) {
        // No frame is narrower than the widest window.
        let left = left.min(width.saturating_sub(N));
        let (mut share_b, mut share_c, mut depth) = ([0.0; N], [0.0; N], [0.0; N]);
        let mut x = left as f32 + 0.5 - plane.origin[0];
        for i in 0..N {
            (share_b[i], share_c[i], depth[i]) = (plane.b[0] * x, plane.c[0] * x, plane.depth[0] * x);
            x += 1.0;
        }
        let [slack_b, slack_c, slack_a] = plane.slack();
        for row in rows {
            let y = row as f32 + 0.5 - plane.origin[1];
            let (from_b, from_c) = (plane.b[1] * y, plane.c[1] * y);
            let (least_b, least_c) = (-slack_b - from_b, -slack_c - from_c);
            let most = 1.0 + slack_a - from_b - from_c;
            let from_depth = plane.nearness + plane.depth[1] * y;
            let at = row * width + left;
            let (depths, numbers) = (&mut self.depths[at..at + N], &mut self.numbers[at..at + N]);
            let (mut deep, mut is_inside) = ([0.0; N], [0_u32; N]);
            for i in 0..N {
                deep[i] = depth[i] + from_depth;
                is_inside[i] = u32::from(share_b[i] >= least_b)
                    & u32::from(share_c[i] >= least_c)
                    & u32::from(share_b[i] + share_c[i] <= most);
            }
            for i in 0..N {
                let is_shown = is_inside[i] & u32::from(deep[i] > depths[i]);
                put(is_shown, (&mut depths[i], deep[i]), (&mut numbers[i], number));
            }
        }
    }

    /// Draws a triangle of any size: from each row the span that it covers.
    fn wide(
        &mut self,
        width: usize,
        plane: &Plane,
        number: u32,
        columns: RangeInclusive<usize>,
        rows: RangeInclusive<usize>,
    ) {
        for (row, first, pixels) in plane.spans(width, columns, rows) {
            let x = first as f32 + 0.5 - plane.origin[0];
            let from_depth = plane.depth_at(x, row);
            let shown = self.depths[pixels.clone()].iter_mut().zip(&mut self.numbers[pixels]);
            for ((deepest, shown), i) in shown.zip(0_i32..) {
                let depth = from_depth + plane.depth[0] * i as f32;
                put(u32::from(depth > *deepest), (deepest, depth), (shown, number));
            }
        }
    }

    /// Draws a triangle of a body that its texture cuts out.
    fn cut_out(
        &mut self,
        width: usize,
        body: &Body,
        plane: &Plane,
        number: u32,
        columns: RangeInclusive<usize>,
        rows: RangeInclusive<usize>,
    ) {
        for (row, first, pixels) in plane.spans(width, columns, rows) {
            let shown = self.depths[pixels.clone()].iter_mut().zip(&mut self.numbers[pixels]);
            for ((deepest, shown), i) in shown.zip(0_i32..) {
                let x = (first + i) as f32 + 0.5 - plane.origin[0];
                let depth = plane.depth_at(x, row);
                if depth > *deepest && is_there(body, plane.corners, plane.shares_at(x, row)) {
                    (*deepest, *shown) = (depth, number);
                }
            }
        }
    }
}

/// Replaces what a pixel shows if `is_shown` is 1 rather than 0. By masks, for the compiler would branch for every pixel.
#[inline(always)]
fn put(is_shown: u32, (deepest, depth): (&mut f32, f32), (shown, number): (&mut u32, u32)) {
    let mask = is_shown.wrapping_neg();
    *deepest = f32::from_bits((depth.to_bits() & mask) | (deepest.to_bits() & !mask));
    *shown = (number & mask) | (*shown & !mask);
}

/// What changes over a triangle, as planes over the image.
struct Plane {
    corners: [usize; 3],
    /// Where the first corner is seen, pixels; the planes count from there.
    origin: [f32; 2],
    /// How the second corner's share changes by column and by row.
    b: [f32; 2],
    /// How the third corner's share changes.
    c: [f32; 2],
    /// How the inverse depth changes, and what it is at the first corner.
    depth: [f32; 2],
    nearness: f32,
    /// How the shares of the second, third and first corner change by column.
    slopes: [f32; 3],
}

impl Plane {
    fn new(corners: [usize; 3], [a, b, c]: [[f32; 3]; 3], area: f32) -> Self {
        let inverse = 1.0 / area;
        let (b_x, b_y) = (-(c[1] - a[1]) * inverse, (c[0] - a[0]) * inverse);
        let (c_x, c_y) = ((b[1] - a[1]) * inverse, -(b[0] - a[0]) * inverse);
        let (depth_b, depth_c) = (b[2] - a[2], c[2] - a[2]);
        Self {
            corners,
            origin: [a[0], a[1]],
            b: [b_x, b_y],
            c: [c_x, c_y],
            depth: [b_x * depth_b + c_x * depth_c, b_y * depth_b + c_y * depth_c],
            nearness: a[2],
            slopes: [b_x, c_x, -(b_x + c_x)],
        }
    }

    /// How far each share may be below zero, so that neighbours leave no gap.
    fn slack(&self) -> [f32; 3] {
        self.slopes.map(|slope| slope.abs() * Edge::OVERLAP_PX + Edge::LEVEL_SLACK)
    }

    /// Shares of the second and third corner, `x` pixels from the first one in a row.
    fn shares_at(&self, x: f32, row: usize) -> [f32; 2] {
        let y = row as f32 + 0.5 - self.origin[1];
        [self.b[1] * y + self.b[0] * x, self.c[1] * y + self.c[0] * x]
    }

    /// The inverse depth there.
    fn depth_at(&self, x: f32, row: usize) -> f32 {
        self.nearness + self.depth[1] * (row as f32 + 0.5 - self.origin[1]) + self.depth[0] * x
    }

    /// Every row that the triangle covers: its number, the first column, and the pixels' numbers in the frame.
    fn spans(
        &self,
        width: usize,
        columns: RangeInclusive<usize>,
        rows: RangeInclusive<usize>,
    ) -> impl Iterator<Item = (usize, i32, RangeInclusive<usize>)> {
        let edges = self.slopes.map(Edge::new);
        rows.filter_map(move |row| {
            let (first, pixels) = self.span(width, &edges, &columns, row)?;
            Some((row, first, pixels))
        })
    }

    /// The first column that the triangle covers in a row, and the pixels' numbers in the frame.
    fn span(
        &self,
        width: usize,
        edges: &[Edge; 3],
        columns: &RangeInclusive<usize>,
        row: usize,
    ) -> Option<(i32, RangeInclusive<usize>)> {
        let x = self.origin[0];
        let [share_b, share_c] = self.shares_at(0.0, row);
        let mut span = [*columns.start() as f32 + 0.5 - x, *columns.end() as f32 + 0.5 - x];
        for (edge, share) in edges.iter().zip([share_b, share_c, 1.0 - share_b - share_c]) {
            edge.cut(&mut span, share);
        }
        let (first, last) = (first_pixel(span[0] + x), last_pixel(span[1] + x, width));
        let [from, to] = [first, last].map(|column| usize::try_from(column).unwrap_or(0) + row * width);
        (first <= last).then_some((first, from..=to))
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
    /// The same for edges along a row, as a share.
    const LEVEL_SLACK: f32 = 1e-5;

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
        } else if at_origin < -Self::LEVEL_SLACK {
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
