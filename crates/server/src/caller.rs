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
    /// Behind so many proxies.
    pub(crate) fn of(headers: &HeaderMap, peer: Option<PeerAddress>, proxies: usize) -> Self {
        Self {
            address: address(headers, peer, proxies),
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

/// Each proxy adds the address that it saw at the end: as many addresses as there are proxies can be trusted, and the first
/// of those is the client's. What stands before them, anybody may have written.
fn address(headers: &HeaderMap, peer: Option<PeerAddress>, proxies: usize) -> Option<IpAddr> {
    let lines = headers.get_all("x-forwarded-for").iter();
    // As bytes: what a stranger wrote into the line need not be text.
    let told: Vec<&[u8]> = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).collect();
    let trusted = &told[told.len().saturating_sub(proxies)..];
    let address = match trusted.first() {
        Some(entry) => address_in(entry),
        None => peer.map(|PeerAddress(peer)| peer.ip()),
    };
    address.map(|address| address.to_canonical())
}

/// An address, maybe with a port: proxies write `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::7` and `[2001:db8::7]:4711`.
fn address_in(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
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
    fn check(forwarded: &[&'static [u8]], proxies: usize, expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", axum::http::HeaderValue::from_bytes(value).unwrap());
        }
        let peer = PeerAddress("198.51.100.4:5".parse().unwrap());
        let found = address(&headers, Some(peer), proxies).map(|address| address.to_string());
        assert_eq!(found.as_deref(), expected);
    }

    #[test]
    fn only_the_proxys_own_word_counts() {
        check(&[], 1, Some("198.51.100.4"));
        check(&[b"203.0.113.7"], 0, Some("198.51.100.4"));
        check(&[b"203.0.113.7"], 1, Some("203.0.113.7"));
        check(&[b"10.0.0.1, 203.0.113.7"], 1, Some("203.0.113.7"));
        check(&[b"10.0.0.1", b"::ffff:203.0.113.7"], 1, Some("203.0.113.7"));
        check(&[b"\xff\xfe, 203.0.113.7"], 1, Some("203.0.113.7"));
        check(&[b"203.0.113.7, nonsense"], 1, None);
    }

    #[test]
    fn behind_a_row_of_proxies_the_outermost_saw_the_client() {
        check(&[b"10.9.9.9, 203.0.113.7, 198.51.100.1"], 2, Some("203.0.113.7"));
        check(&[b"10.9.9.9, 203.0.113.7", b"198.51.100.1"], 2, Some("203.0.113.7"));
        // Past the outer one.
        check(&[b"203.0.113.7"], 2, Some("203.0.113.7"));
        check(&[], 2, Some("198.51.100.4"));
    }

    #[test]
    fn addresses_may_come_with_ports() {
        check(&[b"203.0.113.7:4711"], 1, Some("203.0.113.7"));
        check(&[b"[2001:db8::7]:4711"], 1, Some("2001:db8::7"));
        check(&[b"[2001:db8::7]"], 1, Some("2001:db8::7"));
        check(&[b"2001:db8::7"], 1, Some("2001:db8::7"));
    }
}
