//! Connections: taken, bounded, and let go when the service stops.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt as _;

use crate::api::normalise;
use crate::caller::PeerAddress;
use crate::config::ConnectionLimits;
use crate::service::stopped;

/// After a connection could not be taken (no more files, say), the next try waits this long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The longest head of a request, bytes. Origin: tokens have a kilobyte; browsers send a few.
const MAX_HEAD_BYTES: usize = 16 << 10;

/// Serves until `stopping` turns true, then lets what runs end.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    mut stopping: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(limits.max_connections));
    loop {
        // A full house takes nobody: those who wait, wait in the system's queue.
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            () = stopped(&mut stopping) => break,
        };
        let Ok(place) = place else { break };
        let (stream, peer) = tokio::select! {
            taken = listener.accept() => match taken {
                Ok(taken) => taken,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "a connection could not be taken");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
            () = stopped(&mut stopping) => break,
        };
        tokio::spawn(connection(stream, PeerAddress(peer), router.clone(), limits, stopping.clone(), place));
    }
    drop(listener);
    let all = u32::try_from(limits.max_connections).unwrap_or(u32::MAX);
    if tokio::time::timeout(limits.drain_within, places.acquire_many(all)).await.is_err() {
        tracing::warn!("connections were still open when the service stopped");
    }
}

/// Serves one connection; its place is free when it ends, or when it becomes a stream.
async fn connection(
    stream: TcpStream,
    peer: PeerAddress,
    router: Router,
    limits: ConnectionLimits,
    mut stopping: watch::Receiver<bool>,
    place: OwnedSemaphorePermit,
) {
    // A message of the stream is small and awaited: it must not wait for more.
    drop(stream.set_nodelay(true));
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let router = router.clone();
        async move { router.oneshot(normalise(request.map(Body::new))).await }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_within)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = Box::pin(connection);
    // Who breaks off is no error of the service.
    tokio::select! {
        ended = connection.as_mut() => drop(ended),
        () = stopped(&mut stopping) => {
            connection.as_mut().graceful_shutdown();
            drop(connection.await);
        }
    }
    drop(place);
}
