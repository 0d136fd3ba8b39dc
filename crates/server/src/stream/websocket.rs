//! The stream over a WebSocket: one binary message holds one message of the stream.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};
use tokio_tungstenite::tungstenite;
use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::{DecodeLimits, MessageBytes};

use super::received::Received;
use super::session::{Incoming, StreamSession};
use crate::api::ApiError;
use crate::caller::{Caller, PeerAddress};
use crate::service::{Service, stopped};

/// Bytes that are read from or written to the network at once. Origin: half a frame of the standard budget; each stream
/// holds two such buffers.
const BUFFER_BYTES: usize = 16 << 10;
/// Signs of life that may stay away in a row.
const MAX_UNANSWERED_PINGS: u32 = 2;

/// Opens a stream, if there is room for one.
pub(crate) async fn upgrade(
    State(service): State<Arc<Service>>,
    peer: Option<Extension<PeerAddress>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return no_websocket(&rejection).into_response(),
    };
    let Ok(permit) = Arc::clone(&service.streams).try_acquire_owned() else {
        return ApiError::overloaded().into_response();
    };
    let peer = peer.map(|Extension(peer)| peer);
    let caller = Caller::of(&headers, peer, service.config.trusted_proxies());
    let max_bytes = DecodeLimits::default().max_message_bytes();
    upgrade
        .max_message_size(max_bytes)
        .max_frame_size(max_bytes)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_write_buffer_size(2 * max_bytes)
        .on_upgrade(move |socket| async move {
            let stream = StreamSession::new(Arc::clone(&service), permit, caller);
            Box::pin(carry(&service, socket, stream)).await;
        })
}

fn no_websocket(rejection: &WebSocketUpgradeRejection) -> ApiError {
    let error = match rejection {
        WebSocketUpgradeRejection::MethodNotGet(_) => ApiError::method_not_allowed(),
        _ => ApiError::of(ErrorCode::BadArgument),
    };
    error.saying("This address takes WebSockets, opened by GET with version 13.")
}

/// What the socket gave.
enum Heard {
    Message(Bytes),
    Unusable(ErrorCode),
    SignOfLife,
    Gone,
}

/// Carries messages until the stream is over.
async fn carry(service: &Service, mut socket: WebSocket, stream: StreamSession) {
    let mut received = Received::default();
    converse(service, &mut socket, stream, &mut received).await;
    // The socket's buffer first: what was received last is wiped when nobody else holds it.
    drop(socket);
    drop(received);
}

async fn converse(
    service: &Service,
    socket: &mut WebSocket,
    mut stream: StreamSession,
    received: &mut Received,
) {
    let limits = service.config.limits;
    let mut stopping = service.stopping.clone();
    let mut pings = interval_at(Instant::now() + limits.ping_every, limits.ping_every);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unanswered = 0;
    while !stream.is_closed() {
        let wakes_at = Instant::from_std(service.clock.instant_at(stream.wakes_at()));
        // A service that stops lets a running attempt end.
        let may_stop = !stream.has_attempt();
        let answers = tokio::select! {
            () = stopped(&mut stopping), if may_stop => stream.take(Incoming::Stopping).await,
            heard = hear(socket) => {
                unanswered = 0;
                match heard {
                    Heard::Message(bytes) => stream.take(Incoming::Message(received.hold(bytes))).await,
                    Heard::Unusable(code) => stream.take(Incoming::Unusable(code)).await,
                    Heard::SignOfLife => continue,
                    Heard::Gone => stream.take(Incoming::Gone).await,
                }
            }
            () = sleep_until(wakes_at) => stream.take(Incoming::Nothing).await,
            _ = pings.tick() => {
                if unanswered >= MAX_UNANSWERED_PINGS {
                    stream.take(Incoming::Gone).await
                } else {
                    unanswered += 1;
                    match timeout(limits.send_within, socket.send(Message::Ping(Vec::new().into()))).await {
                        Ok(Ok(())) => continue,
                        _ => stream.take(Incoming::Gone).await,
                    }
                }
            }
        };
        if timeout(limits.send_within, send(socket, answers)).await != Ok(true) {
            // Who does not read cannot be told.
            drop(stream.take(Incoming::Gone).await);
            return;
        }
    }
    let bye = CloseFrame { code: close_code::NORMAL, reason: "".into() };
    drop(timeout(limits.send_within, socket.send(Message::Close(Some(bye)))).await);
    // Until the other side has closed too, or takes too long: what was sent last must arrive.
    drop(timeout(limits.send_within, async { while let Some(Ok(_)) = socket.recv().await {} }).await);
}

async fn hear(socket: &mut WebSocket) -> Heard {
    match socket.recv().await {
        Some(Ok(Message::Binary(bytes))) => Heard::Message(bytes),
        Some(Ok(Message::Text(_))) => Heard::Unusable(ErrorCode::MessageInvalid),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Heard::SignOfLife,
        Some(Ok(Message::Close(_))) | None => Heard::Gone,
        Some(Err(error)) => match error.into_inner().downcast::<tungstenite::Error>().map(|error| *error) {
            Ok(tungstenite::Error::Capacity(_)) => Heard::Unusable(ErrorCode::MessageTooLarge),
            Ok(tungstenite::Error::Protocol(
                tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
            )) => Heard::Gone,
            Ok(tungstenite::Error::Protocol(_) | tungstenite::Error::Utf8(_)) => {
                Heard::Unusable(ErrorCode::MessageInvalid)
            }
            _ => Heard::Gone,
        },
    }
}

/// Sends all of them; false if the other side is gone.
async fn send(socket: &mut WebSocket, answers: Vec<MessageBytes>) -> bool {
    for answer in answers {
        if socket.send(Message::Binary(answer.into_vec().into())).await.is_err() {
            return false;
        }
    }
    true
}
