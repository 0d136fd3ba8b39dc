//! The exact p-value of test 1, counted.
//!
//! The statistic is `T = sum over the six codes of <b, x>`, with integer responses `x` that do not depend on the
//! codes. Under "the video does not depend on the challenge" the codes are six independent uniform draws from `S_N`,
//! so each `<b, x>` has a known histogram over integers, `T` the convolution of six of them, and
//! `p = #{b' in S_N^6 : T(b') >= T(b)} / |S_N|^6` a ratio of two integers. No noise model, no sampling, no ties lost
//! to rounding.

use verilume_protocol::challenge::{CODE_COUNT, CodeSet};

/// How many of all challenges would have matched the response at least as well as the one shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExactP {
    /// Challenges with a statistic at least as large, the one shown included if it is in the set.
    pub at_least: u128,
    /// All challenges, `|S_N|^6`.
    pub total: u128,
}

impl ExactP {
    /// The p-value, `1 / total` at the least for a challenge of the set.
    pub fn p(self) -> f64 {
        self.at_least as f64 / self.total as f64
    }
}

/// Counts the p-value of `shown` (bit `s` of code `h * 3 + c` is slot `s`) given one integer response a slot and code.
/// A response shorter than the slots counts as zero there.
pub fn exact_p(set: &CodeSet, responses: &[Vec<i32>; CODE_COUNT], shown: [u16; CODE_COUNT]) -> ExactP {
    let statistic: i64 = responses.iter().zip(shown).map(|(response, code)| inner(response, code)).sum();
    // Two sums of three codes each, then one pass over both: cheaper than one sum of six.
    let [first, second] = [0, CODE_COUNT / 2].map(|from| {
        responses[from..from + CODE_COUNT / 2]
            .iter()
            .fold(Histogram::unit(), |sum, response| sum.convolved(&inner_products(set, response)))
    });
    let total = (set.size() as u128).pow(6);
    ExactP { at_least: first.pairs_reaching(&second, statistic), total }
}

/// The sum of the response over the lit slots of a code.
fn inner(response: &[i32], code: u16) -> i64 {
    response.iter().enumerate().filter(|(slot, _)| code >> slot & 1 == 1).map(|(_, x)| i64::from(*x)).sum()
}

/// The distinct values of `<b, x>` over the set with their counts, ascending.
fn inner_products(set: &CodeSet, response: &[i32]) -> Vec<(i64, u64)> {
    let mut values: Vec<i64> = set.codes().iter().map(|code| inner(response, *code)).collect();
    values.sort_unstable();
    let mut counted: Vec<(i64, u64)> = Vec::new();
    for value in values {
        match counted.last_mut() {
            Some((last, count)) if *last == value => *count += 1,
            _ => counted.push((value, 1)),
        }
    }
    counted
}

/// Counts over a range of integers that begins at `lowest`.
struct Histogram {
    lowest: i64,
    counts: Vec<u64>,
}

impl Histogram {
    /// One way to reach zero.
    fn unit() -> Self {
        Self { lowest: 0, counts: vec![1] }
    }

    /// The distribution of the sum with an independent value.
    fn convolved(&self, values: &[(i64, u64)]) -> Self {
        let (Some((least, _)), Some((most, _))) = (values.first(), values.last()) else {
            return Self { lowest: 0, counts: Vec::new() };
        };
        let span = usize::try_from(most - least).unwrap_or(0);
        let mut counts = vec![0; self.counts.len() + span];
        for (value, ways) in values {
            let shift = usize::try_from(value - least).unwrap_or(0);
            for (sum, count) in counts[shift..].iter_mut().zip(&self.counts) {
                *sum += count * ways;
            }
        }
        Self { lowest: self.lowest + least, counts }
    }

