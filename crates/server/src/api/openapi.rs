//! The interface's own description, OpenAPI 3.1, made from the same parts as its routes.

use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ContentBuilder, Info, OpenApi, PathItem, Ref, RefOr, Required, Response, ResponseBuilder,
    ResponsesBuilder, Schema,
};
use utoipa::{OpenApi as _, PartialSchema as _};
use verilume_store::SessionKind;

use super::version::{ApiVersion, Contract, Form};
use super::{openapi_enrolment, openapi_faces, wire, wire_faces};

const SECURITY: &str = "key";
const TOKEN_SECURITY: &str = "token";

/// The description of the HTTP interface as JSON: what the service answers at `/openapi.json`.
pub fn openapi_json() -> String {
    // Made of texts and lists alone: it can always be written.
    openapi().to_pretty_json().unwrap_or_default()
}

/// What answers are made of.
#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(
    wire::LivenessSession,
    wire::CreatedSession,
    wire::PreviewSession,
    wire::SessionItem,
    wire::AuditEntry,
    wire::CreateSession,
    wire::Settings,
    wire::ChangeSettings,
    wire::Evidence,
    wire::QuickLink,
    wire::TokenLink,
    wire::OpenLink,
    wire::OpenedLink,
    wire::LinkState,
    wire::ErrorAnswer,
    wire_faces::NamedPicture,
    wire_faces::DetectedFaceAnswer,
    wire_faces::VerifyFaces,
    wire_faces::VerifyAnswer,
    wire_faces::ImageAnalysis,
)))]
struct Schemas;

/// The whole description.
fn openapi() -> OpenApi {
    let mut document = Schemas::openapi();
    document.info = Info::new("Verilume", env!("CARGO_PKG_VERSION"));
    document.info.description = Some(
        "The session API and the Face API of Azure AI Face as Verilume serves them, Analyze Image 3.2 for faces, and \
         Verilume's own additions under /v1. Paths are taken in any case. What is about those who are enrolled stands under \
         one version and is the same in v1.0, v1.1-preview.1, v1.2-preview.1, v1.2 and v1.3-preview.1; the person directory \
         is in the previews. Every answer has the header `apim-request-id`; every error has `x-ms-error-code`."
            .to_owned(),
    );
    let scheme = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
        "Ocp-Apim-Subscription-Key",
        "A key of `verilume keys create`.",
    )));
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The `authToken` of one session."))
        .build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(SECURITY, scheme);
    components.add_security_scheme(TOKEN_SECURITY, SecurityScheme::Http(token));
    for part in Contract::all() {
        describe(&mut document, part);
    }
    for path in ApiVersion::ALL.into_iter().flat_map(ApiVersion::image_paths) {
        describe_image(&mut document, &path);
    }
    openapi_faces::describe(&mut document);
    describe_own(&mut document);
    openapi_enrolment::describe(&mut document);
    describe_links(&mut document);
    document
}

fn describe(document: &mut OpenApi, part: Contract) {
    let sessions = part.sessions_path();
    let one = format!("{sessions}/{{sessionId}}");
    let (created, read) = match part.form {
        Form::Current => ("LivenessSession", "LivenessSession"),
        Form::Preview => ("CreatedSession", "PreviewSession"),
    };
    let create = operation("Create a session", "sessions")
        .request_body(Some(create_body(part)))
        .responses(answers(200, Some(reference(created)), &[400, 413, 415, 403]).build());
    add(document, &sessions, HttpMethod::Post, create.build());
    let read = operation("Read a session", "sessions or read")
        .parameter(id())
        .responses(answers(200, Some(reference(read)), &[404]).build());
    add(document, &one, HttpMethod::Get, read.build());
    let done = if part.form == Form::Current { 204 } else { 200 };
    let erase = operation("Erase a session: results and token go at once", "sessions")
        .parameter(id())
        .responses(answers(done, None, &[404]).build());
    add(document, &one, HttpMethod::Delete, erase.build());
    if part.form == Form::Preview {
        let list = paged(operation("List sessions by ascending id", "sessions or read"))
            .responses(answers(200, Some(list_of("SessionItem")), &[400]).build());
        add(document, &sessions, HttpMethod::Get, list.build());
        let audit =
            paged(operation("List the liveness calls of a session, newest first", "sessions or read"))
                .parameter(id())
                .responses(answers(200, Some(list_of("AuditEntry")), &[400, 404]).build());
        add(document, &format!("{one}/audit"), HttpMethod::Get, audit.build());
    }
}

