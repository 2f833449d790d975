//! `notify`: notifications that users see.

use sha2::{Digest as _, Sha256};
use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Right;
use wagate_storage::notifications::NotificationRow;
use wagate_storage::row_id_at;

use crate::bindings::notify::{self, Notification, Severity, Stored};
use crate::bindings::{error_to_wit, types};
use crate::services::{Services, storage_error};
use crate::state::State;

const MAX_TITLE: usize = 200;
const MAX_MESSAGE: usize = 4000;
const MAX_LINK: usize = 500;
const MAX_TYPE: usize = 32;
const MAX_INBOX: u32 = 500;
const MAX_IDS: usize = 500;

impl notify::Host for State {
    async fn send(&mut self, session: String, notification: Notification) -> Result<String, types::Error> {
        // Counted before anything can fail, as sends are.
        let made = self.next_notification();
        let sent = async {
            let services = self.with_session(Right::Notify, &session).await?;
            self.check(&notification)?;
            let users = services.storage.users_of_session(&session).await;
            let users = users.map_err(|error| storage_error(&error))?;
            deliver(&services, &made, notification, &users).await
        };
        let (first, _) = sent.await.map_err(error_to_wit)?;
        first.ok_or_else(|| error_to_wit(HostError::NotFound("Session not found".to_owned())))
    }

    async fn to_user(&mut self, user_id: String, notification: Notification) -> Result<String, types::Error> {
        let made = self.next_notification();
        let sent = async {
            let services = self.with_right(Right::Notify)?;
            self.check(&notification)?;
            match deliver(&services, &made, notification, &[user_id]).await? {
                (Some(id), 1) => Ok(id),
                _ => Err(HostError::NotFound("User not found".to_owned())),
            }
        };
        sent.await.map_err(error_to_wit)
    }

    async fn broadcast(&mut self, notification: Notification) -> Result<u32, types::Error> {
        let made = self.next_notification();
        let sent = async {
            let services = self.with_right(Right::Notify)?;
            self.check(&notification)?;
            let users = services.storage.users().await;
            let users = users.map_err(|error| storage_error(&error))?;
            let users: Vec<String> = users.into_iter().map(|user| user.user.id).collect();
            deliver(&services, &made, notification, &users).await
        };
        sent.await.map(|(_, count)| count).map_err(error_to_wit)
    }

    async fn inbox(&mut self, user_id: String, limit: u32) -> Result<Vec<Stored>, types::Error> {
        let services = self.with_right(Right::Notify).map_err(error_to_wit)?;
        if !self.is_asked_by(&user_id) {
            return Ok(Vec::new());
        }
        let limit = i64::from(limit.min(MAX_INBOX));
        let found = services.storage.notifications_of(&user_id, limit).await;
        let found = found.map_err(|error| error_to_wit(storage_error(&error)))?;
        Ok(found.into_iter().map(stored).collect())
    }

    async fn mark_read(&mut self, user_id: String, ids: Vec<String>) -> Result<u32, types::Error> {
        let services = self.with_right(Right::Notify).map_err(error_to_wit)?;
        if ids.len() > MAX_IDS {
            let refused = HostError::Invalid(format!("ids: at most {MAX_IDS}"));
            return Err(error_to_wit(refused));
        }
        if !self.is_asked_by(&user_id) {
            return Ok(0);
        }
        let ids = Some(ids).filter(|ids| !ids.is_empty());
        let done = services.storage.mark_notifications_read(&user_id, ids).await;
        done.map_err(|error| error_to_wit(storage_error(&error)))
    }

    async fn remove(&mut self, user_id: String, id: String) -> Result<bool, types::Error> {
        let services = self.with_right(Right::Notify).map_err(error_to_wit)?;
        if !self.is_asked_by(&user_id) {
            return Ok(false);
        }
        let done = services.storage.delete_notification(&user_id, &id).await;
        done.map_err(|error| error_to_wit(storage_error(&error)))
    }
}

