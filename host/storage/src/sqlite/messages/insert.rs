//! A message finds its place in time, its chat its newest message.

use crate::StorageError;
use crate::contacts::TellContact;
use crate::db::{self, SqliteConnection};
use crate::media::MediaMessage;
use crate::messages::{MessageRow, NewMessage};

/// Messages of one second that have a place of their own; more go into the next second's.
const PLACES: i64 = 1 << 16;
/// How many seconds are looked through for a free place: a flood of millions in one second is refused.
const MAX_SECONDS: i64 = 64;
/// The chat of status posts: in no chat list.
const STATUS_CHAT: &str = "status@broadcast";

/// `None` when the session is gone.
pub(in crate::sqlite) async fn session_number(
    c: &mut SqliteConnection,
    session_id: &str,
) -> Result<Option<i64>, StorageError> {
    Ok(db::query_scalar("SELECT number FROM sessions WHERE id = ?")
        .bind(session_id)
        .fetch_optional(c)
        .await?)
}

/// The values of `messages.n` of one session.
#[derive(Debug, Clone, Copy)]
pub(in crate::sqlite) struct Slot {
    session: i64,
}

impl Slot {
    /// Of the session with this number.
    pub(in crate::sqlite) fn of(session_number: i64) -> Self {
        Self {
            session: session_number << 48,
        }
    }

    /// The first value of a time (ms), also of one that no clock shows.
    pub(in crate::sqlite) fn at(self, timestamp: i64) -> i64 {
        let seconds = timestamp.div_euclid(1000).clamp(0, i64::from(u32::MAX));
        self.session | (seconds << 16)
    }

    /// The first value, and the one after the last.
    pub(in crate::sqlite) fn all(self) -> (i64, i64) {
        (self.session, self.session.saturating_add(1 << 48))
    }
}

/// Inserts a message and, if it is new, learns from it and tells it. `false` when it is already there, or its session is
/// not.
pub(in crate::sqlite) async fn insert_told(
    c: &mut SqliteConnection,
    message: NewMessage,
    tell: &TellContact,
) -> Result<bool, StorageError> {
    let NewMessage {
        row,
        event,
        contact,
        media,
    } = message;
    let (session_id, at) = (row.session_id.clone(), row.timestamp);
    let Some(n) = place(c, &row).await? else {
        return Ok(false);
    };
    newest_in_chat(c, &row, n).await?;
    crate::sqlite::contacts::learn_told(c, &session_id, contact.into(), at, tell).await?;
    if let Some(event) = event {
        crate::sqlite::events::append(c, event).await?;
    }
    if let Some(media) = media {
        crate::sqlite::media::insert(c, carrier(&row), media).await?;
    }
    Ok(true)
}

/// The message as the row of its file names it.
fn carrier(row: &MessageRow) -> MediaMessage {
    MediaMessage {
        session_id: row.session_id.clone(),
        message_id: row.id.clone(),
        chat: row.chat.clone(),
        sender: row.sender.clone(),
        from_me: row.from_me,
        wa_id: row.wa_id.clone(),
        now: row.timestamp,
    }
}

/// Inserts a message of the past: nothing is told, nothing becomes unread.
pub(in crate::sqlite) async fn insert_old(
    c: &mut SqliteConnection,
    message: NewMessage,
) -> Result<bool, StorageError> {
    let NewMessage { row, media, .. } = message;
    let is_new = place(c, &row).await?.is_some();
    if is_new {
        db::query(
            "INSERT INTO chats (session_id, jid, last_message, last_at, created_at, hidden) VALUES (?1, ?2, ?3, ?4, ?4, ?5) \
             ON CONFLICT (session_id, jid) DO UPDATE SET \
               last_message = iif(last_message IS NULL OR excluded.last_at >= last_at, excluded.last_message, last_message), \
               last_at = iif(last_message IS NULL, excluded.last_at, max(last_at, excluded.last_at)), \
               hidden = min(hidden, excluded.hidden)",
        )
        .bind(&row.session_id)
        .bind(&row.chat)
        .bind(&row.id)
        .bind(row.timestamp)
        .bind(row.chat == STATUS_CHAT)
        .execute(&mut *c)
        .await?;
        if let Some(media) = media {
            crate::sqlite::media::insert(c, carrier(&row), media).await?;
        }
    }
    Ok(is_new)
}

