//! What waits, and what a try changes.

use super::{ChangingEndpoints, Lately};
use crate::StorageError;
use crate::db::{self, SqliteConnection};
use crate::deliveries::{DeliveryRow, DeliveryState, NewDelivery, Outcome, Queued};
use crate::sqlite::AllRemembered;

/// Which delivery, and in which lane.
pub(super) struct Place {
    endpoint_id: String,
    lane: String,
    id: String,
}

impl Place {
    pub(super) fn of(row: &DeliveryRow) -> Self {
        Self {
            endpoint_id: row.delivery.endpoint_id.clone(),
            lane: row.delivery.lane.clone(),
            id: row.delivery.id.clone(),
        }
    }
}

/// Everything that waits because of the endpoint is due.
pub(super) async fn hurry(c: &mut SqliteConnection, endpoint_id: &str, now: i64) -> Result<(), StorageError> {
    db::query(
        "UPDATE delivery_lanes SET next_ms = ?2, held = 0 WHERE endpoint_id = ?1 AND held = 1 AND next_ms > ?2",
    )
    .bind(endpoint_id)
    .bind(now)
    .execute(c)
    .await?;
    Ok(())
}

/// Queues one. It is in `lately` before anybody can read it: whoever does takes it out there.
pub(super) async fn enqueue(
    c: &mut SqliteConnection,
    delivery: NewDelivery,
    lately: &Lately,
) -> Result<Queued, StorageError> {
    let now = delivery.created_at;
    if delivery.again && redeliver(c, &delivery.id, now).await? {
        return Ok(Queued::Due);
    }
    let inserted = db::query(
        "INSERT INTO deliveries (id, endpoint_id, key, lane, label, content_type, body, state, created_at) \
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, 'pending', ?8 WHERE EXISTS (SELECT 1 FROM delivery_endpoints WHERE id = ?2) \
         ON CONFLICT DO NOTHING",
    )
    .bind(&delivery.id)
    .bind(&delivery.endpoint_id)
    .bind(&delivery.key)
    .bind(&delivery.lane)
    .bind(&delivery.label)
    .bind(&delivery.content_type)
    .bind(&delivery.body)
    .bind(now)
    .execute(&mut *c)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(Queued::Not);
    }
    lately.put(c.last_row(), &delivery);
    let lane: Option<(Option<i64>, i64)> =
        db::query_as("SELECT next_ms, skipped FROM delivery_lanes WHERE endpoint_id = ? AND lane = ?")
            .bind(&delivery.endpoint_id)
            .bind(&delivery.lane)
            .fetch_optional(&mut *c)
            .await?;
    let queued = match lane {
        Some((Some(_), _)) => return Ok(Queued::Behind),
        Some((None, skipped)) if skipped != 0 => Queued::Due,
        Some(_) | None => Queued::First,
    };
    open_lane(c, &delivery.endpoint_id, &delivery.lane, now).await?;
    Ok(queued)
}

/// Something waits in the lane now. One that waits for a moment goes on waiting for it.
async fn open_lane(
    c: &mut SqliteConnection,
    endpoint_id: &str,
    lane: &str,
    now: i64,
) -> Result<(), StorageError> {
    db::query(
        "INSERT INTO delivery_lanes (endpoint_id, lane, next_ms) VALUES (?1, ?2, ?3) \
         ON CONFLICT (endpoint_id, lane) DO UPDATE SET next_ms = ?3 WHERE next_ms IS NULL",
    )
    .bind(endpoint_id)
    .bind(lane)
    .bind(now)
    .execute(c)
    .await?;
    Ok(())
}

/// After the lane's first delivery was given up: the next one is due.
async fn move_lane_on(c: &mut SqliteConnection, place: &Place, now: i64) -> Result<(), StorageError> {
    db::query(
        "UPDATE delivery_lanes SET held = 0, skipped = skipped + 1, next_ms = iif(EXISTS (SELECT 1 FROM deliveries \
         WHERE endpoint_id = ?1 AND lane = ?2 AND state = 'pending'), ?3, NULL) WHERE endpoint_id = ?1 AND lane = ?2",
    )
    .bind(&place.endpoint_id)
    .bind(&place.lane)
    .bind(now)
    .execute(c)
    .await?;
    Ok(())
}

