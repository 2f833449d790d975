//! Bodies of the form routes: JSON or `application/x-www-form-urlencoded`, as browsers and programs send them.

use axum::body::Body;
use axum::http::header;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::http::error::ApiError;
use crate::http::state::ApiState;
use crate::http::{body, extract};

/// Longest body of such a form.
const MAX_BODY: usize = 16 * 1024;

/// Reads it; of a field that is repeated the last one counts.
pub(super) async fn read<T: DeserializeOwned>(
    state: &ApiState,
    parts: &Parts,
    request_body: Body,
) -> Result<T, ApiError> {
    let limit = MAX_BODY.min(state.limits.body_bytes);
    let bytes = body::read(&parts.headers, request_body, limit).await?;
    let is_form = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if !is_form {
        return extract::parse(&bytes);
    }
    let fields: Map<String, Value> = form_urlencoded::parse(&bytes)
        .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
        .collect();
    serde_json::from_value(Value::Object(fields))
        .map_err(|error| ApiError::invalid(format!("The form does not fit: {error}")))
}
