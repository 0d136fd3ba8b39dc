//! The numbers that stand for a face.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{RecognitionError, RecognitionErrorKind};

/// Form of [`Embedding::to_bytes`].
const VERSION: u8 = 1;
/// Bytes of a SHA-256.
const DIGEST_BYTES: usize = 32;

/// How the embeddings of a network are compared. Smaller means more alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Metric {
    /// The Euclidean distance.
    Euclidean,
    /// One less the cosine of the angle between them, 0..=2.
    Cosine,
}

/// A face as a network sees it: a biometric template. Wiped when dropped; never printed.
#[derive(Clone)]
pub struct Embedding {
    /// SHA-256 of the network's file: templates of different networks say nothing about each other.
    model_sha256: Arc<str>,
    values: Zeroizing<Vec<f32>>,
}

impl Embedding {
    /// Takes what a network answered; an error unless it is a list of numbers that is not all zero.
    pub(crate) fn new(model_sha256: Arc<str>, values: Vec<f32>) -> Result<Self, RecognitionError> {
        let embedding = Self { model_sha256, values: Zeroizing::new(values) };
        let length = embedding.dot(&embedding).sqrt();
        if length.is_normal() {
            return Ok(embedding);
        }
        Err(RecognitionError::new(RecognitionErrorKind::Model, "the network answers no numbers"))
    }

    /// SHA-256 of the network's file.
    pub fn model_sha256(&self) -> &str {
        &self.model_sha256
    }

    /// The embedding as bytes, to be sealed and kept: a template. The form is fixed for ever: a version, the SHA-256 of
    /// the network's file, and each number as a 32-bit float, least byte first.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let length = 1 + DIGEST_BYTES + size_of_val(self.values.as_slice());
        let mut bytes = Zeroizing::new(Vec::with_capacity(length));
        bytes.push(VERSION);
        let digits = self.model_sha256.as_bytes().chunks_exact(2);
        bytes.extend(digits.map(|pair| hex_value(pair[0]) << 4 | hex_value(pair[1])));
        for value in self.values.iter() {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        bytes
    }

    /// The embedding that [`Self::to_bytes`] gave.
    ///
    /// # Errors
    /// [`RecognitionErrorKind::Template`] for other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecognitionError> {
        let refused = |context: &str| RecognitionError::new(RecognitionErrorKind::Template, context);
        let [VERSION, rest @ ..] = bytes else {
            return Err(refused("the bytes are no template of a version that is known"));
        };
        let (digest, values) =
            rest.split_at_checked(DIGEST_BYTES).ok_or_else(|| refused("the template is cut short"))?;
        if values.len() % size_of::<f32>() != 0 {
            return Err(refused("the template is cut short"));
        }
        let model_sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let values =
            values.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        Self::new(model_sha256.into(), values.collect())
    }

    /// The numbers, for a search among many embeddings of one network.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// How many numbers.
    pub fn dimensions(&self) -> usize {
        self.values.len()
    }

    /// How far apart two faces are; an error if they are of different networks.
    pub fn distance(&self, other: &Self, metric: Metric) -> Result<f64, RecognitionError> {
        match metric {
            Metric::Euclidean => self.euclidean_distance(other),
            Metric::Cosine => Ok(1.0 - self.cosine_similarity(other)?),
        }
    }

    /// The Euclidean distance; an error if the two are of different networks.
    pub fn euclidean_distance(&self, other: &Self) -> Result<f64, RecognitionError> {
        self.check_comparable(other)?;
        let squares = self.values.iter().zip(other.values.iter());
        Ok(squares.map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum::<f64>().sqrt())
    }

    /// The cosine of the angle, -1..=1; an error if the two are of different networks.
    pub fn cosine_similarity(&self, other: &Self) -> Result<f64, RecognitionError> {
        self.check_comparable(other)?;
        let lengths = self.dot(self).sqrt() * other.dot(other).sqrt();
        Ok((self.dot(other) / lengths).clamp(-1.0, 1.0))
    }

    fn dot(&self, other: &Self) -> f64 {
        self.values.iter().zip(other.values.iter()).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    }

    fn check_comparable(&self, other: &Self) -> Result<(), RecognitionError> {
        if self.model_sha256 == other.model_sha256 && self.dimensions() == other.dimensions() {
            return Ok(());
        }
        let context = "the two faces were seen by different networks";
        Err(RecognitionError::new(RecognitionErrorKind::Incomparable, context))
    }
}

/// The value of a hexadecimal digit.
fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20).wrapping_sub(b'a' - 10) & 15,
    }
}

impl fmt::Debug for Embedding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Embedding([redacted {} bytes])", size_of_val(self.values.as_slice()))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An embedding of a network called `model`.
    pub(crate) fn of(model: &str, values: &[f32]) -> Embedding {
        Embedding::new(model.into(), values.to_vec()).unwrap()
    }

    #[test]
    fn distances_are_those_of_the_definition() {
        let (a, b) = (of("m", &[3.0, 0.0]), of("m", &[0.0, 4.0]));
        assert!((a.distance(&b, Metric::Euclidean).unwrap() - 5.0).abs() < 1e-9);
        assert!((a.distance(&b, Metric::Cosine).unwrap() - 1.0).abs() < 1e-9);
        assert!(a.distance(&a, Metric::Cosine).unwrap().abs() < 1e-9);
    }

    #[test]
    fn templates_of_different_networks_do_not_compare() {
        for other in [of("n", &[3.0, 0.0]), of("m", &[3.0, 0.0, 0.0])] {
            let error = of("m", &[3.0, 0.0]).distance(&other, Metric::Euclidean).unwrap_err();
            assert_eq!(error.kind(), RecognitionErrorKind::Incomparable);
        }
    }

    #[test]
    fn an_answer_without_direction_is_refused() {
        for values in [vec![0.0; 4], vec![f32::NAN; 4], vec![f32::INFINITY, 1.0], vec![]] {
            assert!(Embedding::new("m".into(), values).is_err());
        }
    }

    #[test]
    fn a_template_is_read_back_as_it_was_and_its_form_is_fixed() {
        let digest = "0123456789abcdef".repeat(4);
        let embedding = of(&digest, &[0.25, -1.5]);
        let bytes = embedding.to_bytes();
        assert_eq!(bytes[..5], [1, 0x01, 0x23, 0x45, 0x67]);
        assert_eq!(bytes[33..], [0, 0, 0x80, 0x3e, 0, 0, 0xc0, 0xbf]);
        let again = Embedding::from_bytes(&bytes).unwrap();
        assert_eq!((again.model_sha256(), again.values()), (digest.as_str(), [0.25, -1.5].as_slice()));
    }

    #[test]
    fn what_is_no_template_is_refused() {
        let good = of(&"ab".repeat(32), &[0.25, -1.5]).to_bytes();
        let other_version = [&[2], &good[1..]].concat();
        for bytes in [&[][..], &[1], &good[..20], &good[..40], &good[..33], &other_version] {
            let error = Embedding::from_bytes(bytes).unwrap_err();
            let kinds = [RecognitionErrorKind::Template, RecognitionErrorKind::Model];
            assert!(kinds.contains(&error.kind()), "{error:?}");
        }
    }

    #[test]
    fn values_never_print() {
        assert_eq!(format!("{:?}", of("m", &[0.25, 0.5])), "Embedding([redacted 8 bytes])");
    }
}
