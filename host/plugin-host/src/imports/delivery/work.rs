//! The work behind the calls: looks at what it was given, then asks the storage.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Right;
use wagate_storage::deliveries::{
    DeliveryFilter, DeliveryState, EndpointRow, EndpointState, NewDelivery, Queued,
};
use wagate_storage::new_row_id;

use super::convert::{attempt_to_wit, state_to_wit};
use crate::bindings::delivery;
use crate::deliveries::{Head, MAX_CONCURRENCY, Parcel, check_secret, make_secret, post_once, sealed_for};
use crate::services::{Services, storage_error};
use crate::state::State;

const MAX_NAME: usize = 64;
const MAX_KEY: usize = 256;
const MAX_LANE: usize = 256;
const MAX_LABEL: usize = 64;
const MAX_CONTENT_TYPE: usize = 128;
const MAX_BODY: usize = 1024 * 1024;
/// Endpoints of a plugin in one session.
const MAX_ENDPOINTS: usize = 100;
const MAX_ITEMS: usize = 100;
const MAX_HEADERS: usize = 32;
const MAX_LIST: u32 = 500;
const TIMEOUT_MS: std::ops::RangeInclusive<i64> = 100..=60_000;
/// The longest time an old secret signs beside the new one.
const MAX_OVERLAP_MS: u64 = 30 * 24 * 3600 * 1000;

impl State {
    pub(super) async fn for_delivery(
        &mut self,
        session: &str,
    ) -> Result<std::sync::Arc<Services>, HostError> {
        self.with_session(Right::Delivery, session).await
    }

    pub(super) async fn endpoint(
        &mut self,
        session: &str,
        name: &str,
    ) -> Result<(std::sync::Arc<Services>, EndpointRow), HostError> {
        let services = self.for_delivery(session).await?;
        let plugin = self.identity.plugin.clone();
        let found = services.storage.endpoint(&plugin, session, name).await;
        match found.map_err(|error| storage_error(&error))? {
            Some(row) => Ok((services, row)),
            None => Err(HostError::NotFound(format!("There is no endpoint \"{name}\""))),
        }
    }

    pub(super) async fn put(
        &mut self,
        session: String,
        endpoint: delivery::Endpoint,
    ) -> Result<(), HostError> {
        let services = self.for_delivery(&session).await?;
        let plugin = self.identity.plugin.clone();
        let invalid = |text: String| Err(HostError::Invalid(text));
        if endpoint.name.is_empty() || endpoint.name.len() > MAX_NAME {
            return invalid(format!("name: 1 to {MAX_NAME} bytes"));
        }
        if endpoint.headers.len() > MAX_HEADERS {
            return invalid(format!("headers: at most {MAX_HEADERS}"));
        }
        services.outbound.check_post(&endpoint.url).await?;
        crate::outbound::check_headers(endpoint.headers.clone())?;
        let wish = |key: &str| {
            let found = endpoint.ext.iter().find(|(name, _)| name == key);
            found.map(|(_, value)| value.as_str())
        };
        let keeps_secret = wish("keepSecret") == Some("true");
        if let Some(secret) = &endpoint.secret {
            check_secret(secret)?;
        }
        let number = |key: &str, range: std::ops::RangeInclusive<i64>| match wish(key) {
            None => Ok(None),
            Some(text) => match text.parse::<i64>() {
                Ok(number) if range.contains(&number) => Ok(Some(number)),
                _ => Err(HostError::Invalid(format!(
                    "ext {key}: {} to {}",
                    range.start(),
                    range.end()
                ))),
            },
        };
        let (concurrency, timeout_ms) = (
            number("concurrency", 1..=MAX_CONCURRENCY)?,
            number("timeoutMs", TIMEOUT_MS)?,
        );
        let failed = |error| storage_error(&error);
        let known = services
            .storage
            .endpoint(&plugin, &session, &endpoint.name)
            .await
            .map_err(failed)?;
        if known.is_none() {
            let all = services
                .storage
                .endpoints_of(&plugin, &session)
                .await
                .map_err(failed)?;
            if all.len() >= MAX_ENDPOINTS {
                return Err(HostError::Conflict(format!(
                    "there are {MAX_ENDPOINTS} endpoints already: delete some first"
                )));
            }
        }
        let id = known.as_ref().map_or_else(new_row_id, |known| known.id.clone());
        let seal = |text: &str| {
            let sealed = services.storage.secrets().seal(&sealed_for(&id), text);
            sealed.map_err(|error| storage_error(&error.into()))
        };
        let headers = match endpoint.headers.is_empty() {
            true => None,
            false => Some(seal(
                &serde_json::to_string(&endpoint.headers)
                    .map_err(|error| HostError::Internal(error.to_string()))?,
            )?),
        };
        let (secret, previous) = match (keeps_secret, &endpoint.secret, known) {
            (true, None, Some(known)) => (known.secret, known.previous),
            (_, secret, _) => (secret.as_deref().map(seal).transpose()?, None),
        };
        let now = services.clock.now_ms();
        let row = EndpointRow {
            owner: wish("owner").map(str::to_owned),
            id,
            plugin,
            session_id: session,
            name: endpoint.name,
            url: endpoint.url,
            headers,
            secret,
            previous,
            concurrency,
            timeout_ms,
            state: EndpointState::Active,
            reason: None,
            failing_since: None,
            hold_step: 0,
            hold_until: None,
            created_at: now,
            updated_at: now,
        };
        let written = services.storage.put_endpoint(row).await.map_err(failed)?;
        let Some(written) = written else {
            return Err(HostError::NotFound("Session not found".to_owned()));
        };
        services.deliveries.ring(&written.id);
        Ok(())
    }

