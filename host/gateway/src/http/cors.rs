//! Pages of other sites: those the administrator names may use the API with a key. Never with cookies, never anybody.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::config::origins::Origins;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
const HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, last-event-id, range, x-api-key, x-request-id, x-wagate-queue",
);
const READABLE: HeaderValue = HeaderValue::from_static(
    "content-range, idempotency-replayed, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, x-request-id, \
     x-wagate-queued-until",
);
/// Seconds for which a browser does not ask again.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The request's origin, when it is one of those named.
pub(crate) fn allowed_origin(headers: &HeaderMap, origins: &Origins) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    origins.contain(origin.to_str().ok()?).then(|| origin.clone())
}

/// Whether a browser asks if it may ask. It sends no key with that.
pub(crate) fn is_preflight(parts: &Parts) -> bool {
    parts.method == Method::OPTIONS && parts.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// It may.
pub(crate) fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    let told: [(HeaderName, HeaderValue); 3] = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
    ];
    headers.extend(told.map(|(name, value)| (Some(name), value)));
    response
}

/// Lets the browser hand the answer to the page.
pub(crate) fn tell(headers: &mut HeaderMap, origin: Option<HeaderValue>, origins: &Origins) {
    if !origins.is_empty() {
        // Whatever keeps answers must keep them by origin.
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, READABLE);
    }
}
