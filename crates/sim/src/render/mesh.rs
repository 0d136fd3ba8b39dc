//! Triangle meshes laid out for loops over vertices, and the textures on them.

use verilume_frame::{RgbImage, linear_from_srgb};

use crate::math::{Vec3, index};

/// Many vectors, one array an axis.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vectors {
    pub(crate) x: Vec<f32>,
    pub(crate) y: Vec<f32>,
    pub(crate) z: Vec<f32>,
}

impl Vectors {
    pub(crate) fn zeros(count: usize) -> Self {
        Self { x: vec![0.0; count], y: vec![0.0; count], z: vec![0.0; count] }
    }

    pub(crate) fn len(&self) -> usize {
        self.x.len()
    }

    pub(crate) fn get(&self, at: usize) -> Vec3 {
        Vec3::new(self.x[at], self.y[at], self.z[at])
    }

    pub(crate) fn set(&mut self, at: usize, value: Vec3) {
        (self.x[at], self.y[at], self.z[at]) = (value.x, value.y, value.z);
    }

    pub(crate) fn push(&mut self, value: Vec3) {
        self.x.push(value.x);
        self.y.push(value.y);
        self.z.push(value.z);
    }
}

impl FromIterator<Vec3> for Vectors {
    fn from_iter<I: IntoIterator<Item = Vec3>>(values: I) -> Self {
        let mut vectors = Self::default();
        values.into_iter().for_each(|value| vectors.push(value));
        vectors
    }
}

/// What a triangle shows, where the renderer must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    Skin,
    /// An eyeball, which mirrors the screen: 0 the left, 1 the right.
    Eye(u8),
    Hair,
    Frame,
    Plain,
}

/// Triangles with shared vertices; counter-clockwise seen from outside.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mesh {
    /// Metres, in the body's own frame.
    pub(crate) at: Vectors,
    /// Unit length, outwards.
    pub(crate) normal: Vectors,
    /// Where each vertex lies in the texture, texels.
    pub(crate) texel: Vec<[f32; 2]>,
    pub(crate) triangles: Vec<[u16; 3]>,
    /// One a triangle.
    pub(crate) tags: Vec<Tag>,
}

impl Mesh {
    /// The number of vertices.
    pub(crate) fn len(&self) -> usize {
        self.at.len()
    }

    /// Adds a vertex; its number.
    pub(crate) fn vertex(&mut self, at: Vec3, normal: Vec3, texel: [f32; 2]) -> u16 {
        let number = u16::try_from(self.len()).unwrap_or(u16::MAX);
        self.at.push(at);
        self.normal.push(normal);
        self.texel.push(texel);
        number
    }

    /// Adds a triangle.
    pub(crate) fn triangle(&mut self, corners: [u16; 3], tag: Tag) {
        self.triangles.push(corners);
        self.tags.push(tag);
    }

    /// Computes the normals of the vertices that `keep` does not spare, weighted by the area of the triangles.
    pub(crate) fn smooth_normals(&mut self, keep: impl Fn(usize) -> bool) {
        let mut sums = Vectors::zeros(self.len());
        for triangle in &self.triangles {
            let [a, b, c] = triangle.map(usize::from);
            let origin = self.at.get(a);
            let normal = (self.at.get(b) - origin).cross(self.at.get(c) - origin);
            for corner in [a, b, c] {
                sums.x[corner] += normal.x;
                sums.y[corner] += normal.y;
                sums.z[corner] += normal.z;
            }
        }
        for vertex in (0..self.len()).filter(|&vertex| !keep(vertex)) {
            self.normal.set(vertex, sums.get(vertex).normalised());
        }
    }

    /// A curved sheet of `columns` by `rows` cells: `shape` gives position and outward normal for `across` and `down` in
    /// 0..=1; the texture covers it once.
    pub(crate) fn sheet(
        (columns, rows): (usize, usize),
        (texels_across, texels_down): (usize, usize),
        shape: impl Fn(f32, f32) -> (Vec3, Vec3),
    ) -> Self {
        let mut mesh = Self::default();
        for row in 0..=rows {
            for column in 0..=columns {
                let (across, down) = (column as f32 / columns as f32, row as f32 / rows as f32);
                let (at, normal) = shape(across, down);
                let texel = [across * (texels_across as f32 - 1.0), down * (texels_down as f32 - 1.0)];
                mesh.vertex(at, normal, texel);
            }
        }
        let number =
            |row: usize, column: usize| u16::try_from(row * (columns + 1) + column).unwrap_or(u16::MAX);
        for row in 0..rows {
            for column in 0..columns {
                let [a, b] = [number(row, column), number(row, column + 1)];
                let [c, d] = [number(row + 1, column), number(row + 1, column + 1)];
                mesh.triangle([a, c, b], Tag::Plain);
                mesh.triangle([b, c, d], Tag::Plain);
            }
        }
        mesh
    }
}

/// Linear reflectances or relative radiances, 0..=1, with a fourth channel for coverage.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Texture {
    width: usize,
    height: usize,
    texels: Vec<[f32; 4]>,
}

