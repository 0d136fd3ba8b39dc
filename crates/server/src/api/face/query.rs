//! What detecting faces asks for.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use verilume_protocol::errors::ErrorCode;
use verilume_store::{FaceTimeToLive, RecognitionModel};

use super::fault::bad_argument;
use crate::api::ApiError;

/// Pairs of a query, in their order.
pub(in crate::api) type RawQuery = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// The models that callers may name. One network of each kind is behind all of them.
const RECOGNITION_MODELS: [&str; 4] =
    ["recognition_01", "recognition_02", "recognition_03", "recognition_04"];
const DETECTION_MODELS: [&str; 3] = ["detection_01", "detection_02", "detection_03"];

/// The parameters of a query, by names in any case.
pub(in crate::api) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(in crate::api) fn of(query: RawQuery) -> Result<Self, ApiError> {
        query.map(|Query(pairs)| Self(pairs)).map_err(|_unreadable| bad_argument("The query cannot be read."))
    }

    /// The value of a parameter that is there and not empty.
    pub(in crate::api) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    fn flag(&self, name: &'static str, otherwise: bool) -> Result<bool, ApiError> {
        match self.get(name) {
            None => Ok(otherwise),
            Some(word) if word.eq_ignore_ascii_case("true") => Ok(true),
            Some(word) if word.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(bad_argument(format!("'{name}' is invalid: it is true or false."))),
        }
    }

    fn choice(&self, name: &'static str, known: &[&'static str]) -> Result<&'static str, ApiError> {
        let asked = self.get(name).unwrap_or(known[0]);
        let found = known.iter().find(|known| known.eq_ignore_ascii_case(asked));
        found.copied().ok_or_else(|| bad_argument(format!("'{name}' is invalid.")))
    }
}

/// The name of a recognition model; the oldest if none is given.
pub(in crate::api) fn recognition_model(parameters: &Parameters) -> Result<RecognitionModel, ApiError> {
    let name = parameters.choice("recognitionModel", &RECOGNITION_MODELS)?;
    RecognitionModel::new(name).map_err(|_unusable| bad_argument("'recognitionModel' is invalid."))
}

/// An attribute that can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attribute {
    HeadPose,
    Blur,
    Exposure,
    Noise,
    Occlusion,
    Mask,
    Accessories,
    QualityForRecognition,
}

impl Attribute {
    const ALL: [(&'static str, Self); 8] = [
        ("headPose", Self::HeadPose),
        ("blur", Self::Blur),
        ("exposure", Self::Exposure),
        ("noise", Self::Noise),
        ("occlusion", Self::Occlusion),
        ("mask", Self::Mask),
        ("accessories", Self::Accessories),
        ("qualityForRecognition", Self::QualityForRecognition),
    ];
    /// Those that the contract gives to `detection_03`.
    const OF_DETECTION_03: [Self; 6] = [
        Self::HeadPose,
        Self::Blur,
        Self::Exposure,
        Self::Mask,
        Self::Occlusion,
        Self::QualityForRecognition,
    ];
}

/// Attributes that are never told: guesses about people.
const NEVER_TOLD: [&str; 7] = ["age", "gender", "emotion", "smile", "facialHair", "hair", "makeup"];
/// Attributes that no network and no measurement of this service can tell.
const NOT_MEASURED: [&str; 1] = ["glasses"];

/// What detecting faces asks for.
#[derive(Debug)]
pub(super) struct DetectQuery {
    pub(super) recognition_model: RecognitionModel,
    pub(super) return_face_id: bool,
    pub(super) return_landmarks: bool,
    pub(super) return_recognition_model: bool,
    pub(super) time_to_live: FaceTimeToLive,
    pub(super) attributes: Vec<Attribute>,
}

impl DetectQuery {
    pub(super) fn parse(query: RawQuery) -> Result<Self, ApiError> {
        let parameters = Parameters::of(query)?;
        let detection_model = parameters.choice("detectionModel", &DETECTION_MODELS)?;
        let recognition_model = recognition_model(&parameters)?;
        let asked = Self {
            return_face_id: parameters.flag("returnFaceId", true)?,
            return_landmarks: parameters.flag("returnFaceLandmarks", false)?,
            return_recognition_model: parameters.flag("returnRecognitionModel", false)?,
            time_to_live: time_to_live(&parameters)?,
            attributes: attributes(parameters.get("returnFaceAttributes").unwrap_or_default())?,
            recognition_model,
        };
        asked.check(detection_model)?;
        Ok(asked)
    }

    /// The contract's rules of what goes with which model.
    fn check(&self, detection_model: &str) -> Result<(), ApiError> {
        let not_supported =
            |what: &str| Err(bad_argument(format!("'{what}' is not supported by {detection_model}.")));
        let of_03 = |attribute: &Attribute| Attribute::OF_DETECTION_03.contains(attribute);
        match detection_model {
            "detection_02" if self.return_landmarks => return not_supported("returnFaceLandmarks"),
            "detection_02" if !self.attributes.is_empty() => return not_supported("returnFaceAttributes"),
            "detection_03" if !self.attributes.iter().all(of_03) => {
                return not_supported("returnFaceAttributes");
            }
            "detection_01" if self.attributes.contains(&Attribute::Mask) => {
                return not_supported("returnFaceAttributes");
            }
            _ => {}
        }
        let is_early = ["recognition_01", "recognition_02"].contains(&self.recognition_model.as_str());
        if is_early && self.attributes.contains(&Attribute::QualityForRecognition) {
            let message = "'qualityForRecognition' needs recognitionModel recognition_03 or recognition_04.";
            return Err(bad_argument(message));
        }
        Ok(())
    }
}

/// A list of attributes, divided by commas.
fn attributes(list: &str) -> Result<Vec<Attribute>, ApiError> {
    let mut asked = Vec::new();
    for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let is = |known: &&str| known.eq_ignore_ascii_case(name);
        if NEVER_TOLD.iter().any(&is) {
            let message = "Age, gender, emotion, smile, facial hair, hair and makeup are never inferred.";
            return Err(ApiError::of(ErrorCode::UnsupportedFeature).saying(message));
        }
        if NOT_MEASURED.iter().any(&is) {
            let message = "The attribute 'glasses' is not measured by this service.";
            return Err(ApiError::of(ErrorCode::UnsupportedFeature).saying(message));
        }
        let found = Attribute::ALL.iter().find(|(known, _)| is(known));
        let (_, attribute) = found.ok_or_else(|| bad_argument("Invalid argument returnFaceAttributes."))?;
        if !asked.contains(attribute) {
            asked.push(*attribute);
        }
    }
    Ok(asked)
}

fn time_to_live(parameters: &Parameters) -> Result<FaceTimeToLive, ApiError> {
    let Some(text) = parameters.get("faceIdTimeToLive") else { return Ok(FaceTimeToLive::MAX) };
    let secs = text.parse().ok().and_then(|secs| FaceTimeToLive::from_secs(secs).ok());
    secs.ok_or_else(|| bad_argument("'faceIdTimeToLive' is invalid: it is 60 to 86400 seconds."))
}
