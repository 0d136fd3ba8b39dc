//! Reads `assets/sim/heads.bin`: untrusted bytes, so every count and index is checked.

use std::collections::HashMap;

use crate::error::{HeadsError, HeadsErrorKind};
use crate::math::Vec3;

use super::atlas::Atlas;

const MAGIC: &[u8; 8] = b"VLHEADS1";
/// More vertices than a vertex number can name make no sense.
const MAX_VERTICES: usize = 1 << 16;
/// More than any head needs.
const MAX_TRIANGLES: usize = 1 << 17;
/// More than any head needs.
const MAX_SHAPES: usize = 1 << 12;
/// No point of a head lies farther from the eyes, metres.
const MAX_EXTENT_METRES: f32 = 2.0;

/// What a vertex belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Body,
    LeftEye,
    RightEye,
}

/// One shape: moves of some vertices at full weight.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) name: String,
    /// Vertex and move, metres.
    pub(crate) moves: Vec<(u16, Vec3)>,
    /// The longest of the moves, metres.
    pub(crate) reach_metres: f32,
}

/// The head asset: a neutral mesh and the shapes that make persons of it. Read once, shared by all sessions.
#[derive(Debug)]
pub struct Heads {
    pub(crate) neutral: Vec<Vec3>,
    pub(crate) parts: Vec<Part>,
    /// Lips, lids, ears, inner mouth; 0..=1.
    pub(crate) weights: Vec<[f32; 4]>,
    pub(crate) triangles: Vec<[u16; 3]>,
    pub(crate) shapes: Vec<Shape>,
    by_name: HashMap<String, usize>,
    pub(crate) atlas: Atlas,
}

impl Heads {
    /// Reads the bytes of `heads.bin`.
    pub fn read(bytes: &[u8]) -> Result<Self, HeadsError> {
        let mut reader = Reader { rest: bytes };
        if reader.take(MAGIC.len())? != MAGIC {
            return Err(HeadsError::new(HeadsErrorKind::WrongFormat, "not a file of this version"));
        }
        let vertex_count = reader.count("vertices", MAX_VERTICES)?;
        let triangle_count = reader.count("triangles", MAX_TRIANGLES)?;
        let shape_count = reader.count("shapes", MAX_SHAPES)?;
        let neutral = (0..vertex_count).map(|_| reader.point()).collect::<Result<Vec<_>, _>>()?;
        let parts =
            reader.take(vertex_count)?.iter().map(|&code| part(code)).collect::<Result<Vec<_>, _>>()?;
        let weights = reader.take(vertex_count * 4)?;
        let weights =
            weights.chunks_exact(4).map(|w| std::array::from_fn(|i| f32::from(w[i]) / 255.0)).collect();
        let mut triangles = Vec::with_capacity(triangle_count.min(bytes.len() / 6));
        for _ in 0..triangle_count {
            triangles.push([
                reader.vertex(vertex_count)?,
                reader.vertex(vertex_count)?,
                reader.vertex(vertex_count)?,
            ]);
        }
        let shapes = (0..shape_count).map(|_| reader.shape(vertex_count)).collect::<Result<Vec<_>, _>>()?;
        if !reader.rest.is_empty() {
            return Err(HeadsError::new(HeadsErrorKind::WrongLength, "bytes after the end"));
        }
        Self::assemble(neutral, parts, weights, triangles, shapes)
    }

    fn assemble(
        neutral: Vec<Vec3>,
        parts: Vec<Part>,
        weights: Vec<[f32; 4]>,
        triangles: Vec<[u16; 3]>,
        shapes: Vec<Shape>,
    ) -> Result<Self, HeadsError> {
        for part in [Part::LeftEye, Part::RightEye] {
            if !parts.contains(&part) {
                return Err(HeadsError::new(HeadsErrorKind::OutOfRange, "a head needs two eyes"));
            }
        }
        let by_name = shapes.iter().enumerate().map(|(at, shape)| (shape.name.clone(), at)).collect();
        let atlas = Atlas::of_neutral(&neutral, &parts, &weights, &triangles);
        let heads = Self { neutral, parts, weights, triangles, shapes, by_name, atlas };
        for name in super::shape::REQUIRED {
            heads.shape(name)?;
        }
        Ok(heads)
    }

    /// A shape by its name.
    pub(crate) fn shape(&self, name: &str) -> Result<&Shape, HeadsError> {
        let index = self.by_name.get(name);
        let missing = || HeadsError::new(HeadsErrorKind::MissingShape, format!("no shape {name}"));
        index.map(|&index| &self.shapes[index]).ok_or_else(missing)
    }

