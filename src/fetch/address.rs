//! Which addresses belong to the public internet, and the resolver that knows no others.
//!
//! A feed is written by strangers: its address, or a redirect, may point at a router, a database or a
//! cloud's metadata service. A name is judged by what it resolves to at the moment of connecting, so
//! that a server cannot show one address to a check and another to the connection. A literal address in
//! a URL never reaches a resolver; [`literal`] finds it for the caller to judge.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Whether a stranger's server may live at `address`: globally reachable unicast by IANA's registries of
/// special-purpose addresses. An IPv6 address that carries an IPv4 one is judged by what it carries.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// The address a URL names without a resolver, if it does. Odd spellings (`2130706433`, `0x7f.1`) are
/// already normalised by the URL's parser.
pub(super) fn literal(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Resolves names as another resolver does and keeps the public addresses: what is judged is what is connected
/// to, since nobody asks again in between.
pub(super) struct PublicOnly<R = System>(pub R);

/// Resolves names as the system does.
pub(super) struct System;

/// The name exists, but on no public address.
#[derive(Debug, thiserror::Error)]
#[error("no public address")]
pub(super) struct NotPublic;

impl<R: Resolve> Resolve for PublicOnly<R> {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.0.resolve(name);
        Box::pin(async move { Ok(keep_public(found.await?)?) })
    }
}

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // Port 0 is replaced by the URL's.
            let found: Addrs =
                Box::new(tokio::net::lookup_host((name.as_str(), 0)).await?.collect::<Vec<_>>().into_iter());
            Ok(found)
        })
    }
}

