//! Light and camera against what they must be.

use std::time::Duration;

use verilume_frame::{RgbImage, Timestamp, linear_from_srgb};

use super::heads;
use crate::math::Vec3;
use crate::render::LinearImage;
use crate::scene::Scene;
use crate::{CameraParams, Device, Half, Scenario, ScreenColours, ScreenTimeline, Session};

/// Cells over the face, across and down.
const CELLS: (usize, usize) = (9, 12);

const DARK: [f32; 3] = [0.0; 3];
const WHITE: [f32; 3] = [1.0; 3];

fn still(lux: f32) -> Scenario {
    Scenario { lux, motion: 0.0, camera: CameraParams::ideal(), ..Scenario::default() }
}

fn bona_fide(scenario: &Scenario, seed: u64) -> Option<Scene> {
    Some(Scene::new(heads()?, scenario, seed, crate::species::bona_fide_subject))
}

fn showing(top: [f32; 3], bottom: [f32; 3]) -> ScreenTimeline {
    ScreenTimeline::new(ScreenColours { top, bottom })
}

/// Means of one channel over the cells of the face that are all skin; cells that are not, or hold a value that clips in
/// one of the frames, are `None`.
fn cells(
    values: &dyn Fn(usize) -> f32,
    is_good: &dyn Fn(usize) -> bool,
    width: usize,
    face: [usize; 4],
) -> Vec<Option<f32>> {
    let [left, top, right, bottom] = face;
    let edge = |at: usize, count: usize, low: usize, high: usize| low + (high - low) * at / count;
    let mut means = Vec::new();
    for (row, column) in (0..CELLS.1).flat_map(|row| (0..CELLS.0).map(move |column| (row, column))) {
        let rows = edge(row, CELLS.1, top, bottom)..edge(row + 1, CELLS.1, top, bottom);
        let columns = edge(column, CELLS.0, left, right)..edge(column + 1, CELLS.0, left, right);
        let pixels: Vec<usize> = rows.flat_map(|y| columns.clone().map(move |x| y * width + x)).collect();
        let mean = pixels.iter().map(|&pixel| values(pixel)).sum::<f32>() / pixels.len() as f32;
        means.push(pixels.iter().all(|&pixel| is_good(pixel)).then_some(mean));
    }
    means
}

fn face_box(scene: &Scene) -> [usize; 4] {
    let landmarks = scene.head().unwrap().landmarks;
    let span = (landmarks.left_eye.x - landmarks.right_eye.x).abs();
    let middle = landmarks.left_eye.midpoint(landmarks.right_eye);
    let [left, right] = [middle.x - span, middle.x + span].map(crate::math::index);
    let [top, bottom] = [middle.y - 0.6 * span, landmarks.chin.y].map(crate::math::index);
    [left, top, right, bottom]
}

/// From noiseless 8-bit frames the gain of each cell comes out within 2 % of what the radiances say. In a dim room, where
/// gains are large beside the steps of 8-bit values.
#[test]
fn cell_gains_are_recovered_from_noiseless_frames() {
    for (seed, half) in [(1, Half::Top), (2, Half::Bottom), (3, Half::Top)] {
        let lit = if half == Half::Top { showing(WHITE, DARK) } else { showing(DARK, WHITE) };
        let Some(mut scene) = bona_fide(&still(40.0), seed) else {
            return;
        };
        let frame_off = scene.frame(1.0, &showing(DARK, DARK)).unwrap();
        let frame_on = scene.frame(1.0, &lit).unwrap();
        let rgb_off = scene.radiances(1.0, &showing(DARK, DARK)).rgb.clone();
        let rgb_on = scene.radiances(1.0, &lit).rgb.clone();
        let (face, width) = (face_box(&scene), frame_off.width() as usize);
        let mut compared = 0;
        for channel in 0..3 {
            let value = |frame: &RgbImage, pixel: usize| frame.pixels()[pixel * 3 + channel];
            let is_good = |pixel: usize| {
                [&frame_off, &frame_on].iter().all(|frame| (24..=250).contains(&value(frame, pixel)))
            };
            let mean = |values: &dyn Fn(usize) -> f32| cells(values, &is_good, width, face);
            let truth =
                mean(&|p| rgb_on[p * 3 + channel]).into_iter().zip(mean(&|p| rgb_off[p * 3 + channel]));
            let seen_on = mean(&|p| linear_from_srgb(value(&frame_on, p)));
            let seen_off = mean(&|p| linear_from_srgb(value(&frame_off, p)));
            for (truth, seen) in truth.zip(seen_on.into_iter().zip(seen_off)) {
                let ((Some(on), Some(off)), (Some(seen_on), Some(seen_off))) = (truth, seen) else {
                    continue;
                };
                let (gain, recovered) = (on / off - 1.0, seen_on / seen_off - 1.0);
                // Below this the steps of 8-bit values are of the size of the gain itself.
                if gain < 0.05 {
                    continue;
                }
                assert!((recovered / gain - 1.0).abs() < 0.02, "seed {seed}: {recovered} for {gain}");
                compared += 1;
            }
        }
        assert!(compared > 100, "only {compared} cells");
    }
}

