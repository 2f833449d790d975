//! Trusted-contact tokens over SQLite.

use async_trait::async_trait;

use super::execute_for_key;
use crate::StorageError;
use crate::db;
use crate::signal::{TcToken, TcTokens};
use crate::sqlite::SqliteStorage;

#[async_trait]
impl TcTokens for SqliteStorage {
    async fn tc_token(&self, session: &str, jid: &str) -> Result<Option<TcToken>, StorageError> {
        let found: Option<(Vec<u8>, i64, Option<i64>)> = db::query_as(
            "SELECT token, token_timestamp, sender_timestamp FROM wa_tc_tokens WHERE session_id = ? AND jid = ?",
        )
        .bind(session)
        .bind(jid)
        .fetch_optional(self.near())
        .await?;
        Ok(found.map(|(token, token_timestamp, sender_timestamp)| TcToken {
            token,
            token_timestamp,
            sender_timestamp,
        }))
    }

    async fn put_tc_token(&self, session: &str, jid: &str, token: TcToken) -> Result<(), StorageError> {
        let (session, jid) = (session.to_owned(), jid.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                db::query(
                    "INSERT INTO wa_tc_tokens (session_id, jid, token, token_timestamp, sender_timestamp) \
                     VALUES (?, ?, ?, ?, ?) ON CONFLICT (session_id, jid) DO UPDATE SET token = excluded.token, \
                     token_timestamp = excluded.token_timestamp, sender_timestamp = excluded.sender_timestamp",
                )
                .bind(session)
                .bind(jid)
                .bind(token.token)
                .bind(token.token_timestamp)
                .bind(token.sender_timestamp)
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn touch_tc_token(
        &self,
        session: &str,
        jid: &str,
        sender_timestamp: i64,
    ) -> Result<(), StorageError> {
        let (session, jid) = (session.to_owned(), jid.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                db::query(
                    "INSERT INTO wa_tc_tokens (session_id, jid, token, token_timestamp, sender_timestamp) \
                     VALUES (?1, ?2, x'', ?3, ?3) ON CONFLICT (session_id, jid) DO UPDATE SET sender_timestamp = \
                     MAX(COALESCE(wa_tc_tokens.sender_timestamp, excluded.sender_timestamp), excluded.sender_timestamp)",
                )
                .bind(session)
                .bind(jid)
                .bind(sender_timestamp)
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn receive_tc_token(
        &self,
        session: &str,
        jid: &str,
        token: Vec<u8>,
        token_timestamp: i64,
    ) -> Result<(), StorageError> {
        let (session, jid) = (session.to_owned(), jid.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                db::query(
                    "INSERT INTO wa_tc_tokens (session_id, jid, token, token_timestamp, sender_timestamp) \
                     VALUES (?, ?, ?, ?, NULL) ON CONFLICT (session_id, jid) DO UPDATE SET \
                     token = excluded.token, token_timestamp = excluded.token_timestamp \
                     WHERE length(wa_tc_tokens.token) = 0 OR excluded.token_timestamp >= wa_tc_tokens.token_timestamp",
                )
                .bind(session)
                .bind(jid)
                .bind(token)
                .bind(token_timestamp)
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn delete_tc_token(&self, session: &str, jid: &str) -> Result<(), StorageError> {
        execute_for_key(
            self,
            "DELETE FROM wa_tc_tokens WHERE session_id = ? AND jid = ?",
            session,
            jid,
        )
        .await
    }

    async fn tc_token_jids(&self, session: &str) -> Result<Vec<String>, StorageError> {
        let jids: Vec<String> = db::query_scalar("SELECT jid FROM wa_tc_tokens WHERE session_id = ?")
            .bind(session)
            .fetch_all(self.readers())
            .await?;
        Ok(jids)
    }

    async fn prune_tc_tokens(
        &self,
        session: &str,
        token_cutoff: i64,
        sender_cutoff: i64,
    ) -> Result<u64, StorageError> {
        let session = session.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let done = db::query(
                    "DELETE FROM wa_tc_tokens WHERE session_id = ? AND (length(token) = 0 OR token_timestamp < ?) \
                     AND (sender_timestamp IS NULL OR sender_timestamp < ?)",
                )
                .bind(session)
                .bind(token_cutoff)
                .bind(sender_cutoff)
                .execute(c)
                .await?;
                Ok(done.rows_affected())
            })
        })
        .await
    }
}
