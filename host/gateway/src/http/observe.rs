//! The outermost layer: the request's id, the time it may take, the body of errors, one log line.

use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tower_http::timeout::TimeoutBody;
use tracing::Instrument as _;
use wagate_storage::new_row_id;

use super::error::{self, ApiError};
use super::state::ApiState;

const REQUEST_ID: &str = "x-request-id";
/// A client's own id is kept when it is at most this long and plain.
const MAX_FOREIGN_ID: usize = 64;

/// The request's id, as an extension of the request.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// The template of the route that answered, as an extension of the response. Templates are logged and paths are not:
/// paths hold phone numbers.
#[derive(Debug, Clone)]
pub(crate) struct RouteLabel(pub(crate) String);

/// Wraps every request.
pub(crate) async fn observe(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(request.headers());
    let method = request.method().clone();
    let matched = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let span = tracing::info_span!("http.request", request.id = %id);

    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(RequestId(id.clone()));
    let body = Body::new(TimeoutBody::new(state.limits.body_idle, body));
    let answer = next
        .run(Request::from_parts(parts, body))
        .instrument(span.clone());
    let response = match tokio::time::timeout(state.limits.request, answer).await {
        Ok(response) => response,
        Err(_) => ApiError::timeout("The request took too long").into_response(),
    };

    let mut response = error::render(response, &id);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let route = response
        .extensions_mut()
        .remove::<RouteLabel>()
        .map(|label| label.0)
        .or(matched);
    span.in_scope(|| {
        let status = response.status().as_u16();
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let route = route.as_deref().unwrap_or("-");
        if matches!(route, "/healthz" | "/readyz") {
            tracing::debug!(%method, route, status, duration_ms, "request");
        } else {
            tracing::info!(%method, route, status, duration_ms, "request");
        }
    });
    response
}

/// The client's id when it is harmless in a log and in a header, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let plain = |text: &&str| {
        !text.is_empty()
            && text.len() <= MAX_FOREIGN_ID
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(plain)
        .map_or_else(new_row_id, ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::request_id;

    fn id_for(given: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-request-id", HeaderValue::from_str(given).unwrap());
        request_id(&headers)
    }

    #[test]
    fn a_plain_id_is_kept_and_any_other_replaced() {
        assert_eq!(id_for("client-7.a_b"), "client-7.a_b");
        for odd in ["", "two words", "\"quoted\"", &"x".repeat(65)] {
            assert_ne!(id_for(odd), odd);
        }
        assert_eq!(request_id(&HeaderMap::new()).len(), 36);
    }
}
