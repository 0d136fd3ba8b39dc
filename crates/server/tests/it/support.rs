//! A running service and its callers.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use verilume_frame::Timestamp;
use verilume_infer::Weights;
use verilume_protocol::stream::{
    AttemptStart, CameraClaims, ClientMessage, DecodeLimits, DeviceClaims, Frame, Hello, JpegBytes, Phase,
    PixelRect, Plan, ProblemMessage, ServerMessage, SessionToken,
};
use verilume_server::{Playground, Server, ServerConfig, create_api_key};
use verilume_store::{KeyLabel, Scope, Scopes, SqlStore};

/// Long enough for a busy machine, short enough to notice what hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A service on a port of its own.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) key: String,
    /// A key that may only read.
    pub(crate) read_key: String,
    pub(crate) admin_key: String,
    /// A key that may have faces looked at.
    pub(crate) faces_key: String,
    /// A key that may enrol people and identify.
    pub(crate) identify_key: String,
    pub(crate) store: Arc<SqlStore>,
    /// The path of the playground, if there is one.
    pub(crate) playground: String,
    stop: Option<oneshot::Sender<()>>,
    served: Option<tokio::task::JoinHandle<()>>,
    _folder: TempDir,
}

impl Running {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut ServerConfig)) -> Self {
        Self::start_with_key(|config, _key| change(config)).await
    }

    /// The same for what needs a key that creates sessions.
    pub(crate) async fn start_with_key(change: impl FnOnce(&mut ServerConfig, &str)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqlStore::open_folder(folder.path()).await.unwrap());
        let key = api_key(&store, Scope::Sessions).await;
        let read_key = api_key(&store, Scope::Read).await;
        let admin_key = api_key(&store, Scope::Admin).await;
        let faces_key = api_key(&store, Scope::Faces).await;
        let identify_key = api_key(&store, Scope::Identify).await;
        let mut config = ServerConfig::new("127.0.0.1:0".parse().unwrap());
        config.workers = 1;
        config.still_workers = 1;
        change(&mut config, &key);
        let playground = config.web.playground.as_ref().map(Playground::path).unwrap_or_default();
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/models");
        let server =
            Server::start(config, Arc::clone(&store) as _, &Weights::in_folder(models)).await.unwrap();
        let address = server.local_addr();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(server.run(async { drop(stopped.await) }));
        Self {
            address,
            key,
            read_key,
            admin_key,
            faces_key,
            identify_key,
            store,
            playground,
            stop: Some(stop),
            served: Some(served),
            _folder: folder,
        }
    }

    /// Tells the service to stop.
    pub(crate) fn tell_to_stop(&mut self) {
        drop(self.stop.take());
    }

    /// Stops the service and waits until it has.
    pub(crate) async fn stop(mut self) {
        self.tell_to_stop();
        let served = self.served.take().unwrap();
        tokio::time::timeout(PATIENCE, served).await.expect("it stops in time").unwrap();
    }

    pub(crate) async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        // A refused body may be cut off.
        drop(socket.write_all(body).await);
        let mut bytes = Vec::new();
        tokio::time::timeout(PATIENCE, socket.read_to_end(&mut bytes)).await.expect("an answer").unwrap();
        Answer::parse(&bytes)
    }

    pub(crate) async fn with_key(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        self.request(method, path, &[("Ocp-Apim-Subscription-Key", &self.key)], body).await
    }

    pub(crate) async fn create(&self) -> Value {
        self.create_with(json!({})).await
    }

    pub(crate) async fn create_with(&self, more: Value) -> Value {
        let mut body = json!({ "livenessOperationMode": "Passive", "deviceCorrelationId": "device" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = self.with_key("POST", SESSIONS, body.to_string().as_bytes()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// A fresh session's token.
    pub(crate) async fn token(&self) -> String {
        self.create().await["authToken"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn stream(&self) -> Stream {
        let url = format!("ws://{}/face/v1.2/session/stream", self.address);
        let tcp = TcpStream::connect(self.address).await.unwrap();
        let (socket, _) = tokio_tungstenite::client_async(url, tcp).await.unwrap();
        Stream { socket }
    }

    /// A stream that has its plan.
    pub(crate) async fn planned(&self, token: &str) -> (Stream, Box<Plan>) {
        let mut stream = self.stream().await;
        stream.say(&hello(token)).await;
        match stream.hear().await {
            Some(ServerMessage::Plan(plan)) => (stream, plan),
            other => panic!("{other:?}"),
        }
    }
}

async fn api_key(store: &SqlStore, scope: Scope) -> String {
    let (label, scopes) = (KeyLabel::new("test").unwrap(), Scopes::new(&[scope]).unwrap());
    create_api_key(store, &label, &scopes).await.unwrap().expose().to_owned()
}

pub(crate) const SESSIONS: &str = "/face/v1.2/detectLiveness-sessions";

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|part| part == b"\r\n\r\n").unwrap_or(bytes.len());
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let bytes = bytes.get(end + 4..).unwrap_or_default().to_vec();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head, body: String::from_utf8_lossy(&bytes).into_owned(), bytes }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let prefix = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(prefix.as_str()))
    }
}

