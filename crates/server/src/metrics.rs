//! What the service counts, for Prometheus. Labels are routes, codes and outcomes: never an id, an address or a token.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tokio::time::Instant;
use verilume_store::{AttemptEnd, AuditAction};

use crate::service::Service;

/// Bounds of the histograms, seconds. Origin: from a read of the database to the longest that a request may take.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 20.0];
/// Methods that are told apart; callers may invent others.
const METHODS: [&str; 6] = ["GET", "POST", "DELETE", "PATCH", "PUT", "HEAD"];
/// What Prometheus reads.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Names with their values, in order.
type Labels<const N: usize> = [(&'static str, String); N];

fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

/// What the service counts.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Labels<3>, Counter>,
    request_secs: Family<Labels<1>, Histogram, fn() -> Histogram>,
    refusals: Family<Labels<2>, Counter>,
    sessions: Family<Labels<1>, Counter>,
    attempts: Family<Labels<1>, Counter>,
    decision_secs: Histogram,
    store_secs: Histogram,
    streams: Gauge,
    analysing: Gauge,
    frames_waiting: Gauge,
    pictures: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("verilume");
        let requests = Family::default();
        registry.register("requests", "Requests answered", requests.clone());
        let request_secs: Family<_, _, fn() -> Histogram> = Family::new_with_constructor(seconds);
        let help = "Time until a request was answered; that of a capture stream until it was open";
        registry.register_with_unit("request", help, Unit::Seconds, request_secs.clone());
        let refusals = Family::default();
        registry.register("refusals", "Refusals of requests and of streams, by error code", refusals.clone());
        let sessions = Family::default();
        registry.register("sessions", "What happened to sessions", sessions.clone());
        let attempts = Family::default();
        registry.register("attempts", "Attempts that ended, by outcome", attempts.clone());
        let decision_secs = seconds();
        let help = "From the last frame of an attempt to its decision";
        registry.register_with_unit("decision", help, Unit::Seconds, decision_secs.clone());
        let store_secs = seconds();
        let help = "Time in which the database takes a write, measured when this page is read";
        registry.register_with_unit("store_write", help, Unit::Seconds, store_secs.clone());
        let (streams, analysing, frames_waiting) = (Gauge::default(), Gauge::default(), Gauge::default());
        registry.register("streams_open", "Capture streams that are open", streams.clone());
        registry.register("attempts_analysing", "Attempts that the analysis works on", analysing.clone());
        let help = "Frames that wait for the analysis";
        registry.register("frames_waiting", help, frames_waiting.clone());
        let pictures = Gauge::default();
        registry.register("pictures", "Still pictures that arrive, wait or are looked at", pictures.clone());
        Self {
            registry,
            requests,
            request_secs,
            refusals,
            sessions,
            attempts,
            decision_secs,
            store_secs,
            streams,
            analysing,
            frames_waiting,
            pictures,
        }
    }

    /// A stream was refused or ended with an error.
    pub(crate) fn stream_refused(&self, code: &str) {
        self.refused("stream", code);
    }

    fn refused(&self, at: &str, code: &str) {
        let labels = [("at", at.to_owned()), ("code", code.to_owned())];
        self.refusals.get_or_create(&labels).inc();
    }

    /// Something was put on record.
    pub(crate) fn recorded(&self, action: AuditAction) {
        self.sessions.get_or_create(&[("event", action.as_str().to_owned())]).inc();
    }

    /// The end of an attempt was stored.
    pub(crate) fn attempt_ended(&self, end: AttemptEnd) {
        let outcome = match end {
            AttemptEnd::Succeeded { decision, .. } => decision.as_str(),
            AttemptEnd::Failed => "failed",
            _ => "canceled",
        };
        self.attempts.get_or_create(&[("outcome", outcome.to_owned())]).inc();
    }

    /// An attempt was decided.
    pub(crate) fn decided(&self, within: Duration) {
        self.decision_secs.observe(within.as_secs_f64());
    }

    fn answered(&self, method: &str, route: &str, response: &Response, within: Duration) {
        let method = if METHODS.contains(&method) { method } else { "other" };
        let labels = [
            ("method", method.to_owned()),
            ("route", route.to_owned()),
            ("status", response.status().as_str().to_owned()),
        ];
        self.requests.get_or_create(&labels).inc();
        let labels = [("route", route.to_owned())];
        self.request_secs.get_or_create(&labels).observe(within.as_secs_f64());
        if let Some(code) = response.headers().get("x-ms-error-code").and_then(|code| code.to_str().ok()) {
            self.refused("request", code);
        }
    }
}

/// Counts every request.
pub(crate) async fn observe(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    service.metrics.answered(method.as_str(), route, &response, began.elapsed());
    response
}

/// The page, for a listener of its own.
pub(crate) fn router(service: &Arc<Service>) -> Router {
    Router::new().route("/metrics", get(page)).with_state(Arc::clone(service))
}

async fn page(State(service): State<Arc<Service>>) -> Response {
    let metrics = &service.metrics;
    let began = Instant::now();
    // A database that is away shows in `/readyz`, and here by its silence.
    if service.store.check_ready().await.is_ok() {
        metrics.store_secs.observe(began.elapsed().as_secs_f64());
    }
    let open = service.config.limits.max_streams.saturating_sub(service.streams.available_permits());
    let (attempts, frames) = service.pool.load();
    let set = |gauge: &Gauge, value: usize| _ = gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
    set(&metrics.streams, open);
    set(&metrics.analysing, attempts);
    set(&metrics.frames_waiting, frames);
    set(&metrics.pictures, service.faces.load());
    let mut text = String::new();
    match encode(&mut text, &metrics.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(_no_memory) => axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
