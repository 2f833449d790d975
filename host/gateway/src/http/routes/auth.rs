//! `/api/auth`: logins with a cookie, in the flow that clients of Auth.js know, and registration. Open to anybody, so
//! everything here looks after itself: CSRF tokens, pace, and the audit log.

pub(crate) mod credentials;
pub(crate) mod csrf;
mod form;
pub(crate) mod login_page;
pub(crate) mod providers;
pub(crate) mod register;
pub(crate) mod session;
pub(crate) mod signin;
pub(crate) mod signout;

use axum::Json;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::auth::csrf as tokens;
use crate::auth::password::PasswordError;
use crate::auth::principal::{Credential, Principal};
use crate::http::error::ApiError;
use crate::http::limits::too_many;
use crate::http::origin::Origin;
use crate::http::state::ApiState;
use crate::http::{cookies, gate};

/// How long to wait when too many passwords are checked at once.
const BUSY_MS: i64 = 1_000;

/// The end of a form's flow: a redirect for browsers, and for programs that ask for it the place as JSON.
fn lead_to(parts: &Parts, path: &str) -> Response {
    let url = absolute(parts, path);
    if parts.headers.contains_key("x-auth-return-redirect") {
        return Json(json!({ "url": url })).into_response();
    }
    let mut response = StatusCode::FOUND.into_response();
    if let Ok(url) = HeaderValue::from_str(&url) {
        response.headers_mut().insert(header::LOCATION, url);
    }
    response
}

/// With the host as the client knows it: its libraries parse a whole URL.
fn absolute(parts: &Parts, path: &str) -> String {
    let origin = parts.extensions.get::<Origin>();
    match origin.and_then(|origin| origin.host.as_ref().map(|host| (origin.is_https, host))) {
        Some((is_https, host)) => {
            let scheme = if is_https { "https" } else { "http" };
            format!("{scheme}://{host}{path}")
        }
        None => path.to_owned(),
    }
}

/// Where to go afterwards: a path of ours, never another site.
fn own_path<'p>(parts: &Parts, wanted: Option<&'p str>) -> &'p str {
    let Some(wanted) = wanted else { return "/" };
    let base = absolute(parts, "");
    let path = match wanted.strip_prefix(base.as_str()) {
        Some("") => "/",
        Some(rest) if !base.is_empty() => rest,
        _ => wanted,
    };
    // "//host" and "/\host" are another host to a browser.
    let plain = path.starts_with('/')
        && !path[1..].starts_with(['/', '\\'])
        && path.bytes().all(|byte| byte.is_ascii_graphic());
    if plain { path } else { "/" }
}

/// Whether the request carries a CSRF token that fits: that of the login, or the one beside its cookie.
fn has_csrf_token(state: &ApiState, parts: &Parts, given: Option<&str>, login: Option<&Principal>) -> bool {
    let header = parts
        .headers
        .get("x-csrf-token")
        .and_then(|value| value.to_str().ok());
    let Some(given) = given.or(header) else {
        return false;
    };
    if !gate::is_own_origin(&parts.headers, parts.extensions.get::<Origin>()) {
        return false;
    }
    let secrets = state.storage.secrets();
    let of_login = match login.map(|login| &login.credential) {
        Some(Credential::Login { token_hash, .. }) => {
            tokens::equal(given, &tokens::of_login(secrets, token_hash))
        }
        _ => false,
    };
    let before_login = cookies::read(&parts.headers, &cookies::CSRF)
        .and_then(|cookie| tokens::token_of_cookie(secrets, cookie))
        .is_some_and(|token| tokens::equal(given, token));
    of_login || before_login
}

/// Whether cookies are for https alone.
fn is_secure(parts: &Parts) -> bool {
    parts
        .extensions
        .get::<Origin>()
        .is_some_and(|origin| origin.is_https)
}

/// For the pace of an address.
fn address(parts: &Parts) -> String {
    parts
        .extensions
        .get::<Origin>()
        .map_or_else(|| "-".to_owned(), Origin::limit_key)
}

/// No answer from the password hasher.
pub(crate) fn no_hash(error: PasswordError) -> ApiError {
    match error {
        PasswordError::Busy => too_many("Too many logins at once", BUSY_MS),
        PasswordError::Failed(error) => {
            tracing::error!(error = format!("{error:#}"), "a password could not be hashed");
            ApiError::internal()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::{absolute, own_path};
    use crate::config::network::Networks;
    use crate::http::origin::Origin;

    #[test]
    fn a_login_leads_to_a_path_of_ours_alone() {
        let (mut parts, ()) = Request::builder()
            .header("host", "gateway.example")
            .body(())
            .unwrap()
            .into_parts();
        let origin = Origin::of(None, &parts.headers, &Networks::default());
        parts.extensions.insert(origin);
        for (wanted, path) in [
            (None, "/"),
            (Some("/dashboard?a=b"), "/dashboard?a=b"),
            (Some("http://gateway.example/dashboard"), "/dashboard"),
            (Some("http://gateway.example"), "/"),
            (Some("http://gateway.example.evil.example/"), "/"),
            (Some("https://evil.example/"), "/"),
            (Some("//evil.example"), "/"),
            (Some("/\\evil.example"), "/"),
            (Some("javascript:alert(1)"), "/"),
            (Some("/a\r\nset-cookie: b"), "/"),
            (Some(""), "/"),
        ] {
            assert_eq!(own_path(&parts, wanted), path, "{wanted:?}");
        }
        assert_eq!(absolute(&parts, "/x"), "http://gateway.example/x");
    }
}
