//! `verilume compare`: do two pictures show one person?

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use verilume_eval::media::{self, MediaOptions};
use verilume_frame::Frame;
use verilume_recognition::{
    Assessment, FaceChoice, Metric, Portrait, PortraitReader, QualityIssue, QualityLevel,
    RecognitionErrorKind, RecognitionQuality,
};

use crate::args::AssetsArgs;
use crate::failure::{Exit, Failure};
use crate::recognition::RecognitionArgs;
use crate::{out, recognition};

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// A picture of a face.
    #[arg(value_name = "A")]
    a: PathBuf,
    /// Another.
    #[arg(value_name = "B")]
    b: PathBuf,
    /// From this confidence on both are taken for one person: a tenth for each factor of ten that false matches are
    /// rarer.
    #[arg(long, value_name = "CONFIDENCE", default_value_t = 0.5, value_parser = confidence)]
    threshold: f64,
    /// Of several faces take the largest, instead of refusing the picture.
    #[arg(long)]
    largest: bool,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    recognition: RecognitionArgs,
    #[command(flatten)]
    assets: AssetsArgs,
}

fn confidence(text: &str) -> Result<f64, String> {
    let inside = text.parse().ok().filter(|value| (0.0..=1.0).contains(value));
    inside.ok_or_else(|| "write a number from 0 to 1".to_owned())
}

/// The result as JSON.
#[derive(Serialize)]
struct Comparison {
    model: String,
    metric: Metric,
    distance: f64,
    /// `None` for a network without a calibration.
    assessment: Option<Assessment>,
    threshold: f64,
    #[serde(rename = "isIdentical")]
    is_identical: Option<bool>,
    pictures: [Picture; 2],
}

#[derive(Serialize)]
struct Picture {
    path: String,
    quality: RecognitionQuality,
}

pub(crate) fn run(args: &CompareArgs) -> Result<(), Failure> {
    let comparison = compare(args).map_err(|failure| failure.told_as_json(args.json))?;
    if args.json {
        let text = serde_json::to_string_pretty(&comparison).expect("a comparison has only plain fields");
        out::print(&format!("{text}\n"));
    } else {
        out::print(&describe(&comparison));
    }
    Ok(())
}

fn compare(args: &CompareArgs) -> Result<Comparison, Failure> {
    // What cannot be opened is said before the networks are loaded.
    let frames = (frame(&args.a)?, frame(&args.b)?);
    let reader = recognition::reader(&args.recognition, &args.assets)?;
    let calibration = recognition::calibration(&args.recognition, reader.embedder())?;
    let choice = if args.largest { FaceChoice::Largest } else { FaceChoice::Only };
    let a = portrait(&reader, &args.a, &frames.0, choice)?;
    let b = portrait(&reader, &args.b, &frames.1, choice)?;
    let spec = reader.embedder().spec();
    let distance = a.embedding.distance(&b.embedding, spec.metric)?;
    let assessment = calibration.map(|calibration| calibration.assess(distance));
    let picture = |path: &Path, portrait: Portrait| Picture {
        path: path.display().to_string(),
        quality: portrait.quality,
    };
    Ok(Comparison {
        model: spec.name.clone(),
        metric: spec.metric,
        distance,
        assessment,
        threshold: args.threshold,
        is_identical: assessment.map(|assessment| assessment.is_identical(args.threshold)),
        pictures: [picture(&args.a, a), picture(&args.b, b)],
    })
}

/// The only frame of a picture.
fn frame(path: &Path) -> Result<Frame, Failure> {
    let mut reader = media::open(path, &MediaOptions::default())?;
    if !reader.is_still() {
        let problem = format!("{} is no still picture", path.display());
        return Err(Failure::new(
            Exit::Input,
            "not_a_picture",
            problem,
            "name a JPEG, PNG, BMP, WebP, or a GIF of one picture",
        ));
    }
    let frame = reader.next_frame()?;
    frame.ok_or_else(|| {
        Failure::new(Exit::Input, "no_frames", format!("{} is empty", path.display()), "name another picture")
    })
}

fn portrait(
    reader: &PortraitReader,
    path: &Path,
    frame: &Frame,
    choice: FaceChoice,
) -> Result<Portrait, Failure> {
    reader.read(frame.view(), choice).map_err(|error| {
        let message = format!("{} {error}", path.display());
        match error.kind() {
            RecognitionErrorKind::NoFace => Failure::new(
                Exit::Input,
                "no_face",
                message,
                "name a picture that shows a face, upright and at least 36 pixels wide",
            ),
            RecognitionErrorKind::SeveralFaces => Failure::new(
                Exit::Input,
                "several_faces",
                message,
                "cut out the face that is meant, or say --largest",
            ),
            _ => error.into(),
        }
    })
}

fn describe(comparison: &Comparison) -> String {
    let mut text = String::new();
    match (comparison.is_identical, &comparison.assessment) {
        (Some(is_identical), Some(assessment)) => {
            let verdict = if is_identical { "one person" } else { "different people" };
            let (confidence, threshold) = (assessment.confidence, comparison.threshold);
            let _ = writeln!(text, "{verdict}: confidence {confidence:.2}, threshold {threshold}");
            if assessment.beyond_data {
                let rate = assessment.supported_false_match_rate;
                let claimed = assessment.claimed_confidence();
                let _ = writeln!(
                    text,
                    "  beyond its data: what the calibration supports is confidence {claimed:.2} (one false match in \
                     {:.0}); above that it continues a fitted curve",
                    1.0 / rate
                );
            }
        }
        _ => text.push_str("no calibration for this network: only a distance\n"),
    }
    let (distance, model) = (comparison.distance, &comparison.model);
    let _ = writeln!(text, "  distance {distance:.3} ({model})");
    for picture in &comparison.pictures {
        let (path, quality) = (&picture.path, &picture.quality);
        let level = match quality.level {
            QualityLevel::Low => "low",
            QualityLevel::Medium => "medium",
            QualityLevel::High => "high",
        };
        let issues: Vec<&str> = quality.issues.iter().map(|issue| in_words(*issue)).collect();
        let issues = if issues.is_empty() { String::new() } else { format!(": {}", issues.join(", ")) };
        let _ = writeln!(text, "  {path}: quality {level}{issues}");
    }
    text
}

fn in_words(issue: QualityIssue) -> &'static str {
    match issue {
        QualityIssue::Small => "small",
        QualityIssue::Turned => "turned",
        QualityIssue::Blurred => "blurred",
        QualityIssue::Dark => "dark",
        QualityIssue::Bright => "bright",
        QualityIssue::Flat => "little contrast",
        QualityIssue::MouthCovered => "mouth covered",
        QualityIssue::EyesNotVisible => "eyes not seen open",
        _ => "not good enough",
    }
}
