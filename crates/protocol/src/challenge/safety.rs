//! How often a timeline flashes, by the definitions of WCAG 2.2 (success criterion 2.3.1).
//!
//! Area is not weighed: a screen held at arm's length covers more than the 10 degrees below which flashes are free.

use super::{Half, ScreenTimeline};

/// What [`super::FlashChallenge::mint`] allows; WCAG 2.2 allows three.
pub const MAX_MINTED_FLASHES_PER_SECOND: usize = 2;

/// The least change of relative luminance that counts (10 % of the maximum).
const LUMINANCE_STEP: f64 = 0.10;
/// A change counts only if its darker state is below this relative luminance.
const DARKER_BELOW: f64 = 0.80;
/// R/(R+G+B) from which a colour is a saturated red.
const RED_SHARE: f64 = 0.8;
/// The least distance in the CIE 1976 UCS diagram of a red transition.
const RED_STEP_UV: f64 = 0.2;
/// The window flashes are counted in, seconds; closed at both ends, so that the count errs upwards.
const WINDOW_SECS: f64 = 1.0;

/// The most flashes in any one second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlashSafety {
    /// Pairs of opposing changes of relative luminance of at least 10 % with the darker state below 0.80.
    pub general_flashes_per_second: usize,
    /// Pairs of opposing changes of colour, at least one of them to or from a saturated red.
    pub red_flashes_per_second: usize,
}

impl FlashSafety {
    /// The larger of the two counts.
    pub fn max_flashes_per_second(&self) -> usize {
        self.general_flashes_per_second.max(self.red_flashes_per_second)
    }
}

/// Counts general and red flashes in every window of one second, for each half of the screen and for both together
/// (their mean, as from far away), and takes the worst.
pub fn flash_safety(timeline: &ScreenTimeline) -> FlashSafety {
    let top: Vec<_> = timeline.plateaus(Half::Top).collect();
    let bottom: Vec<_> = timeline.plateaus(Half::Bottom).collect();
    let both =
        top.iter().zip(&bottom).map(|((at, t), (_, b))| (*at, std::array::from_fn(|c| (t[c] + b[c]) / 2.0)));
    let both: Vec<_> = both.collect();
    let fade_secs = timeline.profile().cross_fade_secs();
    let worst = |count: fn(&[State], f64) -> usize| {
        [&top, &bottom, &both].into_iter().map(|states| count(states, fade_secs)).max().unwrap_or(0)
    };
    FlashSafety {
        general_flashes_per_second: worst(general_flashes),
        red_flashes_per_second: worst(red_flashes),
    }
}

/// What a screen was seen to show from a moment on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScreenSample {
    /// Seconds, ascending.
    pub at_secs: f64,
    /// Linear light of the upper half and of the lower one, 0..=1.
    pub halves: [[f64; 3]; 2],
}

/// A colour that stands this long has been reached and is no step of a fade, seconds. Origin: three refreshes of a usual
/// display; fades change with each.
const STANDS_SECS: f64 = 0.05;

/// [`flash_safety`] of what a screen was seen to show: as a recording of every refresh says it, not as the plan does.
pub fn flash_safety_of_recording(samples: &[ScreenSample]) -> FlashSafety {
    let seen = |colour: fn(&ScreenSample) -> [f64; 3]| -> Vec<State> {
        samples.iter().map(|sample| (sample.at_secs, colour(sample))).collect()
    };
    let mean = |sample: &ScreenSample| {
        let [top, bottom] = sample.halves;
        std::array::from_fn(|c| (top[c] + bottom[c]) / 2.0)
    };
    let views = [seen(|sample| sample.halves[0]), seen(|sample| sample.halves[1]), seen(mean)];
    // Each step of a fade is small: a change of chromaticity shows between the colours that stand, one of luminance over
    // the run of steps. What changes without ever standing is counted step by step.
    let red = |states: &Vec<State>| red_flashes(&standing(states), 0.0).max(red_flashes(states, 0.0));
    FlashSafety {
        general_flashes_per_second: views
            .iter()
            .map(|states| general_flashes(states, 0.0))
            .max()
            .unwrap_or(0),
        red_flashes_per_second: views.iter().map(red).max().unwrap_or(0),
    }
}

/// The states that stand, each from when it was left towards.
fn standing(states: &[State]) -> Vec<State> {
    let mut standing: Vec<State> = Vec::new();
    let mut left_at = states.first().map_or(0.0, |state| state.0);
    for (at, (began, colour)) in states.iter().enumerate() {
        let ends = states.get(at + 1).map_or(f64::INFINITY, |next| next.0);
        if ends - began >= STANDS_SECS {
            standing.push((left_at, *colour));
            left_at = ends;
        }
    }
    standing
}

