//! API keys, made with the operating system's randomness.

use verilume_store::{API_KEY_RANDOM_BYTES, ApiKey, KeyLabel, NewApiKey, Scopes, Store, StoreError};
use zeroize::Zeroizing;

use crate::clock::{Clock, fill_random};

/// Makes a key and keeps its hash. The key can be shown now and never again.
pub async fn create_api_key(
    store: &dyn Store,
    label: &KeyLabel,
    scopes: &Scopes,
) -> Result<ApiKey, StoreError> {
    let mut random = Zeroizing::new([0; API_KEY_RANDOM_BYTES]);
    fill_random(random.as_mut());
    let key = ApiKey::mint(&random);
    let created_at = Clock::start().unix();
    store.create_api_key(NewApiKey { key: &key, label, scopes, created_at, expires_at: None }).await?;
    Ok(key)
}
