//! Who may use which session. Decided here, before a handler or a plugin runs, and nowhere else.
//!
//! A stranger learns nothing: a session of somebody else and one that does not exist answer alike.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use wagate_storage::sessions::SessionRow;
use wagate_storage::users::Role;

use super::error::ApiError;
use super::gate::{Gate, Words};
use super::state::ApiState;
use crate::auth::need::Need;
use crate::auth::principal::Principal;

const NO_ACCESS: &str = "Forbidden - Cannot access this session";

/// What a caller is to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// A superadmin: everything.
    SuperAdmin,
    /// It is theirs: everything.
    Owner,
    /// It is shared with them: what their role may, but not what is the owner's to decide.
    Shared,
}

/// A session named by the path parameter `id` or `sessionId`, which the caller may use for what the route does.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) session: SessionRow,
    /// What the caller is to it.
    pub(crate) relation: Relation,
}

impl FromRequestParts<ApiState> for Access {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        let principal = Principal::from_request_parts(parts, state).await?;
        let Ok(gate) = Gate::from_request_parts(parts, state).await;
        let named = named(parts, state).await;
        match related(state, &principal, &named, gate.need).await {
            Ok((session, relation)) => Ok(Self { session, relation }),
            Err(error) => Err(match gate.words {
                Words::Forbidden(text) if error.status() == 403 => ApiError::forbidden(text),
                _ => error,
            }),
        }
    }
}

/// What the path calls the session. A path that is not UTF-8 names none, so it answers as an unknown one does.
async fn named(parts: &mut Parts, state: &ApiState) -> String {
    let Ok(params) = RawPathParams::from_request_parts(parts, state).await else {
        return String::new();
    };
    params
        .iter()
        .find(|(name, _)| matches!(*name, "id" | "sessionId"))
        .map(|(_, value)| value.to_owned())
        .unwrap_or_default()
}

/// The session with this slug or row id, when the principal may use it for this.
pub(crate) async fn session(
    state: &ApiState,
    principal: &Principal,
    named: &str,
    need: Need,
) -> Result<SessionRow, ApiError> {
    related(state, principal, named, need)
        .await
        .map(|(session, _)| session)
}

/// The same, with what the principal is to it.
pub(crate) async fn related(
    state: &ApiState,
    principal: &Principal,
    named: &str,
    need: Need,
) -> Result<(SessionRow, Relation), ApiError> {
    // No slug looks like a row id, so the two can never mean different sessions.
    let found = if is_row_id(named) {
        state.storage.session(&named.to_ascii_lowercase()).await?
    } else {
        state.storage.session_by_slug(named).await?
    };
    let refused = || ApiError::forbidden(NO_ACCESS);
    let Some(session) = found else {
        // Who may see everything may know that there is nothing.
        let may_know = principal.role == Role::SuperAdmin && !principal.is_bound_to_sessions();
        return Err(if may_know {
            ApiError::session_not_found()
        } else {
            refused()
        });
    };
    let relation = relation(state, principal, &session).await?.ok_or_else(refused)?;
    if relation == Relation::Shared && matches!(need, Need::Own | Need::Share) {
        return Err(refused());
    }
    Ok((session, relation))
}

/// What the principal is to this session; none: nothing.
pub(crate) async fn relation(
    state: &ApiState,
    principal: &Principal,
    session: &SessionRow,
) -> Result<Option<Relation>, ApiError> {
    if !principal.reaches(&session.id) {
        return Ok(None);
    }
    if principal.role == Role::SuperAdmin {
        return Ok(Some(Relation::SuperAdmin));
    }
    if session.user_id == principal.user_id {
        return Ok(Some(Relation::Owner));
    }
    let shared = state.storage.has_access(&session.id, &principal.user_id).await?;
    Ok(shared.then_some(Relation::Shared))
}

/// Every session the principal may read: superadmins all of them, others their own and then those shared with them,
/// each newest first.
pub(crate) async fn sessions(
    state: &ApiState,
    principal: &Principal,
) -> Result<Vec<(SessionRow, Relation)>, ApiError> {
    let with = |relation: Relation| move |row: SessionRow| (row, relation);
    let mut found: Vec<(SessionRow, Relation)> = Vec::new();
    if principal.role == Role::SuperAdmin {
        let all = state.storage.sessions().await?;
        found.extend(all.into_iter().map(with(Relation::SuperAdmin)));
    } else {
        let own = state.storage.sessions_of(&principal.user_id).await?;
        let shared = state.storage.sessions_shared_with(&principal.user_id).await?;
        found.extend(own.into_iter().map(with(Relation::Owner)));
        found.extend(shared.into_iter().map(with(Relation::Shared)));
    }
    found.retain(|(session, _)| principal.reaches(&session.id));
    Ok(found)
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
