//! A display that shows the recording of a genuine session: the right kind of light, of another challenge.

use crate::heads::Heads;
use crate::scenario::Scenario;
use crate::scene::{Stage, Subject};

use super::content::Video;
use super::display::{Content, Screening};

pub(super) fn subject(heads: &Heads, scenario: &Scenario, seed: u64, stage: &mut Stage) -> Box<dyn Subject> {
    let recording = Video::of_session(heads, scenario, seed ^ 0x5e55_1071);
    Screening::subject(scenario, seed, stage, Content::Video(Box::new(recording)), None)
}
