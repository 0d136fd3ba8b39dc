//! Points that can be followed: both eigenvalues of the structure tensor are large.
//!
//! Shi and Tomasi, *Good Features to Track*, CVPR 1994.

use verilume_frame::Point2;

use super::grey::GreyImage;

/// Which corners are taken. The defaults are those of the study of real captures behind the periphery model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CornerConfig {
    /// The most corners.
    pub count: usize,
    /// The least quality, as a share of the best corner's, 0..=1.
    pub quality: f32,
    /// The least distance between two corners, pixels.
    pub distance: f32,
}

impl Default for CornerConfig {
    fn default() -> Self {
        Self { count: 120, quality: 0.005, distance: 5.0 }
    }
}

/// Half the window that the structure tensor is summed over, pixels.
const RADIUS: usize = 1;
/// Corners nearer to the rim than this are not looked for, pixels.
const RIM: usize = RADIUS + 2;

/// The best corners among the places that are wanted, the best first.
pub fn corners(
    image: &GreyImage,
    wanted: impl Fn(usize, usize) -> bool,
    config: &CornerConfig,
) -> Vec<Point2> {
    if image.width() <= 2 * RIM || image.height() <= 2 * RIM {
        return Vec::new();
    }
    let quality = qualities(image);
    let at = |x: usize, y: usize| quality[y * image.width() + x];
    let mut found: Vec<(f32, usize, usize)> = Vec::new();
    for y in RIM..image.height() - RIM {
        for x in RIM..image.width() - RIM {
            let own = at(x, y);
            let peak = || (0..9).all(|near| at(x + near % 3 - 1, y + near / 3 - 1) <= own);
            if own > 0.0 && wanted(x, y) && peak() {
                found.push((own, x, y));
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let floor = found.first().map_or(0.0, |best| best.0 * config.quality);
    let mut taken: Vec<Point2> = Vec::new();
    for (quality, x, y) in found {
        if quality < floor || taken.len() >= config.count {
            break;
        }
        let point = Point2::new(x as f32, y as f32);
        if taken.iter().all(|other| other.distance(point) >= config.distance) {
            taken.push(point);
        }
    }
    taken
}

/// The lesser eigenvalue of the structure tensor of every pixel; 0 at the rim.
fn qualities(image: &GreyImage) -> Vec<f32> {
    let (width, height) = (image.width(), image.height());
    let mut products = vec![[0.0f32; 3]; width * height];
    for y in 1..height - 1 {
        let [above, own, below] = [y - 1, y, y + 1].map(|y| image.row(y));
        for x in 1..width - 1 {
            let right = above[x + 1] + 2.0 * own[x + 1] + below[x + 1];
            let left = above[x - 1] + 2.0 * own[x - 1] + below[x - 1];
            let down = below[x - 1] + 2.0 * below[x] + below[x + 1];
            let up = above[x - 1] + 2.0 * above[x] + above[x + 1];
            let (gx, gy) = ((right - left) / 8.0, (down - up) / 8.0);
            products[y * width + x] = [gx * gx, gx * gy, gy * gy];
        }
    }
    let mut quality = vec![0.0; width * height];
    for y in RIM..height - RIM {
        for x in RIM..width - RIM {
            let mut sum = [0.0f32; 3];
            for row in y - RADIUS..=y + RADIUS {
                for product in &products[row * width + x - RADIUS..=row * width + x + RADIUS] {
                    sum.iter_mut().zip(product).for_each(|(sum, product)| *sum += product);
                }
            }
            quality[y * width + x] = lesser_eigenvalue(sum);
        }
    }
    quality
}

/// Of a symmetric 2 x 2 matrix `[xx, xy, yy]`.
pub(super) fn lesser_eigenvalue([xx, xy, yy]: [f32; 3]) -> f32 {
    (xx + yy - ((xx - yy).powi(2) + 4.0 * xy * xy).sqrt()) / 2.0
}
