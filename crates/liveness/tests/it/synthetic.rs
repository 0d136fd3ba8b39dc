//! Chip-level sessions: `y = G(t) rho (A + sum M s b(t - lag)) + noise` for each cell and block, with exposure
//! control, white balance and autocorrelated noise. The head is an ellipsoid with nose and eye sockets whose normals
//! are known in closed form, so the detector's mesh normals are tested too.

use verilume_frame::{FaceLandmarks, Point3, Rect, Timestamp, mesh};
use verilume_liveness::flash::{
    CELL_COUNT, FaceShape, FlashTraces, GRID_COLUMNS, GRID_ROWS, PatchMean, TraceFrame,
};
use verilume_protocol::challenge::{FlashChallenge, FlashProfile, Half, ScreenTimeline};

/// Width and height of the frame, pixels.
pub(crate) const FRAME: (f64, f64) = (480.0, 640.0);
const FOCAL_PX: f64 = 540.0;
const DISTANCE_MM: f64 = 320.0;
const PX_PER_MM: f64 = FOCAL_PX / DISTANCE_MM;
/// Primaries of the screen seen by the channels of the camera.
const CROSSTALK: [[f64; 3]; 3] = [[1.0, 0.08, 0.02], [0.06, 1.0, 0.10], [0.01, 0.08, 1.0]];

/// What is before the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A head lit by the screen.
    Live,
    /// A recording that does not react.
    Static,
    /// A recording on a display whose glass mirrors the screen over a third of the face.
    Mirror,
    /// A head lit by the screen of another session.
    OtherSession,
    /// A picture whose face software tints by this challenge.
    FaceTint,
    /// A picture that software tints all over.
    FrameTint,
}

/// SplitMix64.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.bits().to_le_bytes()[..chunk.len()]);
        }
    }
}

/// A session: what was shown and what was seen.
pub(crate) struct Session {
    pub(crate) traces: FlashTraces,
    pub(crate) timeline: ScreenTimeline,
}

/// A session of `subject` at `lux` of ambient light with a 400 cd/m2 phone, reproducible by `seed`.
pub(crate) fn session(subject: Subject, lux: f64, profile: FlashProfile, seed: u64) -> Session {
    let mut noise = Noise::new(seed);
    let challenge = FlashChallenge::mint(profile, |bytes| noise.fill(bytes)).unwrap();
    session_shown(subject, lux, &challenge, noise)
}

/// A session of `subject` before a given challenge.
pub(crate) fn session_shown(
    subject: Subject,
    lux: f64,
    challenge: &FlashChallenge,
    mut noise: Noise,
) -> Session {
    let other = FlashChallenge::mint(*challenge.profile(), |bytes| noise.fill(bytes)).unwrap();
    let timeline = ScreenTimeline::nominal(challenge, 0.6);
    let seen = if subject == Subject::OtherSession {
        ScreenTimeline::nominal(&other, 0.6)
    } else {
        timeline.clone()
    };
    let traces = capture(subject, lux, &seen, &mut noise);
    Session { traces, timeline }
}

/// One patch of the scene: albedo by channel, ambient light, and what each half of the white screen adds, lux.
struct Patch {
    albedo: [f64; 3],
    ambient: f64,
    screen: [f64; 2],
}

impl Patch {
    fn light(&self, drive: &[[f64; 3]; 2]) -> [f64; 3] {
        std::array::from_fn(|c| {
            let screen = (0..2).map(|half| {
                let seen: f64 = (0..3).map(|j| CROSSTALK[c][j] * drive[half][j]).sum();
                self.screen[half] * seen
            });
            self.albedo[c] * (self.ambient + screen.sum::<f64>())
        })
    }
}