/// A client's end of the stream.
pub(crate) struct Stream {
    pub(crate) socket: WebSocketStream<TcpStream>,
}

impl Stream {
    pub(crate) async fn say(&mut self, message: &ClientMessage) {
        self.say_bytes(message.encode().as_bytes()).await;
    }

    pub(crate) async fn say_bytes(&mut self, bytes: &[u8]) {
        // Who has been refused may not be heard any more.
        drop(self.socket.send(Message::Binary(bytes.to_vec().into())).await);
    }

    /// The next message; `None` when the stream is over.
    pub(crate) async fn hear(&mut self) -> Option<ServerMessage> {
        loop {
            let heard = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("an answer in time");
            match heard {
                Some(Ok(Message::Binary(bytes))) => {
                    return Some(ServerMessage::decode(&bytes, &DecodeLimits::default()).unwrap());
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => return None,
            }
        }
    }

    /// What the stream ends with, whatever comes before it.
    pub(crate) async fn problem(&mut self) -> ProblemMessage {
        loop {
            match self.hear().await {
                Some(ServerMessage::Problem(problem)) => return problem,
                Some(_) => {}
                None => panic!("the stream ended without a word"),
            }
        }
    }

    #[track_caller]
    pub(crate) fn start(plan: &Plan) -> ClientMessage {
        ClientMessage::AttemptStart(AttemptStart {
            attempt: plan.attempt,
            gate_opened_at: Timestamp::from_millis(1),
            looked_for_us: 500_000,
        })
    }
}

pub(crate) fn hello(token: &str) -> ClientMessage {
    ClientMessage::Hello(Box::new(Hello {
        token: SessionToken::new(token),
        protocol_version: 1,
        device: DeviceClaims::default(),
        camera: CameraClaims::default(),
        wanted_profile: String::new(),
        low_bandwidth: false,
        risk_hints: Vec::new(),
        device_correlation_id: String::new(),
        user_correlation_id: String::new(),
    }))
}

/// A frame with these bytes for its JPEG.
pub(crate) fn frame(sequence: u32, phase: Phase, jpeg: Vec<u8>) -> ClientMessage {
    ClientMessage::Frame(Frame {
        sequence,
        captured_at: Timestamp::from_millis(100 + u64::from(sequence) * 66),
        phase,
        crop_in_image: PixelRect { x: 0, y: 0, width: 64, height: 64 },
        image_size: (64, 64),
        jpeg: JpegBytes::new(jpeg),
    })
}

/// A grey picture of 64 x 64 pixels, another one for each shade.
pub(crate) fn grey_jpeg(shade: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
    encoder.encode(&vec![shade; 64 * 64 * 3], 64, 64, jpeg_encoder::ColorType::Rgb).unwrap();
    bytes
}
