//! The texture networks on three public samples: one live capture and two attacks.
//!
//! They are not part of the repository; `VERILUME_TEST_SAMPLES` names the folder that holds `image_T1.jpg`,
//! `image_F1.jpg` and `image_F2.jpg` of minivision's Silent-Face-Anti-Spoofing.

use std::path::Path;

use verilume_infer::{Engine, TextureSpoofModel};
use verilume_vision::models::{ScoreTexture as _, TextureView};

use super::support::{frames_of, tracked, weights};

#[test]
fn the_networks_tell_the_samples_apart() {
    let Some(folder) = std::env::var_os("VERILUME_TEST_SAMPLES") else {
        return println!("left out: VERILUME_TEST_SAMPLES does not name the folder of the public samples");
    };
    let texture = TextureSpoofModel::load(&Engine::rten(), &weights()).unwrap();
    let score = |name: &str| {
        let frames = frames_of(&Path::new(&folder).join(name));
        let seen = tracked(&frames);
        let face = seen[0].primary().unwrap_or_else(|| panic!("{name}: no face"));
        texture.score(frames[0].view(), face.detector_box_in_image, TextureView::PLAIN).unwrap()
    };
    let (live, first_attack, second_attack) =
        (score("image_T1.jpg"), score("image_F1.jpg"), score("image_F2.jpg"));
    assert!(live >= 0.9, "T1: {live}");
    assert!(first_attack <= 0.1, "F1: {first_attack}");
    assert!(second_attack <= 0.1, "F2: {second_attack}");
}
