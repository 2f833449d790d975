//! `audit` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use crate::StorageError;
use crate::audit::{Audit, AuditQuery, AuditRow, Outcome};
use crate::db::{self, SqliteRow};

fn audit_from(row: &SqliteRow) -> Result<AuditRow, StorageError> {
    let outcome: &str = row.try_get("outcome")?;
    Ok(AuditRow {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        actor_id: row.try_get("actor_id")?,
        actor: row.try_get("actor")?,
        action: row.try_get("action")?,
        target: row.try_get("target")?,
        outcome: match outcome {
            "ok" => Outcome::Ok,
            "refused" => Outcome::Refused,
            _ => {
                return Err(StorageError::Inconsistent {
                    table: "audit",
                    column: "outcome",
                });
            }
        },
        detail: row.try_get("detail")?,
        address: row.try_get("address")?,
        request_id: row.try_get("request_id")?,
    })
}

#[async_trait]
impl Audit for SqliteStorage {
    async fn append_audit(&self, row: AuditRow) -> Result<(), StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                db::query(
                    "INSERT INTO audit (id, at, actor_id, actor, action, target, outcome, detail, address, request_id) \
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                )
                .bind(row.id)
                .bind(row.at)
                .bind(row.actor_id)
                .bind(row.actor)
                .bind(row.action)
                .bind(row.target)
                .bind(row.outcome.as_str())
                .bind(row.detail)
                .bind(row.address)
                .bind(row.request_id)
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn audit(&self, query: AuditQuery) -> Result<Vec<AuditRow>, StorageError> {
        let rows = db::query(
            "SELECT * FROM audit WHERE (?1 IS NULL OR id < ?1) AND (?2 IS NULL OR actor_id = ?2) \
             AND (?3 IS NULL OR action = ?3) ORDER BY id DESC LIMIT ?4",
        )
        .bind(query.before)
        .bind(query.actor_id)
        .bind(query.action)
        .bind(query.limit)
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(audit_from).collect()
    }

    async fn prune_audit(&self, before: i64) -> Result<u64, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                let done = db::query("DELETE FROM audit WHERE at < ?")
                    .bind(before)
                    .execute(c)
                    .await?;
                Ok(done.rows_affected())
            })
        })
        .await
    }
}
