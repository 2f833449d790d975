//! `GET|POST /api/sessions/{id}/passkey`: some accounts are linked only by somebody who holds their passkey. The challenge
//! goes out for a browser's or phone's `WebAuthn`, the assertion comes back; a first link then shows a code to compare.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use wagate_engine::PasskeyAnswer;

use crate::http::access::Access;
use crate::http::audit::About;
use crate::http::envelope::{Envelope, done};
use crate::http::error::ApiError;
use crate::http::extract::Json;
use crate::http::state::ApiState;

/// What a client sends: the assertion as the JSON of `WebAuthn` has it, or that the codes are the same.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Body {
    assertion: Option<Value>,
    #[serde(default)]
    confirm: bool,
}

/// What is asked: `stage` is `assertion` (with `options` for `navigator.credentials.get`) or `confirmation` (with the
/// `code` that the phone shows as well).
pub(crate) async fn get(
    access: Access,
    State(state): State<ApiState>,
) -> Result<axum::Json<Envelope<Value>>, ApiError> {
    let request = state
        .engine
        .snapshot(&access.session.id)
        .and_then(|live| live.passkey);
    let request = request.ok_or_else(nothing_asked)?;
    let options = request
        .options
        .as_deref()
        .and_then(|text| serde_json::from_str::<Value>(text).ok());
    Ok(axum::Json(Envelope::new(
        "Passkey requested",
        json!({ "stage": request.stage(), "options": options, "code": request.code }),
    )))
}

/// Takes the answer.
pub(crate) async fn answer(
    access: Access,
    State(state): State<ApiState>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let id = access.session.id;
    let answer = match (body.assertion, body.confirm) {
        (Some(assertion), false) => PasskeyAnswer::Assertion(assertion.to_string()),
        (None, true) => PasskeyAnswer::Confirm,
        _ => {
            return Err(ApiError::invalid(
                "Send either assertion (WebAuthn's answer as JSON) or confirm: true",
            ));
        }
    };
    state.engine.answer_passkey(&id, answer).await?;
    Ok(About::target(id).on(done("Passkey answer sent").into_response()))
}

fn nothing_asked() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no_passkey_request",
        "No passkey is asked for",
    )
}
