//! `delivery`: POSTs that arrive. What is sent when is in `deliveries`; here is who may ask for what.

mod convert;
mod work;

use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Right;
use wagate_storage::deliveries::{DeliveryState, EndpointState};
use wagate_storage::new_row_id;

use crate::bindings::{delivery, error_to_wit, types};
use crate::services::storage_error;
use crate::state::State;
use convert::{attempt_to_wit, event_to_wit, status_to_wit};

const MAX_LOG: u32 = 200;
const MAX_EVENTS: u32 = 200;

type Refused = types::Error;

impl delivery::Host for State {
    async fn put_endpoint(&mut self, session: String, endpoint: delivery::Endpoint) -> Result<(), Refused> {
        self.put(session, endpoint).await.map_err(error_to_wit)
    }

    async fn delete_endpoint(&mut self, session: String, name: String) -> Result<(), Refused> {
        let (services, endpoint) = self.endpoint(&session, &name).await.map_err(error_to_wit)?;
        let gone = services.storage.delete_endpoint(&endpoint.id).await;
        gone.map(drop).map_err(refused)
    }

    async fn enqueue(
        &mut self,
        session: String,
        endpoint: String,
        key: String,
        content_type: String,
        body: String,
    ) -> Result<String, Refused> {
        let item = delivery::Item {
            endpoint,
            key,
            lane: String::new(),
            label: String::new(),
            content_type,
            body,
            ext: Vec::new(),
        };
        self.queue_one(&session, item).await.map_err(error_to_wit)
    }

    async fn deliveries(
        &mut self,
        session: String,
        endpoint: String,
        before: Option<String>,
        limit: u32,
    ) -> Result<Vec<delivery::State>, Refused> {
        self.list(&session, &endpoint, None, before, limit)
            .await
            .map_err(error_to_wit)
    }

    async fn redeliver(&mut self, session: String, id: String) -> Result<(), Refused> {
        self.again(&session, &id).await.map_err(error_to_wit)
    }

    async fn check_url(&mut self, url: String) -> Result<(), Refused> {
        let services = self.with_right(Right::Delivery).map_err(error_to_wit)?;
        services.outbound.check_post(&url).await.map_err(error_to_wit)
    }

    async fn enqueue_all(
        &mut self,
        session: String,
        items: Vec<delivery::Item>,
    ) -> Result<Vec<Option<String>>, Refused> {
        self.queue_all(&session, items).await.map_err(error_to_wit)
    }

    async fn endpoints(&mut self, session: String) -> Result<Vec<delivery::EndpointStatus>, Refused> {
        let services = self.for_delivery(&session).await.map_err(error_to_wit)?;
        let plugin = self.identity.plugin.clone();
        let rows = services
            .storage
            .endpoints_of(&plugin, &session)
            .await
            .map_err(refused)?;
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            let counts = services.storage.delivery_counts(&row.id).await.map_err(refused)?;
            all.push(status_to_wit(row, counts));
        }
        Ok(all)
    }

    async fn endpoint_status_of(
        &mut self,
        session: String,
        name: String,
    ) -> Result<Option<delivery::EndpointStatus>, Refused> {
        let services = self.for_delivery(&session).await.map_err(error_to_wit)?;
        let plugin = self.identity.plugin.clone();
        let row = services.storage.endpoint(&plugin, &session, &name).await;
        let Some(row) = row.map_err(refused)? else {
            return Ok(None);
        };
        let counts = services.storage.delivery_counts(&row.id).await.map_err(refused)?;
        Ok(Some(status_to_wit(row, counts)))
    }

    async fn set_paused(&mut self, session: String, name: String, paused: bool) -> Result<(), Refused> {
        let (services, endpoint) = self.endpoint(&session, &name).await.map_err(error_to_wit)?;
        let state = if paused {
            EndpointState::Paused
        } else {
            EndpointState::Active
        };
        services
            .storage
            .set_endpoint_state(&endpoint.id, state, None, services.clock.now_ms())
            .await
            .map_err(refused)?;
        services.deliveries.ring(&endpoint.id);
        Ok(())
    }

    async fn rotate_secret(
        &mut self,
        session: String,
        name: String,
        secret: Option<String>,
        overlap_ms: u64,
    ) -> Result<String, Refused> {
        self.rotate(&session, &name, secret, overlap_ms)
            .await
            .map_err(error_to_wit)
    }

    async fn try_now(
        &mut self,
        session: String,
        name: String,
        label: String,
        content_type: String,
        body: String,
    ) -> Result<delivery::Attempt, Refused> {
        let item = delivery::Item {
            endpoint: name,
            key: format!("try/{}", new_row_id()),
            lane: String::new(),
            label,
            content_type,
            body,
            ext: Vec::new(),
        };
        self.try_one(&session, item).await.map_err(error_to_wit)
    }

    async fn deliveries_with(
        &mut self,
        session: String,
        endpoint: String,
        status: String,
        before: Option<String>,
        limit: u32,
    ) -> Result<Vec<delivery::State>, Refused> {
        let known = [
            DeliveryState::Pending,
            DeliveryState::Delivered,
            DeliveryState::Dead,
        ];
        let Some(state) = known.into_iter().find(|state| state.as_str() == status) else {
            let error = HostError::Invalid("status: PENDING, DELIVERED or DEAD".to_owned());
            // The right comes first, as everywhere.
            self.for_delivery(&session).await.map_err(error_to_wit)?;
            return Err(error_to_wit(error));
        };
        self.list(&session, &endpoint, Some(state), before, limit)
            .await
            .map_err(error_to_wit)
    }

    async fn attempts(
        &mut self,
        session: String,
        endpoint: String,
        delivery: Option<String>,
        offset: u32,
        limit: u32,
    ) -> Result<delivery::AttemptPage, Refused> {
        let (services, row) = self.endpoint(&session, &endpoint).await.map_err(error_to_wit)?;
        let (attempts, total) = services
            .storage
            .delivery_log(
                &row.id,
                delivery.as_deref(),
                i64::from(offset),
                i64::from(limit.min(MAX_LOG)),
            )
            .await
            .map_err(refused)?;
        Ok(delivery::AttemptPage {
            attempts: attempts.into_iter().map(attempt_to_wit).collect(),
            total: u64::try_from(total).unwrap_or(0),
            ext: Vec::new(),
        })
    }

    async fn events_after(
        &mut self,
        session: String,
        sequence: u64,
        limit: u32,
    ) -> Result<Vec<delivery::LoggedEvent>, Refused> {
        let services = self.for_delivery(&session).await.map_err(error_to_wit)?;
        let after = i64::try_from(sequence).unwrap_or(i64::MAX);
        let limit = i64::from(limit.min(MAX_EVENTS));
        let events = services.storage.events_after(&session, after, limit).await;
        Ok(events.map_err(refused)?.into_iter().map(event_to_wit).collect())
    }
}

fn refused(error: wagate_storage::StorageError) -> Refused {
    error_to_wit(storage_error(&error))
}
