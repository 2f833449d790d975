//! `/sandbox/control/*`: the control API of the sandbox network this gateway is on, for the dashboard's page of simulated
//! phones. Only in builds with the sandbox; for administrators, like everything that acts for others.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use wagate_protocol::manifest::Action;

use crate::auth::need::Need;
use crate::http::error::ApiError;
use crate::http::gate::{self, Gate, Words};
use crate::http::state::ApiState;

/// Where the control API begins.
pub(crate) const PREFIX: &str = "/sandbox/control";
/// The control API lets a request wait up to 30 s for something to happen.
pub(crate) const LONG_POLL: Duration = Duration::from_secs(40);
/// Largest request that is handed on: a phone that sends a file.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// The route, behind the gate of administrators.
pub(crate) fn route(router: Router<ApiState>, state: &ApiState) -> Router<ApiState> {
    let gate = Gate {
        need: Need::Act(Action::Admin),
        words: Words::Usual,
    };
    let guarded = any(handle).layer(middleware::from_fn_with_state((state.clone(), gate), gate::guard));
    router.route("/sandbox/control/{*path}", guarded)
}

async fn handle(State(state): State<ApiState>, request: Request) -> Response {
    match hand_on(&state, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn hand_on(state: &ApiState, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let asked = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let path = asked.strip_prefix(PREFIX).unwrap_or(asked);
    let body = axum::body::to_bytes(body, MAX_BODY).await.map_err(|_| {
        ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!("The body has more than {MAX_BODY} bytes"),
        )
    })?;
    let mut onward = state
        .phones
        .client
        .request(parts.method.clone(), format!("{}{path}", state.phones.control));
    for name in [header::CONTENT_TYPE, header::RANGE, header::ACCEPT] {
        if let Some(value) = parts.headers.get(&name) {
            onward = onward.header(name, value);
        }
    }
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        onward = onward.body(body);
    }
    let answer = onward.send().await.map_err(|error| {
        tracing::warn!(%error, "the sandbox network does not answer");
        ApiError::new(
            StatusCode::BAD_GATEWAY,
            "sandbox_unreachable",
            "The sandbox network does not answer",
        )
    })?;
    let answer: axum::http::Response<reqwest::Body> = answer.into();
    let (from, body) = answer.into_parts();
    let mut response = Response::new(Body::new(body));
    *response.status_mut() = from.status;
    for name in [
        header::CONTENT_TYPE,
        header::CONTENT_LENGTH,
        header::CONTENT_DISPOSITION,
    ] {
        if let Some(value) = from.headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    Ok(response)
}

/// The way to the control API.
#[derive(Debug, Clone)]
pub(crate) struct Phones {
    client: reqwest::Client,
    control: String,
}

impl Phones {
    /// To the control API at this URL.
    pub(crate) fn at(control: &str) -> anyhow::Result<Self> {
        Ok(Self {
            client: reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .timeout(LONG_POLL)
                .build()?,
            control: control.trim_end_matches('/').to_owned(),
        })
    }
}
