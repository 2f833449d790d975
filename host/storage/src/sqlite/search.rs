//! Search over SQLite: a trigram index for three characters and more, a scan for less.
//!
//! `messages.n` sorts by session and time, and the index knows messages by it: one session is a range of the index, and the
//! newest come first without sorting.

use async_trait::async_trait;

use super::SqliteStorage;
use super::contacts::anywhere;
use super::messages::{Slot, message_from};
use crate::StorageError;
use crate::db::{self, Builder};
use crate::messages::MessageRow;
use crate::search::{MAX_SEARCH_CHARS, Search, SearchQuery};

/// Messages brought into the index by one write: it takes some milliseconds.
const BATCH: i64 = 100;
/// Batches a search waits for: it finds what was committed before it, unless there is a flood.
const BATCHES_BEFORE_SEARCH: usize = 20;
/// A chat with at most this many messages is read through: faster than asking the index for a common word.
const SMALL_CHAT: i64 = 2_000;
/// The shortest text the index can find.
const TRIGRAM: usize = 3;

/// How the text is looked for.
enum Text {
    /// There is none.
    Any,
    /// By the index; an FTS5 string.
    Index(String),
    /// By reading: any of these patterns.
    Scan(Vec<String>),
}

impl Text {
    /// None when nothing can be found.
    fn of(text: &str, is_small_chat: bool) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::Any);
        }
        // SQLite ends a text at a NUL.
        let text = text.replace('\0', "");
        let characters = text.chars().count();
        if text.is_empty() || characters > MAX_SEARCH_CHARS {
            None
        } else if characters < TRIGRAM || (is_small_chat && text.is_ascii()) {
            Some(Self::Scan(patterns(&text)))
        } else {
            Some(Self::Index(format!("\"{}\"", text.replace('"', "\"\""))))
        }
    }
}

/// `LIKE` knows the case of ASCII letters only: for others it is given the spellings.
fn patterns(text: &str) -> Vec<String> {
    let mut patterns = vec![anywhere(text)];
    if !text.is_ascii() {
        let capital = text.chars().take(1).flat_map(char::to_uppercase);
        let title: String = capital
            .chain(text.chars().skip(1).flat_map(char::to_lowercase))
            .collect();
        for spelling in [text.to_lowercase(), text.to_uppercase(), title] {
            let pattern = anywhere(&spelling);
            if !patterns.contains(&pattern) {
                patterns.push(pattern);
            }
        }
    }
    patterns
}

/// The part after FROM, for one session.
fn find(mut sql: Builder, slot: Slot, session_id: &str, query: &SearchQuery, text: Text) -> Builder {
    let (first, end) = slot.all();
    let first = query.since.map_or(first, |since| slot.at(since).max(first));
    let end = query.until.map_or(end, |until| slot.at(until).min(end));
    // CROSS JOIN: the index first, or the planner may ask it once a message.
    match &text {
        Text::Index(phrase) => {
            sql.push(
                " FROM message_text t CROSS JOIN messages m ON m.n = t.rowid WHERE t.message_text MATCH ",
            );
            sql.push_bind(phrase.clone());
            sql.push(" AND t.rowid >= ").push_bind(first);
            sql.push(" AND t.rowid < ").push_bind(end);
        }
        Text::Any | Text::Scan(_) => {
            sql.push(" FROM messages m WHERE m.n >= ").push_bind(first);
            sql.push(" AND m.n < ").push_bind(end);
        }
    }
    if let Text::Scan(patterns) = text {
        sql.push(" AND (");
        for (place, pattern) in patterns.into_iter().enumerate() {
            sql.push(if place == 0 {
                "m.content LIKE "
            } else {
                " OR m.content LIKE "
            });
            sql.push_bind(pattern).push(" ESCAPE '\\'");
        }
        sql.push(")");
    }
    if let Some(chat) = &query.chat {
        sql.push(" AND m.session_id = ").push_bind(session_id.to_owned());
        sql.push(" AND m.chat = ").push_bind(chat.clone());
    }
    if let Some(kind) = &query.kind {
        if kind == "TEXT" {
            sql.push(" AND m.kind = 'TEXT'");
        } else {
            // In the words of the partial index.
            sql.push(" AND m.kind <> 'TEXT' AND m.session_id = ")
                .push_bind(session_id.to_owned());
            sql.push(" AND m.kind = ").push_bind(kind.clone());
        }
    }
    if let Some(from_me) = query.from_me {
        sql.push(" AND m.from_me = ").push_bind(from_me);
    }
    sql
}

