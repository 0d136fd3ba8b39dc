use proptest::prelude::*;
use verilume_frame::{Point2, RgbImage};

use super::*;

/// A smooth texture without a period, seen shifted by (`dx`, `dy`).
fn texture(width: u32, height: u32, dx: f32, dy: f32) -> RgbImage {
    let mut pixels = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let (x, y) = (x as f32 - dx, y as f32 - dy);
            let wave = (x * 0.71).sin() * (y * 0.63).cos()
                + (x * 0.11 + y * 0.17).sin()
                + 0.5 * (x * 0.052 - y * 0.043).cos();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0..=255")]
            let value = (128.0 + 40.0 * wave) as u8;
            pixels.extend([value; 3]);
        }
    }
    RgbImage::new(width, height, pixels).unwrap()
}

fn errors(dx: f32, dy: f32) -> Vec<f32> {
    let (from, to) = (texture(200, 160, 0.0, 0.0), texture(200, 160, dx, dy));
    let [from, to] = [from, to].map(|image| Pyramid::new(image.view(), 4));
    let inner = |x, y| (40..160).contains(&x) && (40..120).contains(&y);
    let points = corners(from.base(), inner, &CornerConfig::default());
    assert!(points.len() >= 20, "{}", points.len());
    let found = follow(&from, &to, &points, &FlowConfig::default());
    let error = |(end, start): (&Option<Point2>, &Point2)| {
        end.map_or(f32::INFINITY, |end| end.distance(Point2::new(start.x + dx, start.y + dy)))
    };
    found.iter().zip(&points).map(error).collect()
}

#[test]
fn shifts_are_found_to_a_twentieth_of_a_pixel() {
    for (dx, dy) in [(0.0, 0.0), (0.4, -0.3), (3.7, 2.2), (-11.5, 8.0)] {
        let mut errors = errors(dx, dy);
        errors.sort_by(f32::total_cmp);
        let median = errors[errors.len() / 2];
        assert!(median < 0.05, "({dx}, {dy}): median {median}");
        assert!(errors[errors.len() * 9 / 10] < 0.2, "({dx}, {dy}): {errors:?}");
    }
}

#[test]
fn a_frame_of_one_colour_has_no_corners_and_nothing_to_follow() {
    let flat = RgbImage::filled(80, 60, [90, 80, 70]).unwrap();
    let pyramid = Pyramid::new(flat.view(), 4);
    assert!(corners(pyramid.base(), |_, _| true, &CornerConfig::default()).is_empty());
    let found = follow(&pyramid, &pyramid, &[Point2::new(40.0, 30.0)], &FlowConfig::default());
    assert_eq!(found, [None]);
}

#[test]
fn corners_keep_their_distance_their_number_and_their_region() {
    let image = texture(200, 160, 0.0, 0.0);
    let config = CornerConfig { count: 12, distance: 9.0, ..CornerConfig::default() };
    let found = corners(&GreyImage::new(image.view()), |x, _| x < 100, &config);
    assert_eq!(found.len(), 12);
    for (at, point) in found.iter().enumerate() {
        assert!(point.x < 100.0);
        assert!(found[..at].iter().all(|other| other.distance(*point) >= 9.0));
    }
}

#[test]
fn what_is_covered_in_the_next_frame_is_lost() {
    let from = texture(200, 160, 0.0, 0.0);
    let covered = RgbImage::filled(200, 160, [128; 3]).unwrap();
    let [from, to] = [from, covered].map(|image| Pyramid::new(image.view(), 4));
    let points = corners(from.base(), |_, _| true, &CornerConfig::default());
    assert!(follow(&from, &to, &points, &FlowConfig::default()).iter().all(Option::is_none));
}

#[test]
fn pixels_stay_out_of_debug_output() {
    let image = texture(30, 30, 0.0, 0.0);
    assert!(format!("{:?}", Pyramid::new(image.view(), 2)).contains("[redacted]"));
}

proptest! {
    #[test]
    fn no_frame_and_no_point_panic(
        width in 1u32..60,
        height in 1u32..60,
        x in -1e9f32..1e9,
        y in prop_oneof![Just(f32::NAN), Just(f32::INFINITY), -100f32..100.0],
        seed in any::<u8>(),
    ) {
        let pixels: Vec<u8> = (0u8..=250).cycle().take((width * height * 3) as usize).map(|at| at.wrapping_mul(37) ^ seed).collect();
        let image = RgbImage::new(width, height, pixels).unwrap();
        let pyramid = Pyramid::new(image.view(), 4);
        corners(pyramid.base(), |_, _| true, &CornerConfig::default());
        follow(&pyramid, &pyramid, &[Point2::new(x, y), Point2::new(1.0, 1.0)], &FlowConfig::default());
    }
}
