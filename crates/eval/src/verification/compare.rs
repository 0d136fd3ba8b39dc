//! The distances of all pairs.

use std::path::Path;

use serde::Serialize;
use verilume_frame::Frame;
use verilume_recognition::{
    FaceChoice, ImpostorPair, Portrait, PortraitReader, QualityLevel, RecognitionError, RecognitionErrorKind,
};

use super::PairList;
use crate::media::{self, MediaError, MediaOptions};

/// A picture that shows no face to compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unusable {
    /// The picture, as it is written.
    pub picture: String,
    /// Why, in words.
    pub reason: String,
}

/// One pair, compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Which pair, by its place in the list.
    pub pair: usize,
    /// How far apart the faces are.
    pub distance: f64,
    /// The lower quality of the two.
    pub quality: QualityLevel,
}

/// All pairs that could be compared.
#[derive(Debug, Clone)]
pub struct Comparisons {
    /// The pairs, in the order of the list.
    pub verdicts: Vec<Verdict>,
    /// The pictures that could not.
    pub unusable: Vec<Unusable>,
}

/// Reads every picture once and compares the pairs. A picture with several faces counts with its largest; one that
/// cannot be read or shows no face is left out and named.
///
/// # Errors
/// Only if a network fails: then every picture would.
pub fn compare(
    list: &PairList,
    reader: &PortraitReader,
    mut done: impl FnMut(),
) -> Result<Comparisons, RecognitionError> {
    let mut portraits: Vec<Option<Portrait>> = Vec::with_capacity(list.pictures.len());
    let mut unusable = Vec::new();
    for (written, path) in &list.pictures {
        let read = portrait(reader, path)?;
        portraits
            .push(read.map_err(|reason| unusable.push(Unusable { picture: written.clone(), reason })).ok());
        done();
    }
    let mut verdicts = Vec::new();
    for (place, pair) in list.pairs.iter().enumerate() {
        let (Some(a), Some(b)) = (&portraits[pair.pictures.0], &portraits[pair.pictures.1]) else { continue };
        verdicts.push(Verdict {
            pair: place,
            distance: a.embedding.distance(&b.embedding, reader.embedder().spec().metric)?,
            quality: a.quality.level.min(b.quality.level),
        });
    }
    Ok(Comparisons { verdicts, unusable })
}

/// The face of one picture, or why there is none.
fn portrait(reader: &PortraitReader, path: &Path) -> Result<Result<Portrait, String>, RecognitionError> {
    let frame = match first_frame(path) {
        Ok(Some(frame)) => frame,
        Ok(None) => return Ok(Err("holds no frame".to_owned())),
        Err(error) => return Ok(Err(error.to_string())),
    };
    match reader.read(frame.view(), FaceChoice::Largest) {
        Ok(portrait) => Ok(Ok(portrait)),
        Err(error) if error.kind() == RecognitionErrorKind::Model => Err(error),
        Err(error) => Ok(Err(error.to_string())),
    }
}

fn first_frame(path: &Path) -> Result<Option<Frame>, MediaError> {
    media::open(path, &MediaOptions::default())?.next_frame()
}

/// What a calibration is fitted to: the pairs of different people.
pub fn impostor_pairs(list: &PairList, comparisons: &Comparisons) -> Vec<ImpostorPair> {
    let pairs = comparisons.verdicts.iter().map(|verdict| (&list.pairs[verdict.pair], verdict.distance));
    let different = pairs.filter(|(pair, _)| !pair.is_same());
    different.map(|(pair, distance)| ImpostorPair { people: pair.people, distance }).collect()
}
