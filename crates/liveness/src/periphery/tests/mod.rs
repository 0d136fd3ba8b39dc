//! Whole captures: a print in the hand, a head before a room, nothing that moves.

use proptest::prelude::*;
use verilume_frame::{Point2, Rect, RgbImage, Timestamp};

use super::*;

mod medium;

const WIDTH: u16 = 320;
const HEIGHT: u16 = 240;
const FACE: f32 = 80.0;

/// A smooth texture without a period.
fn texture(x: f32, y: f32) -> f32 {
    128.0
        + 34.0 * (x * 0.71).sin() * (y * 0.63).cos()
        + 30.0 * (x * 0.13 + y * 0.19).sin()
        + 20.0 * (x * 0.31 - y * 0.43).cos()
}

/// A frame whose pixel at a place shows the texture of another place.
fn frame(shown: impl Fn(f32, f32) -> (f32, f32)) -> RgbImage {
    let mut pixels = Vec::new();
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let (u, v) = shown(f32::from(x), f32::from(y));
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0..=255")]
            let value = texture(u, v).clamp(0.0, 255.0) as u8;
            pixels.extend([value; 3]);
        }
    }
    RgbImage::new(WIDTH.into(), HEIGHT.into(), pixels).unwrap()
}

fn face() -> Rect {
    Rect::around(Point2::new(160.0, 110.0), FACE, FACE)
}

/// The cues of 16 frames at 20 a second.
fn watch(shown: impl Fn(f32) -> RgbImage) -> Vec<Cue> {
    let mut observer = PeripheryObserver::new();
    for number in 0..16u8 {
        let image = shown(f32::from(number) / 15.0);
        let captured_at = Timestamp::from_millis(50 * u64::from(number));
        observer.push(&PeripheryFrame { captured_at, view: image.view(), face: Some(face()) });
    }
    observer.finish()
}

fn value(cues: &[Cue], name: &str) -> Result<f64, String> {
    cues.iter().find(|cue| cue.name == name).unwrap().value.clone()
}

fn outcome(cues: &[Cue]) -> PeripheryOutcome {
    PeripheryOutcome::of(cues, &PeripheryThresholds::default())
}

/// A sheet that is moved and tilted: every place follows one homography.
fn print(at: f32) -> RgbImage {
    frame(|x, y| {
        let (u, v) = (x - 160.0, y - 120.0);
        let depth = 1.0 + at * (0.0006 * u - 0.0003 * v);
        (160.0 + (u + 6.0 * at) / depth, 120.0 + (v - 3.0 * at) / depth)
    })
}

/// A head with a nose that sways before a room that stays: nearer parts move further.
fn head(at: f32) -> RgbImage {
    frame(|x, y| {
        let (u, v) = ((x - 160.0) / (FACE * 0.55), (y - 110.0) / (FACE * 0.7));
        let off = u * u + v * v;
        let nose = 0.5 * (-(u / 0.3).powi(2) - ((v - 0.3) / 0.3).powi(2)).exp();
        let nearness = 0.3 + 0.9 * (1.0 - off).max(0.0).sqrt() + nose;
        if off < 1.0 { (x + 7.0 * at * nearness, y + 900.0) } else { (x, y) }
    })
}

#[test]
fn a_print_carries_its_surroundings_and_a_head_does_not() {
    let (print, head) = (watch(print), watch(head));
    assert_eq!(outcome(&print), PeripheryOutcome::Fixed, "{print:?}");
    assert_eq!(outcome(&head), PeripheryOutcome::Free, "{head:?}");
    for name in [RING_PLANE, RING_UNDER_FACE, FACE_PLANE, FACE_RELIEF, FRAME_PLANE] {
        let (print, head) = (value(&print, name).unwrap(), value(&head, name).unwrap());
        assert!(print + 1.0 < head, "{name}: {print} against {head}");
    }
    assert!(value(&head, RING_FOLLOWS).unwrap() > 1.0);
}

#[test]
fn no_motion_is_no_evidence() {
    let cues = watch(|_| frame(|x, y| (x, y)));
    for name in [
        RING_PLANE,
        RING_UNDER_FACE,
        RING_CARRIED,
        RING_FOLLOWS,
        FACE_PLANE,
        FACE_RELIEF,
        FRAME_PLANE,
        PHOTOMETRIC,
    ] {
        assert!(value(&cues, name).is_err(), "{name}: {cues:?}");
    }
    assert_eq!(outcome(&cues), PeripheryOutcome::Unknown);
    assert!(value(&cues, REPETITION).unwrap() <= -1.0, "a frozen picture is one");
}

