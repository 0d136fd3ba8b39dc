//! The second pass: the light that reaches each pixel.

use super::body::{Body, Display, RowLight, Surface};
use super::raster::{Buffers, Optics, body_and_triangle};

/// Four numbers that the compiler computes at once: a colour, and one that is left over.
type Lanes = [f32; 4];

/// What is interpolated over a triangle: first the texel (2) and the two halves of the screen, then the room's light per
/// channel and its highlights, then the highlights of the halves.
const FACTORS: usize = 3;

/// Radiances per channel, nit.
#[derive(Debug, Clone, Default)]
pub(crate) struct LinearImage {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Red, green, blue, row by row.
    pub(crate) rgb: Vec<f32>,
}

/// Where a vertex is seen, and its factors: side by side, for a triangle needs both of all three.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Corner {
    at: [f32; 2],
    factors: [Lanes; FACTORS],
}

/// A body as the second pass needs it.
struct Lit<'b> {
    body: &'b Body,
    corners: Vec<Corner>,
}

/// Neighbouring pixels of a row that show the same triangle: where they begin, and what changes from one to the next.
struct Run<'r> {
    start: [Lanes; FACTORS],
    step: [Lanes; FACTORS],
    light: &'r RowLight,
    /// The middle of the first pixel.
    at: [f32; 2],
}

/// A colour that changes evenly along a run.
struct Ramp {
    now: Lanes,
    step: Lanes,
}

/// Adds up the light of every pixel that `buffers` found. `room_colour` is the mean colour of the room's light.
pub(crate) fn compose(
    optics: &Optics,
    bodies: &[Body],
    buffers: &Buffers,
    room_colour: [f32; 3],
    out: &mut LinearImage,
) {
    (out.width, out.height) = (optics.width, optics.height);
    // Every pixel is written below.
    out.rgb.resize(optics.width * optics.height * 3, 0.0);
    let lit: Vec<Lit<'_>> = bodies
        .iter()
        .zip(&buffers.projected)
        .map(|(body, projected)| Lit { body, corners: corners(body, projected) })
        .collect();
    // With the left-over lane, which also keeps the compiler from computing three lanes one by one.
    let mut lanes = vec![[0.0; 4]; optics.width];
    let rows = buffers.numbers.chunks_exact(optics.width).zip(out.rgb.chunks_exact_mut(optics.width * 3));
    for (row, (numbers, pixels)) in rows.enumerate() {
        let (mut column, mut rest) = (0, lanes.as_mut_slice());
        // Neighbours mostly show the same triangle, so its planes are set up once a run.
        for numbers in numbers.chunk_by(|a, b| a == b) {
            let (run_lanes, after) = rest.split_at_mut(numbers.len());
            if let Some((body, triangle)) = body_and_triangle(numbers[0]) {
                let lit = &lit[body];
                let light = lit.body.rows.get(row).unwrap_or(&RowLight::NONE);
                let run = lit.run(triangle, [column as f32 + 0.5, row as f32 + 0.5], light);
                run.shade(lit.body, room_colour, run_lanes);
            } else {
                run_lanes.fill([0.0; 4]);
            }
            column += numbers.len();
            rest = after;
        }
        for (pixel, lanes) in pixels.as_chunks_mut::<3>().0.iter_mut().zip(&lanes) {
            *pixel = [lanes[0], lanes[1], lanes[2]];
        }
    }
}

impl Lit<'_> {
    /// The factors of a triangle at a pixel, and how they change to the next one in the row.
    #[inline(always)]
    fn run<'r>(&self, triangle: usize, [x, y]: [f32; 2], light: &'r RowLight) -> Run<'r> {
        let [a, b, c] = self.body.mesh.triangles[triangle].map(|corner| &self.corners[usize::from(corner)]);
        let ([ax, ay], [bx, by], [cx, cy]) = (a.at, b.at, c.at);
        let inverse = 1.0 / ((bx - ax) * (cy - ay) - (cx - ax) * (by - ay));
        let (b_x, b_y) = ((cy - ay) * inverse, -(cx - ax) * inverse);
        let (c_x, c_y) = (-(by - ay) * inverse, (bx - ax) * inverse);
        let (share_b, share_c) = (b_x * (x - ax) + b_y * (y - ay), c_x * (x - ax) + c_y * (y - ay));
        let (mut start, mut step) = ([[0.0; 4]; FACTORS], [[0.0; 4]; FACTORS]);
        for part in 0..FACTORS {
            for i in 0..4 {
                let base = a.factors[part][i];
                let (to_b, to_c) = (b.factors[part][i] - base, c.factors[part][i] - base);
                start[part][i] = base + to_b * share_b + to_c * share_c;
                step[part][i] = to_b * b_x + to_c * c_x;
            }
        }
        Run { start, step, light, at: [x, y] }
    }
}

fn corners(body: &Body, projected: &[[f32; 3]]) -> Vec<Corner> {
    let light = &body.light;
    let count = body.mesh.len().min(projected.len());
    let [red, green, blue] = light.room.each_ref().map(|channel| &channel[..count]);
    let (texel, room_gloss) = (&body.mesh.texel[..count], &light.room_gloss[..count]);
    let (top, bottom) = (&light.top.diffuse[..count], &light.bottom.diffuse[..count]);
    let (top_gloss, bottom_gloss) = (&light.top.gloss[..count], &light.bottom.gloss[..count]);
    let corner = |i: usize| Corner {
        at: [projected[i][0], projected[i][1]],
        factors: [
            [texel[i][0], texel[i][1], top[i], bottom[i]],
            [red[i], green[i], blue[i], room_gloss[i]],
            [top_gloss[i], bottom_gloss[i], 0.0, 0.0],
        ],
    };
    (0..count).map(corner).collect()
}