fn describe_image(document: &mut OpenApi, path: &str) {
    let picture = other_than_json("A JPEG", "application/octet-stream", binary());
    let id = text().pattern(Some("^[0-9a-f]{64}$"));
    let read = operation("Read the picture of a session that asked for one", "sessions or read")
        .parameter(in_path("sessionImageId", id))
        .responses(answers(200, None, &[404]).response("200", picture).build());
    add(document, path, HttpMethod::Get, read.build());
}

/// An answer of success that is no JSON.
fn other_than_json(description: &str, media_type: &str, schema: ObjectBuilder) -> Response {
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(description).content(media_type, content).build()
}

pub(super) fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String))
}

pub(super) fn binary() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
}

fn describe_own(document: &mut OpenApi) {
    let settings = "/face/v1.3-preview.1/settings";
    let read = operation("Read the settings", "any")
        .responses(answers(200, Some(reference("Settings")), &[]).build());
    add(document, settings, HttpMethod::Get, read.build());
    let change = operation("Switch the abuse monitoring, for every node", "admin")
        .request_body(Some(json_body("ChangeSettings")))
        .responses(answers(200, Some(reference("ChangeSettings")), &[400, 413, 415]).build());
    add(document, settings, HttpMethod::Patch, change.build());
    let evidence = operation("Read what each decision of a session rests on", "sessions or read")
        .parameter(id())
        .responses(answers(200, Some(reference("Evidence")), &[404]).build());
    add(document, "/v1/sessions/{sessionId}/evidence", HttpMethod::Get, evidence.build());
    let map = other_than_json("Two maps of the face, measured and predicted", "image/svg+xml", text());
    let gain_map =
        operation("Read where on the face an attempt's light was answered how strongly", "sessions or read")
            .parameter(id())
            .parameter(attempt_id())
            .responses(answers(200, None, &[404]).response("200", map).build());
    add(
        document,
        "/v1/sessions/{sessionId}/attempts/{attemptId}/gain-map",
        HttpMethod::Get,
        gain_map.build(),
    );
    let told =
        "Events `session`, `attempt` and, last, `end`, each with JSON: how things stand, then what changes";
    let told = other_than_json(told, "text/event-stream", text());
    let events = operation("Follow a session as it happens (server-sent events)", "sessions or read")
        .parameter(id())
        .responses(answers(200, None, &[404]).response("200", told).build());
    add(document, "/v1/sessions/{sessionId}/events", HttpMethod::Get, events.build());
}

/// Quick links, made by an app server, by whoever holds a session's token, and opened by the hosted page.
fn describe_links(document: &mut OpenApi) {
    let picture = || ContentBuilder::new().schema(Some(text())).build();
    let link = |schema: &str| {
        let json = ContentBuilder::new().schema(Some(reference(schema))).build();
        let link =
            ResponseBuilder::new().description("The link; as a QR code where `Accept` is `image/svg+xml`");
        link.content("application/json", json).content("image/svg+xml", picture()).build()
    };
    let summary = "Make a link to the hosted page of a session that nobody has begun";
    let by_key = operation(summary, "sessions")
        .parameter(id())
        .responses(answers(200, None, &[404, 409, 410]).response("200", link("QuickLink")).build());
    add(document, "/v1/sessions/{sessionId}/quicklink", HttpMethod::Post, by_key.build());
    let by_token = for_tokens(summary)
        .responses(answers(200, None, &[404, 409, 410]).response("200", link("TokenLink")).build());
    add(document, "/api/quicklink", HttpMethod::Post, by_token.build());
    let state = for_tokens("Read whether a session is over, for a page that waits for another device")
        .responses(answers(200, Some(reference("LinkState")), &[404]).build());
    add(document, "/api/quicklink", HttpMethod::Get, state.build());
    let open = OperationBuilder::new()
        .summary(Some("Open a link: the session and its token"))
        .description(Some("The link itself is the credential."))
        .request_body(Some(json_body("OpenLink")))
        .responses(answers(200, Some(reference("OpenedLink")), &[400, 404, 409, 410, 413, 415]).build());
    add(document, "/api/quicklink/session", HttpMethod::Post, open.build());
}

fn for_tokens(summary: &str) -> OperationBuilder {
    OperationBuilder::new()
        .summary(Some(summary))
        .description(Some("Needs a session's token as `Authorization: Bearer`."))
        .security(SecurityRequirement::new::<_, [&str; 0], &str>(TOKEN_SECURITY, []))
}