impl Texture {
    /// A texture of one colour; sizes of zero count as one.
    pub(crate) fn filled(width: usize, height: usize, rgba: [f32; 4]) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        Self { width, height, texels: vec![rgba; width * height] }
    }

    /// A frame, each value mapped from linear light; the fourth channel is 1 where the mask says so, or everywhere
    /// without one.
    pub(crate) fn of_frame(frame: &RgbImage, mask: Option<&[bool]>, map: impl Fn(f32) -> f32) -> Self {
        let table: [f32; 256] =
            std::array::from_fn(|value| map(linear_from_srgb(u8::try_from(value).unwrap_or(u8::MAX))));
        let look_up = |value: u8| table[usize::from(value)];
        let texels = frame.pixels().chunks_exact(3).enumerate().map(|(at, pixel)| {
            let is_covered = mask.is_none_or(|mask| mask.get(at).copied().unwrap_or(false));
            [look_up(pixel[0]), look_up(pixel[1]), look_up(pixel[2]), if is_covered { 1.0 } else { 0.0 }]
        });
        Self { width: frame.width() as usize, height: frame.height() as usize, texels: texels.collect() }
    }

    pub(crate) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Sets one texel.
    pub(crate) fn set(&mut self, column: usize, row: usize, rgba: [f32; 4]) {
        self.texels[row * self.width + column] = rgba;
    }

    /// Calls `paint` for each of the pixels of a line with the colour between texels at `start`, then a `step` on, and so
    /// forth.
    // Called for every pixel: the call itself would cost a fifth of a frame.
    #[inline(always)]
    pub(crate) fn sample_line<T>(
        &self,
        start: [f32; 2],
        step: [f32; 2],
        pixels: &mut [T],
        mut paint: impl FnMut(&mut T, [f32; 4]),
    ) {
        let count = pixels.len() as f32;
        if let Some((mut at, step)) = self.inner_line(start, step, count) {
            for pixel in pixels {
                paint(pixel, self.inner_sample(at));
                at = [at[0].wrapping_add(step[0]), at[1].wrapping_add(step[1])];
            }
        } else {
            for (pixel, i) in pixels.iter_mut().zip(0_i16..) {
                let i = f32::from(i);
                paint(pixel, self.sample(start[0] + step[0] * i, start[1] + step[1] * i));
            }
        }
    }

    /// A line in fixed point, if none of its points needs a texel outside.
    #[inline(always)]
    fn inner_line(&self, start: [f32; 2], step: [f32; 2], count: f32) -> Option<([u32; 2], [u32; 2])> {
        // Rounding of the steps adds up to a few thousandths of a texel.
        const MARGIN: f32 = 0.05;
        let size = [self.width, self.height];
        let is_inside = |axis: usize| {
            let (from, to) = (start[axis], start[axis] + step[axis] * (count - 1.0));
            let last = (size[axis] - 1) as f32 - MARGIN;
            from >= MARGIN && from <= last && to >= MARGIN && to <= last
        };
        (is_inside(0) & is_inside(1)).then(|| (start.map(fixed), step.map(fixed)))
    }

    /// The colour at a point in fixed point that has texels on all sides.
    #[inline(always)]
    fn inner_sample(&self, [x, y]: [u32; 2]) -> [f32; 4] {
        let share = |at: u32| f32::from_bits(0x3f80_0000 | (at & 0xffff) << 7) - 1.0;
        let (fx, fy) = (share(x), share(y));
        let base = (y >> 16) as usize * self.width + (x >> 16) as usize;
        let near = &self.texels[base..base + self.width + 2];
        let (above, below) = ([near[0], near[1]], [near[self.width], near[self.width + 1]]);
        blend(above, below, fx, fy)
    }

    /// The colour between texels, bilinear; outside counts as the edge.
    pub(crate) fn sample(&self, x: f32, y: f32) -> [f32; 4] {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (column, row) = (index(x), index(y));
        let (fx, fy) = (x - column as f32, y - row as f32);
        let right = usize::from(column + 1 < self.width);
        let below = if row + 1 < self.height { self.width } else { 0 };
        let base = row * self.width + column;
        let (a, b) = (self.texels[base], self.texels[base + right]);
        let (c, d) = (self.texels[base + below], self.texels[base + below + right]);
        blend([a, b], [c, d], fx, fy)
    }
}

/// The colour between four texels.
#[inline(always)]
fn blend(above: [[f32; 4]; 2], below: [[f32; 4]; 2], fx: f32, fy: f32) -> [f32; 4] {
    between(between(above[0], above[1], fx), between(below[0], below[1], fx), fy)
}

/// A number of texels in 1/65536, wrapped around for negative ones.
#[inline(always)]
fn fixed(texels: f32) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "textures are a few thousand texels wide")]
    let fixed = (texels * 65_536.0) as i32;
    fixed.cast_unsigned()
}

/// `a` at 0, `b` at 1. Spelt out, for the compiler then computes all four at once.
#[inline(always)]
fn between(a: [f32; 4], b: [f32; 4], share: f32) -> [f32; 4] {
    [
        a[0] + (b[0] - a[0]) * share,
        a[1] + (b[1] - a[1]) * share,
        a[2] + (b[2] - a[2]) * share,
        a[3] + (b[3] - a[3]) * share,
    ]
}
