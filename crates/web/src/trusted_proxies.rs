//! Which peers are reverse proxies of ours, and what they are believed: the address of their caller.
//!
//! ```text
//!   visitor ─► proxy ─► proxy ─► us       X-Forwarded-For: (whatever the visitor sent), visitor, proxy
//!                                read from the right ◄──────────────────────────────── ▲       trusted
//!                                                      the first that is no proxy of ours
//! ```
//! What stands left of that the visitor may have made up, so nobody looks at it. An entry before it that is no
//! address of anybody, or a line that is not there, leaves the peer's own address: whoever brings that about is
//! counted with the proxy, never with somebody else, and never with nobody (A27).

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

/// None by default: then no header is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

/// It is neither an address nor a network, or bits are set behind a network's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoNetwork;

/// `10.0.0.0/8`; a single address has all its bits in the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    first: IpAddr,
    prefix: u32,
}

/// Of the widest private network there is, `fc00::/7`.
const PREFIX_MIN: u32 = 7;

impl TrustedProxies {
    /// Addresses and networks with commas or spaces between them.
    pub fn parse(text: &str) -> Result<Self, NoNetwork> {
        let listed = text.split([',', ' ']).filter(|one| !one.is_empty());
        listed.map(Network::parse).collect::<Result<_, _>>().map(Self)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A network among them in which strangers are too, as it is written.
    pub fn too_wide(&self) -> Option<String> {
        let too_wide = self.0.iter().find(|network| network.prefix < PREFIX_MIN);
        too_wide.map(|Network { first, prefix }| format!("{first}/{prefix}"))
    }

    /// The address that a request came from, of which `peer` is the other end of the connection.
    pub(crate) fn visitor(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.include(peer) {
            return peer;
        }
        // A line that is no text counts as one entry that cannot be read.
        let lines = headers.get_all(FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or_default());
        let mut hops = lines.rev().flat_map(|line| line.rsplit(','));
        let nearest_stranger = hops.find_map(|hop| match address_in(hop.trim()) {
            Some(hop) if self.include(hop) => None,
            // `0.0.0.0` is nobody's; with us it stands for an operator's console.
            Some(hop) if !hop.is_unspecified() => Some(hop),
            Some(_) | None => Some(peer),
        });
        nearest_stranger.unwrap_or(peer)
    }

    fn include(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.includes(address))
    }
}

impl Network {
    fn parse(text: &str) -> Result<Self, NoNetwork> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u32>().map_err(|_| NoNetwork)?)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().map_err(|_| NoNetwork)?;
        let width = width(first);
        let network = Self { first, prefix: prefix.unwrap_or(width) };
        // Peers are compared in their IPv4 form, so one written as IPv6 would never be met. Bits behind the prefix
        // are a slip: whoever trusts too much by it should hear of it.
        let is_written_well = first == first.to_canonical() && network.prefix <= width;
        if is_written_well && bits(first) == network.beginning_of(first) {
            Ok(network)
        } else {
            Err(NoNetwork)
        }
    }

    fn includes(self, address: IpAddr) -> bool {
        width(address) == width(self.first) && self.beginning_of(address) == bits(self.first)
    }

    /// The first address of the network of this size around `address`.
    fn beginning_of(self, address: IpAddr) -> u128 {
        let behind = width(address).saturating_sub(self.prefix);
        bits(address).checked_shr(behind).unwrap_or(0).checked_shl(behind).unwrap_or(0)
    }
}

