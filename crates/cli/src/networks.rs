//! The networks that the service's configuration names.

use verilume_server::OwnNetworks;

use crate::config::Settings;
use crate::failure::Failure;
use crate::{models, recognition};

/// Reads the files that the configuration names.
pub(crate) fn of(settings: &Settings) -> Result<OwnNetworks, Failure> {
    let mut networks = OwnNetworks::default();
    networks.texture = settings.texture_model.as_deref().map(models::read_declared).transpose()?;
    networks.embedder = settings.embedder.as_deref().map(recognition::read_declared).transpose()?;
    networks.calibration =
        settings.face_calibration.as_deref().map(recognition::read_calibration).transpose()?;
    Ok(networks)
}
