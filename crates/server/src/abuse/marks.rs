//! Marks of captures: whether what came was sent before, as it was or recorded anew.
//!
//! A mark is made with the service's key and cannot be read without it. Of the frames, one in a few is marked, chosen by its
//! hash, so that those of a part sent again are among them. The course of the light on the face is marked by a code for each
//! second and a half of it: on which side of 64 random planes it lies (Charikar, STOC 2002). Codes of two captures of the
//! same film differ in few bits; codes of two people under different colours differ in half of them.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use verilume_store::{CaptureMarks, SecretBytes, SessionId, UnixMillis};

use crate::analysis::{CaptureTrail, Light};

/// One frame in this many is marked. Origin: of an attempt's ninety frames, eleven; of a second of them, two.
const MARKED_ONE_IN: u8 = 8;
/// Bytes of a frame's mark and of a code.
const MARK_BYTES: usize = 8;
/// Frames marked at most, and codes.
const MOST_MARKS: usize = 128;
/// Samples that a code is made of. Origin: five colours of the standard profile.
const WINDOW: usize = 16;
/// A course's slow part is its mean over this many samples, which a camera's own exposure moves.
const SLOW: usize = 11;
/// A course that changes by less than this has nothing to be known by. Origin: five times the noise of the mean of a face.
const LEAST_CHANGE: f32 = 0.01;
/// Two courses are compared where they overlap by this many codes. Origin: with the window four and a half seconds, about
/// the colours of the standard profile.
const LEAST_OVERLAP: usize = 30;
/// A course that repeats itself, as lamps do, is known by nothing. Apart by at least this many samples, and this alike.
const REPEATS_FROM: usize = 4;
const REPEATS_ALIKE: u32 = ALIKE;
/// Two courses are of the same film from this share of equal bits on, per cent. Origin, both simulated: among 125 000 pairs
/// of random plans of colours 20 reach 78 and one 81, with half as many at each further step; the same film seen again is
/// alike by 91 or more.
pub(super) const ALIKE: u32 = 88;

/// The capture of another session that is most like one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Likeness {
    /// Whose it was; `None` if that session has been erased.
    pub(super) session: Option<SessionId>,
    pub(super) attempt: u32,
    /// Whether frames are the same bit by bit.
    pub(crate) is_exact: bool,
    /// How alike the courses are, per cent; of frames bit by bit, 100.
    pub(super) alike: u32,
}

impl Likeness {
    /// Whether it is the same capture, sent again or recorded anew.
    pub(super) fn is_replay(&self) -> bool {
        self.alike >= ALIKE
    }
}

/// Makes marks and compares them.
pub(super) struct Marker {
    key: SecretBytes,
    /// For each bit of a code, the sign of every value of a window.
    planes: Vec<[[bool; 3]; WINDOW]>,
}

/// The marks of one capture, and those of its course at the other phases.
pub(super) struct Marked {
    pub(super) frames: Vec<u64>,
    courses: Vec<Vec<u64>>,
}

impl Marker {
    pub(super) fn new(key: SecretBytes) -> Self {
        let planes = (0..64).map(|bit| plane(&key, bit)).collect();
        Self { key, planes }
    }

    pub(super) fn marks_of(&self, trail: &CaptureTrail) -> Marked {
        let chosen = trail.frames.iter().filter(|hash| hash[0] % MARKED_ONE_IN == 0);
        let frames = chosen.take(MOST_MARKS).map(|hash| first_8(&keyed(&self.key, b"frame", hash))).collect();
        Marked { frames, courses: trail.courses.iter().map(|course| self.codes(course)).collect() }
    }

    /// A code for each window of a course; none if there is nothing to know it by.
    fn codes(&self, course: &[Light]) -> Vec<u64> {
        let Some(course) = normalised(course) else { return Vec::new() };
        let codes: Vec<u64> =
            course.windows(WINDOW).take(MOST_MARKS).map(|window| self.code(window)).collect();
        let repeats = |apart: usize| share_alike(&codes, &codes[apart..]) >= REPEATS_ALIKE;
        let last = codes.len().saturating_sub(LEAST_OVERLAP);
        if (REPEATS_FROM..=last).any(repeats) { Vec::new() } else { codes }
    }

    fn code(&self, window: &[Light]) -> u64 {
        let lies_beyond = |plane: &[[bool; 3]; WINDOW]| {
            let signed = |(light, signs): (&Light, &[bool; 3])| -> f32 {
                light.iter().zip(signs).map(|(value, sign)| if *sign { *value } else { -value }).sum()
            };
            window.iter().zip(plane).map(signed).sum::<f32>() > 0.0
        };
        self.planes.iter().fold(0, |code, plane| code << 1 | u64::from(lies_beyond(plane)))
    }
}

