//! Before any handler: who asks, whether they may, whether too often, whether the request is of their own making; and
//! afterwards a line in the audit log. A route of the host says what it needs in the table, a plugin's in its manifest.

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use wagate_protocol::manifest::Action;
use wagate_storage::users::Role;

use super::error::ApiError;
use super::origin::Origin;
use super::state::ApiState;
use super::{audit, cookies, limits};
use crate::auth::csrf;
use crate::auth::need::Need;
use crate::auth::principal::{Credential, Principal, Refusal};

/// How a route tells somebody that they may not, where the contract has words of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Words {
    /// The usual ones.
    Usual,
    /// 403 with this text.
    Forbidden(&'static str),
    /// 401, as for a stranger.
    Unauthorized,
}

/// What the table says about a route; an extension of the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gate {
    /// What it needs.
    pub(crate) need: Need,
    /// How it refuses.
    pub(crate) words: Words,
}

/// The layer around each of the host's handlers.
pub(crate) async fn guard(
    State((state, gate)): State<(ApiState, Gate)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(gate);
    let entered = match enter(&state, &mut parts, gate.need).await {
        Ok(entered) => entered,
        Err(refusal) => return refusal.into_response(gate.words),
    };
    let noted = audit::Noted::before(&parts, gate.need, entered.as_ref());
    let mut response = next.run(Request::from_parts(parts, body)).await;
    limits::tell(&mut response, entered.as_ref().and_then(|entered| entered.limit));
    if let Some(noted) = noted {
        noted.after(&state, &mut response).await;
    }
    response
}

/// A caller who is let in.
pub(crate) struct Entered {
    /// Who.
    pub(crate) principal: Principal,
    /// What is left of their limit.
    pub(crate) limit: Option<limits::Left>,
}

/// Why somebody is not let in.
pub(crate) enum NoEntry {
    /// Their rights do not do.
    Rights(Refusal),
    /// Anything else.
    Error(ApiError),
}

impl NoEntry {
    /// The answer, in the words of the route.
    pub(crate) fn into_response(self, words: Words) -> Response {
        self.into_error(words).into_response()
    }

    /// The same as an error.
    pub(crate) fn into_error(self, words: Words) -> ApiError {
        match (self, words) {
            (Self::Error(error), _) => error,
            (Self::Rights(Refusal::Role(..)), Words::Unauthorized) => ApiError::unauthorized(),
            (Self::Rights(Refusal::Role(..)), Words::Forbidden(text)) => ApiError::forbidden(text),
            (Self::Rights(refusal), _) => refused(refusal),
        }
    }
}

impl From<ApiError> for NoEntry {
    fn from(error: ApiError) -> Self {
        Self::Error(error)
    }
}

/// Lets the caller in, or says why not. Who got in is an extension of the request afterwards. None: nobody was asked.
pub(crate) async fn enter(
    state: &ApiState,
    parts: &mut Parts,
    need: Need,
) -> Result<Option<Entered>, NoEntry> {
    if need == Need::Public {
        return Ok(None);
    }
    let principal = authenticate(&parts.headers, state)
        .await?
        .ok_or_else(ApiError::unauthorized)?;
    let limit = limits::take_key(state, &principal)?;
    same_site(state, parts, &principal)?;
    principal.check(need).map_err(NoEntry::Rights)?;
    parts.extensions.insert(principal.clone());
    Ok(Some(Entered { principal, limit }))
}

/// The caller, when they came with a valid key or cookie. A key wins over a cookie, also a wrong one.
pub(crate) async fn authenticate(
    headers: &HeaderMap,
    state: &ApiState,
) -> Result<Option<Principal>, ApiError> {
    let principal = match super::extract::presented_key(headers) {
        Some(key) => state.auth.by_key(key).await?,
        None => match cookies::read(headers, &cookies::SESSION) {
            Some(cookie) => {
                let idle_ms = state.config.get().auth.idle_ms();
                state.auth.by_cookie(cookie, idle_ms).await?
            }
            None => None,
        },
    };
    if let Some(principal) = &principal {
        tracing::debug!(
            caller.id = principal.user_id,
            credential.id = principal.credential_id(),
            "authenticated"
        );
    }
    Ok(principal)
}

