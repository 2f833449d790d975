//! The next hop of a redirect: what of the request goes on, and what does not.

use bytes::Bytes;
use http::{Method, StatusCode};
use wagate_protocol::error::HostError;

use super::client::Hop;
use super::headers;
use super::target::Target;

/// The request that follows a redirect with this status to `target`, which is checked already.
pub(super) fn next(from: Hop, status: StatusCode, target: Target) -> Result<Hop, HostError> {
    let Hop {
        mut method,
        target: old,
        mut headers,
        mut body,
    } = from;
    if old.url.scheme() == "https" && target.url.scheme() != "https" {
        return Err(HostError::Denied(format!(
            "host \"{}\" redirects from https to http",
            old.host
        )));
    }
    let becomes_get = match status {
        StatusCode::SEE_OTHER => method != Method::HEAD,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => method == Method::POST,
        _ => false,
    };
    if becomes_get {
        method = Method::GET;
        body = Bytes::new();
        headers::drop_body(&mut headers);
    }
    if old.url.origin() != target.url.origin() {
        headers::drop_secrets(&mut headers);
    }
    Ok(Hop {
        method,
        target,
        headers,
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::super::hosts::AllowedHosts;
    use super::super::target;
    use super::*;

    fn target(url: &str) -> Target {
        let any = vec!["*".parse().unwrap(), "*:81".parse().unwrap()];
        let allowed = AllowedHosts::new(any, Vec::new());
        Target::check(target::parse(url).unwrap(), &allowed, "x.toml").unwrap()
    }

    fn hop(method: Method, url: &str) -> Hop {
        let headers = [
            ("authorization", "a"),
            ("cookie", "c"),
            ("content-type", "t"),
            ("x-own", "o"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Hop {
            method,
            target: target(url),
            headers: headers::check(headers.into()).unwrap(),
            body: Bytes::from_static(b"body"),
        }
    }

    #[test]
    fn the_method_follows_the_status() {
        for (status, method, then) in [
            (301, Method::POST, Method::GET),
            (302, Method::POST, Method::GET),
            (303, Method::POST, Method::GET),
            (303, Method::PUT, Method::GET),
            (303, Method::HEAD, Method::HEAD),
            (301, Method::PUT, Method::PUT),
            (302, Method::DELETE, Method::DELETE),
            (307, Method::POST, Method::POST),
            (308, Method::POST, Method::POST),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let first = hop(method.clone(), "https://a.b/");
            let next = next(first, status, target("https://a.b/x")).unwrap();
            assert_eq!(next.method, then, "{status} {method}");
            let kept = method == then;
            assert_eq!(
                (next.body.len(), next.headers.len()),
                if kept { (4, 4) } else { (0, 3) }
            );
        }
    }

    #[test]
    fn secrets_stay_with_their_origin() {
        for (from, to, kept) in [
            ("https://a.b/1", "https://a.b/2", true),
            ("https://a.b/", "https://A.B:443/", true),
            ("https://a.b/", "https://c.b/", false),
            ("https://a.b/", "https://a.b:81/", false),
            ("http://a.b/", "https://a.b/", false),
        ] {
            let next = next(hop(Method::GET, from), StatusCode::FOUND, target(to)).unwrap();
            for name in ["authorization", "cookie"] {
                assert_eq!(next.headers.contains_key(name), kept, "{from} {to}");
            }
            assert!(next.headers.contains_key("x-own"));
        }
    }

    #[test]
    fn tls_is_not_given_up() {
        let refusal = next(
            hop(Method::GET, "https://a.b"),
            StatusCode::FOUND,
            target("http://a.b"),
        );
        assert!(matches!(refusal, Err(HostError::Denied(_))));
    }
}
