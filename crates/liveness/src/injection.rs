//! Injection evidence: signs that the frames came from a program and not from a camera.
//!
//! None of them proves anything: virtual cameras serve honest people too, and a careful attacker removes each sign. They
//! add up to a risk that an operator may act on. The one exception is a frame of another session bit by bit: no sensor
//! takes the same frame twice, and whoever keeps hashes of sessions can say so.

use serde::Serialize;
use verilume_frame::Timestamp;

use crate::{Signal, Threshold, Verdict};

/// Frames that are needed before their times say anything. Origin: reasoning, a second of a camera.
const LEAST_FRAMES: usize = 20;
/// Cameras' frames are spread by at least this share of their distance. Origin: reasoning: the clocks of camera and
/// computer differ and the operating system delivers with jitter of some tenths of a millisecond.
const CAMERA_JITTER: f64 = 0.002;

/// Less than this share of frames with the noise of others can be the work of an encoder. Origin: that of the cue.
const LEAST_NOISE_REPEATED: f64 = 0.4;

/// What is known about how the frames came.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InjectionObservations {
    /// Capture times, in order; of a stream, those of the frames that were sent.
    pub captured_at: Vec<Timestamp>,
    /// How often the size of the frames changed.
    pub size_changes: u32,
    /// Share of frames that came before bit by bit, 0..=1; `None` if it was not looked at.
    pub repeated_share: Option<f64>,
    /// Share of frames whose noise came before, 0..=1 ([`crate::periphery::NOISE_REPETITION`]); `None` if it was not looked at.
    pub noise_repeated_share: Option<f64>,
    /// How clearly the camera's exposure followed the flashes, standard errors
    /// ([`crate::flash::FlashMeasurements::camera_reaction`]); `None` if it was not measured.
    pub exposure_reaction: Option<f64>,
    /// What the client said about its camera. A claim, never trusted for the better.
    pub client: ClientCamera,
    /// Whether a frame is one of another session, bit by bit.
    pub of_another_session: bool,
}

/// What a client claims about its camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClientCamera {
    /// It has none of the capabilities that cameras have (exposure, focus, torch, zoom).
    pub lacks_capabilities: bool,
    /// Its label is that of a program which makes up cameras.
    pub has_virtual_label: bool,
}

/// What it amounts to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InjectionRisk {
    /// 0..=1, the share of the signs' weight that was seen. Not a probability.
    pub risk: f64,
    /// A frame of another session, bit by bit: the only finding that is a ground for "spoof".
    pub is_replay: bool,
    /// Each sign. Higher is more live, as everywhere.
    pub signals: Vec<Signal>,
}

/// Adds up the signs.
pub fn injection_risk(observed: &InjectionObservations) -> InjectionRisk {
    let weighed = [
        (0.30, clock(&observed.captured_at)),
        (0.30, repeats(observed)),
        (0.15, exposure(observed.exposure_reaction)),
        (0.10, sizes(observed)),
        (0.15, claims(observed.client)),
    ];
    let denied = weighed.iter().filter(|(_, signal)| signal.verdict == Verdict::Denies);
    InjectionRisk {
        // From 0: the sum of nothing is -0.
        risk: denied.fold(0.0_f64, |risk, (weight, _)| risk + weight).min(1.0),
        is_replay: observed.of_another_session,
        signals: weighed.into_iter().map(|(_, signal)| signal).collect(),
    }
}

fn denies(at_most: f64) -> Threshold {
    Threshold { supports_at_least: None, denies_at_most: Some(at_most) }
}

/// A program's clock is exact; a camera's is not.
fn clock(captured_at: &[Timestamp]) -> Signal {
    const NAME: &str = "clock_jitter";
    let steps: Vec<f64> = captured_at
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).as_secs_f64())
        .filter(|step| *step > 0.0)
        .collect();
    if steps.len() + 1 < LEAST_FRAMES {
        return Signal::unavailable(NAME, "1", "too few frames");
    }
    let mean = crate::stats::mean(&steps);
    let spread = crate::stats::mean(&steps.iter().map(|step| (step - mean).abs()).collect::<Vec<_>>());
    Signal::measured(NAME, spread / mean, "1", denies(CAMERA_JITTER), |verdict| match verdict {
        Verdict::Denies => "the frames come as exactly as a program makes them".to_owned(),
        _ => "the frames come as irregularly as a camera's".to_owned(),
    })
}

