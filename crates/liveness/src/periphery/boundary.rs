//! C2: straight edges around the face, as paper, phones and frames have them.
//!
//! On each of the four sides of the face the best straight line is sought, up to 12 degrees askew and up to 2.2 face widths
//! away: the share of its length over which light changes across it in one sense. The value is less the third best of
//! the four sides, because a door or a shelf gives one or two. Needs an edge that can be seen: where the medium fills the
//! frame there is none.

use verilume_vision::flow::GreyImage;

use super::regions::Regions;
use crate::Cue;
use crate::stats::median;

/// Name of the cue.
pub const BOUNDARY: &str = "boundary";

/// Lines are sought this far from the centre of the face, in face widths.
const NEAREST: f32 = 0.75;
const FURTHEST: f32 = 2.2;
/// How much of a line is looked at, face widths.
pub(super) const LENGTH: f32 = 1.5;
/// Light must change by this much across the line, steps of 8 bits a pixel. Origin: reasoning, three times the noise of
/// an indoor camera.
const CONTRAST: f32 = 8.0;
/// How much askew, degrees, and in which steps.
const ASKEW_DEG: [f32; 13] = [-12.0, -10.0, -8.0, -6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0];
/// Samples nearer than this to the rim of the frame do not count, pixels: pictures end there, black bars too.
const RIM: f32 = 4.0;

/// The best straight line on one side of the face.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Edge {
    /// The share of its length over which light changes in one sense, 0..=1.
    pub(super) share: f32,
    /// Away from the face, length 1.
    pub(super) normal: (f32, f32),
    /// How far from the centre of the face, pixels.
    pub(super) away: f32,
}

/// What was found in the frames looked at.
#[derive(Default)]
pub(super) struct Boundary {
    found: Vec<f64>,
}

impl Boundary {
    /// Looks at a frame; the best line on each side.
    pub(super) fn push(&mut self, image: &GreyImage, regions: &Regions) -> [Edge; 4] {
        let edges = [0.0f32, 90.0, 180.0, 270.0].map(|towards| best_line(image, regions, towards));
        let mut shares = edges.map(|edge| edge.share);
        shares.sort_by(|a, b| b.total_cmp(a));
        self.found.push(f64::from(shares[2]));
        edges
    }
}

/// Less the share of a line found on three sides.
pub(super) fn cue(boundary: &Boundary) -> Cue {
    let cue = Cue::of(
        BOUNDARY,
        "1",
        "no straight edges around the face",
        "straight edges on three sides of the face, as of paper or a device",
    );
    let value = median(&mut boundary.found.clone()).map(|share| -share);
    Cue { value: value.ok_or_else(|| "no face was seen".to_owned()), ..cue }
}

/// The best line on one side. `towards`: where the side lies, degrees, 0 to the right, 90 below.
fn best_line(image: &GreyImage, regions: &Regions, towards: f32) -> Edge {
    let width = regions.face_width();
    let mut best = Edge::default();
    for askew in ASKEW_DEG {
        let (sin, cos) = (towards + askew).to_radians().sin_cos();
        let mut away = NEAREST * width;
        while away <= FURTHEST * width {
            let share = line(image, regions, (cos, sin), away);
            if share > best.share {
                best = Edge { share, normal: (cos, sin), away };
            }
            away += 2.0;
        }
    }
    best
}

/// The share of a line over which light changes across it in one sense. `normal` points away from the face.
fn line(image: &GreyImage, regions: &Regions, normal: (f32, f32), away: f32) -> f32 {
    let centre = regions.centre();
    let (middle_x, middle_y) = (centre.x + normal.0 * away, centre.y + normal.1 * away);
    let half = LENGTH * regions.face_width() / 2.0;
    let (mut brighter, mut darker, mut samples) = (0u32, 0u32, 0u32);
    let mut along = -half;
    while along <= half {
        let (x, y) = (middle_x - normal.1 * along, middle_y + normal.0 * along);
        samples += 1;
        if let Some(change) = change(image, x, y, normal) {
            brighter += u32::from(change > CONTRAST);
            darker += u32::from(change < -CONTRAST);
        }
        along += 3.0;
    }
    brighter.max(darker) as f32 / samples.max(1) as f32
}

/// Change of light along `normal` over two pixels, a pixel; `None` near the rim.
fn change(image: &GreyImage, x: f32, y: f32, normal: (f32, f32)) -> Option<f32> {
    let at = |steps: f32| {
        let (x, y) = (x + normal.0 * steps, y + normal.1 * steps);
        let inside =
            x >= RIM && y >= RIM && x < image.width() as f32 - RIM && y < image.height() as f32 - RIM;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside the image")]
        inside.then(|| image.row(y as usize)[x as usize])
    };
    Some((at(1.0)? - at(-1.0)?) / 2.0)
}
