//! Covered mouths: patches of several materials laid over real photographs. Simulated covers, not real ones.

use verilume_frame::{FaceLandmarks, Frame, Point2, RgbImage, RgbView, Timestamp, mesh};
use verilume_vision::MouthCover;

use super::support::{frames, tracked, tracker};

/// Outline of a mask: from ear to ear below the eyes, around the chin.
const MASK: [usize; 24] = [
    234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454,
    280, 5, 50,
];

#[track_caller]
fn check(name: &str, frame: &Frame) {
    let face = tracked(std::slice::from_ref(frame)).remove(0).faces.remove(0);
    assert_eq!(face.mouth.cover, MouthCover::Visible, "{name}, bare: {:?}", face.mouth);
    let skin = skin_of(frame.view(), &face.landmarks);
    let covers =
        [("blue mask", [110, 150, 190]), ("white mask", [225, 225, 222]), ("skin-coloured mask", skin)];
    for (cover, colour) in covers {
        let covered = painted(frame.view(), &face.landmarks, colour);
        // A cover may hide the face altogether; then there is no mouth to misjudge.
        if let Some(face) = tracker().update(covered.view(), Timestamp::default()).unwrap().primary() {
            assert_eq!(face.mouth.cover, MouthCover::Covered, "{name}, {cover}: {:?}", face.mouth);
        }
    }
}

#[test]
fn masks_are_told_from_bare_mouths() {
    for name in ["astronaut.png", "biden.jpg", "obama.jpg"] {
        check(name, &frames(name)[0]);
    }
    for (index, frame) in frames("carphone.mp4").iter().enumerate().step_by(29) {
        check(&format!("carphone, frame {index}"), frame);
    }
}

fn skin_of(image: RgbView<'_>, landmarks: &FaceLandmarks) -> [u8; 3] {
    let cheek = landmarks.at(50);
    image.pixel(cheek.x as u32, cheek.y as u32)
}

/// The image with the mask's outline filled: a slow shading and a little noise, as cloth has.
fn painted(image: RgbView<'_>, landmarks: &FaceLandmarks, colour: [u8; 3]) -> RgbImage {
    let outline: Vec<Point2> = MASK.iter().map(|index| landmarks.at(*index)).collect();
    let mut pixels: Vec<u8> = (0..image.height()).flat_map(|y| image.row(y).to_vec()).collect();
    for y in 0..image.height() {
        for x in 0..image.width() {
            let point = Point2::new(x as f32 + 0.5, y as f32 + 0.5);
            if !inside(&outline, point) {
                continue;
            }
            let at = (y * image.width() + x) as usize * 3;
            let shading = 1.0 + 0.12 * (point.x * 0.05).sin() * (point.y * 0.08).cos();
            for (channel, value) in colour.iter().enumerate() {
                let noise = ((at + channel) as u32).wrapping_mul(2_654_435_761) >> 29;
                pixels[at + channel] =
                    (f32::from(*value) * shading + noise as f32 - 4.0).clamp(0.0, 255.0) as u8;
            }
        }
    }
    RgbImage::new(image.width(), image.height(), pixels).unwrap()
}

/// Whether a point lies in a polygon, by counting the edges to its right.
fn inside(outline: &[Point2], point: Point2) -> bool {
    let edges = outline.iter().zip(outline.iter().cycle().skip(1));
    let crossings = edges.filter(|(a, b)| {
        (a.y > point.y) != (b.y > point.y) && point.x < (b.x - a.x) * (point.y - a.y) / (b.y - a.y) + a.x
    });
    crossings.count() % 2 == 1
}

#[test]
fn a_mouth_of_a_few_pixels_is_not_judged() {
    let frame = frames("astronaut.png").remove(0);
    let (width, height) = (frame.view().width() / 6, frame.view().height() / 6);
    let pixels = (0..height).flat_map(|y| (0..width).flat_map(move |x| [x, y])).collect::<Vec<_>>();
    let pixels =
        pixels.as_chunks::<2>().0.iter().flat_map(|[x, y]| frame.view().pixel(x * 6, y * 6)).collect();
    let small = RgbImage::new(width, height, pixels).unwrap();
    if let Some(face) = tracker().update(small.view(), Timestamp::default()).unwrap().primary() {
        let span = face.landmarks.at(mesh::MOUTH_RIGHT).distance(face.landmarks.at(mesh::MOUTH_LEFT));
        assert!(span < 10.0 && face.mouth.cover == MouthCover::TooSmall, "{span} px: {:?}", face.mouth);
    }
}
