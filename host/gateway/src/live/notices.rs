//! What streams tell besides the event log: things of the gateway, which belong to no session. They have no cursor, and a
//! reader who was away does not get them again: whoever comes back loads anew what it shows.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use wagate_plugin_host::{PluginHost, PluginStatus};
use wagate_storage::clock::{SharedClock, iso8601};
use wagate_storage::new_row_id;
use wagate_storage::notifications::NotificationRow;

use crate::backup::progress::Progress;

/// Somebody was told something.
const NOTIFICATION_CREATED: &str = "notification.created";
/// Another version or state of a plugin, or a reason why its files are refused.
const PLUGIN_CHANGED: &str = "plugin.changed";
/// How far a backup is.
const BACKUP_PROGRESS: &str = "backup.progress";
/// Notices that may wait for a stream; one that is slower is told that it has to load anew.
const AHEAD: usize = 256;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) at: i64,
    pub(crate) data: Value,
    audience: Audience,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Audience {
    User(String),
    /// Who may look at plugins, and at the machine.
    Admins,
}

/// Who reads a stream, as far as notices go.
#[derive(Debug, Clone)]
pub(crate) struct Listener {
    pub(crate) user_id: String,
    pub(crate) admin: bool,
}

impl Notice {
    /// Whether this reader may see it.
    pub(crate) fn is_for(&self, listener: &Listener) -> bool {
        match &self.audience {
            Audience::User(id) => *id == listener.user_id,
            Audience::Admins => listener.admin,
        }
    }

    fn of_note(row: &NotificationRow) -> Self {
        Self {
            id: row.id.clone(),
            kind: NOTIFICATION_CREATED,
            at: row.created_at,
            // As `GET /api/notifications` has it.
            data: json!({
                "id": row.id, "userId": row.user_id, "title": row.title, "message": row.message, "type": row.kind,
                "read": row.read, "href": row.href, "createdAt": iso8601(row.created_at),
            }),
            audience: Audience::User(row.user_id.clone()),
        }
    }

    fn of_plugin(name: &str, face: Option<&Face>, at: i64) -> Self {
        let data = match face {
            Some(face) => json!({
                "name": name, "state": face.state, "compiling": face.compiling, "version": face.version,
                "enabled": face.enabled, "lastError": face.error,
            }),
            None => json!({ "name": name, "state": "removed" }),
        };
        Self {
            id: new_row_id(),
            kind: PLUGIN_CHANGED,
            at,
            data,
            audience: Audience::Admins,
        }
    }
}

/// Where streams get them from.
#[derive(Clone)]
pub(crate) struct Notices {
    sender: broadcast::Sender<Arc<Notice>>,
}

/// What a change of a plugin is seen by.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Face {
    state: &'static str,
    compiling: bool,
    version: Option<String>,
    sha256: Option<String>,
    loaded_at_ms: Option<i64>,
    enabled: bool,
    error: Option<String>,
}

impl From<PluginStatus> for Face {
    fn from(status: PluginStatus) -> Self {
        Self {
            state: status.state.as_str(),
            compiling: status.compiling,
            version: status.version,
            sha256: status.sha256,
            loaded_at_ms: status.loaded_at_ms,
            enabled: status.enabled,
            error: status.last_error.map(|error| error.to_string()),
        }
    }
}

type Faces = HashMap<String, Face>;

fn faces(plugins: &PluginHost) -> Faces {
    let all = plugins.statuses().into_iter();
    all.map(|status| (status.name.clone(), Face::from(status)))
        .collect()
}

impl Notices {
    pub(crate) fn new() -> Self {
        Self {
            sender: broadcast::Sender::new(AHEAD),
        }
    }

    /// From now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.sender.subscribe()
    }

    /// Until `shutdown`.
    pub(crate) async fn follow(self, plugins: PluginHost, clock: SharedClock, shutdown: CancellationToken) {
        let mut notes = plugins.notes();
        let mut changes = plugins.changes();
        let mut known = faces(&plugins);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                note = notes.recv() => match note {
                    Ok(row) => self.say(Notice::of_note(&row)),
                    // The list still has them; only the bell was not rung.
                    Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "streams were not told of notifications"),
                    Err(RecvError::Closed) => return,
                },
                Ok(()) = changes.changed() => {
                    let now = faces(&plugins);
                    for name in changed(&known, &now) {
                        self.say(Notice::of_plugin(name, now.get(name), clock.now_ms()));
                    }
                    known = now;
                }
            }
        }
    }

    /// How far a backup is.
    pub(crate) fn tell_backup(&self, progress: &Progress, at: i64) {
        self.say(Notice {
            id: new_row_id(),
            kind: BACKUP_PROGRESS,
            at,
            data: progress.view(),
            audience: Audience::Admins,
        });
    }

    fn say(&self, notice: Notice) {
        // No stream may be open.
        let _ = self.sender.send(Arc::new(notice));
    }
}

/// The plugins that are not what they were, in order.
fn changed<'a>(before: &'a Faces, now: &'a Faces) -> Vec<&'a str> {
    let mut names: Vec<&str> = before
        .keys()
        .chain(now.keys())
        .filter(|name| before.get(*name) != now.get(*name))
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(state: &'static str) -> Face {
        Face {
            state,
            compiling: false,
            version: None,
            sha256: None,
            loaded_at_ms: None,
            enabled: true,
            error: None,
        }
    }

    #[test]
    fn changes_are_named_once_and_in_order() {
        let before = Faces::from([
            ("gone".to_owned(), face("running")),
            ("same".to_owned(), face("running")),
            ("a".to_owned(), face("running")),
        ]);
        let now = Faces::from([
            ("same".to_owned(), face("running")),
            ("a".to_owned(), face("suspended")),
            ("new".to_owned(), face("running")),
        ]);
        assert_eq!(changed(&before, &now), ["a", "gone", "new"]);
    }

    #[test]
    fn each_reader_gets_what_is_theirs() {
        let row = NotificationRow {
            id: "n".to_owned(),
            user_id: "ann".to_owned(),
            title: "t".to_owned(),
            message: "m".to_owned(),
            kind: "INFO".to_owned(),
            read: false,
            href: None,
            created_at: 0,
        };
        let (note, plugin) = (Notice::of_note(&row), Notice::of_plugin("p", None, 0));
        let listener = |user: &str, admin| Listener {
            user_id: user.to_owned(),
            admin,
        };
        assert!(note.is_for(&listener("ann", false)) && !note.is_for(&listener("bob", true)));
        assert!(plugin.is_for(&listener("bob", true)) && !plugin.is_for(&listener("ann", false)));
    }
}
