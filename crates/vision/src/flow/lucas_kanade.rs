//! Where points of one frame are in the next.
//!
//! Pyramidal Lucas and Kanade (Bouguet, *Pyramidal Implementation of the Lucas Kanade Feature Tracker*, Intel 2000),
//! with the forward-backward check of Kalal, Mikolajczyk and Matas (ICPR 2010).

use verilume_frame::Point2;

use super::corners::lesser_eigenvalue;
use super::grey::{GreyImage, Pyramid};

/// How points are followed. Window and `max_return` are those of the study of real captures behind the periphery model;
/// the others were set by reasoning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlowConfig {
    /// Steps at each scale, at most.
    pub steps: usize,
    /// A step below this ends the search, pixels.
    pub precision: f32,
    /// The least mean square gradient in the direction that has least of it, grey levels squared a pixel squared.
    pub min_gradient: f32,
    /// How far from its start a point may end when it is followed back, pixels.
    pub max_return: f32,
}

impl Default for FlowConfig {
    fn default() -> Self {
        Self { steps: 15, precision: 0.02, min_gradient: 0.05, max_return: 0.7 }
    }
}

/// Side of the window, pixels.
const SIDE: usize = 17;
/// The window with the rim that its gradients need.
const RIMMED: usize = SIDE + 2;

/// Where each point of `from` is in `to`; `None` where it is lost: no texture, out of the frame, or not found back.
pub fn follow(from: &Pyramid, to: &Pyramid, points: &[Point2], config: &FlowConfig) -> Vec<Option<Point2>> {
    let there_and_back = |start: &Point2| {
        let end = follow_one(from, to, *start, config)?;
        let back = follow_one(to, from, end, config)?;
        (back.distance(*start) <= config.max_return).then_some(end)
    };
    points.iter().map(there_and_back).collect()
}

fn follow_one(from: &Pyramid, to: &Pyramid, start: Point2, config: &FlowConfig) -> Option<Point2> {
    if !within(from.base(), start.x, start.y) {
        return None;
    }
    let mut moved = (0.0, 0.0);
    let scales = from.levels().iter().zip(to.levels()).enumerate().rev();
    for (level, (from, to)) in scales {
        let scale = (1usize << level) as f32;
        let at = Point2::new(start.x / scale, start.y / scale);
        moved = (moved.0 * 2.0, moved.1 * 2.0);
        match Window::new(from, at, config) {
            Some(window) => moved = window.search(to, moved, config)?,
            // A coarse scale may have lost the texture; the full one must have it.
            None if level > 0 => {}
            None => return None,
        }
    }
    Some(Point2::new(start.x + moved.0, start.y + moved.1))
}

/// False for what is not a number.
fn within(image: &GreyImage, x: f32, y: f32) -> bool {
    (0.0..image.width() as f32).contains(&x) && (0.0..image.height() as f32).contains(&y)
}

/// What is looked for: a piece of the first frame, with its gradients.
struct Window {
    at: Point2,
    light: [[f32; SIDE]; SIDE],
    right: [[f32; SIDE]; SIDE],
    down: [[f32; SIDE]; SIDE],
    /// Inverse of the sum of the gradients' products: xx, xy, yy.
    inverse: [f32; 3],
}

impl Window {
    /// `None` without texture.
    fn new(image: &GreyImage, at: Point2, config: &FlowConfig) -> Option<Self> {
        let mut rimmed = [[0.0; RIMMED]; RIMMED];
        image.patch(at.x, at.y, &mut rimmed);
        let mut window = Self {
            at,
            light: [[0.0; SIDE]; SIDE],
            right: [[0.0; SIDE]; SIDE],
            down: [[0.0; SIDE]; SIDE],
            inverse: [0.0; 3],
        };
        let mut sum = [0.0f32; 3];
        for y in 0..SIDE {
            for x in 0..SIDE {
                let right = (rimmed[y + 1][x + 2] - rimmed[y + 1][x]) / 2.0;
                let down = (rimmed[y + 2][x + 1] - rimmed[y][x + 1]) / 2.0;
                window.light[y][x] = rimmed[y + 1][x + 1];
                window.right[y][x] = right;
                window.down[y][x] = down;
                sum[0] += right * right;
                sum[1] += right * down;
                sum[2] += down * down;
            }
        }
        if lesser_eigenvalue(sum) < config.min_gradient * (SIDE * SIDE) as f32 {
            return None;
        }
        let determinant = sum[0] * sum[2] - sum[1] * sum[1];
        window.inverse = [sum[2] / determinant, -sum[1] / determinant, sum[0] / determinant];
        Some(window)
    }

    /// By how much it has moved in another frame, from a first guess. `None` out of the frame.
    fn search(&self, image: &GreyImage, guess: (f32, f32), config: &FlowConfig) -> Option<(f32, f32)> {
        let mut moved = guess;
        let mut seen = [[0.0; SIDE]; SIDE];
        for _ in 0..config.steps {
            let (x, y) = (self.at.x + moved.0, self.at.y + moved.1);
            if !within(image, x, y) {
                return None;
            }
            image.patch(x, y, &mut seen);
            let (mut across, mut along) = (0.0f32, 0.0f32);
            for (row, seen) in seen.iter().enumerate() {
                for (column, seen) in seen.iter().enumerate() {
                    let change = self.light[row][column] - seen;
                    across += change * self.right[row][column];
                    along += change * self.down[row][column];
                }
            }
            let step = (
                self.inverse[0] * across + self.inverse[1] * along,
                self.inverse[1] * across + self.inverse[2] * along,
            );
            moved = (moved.0 + step.0, moved.1 + step.1);
            if step.0.hypot(step.1) < config.precision {
                break;
            }
        }
        within(image, self.at.x + moved.0, self.at.y + moved.1).then_some(moved)
    }
}
