//! How far what lies just beyond the person's outline shifts against the person.
//!
//! Behind a live person is a room, further away: where head or camera moves, it shifts against the head at once beyond
//! the outline. What a print shows behind the person lies in the same sheet and shifts by nothing. So the motion of the
//! person's points and of those just beyond is laid on one smooth sheet, and on a step at the outline.

use verilume_frame::Point2;

use super::sheet::last_term;
use super::tracks::Track;

/// Points nearer to the outline, face widths, may be the network's error. Origin: twice a step of its grid.
const RIM: f32 = 0.05;
/// Points further beyond may be the room around a medium. Origin: seeds A, where 0.2 to 1 did alike.
const REACH: f32 = 0.3;
/// The least points beyond the outline, and of the person. Origin: as for other regions.
const LEAST_BEYOND: usize = 8;
const LEAST_PERSON: usize = 15;
/// The terms of a smooth sheet, and the step.
const TERMS: usize = 7;

/// A point with how far it lies beyond the outline, face widths, negative within the person.
pub(super) type Placed = (Track, f32);

/// The shift, root mean square over the window, pixels. `None` if too few points tell.
pub(super) fn parallax(points: &[Placed], centre: Point2, face_width: f32) -> Option<f64> {
    let telling = |(_, beyond): &&Placed| *beyond < -RIM || (RIM..REACH).contains(beyond);
    let (tracks, is_beyond): (Vec<Track>, Vec<bool>) =
        points.iter().filter(telling).map(|(track, beyond)| (track.clone(), *beyond > 0.0)).unzip();
    let beyond = is_beyond.iter().filter(|is_beyond| **is_beyond).count();
    if beyond < LEAST_BEYOND || tracks.len() - beyond < LEAST_PERSON {
        return None;
    }
    let terms = |row: usize, x: f64, y: f64| -> [f64; TERMS] {
        [1.0, x, y, x * x, x * y, y * y, f64::from(u8::from(is_beyond[row]))]
    };
    Some(last_term(&tracks, centre, face_width, terms)?.of_unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CENTRE: Point2 = Point2 { x: 180.0, y: 200.0 };
    const WIDTH: f32 = 160.0;

    /// A person 0.8 face widths wide before what shifts by `behind` of the person's motion.
    fn points(behind: f32) -> Vec<Placed> {
        let mut points = Vec::new();
        for at in 0..150u16 {
            let (x, y) = (f32::from(at % 15) / 10.0 - 0.7, f32::from(at / 15) / 10.0 - 0.5);
            let beyond = x.abs() - 0.4;
            let share = if beyond > 0.0 { behind } else { 1.0 };
            let track = (0..30u8).map(|frame| {
                let turned = (f32::from(frame) / 6.0).sin();
                let noise = f32::from((at * 37 + u16::from(frame) * 101) % 29) / 29.0 - 0.5;
                // Bent about an upright axis: the middle is nearer.
                let shift = share * turned * (5.0 - 2.0 * x * x) + 0.2 * noise;
                Point2::new(CENTRE.x + WIDTH * x + shift, CENTRE.y + WIDTH * y)
            });
            points.push((track.collect(), beyond));
        }
        points
    }

    #[test]
    fn a_room_shifts_at_the_outline_and_a_bent_sheet_does_not() {
        let of = |behind| parallax(&points(behind), CENTRE, WIDTH).unwrap();
        let (sheet, room) = (of(1.0), of(0.2));
        assert!(sheet < 0.1 && room > 1.5, "{sheet} and {room}");
    }

    #[test]
    fn too_few_points_show_nothing() {
        let all = points(0.2);
        let person: Vec<Placed> = all.iter().filter(|(_, beyond)| *beyond < 0.0).cloned().collect();
        assert_eq!(parallax(&person, CENTRE, WIDTH), None);
        assert_eq!(parallax(&[], CENTRE, WIDTH), None);
    }
}
