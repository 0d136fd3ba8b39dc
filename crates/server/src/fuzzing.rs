//! A whole stream from arbitrary bytes: what a fuzzer drives, and what keeps its corpus alive.
//!
//! The bytes are messages, each after two big-endian numbers: 16 bits for the milliseconds that go by before it, 24 for
//! its length. Time, randomness and models are replaced; decoding, the engine and the decoding of frames are the real ones.

use std::time::Duration;

use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::{ClientMessage, DecodeLimits, PixelRect};
use verilume_store::Decision;

use crate::analysis::decode_frame;
use crate::engine::{EngineConfig, Finding, Micros, Origin, Refusal, SessionEngine, Step};

/// Steps that one message may bring. Origin: a result, a plan, and what ends an attempt.
const MOST_STEPS: usize = 16;

/// What a stream came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Attempts that were decided.
    pub decided: u32,
    /// Times that the stream was refused: at most one.
    pub refused: u32,
}

/// Runs a stream from bytes. Panics where the engine breaks its promises.
pub fn stream(bytes: &[u8]) -> Outcome {
    let mut now = Micros(1);
    let (engine, steps) = SessionEngine::open(EngineConfig::default(), origin(), now, &mut random(7));
    let mut driver = Driver { engine, outcome: Outcome::default(), is_closed: false };
    driver.follow(steps, now);
    for (passes, message) in messages(bytes) {
        now = now.plus(passes);
        let steps = match ClientMessage::decode(message, &DecodeLimits::default()) {
            Ok(told) => driver.engine.message(told, message.len(), now, &mut random(11)),
            Err(error) => driver.engine.fail(Refusal::new(error.code(), error.to_string())),
        };
        driver.follow(steps, now);
    }
    driver.outcome
}

/// One frame from bytes: the width and height of its crop, 16 bits each, then what should be a JPEG. What comes out is
/// within the bounds. Whether it is a frame.
pub fn frame_jpeg(bytes: &[u8]) -> bool {
    let Some(([w1, w0, h1, h0], jpeg)) = bytes.split_first_chunk::<4>() else { return false };
    let [width, height] = [[*w1, *w0], [*h1, *h0]].map(|side| u32::from(u16::from_be_bytes(side)));
    let max_pixels = EngineConfig::default().max_frame_pixels;
    let Ok(image) = decode_frame(jpeg, PixelRect { x: 0, y: 0, width, height }, max_pixels) else {
        return false;
    };
    assert!(u64::from(image.width()) * u64::from(image.height()) <= max_pixels);
    true
}

/// The body of a stream over plain HTTP: how many messages it holds, `None` if it is none. They are parts of it, in
/// order, and nothing but their lengths is between them.
pub fn http_body(bytes: &[u8]) -> Option<usize> {
    let messages = crate::stream::split_body(bytes)?;
    let mut rest = bytes;
    for message in &messages {
        let at = message.as_ptr() as usize - rest.as_ptr() as usize;
        assert!((1..=4).contains(&at) && at + message.len() <= rest.len(), "{at}");
        rest = &rest[at + message.len()..];
        drop(ClientMessage::decode(message, &DecodeLimits::default()));
    }
    assert!(rest.is_empty());
    Some(messages.len())
}

/// The messages of a corpus file; what is cut off at its end is left out.
fn messages(mut rest: &[u8]) -> impl Iterator<Item = (Duration, &[u8])> {
    std::iter::from_fn(move || {
        let ([p1, p0, l2, l1, l0], tail) = rest.split_first_chunk::<5>()?;
        let message;
        (message, rest) = tail.split_at_checked(u32::from_be_bytes([0, *l2, *l1, *l0]) as usize)?;
        Some((Duration::from_millis(u16::from_be_bytes([*p1, *p0]).into()), message))
    })
}

/// Does what the engine asks for, without anything behind it.
struct Driver {
    engine: SessionEngine,
    outcome: Outcome,
    is_closed: bool,
}

impl Driver {
    fn follow(&mut self, steps: Vec<Step>, now: Micros) {
        assert!(steps.len() <= MOST_STEPS, "{} steps at once", steps.len());
        assert!(steps.is_empty() || !self.is_closed, "a closed stream goes on");
        for step in steps {
            let more = match step {
                Step::Begin => self.engine.begun(now),
                Step::Analyse(received) => {
                    let max_pixels = EngineConfig::default().max_frame_pixels;
                    let frame = &received.frame;
                    drop(decode_frame(frame.jpeg.as_bytes(), frame.crop_in_image, max_pixels));
                    Vec::new()
                }
                Step::Decide { .. } => {
                    self.outcome.decided += 1;
                    let finding = match self.outcome.decided {
                        1 => Finding::CouldNotTell(Some(ErrorCode::FaceTrackingFailed)),
                        _ => Finding::Decided(Decision::RealFace),
                    };
                    self.engine.decided(finding, "session/1".into(), now, &mut random(9))
                }
                Step::Refused(_) => {
                    self.outcome.refused += 1;
                    assert_eq!(self.outcome.refused, 1, "a stream is refused once");
                    Vec::new()
                }
                Step::Close => {
                    self.is_closed = true;
                    assert!(self.engine.is_closed());
                    return;
                }
                _ => Vec::new(),
            };
            self.follow(more, now);
        }
    }
}

/// The session of every corpus file.
pub(crate) fn origin() -> Origin {
    Origin {
        session_id: "ses".into(),
        hello_sha256: [1; 32],
        wanted_profile: String::new(),
        attempts_left: 3,
        session_ends_at: Micros(600_000_000),
    }
}

/// `SplitMix64`: the same every time, useless for secrets.
pub(crate) fn random(mut state: u64) -> impl FnMut(&mut [u8]) {
    move |bytes| {
        for chunk in bytes.chunks_mut(8) {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(mixed ^ mixed >> 31).to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests;
