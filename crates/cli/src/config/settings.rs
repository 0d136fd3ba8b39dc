//! The settings as the program takes them: of their types and within their ranges.

use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use verilume_server::{WebOrigin, WithoutFlashes};

use super::layers::{Layers, is_secret};
use crate::args::OperatingPointArg;
use crate::failure::{Exit, Failure};
use crate::serve::log_filter;

/// How the service runs. Units and ranges stand in `config.default.toml`.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) public_url: Option<String>,
    pub(crate) is_behind_proxy: bool,
    pub(crate) proxies: usize,
    pub(crate) tls_certificate: Option<PathBuf>,
    pub(crate) tls_key: Option<PathBuf>,
    pub(crate) is_self_signed: bool,
    pub(crate) data: Option<PathBuf>,
    pub(crate) database_url: Option<DatabaseUrl>,
    pub(crate) master_key: Option<PathBuf>,
    /// 0 is one for each core.
    pub(crate) jobs: usize,
    /// 0 is one for every two cores.
    pub(crate) still_jobs: usize,
    /// In lower case; none fetches nothing.
    pub(crate) picture_hosts: Vec<String>,
    pub(crate) operating_point: OperatingPointArg,
    pub(crate) without_flashes: WithoutFlashesArg,
    pub(crate) calibration: Option<PathBuf>,
    pub(crate) texture_model: Option<PathBuf>,
    pub(crate) assets: Option<PathBuf>,
    pub(crate) embedder: Option<PathBuf>,
    pub(crate) face_calibration: Option<PathBuf>,
    pub(crate) is_identification_enabled: bool,
    /// Of one collection.
    pub(crate) max_faces: u32,
    pub(crate) web: Web,
    pub(crate) limits: Limits,
    pub(crate) log_format: LogFormat,
    pub(crate) log_level: String,
    pub(crate) metrics_listen: Option<SocketAddr>,
}

/// What browsers load, and which pages may.
#[derive(Debug)]
pub(crate) struct Web {
    pub(crate) folder: Option<PathBuf>,
    pub(crate) allowed_origins: Vec<WebOrigin>,
    pub(crate) return_origins: Vec<WebOrigin>,
}

/// What connections may cost.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) connections: usize,
    pub(crate) streams: usize,
    pub(crate) pictures: usize,
    pub(crate) header_within: Duration,
    pub(crate) answer_within: Duration,
    pub(crate) drain_within: Duration,
}

/// What becomes of a check without flashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WithoutFlashesArg {
    /// None is made.
    Refuse,
    /// Nobody is called real by it.
    Review,
    /// It decides like any other.
    Accept,
}

impl From<WithoutFlashesArg> for WithoutFlashes {
    fn from(becomes: WithoutFlashesArg) -> Self {
        match becomes {
            WithoutFlashesArg::Refuse => Self::Refuse,
            WithoutFlashesArg::Review => Self::Review,
            WithoutFlashesArg::Accept => Self::Accept,
        }
    }
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// A line of JSON for each event.
    Json,
}

