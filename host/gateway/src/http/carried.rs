//! What a request to a plugin carries: bytes as they came, or a form whose files are with the host already.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use wagate_plugin_host::{BodyKind, RouteMatch};

use super::error::ApiError;
use super::state::ApiState;
use super::upload::{self, Form};
use super::{body, extract};

/// Headers that begin so are the host's own words to plugins: a client cannot say them.
const OURS: &str = "x-wagate-";
/// Says that the body was a form.
const FORM: &str = "x-wagate-form";

/// A body that was read.
pub(crate) enum Carried {
    Bytes(Bytes),
    Form(Form),
}

impl Carried {
    pub(crate) async fn read(
        state: &ApiState,
        route: &RouteMatch,
        user: &str,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Self, ApiError> {
        match route.body() {
            BodyKind::Multipart if upload::is_form(headers) => {
                Ok(Self::Form(upload::read(state, route, user, headers, body).await?))
            }
            BodyKind::Json | BodyKind::Multipart => {
                let bytes = body::read(headers, body, state.limits.body_bytes).await?;
                Ok(Self::Bytes(bytes))
            }
        }
    }

    /// The session that a field names.
    pub(crate) fn session(&self, field: &str) -> Result<String, ApiError> {
        match self {
            Self::Bytes(bytes) => field_of(bytes, field),
            Self::Form(form) => match form.field(field) {
                Some(named) if !named.is_empty() => Ok(named.to_owned()),
                _ => Err(ApiError::invalid(format!("{field} is required"))),
            },
        }
    }

    /// The handles of its files.
    pub(crate) fn handles(&self) -> Vec<String> {
        match self {
            Self::Bytes(_) => Vec::new(),
            Self::Form(form) => form.handles().to_vec(),
        }
    }

    /// The headers as the plugin sees them.
    pub(crate) fn headers(&self, headers: &HeaderMap) -> Vec<(String, String)> {
        let is_form = matches!(self, Self::Form(_));
        let of_the_body = |name: &str| name == header::CONTENT_TYPE || name == header::CONTENT_LENGTH;
        let mut seen: Vec<(String, String)> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value))
            .filter(|(name, _)| !(name.starts_with(OURS) || (is_form && of_the_body(name))))
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.to_owned(), value)
            })
            .collect();
        if is_form {
            seen.push(("content-type".to_owned(), "application/json".to_owned()));
            seen.push((FORM.to_owned(), "1".to_owned()));
        }
        seen
    }

    /// The body as the plugin sees it.
    pub(crate) fn into_body(self) -> Bytes {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Form(form) => form.body(),
        }
    }
}

/// The session a JSON body names.
fn field_of(bytes: &[u8], field: &str) -> Result<String, ApiError> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Fields(serde_json::Map<String, Value>);

    let Fields(fields) = extract::parse(bytes)?;
    match fields.get(field) {
        Some(Value::String(named)) if !named.is_empty() => Ok(named.clone()),
        Some(Value::String(_) | Value::Null) | None => Err(ApiError::invalid(format!("{field} is required"))),
        Some(_) => Err(ApiError::invalid(format!("{field} must be a string"))),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};
    use bytes::Bytes;

    use super::{Carried, field_of};

    #[test]
    fn the_session_in_a_body_is_required_by_name() {
        assert_eq!(field_of(br#"{"sessionId":"demo"}"#, "sessionId").unwrap(), "demo");
        for bad in [
            &b""[..],
            b"{}",
            br#"{"sessionId":7}"#,
            br#"{"sessionId":""}"#,
            b"[1]",
            b"{",
        ] {
            assert_eq!(field_of(bad, "sessionId").unwrap_err().status(), 400);
        }
    }

    #[test]
    fn a_client_cannot_speak_for_the_host() {
        let mut headers = HeaderMap::new();
        headers.insert("x-wagate-form", HeaderValue::from_static("1"));
        headers.insert("x-note", HeaderValue::from_static("kept"));
        let seen = Carried::Bytes(Bytes::new()).headers(&headers);
        assert_eq!(seen, [("x-note".to_owned(), "kept".to_owned())]);
    }
}