    pub(super) async fn rotate(
        &mut self,
        session: &str,
        name: &str,
        secret: Option<String>,
        overlap_ms: u64,
    ) -> Result<String, HostError> {
        let (services, mut row) = self.endpoint(session, name).await?;
        let secret = secret.unwrap_or_else(make_secret);
        check_secret(&secret)?;
        if overlap_ms > MAX_OVERLAP_MS {
            return Err(HostError::Invalid(format!(
                "overlap-ms: at most {MAX_OVERLAP_MS}"
            )));
        }
        let sealed = services.storage.secrets().seal(&sealed_for(&row.id), &secret);
        let sealed = sealed.map_err(|error| storage_error(&error.into()))?;
        let now = services.clock.now_ms();
        let until = now.saturating_add(i64::try_from(overlap_ms).unwrap_or(i64::MAX));
        row.previous = row.secret.replace(sealed).map(|old| (old, until));
        row.updated_at = now;
        let written = services.storage.put_endpoint(row).await;
        written.map(|_| secret).map_err(|error| storage_error(&error))
    }

    /// The row ids of an endpoint of this name, if it takes deliveries now.
    pub(super) async fn queue_all(
        &mut self,
        session: &str,
        items: Vec<delivery::Item>,
    ) -> Result<Vec<Option<String>>, HostError> {
        let services = self.for_delivery(session).await?;
        if items.len() > MAX_ITEMS {
            return Err(HostError::Invalid(format!("items: at most {MAX_ITEMS}")));
        }
        let plugin = self.identity.plugin.clone();
        let failed = |error| storage_error(&error);
        let now = services.clock.now_ms();
        let mut ids = Vec::with_capacity(items.len());
        let mut queued = Vec::with_capacity(items.len());
        for item in items {
            check_item(&item)?;
            let endpoint = services.storage.endpoint(&plugin, session, &item.endpoint).await;
            let open = endpoint.map_err(failed)?;
            let open = open.filter(|endpoint| endpoint.state != EndpointState::Disabled);
            let Some(endpoint) = open else {
                ids.push(None);
                continue;
            };
            if !services
                .deliveries
                .has_room(&services.storage, &endpoint.id, 1)
                .await
                .map_err(failed)?
            {
                tracing::warn!(
                    endpoint.id = %endpoint.id, session.id = session,
                    "too much waits for endpoint {}: a delivery is left out", endpoint.name
                );
                ids.push(None);
                continue;
            }
            let again = item
                .ext
                .iter()
                .any(|(key, value)| key == "again" && value == "true");
            let delivery = new_delivery(&endpoint, item, again, now);
            ids.push(Some(delivery.id.clone()));
            queued.push(delivery);
        }
        if queued.is_empty() {
            return Ok(ids);
        }
        let heads = queued.iter().map(|new| {
            let (lane, id) = (new.lane.clone(), new.id.clone());
            (new.endpoint_id.clone(), Head { lane, id })
        });
        let heads: Vec<(String, Head)> = heads.collect();
        let queued = services.storage.enqueue_deliveries(queued).await;
        for (queued, (endpoint, head)) in queued.map_err(failed)?.into_iter().zip(heads) {
            match queued {
                Queued::First => services.deliveries.hand_over(&endpoint, head),
                Queued::Due => services.deliveries.ring(&endpoint),
                // Its lane is at work, or waits.
                Queued::Behind | Queued::Not => {}
            }
        }
        Ok(ids)
    }

