//! Connections: taken, bounded, and let go when the service stops.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt as _;

use crate::api::normalise;
use crate::caller::PeerAddress;
use crate::config::ConnectionLimits;
use crate::service::stopped;

/// After a connection could not be taken (no more files, say), the next try waits this long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The longest head of a request, bytes. Origin: tokens have a kilobyte; browsers send a few.
const MAX_HEAD_BYTES: usize = 16 << 10;

/// Serves until `stopping` turns true, then lets what runs end, however long that takes.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
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
        tokio::spawn({
            let (tls, router, mut stopping) = (tls.clone(), router.clone(), stopping.clone());
            async move {
                // A message of the stream is small and awaited: it must not wait for more.
                drop(stream.set_nodelay(true));
                let peer = PeerAddress(peer);
                match tls {
                    None => connection(stream, peer, router, limits, stopping).await,
                    Some(tls) => {
                        if let Some(stream) =
                            handshake(&tls, stream, limits.header_within, &mut stopping).await
                        {
                            connection(stream, peer, router, limits, stopping).await;
                        }
                    }
                }
                drop(place);
            }
        });
    }
    drop(listener);
    let all = u32::try_from(limits.max_connections).unwrap_or(u32::MAX);
    drop(places.acquire_many(all).await);
}

/// Agrees on TLS; `None` if the other side does not in time, or the service stops.
async fn handshake(
    tls: &TlsAcceptor,
    stream: TcpStream,
    within: Duration,
    stopping: &mut watch::Receiver<bool>,
) -> Option<TlsStream<TcpStream>> {
    tokio::select! {
        agreed = tokio::time::timeout(within, tls.accept(stream)) => match agreed {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                // Strangers who speak something else are no event for the operator.
                tracing::debug!(error = &error as &dyn std::error::Error, "no TLS was agreed on");
                None
            }
            Err(_elapsed) => None,
        },
        () = stopped(stopping) => None,
    }
}

/// Serves one connection, until it ends or becomes a stream.
async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: PeerAddress,
    router: Router,
    limits: ConnectionLimits,
    mut stopping: watch::Receiver<bool>,
) {
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
}
