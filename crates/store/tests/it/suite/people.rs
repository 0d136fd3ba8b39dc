//! Who is enrolled: collections, people, faces.

use std::sync::Arc;

use super::*;

const LIMITS: FaceLimits = FaceLimits { in_group: 20_000, of_person: 3 };

pub(crate) fn key(kind: GroupKind, id: &str) -> GroupKey {
    GroupKey { kind, id: GroupId::new(id).unwrap() }
}

fn model() -> RecognitionModel {
    RecognitionModel::new("recognition_04").unwrap()
}

fn random(number: u128) -> [u8; PEOPLE_ID_RANDOM_BYTES] {
    number.to_be_bytes()
}

pub(crate) fn person_id(number: u128) -> PersonId {
    PersonId::from_random(random(number))
}

pub(crate) fn face_id(number: u128) -> PersistedFaceId {
    PersistedFaceId::from_random(random(number))
}

/// A collection with the number of its own id.
pub(crate) fn new_group(number: u128, kind: GroupKind, id: &str) -> NewGroup {
    NewGroup {
        uid: GroupUid::from_random(random(number)),
        key: key(kind, id),
        name: DisplayName::new("A collection").unwrap(),
        user_data: None,
        recognition_model: model(),
        created_at: START,
    }
}

pub(crate) fn new_person(number: u128) -> NewPerson {
    NewPerson {
        id: person_id(number),
        name: DisplayName::new(format!("person {number}")).unwrap(),
        user_data: UserData::new("a note").ok(),
        created_at: START,
    }
}

pub(crate) fn new_face(number: u128, person: Option<u128>) -> NewFace {
    NewFace {
        id: face_id(number),
        person: person.map(person_id),
        user_data: UserData::of_face("a note").ok(),
        template: SealedTemplate { key_version: 1, bytes: format!("sealed template {number}").into_bytes() },
        created_at: START,
    }
}

/// A store with one collection.
async fn with_group(database: &impl Database, kind: GroupKind) -> (SqlStore, NewGroup) {
    let store = database.node().await.unwrap();
    let group = new_group(1, kind, "staff");
    store.create_group(&group).await.unwrap();
    (store, group)
}

async fn searched(store: &SqlStore, group: &NewGroup) -> Option<SearchedState> {
    store.group(&group.key).await.unwrap().searched
}

pub(crate) async fn a_collection_is_made_once_and_erased(database: impl Database) {
    let (store, group) = with_group(&database, GroupKind::LargePersonGroup).await;
    assert_kind(store.create_group(&group).await, StoreErrorKind::AlreadyExists);
    store.create_group(&new_group(2, GroupKind::PersonGroup, "staff")).await.unwrap();
    let read = store.group(&group.key).await.unwrap();
    assert_eq!((&read.uid, &read.key, &read.name), (&group.uid, &group.key, &group.name));
    assert_eq!((read.recognition_model, read.created_at), (model(), START));
    assert_eq!((read.searched, read.training, read.faces), (None, None, 0));
    // Of nothing nothing can be taken away.
    let owner = FaceOwner { group: &group.uid, person: Some(&person_id(1)) };
    assert_kind(store.erase_enrolled_face(owner, &face_id(1)).await, StoreErrorKind::NotFound);
    assert_kind(store.erase_person(&group.uid, &person_id(1)).await, StoreErrorKind::NotFound);
    store.erase_group(&group.key).await.unwrap();
    assert_kind(store.group(&group.key).await, StoreErrorKind::NotFound);
    assert_kind(store.erase_group(&group.key).await, StoreErrorKind::NotFound);
    let person = store.create_person(&group.uid, &new_person(1), 10).await;
    assert_kind(person, StoreErrorKind::NotFound);
    assert_kind(store.enrol_faces(&group.uid, &[new_face(1, None)], LIMITS).await, StoreErrorKind::NotFound);
    store.group(&key(GroupKind::PersonGroup, "staff")).await.unwrap();
}

