//! The description of enrolment and identification: under one version each, as they are the same in all that have them.

use utoipa::OpenApi as _;
use utoipa::openapi::path::{HttpMethod, OperationBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::{ContentBuilder, OpenApi, RefOr, Required, Schema};
use verilume_store::GroupKind;

use super::openapi::{add, answers, binary, in_path, json_body, list_of, operation, paged, reference, text};
use super::wire_enrolment as wire;

/// Which version's paths stand for all.
const VERSION: &str = "v1.2";
/// The same for the person directory, which v1.2 does not have.
const DIRECTORY_VERSION: &str = "v1.3-preview.1";
const SCOPE: &str = "identify";
const ERRORS: [u16; 6] = [400, 403, 404, 409, 413, 415];

#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(
    wire::CollectionChange,
    wire::Collection,
    wire::PersistedFace,
    wire::PersonChange,
    wire::Person,
    wire::FaceChange,
    wire::Training,
    wire::EndedOperation,
    wire::IdentifyRequest,
    wire::IdentifyAnswer,
    wire::FindSimilarRequest,
    wire::SimilarFace,
    wire::GroupRequest,
    wire::GroupAnswer,
)))]
struct Schemas;

pub(super) fn describe(document: &mut OpenApi) {
    document.merge(Schemas::openapi());
    let mut describe = Describer { document };
    for kind in
        [GroupKind::FaceList, GroupKind::LargeFaceList, GroupKind::PersonGroup, GroupKind::LargePersonGroup]
    {
        describe.collection(kind);
    }
    describe.directory();
    describe.searches();
}

struct Describer<'d> {
    document: &'d mut OpenApi,
}

