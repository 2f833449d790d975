//! `timers` and `timer_fires` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use crate::StorageError;
use crate::db::{self, SqliteConnection, SqliteRow};
use crate::timers::{Correction, FireRow, NewTimer, Schedule, TimerRow, Timers};

/// The largest name in any encoding sorts below this: the end of a scan without a prefix.
const AFTER_ALL_NAMES: &str = "\u{10FFFF}";

fn timer_from(row: &SqliteRow) -> Result<TimerRow, StorageError> {
    let kind: &str = row.try_get("kind")?;
    Ok(TimerRow {
        plugin: row.try_get("plugin")?,
        name: row.try_get("name")?,
        id: row.try_get("id")?,
        session_id: row.try_get("session_id")?,
        schedule: match kind {
            "at" => Schedule::At(row.try_get("at_ms")?),
            "cron" => Schedule::Cron {
                expression: row.try_get("expression")?,
                timezone: row.try_get("timezone")?,
            },
            _ => {
                return Err(StorageError::Inconsistent {
                    table: "timers",
                    column: "kind",
                });
            }
        },
        payload: row.try_get("payload")?,
        next_ms: row.try_get("next_ms")?,
        last_due_ms: row.try_get("last_due_ms")?,
        created_at: row.try_get("created_at")?,
    })
}

fn fire_from(row: &SqliteRow) -> Result<FireRow, StorageError> {
    Ok(FireRow {
        id: row.try_get("id")?,
        plugin: row.try_get("plugin")?,
        name: row.try_get("name")?,
        session_id: row.try_get("session_id")?,
        payload: row.try_get("payload")?,
        due_ms: row.try_get("due_ms")?,
        claimed_at: row.try_get("claimed_at")?,
        attempts: row.try_get("attempts")?,
        waits: row.try_get("waits")?,
        not_before_ms: row.try_get("not_before_ms")?,
    })
}

async fn session_exists(c: &mut SqliteConnection, session_id: &str) -> Result<bool, StorageError> {
    let found: Option<i64> = db::query_scalar("SELECT 1 FROM sessions WHERE id = ?")
        .bind(session_id)
        .fetch_optional(c)
        .await?;
    Ok(found.is_some())
}

async fn find(c: &mut SqliteConnection, plugin: &str, name: &str) -> Result<Option<TimerRow>, StorageError> {
    let found = db::query("SELECT * FROM timers WHERE plugin = ? AND name = ?")
        .bind(plugin)
        .bind(name)
        .fetch_optional(c)
        .await?;
    found.as_ref().map(timer_from).transpose()
}

async fn take_back(c: &mut SqliteConnection, plugin: &str, name: &str) -> Result<(), StorageError> {
    db::query("DELETE FROM timer_fires WHERE plugin = ? AND name = ?")
        .bind(plugin)
        .bind(name)
        .execute(c)
        .await?;
    Ok(())
}

