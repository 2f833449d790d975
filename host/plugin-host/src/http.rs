//! Requests and answers as the gateway hands them over, and what of them a plugin gets to see.

use bytes::Bytes;
use wagate_engine::IfOffline;
use wagate_storage::clock::iso8601;

use crate::bindings::{exports::http_routes as wit, types};
use crate::error::PluginCallError;
use crate::table::RouteMatch;

/// Headers that carry credentials: no plugin sees them.
const CREDENTIALS: [&str; 5] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "x-api-key",
    "x-csrf-token",
];
/// Headers a plugin can set, besides those of its own that begin with `x-`. The others belong to the connection, the body or
/// the login, or say something about the whole origin, which is the dashboard's.
const ALLOWED: [&str; 22] = [
    "accept-ranges",
    "age",
    "allow",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-location",
    "content-range",
    "content-type",
    "deprecation",
    "digest",
    "etag",
    "expires",
    "last-modified",
    "location",
    "pragma",
    "retry-after",
    "server-timing",
    "sunset",
    "vary",
    "warning",
];
/// Of those that begin with `x-`, what servers in front of this one, browsers and the gateway's own clients act upon. Ends in `-`:
/// everything that begins so.
const RESERVED: [&str; 18] = [
    "x-accel-",
    "x-content-security-policy",
    "x-content-type-options",
    "x-dns-prefetch-control",
    "x-forwarded-",
    "x-frame-options",
    "x-lighttpd-",
    "x-litespeed-",
    "x-permitted-cross-domain-policies",
    "x-real-ip",
    "x-reproxy-",
    "x-request-id",
    "x-sendfile",
    "x-sourcemap",
    "x-ua-compatible",
    "x-wagate-",
    "x-webkit-csp",
    "x-xss-protection",
];
/// How a plugin answers with a file of the host's (`Response::file`): the gateway takes them out.
const OF_A_FILE: [&str; 2] = ["x-wagate-media", "x-wagate-media-once"];

/// Lines of an answer's head.
const MAX_HEADERS: usize = 100;
/// Bytes of them.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// Headers that say what the answer is: clients differ in which of two they believe.
const SAID_ONCE: [&str; 8] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "etag",
    "location",
    "retry-after",
];

/// Of an answer to a request whose messages wait for the connection: until then at most.
const QUEUED_UNTIL: &str = "x-wagate-queued-until";

/// A request, authenticated, with access to its session checked.
#[derive(Debug, Clone, Default)]
pub struct HttpRequest {
    /// The method.
    pub method: String,
    /// The path as received.
    pub path: String,
    /// The raw query, without `?`.
    pub query: Option<String>,
    /// Lower-case names. Credentials are taken out here.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// The session the route names.
    pub session: Option<SessionRef>,
    /// Who calls. None only on public routes.
    pub principal: Option<Principal>,
    /// The request's id, for the plugin's own use.
    pub request_id: Option<String>,
    /// The same for each execution of a request that may be repeated: what it sends derives its ids from this.
    pub idempotency: Option<String>,
    /// What becomes of the messages it sends while their session is not connected.
    pub if_offline: IfOffline,
}

/// A session, both ways it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRef {
    /// Row id.
    pub id: String,
    /// What REST clients write.
    pub slug: String,
}

/// Who calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Principal {
    /// Row id.
    pub user_id: String,
    /// `SUPERADMIN`, `OWNER`, `STAFF`.
    pub role: String,
    /// What people call them.
    pub name: Option<String>,
    /// Their address.
    pub email: Option<String>,
}

/// A plugin's answer, fit to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status, 200 to 599.
    pub status: u16,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

pub(crate) fn request_to_wit(route: &RouteMatch, request: HttpRequest) -> wit::HttpRequest {
    let headers = request
        .headers
        .into_iter()
        .filter(|(name, _)| !CREDENTIALS.contains(&name.to_ascii_lowercase().as_str()));
    let caller = request.principal.clone().unwrap_or_default();
    let ext = [
        ("request.id", request.request_id),
        ("user.name", caller.name),
        ("user.email", caller.email),
    ];
    wit::HttpRequest {
        method: request.method,
        route: route.route().to_owned(),
        path: request.path,
        params: route.params().to_vec(),
        query: request.query,
        headers: headers.collect(),
        body: body_to_wit(&request.body),
        session: request.session.as_ref().map(session_to_wit),
        principal: request.principal.map(|caller| wit::Principal {
            user_id: caller.user_id,
            role: caller.role,
        }),
        ext: ext
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
            .collect(),
    }
}

pub(crate) fn session_to_wit(session: &SessionRef) -> types::Session {
    types::Session {
        id: session.id.clone(),
        slug: session.slug.clone(),
    }
}

