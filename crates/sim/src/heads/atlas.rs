//! Where each point of a head lies in its texture, and what lies at each point of the texture.
//!
//! The skin is unrolled as a cylinder around the neutral head: the same for every person, so that one map from texture
//! to anatomy, made once, serves all. Eyes and accessories have patches of their own below the skin.

use crate::math::{Vec3, index, smoothstep};

use super::asset::Part;

/// Texels across.
pub(crate) const WIDTH: usize = 512;
/// Texels down, of the skin.
pub(crate) const SKIN_HEIGHT: usize = 576;
/// Texels down, of all.
pub(crate) const HEIGHT: usize = SKIN_HEIGHT + PATCH;
/// Texels across and down of each patch below the skin.
pub(crate) const PATCH: usize = 64;
/// Angle to each side that the skin covers, radians; what is farther back takes the colour of the edge.
const HALF_ANGLE_RAD: f32 = 1.9;
/// The cylinder's axis lies this far behind the eyes, metres.
const AXIS_Z_METRES: f32 = -0.085;
/// Height above the eyes of the first row, metres.
const TOP_METRES: f32 = 0.125;
/// Height of the last row, metres.
const BOTTOM_METRES: f32 = -0.345;

/// What a patch below the skin is for; they lie side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patch {
    LeftEye = 0,
    RightEye = 1,
    Frame = 2,
    LongHair = 3,
}

impl Patch {
    /// Texel coordinates of a point in the patch, `across` and `down` in 0..=1.
    pub(crate) fn texel(self, across: f32, down: f32) -> [f32; 2] {
        // A margin of a texel keeps the bilinear look-up inside the patch.
        let inside = |unit: f32| 1.0 + unit.clamp(0.0, 1.0) * (PATCH as f32 - 3.0);
        [(self as usize * PATCH) as f32 + inside(across), SKIN_HEIGHT as f32 + inside(down)]
    }

    /// The first column and row of the patch.
    pub(crate) fn corner(self) -> (usize, usize) {
        (self as usize * PATCH, SKIN_HEIGHT)
    }
}

/// What lies under one texel of the skin.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Site {
    /// On the neutral head, metres.
    pub(crate) at: Vec3,
    /// Lips, lids, ears, inner mouth; 0..=1.
    pub(crate) weights: [f32; 4],
    /// Whether anything lies there.
    pub(crate) is_skin: bool,
}

/// The map from texture to anatomy.
#[derive(Debug)]
pub(crate) struct Atlas {
    /// `WIDTH * SKIN_HEIGHT`, row by row.
    pub(crate) sites: Vec<Site>,
    /// Texel coordinates of the vertices that belong to the body.
    pub(crate) texels: Vec<[f32; 2]>,
}

impl Atlas {
    pub(super) fn of_neutral(
        neutral: &[Vec3],
        parts: &[Part],
        weights: &[[f32; 4]],
        triangles: &[[u16; 3]],
    ) -> Self {
        let texels: Vec<[f32; 2]> = neutral.iter().map(|&at| texel(at)).collect();
        let mut painter = Painter {
            sites: vec![Site::default(); WIDTH * SKIN_HEIGHT],
            radius: vec![f32::MIN; WIDTH * SKIN_HEIGHT],
        };
        for triangle in triangles {
            let corners = triangle.map(usize::from);
            if corners.iter().all(|&corner| parts[corner] == Part::Body) {
                painter.triangle(corners.map(|c| (texels[c], neutral[c], weights[c])));
            }
        }
        Self { sites: painter.sites, texels }
    }
}

/// Texel coordinates of a point of the neutral head.
fn texel(at: Vec3) -> [f32; 2] {
    let angle = at.x.atan2(at.z - AXIS_Z_METRES);
    let across = (angle / HALF_ANGLE_RAD).clamp(-1.0, 1.0) * 0.5 + 0.5;
    let down = ((TOP_METRES - at.y) / (TOP_METRES - BOTTOM_METRES)).clamp(0.0, 1.0);
    [across * (WIDTH as f32 - 1.0), down * (SKIN_HEIGHT as f32 - 1.0)]
}

struct Painter {
    sites: Vec<Site>,
    /// Distance from the axis of what is there: the outermost layer wins over the inner mouth and folded lids.
    radius: Vec<f32>,
}

impl Painter {
    fn triangle(&mut self, corners: [([f32; 2], Vec3, [f32; 4]); 3]) {
        let [([ax, ay], ..), ([bx, by], ..), ([cx, cy], ..)] = corners;
        let area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
        let width = ax.max(bx).max(cx) - ax.min(bx).min(cx);
        // A triangle across the seam at the back would smear over the whole width.
        if area.abs() < 1e-6 || width > WIDTH as f32 / 2.0 {
            return;
        }
        let columns = index(ax.min(bx).min(cx).ceil())..=index(ax.max(bx).max(cx)).min(WIDTH - 1);
        for row in index(ay.min(by).min(cy).ceil())..=index(ay.max(by).max(cy)).min(SKIN_HEIGHT - 1) {
            for column in columns.clone() {
                let (x, y) = (column as f32, row as f32);
                let b = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area;
                let c = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area;
                let shares = [1.0 - b - c, b, c];
                if shares.iter().all(|&share| share >= -1e-4) {
                    self.site(row * WIDTH + column, &corners, shares);
                }
            }
        }
    }

    fn site(&mut self, texel: usize, corners: &[([f32; 2], Vec3, [f32; 4]); 3], shares: [f32; 3]) {
        let at =
            corners.iter().zip(shares).fold(Vec3::default(), |sum, ((_, at, _), share)| sum + *at * share);
        let radius = at.x.hypot(at.z - AXIS_Z_METRES);
        if radius <= self.radius[texel] {
            return;
        }
        let weight = |i: usize| corners.iter().zip(shares).map(|((.., w), share)| w[i] * share).sum::<f32>();
        // The masks are sampled at vertices; sharpening brings the outline back.
        let weights = std::array::from_fn(|i| smoothstep(0.25, 0.75, weight(i)));
        self.radius[texel] = radius;
        self.sites[texel] = Site { at, weights, is_skin: true };
    }
}
