//! Who may use which session. Decided here, before a handler or a plugin runs, and nowhere else.
//!
//! A stranger learns nothing: a session of somebody else and one that does not exist answer alike.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use wagate_storage::sessions::SessionRow;
use wagate_storage::users::Role;

use super::error::ApiError;
use super::state::ApiState;
use crate::auth::principal::Principal;

const NO_ACCESS: &str = "Forbidden - Cannot access this session";

/// A session named by the path parameter `id`, which the caller may use.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) session: SessionRow,
}

impl FromRequestParts<ApiState> for Access {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        let principal = Principal::from_request_parts(parts, state).await?;
        // A path that is not UTF-8 names no session, so it answers as an unknown one does.
        let named = Path::<String>::from_request_parts(parts, state).await;
        let named = named.map(|Path(named)| named).unwrap_or_default();
        Ok(Self {
            session: session(state, &principal, &named).await?,
        })
    }
}

/// The session with this slug or row id, when the principal may use it.
pub(crate) async fn session(
    state: &ApiState,
    principal: &Principal,
    named: &str,
) -> Result<SessionRow, ApiError> {
    // No slug looks like a row id, so the two can never mean different sessions.
    let found = if is_row_id(named) {
        state.storage.session(&named.to_ascii_lowercase()).await?
    } else {
        state.storage.session_by_slug(named).await?
    };
    match (principal.role, found) {
        (Role::SuperAdmin, Some(session)) => Ok(session),
        (Role::SuperAdmin, None) => Err(ApiError::session_not_found()),
        (Role::Owner | Role::Staff, Some(session)) if session.user_id == principal.user_id => Ok(session),
        (Role::Owner | Role::Staff, _) => Err(ApiError::forbidden(NO_ACCESS)),
    }
}

/// Whether this is shaped like a row id: a UUID with hyphens.
pub(crate) fn is_row_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::is_row_id;

    #[test]
    fn row_ids_are_told_from_slugs() {
        assert!(is_row_id(&wagate_storage::new_row_id()));
        assert!(is_row_id("0190F5FE-0000-7000-8000-00000000000A"));
        for slug in [
            "demo",
            "",
            "0190f5fe00007000800000000000000a",
            "0190f5fe-0000-7000-8000-00000000000g",
        ] {
            assert!(!is_row_id(slug), "{slug}");
        }
    }
}
