//! Exact search: one face among many templates.
//!
//! Every template is compared, so the answer is the nearest ones and not probably the nearest ones, and a template that
//! is taken out is out. The numbers lie one after the other in memory, in rows that the compiler turns into vector
//! instructions; what that costs, and why no approximate index is needed, is in docs/adr/0016-exact-search.md.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::{Embedding, Metric, RecognitionError, RecognitionErrorKind};

/// Numbers that are added up side by side, and what rows are padded to. Origin: the widest vector registers hold 16.
const LANES: usize = 16;
/// How much further than the last of the nearest a template may seem, in 32-bit floats, and still be compared exactly.
/// Origin: 128 squares summed in 16 lanes are off by less than a tenth of it.
const ROUNDING: f32 = 1e-5;

/// Templates of one network, each of an owner. Wiped when dropped; never printed.
///
/// Owners are numbers that the caller gives out from 0 on, without gaps: a person with several templates is found once,
/// by the nearest of them.
pub struct TemplateIndex {
    model_sha256: Arc<str>,
    metric: Metric,
    dimensions: usize,
    /// Numbers from the beginning of one row to the next.
    stride: usize,
    /// Never grows beyond its capacity: what a vector leaves behind when it moves is not wiped.
    values: Zeroizing<Vec<f32>>,
    owners: Vec<u32>,
    capacity: usize,
    /// One more than the largest owner.
    owners_end: usize,
}

/// An owner that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearest {
    /// Whose template it is.
    pub owner: u32,
    /// How far it is from the probe, in the index's metric.
    pub distance: f64,
}

impl TemplateIndex {
    /// The most templates of an index. Origin: at 128 numbers each they take 512 MB, and a search takes a tenth of a
    /// second on one core.
    pub const MAX_TEMPLATES: usize = 1_000_000;

    /// An empty index for so many templates of a network.
    ///
    /// # Errors
    /// [`RecognitionErrorKind::IndexFull`] for more than [`Self::MAX_TEMPLATES`].
    pub fn with_capacity(
        model_sha256: impl Into<Arc<str>>,
        metric: Metric,
        dimensions: usize,
        templates: usize,
    ) -> Result<Self, RecognitionError> {
        if templates > Self::MAX_TEMPLATES {
            let context = format!("{templates} templates are more than {}", Self::MAX_TEMPLATES);
            return Err(RecognitionError::new(RecognitionErrorKind::IndexFull, context));
        }
        let stride = dimensions.next_multiple_of(LANES);
        Ok(Self {
            model_sha256: model_sha256.into(),
            metric,
            dimensions,
            stride,
            values: Zeroizing::new(Vec::with_capacity(stride * templates)),
            owners: Vec::with_capacity(templates),
            capacity: templates,
            owners_end: 0,
        })
    }

    /// A copy with room for so many templates, and for those it holds at least.
    ///
    /// # Errors
    /// As [`Self::with_capacity`].
    pub fn with_room_for(&self, templates: usize) -> Result<Self, RecognitionError> {
        let capacity = templates.max(self.len());
        let mut copy =
            Self::with_capacity(Arc::clone(&self.model_sha256), self.metric, self.dimensions, capacity)?;
        copy.values.extend_from_slice(&self.values);
        copy.owners.extend_from_slice(&self.owners);
        copy.owners_end = self.owners_end;
        Ok(copy)
    }

