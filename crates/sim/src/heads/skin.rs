//! Paints a person's texture: skin, brows, lips, beard, hair, clothes.

use crate::math::{Vec3, mix, smoothstep};
use crate::render::Texture;
use crate::rng::{Rng, plane_noise};

use super::atlas::{Atlas, HEIGHT, PATCH, Patch, SKIN_HEIGHT, Site, WIDTH};
use super::hair::Hair;

/// Linear reflectances of skin in red, green and blue on the scale of six.
pub(super) const TONES: [[f32; 3]; 6] = [
    [0.58, 0.38, 0.30],
    [0.46, 0.29, 0.21],
    [0.34, 0.20, 0.14],
    [0.22, 0.125, 0.085],
    [0.13, 0.072, 0.050],
    [0.08, 0.045, 0.033],
];

/// What a person's skin looks like.
#[derive(Debug, Clone, Copy)]
pub(super) struct SkinLook {
    base: [f32; 3],
    blush: f32,
    /// 0 shaved to 1 a full beard.
    beard: f32,
    brow_strength: f32,
    brow_metres: f32,
    lip: [f32; 3],
    freckles: f32,
    wrinkles: f32,
    clothes: [f32; 3],
    stripes: f32,
    collar_metres: f32,
    seed: u64,
}

impl SkinLook {
    pub(super) fn draw(rng: &mut Rng, tone: usize, maleness: f32, age: f32) -> Self {
        let shade = rng.between(0.88, 1.12);
        let warmth = rng.normal(0.03);
        let [r, g, b] = TONES[tone.min(TONES.len() - 1)];
        let is_bearded = maleness > 0.5 && rng.chance(0.4);
        let stubble = if maleness > 0.5 { rng.between(0.0, 0.15) } else { 0.0 };
        let lip_depth = rng.between(0.8, 1.05);
        Self {
            base: [r * shade * (1.0 + warmth), g * shade, b * shade * (1.0 - warmth)],
            blush: rng.between(0.02, 0.12),
            beard: if is_bearded { rng.between(0.35, 0.95) } else { stubble },
            brow_strength: rng.between(0.55, 0.95),
            brow_metres: rng.between(0.0035, 0.0060),
            lip: [0.93 * lip_depth, 0.66 * lip_depth, 0.68 * lip_depth],
            freckles: if tone <= 1 && rng.chance(0.2) { rng.between(0.1, 0.35) } else { 0.0 },
            wrinkles: age * rng.between(0.05, 0.14),
            clothes: std::array::from_fn(|_| rng.between(0.03, 0.6)),
            stripes: if rng.chance(0.4) { rng.between(0.2, 0.7) } else { 0.0 },
            collar_metres: rng.between(-0.205, -0.165),
            seed: rng.seed(),
        }
    }

    /// The whole texture of a head, eyes and frame excepted.
    pub(super) fn paint(&self, atlas: &Atlas, hair: &Hair) -> Texture {
        let mut texture = Texture::filled(WIDTH, HEIGHT, [self.base[0], self.base[1], self.base[2], 1.0]);
        for row in 0..SKIN_HEIGHT {
            for column in 0..WIDTH {
                let site = &atlas.sites[row * WIDTH + column];
                if site.is_skin {
                    let [r, g, b] = self.colour(site, hair, column as f32, row as f32);
                    texture.set(column, row, [r, g, b, 1.0]);
                }
            }
        }
        let (left, top) = Patch::LongHair.corner();
        for (row, column) in (0..PATCH).flat_map(|row| (0..PATCH).map(move |column| (row, column))) {
            let [r, g, b] = hair.strand(column as f32 * 0.9, row as f32);
            texture.set(left + column, top + row, [r, g, b, 1.0]);
        }
        texture
    }

    fn colour(&self, site: &Site, hair: &Hair, x: f32, y: f32) -> [f32; 3] {
        let at = site.at;
        let [lips, lids, ears, _] = site.weights;
        if self.is_clothed(at) {
            return self.cloth(at);
        }
        let mut colour = self.bare(at, ears, x, y);
        // The lash line and the folds of the lids are darker.
        colour = colour.map(|value| value * (1.0 - 0.35 * lids));
        let [lip_r, lip_g, lip_b] = self.lip;
        let parting = 1.0 - 0.55 * smoothstep(0.0022, 0.0, (at.y + 0.0715).abs());
        let lip = [colour[0] * lip_r * parting, colour[1] * lip_g * parting, colour[2] * lip_b * parting];
        colour = std::array::from_fn(|i| mix(colour[i], lip[i], lips));
        let streak = 0.75 + 0.25 * plane_noise(self.seed ^ 5, x * 0.9, y * 0.35);
        let brow = self.brow(at) * self.brow_strength * streak;
        let beard =
            self.beard(at) * (1.0 - lips) * (0.7 + 0.3 * plane_noise(self.seed ^ 6, x * 0.8, y * 0.5));
        let hairy = 1.0 - (1.0 - brow) * (1.0 - beard);
        colour = std::array::from_fn(|i| {
            mix(colour[i], hair.colour[i].min(self.base[i] * 0.7), hairy.clamp(0.0, 1.0))
        });
        let strand = hair.strand(x * 0.7, y);
        let cover = hair.cover(at, ears, 0.003);
        std::array::from_fn(|i| mix(colour[i], strand[i], cover).clamp(0.004, 0.95))
    }

