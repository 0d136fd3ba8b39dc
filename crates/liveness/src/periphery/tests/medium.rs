//! Signs of a medium: hands, glass, light and bands.

use super::*;

/// A head that sways before a room, recoloured by place, time and value.
fn recoloured(colour: impl Fn(f32, f32, f32, f32) -> [f32; 3]) -> Vec<Cue> {
    watch(|at| {
        let mut image = head(at);
        for (number, pixel) in image.pixels_mut().chunks_exact_mut(3).enumerate() {
            let (x, y) = (number % usize::from(WIDTH), number / usize::from(WIDTH));
            let value = f32::from(pixel[0]);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
            let values = colour(x as f32, y as f32, at, value).map(|value| value as u8);
            pixel.copy_from_slice(&values);
        }
        image
    })
}

/// Whether a place is on the face of [`head`], at most `share` of the way out.
fn on_face(x: f32, y: f32, share: f32) -> bool {
    ((x - 160.0) / (FACE * 0.55)).hypot((y - 110.0) / (FACE * 0.7)) < share
}

/// Three highlights, of which each is carried along by the face as far as `carried` says.
fn highlights(carried: f32) -> f64 {
    let cues = recoloured(|x, y, at, value| {
        let x = x + carried * at * 9.0;
        let lit = [(145.0, 90.0), (170.0, 100.0), (158.0, 130.0)].map(|(u, v)| (x - u).hypot(y - v) < 3.5);
        [if lit.contains(&true) { 255.0 } else { value.min(140.0) }; 3]
    });
    value(&cues, GLASS_STREAKS).unwrap()
}

#[test]
fn a_highlight_on_glass_stays_and_one_on_skin_goes_along() {
    let (stays, goes) = (highlights(0.0), highlights(1.0));
    assert!(stays + 1.0 < goes, "{stays} against {goes}");
}

#[test]
fn a_display_clips_before_its_room() {
    let clipped = |display: bool| {
        let cues =
            recoloured(|x, y, _, value| [if display && on_face(x, y, 0.5) { 255.0 } else { value * 0.8 }; 3]);
        value(&cues, CLIPPED_LIGHT).unwrap()
    };
    assert!(clipped(true) < -2.0 && clipped(false).abs() < 0.5, "{} {}", clipped(true), clipped(false));
}

#[test]
fn a_display_has_a_white_of_its_own() {
    let white = |display: bool| {
        let cues = recoloured(|x, y, _, value| match display && on_face(x, y, 1.0) {
            true => [value * 0.7, value * 0.85, value],
            false => [value, value * 0.85, value * 0.7],
        });
        value(&cues, EMISSIVE_WHITE).unwrap()
    };
    assert!(white(true) < -0.3 && white(false) > -0.1, "{} {}", white(true), white(false));
}

#[test]
fn bands_that_roll_through_the_face_alone_are_a_displays() {
    let bands = |strength: f32, everywhere: bool| {
        let cues = recoloured(|x, y, at, value| {
            let phase = std::f32::consts::TAU * (5.0 * y / FACE - 15.0 * 5.0 * at / 16.0);
            let band = if everywhere || on_face(x, y, 1.0) { strength * phase.sin() } else { 0.0 };
            [value * 0.8 + band; 3]
        });
        value(&cues, BANDING).unwrap()
    };
    let (none, display, lamp) = (bands(0.0, false), bands(6.0, false), bands(6.0, true));
    assert!(display < none - 1.0 && display < lamp - 1.0, "{display} against {none} and {lamp}");
}

/// A print with skin in it before a blue wall, held at its right edge by something this long.
fn held(length: f32, wall_is_wood: bool) -> Result<f64, String> {
    let mut image = frame(|x, y| (x / 40.0, y / 40.0));
    for (number, pixel) in image.pixels_mut().chunks_exact_mut(3).enumerate() {
        let (x, y) = ((number % usize::from(WIDTH)) as f32, (number / usize::from(WIDTH)) as f32);
        let inside = (x - 160.0).abs() < 90.0 && (y - 110.0).abs() < 95.0;
        let hand = x > 160.0 && (y - 110.0).abs() < length / 2.0;
        let (light, skin) = (if inside { 210.0 } else { 120.0 }, inside || hand || wall_is_wood);
        let colour: [f32; 3] = if skin { [1.0, 0.75, 0.6] } else { [0.7, 0.85, 1.0] };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0..=255")]
        pixel.copy_from_slice(&colour.map(|share| (light * share) as u8));
    }
    let mut observer = PeripheryObserver::new();
    let captured_at = Timestamp::from_millis(0);
    observer.push(&PeripheryFrame { captured_at, view: image.view(), face: Some(face()) });
    value(&observer.finish(), EDGE_HAND)
}

#[test]
fn a_hand_at_an_edge_is_skin_shorter_than_the_edge() {
    assert!(held(30.0, false).unwrap() < -0.3, "{:?}", held(30.0, false));
    assert!(held(0.0, false).unwrap() > -0.1, "{:?}", held(0.0, false));
    assert!(held(30.0, true).unwrap() > -0.1, "a wall of wood is no hand: {:?}", held(30.0, true));
}

#[test]
fn without_an_edge_or_an_outside_there_is_no_sign() {
    let cues = watch(print);
    for name in [CLIPPED_LIGHT, EMISSIVE_WHITE, BANDING] {
        let why = value(&cues, name).unwrap_err();
        assert!(why.contains("outside"), "{name}: {why}");
    }
    assert!(value(&cues, EDGE_HAND).is_err() && value(&cues, MASK_CUT).is_err());
}
