//! Every number the detector is held to. Each field says its unit, range and origin.
//!
//! Origins: *feasibility* is the numpy study behind the design (714 simulated sessions, seeds of its own);
//! *preliminary* comes from the heads, cameras and attacks of that study rendered at 360 x 480, encoded as JPEG and
//! read back through the real mesh network (a few hundred sessions); *physics* follows from optics or timing;
//! *initial* was set by reasoning. All but physics await the tuning on simulated seeds A (0..400000).

use serde::{Deserialize, Serialize};

/// How pixels become traces.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ExtractConfig {
    /// Pixels whose brightest channel is at or below this are left out; 8-bit value, 0..=255. Feasibility: 12.
    pub black_level: u8,
    /// Pixels whose brightest channel is at or above this are left out as clipped; 8-bit value. Feasibility: 250.
    pub clip_level: u8,
    /// The least width and height of the mesh's box, pixels. Initial: cells of 5 px.
    pub min_face_px: f32,
    /// Side of a background block as a share of the frame's shorter side, 0.02..=0.2. Feasibility: 12 of 180 px.
    pub block_share: f32,
    /// Pixels read for the background of one frame, at most. Preliminary: 30 000 leave 100 to a block, whose noise is
    /// then below that of the median over the blocks.
    pub block_pixel_budget: u64,
    /// A block is the person where the mask's probability is above this, 0..=1. Initial.
    pub person_probability: f32,
    /// The rim around a block that must be free of the person too, as a factor of its size, 1..=3. Initial.
    pub mask_rim: f32,
    /// A block may hold the person in this share of the frames, 0..=1. Initial.
    pub person_frames_share: f64,
    /// Width of head and hair over the width of the mesh's box, without a mask. Initial; the feasibility study used
    /// 1.25 around a box that held the ears.
    pub head_width_factor: f32,
    /// Hair above the mesh's box as a share of its height, without a mask. Initial.
    pub hair_above: f32,
    /// Without a mask, blocks below this share of the mesh's height are taken for shoulders. Feasibility: 0.55.
    pub shoulders_below: f32,
    /// Weight of the previous registration in the next, 0 (none) to 1. Initial: none.
    pub registration_smoothing: f64,
}

impl Default for ExtractConfig {
    fn default() -> Self {
        Self {
            black_level: 12,
            clip_level: 250,
            min_face_px: 45.0,
            block_share: 12.0 / 180.0,
            block_pixel_budget: 30_000,
            person_probability: 0.2,
            mask_rim: 1.5,
            person_frames_share: 0.05,
            head_width_factor: 1.5,
            hair_above: 0.35,
            shoulders_below: 0.55,
            registration_smoothing: 0.0,
        }
    }
}

/// How traces become a decision.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct FlashConfig {
    /// How the traces are measured.
    pub measure: MeasureConfig,
    /// What the measurements are held against.
    pub thresholds: FlashThresholds,
}

/// How traces are measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct MeasureConfig {
    /// The least share of usable pixels of a cell or block, mean over the frames, 0..=1. Feasibility: 0.6.
    pub min_usable_share: f64,
    /// The least share of frames in which a cell or block must be usable at all, 0..=1. Initial.
    pub min_valid_frames: f64,
    /// The least share of a cell that must lie within the face's outline, 0..=1. Initial.
    pub min_cell_on_face: f64,
    /// The fewest cells of the face to judge by, of 108. Initial: a third of the ellipse of 76.
    pub min_cells: usize,
    /// The fewest background blocks for level mode; below it edge mode is used. Feasibility: 4.
    pub min_blocks: usize,
    /// The fewest frames in a slot, each slot. Initial: 12 frames a second at 330 ms.
    pub min_frames_per_slot: usize,
    /// The longest lag searched, seconds. Feasibility: 0.35.
    pub max_lag_secs: f64,
    /// Step of the lag search, seconds. Feasibility: 0.01.
    pub lag_step_secs: f64,
    /// Exposure over which the screen's light is averaged, seconds. Feasibility: 0.02.
    pub exposure_secs: f64,
    /// Edge mode: the window before a change, from this many seconds before it ... Feasibility: 0.17.
    pub edge_before_from_secs: f64,
    /// ... to this many seconds before it. Feasibility: 0.02.
    pub edge_before_to_secs: f64,
    /// Edge mode: the window after a change, from this many seconds after it ... Feasibility: 0.035.
    pub edge_after_from_secs: f64,
    /// ... to this many seconds after it. Feasibility: 0.19.
    pub edge_after_to_secs: f64,
    /// A cell responds if its gain is above this many standard errors. Feasibility: 2.
    pub cell_z: f64,
    /// Error floor of a cell's fractional gain in the shading fit (model error). Feasibility: 0.02.
    pub shading_error_floor: f64,
    /// Distance between the pupils, mm. Physics: the adult mean; 54 to 74 covers 99 % of adults.
    pub pupil_distance_mm: f64,
    /// Exponent of the screen's emission, `cos^(1 + m)`. Feasibility: 0.7.
    pub screen_emission_exponent: f64,
    /// How much more of a half's light the nearer part of the face gets, over the whole, in test 1. Physics: the
    /// gains of upper and lower face differ by a tenth to a quarter.
    pub half_tilt: f64,
    /// Error of a slot's level beyond its noise in test 1 (tone curve, crosstalk), as a share of the response. Initial.
    pub slot_model_error: f64,
}

impl Default for MeasureConfig {
    fn default() -> Self {
        Self {
            min_usable_share: 0.6,
            min_valid_frames: 0.9,
            min_cell_on_face: 0.75,
            min_cells: 24,
            min_blocks: 4,
            min_frames_per_slot: 3,
            max_lag_secs: 0.35,
            lag_step_secs: 0.01,
            exposure_secs: 0.02,
            edge_before_from_secs: 0.17,
            edge_before_to_secs: 0.02,
            edge_after_from_secs: 0.035,
            edge_after_to_secs: 0.19,
            cell_z: 2.0,
            shading_error_floor: 0.02,
            pupil_distance_mm: 63.0,
            screen_emission_exponent: 0.7,
            half_tilt: 0.2,
            slot_model_error: 0.15,
        }
    }
}

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
