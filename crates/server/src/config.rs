//! How a service runs.

use std::net::SocketAddr;
use std::time::Duration;

use verilume_liveness::fusion::FusionConfig;

use crate::abuse::AbuseRules;
use crate::fetch::PictureSources;
use crate::identification::IdentificationConfig;
use crate::networks::OwnNetworks;
use crate::tls::TlsIdentity;
use crate::vault::MasterKey;
use crate::web::WebConfig;

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
    /// How many proxies stand in a row before the service, if any does: so many addresses at the end of `X-Forwarded-For` are
    /// believed, and the first of them is taken for the client's.
    pub proxies: usize,
    /// Threads that analyse captures; 0 is one for each core.
    pub workers: usize,
    /// Threads that look at still pictures; 0 is one for every two cores.
    pub still_workers: usize,
    /// Attempts that one such thread analyses at once, 1..=16. Origin: measured on one core of a server, an attempt
    /// needs less than half of it while it runs.
    pub attempts_per_worker: usize,
    /// How decisions are made.
    pub fusion: FusionConfig,
    /// Networks of the operator's choice. Their files are let go once they are loaded.
    pub networks: OwnNetworks,
    /// What becomes of a check without flashes.
    pub without_flashes: WithoutFlashes,
    /// What connections may cost.
    pub limits: ConnectionLimits,
    /// When failures count as abuse.
    pub abuse: AbuseRules,
    /// Whether and how people are identified.
    pub identification: IdentificationConfig,
    /// Where pictures may be fetched from that callers name by URL; nowhere if absent.
    pub picture_sources: Option<PictureSources>,
    /// Seals the pictures that app servers ask for, and templates of faces; without it sessions that ask for a picture or
    /// compare with one are refused, and faces get no ids. The same on every
    /// node of a store.
    pub master_key: Option<MasterKey>,
    /// What browsers may load.
    pub web: WebConfig,
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
            proxies: 1,
            workers: 0,
            still_workers: 0,
            attempts_per_worker: 2,
            fusion: FusionConfig::default(),
            networks: OwnNetworks::default(),
            without_flashes: WithoutFlashes::default(),
            limits: ConnectionLimits::default(),
            abuse: AbuseRules::default(),
            picture_sources: None,
            identification: IdentificationConfig::default(),
            master_key: None,
            web: WebConfig::default(),
        }
    }

    /// How many proxies' word is believed.
    pub(crate) fn trusted_proxies(&self) -> usize {
        if self.is_behind_proxy { self.proxies } else { 0 }
    }
}

/// What becomes of a check without flashes, which a person may ask for whom flashing light could harm. Nothing ties its
/// picture to the moment: it is decided by what the picture shows and how it moves, and anybody can ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum WithoutFlashes {
    /// None is made.
    Refuse,
    /// Nobody is called real by it: what would be is `uncertain`, for a person to look at. The default, so that nobody
    /// is shut out and nobody gets through more easily.
    #[default]
    Review,
    /// It decides like any other; its assurance is `static`.
    Accept,
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
    /// Still pictures in memory at once: those that arrive, wait or are looked at. Others are told to come back. Origin: 6 MB
    /// each while they wait; the threads that look at them bound how many are decoded.
    pub max_pictures: usize,
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
            max_pictures: 32,
            hello_within: Duration::from_secs(10),
            ping_every: Duration::from_secs(15),
            http_silence: Duration::from_secs(75),
            send_within: Duration::from_secs(10),
            drain_within: Duration::from_secs(25),
        }
    }
}