    /// How many templates it holds.
    pub fn len(&self) -> usize {
        self.owners.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// Adds a template.
    ///
    /// # Errors
    /// [`RecognitionErrorKind::Incomparable`] if it is of another network, [`RecognitionErrorKind::IndexFull`] beyond the
    /// capacity.
    pub fn push(&mut self, owner: u32, template: &Embedding) -> Result<(), RecognitionError> {
        let owners_end = usize::try_from(owner).unwrap_or(usize::MAX).saturating_add(1);
        if self.len() == self.capacity || owners_end > Self::MAX_TEMPLATES {
            let context = format!("the index has room for {} templates", self.capacity);
            return Err(RecognitionError::new(RecognitionErrorKind::IndexFull, context));
        }
        let row = self.row_of(template)?;
        self.values.extend_from_slice(&row);
        self.owners.push(owner);
        self.owners_end = self.owners_end.max(owners_end);
        Ok(())
    }

    /// The owners whose templates are nearest, each once, the nearest first; among those that `includes` names.
    ///
    /// # Errors
    /// [`RecognitionErrorKind::Incomparable`] if the probe is of another network.
    pub fn nearest(
        &self,
        probe: &Embedding,
        most: usize,
        includes: impl Fn(u32) -> bool,
    ) -> Result<Vec<Nearest>, RecognitionError> {
        let probe = self.row_of(probe)?;
        let best = self.best_rows(&probe);
        let mut found: Vec<(f32, u32)> = best
            .iter()
            .zip(0_u32..)
            .filter(|((square, _), owner)| square.is_finite() && includes(*owner))
            .map(|((square, _), owner)| (*square, owner))
            .collect();
        if most == 0 || found.is_empty() {
            return Ok(Vec::new());
        }
        if found.len() > most {
            let (_, (last, _), _) = found.select_nth_unstable_by(most - 1, |a, b| a.0.total_cmp(&b.0));
            let reach = *last * (1.0 + ROUNDING) + ROUNDING;
            found.retain(|(square, _)| *square <= reach);
        }
        let mut nearest: Vec<Nearest> =
            found.into_iter().map(|(_, owner)| self.exactly(&probe, best[owner as usize].1, owner)).collect();
        nearest.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.owner.cmp(&b.owner)));
        nearest.truncate(most);
        Ok(nearest)
    }

    /// For each owner the square of the distance of its nearest template, and that template's row; infinite for an owner
    /// without one.
    fn best_rows(&self, probe: &[f32]) -> Vec<(f32, usize)> {
        let mut best = vec![(f32::INFINITY, 0); self.owners_end];
        for (at, (row, owner)) in self.values.chunks_exact(self.stride).zip(&self.owners).enumerate() {
            let square = squared_distance(row, probe);
            let kept = &mut best[*owner as usize];
            if square < kept.0 {
                *kept = (square, at);
            }
        }
        best
    }

    fn exactly(&self, probe: &[f32], row: usize, owner: u32) -> Nearest {
        let row = &self.values[row * self.stride..][..self.stride];
        let square: f64 = row.iter().zip(probe).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
        let distance = match self.metric {
            Metric::Euclidean => square.sqrt(),
            // Of two vectors of length 1 the square is twice one less the cosine.
            Metric::Cosine => square / 2.0,
        };
        Nearest { owner, distance }
    }

    /// As a row: of length 1 where the angle counts, padded with zeros.
    #[expect(clippy::cast_possible_truncation, reason = "a row has 32 bits a number")]
    fn row_of(&self, embedding: &Embedding) -> Result<Zeroizing<Vec<f32>>, RecognitionError> {
        if *embedding.model_sha256() != *self.model_sha256 || embedding.dimensions() != self.dimensions {
            let context = "the face was seen by another network than the templates";
            return Err(RecognitionError::new(RecognitionErrorKind::Incomparable, context));
        }
        let scale = match self.metric {
            Metric::Euclidean => 1.0,
            Metric::Cosine => 1.0 / length(embedding.values()),
        };
        let mut row = Zeroizing::new(vec![0.0; self.stride]);
        for (to, from) in row.iter_mut().zip(embedding.values()) {
            *to = (f64::from(*from) * scale) as f32;
        }
        Ok(row)
    }
}

impl fmt::Debug for TemplateIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "TemplateIndex({} templates, [redacted {} bytes])",
            self.len(),
            size_of_val(&self.values[..])
        )
    }
}

/// The Euclidean length.
fn length(values: &[f32]) -> f64 {
    values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt()
}

