//! Displays with a bezel, a lamp in their glass and a lattice.

use super::heads;
use crate::{CameraParams, DisplayBuild, Scenario, ScreenColours, ScreenTimeline, Session, Species};

/// Two frames, half a second apart, of a display that shows a genuine session.
fn frames(display: DisplayBuild, seed: u64) -> Option<[verilume_frame::RgbImage; 2]> {
    let scenario = Scenario {
        species: Species::ReplaySession,
        display,
        motion: 0.0,
        camera: CameraParams::ideal(),
        ..Scenario::default()
    };
    let mut session = Session::new(heads()?, &scenario, seed);
    let grey = ScreenTimeline::new(ScreenColours::uniform([0.5; 3]));
    let mut frames: Vec<_> = (0..16).map(|_| session.next_frame(&grey).frame.image).collect();
    Some([frames.remove(0), frames.pop()?])
}

/// Share of pixels that are nearly black.
fn black(image: &verilume_frame::RgbImage) -> f32 {
    let pixels = image.pixels().chunks_exact(3);
    let count = pixels.len();
    pixels.filter(|pixel| pixel.iter().all(|value| *value < 50)).count() as f32 / count as f32
}

/// Where the frame is brightest.
fn brightest(image: &verilume_frame::RgbImage) -> (usize, usize) {
    let sum = |pixel: &[u8]| pixel.iter().map(|value| u32::from(*value)).sum::<u32>();
    let pixels = image.pixels().chunks_exact(3).enumerate();
    let (at, _) = pixels.max_by_key(|(_, pixel)| sum(pixel)).unwrap();
    (at % image.width() as usize, at / image.width() as usize)
}

#[test]
fn a_bezel_is_dark_and_a_monitors_broader_than_a_phones() {
    let mut right = 0;
    for seed in 40..44 {
        let Some([bare, _]) = frames(DisplayBuild::Bare, seed) else { return };
        let [phone, monitor] = [DisplayBuild::Phone, DisplayBuild::Monitor]
            .map(|build| black(&frames(build, seed).unwrap()[0]) - black(&bare));
        right += usize::from(phone > 0.005 && monitor > 1.3 * phone);
    }
    assert!(right >= 3, "{right} of 4");
}

#[test]
fn a_lamp_in_the_glass_stays_while_the_picture_moves() {
    let Some([before, after]) = frames(DisplayBuild::Phone, 42) else { return };
    assert_ne!(before.pixels(), after.pixels(), "the session that is shown goes on");
    let ((x, y), (u, v)) = (brightest(&before), brightest(&after));
    assert!(x.abs_diff(u) < 4 && y.abs_diff(v) < 12, "{x} {y} against {u} {v}");
}
