//! Where a client connects from, as far as a rule may ask.

use std::net::IpAddr;

/// An address or a block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    base: IpAddr,
    prefix: u32,
}

impl Network {
    /// From an address (`203.0.113.7`) or a CIDR block (`203.0.113.0/24`, RFC 4632).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (base, prefix) = match text.split_once('/') {
            Some((base, prefix)) => (base, Some(prefix)),
            None => (text, None),
        };
        let base = base.trim().parse::<IpAddr>().ok()?.to_canonical();
        let most = bits(base);
        let prefix = match prefix {
            Some(prefix) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => prefix.parse().ok()?,
            Some(_) => return None,
            None => most,
        };
        (prefix <= most).then_some(Self { base, prefix })
    }

    pub(crate) fn contains(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        bits(self.base) == bits(address) && leading(self.base, self.prefix) == leading(address, self.prefix)
    }
}

/// The network that stands for one household or company. Origin: the smallest blocks that are routed, /24 and /48.
pub(crate) fn neighbourhood(address: IpAddr) -> String {
    let address = address.to_canonical();
    let prefix = if address.is_ipv4() { 24 } else { 48 };
    let kept = leading(address, prefix) << (bits(address) - prefix);
    let base = match address {
        IpAddr::V4(_) => IpAddr::V4(u32::try_from(kept).unwrap_or_default().into()),
        IpAddr::V6(_) => IpAddr::V6(kept.into()),
    };
    format!("{base}/{prefix}")
}

fn bits(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The first bits of an address, as a number.
fn leading(address: IpAddr, prefix: u32) -> u128 {
    let number = match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    };
    number.checked_shr(bits(address) - prefix).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(network: &str, address: &str, is_in: bool) {
        assert_eq!(Network::parse(network).unwrap().contains(address.parse().unwrap()), is_in);
    }

    #[test]
    fn addresses_are_in_their_networks() {
        check("203.0.113.0/24", "203.0.113.255", true);
        check("203.0.113.0/24", "203.0.114.0", false);
        check("203.0.113.7", "203.0.113.7", true);
        check("203.0.113.7", "203.0.113.8", false);
        check("0.0.0.0/0", "8.8.8.8", true);
        check("0.0.0.0/0", "2001:db8::1", false);
        check("2001:db8::/32", "2001:db8:1::1", true);
        check("::/0", "2001:db8::1", true);
        check("203.0.113.0/24", "::ffff:203.0.113.9", true);
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "203.0.113", "203.0.113.0/33", "203.0.113.0/-1", "203.0.113.0/", "::/129", "a/8"] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_neighbourhood_is_the_block_that_is_routed() {
        assert_eq!(neighbourhood("203.0.113.77".parse().unwrap()), "203.0.113.0/24");
        assert_eq!(neighbourhood("2001:db8:5:6::7".parse().unwrap()), "2001:db8:5::/48");
    }
}