/// The square of the Euclidean distance of two rows.
fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    let (a, b) = (a.as_chunks::<LANES>().0, b.as_chunks::<LANES>().0);
    let mut sums = [0.0_f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            let difference = a[lane] - b[lane];
            sums[lane] += difference * difference;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::embedding::tests::of;

    const MODEL: &str = "m";

    /// Numbers that look like an embedding's, by a small generator of their own.
    fn numbers(seed: u64, dimensions: usize) -> Vec<f32> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
        };
        (0..dimensions).map(|_| next()).collect()
    }

    fn index(metric: Metric, dimensions: usize, templates: &[(u32, Vec<f32>)]) -> TemplateIndex {
        let mut index = TemplateIndex::with_capacity(MODEL, metric, dimensions, templates.len()).unwrap();
        for (owner, values) in templates {
            index.push(*owner, &of(MODEL, values)).unwrap();
        }
        index
    }

    /// What the definition says: every template compared in 64 bits, the best of each owner, sorted.
    fn by_definition(
        metric: Metric,
        templates: &[(u32, Vec<f32>)],
        probe: &[f32],
        most: usize,
    ) -> Vec<Nearest> {
        let probe = of(MODEL, probe);
        let mut best: std::collections::BTreeMap<u32, f64> = std::collections::BTreeMap::new();
        for (owner, values) in templates {
            let distance = of(MODEL, values).distance(&probe, metric).unwrap();
            let kept = best.entry(*owner).or_insert(f64::INFINITY);
            *kept = kept.min(distance);
        }
        let mut all: Vec<Nearest> =
            best.into_iter().map(|(owner, distance)| Nearest { owner, distance }).collect();
        all.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.owner.cmp(&b.owner)));
        all.truncate(most);
        all
    }

    #[track_caller]
    fn assert_same(found: &[Nearest], expected: &[Nearest]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!(found.owner, expected.owner);
            assert!((found.distance - expected.distance).abs() < 1e-6, "{found:?} {expected:?}");
        }
    }

    #[test]
    fn among_a_hundred_thousand_the_nearest_are_those_of_the_definition() {
        let templates: Vec<(u32, Vec<f32>)> =
            (0..100_000).map(|at| (at / 2, numbers(u64::from(at) + 1, 128))).collect();
        let index = index(Metric::Euclidean, 128, &templates);
        for seed in [1, 77_000, 5_000_000] {
            let mut probe = numbers(seed, 128);
            probe[3] += 0.01;
            let found = index.nearest(&of(MODEL, &probe), 20, |_| true).unwrap();
            assert_same(&found, &by_definition(Metric::Euclidean, &templates, &probe, 20));
        }
    }

    #[test]
    fn an_owner_is_found_once_and_only_if_included() {
        let templates =
            vec![(0, vec![0.0, 1.0]), (0, vec![0.0, 2.0]), (1, vec![0.0, 1.5]), (2, vec![9.0, 9.0])];
        let index = index(Metric::Euclidean, 2, &templates);
        let probe = of(MODEL, &[0.0, 1.9]);
        let owners = |found: Vec<Nearest>| found.iter().map(|one| one.owner).collect::<Vec<_>>();
        assert_eq!(owners(index.nearest(&probe, 9, |_| true).unwrap()), [0, 1, 2]);
        assert_eq!(owners(index.nearest(&probe, 1, |_| true).unwrap()), [0]);
        assert_eq!(owners(index.nearest(&probe, 9, |owner| owner != 0).unwrap()), [1, 2]);
        assert!(index.nearest(&probe, 0, |_| true).unwrap().is_empty());
    }

    #[test]
    fn strangers_and_too_many_are_refused() {
        let mut index = TemplateIndex::with_capacity(MODEL, Metric::Cosine, 2, 1).unwrap();
        let kind = |result: Result<(), RecognitionError>| result.unwrap_err().kind();
        assert!(index.nearest(&of(MODEL, &[1.0, 0.0]), 3, |_| true).unwrap().is_empty());
        assert_eq!(kind(index.push(0, &of("n", &[1.0, 0.0]))), RecognitionErrorKind::Incomparable);
        assert_eq!(kind(index.push(0, &of(MODEL, &[1.0]))), RecognitionErrorKind::Incomparable);
        assert_eq!(kind(index.push(u32::MAX, &of(MODEL, &[1.0, 0.0]))), RecognitionErrorKind::IndexFull);
        index.push(0, &of(MODEL, &[1.0, 0.0])).unwrap();
        assert_eq!(kind(index.push(1, &of(MODEL, &[1.0, 0.0]))), RecognitionErrorKind::IndexFull);
        let too_many =
            TemplateIndex::with_capacity(MODEL, Metric::Cosine, 2, TemplateIndex::MAX_TEMPLATES + 1);
        assert_eq!(too_many.unwrap_err().kind(), RecognitionErrorKind::IndexFull);
        let mut roomier = index.with_room_for(2).unwrap();
        roomier.push(1, &of(MODEL, &[0.0, 1.0])).unwrap();
        assert_eq!(roomier.len(), 2);
        assert_eq!(format!("{roomier:?}"), "TemplateIndex(2 templates, [redacted 128 bytes])");
    }

    proptest! {
        #[test]
        fn it_finds_what_the_definition_finds(
            seeds in proptest::collection::vec((0..6_u32, 1..40_u64), 1..40),
            probe in 1..60_u64,
            dimensions in 1..40_usize,
            most in 1..8_usize,
            cosine in any::<bool>(),
        ) {
            let metric = if cosine { Metric::Cosine } else { Metric::Euclidean };
            let templates: Vec<(u32, Vec<f32>)> =
                seeds.into_iter().map(|(owner, seed)| (owner, numbers(seed, dimensions))).collect();
            let probe = numbers(probe, dimensions);
            let found = index(metric, dimensions, &templates).nearest(&of(MODEL, &probe), most, |_| true).unwrap();
            let expected = by_definition(metric, &templates, &probe, most);
            prop_assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(&expected) {
                // Equal templates of two owners may change places within the rounding of a row.
                prop_assert!((found.distance - expected.distance).abs() < 1e-6);
            }
        }
    }
}