/// When a steady colour began to appear, seconds, and its linear light.
type State = (f64, [f64; 3]);

/// A change of the picture: when it began and was over, seconds, and whether a flash may be built on it alone.
struct Change {
    begin: f64,
    end: f64,
    counts: bool,
}

fn general_flashes(states: &[State], fade_secs: f64) -> usize {
    most_pairs(&luminance_changes(states, fade_secs))
}

/// The monotone runs of luminance that are large enough to count. Neighbouring steps in one direction are one
/// change; a step back ends it only if it is itself large enough.
fn luminance_changes(states: &[State], fade_secs: f64) -> Vec<Change> {
    let counts = |a: f64, b: f64| (a - b).abs() >= LUMINANCE_STEP && a.min(b) < DARKER_BELOW;
    let mut changes: Vec<Change> = Vec::new();
    let Some(first) = states.first().map(|state| luminance(state.1)) else {
        return changes;
    };
    // The lowest and highest level since the last change was under way, and where it is heading.
    let (mut lowest, mut highest, mut rising) = (first, first, None);
    for (at, rgb) in &states[1..] {
        let level = luminance(*rgb);
        let rises = rising != Some(true) && counts(lowest, level) && level > lowest;
        let falls = rising != Some(false) && counts(highest, level) && level < highest;
        if rises || falls {
            changes.push(Change { begin: *at, end: at + fade_secs, counts: true });
            (lowest, highest, rising) = (level, level, Some(rises));
        } else {
            let goes_on = rising == Some(true) && level > highest || rising == Some(false) && level < lowest;
            if let Some(run) = changes.last_mut().filter(|_| goes_on) {
                run.end = at + fade_secs;
            }
            (lowest, highest) = (lowest.min(level), highest.max(level));
        }
    }
    changes
}

/// Relative luminance of linear sRGB.
fn luminance([r, g, b]: [f64; 3]) -> f64 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn red_flashes(states: &[State], fade_secs: f64) -> usize {
    let changes: Vec<Change> = states
        .windows(2)
        .filter(|pair| distance_uv(pair[0].1, pair[1].1) > RED_STEP_UV)
        .map(|pair| Change {
            begin: pair[1].0,
            end: pair[1].0 + fade_secs,
            counts: is_saturated_red(pair[0].1) || is_saturated_red(pair[1].1),
        })
        .collect();
    most_pairs(&changes)
}

/// The most disjoint pairs of neighbouring changes, at least one of each pair counting, that touch one window.
fn most_pairs(changes: &[Change]) -> usize {
    let mut most = 0;
    for (first, opening) in changes.iter().enumerate() {
        // The window that begins just as this change ends touches the most of those that follow.
        let closes = opening.end + WINDOW_SECS;
        let inside: Vec<&Change> =
            changes[first..].iter().take_while(|change| change.begin <= closes).collect();
        let (mut pairs, mut at) = (0, 0);
        while at + 1 < inside.len() {
            if inside[at].counts || inside[at + 1].counts {
                pairs += 1;
                at += 2;
            } else {
                at += 1;
            }
        }
        most = most.max(pairs);
    }
    most
}

fn is_saturated_red(rgb: [f64; 3]) -> bool {
    let sum: f64 = rgb.iter().sum();
    sum > 0.0 && rgb[0] / sum >= RED_SHARE
}

/// Distance of two linear sRGB colours in the CIE 1976 UCS diagram; black has no chromaticity and is taken as white.
fn distance_uv(a: [f64; 3], b: [f64; 3]) -> f64 {
    let ((ua, va), (ub, vb)) = (chromaticity_uv(a), chromaticity_uv(b));
    (ua - ub).hypot(va - vb)
}

