//! Which hosts the administrator allows: `[grants] hosts` and `[grants] private_hosts`.

use url::{Host, Url};

use super::patterns::{HostPattern, PrivateHost};

/// Which hosts a plugin may reach. By default none.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowedHosts {
    hosts: Vec<HostPattern>,
    private: Vec<PrivateHost>,
}

/// By which entry a request is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grant {
    /// By `hosts`: the addresses have to be public.
    Public,
    /// By `private_hosts`.
    Private,
}

impl AllowedHosts {
    pub(crate) fn new(hosts: Vec<HostPattern>, private: Vec<PrivateHost>) -> Self {
        Self { hosts, private }
    }

    /// The entries, for people.
    pub(crate) fn names(&self) -> Vec<String> {
        let private = self.private.iter().map(ToString::to_string);
        self.hosts
            .iter()
            .map(ToString::to_string)
            .chain(private)
            .collect()
    }

    /// `host` in its one form, see `patterns::host_of`.
    pub(super) fn find(&self, host: &Host, url: &Url) -> Option<Grant> {
        let port = url.port_or_known_default()?;
        if self.private.iter().any(|entry| entry.is(host, port)) {
            return Some(Grant::Private);
        }
        // `Url::port` is none where the port is the scheme's default.
        let default = url.port().is_none();
        let fits = |pattern: &HostPattern| pattern.contains(host, port, default);
        self.hosts.iter().any(fits).then_some(Grant::Public)
    }
}

#[cfg(test)]
mod tests {
    use super::super::patterns::host_of;
    use super::*;

    fn pattern(text: &str) -> HostPattern {
        text.parse().unwrap()
    }

    fn private(text: &str) -> PrivateHost {
        text.parse().unwrap()
    }

    #[test]
    fn patterns_match_what_they_say() {
        for (entry, urls) in [
            (
                "api.example.com",
                "+https://api.example.com/x +http://API.Example.COM. -https://api.example.com:8443/ -http://api.example.com:443 \
                 -https://example.com -https://x.api.example.com -https://api.example.com.evil.org -https://1.1.1.1",
            ),
            (
                "*.example.com",
                "+https://a.example.com +https://a.b.example.com -https://example.com -https://notexample.com \
                 -https://a.example.com.evil.org -https://a.example.com:444",
            ),
            (
                "Api.Example.com.:8443",
                "+https://api.example.com:8443 +http://api.example.com:8443 -https://api.example.com",
            ),
            (
                "api.example.com:443",
                "+https://api.example.com -http://api.example.com",
            ),
            (
                "*",
                "+https://a.b +http://1.1.1.1 +http://[2606::1]/ -http://a.b:81",
            ),
            ("*:81", "+http://a.b:81 -http://a.b"),
            (
                "münchen.example",
                "+https://xn--mnchen-3ya.example +https://MÜNCHEN.example -https://munchen.example",
            ),
            (
                "[2606::1]:8443",
                "+https://[2606:0::0:1]:8443 -https://[2606::2]:8443",
            ),
            (
                "1.1.1.1",
                "+https://1.1.1.1 +https://0x01010101 +https://16843009 +https://[::ffff:1.1.1.1] -https://1.1.1.2",
            ),
        ] {
            let allowed = AllowedHosts::new(vec![pattern(entry)], Vec::new());
            for case in urls.split_whitespace() {
                let (sign, text) = case.split_at(1);
                let url = Url::parse(text).unwrap();
                let found = allowed.find(&host_of(&url).unwrap(), &url);
                assert_eq!(found, (sign == "+").then_some(Grant::Public), "{entry}: {text}");
            }
        }
    }

    #[test]
    fn private_hosts_are_exact() {
        let entries = ["127.0.0.1:5678", "[::1]:80", "n8n.internal:5678"];
        let private = entries.iter().map(|entry| private(entry)).collect();
        let allowed = AllowedHosts::new(Vec::new(), private);
        for case in
            "+http://127.0.0.1:5678/x +http://127.1:5678 +http://[::ffff:127.0.0.1]:5678 +http://[::1] \
            +https://N8N.internal.:5678 -http://127.0.0.1 -http://127.0.0.1:5679 -http://127.0.0.2:5678 \
            -https://[::1] -http://n8n.internal -http://x.n8n.internal:5678"
                .split_whitespace()
        {
            let (sign, text) = case.split_at(1);
            let url = Url::parse(text).unwrap();
            let found = allowed.find(&host_of(&url).unwrap(), &url);
            assert_eq!(found, (sign == "+").then_some(Grant::Private), "{text}");
        }
    }
}