fn repeats(observed: &InjectionObservations) -> Signal {
    const NAME: &str = "new_frames";
    let noise = observed.noise_repeated_share.filter(|share| *share >= LEAST_NOISE_REPEATED);
    let share = observed.repeated_share.map(|share| share.max(noise.unwrap_or(0.0)));
    let Some(share) = share else { return Signal::unavailable(NAME, "1", "it was not looked at") };
    // One repeated frame in a hundred is enough: a camera has none.
    Signal::measured(NAME, 1.0 - share, "1", denies(0.99), |verdict| match verdict {
        Verdict::Denies => "frames come again, bit by bit or with the noise that they had".to_owned(),
        _ => "every frame is new".to_owned(),
    })
}

/// Up to this the camera does not react, standard errors. Origin: simulated checks that are used for nothing else, those
/// with contrast enough. With every frame all of 11 people had more, and 5 of 10 recordings whose face a program tints
/// had less; with what the capture core sends, 15 frames a second, all of 10 people had more, and 6 of 13 such recordings
/// had less. A weak sign.
const NO_REACTION: f64 = 0.0;

/// A camera's exposure follows the flash; that of a recording goes its own way. A camera whose exposure is locked does not
/// follow either.
fn exposure(reaction: Option<f64>) -> Signal {
    const NAME: &str = "exposure_reaction";
    const UNIT: &str = "standard errors";
    let Some(reaction) = reaction else { return Signal::unavailable(NAME, UNIT, "it was not measured") };
    Signal::measured(NAME, reaction, UNIT, denies(NO_REACTION), |verdict| match verdict {
        Verdict::Denies => "the camera's exposure does not follow the flash".to_owned(),
        _ => "the camera's exposure may well follow the flash".to_owned(),
    })
}

fn sizes(observed: &InjectionObservations) -> Signal {
    let changes = f64::from(observed.size_changes);
    Signal::measured("frame_size", 0.0 - changes, "changes", denies(-1.0), |verdict| match verdict {
        Verdict::Denies => "the size of the frames changed on the way".to_owned(),
        _ => "all frames have one size".to_owned(),
    })
}

fn claims(client: ClientCamera) -> Signal {
    let signs = f64::from(u8::from(client.lacks_capabilities) + u8::from(client.has_virtual_label));
    Signal::measured("camera_claims", 0.0 - signs, "signs", denies(-1.0), |verdict| match verdict {
        Verdict::Denies => "the client's camera looks like one made up by a program".to_owned(),
        _ => "the client names an ordinary camera".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(jitter_us: u64) -> Vec<Timestamp> {
        (0..40u64).map(|n| Timestamp::from_micros(33_333 * n + (n * 7919 % 17) * jitter_us)).collect()
    }

    #[test]
    fn an_exact_clock_is_a_risk_and_no_verdict() {
        let risk = |jitter| {
            injection_risk(&InjectionObservations { captured_at: times(jitter), ..Default::default() })
        };
        assert!((risk(0).risk - 0.30).abs() < 1e-9);
        assert!(!risk(0).is_replay);
        assert!(risk(40).risk.abs() < 1e-9);
    }

    #[test]
    fn what_was_not_observed_is_no_risk() {
        let risk = injection_risk(&InjectionObservations::default());
        assert_eq!(serde_json::to_value(&risk).unwrap()["risk"].to_string(), "0.0", "and not -0");
    }

    #[test]
    fn frames_without_time_between_them_say_nothing() {
        let captured_at = vec![Timestamp::from_millis(5); 40];
        let risk = injection_risk(&InjectionObservations { captured_at, ..Default::default() });
        assert_eq!(risk.signals[0].verdict, Verdict::Unavailable);
    }

    #[test]
    fn noise_that_comes_again_counts_only_where_an_encoder_cannot_explain_it() {
        let risk = |noise| {
            let observed = InjectionObservations {
                repeated_share: Some(0.0),
                noise_repeated_share: Some(noise),
                ..Default::default()
            };
            injection_risk(&observed).risk
        };
        assert!(risk(0.1).abs() < 1e-9);
        assert!((risk(0.8) - 0.30).abs() < 1e-9);
    }

    #[test]
    fn all_signs_together_are_the_full_risk() {
        let risk = injection_risk(&InjectionObservations {
            captured_at: times(0),
            size_changes: 2,
            repeated_share: Some(0.5),
            noise_repeated_share: Some(0.9),
            exposure_reaction: Some(0.0),
            client: ClientCamera { lacks_capabilities: true, has_virtual_label: true },
            of_another_session: true,
        });
        assert!((risk.risk - 1.0).abs() < 1e-9 && risk.is_replay, "{risk:?}");
    }
}
