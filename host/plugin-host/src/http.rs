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
/// Headers a plugin cannot set: they belong to the connection, the body or the login.
const HOST_ONLY: [&str; 24] = [
    "alt-svc",
    "clear-site-data",
    "connection",
    "content-length",
    "content-security-policy",
    "content-security-policy-report-only",
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "keep-alive",
    "permissions-policy",
    "proxy-authenticate",
    "referrer-policy",
    "refresh",
    "service-worker-allowed",
    "set-cookie",
    "strict-transport-security",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
    "x-content-type-options",
    "x-frame-options",
];
/// Who may read an answer from another site is the administrator's to say.
const CROSS_ORIGIN: &str = "access-control-";

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
        return Err(PluginCallError::Internal(format!(
            "the plugin answered with status {}",
            response.status
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
    let good_name = !name.is_empty()
        && name.bytes().all(token)
        && !HOST_ONLY.contains(&name.as_str())
        && !name.starts_with(CROSS_ORIGIN);
    let good_value = value
        .bytes()
        .all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f));
    (good_name && good_value).then_some((name, value))
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
            ("Link", "</a>"),
            ("link", "</b>"),
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
                ("link", "</a>"),
                ("link", "</b>"),
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
}