pub(crate) async fn collections_are_listed_and_changed(database: impl Database) {
    let store = database.node().await.unwrap();
    let kind = GroupKind::LargeFaceList;
    for (number, id) in [(1, "b"), (2, "a"), (3, "a-b"), (4, "a_b")] {
        store.create_group(&new_group(number, kind, id)).await.unwrap();
    }
    store.create_group(&new_group(5, GroupKind::FaceList, "a")).await.unwrap();
    let ids = |groups: Vec<GroupRecord>| -> Vec<String> {
        groups.into_iter().map(|group| group.key.id.as_str().to_owned()).collect()
    };
    assert_eq!(ids(store.groups(kind, None, 3).await.unwrap()), ["a", "a-b", "a_b"]);
    let after = GroupId::new("a-b").unwrap();
    assert_eq!(ids(store.groups(kind, Some(&after), 9).await.unwrap()), ["a_b", "b"]);
    let (name, note) = (DisplayName::new("O'Hara \u{1f600}").unwrap(), UserData::new("{}").unwrap());
    store.update_group(&key(kind, "b"), Some(&name), None).await.unwrap();
    store.update_group(&key(kind, "b"), None, Some(&note)).await.unwrap();
    let changed = store.group(&key(kind, "b")).await.unwrap();
    assert_eq!((changed.name, changed.user_data), (name, Some(note)));
    assert_kind(store.update_group(&key(kind, "c"), None, None).await, StoreErrorKind::NotFound);
}

pub(crate) async fn people_and_faces_read_back(database: impl Database) {
    let (store, group) = with_group(&database, GroupKind::PersonGroup).await;
    for number in 1..=3 {
        store.create_person(&group.uid, &new_person(number), 10).await.unwrap();
    }
    let faces = [new_face(12, Some(2)), new_face(11, Some(2)), new_face(13, Some(3))];
    store.enrol_faces(&group.uid, &faces, LIMITS).await.unwrap();
    let person = store.person(&group.uid, &person_id(2)).await.unwrap();
    assert_eq!(person.name.as_str(), "person 2");
    assert_eq!(person.user_data.unwrap().as_str(), "a note");
    assert_eq!(person.faces, [face_id(11), face_id(12)]);
    let people = store.people(&group.uid, Some(&person_id(1)), 9).await.unwrap();
    let seen: Vec<_> = people.iter().map(|one| (one.id.clone(), one.faces.len())).collect();
    assert_eq!(seen, [(person_id(2), 2), (person_id(3), 1)]);
    let name = DisplayName::new("another").unwrap();
    store.update_person(&group.uid, &person_id(2), Some(&name), None).await.unwrap();
    assert_eq!(store.person(&group.uid, &person_id(2)).await.unwrap().name, name);
    assert_kind(
        store.update_person(&group.uid, &person_id(9), Some(&name), None).await,
        StoreErrorKind::NotFound,
    );
    assert_kind(store.person(&group.uid, &person_id(9)).await, StoreErrorKind::NotFound);
    let sealed = store.faces_of(&group.uid, &person_id(2)).await.unwrap();
    assert_eq!(sealed[0].template, faces[1].template);
    // A face needs its person, and a list of faces knows none.
    let homeless = store.enrol_faces(&group.uid, &[new_face(20, None)], LIMITS).await;
    assert_kind(homeless, StoreErrorKind::Malformed);
    let of_nobody = store.enrol_faces(&group.uid, &[new_face(20, Some(9))], LIMITS).await;
    assert_kind(of_nobody, StoreErrorKind::NotFound);
    assert_eq!(store.group(&group.key).await.unwrap().faces, 3, "what failed was not counted");
}