fn chromaticity_uv([r, g, b]: [f64; 3]) -> (f64, f64) {
    let x = 0.4124 * r + 0.3576 * g + 0.1805 * b;
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let z = 0.0193 * r + 0.1192 * g + 0.9505 * b;
    let sum = x + 15.0 * y + 3.0 * z;
    if sum > 0.0 { (4.0 * x / sum, 9.0 * y / sum) } else { (0.1978, 0.4683) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenge::{CODE_COUNT, FlashChallenge, FlashProfile};

    fn states(period_secs: f64, levels: &[[f64; 3]]) -> Vec<State> {
        levels.iter().enumerate().map(|(at, rgb)| (at as f64 * period_secs, *rgb)).collect()
    }

    fn blink(count: usize) -> Vec<[f64; 3]> {
        (0..count).map(|at| if at % 2 == 0 { [0.0; 3] } else { [1.0; 3] }).collect()
    }

    #[test]
    fn black_and_white_ten_times_a_second_is_five_flashes() {
        assert_eq!(general_flashes(&states(0.1, &blink(40)), 0.0), 5);
        assert_eq!(general_flashes(&states(0.25, &blink(40)), 0.08), 2);
    }

    #[test]
    fn small_changes_and_bright_changes_do_not_count() {
        let small: Vec<_> = (0..40).map(|at| if at % 2 == 0 { [0.30; 3] } else { [0.39; 3] }).collect();
        assert_eq!(general_flashes(&states(0.05, &small), 0.0), 0);
        let bright: Vec<_> = (0..40).map(|at| if at % 2 == 0 { [0.85; 3] } else { [1.0; 3] }).collect();
        assert_eq!(general_flashes(&states(0.05, &bright), 0.0), 0);
    }

    #[test]
    fn a_small_dip_does_not_hide_the_rise_after_it() {
        let levels = [0.50, 0.45, 0.56, 0.50, 0.45, 0.56].map(|level| [level; 3]);
        assert_eq!(general_flashes(&states(0.1, &levels), 0.0), 1);
    }

    #[test]
    fn a_staircase_is_one_change() {
        let stairs = [0.0, 0.2, 0.4, 0.6, 0.4, 0.2, 0.0].map(|level| [level; 3]);
        assert_eq!(general_flashes(&states(0.1, &stairs), 0.0), 1);
    }

    #[test]
    fn red_against_blue_is_a_red_flash_and_grey_against_white_is_not() {
        let red_blue: Vec<_> =
            (0..9).map(|at| if at % 2 == 0 { [1.0, 0.0, 0.0] } else { [0.0, 0.0, 1.0] }).collect();
        assert_eq!(red_flashes(&states(0.25, &red_blue), 0.0), 2);
        assert_eq!(red_flashes(&states(0.1, &blink(20)), 0.0), 0);
    }

    /// What 60 refreshes a second show of the fastest codes.
    fn recorded(profile: FlashProfile) -> Vec<ScreenSample> {
        let codes = [0b0101_0101_0101; CODE_COUNT];
        let timeline = ScreenTimeline::nominal(&FlashChallenge::from_codes(profile, codes).unwrap(), 0.5);
        let mut samples: Vec<ScreenSample> = Vec::new();
        for refresh in 0..600 {
            let at_secs = f64::from(refresh) / 60.0;
            let halves = Half::ALL.map(|half| timeline.colour(half, at_secs));
            if samples.last().is_none_or(|last| last.halves != halves) {
                samples.push(ScreenSample { at_secs, halves });
            }
        }
        samples
    }

    #[test]
    fn a_recording_counts_what_the_plan_counts() {
        for profile in [FlashProfile::fast(), FlashProfile::standard(), FlashProfile::calm()] {
            let codes = [0b0101_0101_0101; CODE_COUNT];
            let challenge = FlashChallenge::from_codes(profile, codes).unwrap();
            let planned = flash_safety(&ScreenTimeline::nominal(&challenge, 0.5));
            assert_eq!(flash_safety_of_recording(&recorded(profile)), planned);
        }
    }

    #[test]
    fn a_recording_shows_what_no_plan_has() {
        let flicker = |a: [f64; 3], b: [f64; 3], secs: f64| -> Vec<ScreenSample> {
            let at = |i: u32| ScreenSample {
                at_secs: f64::from(i) * secs,
                halves: [if i.is_multiple_of(2) { a } else { b }; 2],
            };
            (0..60).map(at).collect()
        };
        // Each refresh another one, and a red that stands.
        assert!(
            flash_safety_of_recording(&flicker([0.0; 3], [1.0; 3], 1.0 / 60.0)).general_flashes_per_second
                > 20
        );
        let red = flicker([1.0, 0.0, 0.0], [0.0, 0.0, 1.0], 0.1);
        assert_eq!(flash_safety_of_recording(&red).red_flashes_per_second, 5);
    }

    #[test]
    fn the_fastest_codes_of_the_fastest_profile_reach_two_flashes_and_no_more() {
        let codes = [0b0101_0101_0101; CODE_COUNT];
        let challenge = FlashChallenge::from_codes(FlashProfile::fast(), codes).unwrap();
        let safety = flash_safety(&ScreenTimeline::nominal(&challenge, 0.0));
        assert_eq!(safety.general_flashes_per_second, 2);
    }
}
