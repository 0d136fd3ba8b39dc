//! The WebSocket to the service, on a thread of its own.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc as tasks;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::failure::{Exit, Failure};
use crate::tls::Trust;

/// The largest message of a service. Origin: a plan of sixteen slots has less than 2 kB.
const LARGEST_MESSAGE: usize = 64 << 10;
/// Messages of the service that wait for the device. Origin: an attempt has fewer.
const MESSAGES_WAITING: usize = 64;
/// The service must answer within this time. Origin: as a browser's.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// What comes from the service.
pub(super) enum Event {
    Message(Vec<u8>),
    Closed,
}

/// An open connection.
pub(super) struct Connection {
    outgoing: tasks::UnboundedSender<Vec<u8>>,
    incoming: mpsc::Receiver<Event>,
}

impl Connection {
    /// Connects to the capture stream of a service.
    pub(super) fn open(server: &str, trust: &Trust) -> Result<Self, Failure> {
        let address = stream_address(server)?;
        let tls = trust.client().map_err(|error| unreachable_service(server, &error.to_string()))?;
        let (outgoing, to_send) = tasks::unbounded_channel();
        let (received, incoming) = mpsc::sync_channel(MESSAGES_WAITING);
        let (opened, outcome) = mpsc::sync_channel(1);
        std::thread::Builder::new()
            .name("connection".to_owned())
            .spawn(move || carry(&address, tls, to_send, &received, &opened))
            .map_err(|error| unreachable_service(server, &error.to_string()))?;
        match outcome.recv() {
            Ok(Ok(())) => Ok(Self { outgoing, incoming }),
            Ok(Err(problem)) => Err(unreachable_service(server, &problem)),
            Err(_) => Err(unreachable_service(server, "the connection ended")),
        }
    }

    /// Sends a message as soon as possible. One that cannot be sent shows as [`Event::Closed`].
    pub(super) fn send(&self, message: Vec<u8>) {
        _ = self.outgoing.send(message);
    }

    /// What has come, if anything has.
    pub(super) fn poll(&self) -> Option<Event> {
        match self.incoming.try_recv() {
            Ok(event) => Some(event),
            Err(mpsc::TryRecvError::Empty) => None,
            Err(mpsc::TryRecvError::Disconnected) => Some(Event::Closed),
        }
    }
}

fn unreachable_service(server: &str, problem: &str) -> Failure {
    Failure::new(
        Exit::Service,
        "service_unreachable",
        format!("no capture stream at {server}: {problem}"),
        "start a service with `verilume serve`, and give its address as http://HOST:PORT or https://HOST:PORT; a self-signed certificate goes with --ca",
    )
}

/// The address of the stream of a service that is at `http://HOST:PORT` or `https://HOST:PORT`.
fn stream_address(server: &str) -> Result<String, Failure> {
    let scheme = match server.split_once("://") {
        Some(("http", _)) => "ws",
        Some(("https", _)) => "wss",
        _ => return Err(unreachable_service(server, "the address does not begin with https:// or http://")),
    };
    match server.trim_end_matches('/').split_once("://") {
        Some((_, host)) if !host.is_empty() => Ok(format!("{scheme}://{host}/face/v1.2/session/stream")),
        _ => Err(unreachable_service(server, "the address names no host")),
    }
}

/// Carries messages both ways until either side ends.
fn carry(
    address: &str,
    tls: Arc<ClientConfig>,
    to_send: tasks::UnboundedReceiver<Vec<u8>>,
    received: &mpsc::SyncSender<Event>,
    opened: &mpsc::SyncSender<Result<(), String>>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(carry_async(address, tls, to_send, received, opened)),
        Err(error) => _ = opened.send(Err(error.to_string())),
    }
    _ = received.send(Event::Closed);
}

/// Bytes both ways, with TLS or without.
trait Bytes: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Bytes for T {}

async fn connect(address: &str, tls: Arc<ClientConfig>) -> Result<WebSocketStream<Box<dyn Bytes>>, Error> {
    let request = address.into_client_request()?;
    let (is_tls, host) =
        (request.uri().scheme_str() == Some("wss"), request.uri().host().unwrap_or_default());
    let host = host.trim_matches(['[', ']']).to_owned();
    let port = request.uri().port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let tcp = TcpStream::connect((host.as_str(), port)).await?;
    // A message is small and awaited.
    tcp.set_nodelay(true)?;
    let stream: Box<dyn Bytes> = if is_tls {
        let name = ServerName::try_from(host).map_err(std::io::Error::other)?;
        Box::new(TlsConnector::from(tls).connect(name, tcp).await?)
    } else {
        Box::new(tcp)
    };
    let config = WebSocketConfig::default().max_message_size(Some(LARGEST_MESSAGE));
    let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
    Ok(socket)
}

async fn carry_async(
    address: &str,
    tls: Arc<ClientConfig>,
    mut to_send: tasks::UnboundedReceiver<Vec<u8>>,
    received: &mpsc::SyncSender<Event>,
    opened: &mpsc::SyncSender<Result<(), String>>,
) {
    let socket = match tokio::time::timeout(CONNECT_WITHIN, connect(address, tls)).await {
        Ok(Ok(socket)) => socket,
        Ok(Err(error)) => {
            _ = opened.send(Err(error.to_string()));
            return;
        }
        Err(_) => {
            _ = opened.send(Err("it does not answer".to_owned()));
            return;
        }
    };
    _ = opened.send(Ok(()));
    let (mut sink, mut stream) = socket.split();
    loop {
        tokio::select! {
            message = to_send.recv() => {
                let Some(message) = message else { break };
                if sink.send(Message::binary(message)).await.is_err() {
                    break;
                }
            }
            message = stream.next() => match message {
                Some(Ok(Message::Binary(bytes))) => _ = received.send(Event::Message(bytes.to_vec())),
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            },
        }
    }
    _ = sink.close().await;
}

#[cfg(test)]
mod tests {
    use super::stream_address;

    #[test]
    fn the_stream_lies_under_the_address_of_the_service() {
        let address = stream_address("http://127.0.0.1:8080/").unwrap();
        assert_eq!(address, "ws://127.0.0.1:8080/face/v1.2/session/stream");
        let address = stream_address("https://face.example").unwrap();
        assert_eq!(address, "wss://face.example/face/v1.2/session/stream");
        for wrong in ["127.0.0.1:8080", "ftp://127.0.0.1", "http://", ""] {
            assert!(stream_address(wrong).is_err(), "{wrong}");
        }
    }
}
