//! What became of deliveries: looking at them, and forgetting the old ones.
//!
//! Their indexes are partial: a statement finds one only if it says in its words that the state is, or is not, 'pending'.

use crate::StorageError;
use crate::db::{self, SqliteConnection, SqliteRow};
use crate::deliveries::{
    AttemptRow, DeliveryCounts, DeliveryFilter, DeliveryRow, DeliveryState, NewDelivery, Outcome,
};
use crate::sqlite::readers::Far;

pub(super) fn delivery_from(row: &SqliteRow) -> Result<DeliveryRow, StorageError> {
    Ok(DeliveryRow {
        seq: row.try_get("seq")?,
        delivery: NewDelivery {
            endpoint_id: row.try_get("endpoint_id")?,
            id: row.try_get("id")?,
            key: row.try_get("key")?,
            lane: row.try_get("lane")?,
            label: row.try_get("label")?,
            content_type: row.try_get("content_type")?,
            body: row.try_get("body")?,
            again: false,
            created_at: row.try_get("created_at")?,
        },
        state: match row.try_get::<&str, _>("state")? {
            "pending" => DeliveryState::Pending,
            "delivered" => DeliveryState::Delivered,
            "dead" => DeliveryState::Dead,
            _ => {
                return Err(StorageError::Inconsistent {
                    table: "deliveries",
                    column: "state",
                });
            }
        },
        attempts: row.try_get("attempts")?,
        last: outcome_from(row)?,
        next_ms: row.try_get("next_ms")?,
    })
}

/// The last try that stands in the delivery itself.
pub(super) fn outcome_from(row: &SqliteRow) -> Result<Option<Outcome>, StorageError> {
    let at: Option<i64> = row.try_get("last_at")?;
    let Some(at) = at else { return Ok(None) };
    let duration_ms: Option<i64> = row.try_get("last_duration_ms")?;
    Ok(Some(Outcome {
        at,
        status: row.try_get("last_status")?,
        error: row.try_get("last_error")?,
        response: row.try_get("last_response")?,
        duration_ms: duration_ms.unwrap_or(0),
    }))
}

/// See [`crate::deliveries::Deliveries::deliveries`].
pub(super) async fn deliveries(
    pool: &Far,
    endpoint_id: &str,
    filter: DeliveryFilter,
    limit: i64,
) -> Result<Vec<DeliveryRow>, StorageError> {
    let state = filter.state.map(|state| match state {
        DeliveryState::Pending => "pending",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Dead => "dead",
    });
    let rows = db::query(
        "SELECT d.*, iif(d.state = 'pending', l.next_ms, NULL) AS next_ms FROM (SELECT seq FROM ( \
           SELECT seq, state FROM deliveries WHERE endpoint_id = ?1 AND state = 'pending' UNION ALL \
           SELECT seq, state FROM deliveries WHERE endpoint_id = ?1 AND state <> 'pending') \
         WHERE (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR seq < (SELECT seq FROM deliveries WHERE id = ?3)) \
         ORDER BY seq DESC LIMIT ?4) s CROSS JOIN deliveries d ON d.seq = s.seq \
         LEFT JOIN delivery_lanes l ON l.endpoint_id = d.endpoint_id AND l.lane = d.lane ORDER BY d.seq DESC",
    )
    .bind(endpoint_id)
    .bind(state)
    .bind(filter.before)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter().map(delivery_from).collect()
}

/// See [`crate::deliveries::Deliveries::delivery`].
pub(super) async fn delivery(pool: &Far, id: &str) -> Result<Option<DeliveryRow>, StorageError> {
    let row = db::query(
        "SELECT d.*, iif(d.state = 'pending', l.next_ms, NULL) AS next_ms FROM deliveries d \
         LEFT JOIN delivery_lanes l ON l.endpoint_id = d.endpoint_id AND l.lane = d.lane WHERE d.id = ?",
    )
    .bind(id)
    .fetch_optional(pool)
    .await?;
    row.as_ref().map(delivery_from).transpose()
}

