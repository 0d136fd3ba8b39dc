//! Sealed pictures and the versions of secrets.

use super::*;

fn image(number: u8, session: u128, version: u32) -> SealedImage {
    SealedImage {
        id: ImageId::from_random([number; IMAGE_ID_RANDOM_BYTES]),
        session: id(session),
        key: WrappedKey { version, bytes: vec![number, 1] },
        sealed: vec![number, 2],
        created_at: START,
    }
}

pub(crate) async fn a_picture_is_read_back_while_its_session_is_there(database: impl Database) {
    let store = database.node().await.unwrap();
    store.create_session(&new_session(1)).await.unwrap();
    let kept = image(1, 1, 1);
    store.keep_image(&kept).await.unwrap();
    assert_eq!(store.image(&kept.id, START).await.unwrap(), kept);
    assert_kind(store.image(&image(2, 1, 1).id, START).await, StoreErrorKind::NotFound);
    assert_kind(store.image(&kept.id, secs_later(48 * 3600)).await, StoreErrorKind::NotFound);
    assert!(store.keep_image(&image(3, 9, 1)).await.is_err(), "of no session");
    store.erase_session(&id(1), START).await.unwrap();
    assert_kind(store.image(&kept.id, START).await, StoreErrorKind::NotFound);
    store.close().await;
}

pub(crate) async fn keys_of_pictures_are_wrapped_anew(database: impl Database) {
    let store = database.node().await.unwrap();
    store.create_session(&new_session(1)).await.unwrap();
    for (number, version) in [(1, 1), (2, 2), (3, 1)] {
        store.keep_image(&image(number, 1, version)).await.unwrap();
    }
    let behind = store.image_keys_before(2, 10).await.unwrap();
    assert_eq!(behind, [1, 3].map(|number| (image(number, 1, 1).id, image(number, 1, 1).key)));
    assert_eq!(store.image_keys_before(2, 1).await.unwrap().len(), 1);
    let newer = WrappedKey { version: 2, bytes: vec![9] };
    store.rewrap_image(&behind[0].0, 1, &newer).await.unwrap();
    store.rewrap_image(&image(2, 1, 2).id, 1, &newer).await.unwrap();
    assert_eq!(store.image(&behind[0].0, START).await.unwrap().key, newer);
    assert_eq!(
        store.image(&image(2, 1, 2).id, START).await.unwrap().key.bytes,
        [2, 1],
        "not its version any more"
    );
    assert_eq!(store.image_keys_before(2, 10).await.unwrap().len(), 1);
    store.close().await;
}

pub(crate) async fn a_secret_has_versions(database: impl Database) {
    let store = database.node().await.unwrap();
    let secret = |byte: u8| SecretBytes::new(vec![byte; 8]).unwrap();
    let purpose = SecretPurpose::ImageKeys;
    assert!(store.secret_versions(purpose).await.unwrap().is_empty());
    store.secret_or_insert(purpose, &secret(1), START).await.unwrap();
    assert_eq!(store.add_secret(purpose, &secret(2), START).await.unwrap(), 2);
    assert_eq!(store.add_secret(SecretPurpose::AbuseSubjects, &secret(9), START).await.unwrap(), 1);
    assert_eq!(store.secret_versions(purpose).await.unwrap(), [(2, secret(2)), (1, secret(1))]);
    assert_eq!(store.secret_or_insert(purpose, &secret(3), START).await.unwrap(), secret(2), "the newest");
    store.close().await;
}
