//! Self-shadow: how much of each direction of the room and of each half of the screen a vertex sees.
//!
//! Computed once a session by depth maps from the lights; the head's small motions leave it valid.

use crate::math::{Pose, Vec3, index};
use crate::render::Mesh;

use super::ambient::{Ambient, DIRECTIONS};
use super::screen::{Half, ScreenPanel};

/// Texels a side of a depth map.
const MAP: usize = 112;
/// A vertex this much behind the map still counts as lit, metres: it covers a map texel on a slope.
const BIAS_METRES: f32 = 0.005;
/// Half the width of what a map covers, metres.
const REACH_METRES: f32 = 0.22;
/// The middle of what a map covers, in the head's frame, metres.
const MIDDLE: Vec3 = Vec3::new(0.0, -0.06, -0.06);

/// What each vertex of a mesh sees.
#[derive(Debug, Clone)]
pub(crate) struct Visibility {
    /// One list a direction of the room.
    room: Vec<Vec<f32>>,
    /// The upper and lower half of the screen.
    screen: [Vec<f32>; 2],
}

impl Visibility {
    /// For a head in its usual pose; `is_exempt` vertices (eyeballs, whose few vertices lie behind the lids) get a flat
    /// share.
    pub(crate) fn compute(
        mesh: &Mesh,
        ambient: &Ambient,
        panel: &ScreenPanel,
        world_from_body: &Pose,
        is_exempt: impl Fn(usize) -> bool,
    ) -> Self {
        const EXEMPT_ROOM: f32 = 0.7;
        const EXEMPT_SCREEN: f32 = 0.92;
        let body_from_world = world_from_body.inverse();
        let mut map = DepthMap::new();
        let mut of_light = |towards: Vec3, exempt: f32| {
            map.draw(mesh, towards.normalised());
            let share = |vertex| {
                if is_exempt(vertex) { exempt } else { map.visible(mesh, vertex) }
            };
            (0..mesh.len()).map(share).collect::<Vec<f32>>()
        };
        let room =
            ambient.directions().iter().map(|&d| of_light(body_from_world.turn(d), EXEMPT_ROOM)).collect();
        // Seen from the face the middle of a half is far enough to count as a direction.
        let screen = [Half::Top, Half::Bottom]
            .map(|half| of_light(body_from_world.apply(panel.centre(half)) - MIDDLE, EXEMPT_SCREEN));
        Self { room, screen }
    }

    /// The same for the room, with the screen seen from everywhere.
    pub(crate) fn without_screen_shadow(mut self) -> Self {
        self.screen.iter_mut().for_each(|half| half.fill(1.0));
        self
    }

    /// For the direction of this number.
    pub(crate) fn of_direction(&self, direction: usize) -> &[f32] {
        self.room.get(direction.min(DIRECTIONS - 1)).map_or(&[], Vec::as_slice)
    }

    /// For one half of the screen.
    pub(crate) fn of_screen(&self, half: Half) -> &[f32] {
        &self.screen[if half == Half::Top { 0 } else { 1 }]
    }
}

/// Depths along one direction; larger is nearer to the light.
struct DepthMap {
    depths: Vec<f32>,
    /// Across, along and towards the light.
    axes: [Vec3; 3],
    projected: Vec<[f32; 3]>,
}

impl DepthMap {
    fn new() -> Self {
        let zero = Vec3::default();
        Self { depths: vec![f32::MIN; MAP * MAP], axes: [zero; 3], projected: Vec::new() }
    }

    fn project(&self, at: Vec3) -> [f32; 3] {
        let at = at - MIDDLE;
        let texel = |along: f32| (along / REACH_METRES * 0.5 + 0.5) * MAP as f32;
        [texel(at.dot(self.axes[0])), texel(at.dot(self.axes[1])), at.dot(self.axes[2])]
    }

    fn draw(&mut self, mesh: &Mesh, towards: Vec3) {
        let helper = if towards.y.abs() < 0.9 { Vec3::new(0.0, 1.0, 0.0) } else { Vec3::new(1.0, 0.0, 0.0) };
        let across = helper.cross(towards).normalised();
        self.axes = [across, towards.cross(across), towards];
        self.depths.fill(f32::MIN);
        let projected: Vec<[f32; 3]> =
            (0..mesh.len()).map(|vertex| self.project(mesh.at.get(vertex))).collect();
        self.projected = projected;
        for triangle in &mesh.triangles {
            let corners = triangle.map(|vertex| self.projected[usize::from(vertex)]);
            self.triangle(corners);
        }
    }

    fn triangle(&mut self, [a, b, c]: [[f32; 3]; 3]) {
        let area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
        // Only surfaces that face the light: the far side of a closed head would shadow nothing more.
        if area <= 1e-6 {
            return;
        }
        let bounds = |axis: usize| {
            let low = a[axis].min(b[axis]).min(c[axis]).max(0.0);
            let high = a[axis].max(b[axis]).max(c[axis]).min(MAP as f32 - 1.0);
            (index(low.ceil()), high)
        };
        let ((left, right), (top, bottom)) = (bounds(0), bounds(1));
        if right < 0.0 || bottom < 0.0 {
            return;
        }
        for row in top..=index(bottom) {
            for column in left..=index(right) {
                let (x, y) = (column as f32, row as f32);
                let share_b = ((x - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (y - a[1])) / area;
                let share_c = ((b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1])) / area;
                if share_b < 0.0 || share_c < 0.0 || share_b + share_c > 1.0 {
                    continue;
                }
                let depth = a[2] + share_b * (b[2] - a[2]) + share_c * (c[2] - a[2]);
                let texel = &mut self.depths[row * MAP + column];
                *texel = texel.max(depth);
            }
        }
    }

    /// The share of the nine texels around a vertex that nothing stands in front of.
    fn visible(&self, mesh: &Mesh, vertex: usize) -> f32 {
        let [x, y, depth] = self.projected[vertex];
        if !(1.0..MAP as f32 - 2.0).contains(&x) || !(1.0..MAP as f32 - 2.0).contains(&y) {
            return 1.0;
        }
        // On a slope the neighbours are nearer to the light by themselves.
        let slope = mesh.normal.get(vertex).dot(self.axes[2]).max(0.25);
        let limit = depth + BIAS_METRES / slope;
        let (column, row) = (index(x.round()), index(y.round()));
        let lit = (row - 1..=row + 1)
            .flat_map(|row| (column - 1..=column + 1).map(move |column| row * MAP + column))
            .filter(|&texel| self.depths[texel] <= limit)
            .count();
        lit as f32 / 9.0
    }
}