impl Marked {
    /// As they are kept.
    pub(super) fn kept(&self, session: &SessionId, attempt: u32, taken_at: UnixMillis) -> CaptureMarks {
        let bytes = |marks: &[u64]| marks.iter().flat_map(|mark| mark.to_be_bytes()).collect();
        CaptureMarks {
            session: Some(session.clone()),
            attempt,
            taken_at,
            frames: bytes(&self.frames),
            course: bytes(self.courses.first().map_or(&[], Vec::as_slice)),
        }
    }

    /// The capture of another session that is most like this one. Frames bit by bit come before courses.
    pub(super) fn most_like(&self, session: &SessionId, earlier: &[CaptureMarks]) -> Option<Likeness> {
        let others = || earlier.iter().filter(|marks| marks.session.as_ref() != Some(session));
        let likeness = |marks: &CaptureMarks, is_exact, alike| Likeness {
            session: marks.session.clone(),
            attempt: marks.attempt,
            is_exact,
            alike,
        };
        let has_frame = |marks: &&CaptureMarks| words(&marks.frames).any(|mark| self.frames.contains(&mark));
        if let Some(marks) = others().find(has_frame) {
            return Some(likeness(marks, true, 100));
        }
        let most_alike = others().map(|marks| (self.alike(&words(&marks.course).collect::<Vec<_>>()), marks));
        most_alike.max_by_key(|(alike, _)| *alike).map(|(alike, marks)| likeness(marks, false, alike))
    }

