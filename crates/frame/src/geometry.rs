//! Points and rectangles. Coordinates are pixels of the frame unless a name says otherwise: x right, y down,
//! the centre of the top-left pixel at (0.5, 0.5).

use zeroize::Zeroize;

/// A point in the plane, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Default, Zeroize)]
pub struct Point2 {
    /// Rightwards, pixels.
    pub x: f32,
    /// Downwards, pixels.
    pub y: f32,
}

impl Point2 {
    /// A point at (x, y).
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// Euclidean distance to `other`, pixels.
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The point half-way to `other`.
    pub fn midpoint(self, other: Self) -> Self {
        Self::new((self.x + other.x) / 2.0, (self.y + other.y) / 2.0)
    }
}

/// A point in space: x and y as in [`Point2`], z in the same unit, growing away from the camera.
#[derive(Debug, Clone, Copy, PartialEq, Default, Zeroize)]
pub struct Point3 {
    /// Rightwards, pixels.
    pub x: f32,
    /// Downwards, pixels.
    pub y: f32,
    /// Away from the camera, pixels; 0 near the centre of the head's front.
    pub z: f32,
}

impl Point3 {
    /// A point at (x, y, z).
    pub const fn new(x: f32, y: f32, z: f32) -> Self {
        Self { x, y, z }
    }

    /// The projection onto the image plane.
    pub const fn xy(self) -> Point2 {
        Point2::new(self.x, self.y)
    }
}

/// An axis-aligned rectangle in pixels; width and height are never negative.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rect {
    /// Left edge, pixels.
    pub x: f32,
    /// Top edge, pixels.
    pub y: f32,
    /// Width, pixels.
    pub width: f32,
    /// Height, pixels.
    pub height: f32,
}

impl Rect {
    /// A rectangle from its top-left corner and size; a negative size counts as zero.
    pub fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { x, y, width: width.max(0.0), height: height.max(0.0) }
    }

    /// A rectangle of this size around a centre.
    pub fn around(centre: Point2, width: f32, height: f32) -> Self {
        Self::new(centre.x - width / 2.0, centre.y - height / 2.0, width, height)
    }

    /// The smallest rectangle that holds all points; `None` for no points.
    pub fn bounding(points: impl IntoIterator<Item = Point2>) -> Option<Self> {
        let mut points = points.into_iter();
        let first = points.next()?;
        let (mut low, mut high) = (first, first);
        for point in points {
            low = Point2::new(low.x.min(point.x), low.y.min(point.y));
            high = Point2::new(high.x.max(point.x), high.y.max(point.y));
        }
        Some(Self::new(low.x, low.y, high.x - low.x, high.y - low.y))
    }

    /// Right edge, pixels.
    pub fn right(self) -> f32 {
        self.x + self.width
    }

    /// Bottom edge, pixels.
    pub fn bottom(self) -> f32 {
        self.y + self.height
    }

    /// The middle.
    pub fn centre(self) -> Point2 {
        Point2::new(self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    /// Area in square pixels.
    pub fn area(self) -> f32 {
        self.width * self.height
    }

    /// Scaled about its centre.
    pub fn scaled(self, factor: f32) -> Self {
        Self::around(self.centre(), self.width * factor, self.height * factor)
    }

    /// The part that both rectangles share; empty (zero size) where they do not meet.
    pub fn intersection(self, other: Self) -> Self {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        Self::new(x, y, self.right().min(other.right()) - x, self.bottom().min(other.bottom()) - y)
    }

    /// Intersection over union, 0..=1.
    pub fn iou(self, other: Self) -> f32 {
        let shared = self.intersection(other).area();
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bounding_holds_every_point() {
        let rect = Rect::bounding([Point2::new(3.0, 9.0), Point2::new(-1.0, 4.0)]);
        assert_eq!(rect, Some(Rect::new(-1.0, 4.0, 4.0, 5.0)));
        assert_eq!(Rect::bounding([]), None);
    }

    proptest! {
        #[test]
        fn iou_is_symmetric_and_bounded(a in rects(), b in rects()) {
            prop_assert!((a.iou(b) - b.iou(a)).abs() < 1e-5);
            prop_assert!((0.0..=1.0 + 1e-5).contains(&a.iou(b)));
        }
    }

    fn rects() -> impl Strategy<Value = Rect> {
        (-50.0..50.0f32, -50.0..50.0f32, 0.0..80.0f32, 0.0..80.0f32)
            .prop_map(|(x, y, w, h)| Rect::new(x, y, w, h))
    }
}
