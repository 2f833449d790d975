//! What is known of the sessions' logs: whose they are, and how long.

use std::collections::BTreeMap;

use wagate_storage::events::EventRow;

use crate::http::SessionRef;

/// All logs, by session row id.
#[derive(Default)]
pub(super) struct Logs(BTreeMap<String, Log>);

struct Log {
    slug: String,
    /// The newest sequence.
    last: i64,
}

impl Logs {
    /// As the database has them: row id, slug, sequence.
    pub(super) fn replace(&mut self, sessions: Vec<(String, String, i64)>) {
        let logs = sessions.into_iter();
        self.0 = logs.map(|(id, slug, last)| (id, Log { slug, last })).collect();
    }

    /// An event was appended. False for a session that is not known.
    pub(super) fn grow(&mut self, row: &EventRow) -> bool {
        let Some(log) = self.0.get_mut(&row.event.session_id) else {
            return false;
        };
        log.last = log.last.max(row.sequence);
        true
    }

    pub(super) fn session(&self, id: &str) -> Option<SessionRef> {
        let log = self.0.get(id)?;
        Some(SessionRef {
            id: id.to_owned(),
            slug: log.slug.clone(),
        })
    }

    pub(super) fn last_of(&self, session: &str) -> Option<i64> {
        self.0.get(session).map(|log| log.last)
    }

    /// Row ids and how long they are.
    pub(super) fn lengths(&self) -> impl Iterator<Item = (&String, i64)> {
        self.0.iter().map(|(id, log)| (id, log.last))
    }
}
