//! Two nodes of one store, and made-up templates.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use verilume_recognition::{Embedding, RecognitionErrorKind};
use verilume_store::{
    DisplayName, EnrolledOwner, FaceLimits, GroupId, GroupKey, GroupKind, GroupRecord, GroupUid, NewFace,
    NewGroup, NewPerson, PersistedFaceId, PersonId, RecognitionModel, SqlStore, TrainingStatus, UnixMillis,
};

use super::{SearchFault, Wanted};
use crate::api::ApiError;
use crate::config::ServerConfig;
use crate::service::Service;
use crate::template_vault::TemplateContext;
use crate::testing;
use crate::vault::MasterKey;

pub(super) const NOW: UnixMillis = UnixMillis::from_millis(1_700_000_000_000);

fn random(number: u8) -> [u8; 16] {
    [number; 16]
}

fn person(number: u8) -> PersonId {
    PersonId::from_random(random(number))
}

pub(super) async fn node(folder: &Path, key: &MasterKey) -> Arc<Service> {
    let store = Arc::new(SqlStore::open_folder(folder).await.unwrap());
    let mut config = ServerConfig::new("127.0.0.1:0".parse().unwrap());
    config.master_key = Some(key.clone());
    config.identification.is_enabled = true;
    testing::service_with(store, config).await
}

struct Stage {
    folder: tempfile::TempDir,
    nodes: [Arc<Service>; 2],
    key: GroupKey,
    uid: GroupUid,
}

impl Stage {
    async fn of(kind: GroupKind) -> Self {
        let (folder, master) = (tempfile::tempdir().unwrap(), MasterKey::generate());
        let nodes = [node(folder.path(), &master).await, node(folder.path(), &master).await];
        let (key, uid) =
            (GroupKey { kind, id: GroupId::new("all").unwrap() }, GroupUid::from_random(random(99)));
        let new = NewGroup {
            uid: uid.clone(),
            key: key.clone(),
            name: DisplayName::new("all").unwrap(),
            user_data: None,
            recognition_model: RecognitionModel::new("recognition_04").unwrap(),
            created_at: NOW,
        };
        nodes[0].store.create_group(&new).await.unwrap();
        Self { folder, nodes, key, uid }
    }

    /// A person with one face.
    async fn enrol(&self, number: u8) {
        self.enrol_as(number, &testing::template(number)).await;
    }

    async fn enrol_as(&self, number: u8, template: &Embedding) {
        let new = NewPerson {
            id: person(number),
            name: DisplayName::new("somebody").unwrap(),
            user_data: None,
            created_at: NOW,
        };
        let store = &self.nodes[0].store;
        store.create_person(&self.uid, &new, 100).await.unwrap();
        let owner = EnrolledOwner {
            face: PersistedFaceId::from_random(random(number)),
            group: self.uid.clone(),
            person: Some(person(number)),
        };
        let sealer = self.nodes[0].faces.vault().unwrap().sealer(NOW).await.unwrap();
        let template = sealer.seal(&TemplateContext::from(&owner), template).unwrap();
        let new =
            NewFace { id: owner.face, person: owner.person, user_data: None, template, created_at: NOW };
        let limits = FaceLimits { in_group: 100, of_person: 100 };
        store.enrol_faces(&self.uid, &[new], limits).await.unwrap();
    }

    async fn group(&self) -> GroupRecord {
        self.nodes[0].store.group(&self.key).await.unwrap()
    }

    /// Whom a node takes a template for.
    async fn found(&self, node: usize, number: u8) -> Option<PersonId> {
        self.found_among(node, number, None).await
    }

    async fn found_among(&self, node: usize, number: u8, among: Option<&[u8]>) -> Option<PersonId> {
        let among = among.map(|all| Arc::new(all.iter().map(|one| person(*one)).collect::<HashSet<_>>()));
        let wanted = Wanted { most: 3, confidence: 0.5, among };
        let found =
            self.nodes[node].search(&self.group().await, testing::template(number), wanted).await.unwrap();
        assert!(found.len() <= 1, "these templates are far apart: {found:?}");
        found.first().map(|found| PersonId::parse(found.enrolled.as_str()).unwrap())
    }

    async fn train(&self, node: usize) -> TrainingStatus {
        self.nodes[node].train(&self.key).await.unwrap();
        self.trained().await
    }

