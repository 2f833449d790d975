//! `send_journal` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use crate::StorageError;
use crate::db::{self, SqliteConnection, SqliteRow};
use crate::journal::{SendJournal, SendRow, SendState};

fn state_text(state: SendState) -> &'static str {
    match state {
        SendState::Sending => "sending",
        SendState::Accepted => "accepted",
        SendState::Failed => "failed",
    }
}

fn send_from(row: &SqliteRow) -> Result<SendRow, StorageError> {
    let state: &str = row.try_get("state")?;
    Ok(SendRow {
        session_id: row.try_get("session_id")?,
        wa_id: row.try_get("wa_id")?,
        chat: row.try_get("chat")?,
        cause: row.try_get("cause")?,
        origin: row.try_get("origin")?,
        state: match state {
            "sending" => SendState::Sending,
            "accepted" => SendState::Accepted,
            "failed" => SendState::Failed,
            _ => {
                return Err(StorageError::Inconsistent {
                    table: "send_journal",
                    column: "state",
                });
            }
        },
        error: row.try_get("error")?,
        created_at: row.try_get("created_at")?,
    })
}

/// Where a send came from, while it is remembered.
pub(super) async fn origin_of(
    c: &mut SqliteConnection,
    session_id: &str,
    wa_id: &str,
) -> Result<Option<String>, StorageError> {
    let found: Option<Option<String>> =
        db::query_scalar("SELECT origin FROM send_journal WHERE session_id = ? AND wa_id = ?")
            .bind(session_id)
            .bind(wa_id)
            .fetch_optional(c)
            .await?;
    Ok(found.flatten())
}

#[async_trait]
impl SendJournal for SqliteStorage {
    async fn begin_send(&self, row: SendRow) -> Result<Option<SendRow>, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                let inserted = db::query(
                    "INSERT INTO send_journal (session_id, wa_id, chat, cause, origin, state, error, created_at) \
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (session_id, wa_id) DO NOTHING",
                )
                .bind(&row.session_id)
                .bind(&row.wa_id)
                .bind(row.chat)
                .bind(row.cause)
                .bind(row.origin)
                .bind(state_text(row.state))
                .bind(row.error)
                .bind(row.created_at)
                .execute(&mut *c)
                .await?
                .rows_affected();
                if inserted == 1 {
                    return Ok(None);
                }
                let found = db::query("SELECT * FROM send_journal WHERE session_id = ? AND wa_id = ?")
                    .bind(row.session_id)
                    .bind(row.wa_id)
                    .fetch_one(c)
                    .await?;
                send_from(&found).map(Some)
            })
        })
        .await
    }

    async fn find_send(&self, session_id: &str, wa_id: &str) -> Result<Option<SendRow>, StorageError> {
        let found = db::query("SELECT * FROM send_journal WHERE session_id = ? AND wa_id = ?")
            .bind(session_id)
            .bind(wa_id)
            .fetch_optional(self.near())
            .await?;
        found.as_ref().map(send_from).transpose()
    }

    async fn finish_send(
        &self,
        session_id: &str,
        wa_id: &str,
        state: SendState,
        error: Option<&str>,
    ) -> Result<(), StorageError> {
        let (session_id, wa_id, error) = (session_id.to_owned(), wa_id.to_owned(), error.map(str::to_owned));
        self.write(move |c| {
            Box::pin(async move {
                db::query("UPDATE send_journal SET state = ?, error = ? WHERE session_id = ? AND wa_id = ?")
                    .bind(state_text(state))
                    .bind(error)
                    .bind(session_id)
                    .bind(wa_id)
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    async fn prune_sends(&self, before: i64, batch: i64) -> Result<u64, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                Ok(db::query(
                    "DELETE FROM send_journal WHERE (session_id, wa_id) IN (SELECT session_id, wa_id FROM send_journal \
                     WHERE created_at < ? AND state <> 'sending' LIMIT ?)",
                )
                .bind(before)
                .bind(batch)
                .execute(c)
                .await?
                .rows_affected())
            })
        })
        .await
    }
}
