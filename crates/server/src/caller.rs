//! Who is at the other end of a connection.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use serde_json::{Value, json};
use verilume_store::{SESSION_ID_RANDOM_BYTES, SessionId};

use crate::clock::fill_random;

/// The longest text of a header that is kept, bytes.
const MAX_KEPT_BYTES: usize = 200;

/// The other end of a connection, as the system names it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PeerAddress(pub(crate) SocketAddr);

/// Who opened a stream.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caller {
    /// Where they connect from, as far as that can be known.
    pub(crate) address: Option<IpAddr>,
    request_id: String,
    client_request_id: Option<String>,
    user_agent: Option<String>,
}

impl Caller {
    pub(crate) fn of(headers: &HeaderMap, peer: Option<PeerAddress>, is_behind_proxy: bool) -> Self {
        Self {
            address: address(headers, peer, is_behind_proxy),
            request_id: random_uuid(),
            client_request_id: kept(headers, "x-ms-client-request-id"),
            user_agent: kept(headers, "user-agent"),
        }
    }

    /// For the record of an attempt.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "ip": self.address.map(|address| address.to_string()),
            "requestId": self.request_id,
            "clientRequestId": self.client_request_id,
            "userAgent": self.user_agent,
        })
    }
}

/// Behind a proxy the last address it adds is the one it saw; what stands before that, anybody may have written.
fn address(headers: &HeaderMap, peer: Option<PeerAddress>, is_behind_proxy: bool) -> Option<IpAddr> {
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back().filter(|_| is_behind_proxy);
    let forwarded =
        forwarded.and_then(|value| value.to_str().ok()).and_then(|value| value.rsplit(',').next());
    let address = match forwarded {
        Some(text) => text.trim().parse().ok(),
        None => peer.map(|PeerAddress(peer)| peer.ip()),
    };
    address.map(|address: IpAddr| address.to_canonical())
}

fn kept(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    (text.len() <= MAX_KEPT_BYTES).then(|| text.to_owned())
}

/// A random UUID.
pub(crate) fn random_uuid() -> String {
    let mut random = [0; SESSION_ID_RANDOM_BYTES];
    fill_random(&mut random);
    SessionId::from_random(random).as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(forwarded: &[&'static str], is_behind_proxy: bool, expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", axum::http::HeaderValue::from_static(value));
        }
        let peer = PeerAddress("198.51.100.4:5".parse().unwrap());
        let found = address(&headers, Some(peer), is_behind_proxy).map(|address| address.to_string());
        assert_eq!(found.as_deref(), expected);
    }

    #[test]
    fn only_the_proxys_own_word_counts() {
        check(&[], true, Some("198.51.100.4"));
        check(&["203.0.113.7"], false, Some("198.51.100.4"));
        check(&["203.0.113.7"], true, Some("203.0.113.7"));
        check(&["10.0.0.1, 203.0.113.7"], true, Some("203.0.113.7"));
        check(&["10.0.0.1", "::ffff:203.0.113.7"], true, Some("203.0.113.7"));
        check(&["nonsense"], true, None);
    }
}