    /// The numbers of the shapes of a group (the part of the name before the slash).
    pub(crate) fn group(&self, group: &str) -> Vec<usize> {
        let is_member = |shape: &Shape| shape.name.split_once('/').is_some_and(|(name, _)| name == group);
        (0..self.shapes.len()).filter(|&index| is_member(&self.shapes[index])).collect()
    }
}

fn part(code: u8) -> Result<Part, HeadsError> {
    match code {
        0 => Ok(Part::Body),
        1 => Ok(Part::LeftEye),
        2 => Ok(Part::RightEye),
        _ => Err(HeadsError::new(HeadsErrorKind::OutOfRange, format!("no part {code}"))),
    }
}

struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Result<&'b [u8], HeadsError> {
        let ends_early = || HeadsError::new(HeadsErrorKind::WrongLength, "ends too early");
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(ends_early)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], HeadsError> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.take(N)?);
        Ok(bytes)
    }

    fn count(&mut self, what: &str, most: usize) -> Result<usize, HeadsError> {
        let count = u32::from_le_bytes(self.array()?) as usize;
        if count > most {
            return Err(HeadsError::new(HeadsErrorKind::OutOfRange, format!("{count} {what}")));
        }
        Ok(count)
    }

    fn number(&mut self) -> Result<f32, HeadsError> {
        let number = f32::from_le_bytes(self.array()?);
        if !number.is_finite() || number.abs() > MAX_EXTENT_METRES {
            return Err(HeadsError::new(HeadsErrorKind::OutOfRange, format!("{number} metres")));
        }
        Ok(number)
    }

    fn point(&mut self) -> Result<Vec3, HeadsError> {
        Ok(Vec3::new(self.number()?, self.number()?, self.number()?))
    }

    fn vertex(&mut self, count: usize) -> Result<u16, HeadsError> {
        let vertex = u16::from_le_bytes(self.array()?);
        if usize::from(vertex) >= count {
            return Err(HeadsError::new(HeadsErrorKind::OutOfRange, format!("no vertex {vertex}")));
        }
        Ok(vertex)
    }

    fn shape(&mut self, vertex_count: usize) -> Result<Shape, HeadsError> {
        let [length] = self.array()?;
        let name = std::str::from_utf8(self.take(usize::from(length))?);
        let name = name.map_err(|error| HeadsError::new(HeadsErrorKind::OutOfRange, error.to_string()))?;
        let scale = self.number()?;
        let count = u16::from_le_bytes(self.array()?);
        let mut moves = Vec::with_capacity(usize::from(count).min(self.rest.len() / 8));
        for _ in 0..count {
            let vertex = self.vertex(vertex_count)?;
            let mut axis = || Ok(f32::from(i16::from_le_bytes(self.array()?)) * scale);
            moves.push((vertex, Vec3::new(axis()?, axis()?, axis()?)));
        }
        let reach_metres = moves.iter().map(|(_, delta)| delta.length()).fold(0.0, f32::max);
        Ok(Shape { name: name.to_owned(), moves, reach_metres })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn another_format_is_named() {
        let kind = Heads::read(b"VLHEADS0\0\0\0\0").map(|_| ()).map_err(|error| error.kind());
        assert_eq!(kind, Err(HeadsErrorKind::WrongFormat));
    }

    #[test]
    fn a_huge_count_is_refused_before_anything_is_reserved() {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(u32::MAX.to_le_bytes());
        let kind = Heads::read(&bytes).map(|_| ()).map_err(|error| error.kind());
        assert_eq!(kind, Err(HeadsErrorKind::OutOfRange));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..400), whole_header in any::<bool>()) {
            if whole_header {
                bytes.splice(0..0, MAGIC.iter().copied());
            }
            let _ = Heads::read(&bytes);
        }

        #[test]
        fn damaged_files_do_not_panic(at in any::<prop::sample::Index>(), value in any::<u8>(), cut in 0usize..200) {
            let Some(mut bytes) = crate::tests::heads_bytes() else { return Ok(()) };
            // The parser is linear in the file: the head and the tail of it hold everything that can go wrong.
            let at = at.index(bytes.len());
            bytes[at] = value;
            bytes.truncate(bytes.len() - cut);
            let _ = Heads::read(&bytes);
        }
    }
}
