//! Headers: what a plugin may send, what a redirect takes away, what an answer carries back.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use wagate_protocol::error::HostError;

const MAX_HEADERS: usize = 64;
const MAX_HEADER_BYTES: usize = 16 * 1024;

/// They belong to the connection, not to the request.
const OF_THE_CONNECTION: [&str; 7] = [
    "connection",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// They follow from the URL and the body.
const OF_THE_HOST: [&str; 2] = ["content-length", "host"];
const PROXY: &str = "proxy-";

/// Meant for one origin.
const SECRETS: [HeaderName; 2] = [header::AUTHORIZATION, header::COOKIE];
/// They describe a body.
const OF_THE_BODY: [HeaderName; 4] = [
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LOCATION,
    header::CONTENT_TYPE,
];

/// The headers of a plugin's request. Errors name a header, never a value.
pub(super) fn check(headers: Vec<(String, String)>) -> Result<HeaderMap, HostError> {
    if headers.len() > MAX_HEADERS {
        return Err(invalid(&format!("at most {MAX_HEADERS}")));
    }
    let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > MAX_HEADER_BYTES {
        return Err(invalid(&format!(
            "at most {MAX_HEADER_BYTES} bytes, names and values together"
        )));
    }
    let mut checked = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let Ok(parsed) = HeaderName::from_bytes(name.as_bytes()) else {
            return Err(invalid(&format!("{name:?} is no header name")));
        };
        if of_the_connection(&parsed) || OF_THE_HOST.contains(&parsed.as_str()) {
            return Err(invalid(&format!("\"{parsed}\" is set by the host alone")));
        }
        let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) else {
            return Err(invalid(&format!(
                "the value of \"{parsed}\" has a line break or another control character"
            )));
        };
        checked.append(parsed, value);
    }
    Ok(checked)
}

fn of_the_connection(name: &HeaderName) -> bool {
    OF_THE_CONNECTION.contains(&name.as_str()) || name.as_str().starts_with(PROXY)
}

fn invalid(text: &str) -> HostError {
    HostError::Invalid(format!("headers: {text}"))
}

/// A redirect leads to another origin.
pub(super) fn drop_secrets(headers: &mut HeaderMap) {
    for name in &SECRETS {
        headers.remove(name);
    }
}

/// A redirect turns the request into one without a body.
pub(super) fn drop_body(headers: &mut HeaderMap) {
    for name in &OF_THE_BODY {
        headers.remove(name);
    }
}

/// The headers of an answer, for the plugin. What is not UTF-8 is replaced.
pub(super) fn of_answer(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| !of_the_connection(name))
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, value: &str) -> Result<HeaderMap, HostError> {
        check(vec![(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn the_hosts_own_headers_are_refused_by_name() {
        for name in OF_THE_CONNECTION.iter().chain(&OF_THE_HOST).chain(&[
            "proxy-authorization",
            "Proxy-Connection",
            "HOST",
            "Transfer-Encoding",
        ]) {
            let HostError::Invalid(text) = one(name, "x").unwrap_err() else {
                panic!("{name}")
            };
            assert!(text.contains(&name.to_ascii_lowercase()), "{text}");
        }
    }

    #[test]
    fn malformed_headers_are_refused_without_their_value() {
        for (name, value) in [
            ("", "geheim"),
            ("a b", "geheim"),
            ("a:", "geheim"),
            ("a\r\nb", "geheim"),
            ("x-a", "geheim\r\nx-b: c"),
            ("x-a", "geheim\0"),
            ("x-a", "geheim\n"),
        ] {
            let error = one(name, value).unwrap_err();
            assert!(matches!(&error, HostError::Invalid(text) if !text.contains("geheim")));
        }
        assert!(one("X-Name", "grün").is_ok());
        assert!(one("user-agent", "mine").is_ok());
    }

    #[test]
    fn there_are_not_too_many() {
        let many = |count: usize, length: usize| {
            let header = |n: usize| (format!("x-{n:04}"), "v".repeat(length));
            check((0..count).map(header).collect())
        };
        assert_eq!(many(MAX_HEADERS, 1).unwrap().len(), MAX_HEADERS);
        assert!(many(MAX_HEADERS + 1, 1).is_err());
        assert!(many(1, MAX_HEADER_BYTES - 6).is_ok());
        assert!(many(1, MAX_HEADER_BYTES - 5).is_err());
        let twice = check(vec![("a".into(), "1".into()), ("A".into(), "2".into())]).unwrap();
        assert_eq!(twice.get_all("a").iter().count(), 2);
    }
}
