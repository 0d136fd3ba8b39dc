//! How to decide: which calibration, which operating point.

use std::path::Path;

use verilume_liveness::fusion::{Calibration, FusionConfig};

use crate::args::FusionArgs;
use crate::failure::{Exit, Failure, chain};

/// The calibration that was named, else the one that is built in, at the operating point that was named.
pub(crate) fn config(args: &FusionArgs) -> Result<FusionConfig, Failure> {
    let calibration = args.calibration.as_deref().map_or_else(|| Ok(Calibration::default()), read)?;
    Ok(FusionConfig::new(calibration, args.operating_point.into()))
}

fn read(path: &Path) -> Result<Calibration, Failure> {
    let refused = |problem: &str| {
        let hint = "name a file that `verilume calibrate` wrote";
        Failure::new(Exit::Input, "calibration_unusable", format!("{}: {problem}", path.display()), hint)
    };
    let text = std::fs::read_to_string(path).map_err(|error| refused(&error.to_string()))?;
    Calibration::from_json(&text).map_err(|error| refused(&chain(&error)))
}
