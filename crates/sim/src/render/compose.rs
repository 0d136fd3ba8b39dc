//! The second pass: the light that reaches each pixel.

use super::body::{Body, Display, RowLight, Surface};
use super::raster::{Buffers, Optics, body_and_triangle};

/// Light factors that are interpolated over a triangle.
const FACTORS: usize = 10;

/// Radiances per channel, nit.
#[derive(Debug, Clone, Default)]
pub(crate) struct LinearImage {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Red, green, blue, row by row.
    pub(crate) rgb: Vec<f32>,
}

/// The factors of a triangle as planes over the image.
struct Planes {
    origin: [f32; 2],
    base: [f32; FACTORS],
    across: [f32; FACTORS],
    down: [f32; FACTORS],
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
    let rows = buffers
        .numbers
        .chunks_exact(optics.width)
        .zip(out.rgb.chunks_exact_mut(optics.width * 3));
    for (row, (numbers, pixels)) in rows.enumerate() {
        let mut column = 0;
        // Neighbours mostly show the same triangle, so its planes are set up once a run.
        for run in numbers.chunk_by(|a, b| a == b) {
            let pixels = &mut pixels[column * 3..(column + run.len()) * 3];
            if let Some((body, triangle)) = body_and_triangle(run[0]) {
                let planes = Planes::of(&bodies[body], &buffers.projected[body], triangle);
                let at = [column as f32 + 0.5, row as f32 + 0.5];
                shade_run(&bodies[body], &planes, row, at, room_colour, pixels);
            }
            column += run.len();
        }
    }
}

/// Shades neighbouring pixels of a row that show the same triangle, from the one at `x`, `y`.
fn shade_run(
    body: &Body,
    planes: &Planes,
    row: usize,
    [x, y]: [f32; 2],
    room_colour: [f32; 3],
    pixels: &mut [f32],
) {
    let light = body.rows.get(row).copied().unwrap_or_default();
    let room_highlight = room_colour.map(|colour| colour * light.ambient);
    let start = planes.at(x, y);
    let step = &planes.across;
    match &body.surface {
        Surface::Matt { gloss } => {
            for (i, pixel) in pixels.chunks_exact_mut(3).enumerate() {
                let along = i as f32;
                let factors: [f32; FACTORS] = std::array::from_fn(|f| start[f] + step[f] * along);
                let texel = body.texture.sample(factors[0], factors[1]);
                for c in 0..3 {
                    let incident = incident(&factors, &light, c);
                    let highlights = factors[7] * light.top[c]
                        + factors[8] * light.bottom[c]
                        + factors[9] * room_highlight[c];
                    pixel[c] = incident * texel[c] + gloss * highlights;
                }
            }
        }
        Surface::Display(display) => {
            for (i, pixel) in pixels.chunks_exact_mut(3).enumerate() {
                let along = i as f32;
                let factors: [f32; FACTORS] = std::array::from_fn(|f| start[f] + step[f] * along);
                let texel = body.texture.sample(factors[0], factors[1]);
                let incident = std::array::from_fn(|c| incident(&factors, &light, c));
                pixel.copy_from_slice(&display_radiance(
                    display,
                    texel,
                    incident,
                    &light,
                    [x + along, y],
                ));
            }
        }
    }
}

/// Illuminance over pi of one channel.
#[inline]
fn incident(factors: &[f32; FACTORS], light: &RowLight, channel: usize) -> f32 {
    factors[2 + channel] * light.ambient
        + factors[5] * light.top[channel]
        + factors[6] * light.bottom[channel]
}

impl Planes {
    fn of(body: &Body, projected: &[[f32; 3]], triangle: usize) -> Self {
        let [a, b, c] = body.mesh.triangles[triangle].map(usize::from);
        let ([ax, ay, _], [bx, by, _], [cx, cy, _]) = (projected[a], projected[b], projected[c]);
        let inverse = 1.0 / ((bx - ax) * (cy - ay) - (cx - ax) * (by - ay));
        let (b_x, b_y) = ((cy - ay) * inverse, -(cx - ax) * inverse);
        let (c_x, c_y) = (-(by - ay) * inverse, (bx - ax) * inverse);
        let [base, of_b, of_c] = [a, b, c].map(|vertex| factors(body, vertex));
        let (mut across, mut down) = ([0.0; FACTORS], [0.0; FACTORS]);
        for i in 0..FACTORS {
            let (to_b, to_c) = (of_b[i] - base[i], of_c[i] - base[i]);
            across[i] = to_b * b_x + to_c * c_x;
            down[i] = to_b * b_y + to_c * c_y;
        }
        Self {
            origin: [ax, ay],
            base,
            across,
            down,
        }
    }

    #[inline]
    fn at(&self, x: f32, y: f32) -> [f32; FACTORS] {
        let (x, y) = (x - self.origin[0], y - self.origin[1]);
        std::array::from_fn(|i| self.base[i] + self.across[i] * x + self.down[i] * y)
    }
}

/// Texel, room (red, green, blue), screen halves, highlights of the halves and of the room.
fn factors(body: &Body, vertex: usize) -> [f32; FACTORS] {
    let [x, y] = body.mesh.texel[vertex];
    let light = &body.light;
    [
        x,
        y,
        light.room[0][vertex],
        light.room[1][vertex],
        light.room[2][vertex],
        light.top.diffuse[vertex],
        light.bottom.diffuse[vertex],
        light.top.gloss[vertex],
        light.bottom.gloss[vertex],
        light.room_gloss[vertex],
    ]
}

fn display_radiance(
    display: &Display,
    texel: [f32; 4],
    incident: [f32; 3],
    light: &RowLight,
    at: [f32; 2],
) -> [f32; 3] {
    let mirrored = display
        .mirror
        .as_ref()
        .map_or([0.0; 2], |mirror| mirror.cover(at));
    std::array::from_fn(|c| {
        let tint = display.tint[c] * (1.0 + texel[3] * (display.masked_tint[c] - 1.0));
        texel[c] * display.peak_nit * tint
            + display.reflectance * incident[c]
            + display.mirror_share * (mirrored[0] * light.top[c] + mirrored[1] * light.bottom[c])
    })
}
