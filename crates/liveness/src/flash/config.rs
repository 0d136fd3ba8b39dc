//! Every number the measurement is made with; the bounds are in `thresholds.rs`. Each field says its unit, range and origin.
//!
//! Origins: *feasibility* is the numpy study behind the design (714 simulated sessions, seeds of its own);
//! *preliminary* comes from the heads, cameras and attacks of that study rendered at 360 x 480, encoded as JPEG and
//! read back through the real mesh network (a few hundred sessions); *physics* follows from optics or timing;
//! *initial* was set by reasoning.

use serde::{Deserialize, Serialize};

use super::thresholds::FlashThresholds;

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
