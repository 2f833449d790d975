//! The outermost layer: the request's id, where it comes from, the time it may take, the body of errors, the headers
//! every answer has, one log line.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tower_http::timeout::TimeoutBody;
use tracing::Instrument as _;
use wagate_storage::new_row_id;

use super::error::{self, ApiError};
use super::origin::{Origin, Peer};
#[cfg(feature = "sandbox")]
use super::routes::sandbox;
use super::state::ApiState;
use super::{cors, limits, security, upload};

const REQUEST_ID: &str = "x-request-id";
/// A client's own id is kept when it is at most this long and plain.
const MAX_FOREIGN_ID: usize = 64;

/// The request's id, as an extension of the request.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// The template of the route that answered and whose it is, as an extension of the response. Templates are logged and
/// paths are not: paths hold phone numbers.
#[derive(Debug, Clone)]
pub(crate) struct RouteLabel {
    pub(crate) route: String,
    /// The plugin's id; none for the host.
    pub(crate) plugin: Option<String>,
}

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

    let time = time_of(&state, &request);
    let config = state.config.get();
    let (mut parts, body) = request.into_parts();
    let peer: Option<IpAddr> = parts.extensions.get::<Peer>().map(|peer| peer.0);
    let origin = Origin::of(peer, &parts.headers, &config.http.trusted_proxies);
    let is_https = origin.is_https;
    let admitted = limits::take_address(&state, &origin);
    parts.extensions.insert(RequestId(id.clone()));
    parts.extensions.insert(origin);
    let foreign = cors::allowed_origin(&parts.headers, &config.http.cors_origins);
    let preflight = cors::is_preflight(&parts).then_some(()).and(foreign.clone());
    let body = Body::new(TimeoutBody::new(state.limits.body_idle, body));
    let answer = async {
        if let Err(refusal) = admitted {
            return refusal.into_response();
        }
        if preflight.is_some() {
            return cors::preflight();
        }
        next.run(Request::from_parts(parts, body)).await
    }
    .instrument(span.clone());
    let response = match tokio::time::timeout(time, answer).await {
        Ok(response) => response,
        Err(_) => ApiError::timeout("The request took too long").into_response(),
    };

    let mut response = error::render(response, &id);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    security::harden(response.headers_mut(), is_https);
    cors::tell(response.headers_mut(), foreign, &config.http.cors_origins);
    let label = response.extensions_mut().remove::<RouteLabel>();
    let (route, plugin) = match label {
        Some(label) => (Some(label.route), label.plugin),
        None => (matched, None),
    };
    let route = route.as_deref().unwrap_or("-");
    let status = response.status().as_u16();
    state
        .metrics
        .request(&method, route, plugin.as_deref(), status, started.elapsed());
    span.in_scope(|| {
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if matches!(route, "/healthz" | "/readyz" | "/metrics") {
            tracing::debug!(%method, route, status, duration_ms, "request");
        } else {
            tracing::info!(%method, route, status, duration_ms, "request");
        }
    });
    response
}

/// How long the answer may take.
fn time_of(state: &ApiState, request: &Request) -> Duration {
    #[cfg(feature = "sandbox")]
    if request.uri().path().starts_with(sandbox::PREFIX) {
        return state.limits.request.max(sandbox::LONG_POLL);
    }
    if upload::is_form(request.headers()) {
        state.limits.upload
    } else {
        state.limits.request
    }
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
