//! `poll_votes` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use crate::StorageError;
use crate::db::{self, SqliteConnection, SqliteRow};
use crate::polls::{NewVote, PollVotes, VoteRow};

const VOTES: &str =
    "SELECT * FROM poll_votes WHERE session_id = ? AND chat = ? AND wa_id = ? ORDER BY timestamp, voter";

/// A vote that is not newer than the one that stands changes nothing and is not told.
pub(super) async fn apply(c: &mut SqliteConnection, vote: NewVote) -> Result<(), StorageError> {
    if !note(c, &vote.session_id, &vote.chat, &vote.wa_id, vote.vote).await? {
        return Ok(());
    }
    let rows = db::query(VOTES)
        .bind(vote.session_id)
        .bind(vote.chat)
        .bind(vote.wa_id)
        .fetch_all(&mut *c)
        .await?;
    let votes = rows.iter().map(vote_from).collect::<Result<Vec<_>, _>>()?;
    super::events::append(c, (vote.tell.0)(&votes)).await
}

/// Says whether it is newer than the one that stands.
pub(super) async fn note(
    c: &mut SqliteConnection,
    session_id: &str,
    chat: &str,
    wa_id: &str,
    vote: VoteRow,
) -> Result<bool, StorageError> {
    let changed = db::query(
        "INSERT INTO poll_votes (session_id, chat, wa_id, voter, options, timestamp) \
         SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?1) \
         ON CONFLICT (session_id, chat, wa_id, voter) DO UPDATE SET options = excluded.options, timestamp = excluded.timestamp \
         WHERE excluded.timestamp > timestamp",
    )
    .bind(session_id)
    .bind(chat)
    .bind(wa_id)
    .bind(vote.voter)
    .bind(serde_json::Value::from(vote.options).to_string())
    .bind(vote.timestamp)
    .execute(c)
    .await?
    .rows_affected();
    Ok(changed > 0)
}

fn vote_from(row: &SqliteRow) -> Result<VoteRow, StorageError> {
    let options: &str = row.try_get("options")?;
    Ok(VoteRow {
        voter: row.try_get("voter")?,
        options: serde_json::from_str(options).map_err(|_| StorageError::Inconsistent {
            table: "poll_votes",
            column: "options",
        })?,
        timestamp: row.try_get("timestamp")?,
    })
}

#[async_trait]
impl PollVotes for SqliteStorage {
    async fn poll_votes(
        &self,
        session_id: &str,
        chat: &str,
        wa_id: &str,
    ) -> Result<Vec<VoteRow>, StorageError> {
        let rows = db::query(VOTES)
            .bind(session_id)
            .bind(chat)
            .bind(wa_id)
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(vote_from).collect()
    }
}
