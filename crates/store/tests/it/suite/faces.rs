//! Sealed templates of faces and references.

use super::*;

fn template(version: u32, byte: u8) -> SealedTemplate {
    SealedTemplate { key_version: version, bytes: vec![byte; 9] }
}

fn face(number: u8, version: u32, expires_in: u64) -> KeptFace {
    KeptFace {
        id: FaceId::from_random([number; FACE_ID_RANDOM_BYTES]),
        recognition_model: RecognitionModel::new("recognition_04").unwrap(),
        template: template(version, number),
        created_at: START,
        expires_at: secs_later(expires_in),
    }
}

pub(crate) async fn a_face_is_known_on_every_node_until_its_time_is_over(database: impl Database) {
    let (store, other) = (database.node().await.unwrap(), database.node().await.unwrap());
    let (short, long) = (face(1, 1, 60), face(2, 1, 86_400));
    store.keep_faces(&[short.clone(), long.clone()]).await.unwrap();
    assert_eq!(other.face(&short.id, secs_later(59)).await.unwrap(), short);
    assert_kind(other.face(&short.id, secs_later(60)).await, StoreErrorKind::NotFound);
    assert_kind(other.face(&face(3, 1, 60).id, START).await, StoreErrorKind::NotFound);
    assert!(store.keep_faces(&[face(4, 1, 60), long.clone()]).await.is_err(), "an id that is taken");
    assert_kind(store.face(&face(4, 1, 60).id, START).await, StoreErrorKind::NotFound);
    let purged = store.purge(secs_later(60), 10).await.unwrap().unwrap();
    assert_eq!(purged.faces_erased, 1);
    assert_kind(store.face(&short.id, START).await, StoreErrorKind::NotFound);
    assert_eq!(store.face(&long.id, START).await.unwrap(), long);
    store.close().await;
    other.close().await;
}

pub(crate) async fn a_reference_goes_with_its_session(database: impl Database) {
    let store = database.node().await.unwrap();
    store.create_session(&new_session(1)).await.unwrap();
    assert!(store.keep_reference(&id(9), &template(1, 1)).await.is_err(), "of no session");
    assert_eq!(store.reference(&id(1), START).await.unwrap(), None);
    store.keep_reference(&id(1), &template(1, 7)).await.unwrap();
    assert_eq!(store.reference(&id(1), START).await.unwrap(), Some(template(1, 7)));
    assert_eq!(store.reference(&id(1), secs_later(48 * 3600)).await.unwrap(), None, "past its retention");
    store.erase_session(&id(1), START).await.unwrap();
    assert_eq!(store.reference(&id(1), START).await.unwrap(), None);
    store.close().await;
}

pub(crate) async fn templates_are_sealed_anew(database: impl Database) {
    let store = database.node().await.unwrap();
    store.create_session(&new_session(1)).await.unwrap();
    store.keep_faces(&[face(1, 1, 60), face(2, 2, 60)]).await.unwrap();
    store.keep_reference(&id(1), &template(1, 7)).await.unwrap();
    let behind = store.templates_before(2, 10).await.unwrap();
    let owners = [TemplateOwner::Face(face(1, 1, 60).id), TemplateOwner::Reference(id(1))];
    assert_eq!(behind, [(owners[0].clone(), template(1, 1)), (owners[1].clone(), template(1, 7))]);
    for owner in &owners {
        store.reseal_template(owner, 1, &template(2, 9)).await.unwrap();
        store.reseal_template(owner, 1, &template(3, 0)).await.unwrap();
    }
    assert!(store.templates_before(2, 10).await.unwrap().is_empty());
    assert_eq!(store.face(&face(1, 1, 60).id, START).await.unwrap().template, template(2, 9));
    assert_eq!(store.reference(&id(1), START).await.unwrap(), Some(template(2, 9)));
    store.close().await;
}
