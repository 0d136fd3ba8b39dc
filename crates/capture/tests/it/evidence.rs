//! What is sent of the frames, in real bytes.

use std::time::Duration;

use verilume_capture::{CaptureConfig, CaptureState, Terminal};
use verilume_protocol::challenge::FlashProfile;
use verilume_protocol::stream::{Phase, PlanLimits};

use crate::world::{World, noisy_image};

const SIZE: (u32, u32) = (480, 640);

fn world(config: CaptureConfig, amplitude: u32, profile: FlashProfile) -> World {
    let images = (0..3).map(|seed| noisy_image(SIZE, amplitude, seed)).collect();
    let mut world = World::with_images(config, images);
    world.service.profile = profile;
    world.start();
    world
}

/// Runs a check; gives bytes, frames, the fewest frames of a slot and the width of the face that was sent.
#[track_caller]
fn measure(config: CaptureConfig, amplitude: u32, profile: FlashProfile) -> (usize, usize, usize, f32) {
    let mut world = world(config, amplitude, profile);
    world.run_to(CaptureState::Done);
    assert!(matches!(world.seen.terminals[..], [Terminal::Finished { .. }]), "{:?}", world.seen.terminals);
    let frames = world.service.frames();
    let fewest = (0..12)
        .map(|slot| frames.iter().filter(|frame| frame.phase == Phase::Slot(slot)).count())
        .min()
        .unwrap_or(0);
    let first = frames[0];
    let sent_width = jpeg_width(first.jpeg.as_bytes());
    let face_px = world.faces[0].detector_box_in_image.width * sent_width / first.crop_in_image.width as f32;
    (world.service.bytes(), frames.len(), fewest, face_px)
}

/// The width in the frame header of a JPEG.
fn jpeg_width(jpeg: &[u8]) -> f32 {
    let at = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).expect("a baseline JPEG");
    f32::from(u16::from_be_bytes([jpeg[at + 7], jpeg[at + 8]]))
}

#[test]
fn a_standard_check_fits_its_budget_and_uses_it() {
    for profile in [FlashProfile::standard(), FlashProfile::fast(), FlashProfile::calm()] {
        let (bytes, frames, fewest, face_px) = measure(CaptureConfig::default(), 30, profile);
        assert!(bytes <= 1_500_000, "{bytes} bytes, {}", profile.name());
        assert!(frames >= 60 && fewest >= 3, "{frames} frames, {fewest} in a slot, {}", profile.name());
        assert!(face_px >= 63.0, "a face of {face_px} px, {}", profile.name());
        assert!(bytes > 700_000, "{bytes} bytes are fewer than may be spent, {}", profile.name());
    }
}

#[test]
fn a_check_of_low_bandwidth_fits_its_budget() {
    for profile in [FlashProfile::standard(), FlashProfile::calm()] {
        let (bytes, frames, fewest, face_px) = measure(CaptureConfig::low_bandwidth(), 30, profile);
        assert!(bytes <= 500_000, "{bytes} bytes, {}", profile.name());
        assert!(frames >= 45 && fewest >= 3, "{frames} frames, {fewest} in a slot, {}", profile.name());
        assert!(face_px >= 63.0, "a face of {face_px} px, {}", profile.name());
    }
}

#[test]
fn no_content_exceeds_the_budget() {
    for (config, limit) in [(CaptureConfig::default(), 1_500_000), (CaptureConfig::low_bandwidth(), 500_000)]
    {
        // The first frame, by which the size is chosen, is smooth; all that follow are noise.
        let mut images = vec![noisy_image(SIZE, 195, 1), noisy_image(SIZE, 195, 2)];
        let mut world = World::with_images(config, vec![noisy_image(SIZE, 0, 1)]);
        world.start();
        world.run_to(CaptureState::Hold);
        world.images.clear();
        world.images.append(&mut images);
        world.run_to(CaptureState::Done);
        assert!(world.service.bytes() <= limit, "{} bytes of {limit}", world.service.bytes());
        assert!(world.service.frames().len() > 10);
    }
}

#[test]
fn a_plan_can_lower_the_limits() {
    let mut world = world(CaptureConfig::default(), 30, FlashProfile::standard());
    world.service.limits = PlanLimits {
        max_bytes: Some(300_000),
        max_frames: Some(40),
        max_frame_bytes: Some(9000),
        ..PlanLimits::default()
    };
    world.run_to(CaptureState::Done);
    let frames = world.service.frames();
    assert!(world.service.bytes() <= 300_000, "{} bytes", world.service.bytes());
    assert!((12..=40).contains(&frames.len()), "{} frames", frames.len());
    assert!(frames.iter().all(|frame| frame.jpeg.as_bytes().len() <= 9000));
    let last = frames.last().unwrap().captured_at;
    assert!(world.now() - last < Duration::from_secs(2), "frames come to the end");
}

#[test]
fn every_frame_shows_the_near_ring_in_one_place_and_size() {
    let mut world = world(CaptureConfig::default(), 30, FlashProfile::standard());
    world.run_to(CaptureState::Done);
    let frames = world.service.frames();
    let (face, crop) = (world.faces[0].detector_box_in_image, frames[0].crop_in_image);
    // The near ring reaches 1.9 face widths across and 2.4 down.
    let ring = verilume_frame::Rect::around(face.centre(), face.width * 1.9, face.width * 2.4);
    let shown = crop.to_rect();
    assert!(shown.x <= ring.x && shown.right() >= ring.right(), "{shown:?} {ring:?}");
    assert!(shown.y <= ring.y && shown.bottom() >= ring.bottom(), "{shown:?} {ring:?}");
    let size = jpeg_width(frames[0].jpeg.as_bytes());
    assert!(frames.iter().all(|frame| frame.crop_in_image == crop && frame.image_size == SIZE));
    assert!(frames.iter().all(|frame| (jpeg_width(frame.jpeg.as_bytes()) - size).abs() < 0.5));
}
