//! The description of the operations on still pictures.

use utoipa::openapi::path::{HttpMethod, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{ContentBuilder, OpenApi, Required};

use super::face;
use super::openapi::{add, answers, binary, json_body, list_of, operation, reference, text};

/// Adds them.
pub(super) fn describe(document: &mut OpenApi) {
    for version in face::versions() {
        let detect = [
            choice(
                "detectionModel",
                "Which attributes there are",
                &["detection_01", "detection_02", "detection_03"],
            ),
            choice(
                "recognitionModel",
                "Faces are compared only under one name",
                &["recognition_01", "recognition_02", "recognition_03", "recognition_04"],
            ),
            flag("returnFaceId", "Whether each face gets an id, by which it may be compared"),
            flag("returnFaceLandmarks", "Whether to tell 27 points of each face"),
            flag("returnRecognitionModel", "Whether to tell the recognition model again"),
            query("returnFaceAttributes", "Attributes, divided by commas", text()),
            query(
                "faceIdTimeToLive",
                "How long the ids are good, seconds",
                ObjectBuilder::new()
                    .schema_type(SchemaType::Type(Type::Integer))
                    .minimum(Some(60))
                    .maximum(Some(86_400))
                    .default(Some(86_400.into())),
            ),
        ];
        let detect = detect.into_iter().fold(
            operation("Detect the faces of a picture, the largest first", "faces"),
            utoipa::openapi::path::OperationBuilder::parameter,
        );
        let detect = detect
            .request_body(Some(picture_body()))
            .responses(answers(200, Some(list_of("DetectedFaceAnswer")), &[400, 403, 415]).build());
        add(document, &format!("/face/{version}/detect"), HttpMethod::Post, detect.build());
        let verify = operation("Compare two faces", "faces")
            .request_body(Some(json_body("VerifyFaces")))
            .responses(answers(200, Some(reference("VerifyAnswer")), &[400, 403, 404, 413, 415]).build());
        add(document, &format!("/face/{version}/verify"), HttpMethod::Post, verify.build());
    }
    let features = ArrayBuilder::new().items(text().enum_values(Some(["Faces"])));
    let features = ParameterBuilder::new()
        .name("visualFeatures")
        .parameter_in(ParameterIn::Query)
        .required(Required::True)
        .description(Some("Faces; the others of the contract are refused"))
        .explode(Some(false))
        .schema(Some(features.build()));
    let analyze = operation("Analyze a picture: its faces", "faces")
        .parameter(features.build())
        .parameter(query("language", "Chooses nothing", text()))
        .parameter(query("model-version", "Chooses nothing", text()))
        .request_body(Some(picture_body()))
        .responses(answers(200, Some(reference("ImageAnalysis")), &[400, 415]).build());
    add(document, "/vision/v3.2/analyze", HttpMethod::Post, analyze.build());
}

/// The picture itself, or JSON that names it.
fn picture_body() -> RequestBody {
    let content = |schema| ContentBuilder::new().schema(Some(schema)).build();
    RequestBodyBuilder::new()
        .required(Some(Required::True))
        .content("application/octet-stream", content(binary().into()))
        .content("application/json", content(reference("NamedPicture")))
        .build()
}

fn query(name: &str, description: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn choice(name: &str, description: &str, values: &[&str]) -> Parameter {
    query(name, description, text().enum_values(Some(values.iter().copied())))
}

fn flag(name: &str, description: &str) -> Parameter {
    query(name, description, ObjectBuilder::new().schema_type(SchemaType::Type(Type::Boolean)))
}