    /// How many pairs of one value each reach `bound` together.
    fn pairs_reaching(&self, other: &Self, bound: i64) -> u128 {
        let mut tail: Vec<u128> = other.counts.iter().map(|count| u128::from(*count)).collect();
        for at in (1..tail.len()).rev() {
            tail[at - 1] += tail[at];
        }
        let ways_to_reach = |needed: i64| {
            let from = usize::try_from((needed - other.lowest).max(0)).unwrap_or(usize::MAX);
            tail.get(from).copied().unwrap_or(0)
        };
        (self.lowest..)
            .zip(&self.counts)
            .filter(|(_, count)| **count > 0)
            .map(|(value, count)| u128::from(*count) * ways_to_reach(bound - value))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flash::testing::Noise;

    /// Six nested loops would be 62^6; two codes at a time are enough to check every line of the counting, and four
    /// constant responses add known factors.
    fn brute_force(set: &CodeSet, responses: &[Vec<i32>; CODE_COUNT], shown: [u16; CODE_COUNT]) -> u128 {
        let statistic: i64 = responses.iter().zip(shown).map(|(response, code)| inner(response, code)).sum();
        let lists =
            responses.each_ref().map(|x| set.codes().iter().map(|code| inner(x, *code)).collect::<Vec<_>>());
        let mut count = 0u128;
        for a in &lists[0] {
            for b in &lists[1] {
                for c in &lists[2] {
                    for d in &lists[3] {
                        if lists[4].iter().chain(&lists[5]).all(|value| *value == 0) {
                            let rest = (set.size() * set.size()) as u128;
                            count += if a + b + c + d >= statistic { rest } else { 0 };
                            continue;
                        }
                        for e in &lists[4] {
                            count += lists[5].iter().filter(|f| a + b + c + d + e + **f >= statistic).count()
                                as u128;
                        }
                    }
                }
            }
        }
        count
    }

    fn random_case(set: &CodeSet, noise: &mut Noise, live_codes: usize) -> ([Vec<i32>; 6], [u16; 6]) {
        let shown = std::array::from_fn(|_| set.codes()[noise.below(set.size())]);
        let responses = std::array::from_fn(|code| {
            let x = |_| {
                if code < live_codes { i32::try_from(noise.below(41)).unwrap() - 20 } else { 0 }
            };
            (0..set.slot_count()).map(x).collect()
        });
        (responses, shown)
    }

    #[test]
    fn equals_brute_force_for_six_slots() {
        let set = CodeSet::new(6).unwrap();
        let mut noise = Noise::new(6);
        for _ in 0..2 {
            let (responses, shown) = random_case(&set, &mut noise, 6);
            let counted = exact_p(&set, &responses, shown);
            assert_eq!(counted.total, (set.size() as u128).pow(6));
            assert_eq!(counted.at_least, brute_force(&set, &responses, shown));
        }
    }

    #[test]
    fn equals_brute_force_for_eight_slots() {
        let set = CodeSet::new(8).unwrap();
        let mut noise = Noise::new(8);
        for _ in 0..6 {
            let (responses, shown) = random_case(&set, &mut noise, 4);
            let counted = exact_p(&set, &responses, shown);
            assert_eq!(counted.at_least, brute_force(&set, &responses, shown));
        }
    }

    #[test]
    fn a_perfect_response_has_the_published_floor() {
        let set = CodeSet::new(12).unwrap();
        let mut noise = Noise::new(12);
        let (_, shown) = random_case(&set, &mut noise, 6);
        let responses =
            shown.map(|code| (0..12).map(|slot| if code >> slot & 1 == 1 { 9 } else { -9 }).collect());
        assert_eq!(exact_p(&set, &responses, shown).at_least, 1);
        assert!((exact_p(&set, &responses, shown).p() - 1.8e-17).abs() < 1e-18);
    }

    #[test]
    fn no_response_is_no_evidence() {
        let set = CodeSet::new(12).unwrap();
        assert!((exact_p(&set, &Default::default(), [set.codes()[0]; 6]).p() - 1.0).abs() < 1e-12);
    }
}