/// See [`crate::deliveries::Deliveries::delivery_counts`].
pub(super) async fn counts(pool: &Far, endpoint_id: &str) -> Result<DeliveryCounts, StorageError> {
    let row = db::query(
        "SELECT (SELECT count(*) FROM deliveries WHERE endpoint_id = ?1 AND state = 'pending') AS pending, \
                (SELECT count(*) FROM deliveries WHERE endpoint_id = ?1 AND state <> 'pending' AND state = 'delivered') \
                  AS delivered, \
                (SELECT count(*) FROM deliveries WHERE endpoint_id = ?1 AND state <> 'pending' AND state = 'dead') AS dead",
    )
    .bind(endpoint_id)
    .fetch_one(pool)
    .await?;
    Ok(DeliveryCounts {
        pending: row.try_get("pending")?,
        delivered: row.try_get("delivered")?,
        dead: row.try_get("dead")?,
    })
}

/// See [`crate::deliveries::Deliveries::delivery_log`].
pub(super) async fn attempts(
    pool: &Far,
    endpoint_id: &str,
    delivery_id: Option<&str>,
    offset: i64,
    limit: i64,
) -> Result<(Vec<AttemptRow>, i64), StorageError> {
    let total: i64 = db::query_scalar(
        "SELECT (SELECT count(*) FROM delivery_attempts WHERE endpoint_id = ?1 AND (?2 IS NULL OR delivery_id = ?2)) \
              + (SELECT count(*) FROM deliveries WHERE endpoint_id = ?1 AND state <> 'pending' AND state = 'delivered' \
                 AND (?2 IS NULL OR id = ?2))",
    )
    .bind(endpoint_id)
    .bind(delivery_id)
    .fetch_one(pool)
    .await?;
    let rows = db::query(
        "SELECT 'a' || a.seq AS row_id, a.delivery_id, d.label, a.number, a.at AS last_at, a.status AS last_status, \
                a.error AS last_error, a.response AS last_response, a.duration_ms AS last_duration_ms, d.body, \
                a.at AS order_at, a.number AS order_number \
         FROM delivery_attempts a JOIN deliveries d ON d.id = a.delivery_id \
         WHERE a.endpoint_id = ?1 AND (?2 IS NULL OR a.delivery_id = ?2) \
         UNION ALL \
         SELECT 'd' || seq, id, label, attempts, last_at, last_status, last_error, last_response, last_duration_ms, \
                body, last_at, attempts \
         FROM deliveries WHERE endpoint_id = ?1 AND state <> 'pending' AND state = 'delivered' AND (?2 IS NULL OR id = ?2) \
         ORDER BY order_at DESC, order_number DESC LIMIT ?3 OFFSET ?4",
    )
    .bind(endpoint_id)
    .bind(delivery_id)
    .bind(limit)
    .bind(offset)
    .fetch_all(pool)
    .await?;
    let rows = rows.iter().map(|row| {
        Ok(AttemptRow {
            id: row.try_get("row_id")?,
            delivery_id: row.try_get("delivery_id")?,
            label: row.try_get("label")?,
            number: row.try_get("number")?,
            outcome: outcome_from(row)?.unwrap_or_default(),
            body: row.try_get("body")?,
        })
    });
    Ok((rows.collect::<Result<_, StorageError>>()?, total))
}

/// See [`crate::deliveries::Deliveries::prune_deliveries`].
pub(super) async fn prune(
    c: &mut SqliteConnection,
    endpoint_id: &str,
    before: Option<i64>,
    keep: i64,
) -> Result<u64, StorageError> {
    let mut gone = 0;
    if let Some(before) = before {
        gone += db::query(
            "DELETE FROM deliveries WHERE endpoint_id = ? AND state <> 'pending' AND created_at < ?",
        )
        .bind(endpoint_id)
        .bind(before)
        .execute(&mut *c)
        .await?
        .rows_affected();
    }
    for state in ["delivered", "dead"] {
        gone += db::query(
            "DELETE FROM deliveries WHERE endpoint_id = ?1 AND state <> 'pending' AND state = ?2 AND seq <= ( \
             SELECT seq FROM deliveries WHERE endpoint_id = ?1 AND state <> 'pending' AND state = ?2 ORDER BY seq DESC LIMIT 1 OFFSET ?3)",
        )
        .bind(endpoint_id)
        .bind(state)
        .bind(keep)
        .execute(&mut *c)
        .await?
        .rows_affected();
    }
    Ok(gone)
}
