//! `verilume check`: one recorded capture, from file to report.

mod annotate;
mod human;
mod timeline;

use std::path::Path;

use indicatif::ProgressBar;
use verilume_eval::media::{self, FrameReader, MediaError, MediaOptions};
use verilume_eval::{CaptureAnalyzer, CaptureReport};
use verilume_vision::TrackerConfig;

use crate::args::CheckArgs;
use crate::failure::{Exit, Failure};
use crate::{clock, fusion, models, out, progress};
use annotate::Annotator;
use timeline::Timeline;

pub(crate) fn run(args: &CheckArgs) -> Result<(), Failure> {
    let report = check(args).map_err(|failure| failure.told_as_json(args.json))?;
    for warning in &report.warnings {
        eprintln!("warning: {}", warning.message);
    }
    if args.json {
        let text = serde_json::to_string_pretty(&report).expect("a report has only plain fields");
        out::print(&format!("{text}\n"));
    } else {
        out::print(&human::describe(&report, &args.input));
    }
    Ok(())
}

fn check(args: &CheckArgs) -> Result<CaptureReport, Failure> {
    let config = fusion::config(&args.fusion)?;
    let mut reader = open(args)?;
    let models = models::load(&args.assets, &args.texture)?;
    let mut annotator = args.annotate.as_deref().map(Annotator::create).transpose()?;
    let mut timeline = args.timeline.as_deref().map(Timeline::create).transpose()?;
    let progress = progress_bar(&reader);
    let mut analyzer = CaptureAnalyzer::new(&models, TrackerConfig::default(), &clock::now);
    loop {
        let began = clock::now();
        let frame = reader.next_frame()?;
        analyzer.add_decode_time(clock::now().saturating_sub(began));
        let Some(frame) = frame else { break };
        let outcome = analyzer.push(&frame)?;
        if let Some(annotator) = &mut annotator {
            annotator.draw(&frame, &outcome)?;
        }
        if let Some(timeline) = &mut timeline {
            timeline.note(&outcome);
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    let report = analyzer.finish(&config, reader.warnings());
    if let Some(timeline) = timeline {
        timeline.write(&report)?;
    }
    Ok(report)
}

/// A still image is done before a bar could be seen.
fn progress_bar(reader: &FrameReader) -> ProgressBar {
    if reader.is_still() { ProgressBar::hidden() } else { progress::of_frames(reader.frame_count_hint()) }
}

fn open(args: &CheckArgs) -> Result<FrameReader, Failure> {
    let mut options = MediaOptions::default();
    options.fps = args.fps;
    let reader = if args.input == Path::new("-") {
        media::from_reader(std::io::stdin(), &options)?
    } else {
        media::open(&args.input, &options)?
    };
    Ok(reader)
}

impl From<MediaError> for Failure {
    fn from(error: MediaError) -> Self {
        Self::new(Exit::Input, error.code(), error.to_string(), error.hint())
    }
}