    /// How alike two courses are where they are most alike, per cent.
    fn alike(&self, other: &[u64]) -> u32 {
        let best = |course: &Vec<u64>| {
            let later = (0..course.len()).map(|at| share_alike(&course[at..], other));
            let earlier = (0..other.len()).map(|at| share_alike(course, &other[at..]));
            later.chain(earlier).max().unwrap_or(0)
        };
        self.courses.iter().map(best).max().unwrap_or(0)
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.chunks_exact(MARK_BYTES).map(first_8)
}

fn first_8(bytes: &[u8]) -> u64 {
    bytes.iter().take(MARK_BYTES).fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// Equal bits of codes side by side, per cent; 0 if they overlap by too little.
fn share_alike(a: &[u64], b: &[u64]) -> u32 {
    let overlap = a.len().min(b.len());
    if overlap < LEAST_OVERLAP {
        return 0;
    }
    let unlike: u32 = a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum();
    let bits = u32::try_from(overlap).unwrap_or(u32::MAX).saturating_mul(u64::BITS);
    100 - unlike * 100 / bits
}

/// Without its slow part, every channel that changes as strong as the others; `None` if too little changes.
fn normalised(course: &[Light]) -> Option<Vec<Light>> {
    let mut fast: Vec<Light> = (0..course.len())
        .map(|at| {
            let around = &course[at.saturating_sub(SLOW / 2)..(at + SLOW / 2 + 1).min(course.len())];
            [0, 1, 2].map(|channel| {
                let slow = around.iter().map(|light| light[channel]).sum::<f32>() / around.len() as f32;
                course[at][channel] - slow
            })
        })
        .collect();
    let mut changes = false;
    for channel in 0..3 {
        let square = fast.iter().map(|light| light[channel] * light[channel]).sum::<f32>();
        let change = (square / fast.len().max(1) as f32).sqrt();
        let weight = if change < LEAST_CHANGE { 0.0 } else { change.recip() };
        fast.iter_mut().for_each(|light| light[channel] *= weight);
        changes |= weight > 0.0;
    }
    changes.then_some(fast)
}

fn plane(key: &SecretBytes, bit: u8) -> [[bool; 3]; WINDOW] {
    let random = keyed(key, b"plane", &[bit]);
    let at = |index: usize| random[index / 8] >> (index % 8) & 1 == 1;
    std::array::from_fn(|sample| std::array::from_fn(|channel| at(3 * sample + channel)))
}

fn keyed(key: &SecretBytes, what_for: &[u8], text: &[u8]) -> [u8; 32] {
    // Any length of key will do for this function.
    let mut hash = Hmac::<Sha256>::new_from_slice(key.expose()).expect("a key of any length");
    hash.update(what_for);
    hash.update(&[0]);
    hash.update(text);
    hash.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{PHASES, SAMPLES_PER_SEC};

    /// Numbers from 0 to 1, the same in every run.
    struct Random(u32);

    impl Random {
        fn next(&mut self) -> f32 {
            self.0 += 1;
            let hash = keyed(&SecretBytes::new(vec![9; 32]).unwrap(), b"test", &self.0.to_be_bytes());
            f32::from(u16::from_be_bytes([hash[0], hash[1]])) / 65536.0
        }
    }

    fn marker() -> Marker {
        Marker::new(SecretBytes::new(vec![7; 32]).unwrap())
    }

    /// A plan of colours of the standard profile after a hold, each a step of two halves.
    fn plan(random: &mut Random) -> Vec<Light> {
        let mut half = || if random.next() < 0.5 { -0.5 } else { 0.5 };
        (0..12).map(|_slot| [0, 1, 2].map(|_channel| half() + half())).collect()
    }

    /// How a camera sees it: `late` seconds into the film, with its own noise.
    fn seen(plan: &[Light], late: f64, noise: f32, random: &mut Random) -> CaptureTrail {
        let at_time = |at: f64| {
            let slot = (at - 1.2) / 0.33;
            let level = |slot: f64| {
                let shown = plan.iter().enumerate().rfind(|(number, _)| *number as f64 <= slot);
                shown.filter(|(number, _)| slot < *number as f64 + 1.0).map_or([0.0; 3], |(_, level)| *level)
            };
            // The screen and the exposure take a while.
            let (from, to) = (level(slot - 0.25), level(slot));
            [0, 1, 2].map(|channel| 0.05 * (from[channel] + to[channel]))
        };
        let mut course = |phase: usize| -> Vec<Light> {
            let instant =
                |sample: usize| late + (sample as f64 + phase as f64 / PHASES as f64) / SAMPLES_PER_SEC;
            (0..55)
                .map(|sample| {
                    at_time(instant(sample)).map(|value| value + noise * (2.0 * random.next() - 1.0))
                })
                .collect()
        };
        CaptureTrail { frames: Vec::new(), courses: (0..PHASES).map(&mut course).collect() }
    }

    fn kept(marked: &Marked, session: u8) -> CaptureMarks {
        marked.kept(&SessionId::from_random([session; 16]), 1, UnixMillis::from_millis(0))
    }

    #[test]
    fn a_film_shown_again_is_known_wherever_it_starts() {
        let (marker, mut random) = (marker(), Random(1 << 24));
        let mut least = 100;
        for _ in 0..50 {
            let plan = plan(&mut random);
            let first = kept(&marker.marks_of(&seen(&plan, 0.0, 0.004, &mut random)), 1);
            let late = 0.8 * f64::from(random.next());
            let again = marker.marks_of(&seen(&plan, late, 0.004, &mut random));
            least = least.min(again.alike(&words(&first.course).collect::<Vec<_>>()));
            let like =
                again.most_like(&SessionId::from_random([2; 16]), std::slice::from_ref(&first)).unwrap();
            assert!(like.is_replay() && !like.is_exact && like.session == first.session);
            assert_eq!(again.most_like(&SessionId::from_random([1; 16]), &[first]), None, "its own");
        }
        assert!(least >= 90, "{least}");
    }

    #[test]
    fn people_under_different_colours_are_not_alike() {
        let (marker, mut random) = (marker(), Random(2 << 24));
        let captures: Vec<_> = (0..200)
            .map(|_| {
                let plan = plan(&mut random);
                marker.marks_of(&seen(&plan, 0.0, 0.004, &mut random))
            })
            .collect();
        let courses: Vec<Vec<u64>> = captures.iter().map(|marked| marked.courses[0].clone()).collect();
        let mut most = 0;
        for (at, marked) in captures.iter().enumerate() {
            most = courses[at + 1..].iter().map(|other| marked.alike(other)).max().unwrap_or(0).max(most);
        }
        assert!(most < ALIKE - 3, "{most}");
    }

    #[test]
    fn what_does_not_change_or_repeats_itself_is_known_by_nothing() {
        let (marker, mut random) = (marker(), Random(3 << 24));
        let still = marker.marks_of(&seen(&[], 0.0, 0.004, &mut random));
        assert!(still.courses.iter().all(Vec::is_empty));
        let lamp: Vec<Light> = (0..60).map(|sample| [(sample as f32 * 1.1).sin(); 3]).collect();
        assert!(marker.codes(&lamp).is_empty());
    }

    #[test]
    fn frames_sent_again_are_known_bit_by_bit() {
        let marker = marker();
        let trail = |from: u8| CaptureTrail {
            frames: (from..from + 90)
                .map(|number| keyed(&SecretBytes::new(vec![1; 32]).unwrap(), b"", &[number]))
                .collect(),
            courses: Vec::new(),
        };
        let first = kept(&marker.marks_of(&trail(0)), 1);
        let another = SessionId::from_random([2; 16]);
        let half = marker.marks_of(&trail(45)).most_like(&another, std::slice::from_ref(&first));
        assert!(half.is_some_and(|like| like.is_exact && like.is_replay()));
        let none = marker.marks_of(&trail(100)).most_like(&another, &[first]);
        assert!(none.is_some_and(|like| !like.is_replay()));
    }
}
