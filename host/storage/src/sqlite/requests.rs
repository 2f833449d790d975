//! `request_keys` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use crate::db::{self, SqliteConnection};
use crate::requests::{KeptAnswer, KeyState, RequestKey, RequestKeys};
use crate::{StorageError, new_row_id};

/// Makes the key's row new, whatever stands there.
async fn take(
    c: &mut SqliteConnection,
    key: RequestKey,
    body_hash: Vec<u8>,
    run: String,
    now: i64,
) -> Result<KeyState, StorageError> {
    let request_id = new_row_id();
    db::query(
        "REPLACE INTO request_keys (caller, method, path, key, request_id, body_hash, state, run, created_at) \
         VALUES (?, ?, ?, ?, ?, ?, 'running', ?, ?)",
    )
    .bind(key.caller)
    .bind(key.method)
    .bind(key.path)
    .bind(key.key)
    .bind(&request_id)
    .bind(body_hash)
    .bind(run)
    .bind(now)
    .execute(c)
    .await?;
    Ok(KeyState::Mine {
        request_id,
        again: false,
    })
}

#[async_trait]
impl RequestKeys for SqliteStorage {
    async fn begin_request(
        &self,
        key: RequestKey,
        body_hash: Vec<u8>,
        run: &str,
        expired: i64,
        now: i64,
    ) -> Result<KeyState, StorageError> {
        let run = run.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let found = db::query(
                    "SELECT * FROM request_keys WHERE caller = ? AND method = ? AND path = ? AND key = ? \
                     AND created_at >= ?",
                )
                .bind(&key.caller)
                .bind(&key.method)
                .bind(&key.path)
                .bind(&key.key)
                .bind(expired)
                .fetch_optional(&mut *c)
                .await?;
                let Some(row) = found else {
                    return take(c, key, body_hash, run, now).await;
                };
                let is_same = row.try_get::<Vec<u8>, _>("body_hash")? == body_hash;
                let of_this_run = row.try_get::<&str, _>("run")? == run;
                match row.try_get::<&str, _>("state")? {
                    "done" if is_same => Ok(KeyState::Done(KeptAnswer {
                        status: row.try_get("status")?,
                        headers: row.try_get("headers")?,
                        body: row.try_get("body")?,
                    })),
                    "done" => Ok(KeyState::Different),
                    "running" if of_this_run && is_same => Ok(KeyState::Running),
                    "running" if of_this_run => Ok(KeyState::Different),
                    // Nothing was promised yet: another body is another request, and must not find the first one's
                    // sends.
                    _ if !is_same => take(c, key, body_hash, run, now).await,
                    _ => {
                        let request_id: String = row.try_get("request_id")?;
                        db::query("UPDATE request_keys SET state = 'running', run = ? WHERE request_id = ?")
                            .bind(run)
                            .bind(&request_id)
                            .execute(c)
                            .await?;
                        Ok(KeyState::Mine {
                            request_id,
                            again: true,
                        })
                    }
                }
            })
        })
        .await
    }

    async fn end_request(&self, request_id: &str, answer: Option<KeptAnswer>) -> Result<(), StorageError> {
        let request_id = request_id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let state = if answer.is_some() { "done" } else { "open" };
                let (status, headers, body) = match answer {
                    Some(answer) => (Some(answer.status), Some(answer.headers), Some(answer.body)),
                    None => (None, None, None),
                };
                db::query(
                    "UPDATE request_keys SET state = ?, status = ?, headers = ?, body = ? WHERE request_id = ?",
                )
                .bind(state)
                .bind(status)
                .bind(headers)
                .bind(body)
                .bind(request_id)
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn prune_requests(&self, before: i64) -> Result<u64, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                Ok(db::query("DELETE FROM request_keys WHERE created_at < ?")
                    .bind(before)
                    .execute(c)
                    .await?
                    .rows_affected())
            })
        })
        .await
    }
}