pub(crate) async fn limits_hold_on_many_nodes(database: impl Database) {
    let database = Arc::new(database);
    let (store, group) = with_group(&*database, GroupKind::LargePersonGroup).await;
    store.create_person(&group.uid, &new_person(1), 2).await.unwrap();
    store.create_person(&group.uid, &new_person(2), 2).await.unwrap();
    let third = store.create_person(&group.uid, &new_person(3), 2).await;
    assert_kind(third, StoreErrorKind::LimitReached);
    let limits = FaceLimits { in_group: 5, of_person: 3 };
    let adding: Vec<_> = (0..8_u128)
        .map(|number| {
            let (database, uid) = (Arc::clone(&database), group.uid.clone());
            tokio::spawn(async move {
                let store = database.node().await.unwrap();
                let added = store.enrol_faces(&uid, &[new_face(number, Some(1 + number % 2))], limits).await;
                store.close().await;
                added.map_err(|error| error.kind())
            })
        })
        .collect();
    let mut added = 0;
    for one in adding {
        match one.await.unwrap() {
            Ok(()) => added += 1,
            Err(kind) => assert_eq!(kind, StoreErrorKind::LimitReached),
        }
    }
    assert_eq!(added, 5);
    let people = store.people(&group.uid, None, 9).await.unwrap();
    assert!(people.iter().all(|one| one.faces.len() <= 3), "{people:?}");
}

pub(crate) async fn a_training_makes_what_was_there_searchable(database: impl Database) {
    let (store, group) = with_group(&database, GroupKind::LargeFaceList).await;
    let page = async |state| store.searched_faces(&group.uid, state, (0, None), 9).await.unwrap();
    store.enrol_faces(&group.uid, &[new_face(1, None)], LIMITS).await.unwrap();
    assert_eq!(searched(&store, &group).await, None);
    let first = store.begin_training(&group.key, START, secs_later(60)).await.unwrap();
    let second = store.begin_training(&group.key, secs_later(59), secs_later(120)).await;
    assert_kind(second, StoreErrorKind::TrainingRunning);
    store.enrol_faces(&group.uid, &[new_face(2, None)], LIMITS).await.unwrap();
    store.end_training(&first, true, secs_later(5)).await.unwrap();
    let state = searched(&store, &group).await.unwrap();
    assert_eq!(state, first.searched);
    assert_eq!(page(state).await.len(), 1, "not what came after it began");
    let training = store.group(&group.key).await.unwrap().training.unwrap();
    assert_eq!(training.status, TrainingStatus::Succeeded);
    assert_eq!((training.created_at, training.changed_at), (START, secs_later(5)));
    assert_eq!(training.trained_at, Some(secs_later(5)));

    // A node that dies gives way, and comes too late if it was only slow.
    let lost = store.begin_training(&group.key, secs_later(100), secs_later(160)).await.unwrap();
    let next = store.begin_training(&group.key, secs_later(160), secs_later(220)).await.unwrap();
    assert_kind(store.end_training(&lost, true, secs_later(161)).await, StoreErrorKind::NotFound);
    store.end_training(&next, false, secs_later(170)).await.unwrap();
    let training = store.group(&group.key).await.unwrap().training.unwrap();
    assert_eq!(training.status, TrainingStatus::Failed);
    assert_eq!(training.trained_at, Some(secs_later(5)), "the one before still counts");
    assert_eq!(searched(&store, &group).await, Some(state));

    // What is erased goes at once, trained or not.
    let owner = FaceOwner { group: &group.uid, person: None };
    store.erase_enrolled_face(owner, &face_id(1)).await.unwrap();
    let after = searched(&store, &group).await.unwrap();
    assert_ne!(after, state, "nodes have to read it anew");
    assert!(page(after).await.is_empty());
}

