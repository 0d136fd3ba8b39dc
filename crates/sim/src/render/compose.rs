//! The second pass: the light that reaches each pixel.

use super::body::{Body, Display, RowLight, Surface};
use super::raster::{Buffers, Optics, body_and_triangle};

/// Light factors that are interpolated over a triangle: texel (2), room (3), screen halves (2), highlights of the halves
/// (2) and of the room, and two to fill up: the compiler takes them four at a time.
const FACTORS: usize = 12;

type Factors = [f32; FACTORS];

/// Radiances per channel, nit.
#[derive(Debug, Clone, Default)]
pub(crate) struct LinearImage {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Red, green, blue, row by row.
    pub(crate) rgb: Vec<f32>,
}

/// A body with the factors of its vertices side by side.
struct Lit<'b> {
    body: &'b Body,
    projected: &'b [[f32; 3]],
    factors: Vec<Factors>,
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
    out.rgb.clear();
    out.rgb.resize(optics.width * optics.height * 3, 0.0);
    let lit: Vec<Lit<'_>> = bodies
        .iter()
        .zip(&buffers.projected)
        .map(|(body, projected)| Lit { body, projected, factors: factors(body) })
        .collect();
    let rows = buffers.numbers.chunks_exact(optics.width).zip(out.rgb.chunks_exact_mut(optics.width * 3));
    for (row, (numbers, pixels)) in rows.enumerate() {
        let mut column = 0;
        // Neighbours mostly show the same triangle, so its planes are set up once a run.
        for run in numbers.chunk_by(|a, b| a == b) {
            let pixels = &mut pixels[column * 3..(column + run.len()) * 3];
            if let Some((body, triangle)) = body_and_triangle(run[0]) {
                let at = [column as f32 + 0.5, row as f32 + 0.5];
                let (start, step) = lit[body].line(triangle, at);
                let light = lit[body].body.rows.get(row).copied().unwrap_or_default();
                shade_run(lit[body].body, start, &step, &light, at, room_colour, pixels);
            }
            column += run.len();
        }
    }
}

impl Lit<'_> {
    /// The factors of a triangle at a pixel, and how they change to the next one in the row.
    #[inline]
    fn line(&self, triangle: usize, [x, y]: [f32; 2]) -> (Factors, Factors) {
        let [a, b, c] = self.body.mesh.triangles[triangle].map(usize::from);
        let ([ax, ay, _], [bx, by, _], [cx, cy, _]) =
            (self.projected[a], self.projected[b], self.projected[c]);
        let inverse = 1.0 / ((bx - ax) * (cy - ay) - (cx - ax) * (by - ay));
        let (b_x, b_y) = ((cy - ay) * inverse, -(cx - ax) * inverse);
        let (c_x, c_y) = (-(by - ay) * inverse, (bx - ax) * inverse);
        let (share_b, share_c) = (b_x * (x - ax) + b_y * (y - ay), c_x * (x - ax) + c_y * (y - ay));
        let (base, of_b, of_c) = (&self.factors[a], &self.factors[b], &self.factors[c]);
        let (mut start, mut step) = ([0.0; FACTORS], [0.0; FACTORS]);
        for i in 0..FACTORS {
            let (to_b, to_c) = (of_b[i] - base[i], of_c[i] - base[i]);
            start[i] = base[i] + to_b * share_b + to_c * share_c;
            step[i] = to_b * b_x + to_c * c_x;
        }
        (start, step)
    }
}

fn factors(body: &Body) -> Vec<Factors> {
    let light = &body.light;
    let [red, green, blue] = &light.room;
    let of_vertex = |i: usize| {
        let [x, y] = body.mesh.texel[i];
        let (top, bottom) = (&light.top, &light.bottom);
        let highlights = [top.gloss[i], bottom.gloss[i], light.room_gloss[i]];
        let [a, b, c] = highlights;
        [x, y, red[i], green[i], blue[i], top.diffuse[i], bottom.diffuse[i], a, b, c, 0.0, 0.0]
    };
    (0..body.mesh.len()).map(of_vertex).collect()
}

/// Shades neighbouring pixels of a row that show the same triangle, from the one at `at`.
fn shade_run(
    body: &Body,
    start: Factors,
    step: &Factors,
    light: &RowLight,
    at: [f32; 2],
    room_colour: [f32; 3],
    pixels: &mut [f32],
) {
    match &body.surface {
        Surface::Matt { gloss } if *gloss <= 0.0 => walk(start, step, pixels, |factors, pixel, _| {
            let texel = body.texture.sample(factors[0], factors[1]);
            let incident = incident(factors, light);
            pixel.iter_mut().enumerate().for_each(|(c, value)| *value = incident[c] * texel[c]);
        }),
        Surface::Matt { gloss } => {
            let room = room_colour.map(|colour| colour * light.ambient);
            walk(start, step, pixels, |factors, pixel, _| {
                let texel = body.texture.sample(factors[0], factors[1]);
                let incident = incident(factors, light);
                for (c, value) in pixel.iter_mut().enumerate() {
                    let screen = factors[7] * light.top[c] + factors[8] * light.bottom[c];
                    *value = incident[c] * texel[c] + gloss * (screen + factors[9] * room[c]);
                }
            });
        }
        Surface::Display(display) => walk(start, step, pixels, |factors, pixel, along| {
            let texel = body.texture.sample(factors[0], factors[1]);
            let at = [at[0] + along, at[1]];
            *pixel = display_radiance(display, texel, incident(factors, light), light, at);
        }),
    }
}

/// Calls `shade` for each pixel with its factors and how many pixels it is from the first.
#[inline]
fn walk(start: Factors, step: &Factors, pixels: &mut [f32], shade: impl Fn(&Factors, &mut [f32; 3], f32)) {
    let mut factors = start;
    for (i, pixel) in pixels.as_chunks_mut::<3>().0.iter_mut().enumerate() {
        shade(&factors, pixel, i as f32);
        for (factor, step) in factors.iter_mut().zip(step) {
            *factor += step;
        }
    }
}

/// Illuminance over pi, per channel.
#[inline]
fn incident(factors: &Factors, light: &RowLight) -> [f32; 3] {
    std::array::from_fn(|c| {
        factors[2 + c] * light.ambient + factors[5] * light.top[c] + factors[6] * light.bottom[c]
    })
}

fn display_radiance(
    display: &Display,
    texel: [f32; 4],
    incident: [f32; 3],
    light: &RowLight,
    at: [f32; 2],
) -> [f32; 3] {
    let mirrored = display.mirror.as_ref().map_or([0.0; 2], |mirror| mirror.cover(at));
    std::array::from_fn(|c| {
        let tint = display.tint[c] * (1.0 + texel[3] * (display.masked_tint[c] - 1.0));
        texel[c] * display.peak_nit * tint
            + display.reflectance * incident[c]
            + display.mirror_share * (mirrored[0] * light.top[c] + mirrored[1] * light.bottom[c])
    })
}