impl State {
    /// One of the notifications of this minute, if it is well-formed.
    ///
    /// Takes `&mut self` for the same reason as [`State::with_session`].
    fn check(&mut self, notification: &Notification) -> Result<(), HostError> {
        length(&notification.title, 1, MAX_TITLE, "title")?;
        length(&notification.message, 1, MAX_MESSAGE, "message")?;
        if let Some(link) = &notification.link {
            length(link, 1, MAX_LINK, "link")?;
            if !link.starts_with('/') || link.starts_with("//") {
                return Err(HostError::Invalid(
                    "link: must be a path within the dashboard, beginning with one /".to_owned(),
                ));
            }
        }
        let spent = self.identity.emits.spend(self.spender());
        spent.map_err(|retry_after_ms| HostError::RateLimited { retry_after_ms })
    }

    /// An inbox is there for the user whose request is at hand. To a plugin, those of others are empty.
    fn is_asked_by(&self, user_id: &str) -> bool {
        self.call.caller.as_deref() == Some(user_id)
    }

    /// What names the next notification: in a hook, the same for each repetition of the event.
    fn next_notification(&mut self) -> Made {
        let n = self.call.notifications;
        self.call.notifications += 1;
        match &self.call.event_id {
            Some(event_id) => Made {
                seed: format!("{event_id}/{}/{n}", self.identity.plugin),
                at_ms: self.call.event_at_ms,
            },
            None => Made {
                seed: wagate_storage::new_row_id(),
                at_ms: self.now_ms(),
            },
        }
    }
}

/// What the ids of a notification are made of.
struct Made {
    seed: String,
    at_ms: i64,
}

impl Made {
    fn id_for(&self, user_id: &str) -> String {
        let digest = Sha256::digest(format!("{}/{user_id}", self.seed));
        let mut bytes = [0; 10];
        bytes
            .iter_mut()
            .zip(digest)
            .for_each(|(byte, found)| *byte = found);
        row_id_at(self.at_ms, &bytes)
    }
}

/// Puts it into everybody's list: the first one's id, and how many got it.
async fn deliver(
    services: &Services,
    made: &Made,
    notification: Notification,
    users: &[String],
) -> Result<(Option<String>, u32), HostError> {
    let kind = kind_of(&notification)?;
    let now = services.clock.now_ms();
    let rows = users.iter().map(|user_id| NotificationRow {
        id: made.id_for(user_id),
        user_id: user_id.clone(),
        title: notification.title.clone(),
        message: notification.message.clone(),
        kind: kind.clone(),
        read: false,
        href: notification.link.clone(),
        created_at: now,
    });
    let rows: Vec<NotificationRow> = rows.collect();
    let first = rows.first().map(|row| row.id.clone());
    let count = services.notify(rows).await;
    let count = count.map_err(|error| storage_error(&error))?;
    Ok((first, count))
}

/// The severity in capitals, or the plugin's own word.
fn kind_of(notification: &Notification) -> Result<String, HostError> {
    let own = notification.ext.iter().find(|(name, _)| name == "type");
    if let Some((_, word)) = own {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if word.is_empty() || word.len() > MAX_TYPE || !word.bytes().all(is_word) {
            return Err(HostError::Invalid(format!(
                "type: 1 to {MAX_TYPE} letters, digits, - and _"
            )));
        }
        return Ok(word.to_ascii_uppercase());
    }
    let word = match notification.severity {
        Severity::Info => "INFO",
        Severity::Success => "SUCCESS",
        Severity::Warning => "WARNING",
        Severity::Error => "ERROR",
    };
    Ok(word.to_owned())
}

fn length(text: &str, least: usize, most: usize, field: &str) -> Result<(), HostError> {
    let found = text.chars().count();
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(HostError::Invalid(format!(
        "{field}: must have {least} to {most} characters, has {found}"
    )))
}

fn stored(row: NotificationRow) -> Stored {
    Stored {
        id: row.id,
        user_id: row.user_id,
        title: row.title,
        message: row.message,
        kind: row.kind,
        link: row.href,
        is_read: row.read,
        created_at_ms: row.created_at,
        ext: Vec::new(),
    }
}
