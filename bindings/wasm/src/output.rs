//! What the client wants done, as a page gets it.

use std::time::Duration;

use serde::Serialize;
use serde_bytes::ByteBuf;
use verilume_capture::{
    CaptureState, Failure, Hint, Output, ScreenStep, StateChange, Terminal, Towards, Urgency,
};
use verilume_frame::Timestamp;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "
/** What the engine wants done. Times are milliseconds on the clock of its inputs. */
export type EngineOutput =
  /** Send these bytes as one message. */
  | { kind: 'send'; bytes: Uint8Array }
  | EngineScreen
  /** Show the interface's own colours again. */
  | { kind: 'screenOff' }
  | {
      kind: 'hint';
      code: string;
      towards: 'left' | 'right' | 'up' | 'down' | undefined;
      urgency: 'brief' | 'escalated';
      sinceMs: number;
    }
  | { kind: 'state'; state: string; sinceMs: number; endsAtMs: number | undefined }
  | { kind: 'tryAgain'; hint: string | undefined; attemptsLeft: number }
  | { kind: 'finished'; resultId: string; digest: string }
  | { kind: 'canceled' }
  | { kind: 'failed'; code: string; retryable: boolean; retryAfterMs: number | undefined };

/** Show these colours from the time on, then say that they are shown. */
export interface EngineScreen {
  kind: 'screen';
  step: number;
  beginsAtMs: number;
  /**
   * The fade, six bytes for each `rampEveryMs`: red, green and blue of the upper half and of the lower one, sRGB.
   * The last six stay.
   */
  ramp: Uint8Array;
  rampEveryMs: number;
}
";

/// How finely a fade is given. Origin: a display of 240 Hz.
const RAMP_EVERY: Duration = Duration::from_millis(4);
/// The longest fade that is given. Origin: a thousand times what a plan has.
const LONGEST_RAMP: Duration = Duration::from_secs(100);

/// One thing to do.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Wanted {
    Send { bytes: ByteBuf },
    Screen { step: u32, begins_at_ms: f64, ramp: ByteBuf, ramp_every_ms: u32 },
    ScreenOff,
    Hint { code: &'static str, towards: Option<&'static str>, urgency: &'static str, since_ms: f64 },
    State { state: &'static str, since_ms: f64, ends_at_ms: Option<f64> },
    TryAgain { hint: Option<&'static str>, attempts_left: u32 },
    Finished { result_id: String, digest: String },
    Canceled,
    Failed { code: String, retryable: bool, retry_after_ms: Option<f64> },
}

impl Wanted {
    /// `None` for what this version does not know.
    pub(crate) fn new(output: Output) -> Option<Self> {
        Some(match output {
            Output::Send(message) => Self::Send { bytes: ByteBuf::from(message.into_vec()) },
            Output::Screen(step) => screen(&step),
            Output::ScreenOff => Self::ScreenOff,
            Output::Guidance(given) => hint(&given),
            Output::State(change) => state(&change)?,
            Output::TryAgain(again) => Self::TryAgain {
                hint: again.hint.map(|code| code.as_str()),
                attempts_left: again.attempts_left,
            },
            Output::Terminal(Terminal::Finished { result_id, digest }) => {
                Self::Finished { result_id, digest }
            }
            Output::Terminal(Terminal::Canceled) => Self::Canceled,
            Output::Terminal(Terminal::Failed(failure)) => failed(failure),
            _ => return None,
        })
    }
}

fn screen(step: &ScreenStep) -> Wanted {
    let fade = step.fade.min(LONGEST_RAMP);
    let mut ramp = Vec::new();
    let mut elapsed = Duration::ZERO;
    while elapsed < fade {
        ramp.extend(colours(step, elapsed));
        elapsed += RAMP_EVERY;
    }
    ramp.extend(colours(step, step.fade));
    let ramp_every_ms = u32::try_from(RAMP_EVERY.as_millis()).unwrap_or(u32::MAX);
    Wanted::Screen {
        step: step.step,
        begins_at_ms: step.begins_at.as_millis(),
        ramp: ByteBuf::from(ramp),
        ramp_every_ms,
    }
}

fn colours(step: &ScreenStep, elapsed: Duration) -> impl Iterator<Item = u8> {
    let start = Timestamp::default();
    step.colours_at(start + elapsed, start).srgb().into_iter().flatten()
}

fn hint(hint: &Hint) -> Wanted {
    Wanted::Hint {
        code: hint.code.code(),
        towards: hint.towards.map(|towards| match towards {
            Towards::Left => "left",
            Towards::Right => "right",
            Towards::Up => "up",
            Towards::Down => "down",
        }),
        urgency: match hint.urgency {
            Urgency::Brief => "brief",
            Urgency::Escalated => "escalated",
        },
        since_ms: hint.since.as_millis(),
    }
}

fn state(change: &StateChange) -> Option<Wanted> {
    let state = match change.state {
        CaptureState::Connecting => "connecting",
        CaptureState::Align => "align",
        CaptureState::Hold => "hold",
        CaptureState::Flash => "flash",
        CaptureState::Tail => "tail",
        CaptureState::Checking => "checking",
        CaptureState::Retry => "retry",
        CaptureState::Replanning => "replanning",
        CaptureState::Paused => "paused",
        CaptureState::Done => "done",
        _ => return None,
    };
    let ends_at_ms = change.ends_at.map(Timestamp::as_millis);
    Some(Wanted::State { state, since_ms: change.since.as_millis(), ends_at_ms })
}

fn failed(failure: Failure) -> Wanted {
    Wanted::Failed {
        code: failure.unknown_code.unwrap_or_else(|| failure.code.as_str().to_owned()),
        retryable: failure.is_retryable,
        retry_after_ms: failure.retry_after.map(|after| after.as_secs_f64() * 1e3),
    }
}

#[cfg(test)]
mod tests {
    use verilume_capture::ScreenColours;

    use super::*;

    #[test]
    fn a_fade_is_given_step_by_step_and_ends_where_it_should() {
        let (dark, light) = (ScreenColours { top: [0.0; 3], bottom: [1.0; 3] }, [1.0, 0.5, 0.0]);
        let step = ScreenStep {
            step: 3,
            begins_at: Timestamp::from_millis(40),
            fade: Duration::from_millis(10),
            from: dark,
            to: ScreenColours { top: light, bottom: [0.0; 3] },
        };
        let Wanted::Screen { ramp, begins_at_ms, .. } = screen(&step) else { panic!("a screen step") };
        assert_eq!(begins_at_ms, 40.0);
        let (colours, rest) = ramp.as_chunks::<6>();
        assert!(rest.is_empty());
        assert_eq!(colours.len(), 4, "at 0, 4 and 8 ms, and the end");
        assert_eq!(colours[0], [0, 0, 0, 255, 255, 255]);
        assert_eq!(colours[3], [255, 188, 0, 0, 0, 0]);
    }

    #[test]
    fn a_hard_change_is_one_colour() {
        let colours = ScreenColours { top: [0.0; 3], bottom: [1.0; 3] };
        let begins_at = Timestamp::default();
        let step = ScreenStep { step: 0, begins_at, fade: Duration::ZERO, from: colours, to: colours };
        assert!(matches!(screen(&step), Wanted::Screen { ramp, .. } if ramp.len() == 6));
    }
}