/// Writes the timer, whatever stands under its name.
async fn write(c: &mut SqliteConnection, timer: TimerRow) -> Result<(), StorageError> {
    let (kind, at_ms, expression, timezone) = match timer.schedule {
        Schedule::At(at_ms) => ("at", Some(at_ms), None, None),
        Schedule::Cron { expression, timezone } => ("cron", None, Some(expression), Some(timezone)),
    };
    db::query(
        "REPLACE INTO timers (plugin, name, id, session_id, kind, at_ms, expression, timezone, payload, next_ms, \
         last_due_ms, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(timer.plugin)
    .bind(timer.name)
    .bind(timer.id)
    .bind(timer.session_id)
    .bind(kind)
    .bind(at_ms)
    .bind(expression)
    .bind(timezone)
    .bind(timer.payload)
    .bind(timer.next_ms)
    .bind(timer.last_due_ms)
    .bind(timer.created_at)
    .execute(c)
    .await?;
    Ok(())
}

#[async_trait]
impl Timers for SqliteStorage {
    async fn put_timer(&self, timer: NewTimer, is_delivering: bool) -> Result<Option<i64>, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                if let Some(session_id) = &timer.session_id
                    && !session_exists(c, session_id).await?
                {
                    return Ok(None);
                }
                let mut row = TimerRow {
                    plugin: timer.plugin,
                    name: timer.name,
                    id: timer.id,
                    session_id: timer.session_id,
                    schedule: timer.schedule,
                    payload: timer.payload,
                    next_ms: Some(timer.next_ms),
                    last_due_ms: None,
                    created_at: timer.created_at,
                };
                let known = find(c, &row.plugin, &row.name).await?.filter(|known| {
                    matches!(row.schedule, Schedule::Cron { .. }) && known.schedule == row.schedule
                });
                match known {
                    Some(known) if known.next_ms.is_some() => {
                        // Claimed since the caller looked: the claim has moved it on.
                        if known.last_due_ms.is_some_and(|due| due >= timer.next_ms) {
                            row.next_ms = known.next_ms;
                        }
                        row.id = known.id;
                        row.last_due_ms = known.last_due_ms;
                        row.created_at = known.created_at;
                    }
                    _ if !is_delivering => take_back(c, &row.plugin, &row.name).await?,
                    _ => {}
                }
                let next_ms = row.next_ms;
                write(c, row).await?;
                Ok(next_ms)
            })
        })
        .await
    }

    async fn delete_timer(&self, plugin: &str, name: &str, is_delivering: bool) -> Result<(), StorageError> {
        let (plugin, name) = (plugin.to_owned(), name.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                db::query("DELETE FROM timers WHERE plugin = ? AND name = ?")
                    .bind(&plugin)
                    .bind(&name)
                    .execute(&mut *c)
                    .await?;
                if !is_delivering {
                    take_back(c, &plugin, &name).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn timer(&self, plugin: &str, name: &str) -> Result<Option<TimerRow>, StorageError> {
        let found = db::query("SELECT * FROM timers WHERE plugin = ? AND name = ?")
            .bind(plugin)
            .bind(name)
            .fetch_optional(self.near())
            .await?;
        found.as_ref().map(timer_from).transpose()
    }

    async fn timers_scan(
        &self,
        plugin: &str,
        prefix: &str,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<TimerRow>, StorageError> {
        let rows = db::query(
            "SELECT * FROM timers \
             WHERE plugin = ?1 AND name >= ?2 AND name < ?2 || ?3 AND name > ?4 ORDER BY name LIMIT ?5",
        )
        .bind(plugin)
        .bind(prefix)
        .bind(AFTER_ALL_NAMES)
        .bind(after.unwrap_or_default())
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(timer_from).collect()
    }

    async fn timers_count(&self, plugin: &str, session_id: Option<&str>) -> Result<i64, StorageError> {
        Ok(db::query_scalar(
            "SELECT count(*) FROM timers WHERE plugin = ?1 \
             AND coalesce((SELECT user_id FROM sessions WHERE id = timers.session_id), '') \
             = coalesce((SELECT user_id FROM sessions WHERE id = ?2), '')",
        )
        .bind(plugin)
        .bind(session_id)
        .fetch_one(self.readers())
        .await?)
    }

    async fn due_timers(&self, plugin: &str, now: i64, limit: i64) -> Result<Vec<TimerRow>, StorageError> {
        let rows = db::query(
            "SELECT * FROM timers WHERE plugin = ? AND next_ms <= ? AND NOT EXISTS (SELECT 1 FROM timer_fires \
             WHERE timer_fires.plugin = timers.plugin AND timer_fires.name = timers.name) ORDER BY next_ms LIMIT ?",
        )
        .bind(plugin)
        .bind(now)
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(timer_from).collect()
    }

    async fn claim_timer(
        &self,
        timer_id: &str,
        due_ms: i64,
        next_ms: Option<i64>,
        now: i64,
    ) -> Result<Option<FireRow>, StorageError> {
        let timer_id = timer_id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let moved = db::query(
                    "UPDATE timers SET next_ms = ?1, last_due_ms = ?2 WHERE id = ?3 AND next_ms = ?2 \
                     AND NOT EXISTS (SELECT 1 FROM timer_fires WHERE timer_fires.plugin = timers.plugin \
                     AND timer_fires.name = timers.name) RETURNING *",
                )
                .bind(next_ms)
                .bind(due_ms)
                .bind(&timer_id)
                .fetch_optional(&mut *c)
                .await?;
                let Some(timer) = moved.as_ref().map(timer_from).transpose()? else {
                    return Ok(None);
                };
                let claimed = db::query(
                    "INSERT INTO timer_fires (plugin, name, id, timer_id, session_id, payload, due_ms, claimed_at, \
                     not_before_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8) RETURNING *",
                )
                .bind(timer.plugin)
                .bind(timer.name)
                .bind(format!("{timer_id}-{due_ms}"))
                .bind(timer_id)
                .bind(timer.session_id)
                .bind(timer.payload)
                .bind(due_ms)
                .bind(now)
                .fetch_one(c)
                .await?;
                fire_from(&claimed).map(Some)
            })
        })
        .await
    }

    async fn fire(&self, plugin: &str, name: &str) -> Result<Option<FireRow>, StorageError> {
        let found = db::query("SELECT * FROM timer_fires WHERE plugin = ? AND name = ?")
            .bind(plugin)
            .bind(name)
            .fetch_optional(self.near())
            .await?;
        found.as_ref().map(fire_from).transpose()
    }

    async fn pending_fires(&self, plugin: &str, now: i64, limit: i64) -> Result<Vec<FireRow>, StorageError> {
        let rows = db::query(
            "SELECT * FROM timer_fires WHERE plugin = ? AND not_before_ms <= ? ORDER BY not_before_ms LIMIT ?",
        )
        .bind(plugin)
        .bind(now)
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(fire_from).collect()
    }

    async fn postpone_fire(&self, fire: FireRow) -> Result<(), StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                db::query("UPDATE timer_fires SET attempts = ?, waits = ?, not_before_ms = ? WHERE id = ?")
                    .bind(fire.attempts)
                    .bind(fire.waits)
                    .bind(fire.not_before_ms)
                    .bind(fire.id)
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    async fn finish_fire(&self, id: &str) -> Result<(), StorageError> {
        let id = id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let timer_id: Option<String> =
                    db::query_scalar("DELETE FROM timer_fires WHERE id = ? RETURNING timer_id")
                        .bind(id)
                        .fetch_optional(&mut *c)
                        .await?;
                db::query("DELETE FROM timers WHERE id = ? AND next_ms IS NULL")
                    .bind(timer_id)
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    async fn timers_wake_up(&self, plugin: &str, now: i64) -> Result<Option<i64>, StorageError> {
        Ok(db::query_scalar(
            "SELECT min(moment) FROM ( \
             SELECT min(next_ms) AS moment FROM timers WHERE plugin = ?1 AND next_ms > ?2 UNION ALL \
             SELECT min(not_before_ms) AS moment FROM timer_fires WHERE plugin = ?1 AND not_before_ms > ?2)",
        )
        .bind(plugin)
        .bind(now)
        .fetch_one(self.readers())
        .await?)
    }

    async fn cron_timers(&self, after: &str, limit: i64) -> Result<Vec<TimerRow>, StorageError> {
        let rows = db::query(
            "SELECT * FROM timers WHERE id > ? AND kind = 'cron' AND next_ms IS NOT NULL ORDER BY id LIMIT ?",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(timer_from).collect()
    }

    async fn correct_timers(&self, corrections: Vec<Correction>) -> Result<(), StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                for correction in corrections {
                    db::query(
                        "UPDATE timers SET next_ms = ?1 WHERE id = ?2 AND next_ms = ?3 \
                         AND (last_due_ms IS NULL OR last_due_ms < ?1)",
                    )
                    .bind(correction.next_ms)
                    .bind(correction.id)
                    .bind(correction.expected_ms)
                    .execute(&mut *c)
                    .await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn hurry_fires(&self, latest_ms: i64) -> Result<(), StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                db::query("UPDATE timer_fires SET not_before_ms = ?1 WHERE not_before_ms > ?1")
                    .bind(latest_ms)
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }
}
