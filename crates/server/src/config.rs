//! How a service runs.

use std::net::SocketAddr;
use std::time::Duration;

use verilume_liveness::fusion::FusionConfig;

use crate::abuse::AbuseRules;
use crate::tls::TlsIdentity;
use crate::vault::MasterKey;

/// How a service runs. [`ServerConfig::new`] gives the defaults; each field says its unit and where it comes from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerConfig {
    /// Where to listen. Port 0 takes any free port.
    pub listen: SocketAddr,
    /// The address that clients are told in their tokens, without a slash at its end; `None` is the scheme and the
    /// address listened on.
    pub public_url: Option<String>,
    /// The certificate to speak TLS with; `None` is plain HTTP.
    pub tls: Option<TlsIdentity>,
    /// Where Prometheus may read what the service counts, in plain HTTP; `None` is nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// A proxy with TLS stands before the service: without one, and without TLS, it listens on this machine only.
    pub is_behind_proxy: bool,
    /// Threads that analyse captures; 0 is one for each core.
    pub workers: usize,
    /// Attempts that one such thread analyses at once, 1..=16. Origin: measured on one core of a server, an attempt
    /// needs less than half of it while it runs.
    pub attempts_per_worker: usize,
    /// How decisions are made.
    pub fusion: FusionConfig,
    /// What connections may cost.
    pub limits: ConnectionLimits,
    /// When failures count as abuse.
    pub abuse: AbuseRules,
    /// Seals the pictures that app servers ask for; without it sessions that ask for one are refused. The same on every
    /// node of a store.
    pub master_key: Option<MasterKey>,
}

impl ServerConfig {
    /// The defaults, listening at `listen`.
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            listen,
            public_url: None,
            tls: None,
            metrics_listen: None,
            is_behind_proxy: false,
            workers: 0,
            attempts_per_worker: 2,
            fusion: FusionConfig::default(),
            limits: ConnectionLimits::default(),
            abuse: AbuseRules::default(),
            master_key: None,
        }
    }
}

/// What connections may cost.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ConnectionLimits {
    /// Connections at once, of any kind. Initial: some kilobytes each.
    pub max_connections: usize,
    /// Capture streams at once. Initial: most of them wait for a person; the analysis has a limit of its own.
    pub max_streams: usize,
    /// Streams of events at once. Initial: each asks the store twice a second.
    pub max_event_streams: usize,
    /// The handshake of TLS, and after it the head of a request, must each arrive within this time. Initial: slow phones
    /// need a second.
    pub header_within: Duration,
    /// From the head of a request on, its body must have arrived and been answered within this time. Initial: a decision
    /// takes 14 s at most.
    pub answer_within: Duration,
    /// The body of a request of the session API, bytes. Origin: a request has some hundred bytes.
    pub max_body_bytes: usize,
    /// The body of a request that brings a reference image, bytes. Origin: the contract takes pictures up to 6 MB.
    pub max_form_bytes: usize,
    /// The hello must arrive within this time after the stream is open. Initial: it needs no person.
    pub hello_within: Duration,
    /// The other side of a stream is asked for a sign of life this often, and is gone after two without one. Initial.
    pub ping_every: Duration,
    /// A stream of single requests whose client says nothing for this long is gone: it has no pings. Origin: a pause lasts
    /// 65 s at most, and every request is a sign of life, also one without a message.
    pub http_silence: Duration,
    /// A message to a client must be taken within this time. Initial.
    pub send_within: Duration,
    /// When the service stops, running streams have this long to end. Origin: an attempt lasts 20 s at most.
    pub drain_within: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            max_connections: 1024,
            max_streams: 256,
            max_event_streams: 64,
            header_within: Duration::from_secs(10),
            answer_within: Duration::from_secs(20),
            max_body_bytes: 64 << 10,
            max_form_bytes: (6 << 20) + (64 << 10),
            hello_within: Duration::from_secs(10),
            ping_every: Duration::from_secs(15),
            http_silence: Duration::from_secs(75),
            send_within: Duration::from_secs(10),
            drain_within: Duration::from_secs(25),
        }
    }
}