fn scene(subject: Subject, lux: f64, noise: &mut Noise) -> (Vec<Patch>, Vec<Patch>) {
    let skin = 0.1 + 0.4 * noise.unit();
    let lean = noise.normal() * 0.15;
    let mut texture = Noise::new(noise.bits());
    let reacts = matches!(subject, Subject::Live | Subject::OtherSession);
    let tint = lux * 0.15;
    let cells = (0..CELL_COUNT).map(|cell| {
        let (x, y) = cell_centre_mm(cell);
        let brightness = skin * (0.1 * texture.normal()).exp();
        let screen = match subject {
            _ if reacts => [Half::Top, Half::Bottom].map(|half| irradiance(x, y, half)),
            Subject::Static => [0.0; 2],
            Subject::Mirror => {
                if x.abs() < 30.0 && y > 20.0 {
                    [tint; 2]
                } else {
                    [0.0; 2]
                }
            }
            _ => [tint; 2],
        };
        let ambient = lux * (1.0 + lean * x / 70.0 - 0.1 * y / 90.0);
        Patch { albedo: [brightness, brightness * 0.7, brightness * 0.55], ambient, screen }
    });
    let blocks = (0..24).map(|_| {
        let screen = match subject {
            Subject::FrameTint => [tint; 2],
            _ if reacts => [0.5; 2],
            _ => [0.0; 2],
        };
        Patch { albedo: [0.1 + 0.5 * noise.unit(); 3], ambient: lux * (0.5 + noise.unit()), screen }
    });
    (cells.collect(), blocks.collect())
}

fn capture(subject: Subject, lux: f64, screen: &ScreenTimeline, noise: &mut Noise) -> FlashTraces {
    let (cells, blocks) = scene(subject, lux, noise);
    let lag = 0.05 + 0.06 * noise.unit();
    let end = screen.change_at(screen.slots().len()) + 0.35;
    let mut time = 0.05;
    let (mut exposure, mut balance) = (f64::NAN, [1.0; 3]);
    let mut shared = vec![[0.0; 3]; cells.len() + blocks.len()];
    let mut frames = Vec::new();
    while time < end {
        let drive = [Half::Top, Half::Bottom].map(|half| {
            screen.mean_drive(half, time - lag - 0.02, time - lag).map(|level| screen.profile().light(level))
        });
        let light: Vec<[f64; 3]> = cells.iter().chain(&blocks).map(|patch| patch.light(&drive)).collect();
        let mean: [f64; 3] =
            std::array::from_fn(|c| light.iter().map(|l| l[c]).sum::<f64>() / light.len() as f64);
        let target = 0.2 / mean[1];
        exposure = if exposure.is_nan() { target } else { exposure * (target / exposure).powf(0.06) };
        for (c, balance) in balance.iter_mut().enumerate() {
            *balance *= (mean[1] / mean[c] / *balance).powf(0.012);
        }
        let patches = light.iter().zip(&mut shared).map(|(light, shared)| {
            let rgb = std::array::from_fn(|c| {
                shared[c] = 0.5 * shared[c] + 0.004 * noise.normal();
                let value = light[c] * exposure * balance[c] * (1.0 + shared[c]);
                #[expect(clippy::cast_possible_truncation, reason = "0..=1")]
                let value = value.clamp(0.0, 1.0) as f32;
                value
            });
            PatchMean { rgb, usable: 1.0 }
        });
        let mut patches: Vec<PatchMean> = patches.collect();
        let blocks = patches.split_off(cells.len());
        frames.push(TraceFrame::new(Timestamp::from_secs(time), patches, blocks));
        time += 1.0 / 30.0 + 0.003 * noise.normal();
    }
    FlashTraces::new(frames, face_shape())
}

/// Irradiance on the head at a place of the face by half of a white phone, lux: twelve patches, exact normals.
fn irradiance(x_mm: f64, y_mm: f64, half: Half) -> f64 {
    let step = 0.5;
    let slope_x = (depth_mm(x_mm + step, y_mm) - depth_mm(x_mm - step, y_mm)) / (2.0 * step);
    let slope_y = (depth_mm(x_mm, y_mm + step) - depth_mm(x_mm, y_mm - step)) / (2.0 * step);
    let length = (1.0 + slope_x * slope_x + slope_y * slope_y).sqrt();
    let normal = [slope_x / length, slope_y / length, -1.0 / length];
    // The camera is 75 mm above the middle of the screen and level with the eyes; y grows downwards.
    let point = [x_mm, y_mm - 75.0, DISTANCE_MM + depth_mm(x_mm, y_mm)];
    let mut lux = 0.0;
    for row in 0..4 {
        let y = if half == Half::Top { -61.25 + 17.5 * f64::from(row) } else { 8.75 + 17.5 * f64::from(row) };
        for column in 0..3 {
            let to = [-21.67 + 21.67 * f64::from(column) - point[0], y - point[1], -point[2]];
            let squared: f64 = to.iter().map(|v| v * v).sum();
            let range = squared.sqrt();
            let facing = to.iter().zip(normal).map(|(t, n)| t * n).sum::<f64>() / range;
            lux += 400.0 * (point[2] / range).powf(1.7) * facing.max(0.0) / squared * (65.0 * 70.0 / 12.0);
        }
    }
    lux
}

