//! Who or what is before the camera, as a page says it.

use serde::Deserialize;
use verilume_sim::{Device, Range, ScenarioLimits, SkinTone, Species};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "
/** Who or what is before the camera. What is not said follows from the seed. */
export interface SimulatedCameraOptions {
  /** A whole number from 0 to 2^53 - 1. */
  seed: number;
  /** One of `species()`; without it a person. */
  species?: string;
  /** Illuminance of the room. */
  lux?: number;
  /** How far the head is turned away, degrees. */
  turnedDeg?: number;
  /** From the screen to the eyes, centimetres. */
  distanceCm?: number;
  /** 1, the lightest, to 6. */
  skinTone?: number;
  /** Whether the person wears glasses. */
  glasses?: boolean;
  /** Luminance of the white screen, nit. */
  screenNit?: number;
  device?: 'phone' | 'tablet' | 'laptop';
  /** Of the frames, pixels; 360 x 480 without it. */
  widthPx?: number;
  heightPx?: number;
}
";

/// The largest whole number below which every whole number is one in JavaScript.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// Who or what is before the camera.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Options {
    seed: f64,
    species: Option<String>,
    lux: Option<f32>,
    turned_deg: Option<f32>,
    distance_cm: Option<f32>,
    skin_tone: Option<u8>,
    glasses: Option<bool>,
    screen_nit: Option<f32>,
    device: Option<Device>,
    pub(crate) width_px: Option<u32>,
    pub(crate) height_px: Option<u32>,
}

impl Options {
    /// The limits that leave only this, and the seed.
    pub(crate) fn limits(&self) -> Result<(ScenarioLimits, u64), String> {
        let species = match &self.species {
            None => Species::BonaFide,
            Some(name) => name.parse().map_err(|unknown| format!("{unknown}"))?,
        };
        let skin_tones = match self.skin_tone {
            None => SkinTone::ALL.to_vec(),
            Some(tone) => vec![SkinTone::try_from(tone)?],
        };
        let defaults = ScenarioLimits::default();
        let limits = ScenarioLimits {
            species,
            skin_tones,
            lux: self.lux.map_or(defaults.lux, Range::exactly),
            turned_deg: Range::exactly(self.turned_deg.unwrap_or_default()),
            distance_cm: self.distance_cm.map(Range::exactly),
            glasses_share: self.glasses.map_or(defaults.glasses_share, |wears| if wears { 1.0 } else { 0.0 }),
            screen_nit: self.screen_nit.map_or(defaults.screen_nit, Range::exactly),
            devices: vec![self.device.unwrap_or_default()],
            // The client encodes what it sends by itself.
            jpeg_quality: None,
            ..defaults
        };
        Ok((limits, self.seed()?))
    }

    fn seed(&self) -> Result<u64, String> {
        let is_seed = self.seed.fract() == 0.0 && (0.0..=MAX_SAFE_INTEGER).contains(&self.seed);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number in range"
        )]
        is_seed
            .then_some(self.seed as u64)
            .ok_or_else(|| format!("{} is no seed: a whole number from 0", self.seed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(json: &str) -> Options {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_is_said_is_taken_and_the_rest_is_drawn() {
        let (limits, seed) = options(r#"{"seed": 7, "species": "flat-print", "lux": 300}"#).limits().unwrap();
        assert_eq!((limits.species, seed), (Species::FlatPrint, 7));
        assert_eq!(limits.lux, Range::exactly(300.0));
        assert_eq!(limits.skin_tones.len(), 6);
    }

    #[test]
    fn nonsense_is_refused() {
        for wrong in [
            r#"{"seed": 0.5}"#,
            r#"{"seed": -1}"#,
            r#"{"seed": 1, "species": "ghost"}"#,
            r#"{"seed": 1, "skinTone": 9}"#,
        ] {
            assert!(options(wrong).limits().is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<Options>(r#"{"seed": 1, "hat": "red"}"#).is_err());
    }
}
