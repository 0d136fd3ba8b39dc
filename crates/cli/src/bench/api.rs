//! What the session API carries: many callers at once against a service in a process of its own.

use std::time::Duration;

use serde::Serialize;

use super::Spread;
use super::service::Service;
use crate::args::BenchArgs;
use crate::capture::AppServer;
use crate::clock;
use crate::failure::Failure;
use crate::tls::Trust;

/// Callers at once. Origin: an app server's pool of connections, several times.
const CALLERS: usize = 200;
/// The memory that a caller's thread needs, bytes.
const STACK_BYTES: usize = 256 << 10;

/// What the session API carried.
#[derive(Debug, Serialize)]
pub(super) struct ApiFigure {
    database: &'static str,
    callers: usize,
    secs: f64,
    requests: usize,
    requests_per_s: f64,
    errors: usize,
    latency: Spread,
    p99_ms: f64,
}

/// What one caller saw.
#[derive(Default)]
struct Seen {
    took: Vec<Duration>,
    errors: usize,
}

/// Creates and reads sessions for so many seconds.
pub(super) fn bench(args: &BenchArgs, secs: u32) -> Result<ApiFigure, Failure> {
    super::service::in_folder(|folder| {
        let service = Service::start(&args.assets, folder, args.postgres.as_deref())?;
        let began = clock::now();
        let until = began + Duration::from_secs(secs.into());
        let seen: Vec<Seen> = std::thread::scope(|scope| {
            let call = || call(&service, until);
            let callers: Vec<_> = (0..CALLERS)
                .filter_map(|_| {
                    std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, call).ok()
                })
                .collect();
            callers.into_iter().filter_map(|caller| caller.join().ok()).collect()
        });
        let secs = (clock::now() - began).as_secs_f64();
        let database = if args.postgres.is_some() { "PostgreSQL" } else { "SQLite" };
        Ok(figure(database, &seen, secs))
    })
}

/// One caller: creates a session, reads it, and so on.
fn call(service: &Service, until: Duration) -> Seen {
    let app = AppServer::new(&service.url, &service.key, &Trust::default());
    let mut seen = Seen::default();
    while clock::now() < until {
        let began = clock::now();
        let Ok(created) = app.create(None) else {
            seen.errors += 1;
            continue;
        };
        let read_at = clock::now();
        seen.took.push(read_at - began);
        match app.read_session(&created.id) {
            Ok(_) => seen.took.push(clock::now() - read_at),
            Err(_) => seen.errors += 1,
        }
    }
    seen
}

fn figure(database: &'static str, seen: &[Seen], secs: f64) -> ApiFigure {
    let mut took: Vec<Duration> = seen.iter().flat_map(|caller| caller.took.iter().copied()).collect();
    took.sort_unstable();
    let p99 = took.get(took.len().saturating_sub(1) * 99 / 100).copied().unwrap_or_default();
    ApiFigure {
        database,
        callers: seen.len(),
        secs,
        requests: took.len(),
        requests_per_s: took.len() as f64 / secs,
        errors: seen.iter().map(|caller| caller.errors).sum(),
        p99_ms: p99.as_secs_f64() * 1000.0,
        latency: Spread::of(took),
    }
}

/// The figures in words.
pub(super) fn describe(figure: &ApiFigure) -> String {
    format!(
        "session API on {}, {} callers for {:.0} s: {} requests, {:.0}/s, {} errors; median {:.0} ms, p95 {:.0}, p99 {:.0}\n",
        figure.database,
        figure.callers,
        figure.secs,
        figure.requests,
        figure.requests_per_s,
        figure.errors,
        figure.latency.median_ms,
        figure.latency.p95_ms,
        figure.p99_ms
    )
}
