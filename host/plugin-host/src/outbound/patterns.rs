//! How hosts are written in the administrator's file, and the one form in which they are compared.

use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Visitor};
use url::{Host, Url};

use super::address::{Reach, reach};

/// An entry of `hosts`: `api.example.com`, `*.example.com` (subdomains only), `api.example.com:8443` or `*`.
///
/// Without a port it means the default port of the scheme, with one this port alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostPattern {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    Any,
    /// Every subdomain of this one.
    Below(String),
    Exactly(Host),
}

/// An entry of `private_hosts`: `127.0.0.1:5678`, `[::1]:80`, `n8n.internal:5678`. May lead to a private address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PrivateHost {
    host: Host,
    port: u16,
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.hosts {
            Hosts::Any => f.write_str("*")?,
            Hosts::Below(parent) => write!(f, "*.{parent}")?,
            Hosts::Exactly(host) => host.fmt(f)?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for PrivateHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl HostPattern {
    pub(super) fn contains(&self, host: &Host, port: u16, is_default: bool) -> bool {
        self.port.map_or(is_default, |wanted| wanted == port) && self.hosts.contain(host)
    }
}

impl PrivateHost {
    pub(super) fn is(&self, host: &Host, port: u16) -> bool {
        self.host == *host && self.port == port
    }
}

impl Hosts {
    fn contain(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Exactly(wanted), host) => wanted == host,
            (Self::Below(parent), Host::Domain(name)) => name
                .strip_suffix(parent.as_str())
                .and_then(|rest| rest.strip_suffix('.'))
                .is_some_and(|rest| !rest.is_empty()),
            (Self::Below(_), _) => false,
        }
    }
}

/// The host of a URL in its one form: lower case, no dot at the end, IPv4 not dressed up as IPv6.
pub(super) fn host_of(url: &Url) -> Option<Host> {
    url.host().and_then(|host| one_form(host.to_owned()))
}

fn one_form(host: Host) -> Option<Host> {
    match host {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(&name);
            (!name.is_empty() && !name.ends_with('.')).then(|| Host::Domain(name.to_owned()))
        }
        Host::Ipv6(address) => match address.to_ipv4_mapped() {
            Some(inner) => Some(Host::Ipv4(inner)),
            None => Some(Host::Ipv6(address)),
        },
        Host::Ipv4(address) => Some(Host::Ipv4(address)),
    }
}

/// The address, where the host is one.
pub(super) fn literal(host: &Host) -> Option<IpAddr> {
    match host {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some((*address).into()),
        Host::Ipv6(address) => Some((*address).into()),
    }
}

impl FromStr for HostPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, port) = split_port(text)?;
        let hosts = if name == "*" {
            Hosts::Any
        } else if let Some(parent) = name.strip_prefix("*.") {
            match parse_host(parent, text)? {
                Host::Domain(parent) => Hosts::Below(parent),
                Host::Ipv4(_) | Host::Ipv6(_) => {
                    return Err(format!("\"{text}\": an address has no subdomains"));
                }
            }
        } else {
            let host = parse_host(name, text)?;
            if literal(&host).is_some_and(|address| reach(address) != Reach::Public) {
                return Err(format!(
                    "\"{text}\" is not a public address: it belongs into private_hosts, with its port"
                ));
            }
            Hosts::Exactly(host)
        };
        Ok(Self { hosts, port })
    }
}

impl FromStr for PrivateHost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, port) = split_port(text)?;
        let host = parse_host(name, text)?;
        if literal(&host).is_some_and(|address| reach(address) == Reach::Never) {
            return Err(format!(
                "\"{text}\" cannot be granted: link-local, metadata and multicast addresses are closed to plugins"
            ));
        }
        let port = port.ok_or_else(|| format!("\"{text}\" needs a port, like \"n8n.internal:5678\""))?;
        Ok(Self { host, port })
    }
}

impl<'de> Deserialize<'de> for HostPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Entry(PhantomData))
    }
}

impl<'de> Deserialize<'de> for PrivateHost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Entry(PhantomData))
    }
}

/// Parses while the text is read: so an error has the place of this entry, not that of the whole list.
struct Entry<T>(PhantomData<T>);

impl<T: FromStr<Err = String>> Visitor<'_> for Entry<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a host, like \"api.example.com\"")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

fn split_port(text: &str) -> Result<(&str, Option<u16>), String> {
    // The colons of an IPv6 address stand in brackets.
    let end = text.rfind(']').map_or(0, |bracket| bracket + 1);
    let (address, rest) = text.split_at(end);
    let Some((name, port)) = rest.split_once(':') else {
        return Ok((text, None));
    };
    let name = if address.is_empty() { name } else { address };
    match port.parse() {
        Ok(number) if number > 0 && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok((name, Some(number)))
        }
        _ if port.contains(':') => Err(format!(
            "\"{text}\": an IPv6 address stands in brackets, like \"[::1]:80\""
        )),
        _ if port.starts_with('/') => Err(not_a_host(text)),
        _ => Err(format!("\"{text}\": the port is not between 1 and 65535")),
    }
}

fn parse_host(name: &str, text: &str) -> Result<Host, String> {
    if name.contains(['/', '@', '?', '#', '%', '\\']) || name.contains(char::is_whitespace) {
        return Err(not_a_host(text));
    }
    if name.contains('*') {
        return Err(format!(
            "\"{text}\": a star stands alone or for all subdomains, like \"*.example.com\""
        ));
    }
    Host::parse(name)
        .ok()
        .and_then(one_form)
        .ok_or_else(|| not_a_host(text))
}

fn not_a_host(text: &str) -> String {
    format!("\"{text}\" is no host: write \"api.example.com\", without https:// and without a path")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Result<HostPattern, String> {
        text.parse()
    }

    fn private(text: &str) -> Result<PrivateHost, String> {
        text.parse()
    }

    #[test]
    fn bad_entries_say_what_is_wrong() {
        for (entry, part) in [
            ("", "is no host"),
            ("https://a.b", "is no host"),
            ("a.b/path", "is no host"),
            ("user@a.b", "is no host"),
            ("a b", "is no host"),
            ("a..", "is no host"),
            ("[::1", "brackets"),
            ("a*.b", "a star stands alone"),
            ("*.*.b", "a star stands alone"),
            ("*.1.2.3.4", "no subdomains"),
            ("a.b:", "the port"),
            ("a.b:0", "the port"),
            ("a.b:+80", "the port"),
            ("a.b:65536", "the port"),
            ("::1", "brackets"),
            ("10.0.0.1", "private_hosts"),
            ("[::1]:80", "private_hosts"),
        ] {
            let error = pattern(entry).expect_err(entry);
            assert!(error.contains(part), "{entry}: {error}");
        }
        assert!(private("127.0.0.1").unwrap_err().contains("needs a port"));
        assert!(private("169.254.169.254:80").unwrap_err().contains("metadata"));
        assert!(private("*:80").unwrap_err().contains("a star"));
    }

    #[test]
    fn toml_errors_have_their_place() {
        #[derive(Debug, serde::Deserialize)]
        struct Grants {
            hosts: Vec<HostPattern>,
        }
        let text = "hosts = [\n  \"a.b\",\n  \"https://c.d\",\n]\n";
        let error = toml::from_str::<Grants>(text).unwrap_err();
        assert_eq!(error.span().unwrap().start, text.find("\"https").unwrap());
        assert!(
            error.message().contains("without https://"),
            "{}",
            error.message()
        );
        assert_eq!(
            toml::from_str::<Grants>("hosts = [\"*\"]").unwrap().hosts.len(),
            1
        );
    }
}
