use super::*;

fn key(fill: u8) -> ApiKey {
    ApiKey::mint(&[fill; API_KEY_RANDOM_BYTES])
}

pub(crate) async fn a_key_opens_until_it_expires_or_is_revoked(database: impl Database) {
    let store = database.node().await.unwrap();
    let (good, expiring, unknown) = (key(1), key(2), key(3));
    keep_key(&store, &good, "app server", START).await;
    let new = NewApiKey {
        key: &expiring,
        label: &KeyLabel::new("trial").unwrap(),
        scopes: &Scopes::new(&[Scope::Read, Scope::Admin]).unwrap(),
        created_at: START,
        expires_at: Some(secs_later(10)),
    };
    store.create_api_key(new).await.unwrap();
    assert_kind(store.create_api_key(new).await, StoreErrorKind::AlreadyExists);

    let opens = async |text: &str, now| store.authenticate(text, now).await.unwrap();
    let record = opens(good.expose(), START).await.unwrap();
    assert_eq!(&record.id, good.id());
    assert_eq!(record.label.as_str(), "app server");
    assert!(record.scopes.contains(Scope::Sessions) && !record.scopes.contains(Scope::Admin));
    assert!(opens(expiring.expose(), secs_later(9)).await.unwrap().scopes.contains(Scope::Admin));
    assert_eq!(opens(expiring.expose(), secs_later(10)).await, None);
    assert_eq!(opens(unknown.expose(), START).await, None);
    let of_another = format!("{}{}", &good.expose()[..21], &expiring.expose()[21..]);
    assert_eq!(opens(&of_another, START).await, None);
    for malformed in ["", "vlk_", "Bearer x", "' OR 1=1 --", &good.expose()[1..]] {
        assert_eq!(opens(malformed, START).await, None);
    }

    store.revoke_api_key(good.id(), secs_later(20)).await.unwrap();
    assert_eq!(opens(good.expose(), secs_later(20)).await, None);
    store.revoke_api_key(good.id(), secs_later(30)).await.unwrap();
    let listed = store.api_keys().await.unwrap();
    let revoked = listed.iter().find(|record| &record.id == good.id()).unwrap();
    assert_eq!(revoked.revoked_at, Some(secs_later(20)), "the first revocation stands");
    assert_kind(store.revoke_api_key(unknown.id(), START).await, StoreErrorKind::NotFound);
}

pub(crate) async fn keys_are_listed_without_secrets(database: impl Database) {
    let store = database.node().await.unwrap();
    assert_eq!(store.api_keys().await.unwrap(), []);
    let (first, second) = (key(1), key(2));
    keep_key(&store, &first, "old", START).await;
    keep_key(&store, &second, "new", secs_later(1)).await;
    let listed = store.api_keys().await.unwrap();
    let labels: Vec<&str> = listed.iter().map(|record| record.label.as_str()).collect();
    assert_eq!(labels, ["new", "old"]);
    assert!(listed.iter().all(|record| record.is_live(secs_later(2))), "two keys live beside each other");
    let printed = format!("{listed:?} {first:?} {second:?}");
    for key in [&first, &second] {
        assert!(!printed.contains(&key.expose()[21..]), "{printed}");
    }
}

pub(crate) async fn a_secret_is_made_once(database: impl Database) {
    let store = database.node().await.unwrap();
    let (first, second) = (SecretBytes::new(vec![1; 32]).unwrap(), SecretBytes::new(vec![2; 32]).unwrap());
    let purpose = SecretPurpose::SessionTokenSigning;
    assert_eq!(store.secret_or_insert(purpose, &first, START).await.unwrap(), first);
    assert_eq!(store.secret_or_insert(purpose, &second, START).await.unwrap(), first);
    store.close().await;
    let again = database.node().await.unwrap();
    assert_eq!(again.secret_or_insert(purpose, &second, START).await.unwrap(), first);
}
