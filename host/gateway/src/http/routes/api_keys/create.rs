//! `POST /api/user/api-keys`: a key for one purpose: named, for these actions, on these sessions, until then.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use chrono::DateTime;
use serde::Deserialize;
use serde_json::json;
use wagate_protocol::manifest::Action;
use wagate_storage::api_keys::{ApiKeyRow, MAX_KEYS};
use wagate_storage::new_row_id;

use super::view::KeyView;
use crate::auth::key;
use crate::auth::need::{Need, role_may};
use crate::auth::principal::Principal;
use crate::http::access;
use crate::http::audit::About;
use crate::http::envelope::Envelope;
use crate::http::error::ApiError;
use crate::http::extract::Json;
use crate::http::state::ApiState;

const MAX_NAME: usize = 100;
/// Sessions one key can be bound to.
const MAX_SESSIONS: usize = 100;

/// What a client sends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Body {
    name: Option<String>,
    scopes: Option<Vec<String>>,
    /// Slugs or row ids.
    sessions: Option<Vec<String>>,
    /// ISO-8601.
    expires_at: Option<String>,
}

/// Answers with the key, this once.
pub(crate) async fn handle(
    principal: Principal,
    State(state): State<ApiState>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let now = state.clock.now_ms();
    let name = checked_name(body.name.as_deref())?;
    let scopes = body
        .scopes
        .map(|scopes| checked_scopes(&principal, &scopes))
        .transpose()?;
    let expires_at = body
        .expires_at
        .map(|text| checked_expiry(&text, now))
        .transpose()?;
    let sessions = match body.sessions {
        Some(named) => Some(checked_sessions(&state, &principal, &named).await?),
        None => None,
    };
    let text = key::generate();
    let row = ApiKeyRow {
        id: new_row_id(),
        user_id: principal.user_id,
        name,
        hash: key::hash(&text).to_vec(),
        prefix: key::prefix(&text),
        last4: key::last4(&text),
        scopes,
        sessions,
        is_default: false,
        expires_at,
        last_used_at: None,
        created_at: now,
    };
    if !state.storage.insert_api_key(row.clone()).await? {
        return Err(too_many_keys());
    }
    let about = About::target(row.id.clone()).with(json!({ "scopes": row.scopes, "sessions": row.sessions }));
    let answer = Envelope::new("API key generated", KeyView::with_key(row, text));
    Ok(about.on((StatusCode::CREATED, axum::Json(answer)).into_response()))
}

pub(super) fn too_many_keys() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "too_many_keys",
        format!("A user has at most {MAX_KEYS} API keys: revoke one first"),
    )
}

fn checked_name(given: Option<&str>) -> Result<String, ApiError> {
    let name = given.unwrap_or_default().trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.contains(char::is_control) {
        return Err(ApiError::invalid(format!(
            "name must have 1 to {MAX_NAME} characters, and no control characters"
        )));
    }
    Ok(name.to_owned())
}

/// A key for what its user may not do is a mistake that would show much later.
fn checked_scopes(principal: &Principal, given: &[String]) -> Result<Vec<String>, ApiError> {
    let mut actions: Vec<Action> = Vec::new();
    for word in given {
        let action = Action::parse(word).ok_or_else(|| {
            let words = Action::ALL.map(Action::as_str).join(", ");
            ApiError::invalid(format!("scopes: \"{}\" is none of {words}", cut(word)))
        })?;
        if !role_may(principal.role, action) {
            return Err(ApiError::invalid(format!(
                "scopes: {} may not {action}",
                principal.role.as_str()
            )));
        }
        actions.push(action);
    }
    if actions.is_empty() {
        return Err(ApiError::invalid(
            "scopes must name an action; leave it out for all of them",
        ));
    }
    actions.sort_unstable();
    actions.dedup();
    Ok(actions
        .into_iter()
        .map(|action| action.as_str().to_owned())
        .collect())
}

fn checked_expiry(text: &str, now: i64) -> Result<i64, ApiError> {
    let at = DateTime::parse_from_rfc3339(text)
        .map_err(|_| ApiError::invalid("expiresAt must be a date such as 2026-01-31T00:00:00Z"))?
        .timestamp_millis();
    if at <= now {
        return Err(ApiError::invalid("expiresAt must be in the future"));
    }
    Ok(at)
}

/// Row ids of sessions the user may use.
async fn checked_sessions(
    state: &ApiState,
    principal: &Principal,
    named: &[String],
) -> Result<Vec<String>, ApiError> {
    if named.is_empty() || named.len() > MAX_SESSIONS {
        return Err(ApiError::invalid(format!(
            "sessions must name 1 to {MAX_SESSIONS} sessions; leave it out for all of them"
        )));
    }
    let mut ids = Vec::with_capacity(named.len());
    for name in named {
        let found = access::session(state, principal, name, Need::Act(Action::Read)).await;
        let session = found.map_err(|error| match error.status() {
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
                ApiError::invalid(format!("sessions: \"{}\" is no session you can use", cut(name)))
            }
            _ => error,
        })?;
        if !ids.contains(&session.id) {
            ids.push(session.id);
        }
    }
    Ok(ids)
}

fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use wagate_storage::users::Role;

    use super::{checked_expiry, checked_scopes};
    use crate::auth::principal::KeyLimits;
    use crate::auth::principal::tests::with_key;

    #[test]
    fn scopes_are_actions_that_the_user_may() {
        let scopes = |role, words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            checked_scopes(&with_key(role, KeyLimits::default()), &words)
                .map_err(|error| error.status().as_u16())
        };
        assert_eq!(
            scopes(Role::Owner, &["send", "read", "send"]),
            Ok(vec!["read".to_owned(), "send".to_owned()])
        );
        assert_eq!(scopes(Role::Owner, &["admin"]), Err(400));
        assert_eq!(scopes(Role::Staff, &["manage"]), Err(400));
        assert_eq!(scopes(Role::Owner, &["everything"]), Err(400));
        assert_eq!(scopes(Role::Owner, &[]), Err(400));
    }

    #[test]
    fn an_expiry_is_a_date_to_come() {
        assert_eq!(checked_expiry("1970-01-01T00:00:02+00:00", 1_000).unwrap(), 2_000);
        assert!(checked_expiry("1970-01-01T00:00:01Z", 1_000).is_err());
        assert!(checked_expiry("tomorrow", 0).is_err());
    }
}