/// A browser sends the cookie with whatever another site makes it send. A change therefore needs a page of our own
/// origin, and the token that only such a page can know. Requests with a key need neither.
pub(crate) fn same_site(state: &ApiState, parts: &Parts, principal: &Principal) -> Result<(), ApiError> {
    let Credential::Login { token_hash, .. } = &principal.credential else {
        return Ok(());
    };
    if matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    if !is_own_origin(&parts.headers, parts.extensions.get::<Origin>()) {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "foreign_origin",
            "Forbidden - the request comes from another site",
        ));
    }
    let expected = csrf::of_login(state.storage.secrets(), token_hash);
    let header = parts
        .headers
        .get("x-csrf-token")
        .and_then(|value| value.to_str().ok());
    match header {
        Some(given) if csrf::equal(given, &expected) => Ok(()),
        // The form routes of the contract carry it in the body, and check it there.
        None if parts.extensions.get::<CsrfInBody>().is_some() => Ok(()),
        _ => Err(csrf_refused()),
    }
}

/// An extension of requests to routes that take the CSRF token in their body, and check it themselves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CsrfInBody;

/// The answer to a change with a cookie and without the token.
pub(crate) fn csrf_refused() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "csrf",
        "Forbidden - a change with a cookie needs the token of GET /api/auth/csrf in the header X-CSRF-Token",
    )
}

/// Whether a page of this gateway made the request. Without either header no browser did: then the token decides alone.
pub(crate) fn is_own_origin(headers: &HeaderMap, ours: Option<&Origin>) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if headers.contains_key("origin") {
        let host = text("origin").and_then(|origin| origin.split_once("://"));
        let host = host.map(|(_, host)| host.to_ascii_lowercase());
        return host.is_some() && host.as_ref() == ours.and_then(|ours| ours.host.as_ref());
    }
    match text("sec-fetch-site") {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => true,
    }
}

fn refused(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::Role(_, Action::Admin) => ApiError::forbidden("Forbidden - SUPERADMIN only"),
        Refusal::Role(role, action) => ApiError::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            format!("Forbidden - {} may not {action}", role_word(role)),
        ),
        Refusal::Scope(action) => ApiError::new(
            StatusCode::FORBIDDEN,
            "out_of_scope",
            format!("Forbidden - this API key has no scope \"{action}\""),
        ),
        Refusal::LimitedKey => ApiError::new(
            StatusCode::FORBIDDEN,
            "limited_key",
            "Forbidden - an API key with scopes, sessions or an expiry does not decide about keys, logins and shares",
        ),
    }
}

fn role_word(role: Role) -> &'static str {
    role.as_str()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::is_own_origin;
    use crate::config::network::Networks;
    use crate::http::origin::Origin;

    #[test]
    fn a_request_of_another_sites_making_is_seen() {
        let own = |headers: &[(&'static str, &str)]| {
            let mut map = HeaderMap::new();
            map.insert("host", HeaderValue::from_static("gateway.example:8443"));
            for (name, value) in headers {
                map.insert(*name, HeaderValue::from_str(value).unwrap());
            }
            let origin = Origin::of(None, &map, &Networks::default());
            is_own_origin(&map, Some(&origin))
        };
        assert!(own(&[]));
        assert!(own(&[("origin", "https://gateway.example:8443")]));
        assert!(own(&[("sec-fetch-site", "same-origin")]));
        assert!(!own(&[("origin", "https://evil.example")]));
        assert!(!own(&[("origin", "https://gateway.example")]), "another port");
        assert!(!own(&[("origin", "null")]));
        assert!(!own(&[("sec-fetch-site", "cross-site")]));
        assert!(!own(&[("sec-fetch-site", "same-site")]));
        assert!(!own(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "https://evil.example")
        ]));
    }
}