    /// How a training ended.
    async fn trained(&self) -> TrainingStatus {
        loop {
            let training = self.group().await.training.unwrap();
            if training.status != TrainingStatus::Running {
                return training.status;
            }
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn what_is_trained_on_one_node_is_searched_on_every_one() {
    let stage = Stage::of(GroupKind::LargePersonGroup).await;
    stage.enrol(1).await;
    assert_eq!(stage.found(0, 1).await, None, "not before it was trained");
    assert_eq!(stage.train(0).await, TrainingStatus::Succeeded);
    stage.enrol(2).await;
    for node in [0, 1] {
        assert_eq!(stage.found(node, 1).await, Some(person(1)));
        assert_eq!(stage.found(node, 2).await, None, "enrolled after the training");
    }
    assert_eq!(stage.train(1).await, TrainingStatus::Succeeded);
    for node in [0, 1] {
        assert_eq!(stage.found(node, 1).await, Some(person(1)));
        assert_eq!(stage.found(node, 2).await, Some(person(2)));
        assert_eq!(stage.found(node, 3).await, None, "nobody like that");
    }
}

#[tokio::test]
async fn who_is_erased_on_one_node_is_found_on_none() {
    let stage = Stage::of(GroupKind::PersonDirectory).await;
    for number in 1..=3 {
        stage.enrol(number).await;
    }
    for node in [0, 1] {
        assert_eq!(stage.found(node, 2).await, Some(person(2)));
        assert_eq!(stage.found_among(node, 2, Some(&[1, 3])).await, None);
        assert_eq!(stage.found_among(node, 3, Some(&[1, 3])).await, Some(person(3)));
    }
    stage.nodes[0].store.erase_person(&stage.uid, &person(2)).await.unwrap();
    assert_eq!(stage.found(1, 2).await, None);
    assert_eq!(stage.found(1, 3).await, Some(person(3)));
    // A node that is asked for nobody lets the templates go all the same.
    assert_eq!(stage.nodes[0].identification.known(), std::slice::from_ref(&stage.uid));
    stage.nodes[0].forget_what_was_erased().await.unwrap();
    assert!(stage.nodes[0].identification.known().is_empty());
    stage.nodes[1].forget_what_was_erased().await.unwrap();
    assert_eq!(stage.nodes[1].identification.known().len(), 1, "that one is as it should be");
    stage.nodes[0].store.erase_group(&stage.key).await.unwrap();
    stage.nodes[1].forget_what_was_erased().await.unwrap();
    assert!(stage.nodes[1].identification.known().is_empty());
}

#[tokio::test]
async fn a_key_that_is_rotated_changes_nothing_and_a_lost_one_fails_the_training() {
    let stage = Stage::of(GroupKind::PersonGroup).await;
    stage.enrol(1).await;
    assert_eq!(stage.nodes[0].faces.vault().unwrap().rotate(NOW).await.unwrap(), 1);
    stage.enrol(2).await;
    assert_eq!(stage.train(0).await, TrainingStatus::Succeeded);
    assert_eq!(stage.found(1, 1).await, Some(person(1)));
    assert_eq!(stage.found(1, 2).await, Some(person(2)));
    let stranger = node(stage.folder.path(), &MasterKey::generate()).await;
    stranger.train(&stage.key).await.unwrap();
    assert_eq!(stage.trained().await, TrainingStatus::Failed);
    assert_eq!(stage.found(0, 1).await, Some(person(1)), "what was trained before is searched on");
}

/// A template at the same place, by a network that the operator no longer uses.
fn template_of_another_network(number: u8) -> Embedding {
    let mut bytes = testing::template(number).to_bytes().to_vec();
    bytes[1] ^= 0xff;
    Embedding::from_bytes(&bytes).unwrap()
}

/// What a caller is told: status, code, whether it says what to do.
#[track_caller]
fn assert_other_network(refused: SearchFault) {
    let SearchFault::Recognition(error) = &refused else { panic!("{refused:?}") };
    assert_eq!(error.kind(), RecognitionErrorKind::Incomparable);
    let answer = ApiError::from(refused).into_response();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(answer.headers()["x-ms-error-code"], "BadArgument");
}

#[tokio::test]
async fn templates_of_another_network_are_refused_as_the_callers_to_replace() {
    let stage = Stage::of(GroupKind::PersonDirectory).await;
    stage.enrol(1).await;
    let wanted = || Wanted { most: 3, confidence: 0.5, among: None };
    // The face was detected before the network was changed.
    let old = stage.nodes[0].search(&stage.group().await, template_of_another_network(1), wanted()).await;
    assert_other_network(old.unwrap_err());
    // The person was enrolled before.
    stage.enrol_as(2, &template_of_another_network(2)).await;
    for node in [0, 1] {
        let new = stage.nodes[node].search(&stage.group().await, testing::template(1), wanted()).await;
        assert_other_network(new.unwrap_err());
    }
    stage.nodes[0].store.erase_person(&stage.uid, &person(2)).await.unwrap();
    assert_eq!(stage.found(0, 1).await, Some(person(1)), "once they are gone");
}

#[tokio::test]
async fn a_training_of_templates_of_another_network_fails() {
    let stage = Stage::of(GroupKind::PersonGroup).await;
    stage.enrol(1).await;
    assert_eq!(stage.train(0).await, TrainingStatus::Succeeded);
    stage.enrol_as(2, &template_of_another_network(2)).await;
    assert_eq!(stage.train(0).await, TrainingStatus::Failed);
    assert_eq!(stage.found(0, 1).await, Some(person(1)), "what was trained before is searched on");
}
