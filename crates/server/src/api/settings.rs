//! What an operator may switch while the service runs (v1.3).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;
use verilume_store::{AuditAction, Scope, Setting};

use super::ApiError;
use super::answers::json_response;
use super::auth::require;
use super::create_body::{CreateBody, invalid_body};
use super::create_request::{field, truth};
use super::wire::{ChangeSettings, FlatSetting, Settings, Switch};
use crate::service::Service;

/// The contract has two forms of the same switch; each is answered in its own.
const NESTED: &str = "livenessAbuseMonitoring";
const FLAT_NAME: &str = "liveness-abuse-monitoring";

pub(super) async fn read(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    require(&service, &headers, &Scope::ALL).await?;
    let enabled = service.store.is_on(Setting::AbuseMonitoring).await?;
    Ok(json_response(&Settings { liveness_abuse_monitoring: Switch { enabled } }))
}

pub(super) async fn change(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, ApiError> {
    let caller = require(&service, request.headers(), &[Scope::Admin]).await?;
    let fields = CreateBody::read(request, &service.config.limits, false).await?.fields;
    let nested = field(&fields, NESTED).and_then(Value::as_object);
    let (asked, is_nested) = match nested {
        Some(nested) => (truth(field(nested, "enabled"))?, true),
        None => (truth(field(&fields, "enabled"))?, false),
    };
    let enabled = asked.ok_or_else(invalid_body)?;
    // Put on record first: what cannot be recorded does not happen.
    service.record(&caller, AuditAction::SettingsChanged, None).await?;
    service.store.switch(Setting::AbuseMonitoring, enabled, service.clock.unix()).await?;
    tracing::info!(setting = FLAT_NAME, enabled, "setting changed");
    Ok(json_response(&if is_nested {
        ChangeSettings::Nested(Settings { liveness_abuse_monitoring: Switch { enabled } })
    } else {
        ChangeSettings::Flat(FlatSetting { name: FLAT_NAME, enabled })
    }))
}