pub(crate) async fn what_can_be_searched_is_read_in_pages(database: impl Database) {
    let (store, group) = with_group(&database, GroupKind::FaceList).await;
    let first = searched(&store, &group).await.unwrap();
    let faces = [5, 3, 4].map(|number| new_face(number, None));
    store.enrol_faces(&group.uid, &faces, LIMITS).await.unwrap();
    store.enrol_faces(&group.uid, &[new_face(1, None)], LIMITS).await.unwrap();
    let state = searched(&store, &group).await.unwrap();
    let (mut seen, mut after) = (Vec::new(), (first.added_up_to, None));
    loop {
        let page = store.searched_faces(&group.uid, state, (after.0, after.1.as_ref()), 2).await.unwrap();
        let Some((change, last)) = page.last() else { break };
        after = (*change, Some(last.owner.face.clone()));
        seen.extend(page.into_iter().map(|(_, face)| face.owner.face));
    }
    assert_eq!(seen, [3, 4, 5, 1].map(face_id), "in the order in which they came");
    // What came since some state is what is after all of its changes.
    store.enrol_faces(&group.uid, &[new_face(2, None)], LIMITS).await.unwrap();
    let newer = searched(&store, &group).await.unwrap();
    let since = store.searched_faces(&group.uid, newer, (state.added_up_to, None), 9).await.unwrap();
    assert_eq!(since.iter().map(|(_, face)| face.owner.face.clone()).collect::<Vec<_>>(), [face_id(2)]);
    assert_eq!(newer.removed_at, state.removed_at);
}

pub(crate) async fn erasing_a_person_takes_their_faces_and_memberships(database: impl Database) {
    let (store, directory) = with_group(&database, GroupKind::PersonDirectory).await;
    let team = new_group(2, GroupKind::DynamicPersonGroup, "team");
    store.create_group(&team).await.unwrap();
    for number in 1..=2 {
        store.create_person(&directory.uid, &new_person(number), 10).await.unwrap();
        store.enrol_faces(&directory.uid, &[new_face(number, Some(number))], LIMITS).await.unwrap();
    }
    let both = [person_id(1), person_id(2)];
    store.change_members(&team.uid, &both, &[]).await.unwrap();
    store.change_members(&team.uid, &both[..1], &[]).await.unwrap();
    let stranger = store.change_members(&team.uid, &[person_id(3)], &[]).await;
    assert_kind(stranger, StoreErrorKind::NotFound);
    assert_eq!(store.members(&team.uid, None, 9).await.unwrap(), both);
    assert_eq!(store.members(&team.uid, Some(&both[0]), 9).await.unwrap(), both[1..]);
    assert_eq!(store.groups_of(&both[0]).await.unwrap(), std::slice::from_ref(&team.key.id));

    assert_eq!(store.group_of(&both[0]).await.unwrap().uid, directory.uid);
    assert_kind(store.group_of(&person_id(3)).await, StoreErrorKind::NotFound);
    let before = searched(&store, &directory).await.unwrap();
    store.erase_person(&directory.uid, &both[0]).await.unwrap();
    assert_kind(store.erase_person(&directory.uid, &both[0]).await, StoreErrorKind::NotFound);
    assert_kind(store.person(&directory.uid, &both[0]).await, StoreErrorKind::NotFound);
    assert_eq!(store.members(&team.uid, None, 9).await.unwrap(), both[1..]);
    assert!(store.faces_of(&directory.uid, &both[0]).await.unwrap().is_empty());
    let after = store.group(&directory.key).await.unwrap();
    assert_ne!(after.searched.unwrap().removed_at, before.removed_at);
    assert_eq!(after.faces, 1);
    store.change_members(&team.uid, &[], &both).await.unwrap();
    assert!(store.groups_of(&both[1]).await.unwrap().is_empty());
    store.erase_group(&team.key).await.unwrap();
    store.person(&directory.uid, &both[1]).await.unwrap();
}