/// See [`crate::deliveries::Deliveries::settle_delivery`]: of one that did not arrive. `again`: from when, and whether it is
/// the endpoint's trouble; none: it is given up.
pub(super) async fn settle_failed(
    c: &mut SqliteConnection,
    place: Place,
    outcome: Outcome,
    again: Option<(i64, bool)>,
    remembered: &AllRemembered,
) -> Result<Option<ChangingEndpoints>, StorageError> {
    let state = if again.is_some() { "pending" } else { "dead" };
    let at = outcome.at;
    let attempts: Option<i64> = db::query_scalar(
        "UPDATE deliveries SET state = ?2, attempts = attempts + 1, last_at = ?3, last_status = ?4, last_error = ?5, \
         last_response = ?6, last_duration_ms = ?7 WHERE id = ?1 AND state = 'pending' RETURNING attempts",
    )
    .bind(&place.id)
    .bind(state)
    .bind(at)
    .bind(outcome.status)
    .bind(&outcome.error)
    .bind(&outcome.response)
    .bind(outcome.duration_ms)
    .fetch_optional(&mut *c)
    .await?;
    // Deleted while it was under way: its endpoint is gone, or it was given up.
    let Some(attempts) = attempts else {
        return Ok(None);
    };
    keep_attempt(c, &place, attempts, &outcome).await?;
    let is_first_failure =
        db::query("UPDATE delivery_endpoints SET failing_since = ? WHERE id = ? AND failing_since IS NULL")
            .bind(at)
            .bind(&place.endpoint_id)
            .execute(&mut *c)
            .await?
            .rows_affected()
            > 0;
    let changing = is_first_failure.then(|| super::endpoints(remembered));
    match again {
        Some((next_ms, held)) => {
            db::query("UPDATE delivery_lanes SET next_ms = ?, held = ? WHERE endpoint_id = ? AND lane = ?")
                .bind(next_ms)
                .bind(held)
                .bind(&place.endpoint_id)
                .bind(&place.lane)
                .execute(c)
                .await?;
        }
        None => move_lane_on(c, &place, at.saturating_add(outcome.duration_ms)).await?,
    }
    Ok(changing)
}

