//! One face, as clients of the Azure API read it.

use serde_json::{Map, Value, json};
use verilume_recognition::QualityLevel;

use super::query::{Attribute, DetectQuery};
use crate::faces::{Attributes, DetectedFace, MaskType, landmarks};

const LEVELS: [&str; 3] = ["low", "medium", "high"];
const EXPOSURES: [&str; 3] = ["underExposure", "goodExposure", "overExposure"];

/// What is told of a face.
pub(super) fn face(face: &DetectedFace, face_id: Option<String>, asked: &DetectQuery) -> Value {
    let mut told = Map::new();
    if let Some(id) = face_id {
        told.insert("faceId".to_owned(), json!(id));
    }
    if asked.return_recognition_model {
        told.insert("recognitionModel".to_owned(), json!(asked.recognition_model.as_str()));
    }
    told.insert("faceRectangle".to_owned(), json!(face.rectangle));
    if asked.return_landmarks {
        let points = landmarks(&face.face)
            .map(|(name, at)| (name.to_owned(), json!({ "x": tenth(at.x), "y": tenth(at.y) })));
        told.insert("faceLandmarks".to_owned(), Value::Object(points.into_iter().collect()));
    }
    if let Some(measured) = face.attributes.as_ref().filter(|_| !asked.attributes.is_empty()) {
        let attributes =
            asked.attributes.iter().map(|attribute| attribute_of(*attribute, measured, face.quality.level));
        told.insert("faceAttributes".to_owned(), Value::Object(attributes.collect()));
    }
    if let Some(liveness) = &face.liveness {
        told.insert("liveness".to_owned(), json!(liveness));
    }
    Value::Object(told)
}

fn attribute_of(attribute: Attribute, measured: &Attributes, quality: QualityLevel) -> (String, Value) {
    let (name, value) = match attribute {
        Attribute::HeadPose => {
            let [roll, yaw, pitch] = measured.roll_yaw_pitch_deg.map(tenth);
            ("headPose", json!({ "roll": roll, "yaw": yaw, "pitch": pitch }))
        }
        Attribute::Blur => (
            "blur",
            json!({ "blurLevel": LEVELS[measured.blur.level], "value": hundredth(measured.blur.value) }),
        ),
        Attribute::Exposure => (
            "exposure",
            json!({
                "exposureLevel": EXPOSURES[measured.exposure.level],
                "value": hundredth(measured.exposure.value),
            }),
        ),
        Attribute::Noise => (
            "noise",
            json!({ "noiseLevel": LEVELS[measured.noise.level], "value": hundredth(measured.noise.value) }),
        ),
        Attribute::Occlusion => (
            "occlusion",
            json!({
                "foreheadOccluded": measured.forehead_occluded,
                "eyeOccluded": measured.eye_occluded,
                "mouthOccluded": measured.mouth_occluded,
            }),
        ),
        Attribute::Mask => {
            ("mask", json!({ "type": measured.mask, "noseAndMouthCovered": measured.nose_and_mouth_covered }))
        }
        Attribute::Accessories => ("accessories", accessories(measured)),
        Attribute::QualityForRecognition => ("qualityForRecognition", json!(level(quality))),
    };
    (name.to_owned(), value)
}

/// The only one that is looked for is a mask.
fn accessories(measured: &Attributes) -> Value {
    match measured.mask {
        MaskType::FaceMask => json!([{ "type": "mask", "confidence": 1.0 }]),
        _ => json!([]),
    }
}

/// A level of quality as the contract writes it.
pub(in crate::api) fn level(level: QualityLevel) -> &'static str {
    match level {
        QualityLevel::Low => LEVELS[0],
        QualityLevel::Medium => LEVELS[1],
        QualityLevel::High => LEVELS[2],
    }
}

/// Pixels and degrees are told in tenths, shares in hundredths: more would be noise.
fn tenth(value: f32) -> f64 {
    (f64::from(value) * 10.0).round() / 10.0
}

fn hundredth(value: f32) -> f64 {
    (f64::from(value) * 100.0).round() / 100.0
}