/// Some balancers name the caller's port as well, and an IPv6 address then stands in brackets, or does so anyway.
fn address_in(hop: &str) -> Option<IpAddr> {
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    let with_port = || hop.parse::<SocketAddr>().ok().map(|hop| hop.ip());
    let address = hop.parse().ok().or_else(with_port).or_else(bracketed)?;
    Some(address.to_canonical())
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn width(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// What every proxy can write. `Forwarded` and `X-Real-IP` are not read: one that proxies do not overwrite is one
/// that visitors can send.
const FORWARDED_FOR: &str = "x-forwarded-for";

#[cfg(test)]
mod tests {
    use super::*;

    const PROXIES: &str = "10.0.0.0/8, 127.0.0.1, 2001:db8:1::/48";

    #[test]
    fn the_visitor_is_the_nearest_hop_that_is_no_proxy() {
        for (lines, visitor) in [
            (&["203.0.113.7"][..], "203.0.113.7"),
            (&["198.51.100.1, 203.0.113.7, 10.1.2.3"], "203.0.113.7"),
            (&["198.51.100.1", "203.0.113.7,10.1.2.3", "2001:db8:1::9"], "203.0.113.7"),
            (&["a, 203.0.113.7"], "203.0.113.7"),
            (&["::ffff:203.0.113.7"], "203.0.113.7"),
            (&["2001:db8:2::7,::ffff:10.9.9.9"], "2001:db8:2::7"),
            (&["203.0.113.7:4711"], "203.0.113.7"),
            (&["[2001:db8:2::7]:4711, 10.1.2.3:80"], "2001:db8:2::7"),
            (&["[2001:db8:2::7], [2001:db8:1::9]"], "2001:db8:2::7"),
            (&["[::ffff:203.0.113.7]:4711"], "203.0.113.7"),
        ] {
            assert_eq!(seen_from("127.0.0.1", lines), address(visitor), "{lines:?}");
        }
    }

    /// A27: what cannot be read leaves the peer's address, and never nobody's or one that was made up.
    #[test]
    fn atk_27_a_missing_or_unreadable_hop_leaves_the_proxy() {
        for lines in [
            &[][..],
            &[""],
            &["a"],
            &["203.0.113.7, a"],
            &["203.0.113.7,"],
            &["203.0.113.7", "unknown"],
            &["203.0.113.7:"],
            &["203.0.113.7:65536"],
            &["[203.0.113.7]"],
            &["[2001:db8:2::7"],
            &["[2001:db8:2::7]:"],
            &["[0.0.0.0]:80"],
            &["0.0.0.0:80"],
            &["[::]"],
            &["10.1.2.3:80"],
            &["for=203.0.113.7"],
            &["10.1.2.3"],
            &["0.0.0.0"],
            &["203.0.113.7, ::"],
            &["::ffff:0.0.0.0"],
            &["203.0.113.7", "\u{e9}"],
        ] {
            assert_eq!(seen_from("127.0.0.1", lines), address("127.0.0.1"), "{lines:?}");
        }
    }

    #[test]
    fn atk_27_nobody_else_is_believed() {
        for peer in ["127.0.0.2", "11.0.0.1", "2001:db8:2::1", "::1"] {
            assert_eq!(seen_from(peer, &["203.0.113.7"]), address(peer));
        }
        let headers = headers(&["203.0.113.7"]);
        let nobody = TrustedProxies::default();
        assert_eq!(nobody.visitor(address("127.0.0.1"), &headers), address("127.0.0.1"));
    }

    #[test]
    fn a_list_is_of_addresses_and_networks_and_nothing_else() {
        assert_eq!(TrustedProxies::parse("").unwrap(), TrustedProxies::default());
        assert!(TrustedProxies::parse("0.0.0.0/0 ::/0").is_ok());
        for wrong in [
            "localhost",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "10.0.0/8",
            "::ffff:10.0.0.1",
            "2001:db8::1/64",
            "::/129",
            "*",
            "10.0.0.1;10.0.0.2",
        ] {
            assert_eq!(TrustedProxies::parse(wrong), Err(NoNetwork), "{wrong}");
        }
    }

    fn seen_from(peer: &str, lines: &[&str]) -> IpAddr {
        TrustedProxies::parse(PROXIES).unwrap().visitor(address(peer), &headers(lines))
    }

    fn headers(lines: &[&str]) -> HeaderMap {
        let lines = lines.iter().map(|line| axum::http::HeaderValue::from_bytes(line.as_bytes()).unwrap());
        lines.map(|line| (axum::http::HeaderName::from_static(FORWARDED_FOR), line)).collect()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }
}