pub(super) fn add(document: &mut OpenApi, path: &str, method: HttpMethod, operation: Operation) {
    let item = document.paths.paths.entry(path.to_owned()).or_default();
    item.merge_operations(PathItem::new(method, operation));
}

pub(super) fn operation(summary: &str, scopes: &str) -> OperationBuilder {
    OperationBuilder::new()
        .summary(Some(summary))
        .description(Some(format!("Needs a key with the scope {scopes}.")))
        .security(SecurityRequirement::new::<_, [&str; 0], &str>(SECURITY, []))
}

/// The answer of success, those that every operation may give, and these.
pub(super) fn answers(success: u16, schema: Option<RefOr<Schema>>, errors: &[u16]) -> ResponsesBuilder {
    let done = ResponseBuilder::new().description("Done");
    let done = match schema {
        Some(schema) => done.content("application/json", ContentBuilder::new().schema(Some(schema)).build()),
        None => done,
    };
    let always = [401, 408, 500, 503];
    let answers = ResponsesBuilder::new().response(success.to_string(), done.build());
    errors.iter().chain(&always).fold(answers, |answers, status| {
        let content = ContentBuilder::new().schema(Some(reference("ErrorAnswer"))).build();
        let error = ResponseBuilder::new().description(meaning(*status)).content("application/json", content);
        answers.response(status.to_string(), error.build())
    })
}

fn meaning(status: u16) -> &'static str {
    match status {
        400 => "A field or a parameter is not what it may be",
        401 => "No key, or none that may do this",
        403 => "Not part of this service as it runs",
        404 => "No such session or face, or not any more",
        408 => "The request took too long",
        409 => "There is one already, or something that excludes this has begun",
        410 => "The session's token has ended",
        413 => "The body is too large",
        415 => "A body of another kind than is expected",
        500 => "A fault of the service",
        _ => "The service has as much to do as it can: try again after `Retry-After` seconds",
    }
}

fn create_body(part: Contract) -> RequestBody {
    let json = || ContentBuilder::new().schema(Some(reference("CreateSession"))).build();
    let body = RequestBodyBuilder::new().required(Some(Required::True));
    let form = || ContentBuilder::new().schema(Some(verify_form(part.form))).build();
    match (part.kind, part.form) {
        (SessionKind::DetectWithVerify, Form::Current) => body.content("multipart/form-data", form()),
        (SessionKind::DetectWithVerify, Form::Preview) => {
            body.content("application/json", json()).content("multipart/form-data", form())
        }
        _ => body.content("application/json", json()),
    }
    .build()
}

/// The parts of a form with a reference image.
fn verify_form(form: Form) -> RefOr<Schema> {
    let image = binary();
    let schema = match form {
        Form::Current => ObjectBuilder::new()
            .property("verifyImage", image)
            .required("verifyImage")
            .property("livenessOperationMode", text())
            .required("livenessOperationMode")
            .property("deviceCorrelationId", text())
            .property("deviceCorrelationIdSetInClient", text()),
        Form::Preview => ObjectBuilder::new()
            .property("VerifyImage", image)
            .required("VerifyImage")
            .property("Parameters", text().description(Some("The fields as JSON")))
            .required("Parameters"),
    };
    schema.into()
}

pub(super) fn json_body(name: &str) -> RequestBody {
    let content = ContentBuilder::new().schema(Some(reference(name))).build();
    RequestBodyBuilder::new().required(Some(Required::True)).content("application/json", content).build()
}

fn id() -> Parameter {
    in_path("sessionId", text().format(Some(SchemaFormat::Custom("uuid".to_owned()))))
}

fn attempt_id() -> Parameter {
    in_path("attemptId", ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer)).minimum(Some(1)))
}

pub(super) fn in_path(name: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(schema))
        .build()
}

/// A text of a query that may be missing.
pub(super) fn in_query(name: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .schema(Some(schema))
        .build()
}

pub(super) fn paged(operation: OperationBuilder) -> OperationBuilder {
    let query = |name: &str, description: &str| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some(description))
    };
    let start = query("start", "The last entry of the page before").schema(Some(String::schema()));
    let top = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Integer))
        .minimum(Some(1))
        .maximum(Some(1000))
        .default(Some(1000.into()));
    operation.parameter(start.build()).parameter(query("top", "Entries of a page").schema(Some(top)).build())
}

pub(super) fn reference(name: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

pub(super) fn list_of(name: &str) -> RefOr<Schema> {
    ArrayBuilder::new().items(Ref::from_schema_name(name)).into()
}
