//! Where the face ends, what a medium would carry along, and what lies far behind.
//!
//! All in widths of the detector's face box: ellipses a quarter higher than wide around its centre.

use verilume_frame::{Point2, Rect};

/// A part of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Region {
    /// The face itself.
    Face,
    /// What a medium would carry along: hair, neck, the strip around.
    Ring,
    /// What lies behind, without the body below the chin.
    Far,
}

/// Outer edge of the ring in face widths, and of the face with its rim, which belongs to neither. Origin: the study of
/// real captures behind this model tried these only.
const RING: (f32, f32) = (1.15, 1.9);
/// The ring reaches further up than down by this share of a face width: hair rather than chest.
const RING_RAISED: f32 = 0.1;
/// The far periphery begins here, in face widths.
const FAR: f32 = 2.4;
/// Below the centre of the face this many face widths to both sides are body.
const BODY: f32 = 1.6;
/// How much higher than wide a face is.
const HEIGHT: f32 = 1.25;

/// The regions around one face.
#[derive(Debug, Clone, Copy)]
pub(super) struct Regions {
    centre: Point2,
    width: f32,
}

impl Regions {
    pub(super) fn around(face: Rect) -> Self {
        Self { centre: face.centre(), width: face.width.max(1.0) }
    }

    pub(super) fn centre(&self) -> Point2 {
        self.centre
    }

    pub(super) fn face_width(&self) -> f32 {
        self.width
    }

    /// The region of a pixel; `None` between the regions.
    pub(super) fn at(&self, x: f32, y: f32) -> Option<Region> {
        if self.within(x, y, 1.0, 0.0) {
            return Some(Region::Face);
        }
        let (inner, outer) = RING;
        if self.within(x, y, outer, RING_RAISED) {
            return (!self.within(x, y, inner, 0.0)).then_some(Region::Ring);
        }
        let body = (x - self.centre.x).abs() < self.width * BODY && y > self.centre.y;
        (!body && !self.within(x, y, FAR, 0.0)).then_some(Region::Far)
    }

    /// Whether a pixel lies in the ellipse of `size` face widths, raised by a share of one.
    fn within(&self, x: f32, y: f32, size: f32, raised: f32) -> bool {
        let across = (x - self.centre.x) / (self.width * size / 2.0);
        let down = (y - self.centre.y + raised * self.width) / (self.width * size * HEIGHT / 2.0);
        across * across + down * down < 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_regions_lie_around_each_other() {
        let regions = Regions::around(Rect::around(Point2::new(320.0, 200.0), 100.0, 100.0));
        assert_eq!(regions.at(320.0, 200.0), Some(Region::Face));
        assert_eq!(regions.at(375.0, 200.0), None);
        assert_eq!(regions.at(390.0, 200.0), Some(Region::Ring));
        assert_eq!(regions.at(420.0, 200.0), None);
        assert_eq!(regions.at(600.0, 100.0), Some(Region::Far));
        assert_eq!(regions.at(320.0, 470.0), None, "the body is not the background");
    }
}
