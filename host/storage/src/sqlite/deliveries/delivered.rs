//! The usual end of deliveries: many at once.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::{ChangingEndpoints, queue};
use crate::StorageError;
use crate::db::{self, SqliteConnection};
use crate::deliveries::{DeliveryRow, Outcome, Settled};
use crate::sqlite::AllRemembered;

/// Begins each part of the statement.
macro_rules! with_arrived {
    ($($part:literal)*) => {
        concat!($(
            "WITH n AS (SELECT value ->> 'id' AS id, value ->> 'endpoint' AS endpoint_id, value ->> 'lane' AS lane, \
             value ->> 'at' AS at, value ->> 'status' AS status, value ->> 'error' AS error, \
             value ->> 'response' AS response, value ->> 'ms' AS ms, value ->> 'ended' AS ended FROM json_each(?1)) ",
            $part, "; "
        ),*)
    };
}

/// Nothing happens to one that does not wait any more. A lane in which nothing waits goes; another one is due.
const SETTLE: &str = with_arrived!(
    "UPDATE deliveries SET state = 'delivered', attempts = attempts + 1, last_at = n.at, last_status = n.status, \
     last_error = n.error, last_response = n.response, last_duration_ms = n.ms FROM n \
     WHERE deliveries.id = n.id AND deliveries.state = 'pending'"
    "DELETE FROM delivery_lanes WHERE (endpoint_id, lane) IN (SELECT n.endpoint_id, n.lane FROM n \
     CROSS JOIN deliveries AS d ON d.id = n.id AND d.state = 'delivered') \
     AND NOT EXISTS (SELECT 1 FROM deliveries AS p WHERE p.endpoint_id = delivery_lanes.endpoint_id \
     AND p.lane = delivery_lanes.lane AND p.state = 'pending')"
    "UPDATE delivery_lanes SET held = 0, skipped = 0, next_ms = n.ended FROM n \
     CROSS JOIN deliveries AS d ON d.id = n.id WHERE d.state = 'delivered' \
     AND delivery_lanes.endpoint_id = n.endpoint_id AND delivery_lanes.lane = n.lane"
    "UPDATE delivery_endpoints SET failing_since = NULL, hold_step = 0, hold_until = NULL WHERE id IN \
     (SELECT n.endpoint_id FROM n CROSS JOIN deliveries AS d ON d.id = n.id AND d.state = 'delivered') \
     AND (failing_since IS NOT NULL OR hold_step <> 0) RETURNING id AS recovered, NULL AS id, NULL AS next"
    "SELECT NULL AS recovered, n.id, (SELECT p.id FROM deliveries AS p WHERE p.endpoint_id = n.endpoint_id \
     AND p.lane = n.lane AND p.state = 'pending' ORDER BY p.seq LIMIT 1) AS next FROM n"
);

/// See [`crate::deliveries::Deliveries::settle_delivered`].
pub(super) async fn settle(
    c: &mut SqliteConnection,
    delivered: &[(DeliveryRow, Outcome)],
    remembered: &AllRemembered,
) -> Result<(Vec<Settled>, Option<ChangingEndpoints>), StorageError> {
    let ended = |outcome: &Outcome| outcome.at.saturating_add(outcome.duration_ms);
    let arrived = delivered.iter().map(|(row, outcome)| {
        json!({
            "id": row.delivery.id, "endpoint": row.delivery.endpoint_id, "lane": row.delivery.lane,
            "at": outcome.at, "status": outcome.status, "error": outcome.error, "response": outcome.response,
            "ms": outcome.duration_ms, "ended": ended(outcome),
        })
    });
    let arrived = arrived.collect::<Value>().to_string();
    let rows = db::query(SETTLE).bind(arrived).fetch_all(&mut *c).await?;
    let mut recovered: HashSet<String> = HashSet::new();
    let mut next: HashMap<String, String> = HashMap::new();
    for row in rows {
        if let Some(endpoint) = row.try_get("recovered")? {
            recovered.insert(endpoint);
        } else if let Some(id) = row.try_get("next")? {
            next.insert(row.try_get("id")?, id);
        }
    }
    let now = delivered
        .iter()
        .map(|(_, outcome)| ended(outcome))
        .max()
        .unwrap_or_default();
    for endpoint in &recovered {
        queue::hurry(c, endpoint, now).await?;
    }
    let settled = delivered.iter().map(|(row, _)| Settled {
        is_recovered: recovered.contains(&row.delivery.endpoint_id),
        next: next.remove(&row.delivery.id),
    });
    let changing = (!recovered.is_empty()).then(|| super::endpoints(remembered));
    Ok((settled.collect(), changing))
}