async fn keep_attempt(
    c: &mut SqliteConnection,
    place: &Place,
    number: i64,
    outcome: &Outcome,
) -> Result<(), StorageError> {
    db::query(
        "INSERT INTO delivery_attempts (delivery_id, endpoint_id, number, at, status, error, response, duration_ms) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&place.id)
    .bind(&place.endpoint_id)
    .bind(number)
    .bind(outcome.at)
    .bind(outcome.status)
    .bind(&outcome.error)
    .bind(&outcome.response)
    .bind(outcome.duration_ms)
    .execute(c)
    .await?;
    Ok(())
}

/// See [`crate::deliveries::Deliveries::give_up_deliveries`].
pub(super) async fn give_up(
    c: &mut SqliteConnection,
    endpoint_id: &str,
    before: i64,
    error: &str,
    now: i64,
) -> Result<u64, StorageError> {
    let lanes = db::query(
        "SELECT lane, count(*) AS many FROM deliveries WHERE endpoint_id = ? AND state = 'pending' AND created_at < ? \
         GROUP BY lane",
    )
    .bind(endpoint_id)
    .bind(before)
    .fetch_all(&mut *c)
    .await?;
    let given_up = db::query(
        "UPDATE deliveries SET state = 'dead', last_error = ?3, last_at = coalesce(last_at, ?4) \
         WHERE endpoint_id = ?1 AND state = 'pending' AND created_at < ?2",
    )
    .bind(endpoint_id)
    .bind(before)
    .bind(error)
    .bind(now)
    .execute(&mut *c)
    .await?
    .rows_affected();
    for row in lanes {
        db::query(
            "UPDATE delivery_lanes SET skipped = skipped + ?3, next_ms = iif(EXISTS (SELECT 1 FROM deliveries \
             WHERE endpoint_id = ?1 AND lane = ?2 AND state = 'pending'), coalesce(next_ms, ?4), NULL) \
             WHERE endpoint_id = ?1 AND lane = ?2",
        )
        .bind(endpoint_id)
        .bind(row.try_get::<String, _>("lane")?)
        .bind(row.try_get::<i64, _>("many")?)
        .bind(now)
        .execute(&mut *c)
        .await?;
    }
    Ok(given_up)
}

/// See [`crate::deliveries::Deliveries::redeliver`].
pub(super) async fn redeliver(c: &mut SqliteConnection, id: &str, now: i64) -> Result<bool, StorageError> {
    let row = db::query("SELECT * FROM deliveries WHERE id = ?")
        .bind(id)
        .fetch_optional(&mut *c)
        .await?;
    let Some(row) = row else { return Ok(false) };
    let place = Place {
        endpoint_id: row.try_get("endpoint_id")?,
        lane: row.try_get("lane")?,
        id: id.to_owned(),
    };
    let state: String = row.try_get("state")?;
    if state == "delivered" {
        // Otherwise the log would lose it: successes stand in the delivery itself.
        let outcome = super::log::outcome_from(&row)?.unwrap_or_default();
        keep_attempt(c, &place, row.try_get("attempts")?, &outcome).await?;
    }
    if state != "pending" {
        db::query(
            "UPDATE deliveries SET state = 'pending', attempts = 0, last_at = NULL, last_status = NULL, \
             last_error = NULL, last_response = NULL, last_duration_ms = NULL, created_at = ? WHERE id = ?",
        )
        .bind(now)
        .bind(id)
        .execute(&mut *c)
        .await?;
    }
    open_lane(c, &place.endpoint_id, &place.lane, now).await?;
    db::query("UPDATE delivery_lanes SET next_ms = min(next_ms, ?) WHERE endpoint_id = ? AND lane = ?")
        .bind(now)
        .bind(&place.endpoint_id)
        .bind(&place.lane)
        .execute(c)
        .await?;
    Ok(state != "pending")
}

/// See [`crate::deliveries::Deliveries::record_delivery`].
pub(super) async fn record(
    c: &mut SqliteConnection,
    delivery: NewDelivery,
    outcome: Outcome,
    state: DeliveryState,
) -> Result<(), StorageError> {
    let state = match state {
        DeliveryState::Pending => "pending",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Dead => "dead",
    };
    db::query(
        "INSERT INTO deliveries (id, endpoint_id, key, lane, label, content_type, body, state, attempts, last_at, \
         last_status, last_error, last_response, last_duration_ms, created_at) \
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?9, ?10, ?11, ?12, ?13, ?14 \
         WHERE EXISTS (SELECT 1 FROM delivery_endpoints WHERE id = ?2) ON CONFLICT DO NOTHING",
    )
    .bind(&delivery.id)
    .bind(&delivery.endpoint_id)
    .bind(delivery.key)
    .bind(&delivery.lane)
    .bind(delivery.label)
    .bind(delivery.content_type)
    .bind(delivery.body)
    .bind(state)
    .bind(outcome.at)
    .bind(outcome.status)
    .bind(&outcome.error)
    .bind(&outcome.response)
    .bind(outcome.duration_ms)
    .bind(delivery.created_at)
    .execute(&mut *c)
    .await?;
    if state == "dead" {
        let place = Place {
            endpoint_id: delivery.endpoint_id,
            lane: delivery.lane,
            id: delivery.id,
        };
        keep_attempt(c, &place, 1, &outcome).await?;
    }
    Ok(())
}
