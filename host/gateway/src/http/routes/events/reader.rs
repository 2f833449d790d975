//! Who reads a stream, what of it they may see, and where they begin. Asked when it is opened, and again and again.

use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use wagate_protocol::manifest::Action;
use wagate_storage::StorageError;

use crate::auth::need::Need;
use crate::auth::principal::Principal;
use crate::http::error::ApiError;
use crate::http::state::ApiState;
use crate::http::{access, gate};
use crate::live::cursor;
use crate::live::filter::{Filter, Visible};
use crate::live::notices::Listener;
use crate::live::pump::{self, Gate, Stream};

/// What can be asked for in the query.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Query {
    after: Option<String>,
    sessions: Option<String>,
    events: Option<String>,
    chats: Option<String>,
}

const READ: Need = Need::Act(Action::Read);
/// What a browser sends when it comes back.
const LAST_EVENT_ID: &str = "last-event-id";

/// A reader with what they came with: it is shown again each time.
struct Reader {
    state: ApiState,
    headers: HeaderMap,
    /// The sessions they asked for; none: all they may read.
    names: Vec<String>,
    /// They were shown codes: without the right to them the stream ends.
    codes: bool,
    /// Those who are told of plugins: the same.
    listener: Listener,
}

impl Gate for Reader {
    fn listener(&self) -> &Listener {
        &self.listener
    }

    async fn visible(&self) -> Result<Option<Visible>, StorageError> {
        let principal = match gate::authenticate(&self.headers, &self.state).await {
            Ok(Some(principal))
                if principal.check(READ).is_ok()
                    && (!self.codes || sees_codes(&principal))
                    && (!self.listener.admin || sees_plugins(&principal)) =>
            {
                principal
            }
            Ok(_) => return Ok(None),
            Err(error) => return refusal(&error),
        };
        match visible(&self.state, &principal, &self.names).await {
            Ok(visible) => Ok(Some(visible)),
            Err(error) => refusal(&error),
        }
    }
}

/// Who may link a session sees the codes for it.
fn sees_codes(principal: &Principal) -> bool {
    principal.check(Need::Act(Action::Manage)).is_ok()
}

/// Who may look at plugins is told of their changes.
fn sees_plugins(principal: &Principal) -> bool {
    principal.check(Need::Act(Action::Admin)).is_ok()
}

/// A refusal ends the stream; a failure of ours is told as one.
fn refusal<T>(error: &ApiError) -> Result<Option<T>, StorageError> {
    if error.status().is_server_error() {
        Err(StorageError::Closed)
    } else {
        Ok(None)
    }
}

/// The sessions a reader may see: those they name, each of which they must be able to use, or all.
async fn visible(state: &ApiState, principal: &Principal, names: &[String]) -> Result<Visible, ApiError> {
    if names.is_empty() {
        let sessions = access::sessions(state, principal).await?;
        return Ok(sessions.into_iter().map(|(row, _)| (row.id, row.slug)).collect());
    }
    let mut visible = Visible::with_capacity(names.len());
    for name in names {
        let row = access::session(state, principal, name, READ).await?;
        visible.insert(row.id, row.slug);
    }
    Ok(visible)
}

/// Opens a stream for whoever came with these headers.
pub(super) async fn open(
    state: &ApiState,
    principal: &Principal,
    headers: HeaderMap,
    query: Query,
) -> Result<Stream, ApiError> {
    let mut filter = Filter::parse(
        query.sessions.as_deref(),
        query.events.as_deref(),
        query.chats.as_deref(),
    )
    .map_err(ApiError::invalid)?;
    filter.codes = sees_codes(principal);
    let after = begin(&headers, query.after.as_deref())?;
    let visible = visible(state, principal, &filter.sessions).await?;
    let place = state.live.place(&principal.user_id).ok_or_else(|| {
        ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_streams",
            "Too many event streams are open",
        )
        .retry_after(5_000)
    })?;
    let listener = Listener {
        user_id: principal.user_id.clone(),
        admin: sees_plugins(principal),
    };
    // Taken before the first look: a change after it is seen.
    let rights = state.auth.changes();
    let reader = Reader {
        state: state.clone(),
        headers,
        names: filter.sessions.clone(),
        codes: filter.codes,
        listener,
    };
    Ok(pump::open(
        &state.live,
        reader,
        visible,
        filter,
        after,
        rights,
        place,
    ))
}

/// What a browser says by itself wins: it is newer than the URL it was given.
fn begin(headers: &HeaderMap, query: Option<&str>) -> Result<Option<i64>, ApiError> {
    let header = headers
        .get(LAST_EVENT_ID)
        .map(|value| value.to_str().unwrap_or("?"));
    let (name, text) = match (header, query) {
        (Some(text), _) if !text.is_empty() => ("Last-Event-ID", text),
        (_, Some(text)) if !text.is_empty() => ("after", text),
        _ => return Ok(None),
    };
    match cursor::read(text) {
        Some(position) => Ok(Some(position)),
        None => Err(ApiError::invalid(format!("{name}: not a cursor of this stream"))),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::{LAST_EVENT_ID, begin};
    use crate::live::cursor;

    #[test]
    fn the_browsers_word_is_the_newer_one() {
        let mut headers = HeaderMap::new();
        assert_eq!(begin(&headers, None).unwrap(), None);
        assert_eq!(begin(&headers, Some(&cursor::write(3))).unwrap(), Some(3));
        assert_eq!(begin(&headers, Some("x")).unwrap_err().status(), 400);
        headers.insert(LAST_EVENT_ID, HeaderValue::from_str(&cursor::write(9)).unwrap());
        assert_eq!(begin(&headers, Some(&cursor::write(3))).unwrap(), Some(9));
        headers.insert(LAST_EVENT_ID, HeaderValue::from_static(""));
        assert_eq!(begin(&headers, None).unwrap(), None);
    }
}