    pub(super) async fn queue_one(
        &mut self,
        session: &str,
        item: delivery::Item,
    ) -> Result<String, HostError> {
        let (_, endpoint) = self.endpoint(session, &item.endpoint).await?;
        if endpoint.state == EndpointState::Disabled {
            let why = endpoint.reason.unwrap_or_default();
            return Err(HostError::Conflict(format!("the endpoint is disabled: {why}")));
        }
        let id = self.queue_all(session, vec![item]).await?.pop().flatten();
        id.ok_or_else(|| HostError::unavailable("too much waits for this endpoint"))
    }

    pub(super) async fn list(
        &mut self,
        session: &str,
        endpoint: &str,
        state: Option<DeliveryState>,
        before: Option<String>,
        limit: u32,
    ) -> Result<Vec<delivery::State>, HostError> {
        let (services, endpoint) = self.endpoint(session, endpoint).await?;
        let filter = DeliveryFilter { state, before };
        let rows = services
            .storage
            .deliveries(&endpoint.id, filter, i64::from(limit.min(MAX_LIST)))
            .await;
        let rows = rows.map_err(|error| storage_error(&error))?;
        Ok(rows.into_iter().map(state_to_wit).collect())
    }

    pub(super) async fn again(&mut self, session: &str, id: &str) -> Result<(), HostError> {
        let services = self.for_delivery(session).await?;
        let failed = |error| storage_error(&error);
        let unknown = || HostError::NotFound("There is no such delivery".to_owned());
        let row = services.storage.delivery(id).await.map_err(failed)?;
        let row = row.ok_or_else(unknown)?;
        let endpoint = services.storage.endpoint_by_id(&row.delivery.endpoint_id).await;
        let endpoint = endpoint.map_err(failed)?.ok_or_else(unknown)?;
        // Ids are not secret: somebody else's delivery answers like none at all.
        if endpoint.session_id != session || endpoint.plugin != self.identity.plugin {
            return Err(unknown());
        }
        if endpoint.state != EndpointState::Active {
            return Err(HostError::Conflict("the endpoint takes nothing now".to_owned()));
        }
        let now = services.clock.now_ms();
        services.storage.redeliver(id, now).await.map_err(failed)?;
        if endpoint.hold_until.is_some_and(|until| until > now) {
            // Somebody says that it is worth a try.
            services
                .storage
                .hold_endpoint(&endpoint.id, endpoint.hold_step, now)
                .await
                .map_err(failed)?;
        }
        services.deliveries.ring(&endpoint.id);
        Ok(())
    }

    pub(super) async fn try_one(
        &mut self,
        session: &str,
        item: delivery::Item,
    ) -> Result<delivery::Attempt, HostError> {
        let (services, endpoint) = self.endpoint(session, &item.endpoint).await?;
        check_item(&item)?;
        // A receiver is not to be bombarded through us.
        self.identity
            .fetches
            .spend(session)
            .map_err(|retry_after_ms| HostError::RateLimited { retry_after_ms })?;
        let delivery = new_delivery(&endpoint, item, false, services.clock.now_ms());
        let parcel = Parcel {
            id: &delivery.id,
            content_type: &delivery.content_type,
            body: &delivery.body,
            number: 1,
            skipped: 0,
        };
        let tried = post_once(&services, &endpoint, parcel, self.patience(Duration::MAX)).await?;
        let state = if tried.is_taken() {
            DeliveryState::Delivered
        } else {
            DeliveryState::Dead
        };
        services
            .storage
            .record_delivery(delivery.clone(), tried.outcome.clone(), state)
            .await
            .map_err(|error| storage_error(&error))?;
        let now = services.clock.now_ms();
        if tried.is_taken() && endpoint.hold_until.is_some_and(|until| until > now) {
            // It is back: what waits for it need not wait for its next look.
            services
                .storage
                .hold_endpoint(&endpoint.id, endpoint.hold_step, now)
                .await
                .map_err(|error| storage_error(&error))?;
            services.deliveries.ring(&endpoint.id);
        }
        Ok(attempt_to_wit(wagate_storage::deliveries::AttemptRow {
            id: delivery.id.clone(),
            delivery_id: delivery.id,
            label: delivery.label,
            number: 1,
            outcome: tried.outcome,
            body: delivery.body,
        }))
    }
}