impl Run<'_> {
    #[inline(always)]
    fn shade(&self, body: &Body, room_colour: [f32; 3], pixels: &mut [Lanes]) {
        match &body.surface {
            Surface::Matt { gloss } if *gloss <= 0.0 => {
                self.walk(body, self.incident(1.0), pixels, times);
            }
            Surface::Matt { gloss } => {
                let mut highlights = self.highlights(*gloss, room_colour);
                self.walk(body, self.incident(1.0), pixels, |incident, texel| {
                    plus(times(incident, texel), highlights.next())
                });
            }
            Surface::Display(display) => self.shade_display(body, display, pixels),
        }
    }

    fn shade_display(&self, body: &Body, display: &Display, pixels: &mut [Lanes]) {
        let [mut emitted, mut masked] = [[0.0; 4]; 2];
        for c in 0..3 {
            emitted[c] = display.peak_nit * display.tint[c];
            masked[c] = emitted[c] * (display.masked_tint[c] - 1.0);
        }
        self.walk(body, self.incident(display.reflectance), pixels, |scattered, texel| {
            let gains = plus(emitted, times(masked, [texel[3]; 4]));
            plus(times(texel, gains), scattered)
        });
        if display.streak.is_some() || display.lattice.is_some() {
            self.shade_glass(display, pixels);
        }
        let Some(mirror) = &display.mirror else { return };
        for (i, pixel) in (0_u16..).zip(pixels) {
            let Some([top, bottom]) = mirror.cover([self.at[0] + f32::from(i), self.at[1]]) else {
                continue;
            };
            for (c, value) in pixel.iter_mut().take(3).enumerate() {
                *value += display.mirror_share * (top * self.light.top[c] + bottom * self.light.bottom[c]);
            }
        }
    }

    /// The display's own lattice, and the lamp in its glass.
    fn shade_glass(&self, display: &Display, pixels: &mut [Lanes]) {
        let ([u, v, ..], [u_step, v_step, ..]) = (self.start[0], self.step[0]);
        for (i, pixel) in (0_u16..).zip(pixels) {
            let (u, v) = (u + u_step * f32::from(i), v + v_step * f32::from(i));
            let gains = display.lattice.map_or([1.0; 3], |lattice| lattice.gains(u, u_step));
            let lamp = display.streak.map_or(0.0, |streak| streak.nit_at(u, v));
            for (value, gain) in pixel.iter_mut().zip(gains) {
                *value = *value * gain + lamp;
            }
        }
    }

    /// Calls `shade` with a share of the light that falls on each pixel, and its texel.
    #[inline(always)]
    fn walk(
        &self,
        body: &Body,
        mut light: Ramp,
        pixels: &mut [Lanes],
        mut shade: impl FnMut(Lanes, Lanes) -> Lanes,
    ) {
        let ([u, v, ..], [u_step, v_step, ..]) = (self.start[0], self.step[0]);
        body.texture.sample_line([u, v], [u_step, v_step], pixels, |pixel, texel| {
            *pixel = shade(light.next(), texel);
        });
    }

    /// Illuminance over pi, per channel, times a share.
    #[inline(always)]
    fn incident(&self, share: f32) -> Ramp {
        let of = |factors: &[Lanes; FACTORS]| {
            let [[_, _, top, bottom], room, _] = *factors;
            self.mixed(room, [self.light.ambient * share; 4], top * share, bottom * share)
        };
        Ramp { now: of(&self.start), step: of(&self.step) }
    }

    /// Radiance of highlights of a strength.
    #[inline(always)]
    fn highlights(&self, gloss: f32, [red, green, blue]: [f32; 3]) -> Ramp {
        let of = |factors: &[Lanes; FACTORS]| {
            let [_, [.., room], [top, bottom, ..]] = *factors;
            let room = room * self.light.ambient * gloss;
            self.mixed([red, green, blue, 0.0], [room; 4], top * gloss, bottom * gloss)
        };
        Ramp { now: of(&self.start), step: of(&self.step) }
    }

    /// Light of the room, each lane by its share, with light of the screen's halves.
    #[inline(always)]
    fn mixed(&self, room: Lanes, shares: Lanes, top: f32, bottom: f32) -> Lanes {
        let screen = |light: [f32; 3], share: f32| times([light[0], light[1], light[2], 0.0], [share; 4]);
        let screens = plus(screen(self.light.top, top), screen(self.light.bottom, bottom));
        plus(times(room, shares), screens)
    }
}

impl Ramp {
    /// The colour of this pixel; moves on to the next.
    #[inline(always)]
    fn next(&mut self) -> Lanes {
        let now = self.now;
        self.now = plus(now, self.step);
        now
    }
}

#[inline(always)]
fn plus(a: Lanes, b: Lanes) -> Lanes {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]]
}

#[inline(always)]
fn times(a: Lanes, b: Lanes) -> Lanes {
    [a[0] * b[0], a[1] * b[1], a[2] * b[2], a[3] * b[3]]
}
