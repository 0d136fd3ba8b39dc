//! The exactness of test 1, seen from outside: under a wrong challenge its p-value is uniform.

use verilume_liveness::flash::{DeviceGeometry, FlashConfig, judge};
use verilume_protocol::challenge::FlashProfile;

use crate::synthetic::{Subject, session};

/// The Kolmogorov-Smirnov distance at which 600 uniform values are rejected at 1 %.
const KS_LIMIT_600: f64 = 1.628 / 24.49;

#[test]
fn p_is_uniform_under_a_wrong_challenge() {
    let mut values: Vec<f64> = (0..600u32)
        .map(|seed| {
            let lux = [100.0, 300.0, 1000.0][seed.rem_euclid(3) as usize];
            let session =
                session(Subject::OtherSession, lux, FlashProfile::standard(), u64::from(10_000 + seed));
            let report =
                judge(&session.traces, &session.timeline, &DeviceGeometry::phone(), &FlashConfig::default());
            report.measurements.unwrap().challenge_p.unwrap()
        })
        .collect();
    values.sort_by(f64::total_cmp);
    let count = values.len() as f64;
    let distance = values
        .iter()
        .enumerate()
        .map(|(at, p)| (p - at as f64 / count).abs().max(((at + 1) as f64 / count - p).abs()))
        .fold(0.0, f64::max);
    assert!(distance < KS_LIMIT_600, "KS distance {distance}");
    let small = values.iter().filter(|p| **p <= 0.01).count();
    assert!((1..=15).contains(&small), "{small} of 600 at or below 0.01");
}