impl Describer<'_> {
    /// An operation with the parameters that its path names.
    fn add(&mut self, path: &str, method: HttpMethod, done: u16, told: Told, operation: OperationBuilder) {
        let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let operation = names.fold(operation, |operation, name| operation.parameter(in_path(name, text())));
        let operation = operation.responses(answers(done, told, &ERRORS).build());
        add(self.document, path, method, operation.build());
    }

    fn collection(&mut self, kind: GroupKind) {
        let all = format!("/face/{VERSION}/{}", kind.as_str());
        let (id, what) = match kind {
            GroupKind::FaceList => ("faceListId", "face list"),
            GroupKind::LargeFaceList => ("largeFaceListId", "large face list"),
            GroupKind::PersonGroup => ("personGroupId", "person group"),
            _ => ("largePersonGroupId", "large person group"),
        };
        let one = format!("{all}/{{{id}}}");
        self.add(&all, HttpMethod::Get, 200, many("Collection"), paged(named(&format!("List the {what}s"))));
        let body = Some(json_body("CollectionChange"));
        self.add(
            &one,
            HttpMethod::Put,
            200,
            None,
            named(&format!("Make a {what}")).request_body(body.clone()),
        );
        self.add(&one, HttpMethod::Get, 200, single("Collection"), named(&format!("Read a {what}")));
        self.add(&one, HttpMethod::Patch, 200, None, named(&format!("Change a {what}")).request_body(body));
        self.add(
            &one,
            HttpMethod::Delete,
            200,
            None,
            named(&format!("Erase a {what} and all that is in it")),
        );
        if kind.is_trained() {
            let train = named(
                "Train: make what is enrolled now searchable. `operation-location` says where it stands",
            );
            self.add(&format!("{one}/train"), HttpMethod::Post, 202, None, train);
            let status = named("Read where the newest training stands");
            self.add(&format!("{one}/training"), HttpMethod::Get, 200, single("Training"), status);
        }
        match kind {
            GroupKind::FaceList => self.faces(&one, 200, None),
            GroupKind::LargeFaceList => self.faces(&one, 200, many("PersistedFace")),
            _ => {
                let people = format!("{one}/persons");
                self.people(&people, 200);
                self.faces(&format!("{people}/{{personId}}"), 200, None);
            }
        }
        if kind != GroupKind::FaceList {
            let face = format!("{}/persistedfaces/{{persistedFaceId}}", self.owner(&one, kind));
            self.face(&face);
        }
    }

    fn owner(&self, one: &str, kind: GroupKind) -> String {
        if kind.has_people() { format!("{one}/persons/{{personId}}") } else { one.to_owned() }
    }

    fn people(&mut self, people: &str, done: u16) {
        let one = format!("{people}/{{personId}}");
        let body = Some(json_body("PersonChange"));
        let enrol = named("Enrol a person").request_body(body.clone());
        self.add(people, HttpMethod::Post, done, single("Person"), enrol);
        self.add(people, HttpMethod::Get, 200, many("Person"), paged(named("List people by ascending id")));
        self.add(&one, HttpMethod::Get, 200, single("Person"), named("Read a person"));
        self.add(&one, HttpMethod::Patch, 200, None, named("Change a person").request_body(body));
        let erase = named("Erase a person: name, notes and templates go at once");
        self.add(&one, HttpMethod::Delete, done, None, erase);
    }

    /// Faces of an owner; a list of them where there is one.
    fn faces(&mut self, owner: &str, done: u16, list: Told) {
        let all = format!("{owner}/persistedfaces");
        let enrol =
            named("Enrol the face of a picture. The picture is not kept").request_body(Some(picture()));
        let enrol = ["targetFace", "userData", "detectionModel"]
            .into_iter()
            .fold(enrol, |enrol, name| enrol.parameter(super::openapi::in_query(name, text())));
        self.add(&all, HttpMethod::Post, done, single("PersistedFace"), enrol);
        if list.is_some() {
            self.add(&all, HttpMethod::Get, 200, list, paged(named("List faces by ascending id")));
        }
        let erase = named("Erase a face: its template goes at once");
        self.add(&format!("{all}/{{persistedFaceId}}"), HttpMethod::Delete, done, None, erase);
    }

    fn face(&mut self, face: &str) {
        self.add(
            face,
            HttpMethod::Get,
            200,
            single("PersistedFace"),
            named("Read a face, without its template"),
        );
        let change = named("Change a face's notes").request_body(Some(json_body("FaceChange")));
        self.add(face, HttpMethod::Patch, 200, None, change);
    }

    fn directory(&mut self) {
        let persons = format!("/face/{DIRECTORY_VERSION}/persons");
        self.people(&persons, 202);
        let one = format!("{persons}/{{personId}}");
        let groups = named("Read which dynamic groups a person is in");
        self.add(&format!("{one}/dynamicPersonGroupReferences"), HttpMethod::Get, 200, object(), groups);
        let owner = format!("{one}/recognitionModels/{{recognitionModel}}");
        self.faces(&owner, 202, object());
        self.face(&format!("{owner}/persistedfaces/{{persistedFaceId}}"));
        let groups = format!("/face/{DIRECTORY_VERSION}/dynamicpersongroups");
        let one = format!("{groups}/{{dynamicPersonGroupId}}");
        let body = Some(json_body("CollectionChange"));
        self.add(&groups, HttpMethod::Get, 200, many("Collection"), paged(named("List the dynamic groups")));
        let create = named("Make a dynamic group").request_body(body.clone());
        let change = named("Change a dynamic group").request_body(body);
        for (method, operation) in [(HttpMethod::Put, create), (HttpMethod::Patch, change)] {
            let done = answers(200, None, &ERRORS).response("202", accepted());
            let operation = operation.parameter(in_path("dynamicPersonGroupId", text()));
            add(self.document, &one, method, operation.responses(done.build()).build());
        }
        self.add(&one, HttpMethod::Get, 200, single("Collection"), named("Read a dynamic group"));
        self.add(&one, HttpMethod::Delete, 202, None, named("Erase a dynamic group; its people stay"));
        let members = paged(named("List the people of a dynamic group"));
        self.add(&format!("{one}/persons"), HttpMethod::Get, 200, object(), members);
        let operation = format!("/face/{DIRECTORY_VERSION}/operations/{{operationId}}");
        let read = named("Read how an operation of the directory ended");
        self.add(&operation, HttpMethod::Get, 200, single("EndedOperation"), read);
    }

    fn searches(&mut self) {
        let mut search = |name: &str, summary: &str, body: &str, told: Told| {
            let operation = named(summary).request_body(Some(json_body(body)));
            self.add(&format!("/face/{VERSION}/{name}"), HttpMethod::Post, 200, told, operation);
        };
        search("identify", "Find out who of a group faces are", "IdentifyRequest", many("IdentifyAnswer"));
        search("findsimilars", "Find faces that look like one", "FindSimilarRequest", many("SimilarFace"));
        search("group", "Sort faces by who they are of", "GroupRequest", single("GroupAnswer"));
    }
}

/// The body of an answer.
type Told = Option<RefOr<Schema>>;

fn named(summary: &str) -> OperationBuilder {
    operation(summary, SCOPE)
}

fn single(name: &str) -> Told {
    Some(reference(name))
}

fn many(name: &str) -> Told {
    Some(list_of(name))
}

fn object() -> Told {
    Some(utoipa::openapi::schema::ObjectBuilder::new().into())
}

fn accepted() -> utoipa::openapi::Response {
    utoipa::openapi::ResponseBuilder::new().description("Done; `operation-location` says so").build()
}

fn picture() -> RequestBody {
    let content = ContentBuilder::new().schema(Some(binary())).build();
    RequestBodyBuilder::new()
        .required(Some(Required::True))
        .content("application/octet-stream", content)
        .build()
}
