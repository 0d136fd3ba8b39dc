//! Pictures by URL: only from hosts that the operator allows, and by whatever the program around the service fetches with.
//!
//! A service that fetches what a caller names can be made to reach what only it can reach. So nothing is fetched unless an
//! operator names the hosts; then only `https` from exactly these, without following anywhere else.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::service::Service;

/// Fetches a picture. It must follow no redirection, read at most so many bytes, and give up in time.
pub trait FetchPicture: Send + Sync {
    /// The body of the answer. Blocks; called on a thread that may.
    ///
    /// # Errors
    /// Why there is none, for the log: it must not name the URL.
    fn fetch(&self, url: &str, most: usize) -> Result<Zeroizing<Vec<u8>>, String>;
}

/// Where pictures may be fetched from.
#[derive(Clone)]
pub struct PictureSources {
    hosts: Vec<String>,
    fetch: Arc<dyn FetchPicture>,
}

impl PictureSources {
    /// From these hosts alone (`pictures.example`, or with a port `pictures.example:8443`).
    pub fn new(hosts: impl IntoIterator<Item = String>, fetch: Arc<dyn FetchPicture>) -> Self {
        let hosts = hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect();
        Self { hosts, fetch }
    }

    /// Whether a URL is `https` on one of the hosts.
    fn allows(&self, url: &str) -> bool {
        let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let authority =
            url.strip_prefix("https://").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
        // An `@` would make what stands before it a name, and the host what stands behind.
        let host = authority.filter(|authority| is_plain && !authority.contains('@'));
        host.is_some_and(|host| self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host)))
    }
}

impl std::fmt::Debug for PictureSources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PictureSources").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

/// Why a picture was not fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotFetched {
    /// Its address is none that is allowed.
    NotAllowed,
    /// It could not be fetched.
    Failed,
}

impl Service {
    /// Fetches a picture from where the operator allows it.
    pub(crate) async fn fetch_picture(
        &self,
        url: &str,
        most: usize,
    ) -> Result<Zeroizing<Vec<u8>>, NotFetched> {
        let sources = self.config.picture_sources.as_ref().filter(|sources| sources.allows(url));
        let sources = sources.ok_or(NotFetched::NotAllowed)?.clone();
        let url = url.to_owned();
        let fetched = tokio::task::spawn_blocking(move || sources.fetch.fetch(&url, most)).await;
        match fetched {
            Ok(Ok(picture)) => Ok(picture),
            Ok(Err(reason)) => {
                tracing::info!("a picture could not be fetched: {reason}");
                Err(NotFetched::Failed)
            }
            Err(_panicked) => Err(NotFetched::Failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl FetchPicture for Nothing {
        fn fetch(&self, _url: &str, _most: usize) -> Result<Zeroizing<Vec<u8>>, String> {
            Err("nothing is fetched here".to_owned())
        }
    }

    #[test]
    fn only_https_from_exactly_the_named_hosts_is_fetched() {
        let hosts = ["pictures.example", "cdn.example:8443"].map(str::to_owned);
        let sources = PictureSources::new(hosts, Arc::new(Nothing));
        for url in
            ["https://pictures.example/a.jpg", "https://PICTURES.example?x=1", "https://cdn.example:8443/a"]
        {
            assert!(sources.allows(url), "{url}");
        }
        for url in [
            "http://pictures.example/a.jpg",
            "https://pictures.example:444/a",
            "https://cdn.example/a",
            "https://pictures.example.evil.example/a",
            "https://evil.example/pictures.example",
            "https://pictures.example@evil.example/a",
            "https://evil.example\\@pictures.example/a",
            "https://evil.example#@pictures.example",
            "https://169.254.169.254/latest/meta-data",
            "https://pictures.example /a",
            "https://",
            "file:///etc/passwd",
            "//pictures.example/a",
            "",
        ] {
            assert!(!sources.allows(url), "{url}");
        }
    }
}