    /// Skin without hair or make-up.
    fn bare(&self, at: Vec3, ears: f32, x: f32, y: f32) -> [f32; 3] {
        let pores = plane_noise(self.seed, x * 0.9, y * 0.9);
        let blotches = plane_noise(self.seed ^ 1, x * 0.18, y * 0.18);
        let patches = plane_noise(self.seed ^ 2, x * 0.045, y * 0.045);
        let freckle = smoothstep(0.55, 0.8, plane_noise(self.seed ^ 3, x * 0.45, y * 0.45)) * self.freckles;
        let folds =
            plane_noise(self.seed ^ 4, x * 0.05, y * 0.5) * self.wrinkles * smoothstep(0.02, 0.05, at.y);
        let texture = 0.05 * pores + 0.05 * blotches + 0.06 * patches - freckle + folds;
        let cheek = blob(at.x.abs() - 0.038, at.y + 0.040, 0.018, 0.016);
        let nose = blob(at.x, at.y + 0.040, 0.013, 0.014);
        let ring = blob(at.x.abs() - 0.030, at.y + 0.014, 0.016, 0.009);
        let red = self.blush * (cheek + 0.8 * nose + 0.6 * ears + 0.3 * patches);
        let dark = 1.0 - 0.14 * ring - self.wrinkles * ring;
        // Light skin shows blood, dark skin shows melanin: variation is in proportion to the reflectance.
        let [r, g, b] = self.base.map(|base| base * (1.0 + texture) * dark);
        [r * (1.0 + 0.3 * red), g * (1.0 - 0.9 * red), b * (1.0 - 0.7 * red)]
    }

    fn brow(&self, at: Vec3) -> f32 {
        if at.z < -0.035 {
            return 0.0;
        }
        let side = at.x.abs();
        let along = ((side - 0.013) / 0.040).clamp(0.0, 1.0);
        let height = 0.0195 + 0.006 * (along * std::f32::consts::PI * 0.75).sin();
        let thickness = self.brow_metres * (1.0 - 0.55 * along);
        let across = 1.0 - smoothstep(thickness * 0.6, thickness * 1.2, (at.y - height).abs());
        across * smoothstep(0.009, 0.014, side) * (1.0 - smoothstep(0.048, 0.055, side))
    }

    fn beard(&self, at: Vec3) -> f32 {
        let jaw = smoothstep(-0.055, -0.068, at.y) * smoothstep(-0.150, -0.125, at.y);
        let cheek = smoothstep(-0.045, -0.060, at.y + 0.35 * (0.055 - at.x.abs()).max(0.0));
        let moustache = blob(at.x, at.y + 0.058, 0.024, 0.007) * smoothstep(-0.052, -0.056, at.y);
        let front = smoothstep(-0.095, -0.075, at.z);
        self.beard * (jaw * cheek).max(moustache).min(1.0) * front
    }

    /// Below the collar, which is lowest in front and closes around the neck.
    fn is_clothed(&self, at: Vec3) -> bool {
        let towards_side = smoothstep(0.02, 0.075, at.x.abs()).max(smoothstep(-0.06, -0.12, at.z));
        at.y < self.collar_metres + 0.045 * towards_side
    }

    fn cloth(&self, at: Vec3) -> [f32; 3] {
        let weave = 1.0 + 0.12 * plane_noise(self.seed ^ 7, at.x * 700.0, at.y * 700.0);
        let folds = 1.0 + 0.15 * plane_noise(self.seed ^ 8, at.x * 30.0, at.y * 22.0);
        let stripe = 1.0 - self.stripes * smoothstep(-0.2, 0.2, (at.x * 260.0).sin());
        self.clothes.map(|share| (share * weave * folds * stripe).clamp(0.01, 0.9))
    }
}

/// 1 in the middle, falling like a bell.
fn blob(x: f32, y: f32, width: f32, height: f32) -> f32 {
    (-0.5 * ((x / width).powi(2) + (y / height).powi(2))).exp()
}