#[test]
fn a_single_frame_has_no_motion_but_may_show_an_edge_or_a_lattice() {
    let mut observer = PeripheryObserver::new();
    let image = frame(|x, y| (x, y));
    let captured_at = Timestamp::from_millis(0);
    observer.push(&PeripheryFrame { captured_at, view: image.view(), face: Some(face()) });
    let cues = observer.finish();
    let measured: Vec<&str> = cues.iter().filter(|cue| cue.value.is_ok()).map(|cue| cue.name).collect();
    assert_eq!(measured, [BOUNDARY]);
}

/// Face of 160 pixels, large enough for the lattice.
fn lattice(drawn: bool) -> f64 {
    let image = frame(|x, y| (x / 6.0, y / 6.0));
    let mut image = image;
    if drawn {
        for (at, value) in image.pixels_mut().iter_mut().enumerate() {
            let (x, y) = (at / 3 % usize::from(WIDTH), at / 3 / usize::from(WIDTH));
            let wave = 6.0 * (x as f32 * 1.9 + y as f32 * 0.4).sin();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
            let changed = (f32::from(*value) + wave) as u8;
            *value = changed;
        }
    }
    let mut observer = PeripheryObserver::new();
    let face = Some(Rect::around(Point2::new(160.0, 120.0), 160.0, 160.0));
    observer.push(&PeripheryFrame { captured_at: Timestamp::from_millis(0), view: image.view(), face });
    value(&observer.finish(), SCREEN_LATTICE).unwrap()
}

#[test]
fn a_lattice_stands_out_of_the_spectrum() {
    let (with, without) = (lattice(true), lattice(false));
    assert!(with < without - 1.5 && with < -2.0, "{with} against {without}");
}

#[test]
fn paper_before_a_wall_has_edges_on_its_sides() {
    let edges = |inside: (f32, f32)| {
        let mut image = frame(|x, y| (x / 40.0, y / 40.0));
        for (at, value) in image.pixels_mut().iter_mut().enumerate() {
            let (x, y) = (at / 3 % usize::from(WIDTH), at / 3 / usize::from(WIDTH));
            let (u, v) = ((x as f32 - 160.0).abs(), (y as f32 - 110.0).abs());
            if u < inside.0 && v < inside.1 {
                *value = value.saturating_add(70);
            }
        }
        let mut observer = PeripheryObserver::new();
        let captured_at = Timestamp::from_millis(0);
        observer.push(&PeripheryFrame { captured_at, view: image.view(), face: Some(face()) });
        value(&observer.finish(), BOUNDARY).unwrap()
    };
    assert!(edges((90.0, 95.0)) < -0.9, "{}", edges((90.0, 95.0)));
    assert!(edges((0.0, 0.0)) > -0.3, "{}", edges((0.0, 0.0)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_frames_and_no_face_panic(
        sizes in proptest::collection::vec((1u32..90, 1u32..90), 1..8),
        x in prop_oneof![Just(f32::NAN), Just(f32::INFINITY), -200f32..200.0],
        side in prop_oneof![Just(0.0f32), Just(1e-9), Just(f32::NAN), 1f32..300.0],
        seed in any::<u8>(),
    ) {
        let mut observer = PeripheryObserver::new();
        for (number, (width, height)) in sizes.into_iter().enumerate() {
            let pixels: Vec<u8> =
                (0u8..=250).cycle().take((width * height * 3) as usize).map(|at| at.wrapping_mul(37) ^ seed).collect();
            let image = RgbImage::new(width, height, pixels).unwrap();
            let face = (number % 3 != 2).then(|| Rect::around(Point2::new(x, x / 2.0), side, side));
            let captured_at = Timestamp::from_millis(40 * number as u64);
            observer.push(&PeripheryFrame { captured_at, view: image.view(), face });
        }
        for cue in observer.finish() {
            prop_assert!(cue.value.is_ok() || cue.value.is_err_and(|why| !why.is_empty()));
        }
    }
}
