//! The tracker on real video: one face, one number, plausible angles; no face where there is none.

use verilume_frame::{RgbImage, Timestamp};
use verilume_vision::{AttentionConfig, AttentionGate, GazeBasis};

use super::support::{frames, tracked, tracker};

#[test]
fn the_carphone_face_is_followed_through_every_frame_as_one() {
    let seen = tracked(&frames("carphone.mp4"));
    assert_eq!(seen.len(), 120);
    let ids: Vec<u32> = seen.iter().map(|frame| frame.primary().unwrap().id.get()).collect();
    assert!(ids.iter().all(|id| *id == 1), "{ids:?}");
    assert!(seen.iter().all(|frame| frame.faces.len() == 1));
}

#[test]
fn the_carphone_head_turns_as_it_was_measured_by_another_pipeline() {
    // Yaw from the eye line of the same mesh, run by ONNX Runtime in Python: every tenth frame, degrees.
    const EXPECTED: [f32; 12] = [1.2, -0.4, 1.5, -7.2, -7.0, -3.8, 1.0, -0.8, 3.8, 10.7, 6.1, 6.4];
    let seen = tracked(&frames("carphone.mp4"));
    let yaw: Vec<f32> = seen.iter().map(|frame| frame.primary().unwrap().pose.yaw_rad.to_degrees()).collect();
    let (low, high) =
        yaw.iter().fold((f32::MAX, f32::MIN), |(low, high), yaw| (low.min(*yaw), high.max(*yaw)));
    assert!((-12.0..=-6.0).contains(&low) && (9.0..=16.0).contains(&high), "{low} to {high}");
    let sampled: Vec<f32> = yaw.iter().step_by(10).copied().collect();
    let correlation = correlation(&sampled, &EXPECTED);
    assert!(correlation > 0.9, "{correlation}: {sampled:?}");
}

#[test]
fn the_carphone_driver_looks_at_the_camera() {
    let mut gate = AttentionGate::new(AttentionConfig::default());
    let seen = tracked(&frames("carphone.mp4"));
    let open = seen
        .iter()
        .filter(|frame| gate.update(frame.primary().unwrap(), frame.captured_at).looking_at_camera);
    assert!(open.count() >= 100);
}

#[test]
fn portraits_look_at_the_camera_with_both_irises() {
    for name in ["astronaut.png", "biden.jpg", "obama.jpg"] {
        let seen = tracked(&frames(name));
        let face = seen[0].primary().unwrap_or_else(|| panic!("{name}: no face"));
        assert_eq!(face.gaze.basis, GazeBasis::BothIrises, "{name}");
        assert!(face.gaze.off_axis_rad() < 0.15, "{name}: {:?}", face.gaze);
        let mut gate = AttentionGate::new(AttentionConfig::default());
        assert!(gate.update(face, Timestamp::default()).looking_at_camera, "{name}");
    }
}

#[test]
fn a_tilted_camera_changes_the_roll_and_nothing_else() {
    let upright = frames("astronaut.png").remove(0);
    let turned = quarter_turn(&upright.image);
    let before = tracked(&[upright]).remove(0).faces.remove(0);
    let after = tracker().update(turned.view(), Timestamp::default()).unwrap().faces.remove(0);
    let turn = (after.pose.roll_rad - before.pose.roll_rad).to_degrees();
    assert!((turn - 90.0).abs() < 6.0, "{turn}");
    assert!((after.pose.yaw_rad - before.pose.yaw_rad).to_degrees().abs() < 5.0);
    assert!((after.gaze.yaw_rad - before.gaze.yaw_rad).to_degrees().abs() < 6.0);
}

#[test]
fn a_street_seen_from_above_has_no_face() {
    let seen = tracked(&frames("bikes.mp4")[..25]);
    let with_face = seen.iter().filter(|frame| !frame.faces.is_empty()).count();
    assert_eq!(with_face, 0, "of {} frames", seen.len());
}

/// The image turned clockwise by 90 degrees.
fn quarter_turn(image: &RgbImage) -> RgbImage {
    let (width, height) = (image.height(), image.width());
    let pixels = (0..height)
        .flat_map(|y| (0..width).flat_map(move |x| image.view().pixel(y, width - 1 - x)))
        .collect();
    RgbImage::new(width, height, pixels).unwrap()
}

fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let sum =
        |f: &dyn Fn(f32, f32) -> f32| a.iter().zip(b).map(|(x, y)| f(x - mean_a, y - mean_b)).sum::<f32>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}
