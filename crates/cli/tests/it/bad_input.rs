//! Bad input: a documented exit code, one clear line with the next step, no panic.

use image::RgbImage;

use crate::support::{Ran, file, media, png, verilume, verilume_with_stdin};

#[track_caller]
fn check(ran: &Ran, exit: i32, code: &str) {
    assert_eq!(ran.code, Some(exit), "{ran:?}");
    assert!(ran.stderr.starts_with("error: "), "{ran:?}");
    assert!(ran.stderr.contains("\n\nhint: "), "{ran:?}");
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
    let error = ran.stderr.lines().next().unwrap_or_default();
    assert!(error.len() < 300, "one clear line: {error}");
    assert_eq!(ran.json()["error"]["code"], code, "{ran:?}");
}

#[test]
fn files_that_are_not_what_they_seem() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, bytes: &[u8]| verilume(&["check", &file(&folder, name, bytes), "--json"]);
    check(&run("empty.mp4", b""), 3, "empty_input");
    check(&run("text.mp4", b"this is not a video, whatever its name says\n"), 3, "unsupported_format");
    let portrait = std::fs::read(media("biden.jpg")).unwrap();
    check(&run("cut.jpg", &portrait[..portrait.len() / 3]), 3, "truncated");
    let movie = std::fs::read(media("carphone.mp4")).unwrap();
    let cut = run("cut.mp4", &movie[..200]);
    assert_eq!(cut.code, Some(3), "{cut:?}");
}

#[test]
fn an_image_of_sixty_thousand_pixels_a_side_is_refused_without_being_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let mut bomb = png(&RgbImage::new(1, 1));
    // The size stands at a fixed place after the signature and the header chunk's length and name; then its checksum.
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let checksum = crc32(&bomb[12..29]).to_be_bytes();
    bomb[29..33].copy_from_slice(&checksum);
    check(&verilume(&["check", &file(&folder, "bomb.png", &bomb), "--json"]), 3, "image_too_large");
}

#[test]
fn what_is_not_there_is_named() {
    check(&verilume(&["check", "no/such/file.mp4", "--json"]), 3, "input_not_found");
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().to_str().unwrap();
    assert_eq!(verilume(&["check", empty, "--json"]).code, Some(3));
    check(&verilume(&["check", &media("astronaut.png"), "--json", "--assets", empty]), 4, "assets_missing");
}

#[test]
fn arguments_that_cannot_be_used() {
    assert_eq!(verilume(&["check"]).code, Some(2));
    assert_eq!(verilume(&["check", "x.mp4", "--fps", "0"]).code, Some(2));
    assert_eq!(verilume(&["frobnicate"]).code, Some(2));
    let under_a_file = format!("{}/frames", media("astronaut.png"));
    check(
        &verilume(&["check", &media("astronaut.png"), "--json", "--annotate", &under_a_file]),
        2,
        "output_unwritable",
    );
}

#[test]
fn noise_on_standard_input_is_refused() {
    let noise: Vec<u8> = (0..5000_u32).map(|k| (k.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    check(&verilume_with_stdin(&["check", "-", "--json"], &noise), 3, "unsupported_format");
}

/// The checksum of PNG chunks (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
        )
    })
}
