//! How heads, hands and devices move: sums of a few slow waves, so that every moment can be asked for by itself.

use std::f32::consts::TAU;

use crate::math::{Pose, Vec3};
use crate::rng::Rng;

/// Waves a course is made of.
const WAVES: usize = 7;
/// Blinks are planned this far ahead, seconds; then they repeat.
const BLINKS_SECS: f64 = 120.0;
/// From open to open again, seconds.
const BLINK_SECS: f64 = 0.26;

/// A course of one number over time.
#[derive(Debug, Clone)]
struct Wander {
    /// Frequency in hertz, phase in radians, amplitude.
    waves: [(f32, f32, f32); WAVES],
}

impl Wander {
    /// With this standard deviation: most of it slow (from 0.1 Hz), a little up to 2.5 Hz.
    fn draw(rng: &mut Rng, deviation: f32) -> Self {
        let mut waves = [(0.0, 0.0, 0.0); WAVES];
        let mut power = 0.0;
        for (i, wave) in waves.iter_mut().enumerate() {
            let frequency_hz = 0.1 * 25.0_f32.powf((i as f32 + rng.unit()) / WAVES as f32);
            let amplitude = rng.between(0.5, 1.0) / frequency_hz.max(0.2);
            power += amplitude * amplitude / 2.0;
            *wave = (frequency_hz, rng.between(0.0, TAU), amplitude);
        }
        let scale = deviation / power.sqrt();
        Self { waves: waves.map(|(frequency, phase, amplitude)| (frequency, phase, amplitude * scale)) }
    }

    fn at(&self, secs: f64) -> f32 {
        self.waves.iter().map(|&(hz, phase, amplitude)| amplitude * (turn(hz, secs) + phase).sin()).sum()
    }
}

/// The angle of a wave after a time, radians, without losing precision late in a session.
fn turn(hz: f32, secs: f64) -> f32 {
    let turns = f64::from(hz) * secs;
    #[expect(clippy::cast_possible_truncation, reason = "below one turn")]
    let fraction = (turns - turns.floor()) as f32;
    fraction * TAU
}

/// A rigid motion around a pivot.
#[derive(Debug, Clone)]
pub(crate) struct Sway {
    translation: [Wander; 3],
    angles: [Wander; 3],
    /// What is turned around, in the body's frame, metres.
    pivot: Vec3,
    /// Amplitude of breathing, metres, and its frequency, hertz.
    breath: (f32, f32),
    /// Amplitude of the hand's tremor, metres, and its frequency, hertz.
    tremor: (f32, f32),
}

impl Sway {
    /// A sitting or standing person's head.
    pub(crate) fn of_head(rng: &mut Rng, amount: f32) -> Self {
        let millimetres = [2.5, 2.0, 3.0].map(|mm| Wander::draw(rng, mm * 1e-3 * amount));
        let degrees = [1.1, 0.8, 0.6].map(|degrees: f32| Wander::draw(rng, degrees.to_radians() * amount));
        let breath = (rng.between(0.4e-3, 1.2e-3) * amount, rng.between(0.2, 0.33));
        let pivot = Vec3::new(0.0, -0.12, -0.09);
        Self { translation: millimetres, angles: degrees, pivot, breath, tremor: (0.0, 0.0) }
    }

    /// Something held in a hand.
    pub(crate) fn of_hand(rng: &mut Rng, amount: f32) -> Self {
        let millimetres = [2.2, 2.2, 2.0].map(|mm| Wander::draw(rng, mm * 1e-3 * amount));
        let degrees = [0.5, 0.6, 0.5].map(|degrees: f32| Wander::draw(rng, degrees.to_radians() * amount));
        let breath = (rng.between(0.1e-3, 0.4e-3) * amount, rng.between(0.2, 0.33));
        let tremor = (rng.between(0.02e-3, 0.12e-3) * amount, rng.between(7.0, 11.0));
        Self { translation: millimetres, angles: degrees, pivot: Vec3::default(), breath, tremor }
    }

    /// Something that stands.
    pub(crate) fn none(rng: &mut Rng) -> Self {
        Self::of_hand(rng, 0.0)
    }

    /// The motion away from rest at a moment.
    pub(crate) fn at(&self, secs: f64) -> Pose {
        let [x, y, z] = [0, 1, 2].map(|axis| self.translation[axis].at(secs));
        let [yaw, pitch, roll] = [0, 1, 2].map(|axis| self.angles[axis].at(secs));
        let (breath, breath_hz) = self.breath;
        let rise = breath * turn(breath_hz, secs).sin();
        let (tremor, tremor_hz) = self.tremor;
        let shake = tremor * turn(tremor_hz, secs).sin();
        let turned = Pose::from_angles(yaw, pitch, roll, Vec3::default());
        let back = self.pivot - turned.turn(self.pivot);
        Pose { translation: back + Vec3::new(x + shake, y + rise + shake, z + 0.5 * rise), ..turned }
    }
}

/// When a person blinks.
#[derive(Debug, Clone)]
pub(crate) struct Blinks {
    /// Beginnings, seconds, ascending.
    begins: Vec<f64>,
}

impl Blinks {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        let mut begins = Vec::new();
        let mut at = f64::from(rng.between(0.3, 4.0));
        while at < BLINKS_SECS - 1.0 {
            begins.push(at);
            at += f64::from(rng.between(1.5, 6.5));
        }
        Self { begins }
    }

    /// A face that never blinks.
    pub(crate) fn never() -> Self {
        Self { begins: Vec::new() }
    }

    /// How far the eyes are closed, 0..=1.
    pub(crate) fn closure(&self, secs: f64) -> f32 {
        let secs = secs.rem_euclid(BLINKS_SECS);
        let last = self.begins.partition_point(|&begin| begin <= secs).checked_sub(1);
        let since = last.map_or(f64::MAX, |index| secs - self.begins[index]);
        if since >= BLINK_SECS {
            return 0.0;
        }
        // Closing takes a third of the time, opening two thirds.
        let phase = since / BLINK_SECS;
        let bent = if phase < 1.0 / 3.0 { phase * 1.5 } else { 0.25 + phase * 0.75 };
        #[expect(clippy::cast_possible_truncation, reason = "0..=1")]
        let bent = bent as f32;
        (std::f32::consts::PI * bent).sin().clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_has_the_deviation_asked_for() {
        let wander = Wander::draw(&mut Rng::new(3), 0.002);
        let values: Vec<f32> = (0..60_000).map(|i| wander.at(f64::from(i) / 30.0)).collect();
        let power = values.iter().map(|value| value * value).sum::<f32>() / 60_000.0;
        assert!((power.sqrt() / 0.002 - 1.0).abs() < 0.1, "{}", power.sqrt());
    }

    #[test]
    fn no_motion_is_none_at_all() {
        let pose = Sway::none(&mut Rng::new(1)).at(12.3);
        assert!(pose.translation.length() < 1e-9);
    }

    #[test]
    fn eyes_close_fully_and_are_mostly_open() {
        let blinks = Blinks::draw(&mut Rng::new(5));
        let closures: Vec<f32> = (0..12_000).map(|i| blinks.closure(f64::from(i) / 100.0)).collect();
        assert!(closures.iter().any(|&closure| closure > 0.95));
        assert!(closures.iter().filter(|&&closure| closure > 0.0).count() < 2_400);
    }
}
