//! What handlers ask for in their arguments: the caller, an administrator, a JSON body.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::de::{DeserializeOwned, IgnoredAny};
use wagate_storage::users::Role;

use super::body;
use super::error::ApiError;
use super::state::ApiState;
use crate::auth::principal::Principal;

impl FromRequestParts<ApiState> for Principal {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        principal(&parts.headers, state)
            .await?
            .ok_or_else(ApiError::unauthorized)
    }
}

/// The caller, when they came with a valid key.
pub(crate) async fn principal(headers: &HeaderMap, state: &ApiState) -> Result<Option<Principal>, ApiError> {
    let Some(key) = presented_key(headers) else {
        return Ok(None);
    };
    let principal = state.auth.check(key).await?;
    if let Some(principal) = &principal {
        tracing::debug!(
            caller.id = principal.user_id,
            key.id = principal.key_id,
            "authenticated"
        );
    }
    Ok(principal)
}

/// `X-API-Key` wins over `Authorization: Bearer`.
fn presented_key(headers: &HeaderMap) -> Option<&str> {
    if let Some(key) = headers.get("x-api-key") {
        return key.to_str().ok().map(str::trim);
    }
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// A caller who may do everything.
#[derive(Debug)]
pub(crate) struct SuperAdmin;

impl FromRequestParts<ApiState> for SuperAdmin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        let principal = Principal::from_request_parts(parts, state).await?;
        require_superadmin(&principal)?;
        Ok(Self)
    }
}

/// Refuses everybody else.
pub(crate) fn require_superadmin(principal: &Principal) -> Result<(), ApiError> {
    match principal.role {
        Role::SuperAdmin => Ok(()),
        Role::Owner | Role::Staff => Err(ApiError::forbidden("Forbidden - SUPERADMIN only")),
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
    let refusal = |error: serde_json::Error| {
        let what = if error.is_data() {
            "The JSON body does not fit"
        } else {
            "The body is not valid JSON"
        };
        ApiError::invalid(format!("{what}: {error}"))
    };
    // Left to itself, a struct takes an array for its fields in order.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        serde_json::from_slice::<IgnoredAny>(bytes).map_err(refusal)?;
        return Err(ApiError::invalid("The body must be a JSON object"));
    }
    serde_json::from_slice(bytes).map_err(refusal)
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