/// The address of a database. A password may stand in it: it is never shown.
#[derive(Clone)]
pub(crate) struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The address itself, to connect with.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Where sessions are kept.
#[derive(Debug)]
pub(crate) enum StoreAddress<'a> {
    Folder(&'a PathBuf),
    Postgres(&'a DatabaseUrl),
}

/// Where the service's certificate comes from.
pub(crate) enum TlsSource<'a> {
    None,
    Files { certificate: &'a Path, key: &'a Path },
    SelfSigned { folder: &'a Path },
}

impl Settings {
    /// Reads every key, or says all that is wrong.
    pub(super) fn read(layers: &Layers) -> Result<Self, Vec<String>> {
        let mut reader = Reader { layers, problems: Vec::new() };
        let settings = Self {
            listen: reader.parsed("server.listen", "an address and a port, such as 127.0.0.1:8080"),
            public_url: reader.text("server.public_url"),
            is_behind_proxy: reader.is_set("server.behind_proxy"),
            proxies: reader.number("server.proxies", 1..=8),
            tls_certificate: reader.text("tls.certificate").map(PathBuf::from),
            tls_key: reader.text("tls.key").map(PathBuf::from),
            is_self_signed: reader.is_set("tls.self_signed"),
            data: reader.text("store.data").map(PathBuf::from),
            database_url: reader.database_url("store.database_url"),
            master_key: reader.text("store.master_key").map(PathBuf::from),
            jobs: reader.number("analysis.jobs", 0..=256),
            still_jobs: reader.number("analysis.still_jobs", 0..=256),
            picture_hosts: reader.hosts("pictures.hosts"),
            operating_point: reader.choice("analysis.operating_point", OperatingPointArg::Balanced),
            without_flashes: reader.choice("analysis.without_flashes", WithoutFlashesArg::Review),
            calibration: reader.text("analysis.calibration").map(PathBuf::from),
            texture_model: reader.text("analysis.texture_model").map(PathBuf::from),
            assets: reader.text("analysis.assets").map(PathBuf::from),
            embedder: reader.text("recognition.embedder").map(PathBuf::from),
            face_calibration: reader.text("recognition.calibration").map(PathBuf::from),
            is_identification_enabled: reader.is_set("identification.enabled"),
            max_faces: u32::try_from(reader.number("identification.max_faces", 1..=1_000_000))
                .unwrap_or(u32::MAX),
            web: Web {
                folder: reader.text("web.folder").map(PathBuf::from),
                allowed_origins: reader.origins("web.allowed_origins"),
                return_origins: reader.origins("web.return_origins"),
            },
            limits: Limits {
                connections: reader.number("limits.connections", 1..=65_536),
                streams: reader.number("limits.streams", 1..=16_384),
                pictures: reader.number("limits.pictures", 1..=1024),
                header_within: reader.secs("limits.header_secs", 1..=300),
                answer_within: reader.secs("limits.answer_secs", 1..=300),
                drain_within: reader.secs("limits.drain_secs", 0..=300),
            },
            log_format: reader.choice("log.format", LogFormat::Text),
            log_level: reader.log_level("log.level"),
            metrics_listen: reader.optional_address("metrics.listen"),
        };
        if reader.problems.is_empty() { Ok(settings) } else { Err(reader.problems) }
    }

    /// Where sessions are kept.
    pub(crate) fn store(&self) -> Result<StoreAddress<'_>, Failure> {
        match (&self.database_url, &self.data) {
            (Some(url), _) => Ok(StoreAddress::Postgres(url)),
            (None, Some(folder)) => Ok(StoreAddress::Folder(folder)),
            (None, None) => Err(Failure::new(
                Exit::Arguments,
                "store_missing",
                "nothing says where sessions are kept",
                "name a folder with --data DIR, or a PostgreSQL database with --database-url URL",
            )),
        }
    }
}

impl Settings {
    /// Where the service's certificate comes from.
    pub(crate) fn tls(&self) -> Result<TlsSource<'_>, Failure> {
        let refused = |problem: &str, hint: &str| {
            Err(Failure::new(Exit::Arguments, "tls_unusable", problem.to_owned(), hint.to_owned()))
        };
        match (&self.tls_certificate, &self.tls_key, self.is_self_signed) {
            (None, None, false) => Ok(TlsSource::None),
            (Some(certificate), Some(key), false) => Ok(TlsSource::Files { certificate, key }),
            (None, None, true) => match &self.data {
                Some(folder) => Ok(TlsSource::SelfSigned { folder }),
                None => refused(
                    "there is no folder to keep the self-signed certificate in",
                    "name one with store.data in a file or VERILUME_DATA; the sessions stay in the database",
                ),
            },
            (_, _, true) => refused(
                "a certificate is given and one is to be made",
                "leave out tls.self_signed, or tls.certificate and tls.key",
            ),
            _ => refused("a certificate needs its key", "set tls.certificate and tls.key, or neither"),
        }
    }
}

