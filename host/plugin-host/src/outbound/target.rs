//! Where a request goes: the URL, checked against the grants. Every hop of a redirect is checked here anew.

use url::{Host, Url};
use wagate_protocol::error::HostError;

use super::address::{Reach, reach};
use super::hosts::{AllowedHosts, Grant};
use super::patterns::{host_of, literal};

const MAX_URL: usize = 8 * 1024;

/// A URL that may be asked, if its name leads to addresses that may be (see `client`).
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) url: Url,
    pub(super) grant: Grant,
    /// For error texts; the URL itself may hold secrets.
    pub(super) host: String,
}

impl Target {
    pub(super) fn check(mut url: Url, allowed: &AllowedHosts, file: &str) -> Result<Self, HostError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid("only http and https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("no user and password; send a header \"authorization\""));
        }
        let host = host_of(&url).ok_or_else(|| invalid("the host is malformed"))?;
        if matches!(host, Host::Domain(_)) {
            // Without the dot at the end, so that TLS and the server see the name that was checked.
            url.set_host(Some(&host.to_string()))
                .map_err(|_| invalid("the host is malformed"))?;
        }
        let name = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        let grant = allowed.find(&host, &url);
        if let Some(address) = literal(&host) {
            check_reach(reach(address), grant, &name, file)?;
        }
        let grant = grant.ok_or_else(|| {
            HostError::Denied(format!(
                "host \"{name}\" is not granted in {file} ([grants] hosts)"
            ))
        })?;
        Ok(Self {
            url,
            grant,
            host: name,
        })
    }
}

/// Whether an address may be asked by this grant.
pub(super) fn check_reach(
    reach: Reach,
    grant: Option<Grant>,
    name: &str,
    file: &str,
) -> Result<(), HostError> {
    match (reach, grant) {
        (Reach::Public, _) | (Reach::Private, Some(Grant::Private)) => Ok(()),
        (Reach::Private, _) => Err(HostError::Denied(format!(
            "host \"{name}\" leads to a private address; grant it in {file} ([grants] private_hosts)"
        ))),
        (Reach::Never, _) => Err(HostError::Denied(format!(
            "host \"{name}\" leads to a link-local, metadata or multicast address, which no grant opens"
        ))),
    }
}

/// The URL of a request as the plugin wrote it.
pub(super) fn parse(text: &str) -> Result<Url, HostError> {
    if text.len() > MAX_URL {
        return Err(invalid(&format!("at most {MAX_URL} bytes")));
    }
    Url::parse(text).map_err(|error| invalid(&error.to_string()))
}

/// The URL a redirect names, absolute or not.
pub(super) fn follow(from: &Url, location: &[u8]) -> Result<Url, HostError> {
    let Ok(location) = std::str::from_utf8(location) else {
        return Err(invalid("not UTF-8"));
    };
    if location.len() > MAX_URL {
        return Err(invalid(&format!("at most {MAX_URL} bytes")));
    }
    from.join(location).map_err(|error| invalid(&error.to_string()))
}

fn invalid(text: &str) -> HostError {
    HostError::Invalid(format!("url: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everything_public() -> AllowedHosts {
        AllowedHosts::new(vec!["*".parse().unwrap()], Vec::new())
    }

    fn check(text: &str) -> Result<Target, HostError> {
        parse(text).and_then(|url| Target::check(url, &everything_public(), "plugins/x.toml"))
    }

    /// Every way to write an address that the `url` crate knows.
    #[test]
    fn addresses_in_disguise_are_denied() {
        for url in "http://127.0.0.1 http://127.1 http://127.0.1 http://2130706433 http://0x7f000001 http://0x7f.1 \
            http://0177.0.0.1 http://017700000001 http://127.0.0.1. http://0 http://0.0.0.0 http://１２７.０.０.１ \
            http://①②⑦.⓪.⓪.① http://127。0。0。1 http://%31%32%37.0.0.1 http://10.0.0.1 http://192.168.1.1 http://172.16.5.4 \
            http://169.254.169.254/latest/meta-data http://2852039166 http://100.100.100.200 http://[::1] http://[::] \
            http://[0:0:0:0:0:0:0:1] http://[::ffff:127.0.0.1] http://[::ffff:7f00:1] http://[::127.0.0.1] \
            http://[::ffff:169.254.169.254] http://[64:ff9b::127.0.0.1] http://[64:ff9b::a9fe:a9fe] http://[2002:7f00:1::] \
            http://[2001:0:4136:e378:8000:63bf:3fff:fdd2] http://[fe80::1] http://[fd00:ec2::254] http://[fc00::1] \
            http://[ff02::1] http:\\\\127.0.0.1 http:127.0.0.1 http:///127.0.0.1 \
            https://255.255.255.255 https://224.0.0.1 https://198.18.0.1 https://203.0.113.1 https://240.0.0.1"
            .split_whitespace()
        {
            let error = check(url).expect_err(url);
            assert!(matches!(error, HostError::Denied(_)), "{url}: {error}");
        }
    }

    #[test]
    fn malformed_urls_are_invalid_and_never_repeated() {
        for url in [
            "",
            "/path",
            "geheim",
            "ftp://a.b/geheim",
            "file:///etc/geheim",
            "gopher://127.0.0.1/geheim",
            "data:,geheim",
            "http://user:geheim@a.b/",
            "http://geheim@a.b/",
            "http://a.b@127.0.0.1/geheim",
            "http://:geheim@a.b/",
            "http://a.b:99999/geheim",
            "http://[fe80::1%25eth0]/geheim",
            "http://a..b../geheim",
            "http://a b/geheim",
            "http://256.1.1.1/geheim",
            "http:///?geheim",
        ] {
            let HostError::Invalid(text) = check(url).expect_err(url) else {
                panic!("{url}")
            };
            assert!(
                text.starts_with("url: ") && !text.contains("geheim"),
                "{url}: {text}"
            );
        }
        assert!(check(&format!("http://a.b/{}", "x".repeat(MAX_URL))).is_err());
    }

    #[test]
    fn good_urls_lose_only_the_dot() {
        for (url, host, whole) in [
            (
                "https://API.example.com./x?y=1",
                "api.example.com",
                "https://api.example.com/x?y=1",
            ),
            ("http://1.1.1.1:80/", "1.1.1.1", "http://1.1.1.1/"),
            (
                "http://1.1.1.1\\@127.0.0.1:81",
                "1.1.1.1",
                "http://1.1.1.1/@127.0.0.1:81",
            ),
            ("http://①.①.①.①", "1.1.1.1", "http://1.1.1.1/"),
            (
                "https://[2606:4700::1]/",
                "[2606:4700::1]",
                "https://[2606:4700::1]/",
            ),
        ] {
            let target = check(url).unwrap();
            assert_eq!((target.host.as_str(), target.url.as_str()), (host, whole));
        }
    }

    #[test]
    fn refusals_name_the_host_and_the_file() {
        let refusal = |url: &str| {
            let url = parse(url).unwrap();
            Target::check(url, &AllowedHosts::default(), "plugins/x.toml").unwrap_err()
        };
        assert_eq!(
            refusal("https://a.b:8443/geheim?geheim=1").to_string(),
            "denied: host \"a.b:8443\" is not granted in plugins/x.toml ([grants] hosts)"
        );
        assert_eq!(
            refusal("http://127.1:81/geheim").to_string(),
            "denied: host \"127.0.0.1:81\" leads to a private address; grant it in plugins/x.toml ([grants] private_hosts)"
        );
    }
}
