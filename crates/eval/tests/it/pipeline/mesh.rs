//! The mesh against MediaPipe's own pipeline on the same frames.
//!
//! `../../infer/tests/fixtures/mediapipe_mesh_carphone.json` was made with the PyPI package mediapipe 0.10.21
//! (make_mediapipe_mesh.py beside it).

use serde::Deserialize;
use verilume_frame::Point2;

use super::support::{frames, tracked};

#[derive(Deserialize)]
struct Stored {
    frames: Vec<StoredFrame>,
}

#[derive(Deserialize)]
struct StoredFrame {
    index: usize,
    points_px: Vec<[f32; 2]>,
}

#[test]
fn the_mesh_lies_where_mediapipe_puts_it() {
    let stored: Stored =
        serde_json::from_str(include_str!("../../../../infer/tests/fixtures/mediapipe_mesh_carphone.json"))
            .unwrap();
    assert_eq!(stored.frames.len(), 10);
    let seen = tracked(&frames("carphone.mp4"));
    let differences: Vec<f32> = stored
        .frames
        .iter()
        .map(|stored| {
            let face = seen[stored.index].primary().unwrap();
            let distances = face
                .landmarks
                .points()
                .iter()
                .zip(&stored.points_px)
                .map(|(ours, [x, y])| ours.xy().distance(Point2::new(*x, *y)));
            distances.sum::<f32>() / stored.points_px.len() as f32 / face.face_in_image.width
        })
        .collect();
    let mean = differences.iter().sum::<f32>() / differences.len() as f32;
    println!("mean 2-D difference {:.2} % of the face's width; by frame {differences:.3?}", mean * 100.0);
    assert!(mean <= 0.02, "{mean}: {differences:?}");
}