/// Depth of the head behind the tip of its ellipsoid, mm; the origin is between the eyes, y grows downwards.
fn depth_mm(x: f64, y: f64) -> f64 {
    let bump = |cx: f64, cy: f64, sx: f64, sy: f64| {
        (-((x - cx) / sx).powi(2) / 2.0 - ((y - cy) / sy).powi(2) / 2.0).exp()
    };
    let ellipsoid = 75.0 * (1.0 - (1.0 - (x / 80.0).powi(2) - ((y - 22.0) / 106.0).powi(2)).max(0.02).sqrt());
    ellipsoid - 22.0 * bump(0.0, 36.0, 11.0, 18.0)
        + 6.0 * (bump(-31.0, 0.0, 13.0, 9.0) + bump(31.0, 0.0, 13.0, 9.0))
}

fn cell_centre_mm(cell: usize) -> (f64, f64) {
    let grid = grid_px();
    let (column, row) = ((cell % GRID_COLUMNS) as f64 + 0.5, (cell / GRID_COLUMNS) as f64 + 0.5);
    let x = f64::from(grid.x) + column / GRID_COLUMNS as f64 * f64::from(grid.width);
    let y = f64::from(grid.y) + row / GRID_ROWS as f64 * f64::from(grid.height);
    (x / PX_PER_MM, y / PX_PER_MM)
}

fn grid_px() -> Rect {
    Rect::bounding(mesh_mm().iter().map(|p| Point3::new(p.x * 1.6875, p.y * 1.6875, 0.0).xy())).unwrap()
}

/// A mesh of the head in millimetres, named points where they belong, the others spread over the ellipse.
fn mesh_mm() -> Vec<Point3> {
    #[expect(clippy::cast_possible_truncation, reason = "millimetres")]
    let on_head = |x: f64, y: f64| Point3::new(x as f32, y as f32, depth_mm(x, y) as f32);
    let golden = std::f64::consts::PI * (3.0 - 5f64.sqrt());
    let mut points: Vec<Point3> = (0..468)
        .map(|at| {
            let (radius, angle) = ((f64::from(at) / 468.0).sqrt() * 0.97, golden * f64::from(at));
            on_head(70.0 * radius * angle.cos(), 22.0 + 92.0 * radius * angle.sin())
        })
        .collect();
    for (at, point) in mesh::FACE_OVAL.iter().enumerate() {
        let angle = at as f64 / mesh::FACE_OVAL.len() as f64 * 2.0 * std::f64::consts::PI;
        points[*point] = on_head(70.0 * angle.sin(), 22.0 - 92.0 * angle.cos());
    }
    for (point, x) in [
        (mesh::RIGHT_EYE_OUTER, -44.0),
        (mesh::RIGHT_EYE_INNER, -19.0),
        (mesh::LEFT_EYE_INNER, 19.0),
        (mesh::LEFT_EYE_OUTER, 44.0),
    ] {
        points[point] = on_head(x, 0.0);
    }
    points
}

/// The head as the extractor would report it.
pub(crate) fn face_shape() -> FaceShape {
    #[expect(clippy::cast_possible_truncation, reason = "a small factor")]
    let scale = PX_PER_MM as f32;
    FaceShape {
        points: mesh_mm().iter().map(|p| Point3::new(p.x * scale, p.y * scale, p.z * scale)).collect(),
        grid: grid_px(),
        eyes_in_image: (FRAME.0 / 2.0, FRAME.1 / 2.0),
        roll_rad: 0.0,
        frame_size: FRAME,
    }
}

/// The head's mesh in the image, turned by `roll_rad` and shifted by `shift_px` from the middle.
pub(crate) fn landmarks(roll_rad: f32, shift_px: (f32, f32)) -> FaceLandmarks {
    let (sin, cos) = roll_rad.sin_cos();
    let shape = face_shape();
    let points = shape.points.iter().map(|p| {
        let (x, y) = (cos * p.x - sin * p.y, sin * p.x + cos * p.y);
        Point3::new(x + 240.0 + shift_px.0, y + 320.0 + shift_px.1, p.z)
    });
    FaceLandmarks::new(points.collect()).unwrap()
}
