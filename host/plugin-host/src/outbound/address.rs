//! Which addresses are of the public internet. Names are judged by what they resolve to, see `client`.
//!
//! Own tables, after the registries of IANA: `IpAddr::is_global` is not stable, and no crate that has it is kept up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// How far an address may be reached. The order counts: a later one is stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// By every plugin that has the host granted.
    Public,
    /// By plugins that have exactly this host and port granted (`private_hosts`).
    Private,
    /// By nobody: link-local and metadata addresses, multicast, "this host".
    Never,
}

const V4_NEVER: [Ipv4Net; 7] = [
    // "This network": on Linux 0.0.0.0 leads to the machine itself.
    v4([0, 0, 0, 0], 8),
    // Link-local, with the metadata services of most clouds.
    v4([169, 254, 0, 0], 16),
    // Metadata services elsewhere: Alibaba, Azure, Oracle.
    v4([100, 100, 100, 200], 32),
    v4([168, 63, 129, 16], 32),
    v4([192, 0, 0, 192], 32),
    // Multicast and broadcast.
    v4([224, 0, 0, 0], 4),
    v4([255, 255, 255, 255], 32),
];

const V4_PRIVATE: [Ipv4Net; 12] = [
    v4([10, 0, 0, 0], 8),
    // Carrier-grade NAT.
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([172, 16, 0, 0], 12),
    // Protocol assignments, documentation, the old relays of 6to4.
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    // Benchmarks, documentation.
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    // Reserved.
    v4([240, 0, 0, 0], 4),
];

const V6_NEVER: [Ipv6Net; 5] = [
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
    // Metadata services: AWS, Google.
    v6([0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254], 128),
    v6([0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254], 128),
];

/// The only block given out for the public internet. What is not in it is not public.
const V6_GLOBAL: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

const V6_PRIVATE: [Ipv6Net; 4] = [
    // Protocol assignments; Teredo, which hides an IPv4 address, is one of them.
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    // Documentation, twice, and 6to4.
    v6([0x2001, 0x0db8, 0, 0, 0, 0, 0, 0], 32),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
];

/// NAT64: leads to the IPv4 address in its last four bytes.
const NAT64: Ipv6Net = v6([0x0064, 0xff9b, 0, 0, 0, 0, 0, 0], 96);
/// "IPv4-compatible", given up long ago: the same.
const COMPATIBLE: Ipv6Net = v6([0, 0, 0, 0, 0, 0, 0, 0], 96);
/// 6to4: the IPv4 address is in bytes 2 to 5.
const SIX_TO_FOUR: Ipv6Net = v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16);

const fn v4(octets: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::from_octets(octets), length)
}

const fn v6(segments: [u16; 8], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::from_segments(segments), length)
}

/// Judges an address; one that carries an IPv4 address inside is judged by that one too.
pub(super) fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    let within = |nets: &[Ipv4Net]| nets.iter().any(|net| net.contains(&address));
    if within(&V4_NEVER) {
        Reach::Never
    } else if within(&V4_PRIVATE) {
        Reach::Private
    } else {
        Reach::Public
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    let within = |nets: &[Ipv6Net]| nets.iter().any(|net| net.contains(&address));
    if let Some(inner) = address.to_ipv4_mapped() {
        reach_v4(inner)
    } else if within(&V6_NEVER) {
        Reach::Never
    } else if address.is_loopback() {
        Reach::Private
    } else if NAT64.contains(&address) {
        reach_v4(low_v4(address))
    } else if COMPATIBLE.contains(&address) {
        reach_v4(low_v4(address)).max(Reach::Private)
    } else if SIX_TO_FOUR.contains(&address) {
        // The same bytes, moved to the end.
        reach_v4(low_v4(Ipv6Addr::from_bits(address.to_bits() >> 80))).max(Reach::Private)
    } else if within(&V6_PRIVATE) || !V6_GLOBAL.contains(&address) {
        Reach::Private
    } else {
        Reach::Public
    }
}

/// The IPv4 address in the last four bytes.
fn low_v4(address: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    Ipv4Addr::from_octets([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.216.34 100.63.255.255 100.128.0.0 126.255.255.255 \
        128.0.0.0 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 \
        192.88.98.1 192.88.100.1 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 \
        203.0.112.255 203.0.114.0 223.255.255.255 2001:200:: 2001:4860:4860::8888 2001:db7:: 2001:db9:: 2003:: \
        2606:4700:4700::1111 2a00:1450:4001::200e 3ffe:: ::ffff:8.8.8.8 64:ff9b::8.8.8.8";

    const PRIVATE: &str = "10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 127.255.255.255 172.16.0.0 \
        172.31.255.255 192.0.0.0 192.0.0.170 192.0.0.255 192.0.2.1 192.88.99.1 192.168.0.0 192.168.255.255 198.18.0.0 \
        198.19.255.255 198.51.100.7 203.0.113.9 240.0.0.0 255.255.255.254 ::1 ::8.8.8.8 ::127.0.0.1 ::ffff:127.0.0.1 \
        ::ffff:10.1.2.3 ::ffff:0:127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::7f00:1 64:ff9b:1::8.8.8.8 100::1 2001::1 \
        2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1 2001:1ff::1 2001:db8::1 \
        2002:7f00:1:: 2002:808:808:: 3fff::1 4000::1 5f00::1 fc00::1 fd12:3456::1 fec0::1 fe00::1";

    const NEVER: &str = "0.0.0.0 0.1.2.3 169.254.0.1 169.254.169.254 169.254.170.2 100.100.100.200 168.63.129.16 \
        192.0.0.192 224.0.0.1 239.255.255.255 255.255.255.255 :: ::ffff:0.0.0.0 ::ffff:169.254.169.254 \
        ::169.254.169.254 64:ff9b::169.254.169.254 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe:: fe80::1 febf::1 \
        ff02::1 ffff::1 fd00:ec2::254 fd20:ce::254";

    #[test]
    fn addresses_are_judged() {
        for (reach_of_all, list) in [
            (Reach::Public, PUBLIC),
            (Reach::Private, PRIVATE),
            (Reach::Never, NEVER),
        ] {
            for text in list.split_whitespace() {
                let address: IpAddr = text.parse().expect(text);
                assert_eq!(reach(address), reach_of_all, "{text}");
            }
        }
    }

    /// The rules that the standard library has must not be wider than ours.
    #[test]
    fn never_wider_than_the_standard_library() {
        for high in 0..=u16::MAX {
            for low in [0u16, 1, 0x0a0a, 0xa9fe, 0xffff] {
                let address = Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
                let special = address.is_private()
                    || address.is_loopback()
                    || address.is_link_local()
                    || address.is_broadcast()
                    || address.is_documentation()
                    || address.is_multicast()
                    || address.is_unspecified();
                let mapped = address.to_ipv6_mapped();
                assert!(!special || reach(address.into()) != Reach::Public, "{address}");
                assert_eq!(reach(mapped.into()), reach(address.into()), "{mapped}");
            }
        }
    }
}