/// The row's `n`; none when the message is already there, or its session is not.
async fn place(c: &mut SqliteConnection, row: &MessageRow) -> Result<Option<i64>, StorageError> {
    let first = Slot::of(0).at(row.timestamp);
    for second in 0..MAX_SECONDS {
        match place_in(c, first + second * PLACES, row).await {
            // The second is full.
            Err(error) if error.is_about("messages.n") => {}
            other => return Ok(other?),
        }
    }
    Err(StorageError::Inconsistent {
        table: "messages",
        column: "n",
    })
}

/// `second`: the first value of a second, without the session's number.
async fn place_in(c: &mut SqliteConnection, second: i64, row: &MessageRow) -> Result<Option<i64>, db::Error> {
    let free: Option<i64> = db::query_scalar(
        "SELECT (SELECT coalesce(max(n) + 1, s.number << 48 | ?1) FROM messages \
           WHERE n >= (s.number << 48 | ?1) AND n < (s.number << 48 | ?1) + 65535) FROM sessions AS s WHERE s.id = ?2",
    )
    .bind(second)
    .bind(&row.session_id)
    .fetch_optional(&mut *c)
    .await?;
    let Some(n) = free else { return Ok(None) };
    let inserted = db::query(
        "INSERT INTO messages (n, id, session_id, chat, sender, from_me, wa_id, push_name, kind, content, status, played, \
           timestamp, quote_id, edited_at, deleted_at, deleted_by, starred, mime_type, file_name, file_size, wire) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (session_id, wa_id, chat, sender) DO NOTHING",
    )
    .bind(n)
    .bind(&row.id)
    .bind(&row.session_id)
    .bind(&row.chat)
    .bind(&row.sender)
    .bind(row.from_me)
    .bind(&row.wa_id)
    .bind(&row.push_name)
    .bind(&row.kind)
    .bind(&row.content)
    .bind(row.status as i64)
    .bind(row.played)
    .bind(row.timestamp)
    .bind(&row.quote_id)
    .bind(row.edited_at)
    .bind(row.deleted_at)
    .bind(&row.deleted_by)
    .bind(row.starred)
    .bind(&row.mime_type)
    .bind(&row.file_name)
    .bind(row.file_size)
    .bind(&row.wire)
    .execute(c)
    .await?;
    Ok((inserted.rows_affected() > 0).then_some(n))
}

async fn newest_in_chat(c: &mut SqliteConnection, row: &MessageRow, n: i64) -> Result<(), StorageError> {
    // Writing in a chat means having read it.
    db::query(
        "INSERT INTO chats (session_id, jid, last_message, last_at, unread, created_at, read_n, hidden) \
         VALUES (?1, ?2, ?3, ?4, iif(?5, 0, 1), ?4, iif(?5, ?6, 0), ?7) \
         ON CONFLICT (session_id, jid) DO UPDATE SET \
           last_message = iif(last_message IS NULL OR excluded.last_at >= last_at, excluded.last_message, last_message), \
           last_at = iif(last_message IS NULL, excluded.last_at, max(last_at, excluded.last_at)), \
           unread = iif(?5, 0, unread + 1), marked_unread = iif(?5, 0, marked_unread), \
           read_n = iif(?5, max(read_n, ?6), read_n), hidden = min(hidden, excluded.hidden)",
    )
    .bind(&row.session_id)
    .bind(&row.chat)
    .bind(&row.id)
    .bind(row.timestamp)
    .bind(row.from_me)
    .bind(n)
    .bind(row.chat == STATUS_CHAT)
    .execute(c)
    .await?;
    Ok(())
}
