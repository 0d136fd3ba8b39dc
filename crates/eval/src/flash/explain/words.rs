//! What came out, and what to do about it, in words.

use verilume_liveness::flash::{EnvironmentAction, FlashOutcome, UncertainCause};

/// The outcome in one sentence.
pub(super) fn sentence(outcome: &FlashOutcome) -> String {
    let why = match outcome {
        FlashOutcome::Real => {
            return "Real: every test supports a live person before the screen.".to_owned();
        }
        FlashOutcome::Spoof { stopped_by } => {
            return format!(
                "Spoof: the light is answered, but not as by a live person before the screen; {} {}.",
                titles(stopped_by),
                if stopped_by.len() == 1 { "denies it" } else { "deny it" }
            );
        }
        FlashOutcome::Uncertain(cause) => match cause {
            UncertainCause::EnvironmentNotSupported(_) => {
                "the screen's light is too weak on the face against the light of the room".to_owned()
            }
            UncertainCause::TooFewFrames => {
                "the camera gave too few frames for some of the colours".to_owned()
            }
            UncertainCause::TooLittleFace => "the face was not seen, or too little of it".to_owned(),
            UncertainCause::FaceTooBrightOrDark => {
                "most of the face is too bright or too dark for the camera".to_owned()
            }
            UncertainCause::BackgroundNotVisible => "no background is visible beside the face".to_owned(),
            UncertainCause::Inconclusive { undecided } => {
                format!("the answer is strong, but {} fell between the bounds", titles(undecided))
            }
            _ => "the capture did not suffice".to_owned(),
        },
        _ => "the capture did not suffice".to_owned(),
    };
    format!("Could not tell: {why}.")
}

/// What the person before the camera can do.
pub(super) fn for_the_person(outcome: &FlashOutcome) -> Vec<&'static str> {
    match outcome {
        FlashOutcome::Real => vec!["Nothing: the check is passed."],
        FlashOutcome::Spoof { .. } => {
            vec!["Try again, alone before the camera, in a dimmer room, with the face uncovered."]
        }
        FlashOutcome::Uncertain(UncertainCause::EnvironmentNotSupported(estimate)) => {
            estimate.actions.iter().map(|action| todo_of(*action)).collect()
        }
        FlashOutcome::Uncertain(UncertainCause::TooFewFrames) => {
            vec![
                "Close other programs and try again.",
                "Where it is very dark, switch a small lamp on: cameras slow down in the dark.",
            ]
        }
        FlashOutcome::Uncertain(UncertainCause::TooLittleFace) => {
            vec!["Look straight at the camera and keep the whole face in the picture until the colours end."]
        }
        FlashOutcome::Uncertain(UncertainCause::FaceTooBrightOrDark) => {
            vec!["Turn away from lamps and windows that dazzle the camera; do not sit in the dark either."]
        }
        FlashOutcome::Uncertain(UncertainCause::BackgroundNotVisible) => {
            vec!["Hold the device a little further away, so that the room is seen on both sides of the face."]
        }
        _ => vec!["Hold still, dim the room if possible, and try again."],
    }
}

/// What the operator can do.
pub(super) fn for_the_operator(outcome: &FlashOutcome) -> &'static str {
    match outcome {
        FlashOutcome::Real => {
            "This model alone accepts a worn three-dimensional mask, and a face swapped over a live accomplice: texture, \
             recognition and injection evidence stand against those."
        }
        FlashOutcome::Spoof { .. } => {
            "Look below at the tests that deny. If it was a live person, keep the recording: it shows which bound is wrong."
        }
        FlashOutcome::Uncertain(UncertainCause::Inconclusive { .. }) => {
            "Look below at how far the undecided tests are from their bounds. This is no evidence of an attack."
        }
        _ => "This is no evidence of an attack. Offer another try or another way to check.",
    }
}

fn todo_of(action: EnvironmentAction) -> &'static str {
    match action {
        EnvironmentAction::DimTheRoom => "Go where it is darker, away from windows and lamps.",
        EnvironmentAction::RaiseScreenBrightness => "Turn the screen's brightness up.",
        EnvironmentAction::MoveCloser => "Hold the screen nearer to the face.",
        _ => "Change the light and try again.",
    }
}

/// A test's name for people.
pub(super) fn title(test: &str) -> &str {
    match test {
        "flash_challenge" => "answer to this challenge",
        "flash_coverage" => "share of the face that answers",
        "flash_evenness" => "weaker over stronger quarter of the face",
        "flash_second_colour" => "second colour seen",
        "flash_shading_fit" => "shading of this head",
        "flash_shading_likeness" => "likeness to this head's shading",
        "flash_shading_spread" => "spread over the face",
        "flash_background" => "background behind the face",
        "flash_lag" => "time of the answer",
        "flash_top_bottom" => "upper against lower half",
        other => other,
    }
}

fn titles(tests: &[&str]) -> String {
    let names: Vec<String> = tests.iter().map(|test| format!("\u{201c}{}\u{201d}", title(test))).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => "no test".to_owned(),
    }
}