/// The few patches that the renderer sums over are as good as many, at every vertex of a face.
#[test]
fn light_factors_at_the_face_agree_with_fine_quadrature() {
    let Some(mut scene) = bona_fide(&still(100.0), 4) else {
        return;
    };
    scene.radiances(0.0, &showing(WHITE, WHITE));
    let number = scene.subject.person().start;
    let (body, panel) = (&scene.stage.bodies[number], scene.stage.panel);
    let device_from_body = scene.stage.device_from_world.after(&body.world_from_body);
    let mut worst = 0.0_f32;
    for vertex in (0..body.mesh.len()).step_by(7) {
        for (half, factors) in [(Half::Top, &body.light.top), (Half::Bottom, &body.light.bottom)] {
            let at = device_from_body.apply(body.mesh.at.get(vertex));
            let normal = device_from_body.turn(body.mesh.normal.get(vertex));
            let visible = body.visibility.as_ref().unwrap().of_screen(half)[vertex];
            let fine =
                panel.illuminance_lux(half, 1.0, at, normal, [24, 24]) * visible / std::f32::consts::PI;
            // Grazing light is so weak that its relative error means nothing.
            if fine > 2e-3 {
                worst = worst.max((factors.diffuse[vertex] / fine - 1.0).abs());
            }
        }
    }
    assert!(worst > 0.0 && worst < 0.02, "{worst}");
}

/// The light of both halves and of the room add up: nothing is lost or made.
#[test]
fn light_superposes() {
    let Some(mut scene) = bona_fide(&still(150.0), 6) else {
        return;
    };
    let mut of = |top, bottom| scene.radiances(0.5, &showing(top, bottom)).rgb.clone();
    let (off, upper, lower, both) = (of(DARK, DARK), of(WHITE, DARK), of(DARK, WHITE), of(WHITE, WHITE));
    for i in 0..off.len() {
        let sum = upper[i] + lower[i] - off[i];
        assert!((sum - both[i]).abs() <= 1e-4 * both[i].max(1e-3), "{sum} {}", both[i]);
    }
}

/// No matt surface sends back more than it gets.
#[test]
fn no_surface_makes_light() {
    let scenario = Scenario { screen_nit: 400.0, ..still(0.1) };
    let Some(mut scene) = bona_fide(&scenario, 8) else {
        return;
    };
    let image: &LinearImage = scene.radiances(0.0, &showing(WHITE, WHITE));
    let nearest = Vec3::new(0.0, scenario.device.camera_at().y, -scenario.distance_cm / 100.0 + 0.06);
    let facing = Vec3::new(0.0, 0.0, 1.0);
    let panel = Device::Phone.panel();
    let most_lux: f32 = [Half::Top, Half::Bottom]
        .map(|h| panel.illuminance_lux(h, 400.0, nearest, facing, [8, 8]))
        .iter()
        .sum();
    // Corneas mirror the screen; everything else is below white paper under the same light.
    let bright = image.rgb.iter().filter(|&&radiance| radiance > most_lux / std::f32::consts::PI).count();
    assert!(bright < 60, "{bright} values");
}

/// The wall's share of the screen's light falls with the square of its distance.
#[test]
fn the_wall_gets_inverse_square_light() {
    let gain = |wall_metres: f32| {
        let mut scene = bona_fide(&Scenario { wall_metres, ..still(200.0) }, 9)?;
        let off = scene.radiances(0.0, &showing(DARK, DARK)).rgb.clone();
        let on = scene.radiances(0.0, &showing(WHITE, WHITE)).rgb.clone();
        let wall = scene.stage.mask(0..1);
        let gains = wall.iter().enumerate().filter(|(_, is_wall)| **is_wall);
        let gains: Vec<f32> = gains.map(|(pixel, _)| on[pixel * 3 + 1] / off[pixel * 3 + 1] - 1.0).collect();
        Some(gains.iter().sum::<f32>() / gains.len() as f32)
    };
    let (Some(near), Some(far)) = (gain(0.9), gain(2.1)) else {
        return;
    };
    // 1.2 m and 2.4 m from the screen.
    assert!((near / far / 4.0 - 1.0).abs() < 0.05, "{}", near / far);
}

/// A step of the screen is seen when the latency says.
#[test]
fn the_screen_is_seen_after_the_latency() {
    let Some(heads) = heads() else { return };
    let camera =
        CameraParams { exposure_ms: 4.0, readout_ms: 0.0, latency_ms: 100.0, ..CameraParams::ideal() };
    let scenario = Scenario { camera: CameraParams { frames_per_second: 100.0, ..camera }, ..still(50.0) };
    let mut shown = showing(DARK, DARK);
    shown.fade_to(Timestamp::from_millis(300), Duration::ZERO, ScreenColours::uniform(WHITE));
    let mut session = Session::new(heads, &scenario, 3);
    let frames: Vec<_> = session.frames_until(Duration::from_millis(600), &shown).collect();
    let level =
        |frame: &crate::SimFrame| frame.frame.image.pixels().iter().map(|&v| f64::from(v)).sum::<f64>();
    let (first, last) = (level(&frames[0]), level(frames.last().unwrap()));
    let rise = frames.iter().find(|frame| level(frame) > (first + last) / 2.0).unwrap();
    let lag_ms = rise.frame.captured_at.as_millis() - 300.0;
    assert!((99.0..=115.0).contains(&lag_ms), "{lag_ms} ms");
}

/// Automatic exposure brings faces of every tone to a usable level, with little clipped.
#[test]
fn frames_are_well_exposed() {
    let Some(heads) = heads() else { return };
    for tone in crate::SkinTone::ALL {
        let scenario = Scenario { skin_tone: tone, ..Scenario::default() };
        let mut session = Session::new(heads, &scenario, 20);
        let frame = session.next_frame(&showing([0.5; 3], [0.5; 3]));
        let pixels = frame.frame.image.pixels();
        let mean = pixels.iter().map(|&value| f64::from(value)).sum::<f64>() / pixels.len() as f64;
        let clipped = pixels.iter().filter(|&&value| value >= 254).count() as f64 / pixels.len() as f64;
        assert!((70.0..170.0).contains(&mean) && clipped < 0.05, "tone {}: {mean} {clipped}", tone.number());
    }
}
