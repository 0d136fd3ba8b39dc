//! Origins of web pages: scheme, host and port.

use std::fmt;

/// The origin of web pages, as browsers write it: `https://shop.example`, or with a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebOrigin(String);

/// The text is no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an origin is https:// and a host, maybe a port, and nothing behind it; http:// only for this machine"
)]
#[non_exhaustive]
pub struct InvalidOriginError;

impl WebOrigin {
    /// Reads an origin. Plain HTTP is taken for this machine alone, where browsers trust it, too.
    pub fn parse(text: &str) -> Result<Self, InvalidOriginError> {
        let text = text.trim().to_ascii_lowercase();
        let (is_secure, authority) = match text.split_once("://") {
            Some(("https", authority)) => (true, authority),
            Some(("http", authority)) => (false, authority),
            _ => return Err(InvalidOriginError),
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
        let is_local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        if is_host(host) && is_port && (is_secure || is_local) {
            Ok(Self(text))
        } else {
            Err(InvalidOriginError)
        }
    }

    /// As browsers write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an address is of this origin, for whatever browser reads it: the origin's own text, and behind it a path, a
    /// query, a fragment or nothing.
    pub(crate) fn holds(&self, url: &str) -> bool {
        let is_plain = url.chars().all(|c| !c.is_control() && !c.is_whitespace() && c != '\\');
        let rest = url.get(..self.0.len()).filter(|head| head.eq_ignore_ascii_case(&self.0));
        is_plain
            && rest.is_some_and(|_same| {
                matches!(url.as_bytes().get(self.0.len()), None | Some(b'/' | b'?' | b'#'))
            })
    }
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
            !host.is_empty() && host.len() <= 253 && host.chars().all(is_name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_a_host_and_a_port() {
        for text in [
            "https://shop.example",
            " https://Shop.Example:8443",
            "http://localhost:5173",
            "http://[::1]:80",
            "https://[2001:db8::1]",
        ] {
            assert!(WebOrigin::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "*",
            "null",
            "shop.example",
            "http://shop.example",
            "https://",
            "https://shop.example/",
            "https://shop.example/x",
            "https://a@b.example",
            "https://shop.example:0",
            "https://shop.example:x",
            "ftp://shop.example",
            "https://shop example",
            "https://*.example",
        ] {
            assert!(WebOrigin::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn no_address_of_another_origin_passes_for_one_of_this() {
        let origin = WebOrigin::parse("https://shop.example").unwrap();
        for url in [
            "https://shop.example",
            "https://shop.example/",
            "HTTPS://Shop.example/done?x=1#y",
            "https://shop.example?x",
        ] {
            assert!(origin.holds(url), "{url}");
        }
        for url in [
            "",
            "/",
            "//shop.example",
            "javascript:alert(1)",
            "https://shop.example.evil.example/",
            "https://shop.example@evil.example/",
            "https://shop.example:444/",
            "https://shop.example\\@evil.example",
            "https://shop.example/\nx",
            "https:\\\\shop.example",
            "http://shop.example/",
            " https://shop.example/",
            "https://evil.example/https://shop.example/",
            "https://shop.example\t/",
        ] {
            assert!(!origin.holds(url), "{url}");
        }
    }
}