pub(crate) async fn a_face_is_with_its_owner_alone(database: impl Database) {
    let (store, group) = with_group(&database, GroupKind::PersonGroup).await;
    let list = new_group(2, GroupKind::FaceList, "staff");
    store.create_group(&list).await.unwrap();
    for number in 1..=2 {
        store.create_person(&group.uid, &new_person(number), 10).await.unwrap();
    }
    store.enrol_faces(&group.uid, &[new_face(1, Some(1))], LIMITS).await.unwrap();
    store.enrol_faces(&list.uid, &[new_face(2, None)], LIMITS).await.unwrap();
    let (one, other) = (person_id(1), person_id(2));
    let owner = FaceOwner { group: &group.uid, person: Some(&one) };
    let wrong = [
        FaceOwner { group: &group.uid, person: Some(&other) },
        FaceOwner { group: &group.uid, person: None },
        FaceOwner { group: &list.uid, person: Some(&one) },
    ];
    for wrong in wrong {
        assert_kind(store.enrolled_face(wrong, &face_id(1)).await, StoreErrorKind::NotFound);
        assert_kind(store.update_enrolled_face(wrong, &face_id(1), None).await, StoreErrorKind::NotFound);
        assert_kind(store.erase_enrolled_face(wrong, &face_id(1)).await, StoreErrorKind::NotFound);
    }
    let note = UserData::of_face("another note").unwrap();
    store.update_enrolled_face(owner, &face_id(1), Some(&note)).await.unwrap();
    assert_eq!(store.enrolled_face(owner, &face_id(1)).await.unwrap().user_data, Some(note));
    assert_eq!(store.enrolled_faces(&list.uid, None, 9).await.unwrap().len(), 1);
    store.erase_enrolled_face(owner, &face_id(1)).await.unwrap();
    assert_kind(store.enrolled_face(owner, &face_id(1)).await, StoreErrorKind::NotFound);
    let counted = [store.group(&group.key).await.unwrap().faces, store.group(&list.key).await.unwrap().faces];
    assert_eq!(counted, [0, 1], "a refusal changes no count");
}

pub(crate) async fn templates_of_people_are_sealed_anew(database: impl Database) {
    let (store, group) = with_group(&database, GroupKind::FaceList).await;
    let faces: Vec<_> = (1..=3).map(|number| new_face(number, None)).collect();
    store.enrol_faces(&group.uid, &faces, LIMITS).await.unwrap();
    let behind = store.templates_before(2, 2).await.unwrap();
    assert_eq!(behind.len(), 2);
    let anew = SealedTemplate { key_version: 2, bytes: b"anew".to_vec() };
    store.reseal_template(&behind[0].0, 1, &anew).await.unwrap();
    // Not under that version any more.
    store.reseal_template(&behind[1].0, 7, &anew).await.unwrap();
    let state = searched(&store, &group).await.unwrap();
    let all = store.searched_faces(&group.uid, state, (0, None), 9).await.unwrap();
    let versions: Vec<u32> = all.iter().map(|(_, face)| face.template.key_version).collect();
    assert_eq!(versions, [2, 1, 1]);
    assert_eq!(all[0].1.template, anew);
    assert_eq!(store.templates_before(2, 9).await.unwrap().len(), 2);
}

pub(crate) async fn ten_thousand_faces_outlive_a_restart(database: impl Database) {
    const FACES: u128 = 10_000;
    let (store, group) = with_group(&database, GroupKind::LargePersonGroup).await;
    store.create_person(&group.uid, &new_person(1), 1).await.unwrap();
    let limits = FaceLimits { in_group: 10_000, of_person: 10_000 };
    let faces: Vec<_> = (0..FACES).map(|number| new_face(number, Some(1))).collect();
    for batch in faces.chunks(500) {
        store.enrol_faces(&group.uid, batch, limits).await.unwrap();
    }
    let training = store.begin_training(&group.key, START, secs_later(60)).await.unwrap();
    store.end_training(&training, true, START).await.unwrap();
    store.close().await;
    let store = database.node().await.unwrap();
    let state = searched(&store, &group).await.unwrap();
    let (mut kept, mut after) = (Vec::new(), (0, None));
    loop {
        let page = store.searched_faces(&group.uid, state, (after.0, after.1.as_ref()), 1000).await.unwrap();
        let Some((change, last)) = page.last() else { break };
        after = (*change, Some(last.owner.face.clone()));
        kept.extend(page.into_iter().map(|(_, face)| (face.owner.face, face.template)));
    }
    kept.sort_by(|a, b| a.0.cmp(&b.0));
    let mut enrolled: Vec<_> = faces.into_iter().map(|face| (face.id, face.template)).collect();
    enrolled.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(kept, enrolled);
}
