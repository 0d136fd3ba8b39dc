//! Fetches pictures for the service, from the hosts that its operator names.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use verilume_server::{FetchPicture, PictureSources};
use zeroize::Zeroizing;

use crate::config::Settings;
use crate::failure::Failure;
use crate::tls::Trust;

/// A picture must be there within this time. Initial: 6 MB over a slow line.
const WITHIN: Duration = Duration::from_secs(10);

/// Where pictures may be fetched from; nowhere unless hosts are named.
pub(crate) fn sources(settings: &Settings) -> Result<Option<PictureSources>, Failure> {
    let hosts = &settings.picture_hosts;
    if hosts.is_empty() {
        return Ok(None);
    }
    let trust = Trust::of("https://", None)?;
    Ok(Some(PictureSources::new(hosts.iter().cloned(), Arc::new(Fetcher::new(&trust)))))
}

struct Fetcher(Agent);

impl Fetcher {
    fn new(trust: &Trust) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(WITHIN))
            // What is behind a redirection, nobody has allowed.
            .max_redirects(0)
            .max_redirects_will_error(true)
            .https_only(true)
            .tls_config(trust.requests());
        Self(config.build().into())
    }
}

impl FetchPicture for Fetcher {
    fn fetch(&self, url: &str, most: usize) -> Result<Zeroizing<Vec<u8>>, String> {
        // The library's messages may hold the address.
        let mut answer = self.0.get(url).call().map_err(|error| match error {
            ureq::Error::StatusCode(status) => format!("its host answers {status}"),
            _ => "its host cannot be reached, or redirects".to_owned(),
        })?;
        // All of it at once: a buffer that grows leaves copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(most + 1));
        let mut body = answer.body_mut().as_reader().take(most as u64 + 1);
        body.read_to_end(&mut bytes).map_err(|_cut| "its host ended the answer early".to_owned())?;
        if bytes.len() > most {
            return Err(format!("it has more than {most} bytes"));
        }
        Ok(bytes)
    }
}
