//! Keeping simulated checks: as sessions that can be explained, and as films that can be watched.

use std::path::Path;

use verilume_eval::flash::film::{Film, FilmError, FilmStudio, FilmWriter};
use verilume_eval::flash::recording::{EncodedFrame, RecordingError, SessionWriter};
use verilume_eval::flash::{SimulatedSession, Simulator};
use verilume_protocol::challenge::ScreenTimeline;
use verilume_sim::{Scenario, ScenarioLimits, SimFrame, planned, random_challenge};

use crate::failure::{Exit, Failure, cannot_write};

/// Where checks are kept.
pub(super) struct Keeper<'a> {
    record: Option<&'a Path>,
    video: Option<(&'a Path, FilmStudio)>,
}

impl<'a> Keeper<'a> {
    /// `None` if nothing is to be kept. The folders are made first: one that can't be is told before the work.
    pub(super) fn new(record: Option<&'a Path>, video: Option<&'a Path>) -> Result<Option<Self>, Failure> {
        for folder in record.iter().chain(&video) {
            std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
        }
        let video = video.map(|folder| (folder, FilmStudio::find("ffmpeg")));
        Ok((record.is_some() || video.is_some()).then_some(Self { record, video }))
    }

    /// Simulates one check after the other and keeps each; `done` hears of each as it ends.
    pub(super) fn simulate(
        &self,
        simulator: &Simulator,
        seeds: &[u64],
        limits: &ScenarioLimits,
        done: impl Fn(),
    ) -> Result<Vec<SimulatedSession>, Failure> {
        let mut sheets = 0u64;
        let mut sessions = Vec::with_capacity(seeds.len());
        for seed in seeds {
            let scenario = Scenario::random(*seed, limits);
            let name = format!("{}-{seed}", scenario.species.name());
            let timeline = planned(&random_challenge(scenario.profile, *seed));
            let mut kept = self.begin(&name, &timeline)?;
            let mut failed = None;
            let run = simulator.run(*seed, limits, |frame| {
                // Simulating goes on after a failure, a few seconds: the error is told when it has ended.
                if failed.is_none() {
                    failed = kept.push(frame).err();
                }
            })?;
            if let Some(failure) = failed {
                return Err(failure);
            }
            if let Some(writer) = kept.writer {
                writer.finish(&run.record())?;
            }
            if let Some(film) = kept.film {
                sheets += u64::from(matches!(film.finish()?, Film::Sheet(_)));
            }
            sessions.push(simulator.summary(&run));
            done();
        }
        if sheets > 0 {
            eprintln!(
                "warning: no ffmpeg that encodes H.264 or MPEG-4 was found on PATH; sheets of stills were written"
            );
        }
        Ok(sessions)
    }

    fn begin<'t>(&self, name: &str, timeline: &'t ScreenTimeline) -> Result<Kept<'t>, Failure> {
        let writer = self.record.map(|folder| SessionWriter::create(&folder.join(name))).transpose()?;
        let film = self.video.as_ref().map(|(folder, studio)| studio.begin(&folder.join(name), timeline));
        Ok(Kept { writer, film })
    }
}

/// One check being kept.
struct Kept<'t> {
    writer: Option<SessionWriter>,
    film: Option<FilmWriter<'t>>,
}

impl Kept<'_> {
    fn push(&mut self, frame: &SimFrame) -> Result<(), Failure> {
        let captured_at = frame.frame.captured_at;
        if let Some(writer) = &mut self.writer {
            let encoded = match &frame.jpeg {
                Some(bytes) => EncodedFrame::Jpeg(bytes),
                None => EncodedFrame::Pixels(&frame.frame.image),
            };
            writer.push(captured_at, encoded)?;
        }
        if let Some(film) = &mut self.film {
            film.push(frame.frame.view(), captured_at)?;
        }
        Ok(())
    }
}

impl From<FilmError> for Failure {
    fn from(error: FilmError) -> Self {
        Self::new(
            Exit::Other,
            "film_unwritable",
            error.to_string(),
            "name a folder that can be written; `--record` keeps the frames without ffmpeg",
        )
    }
}

impl From<RecordingError> for Failure {
    fn from(error: RecordingError) -> Self {
        use verilume_eval::flash::recording::RecordingErrorKind::{AlreadyThere, Unwritable};
        let exit = match error.kind() {
            AlreadyThere | Unwritable => Exit::Arguments,
            _ => Exit::Input,
        };
        Self::new(exit, error.code(), error.to_string(), error.hint())
    }
}
