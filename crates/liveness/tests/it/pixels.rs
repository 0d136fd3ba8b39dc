//! From pixels to traces: a painted face that turns and moves keeps its cells.

use verilume_frame::{RgbImage, Timestamp, linear_from_srgb};
use verilume_liveness::flash::{
    CELL_COUNT, ExtractConfig, FlashExtractor, FlashFrame, FlashTraces, GRID_COLUMNS, PersonMask,
};

use crate::synthetic::{face_shape, landmarks};

/// A brightness for every cell, far from its neighbours'.
fn paint(cell: usize) -> u8 {
    60 + u8::try_from(cell % GRID_COLUMNS * 7 + cell / GRID_COLUMNS * 50 % 120).unwrap()
}

/// Draws the grid of cells where the face is, on a grey background.
fn picture(roll_rad: f32, shift: (f32, f32)) -> RgbImage {
    let mut image = RgbImage::filled(480, 640, [100; 3]).unwrap();
    let (sin, cos) = roll_rad.sin_cos();
    let grid = face_shape().grid;
    for (at, pixel) in image.pixels_mut().as_chunks_mut::<3>().0.iter_mut().enumerate() {
        let (x, y) = ((at % 480) as f32 + 0.5 - 240.0 - shift.0, (at / 480) as f32 + 0.5 - 320.0 - shift.1);
        let (face_x, face_y) = (cos * x + sin * y, cos * y - sin * x);
        let (column, row) = ((face_x - grid.x) / grid.width * 9.0, (face_y - grid.y) / grid.height * 12.0);
        if column >= 0.0 && row >= 0.0 && column < 9.0 && row < 12.0 {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside the grid")]
            let cell = row as usize * 9 + column as usize;
            *pixel = [paint(cell); 3];
        }
    }
    image
}

fn extract(frames: &[(f32, (f32, f32))], mask: Option<PersonMask<'_>>) -> FlashTraces {
    let mut extractor = FlashExtractor::new(ExtractConfig::default());
    for (at, (roll, shift)) in frames.iter().enumerate() {
        let (image, landmarks) = (picture(*roll, *shift), landmarks(*roll, *shift));
        let taken = extractor.push(&FlashFrame {
            captured_at: Timestamp::from_millis(at as u64 * 33),
            view: image.view(),
            landmarks: &landmarks,
            person: mask,
        });
        assert!(taken);
    }
    assert_eq!(extractor.frame_count(), frames.len());
    extractor.finish().unwrap()
}

#[test]
fn cells_hold_the_same_skin_however_the_head_turns_and_moves() {
    let traces = extract(&[(0.0, (0.0, 0.0)), (0.2, (30.0, -20.0)), (-0.15, (-41.3, 12.7))], None);
    for frame in traces.frames() {
        // Only the inner cells: the rim mixes with its neighbours by half a pixel.
        for cell in 0..CELL_COUNT {
            let expected = linear_from_srgb(paint(cell));
            let seen = traces_cell(&traces, frame.captured_at(), cell);
            assert!((seen / expected - 1.0).abs() < 0.05, "cell {cell}: {seen} for {expected}");
        }
    }
    let face = traces.face();
    assert!((face.roll_rad - 0.05 / 3.0).abs() < 2e-3, "{}", face.roll_rad);
    assert!((face.points[1].x - face_shape().points[1].x).abs() < 0.1);
}

fn traces_cell(traces: &FlashTraces, at: Timestamp, cell: usize) -> f32 {
    traces.frames().iter().find(|frame| frame.captured_at() == at).unwrap().cells()[cell].rgb[1]
}

#[test]
fn the_background_is_where_the_mask_says_nobody_is() {
    let nobody = [0.0f32; 64];
    let everywhere = [1.0f32; 64];
    let mut left_half = [0.0f32; 64];
    (0..64).filter(|at| at % 8 < 4).for_each(|at| left_half[at] = 1.0);
    let count = |grid: &[f32]| extract(&[(0.0, (0.0, 0.0))], PersonMask::new(8, 8, grid)).block_count();
    assert_eq!(count(&nobody), 15 * 20);
    assert_eq!(count(&everywhere), 0);
    assert!((110..150).contains(&count(&left_half)), "{}", count(&left_half));
    let without_mask = extract(&[(0.0, (0.0, 0.0))], None).block_count();
    assert!((20..160).contains(&without_mask), "{without_mask}");
}
