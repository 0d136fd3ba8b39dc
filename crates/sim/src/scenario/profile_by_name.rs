//! A named challenge profile as its name.

use serde::{Deserialize as _, Deserializer, Serializer, de};
use verilume_protocol::challenge::FlashProfile;

pub(super) fn serialize<S: Serializer>(profile: &FlashProfile, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(profile.name())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FlashProfile, D::Error> {
    let name = String::deserialize(deserializer)?;
    FlashProfile::by_name(&name).ok_or_else(|| de::Error::custom(format!("no challenge profile {name:?}")))
}
