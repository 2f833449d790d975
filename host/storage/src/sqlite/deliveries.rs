//! The delivery tables over SQLite: endpoints here, the queue and the log in modules of their own.

mod delivered;
mod endpoints;
mod lately;
mod log;
mod queue;

use async_trait::async_trait;

use super::{AllRemembered, SqliteStorage};
use crate::StorageError;
use crate::db::{self, SqliteRow};
use crate::deliveries::{
    AttemptRow, Deliveries, DeliveryCounts, DeliveryFilter, DeliveryRow, DeliveryState, EndpointRow,
    EndpointState, LaneRow, NewDelivery, Outcome, Queued, Settled, Verdict,
};
use endpoints::EndpointKey;
pub(super) use endpoints::{ChangingEndpoints, Endpoints};
pub(super) use lately::Lately;

/// Endpoints are changed seldom: whatever changes one is taken to change all.
fn endpoints(remembered: &AllRemembered) -> ChangingEndpoints {
    remembered.endpoints.change_all()
}

fn state_text(state: EndpointState) -> &'static str {
    match state {
        EndpointState::Active => "active",
        EndpointState::Paused => "paused",
        EndpointState::Disabled => "disabled",
    }
}

fn endpoint_from(row: &SqliteRow) -> Result<EndpointRow, StorageError> {
    let previous: Option<String> = row.try_get("previous_secret")?;
    let until: Option<i64> = row.try_get("previous_until")?;
    Ok(EndpointRow {
        id: row.try_get("id")?,
        plugin: row.try_get("plugin")?,
        session_id: row.try_get("session_id")?,
        name: row.try_get("name")?,
        url: row.try_get("url")?,
        headers: row.try_get("headers")?,
        secret: row.try_get("secret")?,
        previous: previous.zip(until),
        owner: row.try_get("owner")?,
        concurrency: row.try_get("concurrency")?,
        timeout_ms: row.try_get("timeout_ms")?,
        state: match row.try_get::<&str, _>("state")? {
            "active" => EndpointState::Active,
            "paused" => EndpointState::Paused,
            "disabled" => EndpointState::Disabled,
            _ => {
                return Err(StorageError::Inconsistent {
                    table: "delivery_endpoints",
                    column: "state",
                });
            }
        },
        reason: row.try_get("reason")?,
        failing_since: row.try_get("failing_since")?,
        hold_step: row.try_get("hold_step")?,
        hold_until: row.try_get("hold_until")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

#[async_trait]
impl Deliveries for SqliteStorage {
    async fn put_endpoint(&self, endpoint: EndpointRow) -> Result<Option<EndpointRow>, StorageError> {
        self.write_changing(endpoints, move |c| {
            Box::pin(async move {
                let (previous, until) = endpoint.previous.unzip();
                let row = db::query(
                    "INSERT INTO delivery_endpoints (id, plugin, session_id, name, url, headers, secret, \
                     previous_secret, previous_until, owner, concurrency, timeout_ms, state, created_at, updated_at) \
                     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14 \
                     WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?3) \
                     ON CONFLICT (plugin, session_id, name) DO UPDATE SET url = excluded.url, \
                     headers = excluded.headers, secret = excluded.secret, \
                     previous_secret = excluded.previous_secret, previous_until = excluded.previous_until, \
                     owner = excluded.owner, concurrency = excluded.concurrency, timeout_ms = excluded.timeout_ms, \
                     updated_at = excluded.updated_at RETURNING *",
                )
                .bind(endpoint.id)
                .bind(endpoint.plugin)
                .bind(endpoint.session_id)
                .bind(endpoint.name)
                .bind(endpoint.url)
                .bind(endpoint.headers)
                .bind(endpoint.secret)
                .bind(previous)
                .bind(until)
                .bind(endpoint.owner)
                .bind(endpoint.concurrency)
                .bind(endpoint.timeout_ms)
                .bind(state_text(endpoint.state))
                .bind(endpoint.updated_at)
                .fetch_optional(c)
                .await?;
                row.as_ref().map(endpoint_from).transpose()
            })
        })
        .await
    }

    async fn endpoint(
        &self,
        plugin: &str,
        session_id: &str,
        name: &str,
    ) -> Result<Option<EndpointRow>, StorageError> {
        let read = async {
            let row = db::query(
                "SELECT * FROM delivery_endpoints WHERE plugin = ? AND session_id = ? AND name = ?",
            )
            .bind(plugin)
            .bind(session_id)
            .bind(name)
            .fetch_optional(self.near())
            .await?;
            row.as_ref().map(endpoint_from).transpose()
        };
        let key = EndpointKey::Name(plugin.to_owned(), session_id.to_owned(), name.to_owned());
        self.remembered.endpoints.get(key, read).await
    }

    async fn endpoint_by_id(&self, id: &str) -> Result<Option<EndpointRow>, StorageError> {
        let read = async {
            let row = db::query("SELECT * FROM delivery_endpoints WHERE id = ?")
                .bind(id)
                .fetch_optional(self.near())
                .await?;
            row.as_ref().map(endpoint_from).transpose()
        };
        let key = EndpointKey::Id(id.to_owned());
        self.remembered.endpoints.get(key, read).await
    }

    async fn endpoints_of(&self, plugin: &str, session_id: &str) -> Result<Vec<EndpointRow>, StorageError> {
        let rows =
            db::query("SELECT * FROM delivery_endpoints WHERE plugin = ? AND session_id = ? ORDER BY name")
                .bind(plugin)
                .bind(session_id)
                .fetch_all(self.readers())
                .await?;
        rows.iter().map(endpoint_from).collect()
    }

    async fn delete_endpoint(&self, id: &str) -> Result<bool, StorageError> {
        let id = id.to_owned();
        self.write_changing(endpoints, move |c| {
            Box::pin(async move {
                Ok(db::query("DELETE FROM delivery_endpoints WHERE id = ?")
                    .bind(id)
                    .execute(c)
                    .await?
                    .rows_affected()
                    == 1)
            })
        })
        .await
    }

    async fn set_endpoint_state(
        &self,
        id: &str,
        state: EndpointState,
        reason: Option<&str>,
        now: i64,
    ) -> Result<(), StorageError> {
        let (id, reason) = (id.to_owned(), reason.map(str::to_owned));
        self.write_changing(endpoints, move |c| {
            Box::pin(async move {
                if state == EndpointState::Active {
                    db::query(
                        "UPDATE delivery_endpoints SET failing_since = NULL, hold_step = 0, hold_until = NULL \
                         WHERE id = ? AND state <> 'active'",
                    )
                    .bind(&id)
                    .execute(&mut *c)
                    .await?;
                    queue::hurry(c, &id, now).await?;
                }
                db::query(
                    "UPDATE delivery_endpoints SET state = ?, reason = ?, updated_at = ? WHERE id = ?",
                )
                .bind(state_text(state))
                .bind(reason)
                .bind(now)
                .bind(id)
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn enqueue_deliveries(&self, deliveries: Vec<NewDelivery>) -> Result<Vec<Queued>, StorageError> {
        let lately = self.lately.clone();
        self.write(move |c| {
            Box::pin(async move {
                let mut queued = Vec::with_capacity(deliveries.len());
                for delivery in deliveries {
                    queued.push(queue::enqueue(c, delivery, &lately).await?);
                }
                Ok(queued)
            })
        })
        .await
    }

    fn queued_lately(&self, id: &str) -> Option<DeliveryRow> {
        self.lately.take(id)
    }

    async fn due_endpoints(&self, now: i64, limit: i64) -> Result<Vec<String>, StorageError> {
        Ok(db::query_scalar(
            "SELECT id FROM delivery_endpoints AS e WHERE state = 'active' AND (hold_until IS NULL OR hold_until <= ?1) \
             AND EXISTS (SELECT 1 FROM delivery_lanes WHERE endpoint_id = e.id AND next_ms <= ?1) LIMIT ?2",
        )
        .bind(now)
        .bind(limit)
        .fetch_all(self.near())
        .await?)
    }

    async fn due_lanes(&self, endpoint_id: &str, now: i64, limit: i64) -> Result<Vec<LaneRow>, StorageError> {
        let rows = db::query(
            "SELECT lane, skipped FROM delivery_lanes WHERE endpoint_id = ? AND next_ms <= ? ORDER BY next_ms LIMIT ?",
        )
        .bind(endpoint_id)
        .bind(now)
        .bind(limit)
        .fetch_all(self.near())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(LaneRow {
                    lane: row.try_get("lane")?,
                    skipped: row.try_get("skipped")?,
                })
            })
            .collect()
    }

    async fn waiting_deliveries(
        &self,
        endpoint_id: &str,
        lane: &str,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, StorageError> {
        let rows = db::query(
            "SELECT *, NULL AS next_ms FROM deliveries WHERE endpoint_id = ? AND lane = ? AND state = 'pending' \
             ORDER BY seq LIMIT ?",
        )
        .bind(endpoint_id)
        .bind(lane)
        .bind(limit)
        .fetch_all(self.near())
        .await?;
        let waiting: Vec<DeliveryRow> = rows.iter().map(log::delivery_from).collect::<Result<_, _>>()?;
        self.lately
            .forget(waiting.iter().map(|row| row.delivery.id.as_str()));
        Ok(waiting)
    }

    async fn settle_delivery(
        &self,
        delivery: &DeliveryRow,
        outcome: Outcome,
        verdict: Verdict,
    ) -> Result<bool, StorageError> {
        let again = match verdict {
            Verdict::Delivered => {
                let settled = self.settle_delivered(vec![(delivery.clone(), outcome)]).await?;
                return Ok(settled.iter().any(|settled| settled.is_recovered));
            }
            Verdict::Again { next_ms, held } => Some((next_ms, held)),
            Verdict::Dead => None,
        };
        let place = queue::Place::of(delivery);
        let remembered = self.remembered.clone();
        let _changing = self
            .write(move |c| {
                Box::pin(async move { queue::settle_failed(c, place, outcome, again, &remembered).await })
            })
            .await?;
        Ok(false)
    }

    async fn settle_delivered(
        &self,
        delivered: Vec<(DeliveryRow, Outcome)>,
    ) -> Result<Vec<Settled>, StorageError> {
        let remembered = self.remembered.clone();
        let (settled, _changing) = self
            .write(move |c| Box::pin(async move { delivered::settle(c, &delivered, &remembered).await }))
            .await?;
        Ok(settled)
    }

    async fn hold_endpoint(&self, id: &str, step: i64, until: i64) -> Result<(), StorageError> {
        let id = id.to_owned();
        self.write_changing(endpoints, move |c| {
            Box::pin(async move {
                db::query("UPDATE delivery_endpoints SET hold_step = ?, hold_until = ? WHERE id = ?")
                    .bind(step)
                    .bind(until)
                    .bind(id)
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    async fn give_up_deliveries(
        &self,
        endpoint_id: &str,
        before: i64,
        error: &str,
        now: i64,
    ) -> Result<u64, StorageError> {
        let (endpoint_id, error) = (endpoint_id.to_owned(), error.to_owned());
        self.write(move |c| {
            Box::pin(async move { queue::give_up(c, &endpoint_id, before, &error, now).await })
        })
        .await
    }

    async fn record_delivery(
        &self,
        delivery: NewDelivery,
        outcome: Outcome,
        state: DeliveryState,
    ) -> Result<(), StorageError> {
        self.write(move |c| Box::pin(async move { queue::record(c, delivery, outcome, state).await }))
            .await
    }

    async fn deliveries(
        &self,
        endpoint_id: &str,
        filter: DeliveryFilter,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, StorageError> {
        log::deliveries(self.readers(), endpoint_id, filter, limit).await
    }

    async fn delivery(&self, id: &str) -> Result<Option<DeliveryRow>, StorageError> {
        log::delivery(self.readers(), id).await
    }

    async fn redeliver(&self, id: &str, now: i64) -> Result<bool, StorageError> {
        let id = id.to_owned();
        self.write(move |c| Box::pin(async move { queue::redeliver(c, &id, now).await }))
            .await
    }

    async fn delivery_counts(&self, endpoint_id: &str) -> Result<DeliveryCounts, StorageError> {
        log::counts(self.readers(), endpoint_id).await
    }

    async fn delivery_log(
        &self,
        endpoint_id: &str,
        delivery_id: Option<&str>,
        offset: i64,
        limit: i64,
    ) -> Result<(Vec<AttemptRow>, i64), StorageError> {
        log::attempts(self.readers(), endpoint_id, delivery_id, offset, limit).await
    }

    async fn prune_deliveries(
        &self,
        endpoint_id: &str,
        before: Option<i64>,
        keep: i64,
    ) -> Result<u64, StorageError> {
        let endpoint_id = endpoint_id.to_owned();
        self.write(move |c| Box::pin(async move { log::prune(c, &endpoint_id, before, keep).await }))
            .await
    }

    async fn endpoint_ids(&self, after: Option<&str>, limit: i64) -> Result<Vec<String>, StorageError> {
        Ok(
            db::query_scalar("SELECT id FROM delivery_endpoints WHERE id > ? ORDER BY id LIMIT ?")
                .bind(after.unwrap_or_default())
                .bind(limit)
                .fetch_all(self.readers())
                .await?,
        )
    }
}