pub(crate) fn response_from_wit(
    response: wit::HttpResponse,
    max_body: usize,
) -> Result<HttpResponse, PluginCallError> {
    let body = match response.body {
        wit::Body::None => Bytes::new(),
        wit::Body::Text(text) => Bytes::from(text),
        wit::Body::Bytes(bytes) => Bytes::from(bytes),
    };
    if body.len() > max_body {
        return Err(PluginCallError::TooLarge);
    }
    if !(200..=599).contains(&response.status) {
        return Err(PluginCallError::BadAnswer(
            "its status is not between 200 and 599".to_owned(),
        ));
    }
    if response.headers.len() > MAX_HEADERS {
        return Err(PluginCallError::BadAnswer(format!(
            "it has more than {MAX_HEADERS} headers"
        )));
    }
    let lengths = response
        .headers
        .iter()
        .map(|(name, value)| name.len() + value.len());
    if lengths.sum::<usize>() > MAX_HEADER_BYTES {
        return Err(PluginCallError::BadAnswer(format!(
            "its headers have more than {} KiB",
            MAX_HEADER_BYTES / 1024
        )));
    }
    Ok(HttpResponse {
        status: response.status,
        headers: clean_headers(response.headers),
        body,
    })
}

impl HttpResponse {
    /// Says that messages of the request have not left yet.
    pub(crate) fn note_queued(&mut self, until_ms: i64) {
        if until_ms > 0 {
            self.headers.push((QUEUED_UNTIL.to_owned(), iso8601(until_ms)));
        }
    }
}

/// Text is much cheaper for most guests, and nearly every body is text.
fn body_to_wit(body: &Bytes) -> wit::Body {
    if body.is_empty() {
        return wit::Body::None;
    }
    match str::from_utf8(body) {
        Ok(text) => wit::Body::Text(text.to_owned()),
        Err(_) => wit::Body::Bytes(body.to_vec()),
    }
}

/// What a plugin may set; of what may stand there once, the first.
fn clean_headers(headers: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::new();
    for (name, value) in headers {
        let Some((name, value)) = clean_header(&name, value) else {
            continue;
        };
        let is_second = SAID_ONCE.contains(&name.as_str()) && kept.iter().any(|(known, _)| *known == name);
        if !is_second {
            kept.push((name, value));
        }
    }
    kept
}

fn clean_header(name: &str, value: String) -> Option<(String, String)> {
    let name = name.to_ascii_lowercase();
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let good_name = name.bytes().all(token) && may_set(&name);
    let good_value = value
        .bytes()
        .all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f));
    (good_name && good_value).then_some((name, value))
}

/// Whether a plugin may set a header of this name, in lower case.
fn may_set(name: &str) -> bool {
    let is_reserved = || {
        RESERVED
            .iter()
            .any(|reserved| name == *reserved || (reserved.ends_with('-') && name.starts_with(reserved)))
    };
    ALLOWED.contains(&name) || OF_A_FILE.contains(&name) || (name.starts_with("x-") && !is_reserved())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_once_what_it_is() {
        let said = [
            ("Content-Type", "text/plain"),
            ("content-type", "text/html"),
            ("x-note", "a"),
            ("X-Note", "b"),
            ("CONTENT-TYPE", "text/css"),
            ("Vary", "accept"),
            ("vary", "origin"),
        ];
        let said = said.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let kept = clean_headers(said.to_vec());
        let kept: Vec<(&str, &str)> = kept
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            kept,
            [
                ("content-type", "text/plain"),
                ("x-note", "a"),
                ("x-note", "b"),
                ("vary", "accept"),
                ("vary", "origin"),
            ]
        );
    }

    #[test]
    fn answers_cannot_touch_the_connection_or_the_login() {
        for (name, value, kept) in [
            ("Content-Type", "text/plain", true),
            ("x-note", "a\tb", true),
            ("Set-Cookie", "session=1", false),
            ("Content-Security-Policy", "default-src *", false),
            ("Access-Control-Allow-Origin", "*", false),
            ("Service-Worker-Allowed", "/", false),
            ("transfer-encoding", "chunked", false),
            ("NEL", "{}", false),
            ("Report-To", "{}", false),
            ("link", "</a>; rel=preload", false),
            ("speculation-rules", "x", false),
            ("idempotency-replayed", "true", false),
            ("X-Accel-Redirect", "/x", false),
            ("x-sendfile", "/x", false),
            ("x-wagate-queued-until", "x", false),
            ("x-wagate-media", "handle", true),
            ("x", "x", false),
            ("", "x", false),
            ("x-note", "a\r\nset-cookie: b", false),
            ("bad name", "x", false),
        ] {
            assert_eq!(
                clean_header(name, value.to_owned()).is_some(),
                kept,
                "{name}: {value:?}"
            );
        }
    }

    #[test]
    fn a_head_has_a_bound() {
        let answered = |status, count, length| {
            let response = wit::HttpResponse {
                status,
                headers: vec![("x-note".to_owned(), "x".repeat(length)); count],
                body: wit::Body::None,
            };
            response_from_wit(response, 1000).map(|answer| answer.headers.len())
        };
        assert_eq!(answered(200, MAX_HEADERS, 1), Ok(MAX_HEADERS));
        for (status, count, length) in [
            (200, MAX_HEADERS + 1, 1),
            (200, 1, MAX_HEADER_BYTES),
            (99, 1, 1),
            (600, 1, 1),
        ] {
            assert!(
                matches!(
                    answered(status, count, length),
                    Err(PluginCallError::BadAnswer(_))
                ),
                "{status}, {count}, {length}"
            );
        }
    }
}