fn check_item(item: &delivery::Item) -> Result<(), HostError> {
    let at_most =
        |name: &str, limit: usize| Err(HostError::Invalid(format!("{name}: at most {limit} bytes")));
    if item.key.is_empty() || item.key.len() > MAX_KEY {
        return Err(HostError::Invalid(format!("key: 1 to {MAX_KEY} bytes")));
    }
    if item.lane.len() > MAX_LANE {
        return at_most("lane", MAX_LANE);
    }
    if item.label.len() > MAX_LABEL {
        return at_most("label", MAX_LABEL);
    }
    if item.content_type.len() > MAX_CONTENT_TYPE || item.content_type.chars().any(char::is_control) {
        return at_most("content-type", MAX_CONTENT_TYPE);
    }
    if item.body.len() > MAX_BODY {
        return at_most("body", MAX_BODY);
    }
    Ok(())
}

fn new_delivery(endpoint: &EndpointRow, item: delivery::Item, again: bool, now: i64) -> NewDelivery {
    NewDelivery {
        endpoint_id: endpoint.id.clone(),
        id: delivery_id(&endpoint.id, &item.key),
        key: item.key,
        lane: item.lane,
        label: item.label,
        content_type: item.content_type,
        body: item.body,
        again,
        created_at: now,
    }
}

/// What an event's id begins with; if it has its time after that, in so many digits, what ends it.
const EVENT: &str = "evt_";
const TIME: usize = 8;
const AFTER_TIME: &str = "_";
/// Of a delivery's id, which has twice as many digits.
const ID_BYTES: usize = 16;

/// The same for the same key, also after its row is forgotten: a receiver that has seen it knows it again. A key with the id
/// of an event that begins with its time gives one that begins so: what is queued at one time is in one place of the index.
fn delivery_id(endpoint_id: &str, key: &str) -> String {
    let digest = Sha256::new()
        .chain_update(endpoint_id)
        .chain_update([0])
        .chain_update(key)
        .finalize();
    let begin = key
        .rsplit_once(EVENT)
        .and_then(|(_, id)| id.split_at_checked(TIME))
        .filter(|(time, rest)| {
            rest.starts_with(AFTER_TIME) && time.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
        .map_or("", |(time, _)| time);
    let rest = digest.get(..ID_BYTES - begin.len() / 2).unwrap_or_default();
    format!("msg_{begin}{}", hex::encode(rest))
}

#[cfg(test)]
mod tests {
    use super::delivery_id;

    #[test]
    fn ids_are_of_endpoint_and_key_and_those_of_events_grow_with_them() {
        let ids = [
            "7/evt_6748a1ff_00",
            "7/evt_6748a200_00",
            "plain",
            "evt_6748",
            "evt_not hex!_",
            "7/evt_6748a1ff00",
        ];
        let ids: Vec<String> = ids.iter().map(|key| delivery_id("one", key)).collect();
        for (place, id) in ids.iter().enumerate() {
            assert_eq!(id.len(), "msg_".len() + 32, "{id}");
            assert!(!ids[..place].contains(id), "{id}");
        }
        assert!(ids[0].starts_with("msg_6748a1ff") && ids[1].starts_with("msg_6748a200"));
        assert_eq!(delivery_id("one", "plain"), ids[2]);
        // As it was before ids had a time.
        assert_eq!(ids[5], "msg_a30b03d25abc5b7329a4b0400b28e247");
        assert_ne!(delivery_id("two", "7/evt_6748a1ff_00"), ids[0]);
    }
}
