//! A recorded session through the pipeline that judges a live one.

use verilume_liveness::flash::{
    ExtractConfig, FlashConfig, FlashCourse, FlashOutcome, FlashReport, UncertainCause, judge,
};
use verilume_liveness::observe::{FlashModels, FlashObserver};
use verilume_vision::models::ModelError;

use super::{RecordedSession, RecordingError, SessionRecord};

/// A recorded session, judged.
#[derive(Debug)]
pub struct Replay {
    /// What is known of the session.
    pub record: SessionRecord,
    /// How many frames were recorded.
    pub frame_count: u64,
    /// What the flashing light model says.
    pub report: FlashReport,
    /// How the light went over time; `None` if no frame held a face.
    pub course: Option<FlashCourse>,
}

/// A session that could not be judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The recording.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// A network.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// Judges a recorded session.
pub fn replay(
    mut session: RecordedSession,
    models: &FlashModels,
    extract: ExtractConfig,
    config: &FlashConfig,
) -> Result<Replay, ReplayError> {
    let mut capture = FlashObserver::new(models, extract);
    while let Some(frame) = session.next_frame()? {
        capture.push(frame.view(), frame.captured_at)?;
    }
    let record = session.record().clone();
    let frame_count = session.frame_count();
    let Some(traces) = capture.finish() else {
        let outcome = FlashOutcome::Uncertain(UncertainCause::TooLittleFace);
        let report = FlashReport { outcome, signals: Vec::new(), measurements: None };
        return Ok(Replay { record, frame_count, report, course: None });
    };
    let report = judge(&traces, &record.timeline, &record.device, config);
    let course = FlashCourse::new(&traces, &record.timeline, &config.measure);
    Ok(Replay { record, frame_count, report, course: Some(course) })
}
