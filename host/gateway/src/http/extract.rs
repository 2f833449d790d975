//! What handlers ask for in their arguments: the caller, where they come from, a JSON body.

use std::convert::Infallible;

use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::de::{DeserializeOwned, IgnoredAny};

use super::body;
use super::error::ApiError;
use super::gate::{Gate, Words};
use super::state::ApiState;
use crate::auth::need::Need;
use crate::auth::principal::Principal;

/// The caller the gate let in. A public route has none: its handler that asks for one is a bug, and a 401.
impl FromRequestParts<ApiState> for Principal {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, ApiError> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(ApiError::unauthorized)
    }
}

/// What the table says about the route.
impl FromRequestParts<ApiState> for Gate {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Infallible> {
        // Without a line in the table nothing is allowed.
        Ok(parts.extensions.get::<Self>().copied().unwrap_or(Self {
            need: Need::Own,
            words: Words::Usual,
        }))
    }
}

/// `X-API-Key` wins over `Authorization: Bearer`.
pub(crate) fn presented_key(headers: &HeaderMap) -> Option<&str> {
    if let Some(key) = headers.get("x-api-key") {
        return Some(key.to_str().unwrap_or_default().trim());
    }
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// The head of the request, for handlers that write about it in the audit log.
#[derive(Debug)]
pub(crate) struct Head(pub(crate) Parts);

impl FromRequestParts<ApiState> for Head {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Infallible> {
        Ok(Self(parts.clone()))
    }
}

/// The query, as a type. A 400 names the field that does not fit.
#[derive(Debug)]
pub(crate) struct UrlQuery<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<ApiState> for UrlQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(refusal) => Err(ApiError::invalid(refusal.body_text())),
        }
    }
}

/// A JSON body. An empty one is `{}`; the content type is not looked at, as clients of the contract often forget it.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<ApiState> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = body::read(&parts.headers, body, state.limits.body_bytes).await?;
        parse(&bytes).map(Self)
    }
}
/// Parses a body, which is an object everywhere; the message of a refusal names the place.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let bytes: &[u8] = if bytes.trim_ascii().is_empty() {
        b"{}"
    } else {
        bytes
    };
    let refusal =
        |error: serde_json::Error| ApiError::invalid(format!("The body is not valid JSON: {error}"));
    // Left to itself, a struct takes an array for its fields in order.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        serde_json::from_slice::<IgnoredAny>(bytes).map_err(refusal)?;
        return Err(ApiError::invalid("The body must be a JSON object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let (path, error) = (error.path().to_string(), error.into_inner());
        if !error.is_data() {
            return refusal(error);
        }
        // The path of what stands in the body itself is a dot.
        let field = if path == "." {
            String::new()
        } else {
            format!("{path}: ")
        };
        ApiError::invalid(format!("{field}the JSON body does not fit: {error}"))
    })?;
    reader.end().map_err(refusal)?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};
    use serde::Deserialize;

    use super::{parse, presented_key};

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Body {
        name: String,
    }

    #[test]
    fn an_empty_body_is_an_empty_object() {
        assert_eq!(parse::<Body>(b"").unwrap(), Body::default());
        assert_eq!(parse::<Body>(b" \n").unwrap(), Body::default());
    }

    #[test]
    fn a_bad_body_is_a_400_that_names_the_place() {
        for bad in [&b"{"[..], b"{\"name\": 5}", b"nonsense", b"[]x"] {
            assert_eq!(parse::<Body>(bad).unwrap_err().status(), 400);
        }
    }

    #[test]
    fn only_an_object_is_a_body() {
        for bad in ["[]", "[\"Ann\"]", " [1]\n", "null", "\"Ann\"", "7"] {
            let refusal = parse::<Body>(bad.as_bytes()).unwrap_err();
            assert!(
                format!("{refusal:?}").contains("The body must be a JSON object"),
                "{bad}: {refusal:?}"
            );
        }
    }

    #[test]
    fn both_headers_carry_a_key() {
        let with = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_str(value).unwrap());
            presented_key(&headers).map(str::to_owned)
        };
        assert_eq!(with("x-api-key", "k1").as_deref(), Some("k1"));
        assert_eq!(with("authorization", "Bearer k2").as_deref(), Some("k2"));
        assert_eq!(with("authorization", "bearer k2").as_deref(), Some("k2"));
        assert_eq!(with("authorization", "Basic k2"), None);
        assert_eq!(with("cookie", "k3"), None);
    }
}