fn keep_public(found: impl Iterator<Item = SocketAddr>) -> Result<Addrs, NotPublic> {
    let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
    if public.is_empty() { Err(NotPublic) } else { Ok(Box::new(public.into_iter())) }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0 | 10 | 127, ..] => true,               // this network, private, loopback
        [100, second, ..] => second & 0xc0 == 64, // behind a provider's NAT
        [169, 254, ..] => true,                   // link-local, metadata services
        [172, second, ..] => second & 0xf0 == 16, // private
        [192, 0, 0 | 2, _] => true,               // protocol assignments, documentation
        [192, 88, 99, _] => true,                 // 6to4 relays
        [192, 168, ..] => true,                   // private
        [198, 18 | 19, ..] => true,               // benchmarks
        [198, 51, 100, _] => true,                // documentation
        [203, 0, 113, _] => true,                 // documentation
        [224..=255, ..] => true,                  // multicast, reserved, broadcast
        _ => false,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    match segments {
        // IPv4-mapped, and the well-known NAT64 prefix, under which a network without IPv4 sees
        // the whole of it.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
        }
        [0x2001, second, ..] if second < 0x200 => false, // protocol assignments, Teredo, ORCHID, benchmarks
        [0x2001, 0xdb8, ..] => false,                    // documentation
        [0x2002, ..] => false,                           // 6to4, retired; carries any IPv4 address
        [0x3fff, second, ..] if second < 0x1000 => false, // documentation
        // All that is given out lies in 2000::/3; loopback, unique local, link-local and multicast do not.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(public: bool, hosts: &[&str]) {
        for host in hosts {
            let url = Url::parse(&format!("http://{host}/")).unwrap_or_else(|e| panic!("{host}: {e}"));
            let address = literal(&url).unwrap_or_else(|| panic!("{host} is no literal address"));
            assert_eq!(is_public(address), public, "{host}, that is {address}");
        }
    }

    #[test]
    fn local_addresses_are_refused_in_every_spelling() {
        check(
            false,
            &[
                "127.0.0.1",
                "127.1",
                "127.0.1",
                "2130706433",
                "0x7f.1",
                "0x7f000001",
                "0177.0.0.1",
                "017700000001",
                "127.0.0.1.",
                "127.255.255.255",
                "１２７.0.0.1",
                "127。0。0。1",
                "%31%32%37.0.0.1",
                "0.0.0.0",
                "0",
                "0.1.2.3",
                "00",
                "10.0.0.1",
                "10.255.255.255",
                "0xa.0.0.1",
                "167772161",
                "100.64.0.1",
                "100.127.255.255",
                "169.254.169.254",
                "0xa9fea9fe",
                "2852039166",
                "169.254.0.1",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.8",
                "192.0.0.170",
                "192.0.2.1",
                "192.88.99.1",
                "192.168.0.1",
                "192.168.255.255",
                "198.18.0.1",
                "198.19.255.255",
                "198.51.100.7",
                "203.0.113.9",
                "224.0.0.1",
                "239.255.255.250",
                "240.0.0.1",
                "255.255.255.255",
            ],
        );
    }

    #[test]
    fn local_addresses_are_refused_in_every_spelling_of_ipv6() {
        check(
            false,
            &[
                "[::]",
                "[::1]",
                "[0:0:0:0:0:0:0:1]",
                "[::127.0.0.1]",
                "[::ffff:7f00:1]",
                "[::ffff:127.0.0.1]",
                "[0:0:0:0:0:ffff:7f00:1]",
                "[::FFFF:10.0.0.1]",
                "[::ffff:169.254.169.254]",
                "[::ffff:0:127.0.0.1]",
                "[64:ff9b::127.0.0.1]",
                "[64:ff9b::a9fe:a9fe]",
                "[64:ff9b::c0a8:1]",
                "[64:ff9b:1::8.8.8.8]",
                "[100::1]",
                "[2001::1]",
                "[2001:0:7f00:1::]",
                "[2001:2::1]",
                "[2001:10::1]",
                "[2001:20::1]",
                "[2001:1ff:ffff::]",
                "[2001:db8::1]",
                "[2002:7f00:1::]",
                "[2002:c0a8:101::1]",
                "[2002:808:808::1]",
                "[3fff::1]",
                "[3fff:fff::1]",
                "[4000::1]",
                "[5f00::1]",
                "[fc00::1]",
                "[fd00::1]",
                "[fd00:ec2::254]",
                "[fe80::1]",
                "[febf::1]",
                "[fec0::1]",
                "[ff02::1]",
                "[ff0e::1]",
            ],
        );
    }

    #[test]
    fn the_neighbours_of_local_ranges_are_public() {
        check(
            true,
            &[
                "1.1.1.1",
                "8.8.8.8",
                "134744072",
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "126.255.255.255",
                "128.0.0.0",
                "169.253.255.255",
                "169.255.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "192.0.1.0",
                "192.0.3.0",
                "192.88.98.1",
                "192.167.255.255",
                "192.169.0.0",
                "198.17.255.255",
                "198.20.0.0",
                "198.51.99.1",
                "203.0.112.1",
                "223.255.255.255",
                "[::ffff:8.8.8.8]",
                "[64:ff9b::8.8.8.8]",
                "[2001:200::1]",
                "[2001:4860:4860::8888]",
                "[2001:db7::1]",
                "[2001:db9::1]",
                "[2003::1]",
                "[2606:4700::1111]",
                "[3fff:1000::1]",
            ],
        );
    }

    #[test]
    fn of_a_name_with_mixed_addresses_only_the_public_ones_are_used() {
        let address = |text: &str| SocketAddr::new(text.parse().unwrap(), 0);
        let found = [address("127.0.0.1"), address("8.8.8.8"), address("fd00::1")];
        assert_eq!(keep_public(found.into_iter()).unwrap().collect::<Vec<_>>(), [address("8.8.8.8")]);
        assert!(keep_public([address("::1")].into_iter()).is_err());
        assert!(keep_public(std::iter::empty()).is_err());
    }

    #[tokio::test]
    async fn localhost_resolves_to_nothing() {
        assert!(PublicOnly(System).resolve("localhost".parse().unwrap()).await.is_err());
    }
}
