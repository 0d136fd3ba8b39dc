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

    /// The colour between texels, bilinear; outside counts as the edge.
    // Called for every pixel: the call itself would cost a fifth of a frame.
    #[inline(always)]
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
        let shares = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
        std::array::from_fn(|i| shares[0] * a[i] + shares[1] * b[i] + shares[2] * c[i] + shares[3] * d[i])
    }
}