impl SqliteStorage {
    /// Where the session's messages are, and how to look for the text; none when nothing can be found.
    async fn plan(
        &self,
        session_id: &str,
        query: &SearchQuery,
    ) -> Result<Option<(Slot, Text)>, StorageError> {
        let number: Option<i64> = db::query_scalar("SELECT number FROM sessions WHERE id = ?")
            .bind(session_id)
            .fetch_optional(self.near())
            .await?;
        let Some(number) = number else { return Ok(None) };
        let is_small_chat = match &query.chat {
            None => false,
            Some(chat) => {
                let messages: i64 = db::query_scalar(
                    "SELECT count(*) FROM (SELECT 1 FROM messages WHERE session_id = ? AND chat = ? LIMIT ?)",
                )
                .bind(session_id)
                .bind(chat)
                .bind(SMALL_CHAT + 1)
                .fetch_one(self.readers())
                .await?;
                messages <= SMALL_CHAT
            }
        };
        let text = Text::of(&query.text, is_small_chat);
        if matches!(text, Some(Text::Index(_))) {
            for _ in 0..BATCHES_BEFORE_SEARCH {
                if !self.index_text(BATCH).await? {
                    break;
                }
            }
        }
        Ok(text.map(|text| (Slot::of(number), text)))
    }
}

#[async_trait]
impl Search for SqliteStorage {
    async fn search(&self, session_id: &str, query: &SearchQuery) -> Result<Vec<MessageRow>, StorageError> {
        let Some((slot, text)) = self.plan(session_id, query).await? else {
            return Ok(Vec::new());
        };
        let by_index = matches!(text, Text::Index(_));
        let mut sql = find(Builder::new("SELECT m.*"), slot, session_id, query, text);
        sql.push(if by_index {
            " ORDER BY t.rowid DESC LIMIT "
        } else {
            " ORDER BY m.n DESC LIMIT "
        });
        sql.push_bind(query.limit.max(0));
        sql.push(" OFFSET ").push_bind(query.offset.max(0));
        let rows = sql.build().fetch_all(self.readers()).await?;
        rows.iter().map(message_from).collect()
    }

    async fn count_found(&self, session_id: &str, query: &SearchQuery) -> Result<i64, StorageError> {
        let Some((slot, text)) = self.plan(session_id, query).await? else {
            return Ok(0);
        };
        let filters = query.chat.is_some() || query.kind.is_some() || query.from_me.is_some();
        match &text {
            // Answered by the index alone.
            Text::Index(phrase) if !filters => {
                let (first, end) = slot.all();
                Ok(db::query_scalar(
                    "SELECT count(*) FROM message_text WHERE message_text MATCH ?1 AND rowid >= ?2 AND rowid < ?3",
                )
                .bind(phrase)
                .bind(query.since.map_or(first, |since| slot.at(since).max(first)))
                .bind(query.until.map_or(end, |until| slot.at(until).min(end)))
                .fetch_one(self.readers())
                .await?)
            }
            _ => {
                let sql = find(
                    Builder::new("SELECT count(*) AS found"),
                    slot,
                    session_id,
                    query,
                    text,
                );
                Ok(sql.build().fetch_one(self.readers()).await?.try_get("found")?)
            }
        }
    }

    async fn index_text(&self, limit: i64) -> Result<bool, StorageError> {
        // The queue is nearly always empty: looked at beside the writer.
        let waiting: Option<i64> = db::query_scalar("SELECT n FROM message_text_stale LIMIT 1")
            .fetch_optional(self.near())
            .await?;
        if waiting.is_none() {
            return Ok(false);
        }
        self.write(move |c| {
            Box::pin(async move {
                let bounds: (Option<i64>, Option<i64>, i64) = db::query_as(
                    "SELECT min(n), max(n), count(*) FROM (SELECT n FROM message_text_stale ORDER BY n LIMIT ?)",
                )
                .bind(limit)
                .fetch_one(&mut *c)
                .await?;
                let (Some(first), Some(last), count) = bounds else {
                    return Ok(false);
                };
                // CROSS JOIN: the queue first, or all messages between the first and the last are read, of all sessions.
                for statement in [
                    "DELETE FROM message_text WHERE rowid IN (SELECT n FROM message_text_stale WHERE n BETWEEN ?1 AND ?2)",
                    "INSERT INTO message_text (rowid, content) SELECT m.n, m.content FROM message_text_stale s \
                     CROSS JOIN messages m ON m.n = s.n WHERE s.n BETWEEN ?1 AND ?2 AND m.content IS NOT NULL",
                    "DELETE FROM message_text_stale WHERE n BETWEEN ?1 AND ?2",
                ] {
                    db::query(statement).bind(first).bind(last).execute(&mut *c).await?;
                }
                Ok(count == limit)
            })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::{Text, patterns};

    #[test]
    fn short_and_foreign_texts_are_scanned_in_every_spelling() {
        assert_eq!(patterns("ab"), ["%ab%"]);
        assert_eq!(patterns("é"), ["%é%", "%É%"]);
        assert_eq!(patterns("Éa"), ["%Éa%", "%éa%", "%ÉA%"]);
    }

    #[test]
    fn quotes_and_zeros_do_not_leave_the_phrase() {
        assert!(Text::of("\0", false).is_none(), "not everything");
        let Some(Text::Index(phrase)) = Text::of("a\" OR b\0*", false) else {
            panic!("three characters and more are for the index");
        };
        assert_eq!(phrase, "\"a\"\" OR b*\"");
    }
}
