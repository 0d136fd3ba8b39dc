//! `session.json`: its fields, and what they must satisfy.

use serde::{Deserialize, Serialize};
use verilume_liveness::flash::DeviceGeometry;
use verilume_protocol::challenge::{Channel, FlashProfile, Half, ScreenTimeline, SlotCode};

use super::{RecordingErrorKind, SessionRecord, Simulation};

/// The version that this build writes and reads.
pub(super) const VERSION: u32 = 1;
/// The longest time of a session, seconds from the first frame: the longest check takes a tenth of it.
pub(super) const MAX_SECS: f64 = 120.0;
/// The most frames of a session: [`MAX_SECS`] at 60 frames a second.
pub(super) const MAX_FRAMES: u64 = 7200;
/// The most characters of a name.
const MAX_NAME: usize = 64;

/// A kind and a message, not yet with the path.
pub(super) type Refused = (RecordingErrorKind, String);

/// The first thing read, of any version.
#[derive(Debug, Deserialize)]
struct Versioned {
    format_version: u32,
}

/// `session.json`, version 1.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionFile {
    format_version: u32,
    simulated: bool,
    profile: String,
    codes: Codes,
    /// When each slot was first shown, seconds since the first frame.
    shown_at_secs: Vec<f64>,
    /// When the tail began, seconds since the first frame.
    ended_at_secs: f64,
    device_name: String,
    device: DeviceGeometry,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    simulation: Option<Simulation>,
    frames: u64,
}

/// The six codes, a character (`0` or `1`) for each slot.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Codes {
    top: HalfCodes,
    bottom: HalfCodes,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HalfCodes {
    red: String,
    green: String,
    blue: String,
}

impl SessionFile {
    /// The file of a session whose record's times are `first_frame_secs` after the zero of the file's clock.
    pub(super) fn new(record: &SessionRecord, first_frame_secs: f64, frames: u64) -> Self {
        let timeline = &record.timeline;
        // To the microsecond, as the frames' times.
        let at = |time: &f64| ((time - first_frame_secs) * 1e6).round() / 1e6;
        let slots = timeline.slots().len();
        Self {
            format_version: VERSION,
            simulated: record.simulation.is_some(),
            profile: timeline.profile().name().to_owned(),
            codes: Codes {
                top: HalfCodes::of(timeline, Half::Top),
                bottom: HalfCodes::of(timeline, Half::Bottom),
            },
            shown_at_secs: timeline.changes_at()[..slots].iter().map(at).collect(),
            ended_at_secs: at(&timeline.change_at(slots)),
            device_name: record.device_name.clone(),
            device: record.device,
            simulation: record.simulation.clone(),
            frames,
        }
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        let malformed = |error: serde_json::Error| {
            (RecordingErrorKind::Malformed, format!("is no session of this format: {error}"))
        };
        let versioned: Versioned = serde_json::from_slice(bytes).map_err(malformed)?;
        if versioned.format_version != VERSION {
            let message = format!("is of format version {}, not {VERSION}", versioned.format_version);
            return Err((RecordingErrorKind::UnknownVersion, message));
        }
        serde_json::from_slice(bytes).map_err(malformed)
    }

    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// The record, with everything checked that a record promises.
    pub(super) fn into_record(self) -> Result<SessionRecord, Refused> {
        let profile = FlashProfile::by_name(&self.profile)
            .ok_or_else(|| inconsistent(format!("there is no profile {:?}", shortened(&self.profile))))?;
        let slots = self.codes.slots(profile.slot_count())?;
        let times = self.shown_at_secs.iter().chain([&self.ended_at_secs]);
        if let Some(wrong) = times.clone().find(|time| time.abs() > MAX_SECS) {
            return Err(inconsistent(format!("{wrong} s is no time of a session of at most {MAX_SECS} s")));
        }
        let timeline = ScreenTimeline::new(profile, &slots, &self.shown_at_secs, self.ended_at_secs)
            .map_err(|error| inconsistent(error.to_string()))?;
        check_device(&self.device)?;
        check_name("device_name", &self.device_name)?;
        if self.simulated != self.simulation.is_some() {
            return Err(inconsistent("`simulated` and `simulation` contradict each other".to_owned()));
        }
        if let Some(simulation) = &self.simulation {
            check_name("species", &simulation.species)?;
        }
        if !(1..=MAX_FRAMES).contains(&self.frames) {
            return Err(inconsistent(format!("a session has 1 to {MAX_FRAMES} frames, not {}", self.frames)));
        }
        Ok(SessionRecord {
            timeline,
            device: self.device,
            device_name: self.device_name,
            simulation: self.simulation,
        })
    }
}

impl Codes {
    /// What each slot shows.
    fn slots(&self, count: usize) -> Result<Vec<SlotCode>, Refused> {
        let mut bits = vec![0u8; count];
        for (half, codes) in [("top", &self.top), ("bottom", &self.bottom)] {
            let by_channel = [("red", &codes.red), ("green", &codes.green), ("blue", &codes.blue)];
            for (at, (channel, code)) in by_channel.into_iter().enumerate() {
                let place = if half == "top" { at } else { at + 3 };
                if code.len() != count || !code.bytes().all(|bit| matches!(bit, b'0' | b'1')) {
                    return Err(inconsistent(format!(
                        "the code of {half} {channel} must be {count} characters 0 or 1, one for each slot"
                    )));
                }
                for (slot, bit) in bits.iter_mut().zip(code.bytes()) {
                    *slot |= (bit - b'0') << place;
                }
            }
        }
        Ok(bits.into_iter().map(SlotCode::from_bits).collect())
    }
}

impl HalfCodes {
    fn of(timeline: &ScreenTimeline, half: Half) -> Self {
        let code = |channel| {
            let lit = timeline.slots().iter().map(|slot| slot.is_lit(half, channel));
            lit.map(|lit| if lit { '1' } else { '0' }).collect()
        };
        Self { red: code(Channel::Red), green: code(Channel::Green), blue: code(Channel::Blue) }
    }
}

fn inconsistent(message: String) -> Refused {
    (RecordingErrorKind::Inconsistent, message)
}

fn shortened(name: &str) -> String {
    name.chars().take(MAX_NAME).collect()
}

fn check_name(field: &str, name: &str) -> Result<(), Refused> {
    if name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(inconsistent(format!("`{field}` must be at most {MAX_NAME} printable characters")));
    }
    Ok(())
}

/// Ranges that hold every device with a screen and a camera, so that geometry stays finite.
fn check_device(device: &DeviceGeometry) -> Result<(), Refused> {
    let ranges = [
        ("screen_width_mm", device.screen_width_mm, 10.0, 5000.0),
        ("screen_height_mm", device.screen_height_mm, 10.0, 5000.0),
        ("camera_above_centre_mm", device.camera_above_centre_mm, -5000.0, 5000.0),
        ("white_nits", device.white_nits, 1.0, 10_000.0),
        ("diagonal_view_deg", device.diagonal_view_deg, 10.0, 170.0),
    ];
    for (field, value, low, high) in ranges {
        if !(low..=high).contains(&value) {
            return Err(inconsistent(format!("`device.{field}` must be {low} to {high}, not {value}")));
        }
    }
    Ok(())
}
