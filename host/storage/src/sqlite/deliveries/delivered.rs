//! The usual end of deliveries: many at once.

use std::collections::HashSet;

use super::{ChangingEndpoints, queue};
use crate::StorageError;
use crate::db::{self, SqliteConnection};
use crate::deliveries::{DeliveryRow, Outcome, Settled};
use crate::sqlite::AllRemembered;

/// Nothing happens to one that does not wait any more.
const ARRIVED: &str = "\
    UPDATE deliveries SET state = 'delivered', attempts = attempts + 1, last_at = ?3, last_status = ?4, last_error = ?5, \
    last_response = ?6, last_duration_ms = ?7 WHERE seq = ?1 AND id = ?2 AND state = 'pending'";
const NEXT: &str = "\
    SELECT id FROM deliveries WHERE endpoint_id = ? AND lane = ? AND state = 'pending' ORDER BY seq LIMIT 1";
/// A lane in which nothing waits goes; another one is due.
const EMPTY: &str = "DELETE FROM delivery_lanes WHERE endpoint_id = ? AND lane = ?";
const DUE: &str =
    "UPDATE delivery_lanes SET held = 0, skipped = 0, next_ms = ?3 WHERE endpoint_id = ?1 AND lane = ?2";
const RECOVERED: &str = "\
    UPDATE delivery_endpoints SET failing_since = NULL, hold_step = 0, hold_until = NULL \
    WHERE id = ? AND (failing_since IS NOT NULL OR hold_step <> 0)";

/// See [`crate::deliveries::Deliveries::settle_delivered`].
pub(super) async fn settle(
    c: &mut SqliteConnection,
    delivered: &[(DeliveryRow, Outcome)],
    remembered: &AllRemembered,
) -> Result<(Vec<Settled>, Option<ChangingEndpoints>), StorageError> {
    let mut reached: HashSet<&str> = HashSet::new();
    let mut nexts = Vec::with_capacity(delivered.len());
    for (row, outcome) in delivered {
        let (endpoint, lane) = (&row.delivery.endpoint_id, &row.delivery.lane);
        let arrived = db::query(ARRIVED)
            .bind(row.seq)
            .bind(&row.delivery.id)
            .bind(outcome.at)
            .bind(outcome.status)
            .bind(&outcome.error)
            .bind(&outcome.response)
            .bind(outcome.duration_ms)
            .execute(&mut *c)
            .await?
            .rows_affected()
            > 0;
        let next: Option<String> = db::query_scalar(NEXT)
            .bind(endpoint)
            .bind(lane)
            .fetch_optional(&mut *c)
            .await?;
        if arrived {
            reached.insert(endpoint);
            let lane = match next {
                Some(_) => db::query(DUE).bind(endpoint).bind(lane).bind(ended(outcome)),
                None => db::query(EMPTY).bind(endpoint).bind(lane),
            };
            lane.execute(&mut *c).await?;
        }
        nexts.push(next);
    }
    let now = delivered
        .iter()
        .map(|(_, outcome)| ended(outcome))
        .max()
        .unwrap_or_default();
    let mut recovered: HashSet<&str> = HashSet::new();
    for endpoint in reached {
        let changed = db::query(RECOVERED).bind(endpoint).execute(&mut *c).await?;
        if changed.rows_affected() > 0 {
            queue::hurry(c, endpoint, now).await?;
            recovered.insert(endpoint);
        }
    }
    let settled = delivered.iter().zip(nexts).map(|((row, _), next)| Settled {
        is_recovered: recovered.contains(row.delivery.endpoint_id.as_str()),
        next,
    });
    let changing = (!recovered.is_empty()).then(|| super::endpoints(remembered));
    Ok((settled.collect(), changing))
}

fn ended(outcome: &Outcome) -> i64 {
    outcome.at.saturating_add(outcome.duration_ms)
}