/// Reads keys and collects what is wrong with them.
struct Reader<'a> {
    layers: &'a Layers,
    problems: Vec<String>,
}

impl Reader<'_> {
    /// A text, if it is set.
    fn text(&self, key: &str) -> Option<String> {
        self.layers.get(key).value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn is_set(&self, key: &str) -> bool {
        self.layers.get(key).value.as_bool().unwrap_or_default()
    }

    fn number(&mut self, key: &str, range: RangeInclusive<usize>) -> usize {
        let number = self.layers.get(key).value.as_integer().and_then(|number| usize::try_from(number).ok());
        number.filter(|number| range.contains(number)).unwrap_or_else(|| {
            self.refuse(key, &format!("must be between {} and {}", range.start(), range.end()));
            *range.start()
        })
    }

    fn secs(&mut self, key: &str, range: RangeInclusive<usize>) -> Duration {
        Duration::from_secs(self.number(key, range) as u64)
    }

    fn parsed<T: FromStr + From<([u8; 4], u16)>>(&mut self, key: &str, form: &str) -> T {
        let parsed = self.text(key).and_then(|text| text.parse().ok());
        parsed.unwrap_or_else(|| {
            self.refuse(key, &format!("must be {form}"));
            T::from(([127, 0, 0, 1], 0))
        })
    }

    fn optional_address(&mut self, key: &str) -> Option<SocketAddr> {
        self.text(key).map(|_set| self.parsed(key, "an address and a port, such as 127.0.0.1:9464"))
    }

    fn choice<T: ValueEnum>(&mut self, key: &str, otherwise: T) -> T {
        let chosen = self.text(key).and_then(|text| T::from_str(&text, false).ok());
        chosen.unwrap_or_else(|| {
            let all = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            let names: Vec<String> = all.map(|value| value.get_name().to_owned()).collect();
            self.refuse(key, &format!("must be one of {}", names.join(", ")));
            otherwise
        })
    }

    fn origins(&mut self, key: &str) -> Vec<WebOrigin> {
        let text = self.text(key).unwrap_or_default();
        let mut origins = Vec::new();
        for origin in text.split_ascii_whitespace() {
            match WebOrigin::parse(origin) {
                Ok(origin) => origins.push(origin),
                Err(error) => self.refuse(key, &format!("has `{origin}`, which is none: {error};")),
            }
        }
        origins
    }

    fn database_url(&mut self, key: &str) -> Option<DatabaseUrl> {
        let url = self.text(key)?;
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            self.refuse(key, "must begin with postgres://");
        }
        Some(DatabaseUrl(url))
    }

    /// Hosts, divided by commas; each maybe with a port.
    fn hosts(&mut self, key: &str) -> Vec<String> {
        let hosts = self.text(key).unwrap_or_default();
        let hosts: Vec<String> = hosts
            .split(',')
            .map(|host| host.trim().to_ascii_lowercase())
            .filter(|host| !host.is_empty())
            .collect();
        let is_host = |host: &String| {
            host.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']'))
        };
        if !hosts.iter().all(is_host) {
            self.refuse(key, "must be names of hosts, divided by commas, without https:// and without paths");
        }
        hosts
    }

    fn log_level(&mut self, key: &str) -> String {
        let level = self.text(key).unwrap_or_default();
        if log_filter(&level).is_none() {
            let form = "must be error, warn, info, debug, trace or off, or levels of parts of the program: \
                        warn,verilume_server=debug";
            self.refuse(key, form);
        }
        level
    }

    fn refuse(&mut self, key: &str, problem: &str) {
        let setting = self.layers.get(key);
        let value = if is_secret(key) { String::new() } else { format!(" and is {}", setting.value) };
        self.problems.push(format!("{}: {key} {problem}{value}", setting.origin));
    }
}
