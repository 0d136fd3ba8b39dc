//! What the measurements are held against, and where each bound comes from.

use serde::{Deserialize, Serialize};

/// What the measurements are held against. A test supports at its `_supports` bound and denies at its `_denies`
/// bound; between them it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct FlashThresholds {
    /// Test 1: -log10 of the exact p-value. Physics: 6 accepts a challenge-independent video once in a million.
    pub challenge_supports: f64,
    /// Test 1 denies at or below this. Initial: 2.
    pub challenge_denies: f64,
    /// Test 2: share of cells that respond, 0..=1. Feasibility: 0.35.
    pub coverage_supports: f64,
    /// Test 2 denies at or below this. Feasibility: 0.15.
    pub coverage_denies: f64,
    /// Test 2: response of the median cell in its weakest channel, standard errors. Feasibility: 1.5.
    pub weakest_channel_z: f64,
    /// Test 3: signed root of the nested F. Preliminary: 1st percentile of 108 live sessions to 1000 lx 3.0; 79 flat and
    /// bent ones had a 95th percentile of 2.5.
    pub shading_f_supports: f64,
    /// Test 3 denies at or below this. Initial.
    pub shading_f_denies: f64,
    /// Test 3: coefficient of the head's shading, live about 0.7 by the network's mesh, a plane about 0. Preliminary:
    /// 1st percentile of the same live sessions 0.38, 99th of the flat and bent ones 0.27. A few bent prints pass one of
    /// the two bounds; none passed both.
    pub shading_beta_supports: f64,
    /// Test 3: beta denies at or below this. Preliminary.
    pub shading_beta_denies: f64,
    /// Test 3: upper over lower quartile of the gains over the face. Preliminary: live 1.38 at the least, a uniform
    /// tint 1.09 at the most.
    pub shading_spread_supports: f64,
    /// Test 3: spread denies at or below this. Preliminary.
    pub shading_spread_denies: f64,
    /// Test 4: one less the background's gain over the face's. Feasibility: 0.75.
    pub background_supports: f64,
    /// Test 4 denies at or below this. Initial.
    pub background_denies: f64,
    /// Test 5: the shortest lag from screen to captured frame, seconds. Feasibility: 0.02.
    pub lag_min_secs: f64,
    /// Test 5: the longest lag, seconds. Feasibility: 0.25; learn it for each device model.
    pub lag_max_secs: f64,
    /// Test 5 denies at this many seconds outside the window. Initial: 0.02.
    pub lag_denies_outside_secs: f64,
    /// Top/bottom test: F-like t of the log-ratio's shape; denies at or below this, only in dim rooms. Initial.
    pub top_bottom_denies: f64,
    /// Top/bottom test: supports at this. Feasibility: 4 (5th percentile at 50 lx).
    pub top_bottom_supports: f64,
    /// Top/bottom test applies from this response of the median cell, standard errors. Initial: 200 lx.
    pub top_bottom_min_z: f64,
    /// The response of the median cell, mean over channels in standard errors, below which nothing is decided.
    /// Feasibility: 4.
    pub response_min_z: f64,
    /// Variance of the answer between slots over its squared error, found without the codes, from which a face that
    /// test 1 denies is known to answer something else. Preliminary: sessions of another challenge had 125 and more,
    /// live ones at 5000 lx 7 at the most.
    pub other_answer_energy: f64,
    /// The response, in the same unit, from which a denial is believed; below it a capture that is not live is
    /// uncertain. Feasibility: 12.
    pub response_strong_z: f64,
}

impl Default for FlashThresholds {
    fn default() -> Self {
        Self {
            challenge_supports: 6.0,
            challenge_denies: 2.0,
            coverage_supports: 0.35,
            coverage_denies: 0.15,
            weakest_channel_z: 1.5,
            shading_f_supports: 2.5,
            shading_f_denies: 1.0,
            shading_beta_supports: 0.3,
            shading_beta_denies: 0.2,
            shading_spread_supports: 1.2,
            shading_spread_denies: 1.12,
            background_supports: 0.75,
            background_denies: 0.65,
            lag_min_secs: 0.02,
            lag_max_secs: 0.25,
            lag_denies_outside_secs: 0.02,
            top_bottom_denies: -2.0,
            top_bottom_supports: 4.0,
            top_bottom_min_z: 30.0,
            response_min_z: 4.0,
            other_answer_energy: 60.0,
            response_strong_z: 12.0,
        }
    }
}
