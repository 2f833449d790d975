//! Where a request comes from: the client's address, and what a trusted proxy in front says about the outside.

use std::net::IpAddr;

use axum::http::{HeaderMap, header};

use crate::config::network::Networks;

/// The other end of the connection, as an extension of the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Where a request comes from, as an extension of the request.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// The client, also behind a trusted proxy.
    pub(crate) address: Option<IpAddr>,
    /// Whether the client speaks https.
    pub(crate) is_https: bool,
    /// Host and port as the client knows them.
    pub(crate) host: Option<String>,
}

impl Origin {
    /// What the connection and the headers say; headers about the outside count from trusted proxies alone.
    pub(crate) fn of(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &Networks) -> Self {
        let behind_proxy = peer.is_some_and(|peer| trusted.contain(peer));
        let told = |name: &str| -> Option<String> {
            let value = headers.get(name).filter(|_| behind_proxy)?.to_str().ok()?;
            // Proxies in a row append; the last word is of the one we trust.
            let last = value.rsplit(',').next()?.trim();
            (!last.is_empty()).then(|| last.to_ascii_lowercase())
        };
        let host = told("x-forwarded-host").or_else(|| {
            let host = headers.get(header::HOST)?.to_str().ok()?;
            Some(host.to_ascii_lowercase())
        });
        Self {
            address: peer.map(|peer| client(peer, headers, trusted)),
            is_https: told("x-forwarded-proto").as_deref() == Some("https"),
            host,
        }
    }

    /// The address as text, for limits and the log. An IPv6 client owns a whole /64, and counts as one.
    pub(crate) fn limit_key(&self) -> String {
        match self.address {
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
            Some(IpAddr::V4(address)) => address.to_string(),
            None => "-".to_owned(),
        }
    }

    /// The address as text.
    pub(crate) fn address_text(&self) -> Option<String> {
        self.address.map(|address| address.to_string())
    }
}

/// From the right, the first address that is not a trusted proxy's: what stands left of it anybody can write.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &Networks) -> IpAddr {
    let peer = peer.to_canonical();
    if !trusted.contain(peer) {
        return peer;
    }
    let mut nearest = peer;
    let chain = headers.get_all("x-forwarded-for");
    let chain: Vec<&str> = chain
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for hop in chain.iter().rev() {
        let Some(address) = address_of(hop) else {
            return nearest;
        };
        nearest = address;
        if !trusted.contain(address) {
            return address;
        }
    }
    nearest
}

/// Some proxies write the port as well.
fn address_of(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let address = hop.parse().ok().or_else(|| {
        let socket: std::net::SocketAddr = hop.parse().ok()?;
        Some(socket.ip())
    })?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::Origin;
    use crate::config::network::Networks;

    fn origin(peer: &str, headers: &[(&'static str, &str)]) -> Origin {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        Origin::of(Some(peer.parse().unwrap()), &map, &Networks::loopback())
    }

    #[test]
    fn only_a_trusted_proxy_says_who_the_client_is() {
        let address = |peer: &str, chain: &[&str]| {
            let headers: Vec<(&'static str, &str)> =
                chain.iter().map(|value| ("x-forwarded-for", *value)).collect();
            origin(peer, &headers).address.unwrap().to_string()
        };
        assert_eq!(address("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(address("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(address("127.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(address("127.0.0.1", &["1.1.1.1, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            address("127.0.0.1", &["1.1.1.1", "198.51.100.7, 127.0.0.2"]),
            "198.51.100.7"
        );
        assert_eq!(address("127.0.0.1", &["nonsense"]), "127.0.0.1");
        assert_eq!(
            address("::ffff:127.0.0.1", &["198.51.100.7:4711"]),
            "198.51.100.7"
        );
    }

    #[test]
    fn https_and_host_are_believed_from_a_proxy_alone() {
        let headers = [
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "Gateway.example"),
            ("host", "127.0.0.1:3000"),
        ];
        let inside = origin("127.0.0.1", &headers);
        assert!(inside.is_https);
        assert_eq!(inside.host.as_deref(), Some("gateway.example"));
        let outside = origin("192.0.2.1", &headers);
        assert!(!outside.is_https);
        assert_eq!(outside.host.as_deref(), Some("127.0.0.1:3000"));
    }

    #[test]
    fn an_ipv6_network_counts_as_one_client() {
        let key = |peer: &str| origin(peer, &[]).limit_key();
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), key("2001:db8:1:2:ffff::1"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
