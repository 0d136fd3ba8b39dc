//! Who is enrolled, and who somebody is: face lists, person groups, the person directory, and the searches among them.
//!
//! All of it is off until the operator turns it on, and needs a key with a scope of its own.

mod dynamic_groups;
mod faces;
mod fault;
mod fields;
mod groups;
mod identify;
mod operations;
mod people;
mod place;
mod similar;
mod trainings;
mod verify_person;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Extension, Router};
use verilume_protocol::errors::ErrorCode;
use verilume_store::{ApiKeyRecord, GroupKind, Scope};

use super::ApiError;
use super::auth::require;
use super::face::fault::no_master_key;
use super::face::versions;
use super::version::ApiVersion;
use crate::faces::MAX_PICTURE_BYTES;
use crate::service::Service;
pub(super) use verify_person::{is_of_person, verify_person};

/// What a request came in by.
#[derive(Debug, Clone, Copy)]
struct Part {
    version: &'static str,
    kind: GroupKind,
}

/// Its routes, in every version. Paths are in lower case.
pub(super) fn routes() -> Router<Arc<Service>> {
    let everywhere = versions().fold(Router::new(), |router, version| {
        let groups = [
            GroupKind::FaceList,
            GroupKind::LargeFaceList,
            GroupKind::PersonGroup,
            GroupKind::LargePersonGroup,
        ];
        let router = groups.into_iter().fold(router, |router, kind| router.merge(of_kind(version, kind)));
        router
            .route(&format!("/face/{version}/identify"), post(identify::identify))
            .route(&format!("/face/{version}/findsimilars"), post(similar::find_similar))
            .route(&format!("/face/{version}/group"), post(similar::group))
    });
    let directory = with_directory().fold(everywhere, |router, version| router.merge(of_directory(version)));
    directory.layer(DefaultBodyLimit::max(MAX_PICTURE_BYTES))
}

/// The versions that have the person directory.
pub(super) fn with_directory() -> impl Iterator<Item = &'static str> {
    ApiVersion::ALL.into_iter().filter(|version| *version != ApiVersion::V1_2).map(ApiVersion::as_str)
}

/// The collections of one kind.
fn of_kind(version: &'static str, kind: GroupKind) -> Router<Arc<Service>> {
    let all = format!("/face/{version}/{}", kind.as_str());
    let one = format!("{all}/{{group}}");
    let mut routes = Router::new()
        .route(&all, get(groups::list))
        .route(&one, get(groups::read).put(groups::create).patch(groups::change).delete(groups::erase));
    if kind.is_trained() {
        routes = routes
            .route(&format!("{one}/train"), post(trainings::train))
            .route(&format!("{one}/training"), get(trainings::read));
    }
    let owner = match kind.has_people() {
        true => {
            let people = format!("{one}/persons");
            routes = routes.route(&people, get(people::list).post(people::create)).route(
                &format!("{people}/{{person}}"),
                get(people::read).patch(people::change).delete(people::erase),
            );
            format!("{people}/{{person}}")
        }
        false => one,
    };
    with_faces(routes, &owner, kind).layer(Extension(Part { version, kind }))
}

/// The faces of a person or of a list.
fn with_faces(routes: Router<Arc<Service>>, owner: &str, kind: GroupKind) -> Router<Arc<Service>> {
    let all = post(faces::enrol);
    let one = get(faces::read).patch(faces::change).delete(faces::erase);
    let (all, one) = match kind {
        // Lists of faces are told whole, and their faces with them.
        GroupKind::FaceList => (all, axum::routing::delete(faces::erase)),
        GroupKind::LargeFaceList | GroupKind::PersonDirectory => (all.get(faces::list), one),
        _ => (all, one),
    };
    routes
        .route(&format!("{owner}/persistedfaces"), all)
        .route(&format!("{owner}/persistedfaces/{{face}}"), one)
}

/// The person directory and the groups of its people.
fn of_directory(version: &'static str) -> Router<Arc<Service>> {
    let persons = format!("/face/{version}/persons");
    let one = format!("{persons}/{{person}}");
    let people = Router::new()
        .route(&persons, get(people::list).post(people::create))
        .route(&one, get(people::read).patch(people::change).delete(people::erase))
        .route(&format!("{one}/dynamicpersongroupreferences"), get(dynamic_groups::of_person));
    let people =
        with_faces(people, &format!("{one}/recognitionmodels/{{model}}"), GroupKind::PersonDirectory)
            .layer(Extension(Part { version, kind: GroupKind::PersonDirectory }));
    let groups = format!("/face/{version}/dynamicpersongroups");
    let group = format!("{groups}/{{group}}");
    let groups = Router::new()
        .route(&groups, get(groups::list))
        .route(
            &group,
            get(groups::read)
                .put(dynamic_groups::create)
                .patch(dynamic_groups::change)
                .delete(dynamic_groups::erase),
        )
        .route(&format!("{group}/persons"), get(dynamic_groups::members))
        .layer(Extension(Part { version, kind: GroupKind::DynamicPersonGroup }));
    Router::new()
        .merge(people)
        .merge(groups)
        .route(&format!("/face/{version}/operations/{{operation}}"), get(operations::read))
}

/// Lets a request pass whose key may identify, if the operator has turned identification on.
async fn permit(service: &Service, headers: &HeaderMap) -> Result<ApiKeyRecord, ApiError> {
    let caller = require(service, headers, &[Scope::Identify]).await?;
    check_enabled(service)?;
    Ok(caller)
}

fn check_enabled(service: &Service) -> Result<(), ApiError> {
    if !service.config.identification.is_enabled {
        let message =
            "Identification is turned off. The operator turns it on with identification.enabled = true.";
        return Err(ApiError::of(ErrorCode::UnsupportedFeature).saying(message));
    }
    if service.faces.vault().is_none() {
        return Err(no_master_key());
    }
    Ok(())
}
