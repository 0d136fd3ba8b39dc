//! What requests about collections and people ask for: names and notes, lists of ids, pages.

use axum::extract::Request;
use serde_json::{Map, Value};
use verilume_store::{DisplayName, FaceId, PersonId, RecognitionModel, StoreError, StoreErrorKind, UserData};

use crate::api::ApiError;
use crate::api::create_body::CreateBody;
use crate::api::face::fault::bad_argument;
use crate::api::face::query::{Parameters, RawQuery};
use crate::service::Service;

/// The entries of a page, if none are asked for, and at most. Origin: the contract.
const MAX_PAGE: u32 = 1000;
const RECOGNITION_MODELS: [&str; 4] =
    ["recognition_01", "recognition_02", "recognition_03", "recognition_04"];

/// The fields of a body. An empty one has none.
pub(super) async fn fields(service: &Service, request: Request) -> Result<Map<String, Value>, ApiError> {
    Ok(CreateBody::read(request, &service.config.limits, false).await?.fields)
}

/// A text that may be missing or `null`.
pub(super) fn text<'f>(fields: &'f Map<String, Value>, name: &str) -> Result<Option<&'f str>, ApiError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad_argument(format!("'{name}' is invalid: it is a text."))),
    }
}

/// A name that has to be there.
pub(super) fn name(fields: &Map<String, Value>) -> Result<DisplayName, ApiError> {
    new_name(fields)?.ok_or_else(|| bad_argument("'name' is empty."))
}

/// A name, if one is given.
pub(super) fn new_name(fields: &Map<String, Value>) -> Result<Option<DisplayName>, ApiError> {
    let Some(text) = text(fields, "name")? else { return Ok(None) };
    if text.trim().is_empty() {
        return Err(bad_argument("'name' is empty."));
    }
    DisplayName::new(text).map(Some).map_err(|_long| bad_argument("'name' is too long."))
}

/// The notes beside a person or a collection, if they are given.
pub(super) fn user_data(fields: &Map<String, Value>) -> Result<Option<UserData>, ApiError> {
    text(fields, "userData")?.map(|text| UserData::new(text).map_err(notes_too_long)).transpose()
}

/// The notes beside a face, if they are given.
pub(super) fn face_user_data(text: Option<&str>) -> Result<Option<UserData>, ApiError> {
    text.map(|text| UserData::of_face(text).map_err(notes_too_long)).transpose()
}

fn notes_too_long(_error: StoreError) -> ApiError {
    bad_argument("'userData' is too long.")
}

/// What is changed: at least one of both.
pub(super) fn changes(
    fields: &Map<String, Value>,
) -> Result<(Option<DisplayName>, Option<UserData>), ApiError> {
    let changes = (new_name(fields)?, user_data(fields)?);
    if changes == (None, None) {
        return Err(bad_argument("'name' and 'userData' are both empty: give what is to be changed."));
    }
    Ok(changes)
}

/// The name of a network; the contract's default if none is given.
pub(super) fn recognition_model(name: Option<&str>) -> Result<RecognitionModel, ApiError> {
    let name = name.filter(|name| !name.is_empty()).unwrap_or(RECOGNITION_MODELS[0]);
    let known = RECOGNITION_MODELS.iter().find(|known| known.eq_ignore_ascii_case(name));
    let model = known.and_then(|known| RecognitionModel::new(*known).ok());
    model.ok_or_else(|| bad_argument("'recognitionModel' is invalid."))
}

/// Faces of pictures by their ids, from `fewest` to `most`.
pub(super) fn face_ids(
    fields: &Map<String, Value>,
    fewest: usize,
    most: usize,
) -> Result<Vec<FaceId>, ApiError> {
    let invalid = || bad_argument(format!("'faceIds' is invalid: it has {fewest} to {most} face IDs."));
    let Some(Value::Array(ids)) = fields.get("faceIds") else { return Err(invalid()) };
    if !(fewest..=most).contains(&ids.len()) {
        return Err(invalid());
    }
    ids.iter().map(|id| id.as_str().and_then(|id| FaceId::parse(id).ok()).ok_or_else(invalid)).collect()
}

/// People by their ids; none if the field is missing.
pub(super) fn person_ids(fields: &Map<String, Value>, name: &str) -> Result<Vec<PersonId>, ApiError> {
    let invalid = || bad_argument(format!("'{name}' is invalid: it is a list of person IDs."));
    match fields.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(ids)) => ids
            .iter()
            .map(|id| id.as_str().and_then(|id| PersonId::parse(id).ok()).ok_or_else(invalid))
            .collect(),
        Some(_) => Err(invalid()),
    }
}

/// A number of candidates within 1 and `most`, as a number or as text.
pub(super) fn candidates(
    fields: &Map<String, Value>,
    otherwise: usize,
    most: usize,
) -> Result<usize, ApiError> {
    let asked = match fields.get("maxNumOfCandidatesReturned") {
        None | Some(Value::Null) => return Ok(otherwise),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(other) => other.as_u64().and_then(|number| usize::try_from(number).ok()),
    };
    let message = || bad_argument(format!("'maxNumOfCandidatesReturned' is invalid: it is 1 to {most}."));
    asked.filter(|asked| (1..=most).contains(asked)).ok_or_else(message)
}

/// A confidence within 0 and 1, as a number or as text.
pub(super) fn threshold(fields: &Map<String, Value>, otherwise: f64) -> Result<f64, ApiError> {
    let asked = match fields.get("confidenceThreshold") {
        None | Some(Value::Null) => return Ok(otherwise),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(other) => other.as_f64(),
    };
    let message = || bad_argument("'confidenceThreshold' is invalid: it is 0 to 1.");
    asked.filter(|asked: &f64| (0.0..=1.0).contains(asked)).ok_or_else(message)
}

/// Which page of a list.
pub(super) struct Page {
    parameters: Parameters,
    /// How many entries.
    pub(super) most: u32,
}

impl Page {
    pub(super) fn of(query: RawQuery) -> Result<Self, ApiError> {
        let parameters = Parameters::of(query)?;
        let most = match parameters.get("top") {
            None => MAX_PAGE,
            Some(top) => {
                let top = top.parse().ok().filter(|top| (1..=MAX_PAGE).contains(top));
                top.ok_or_else(|| bad_argument("'top' is invalid: it is 1 to 1000."))?
            }
        };
        Ok(Self { parameters, most })
    }

    /// The last entry of the page before.
    pub(super) fn start<T>(
        &self,
        parse: impl Fn(&str) -> Result<T, StoreError>,
    ) -> Result<Option<T>, ApiError> {
        let Some(start) = self.parameters.get("start") else { return Ok(None) };
        let parsed = parse(&start.to_ascii_lowercase());
        parsed.map(Some).map_err(|error| match error.kind() {
            StoreErrorKind::BadLength => bad_argument("'start' is too long."),
            _ => bad_argument("'start' is invalid: it is the ID of the last entry of the page before."),
        })
    }

    /// Whether the name of the network shall be told.
    pub(super) fn wants_model(&self) -> bool {
        wants_model(&self.parameters)
    }
}

/// Whether the name of the network shall be told.
pub(super) fn wants_model(parameters: &Parameters) -> bool {
    parameters.get("returnRecognitionModel").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}
