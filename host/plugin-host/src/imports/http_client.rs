//! `http-client`: requests to the servers the administrator allows.

use std::time::Duration;

use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Right;

use crate::bindings::{error_to_wit, http_client, types};
use crate::outbound::{MAX_TIME_MS, Outgoing};
use crate::state::State;

impl http_client::Host for State {
    async fn fetch(&mut self, request: http_client::Outgoing) -> Result<http_client::Answer, types::Error> {
        let services = self.with_right(Right::HttpClient).map_err(error_to_wit)?;
        let identity = self.identity.clone();
        // A request that is refused counts too: a plugin that guesses hosts is held up like any other.
        identity
            .fetches
            .spend(self.spender())
            .map_err(|retry_after_ms| error_to_wit(HostError::RateLimited { retry_after_ms }))?;
        let most = request.timeout_ms.unwrap_or(MAX_TIME_MS);
        let patience = self.patience(Duration::from_millis(most.into()));
        let request = Outgoing {
            method: request.method,
            url: request.url,
            headers: request.headers,
            body: request.body,
            timeout_ms: u32::try_from(patience.as_millis()).ok(),
        };
        let answer = services
            .outbound
            .fetch(&identity.hosts, &identity.file, request)
            .await
            .map_err(error_to_wit)?;
        Ok(http_client::Answer {
            status: answer.status,
            headers: answer.headers,
            body: answer.body,
            url: answer.url,
            ext: Vec::new(),
        })
    }
}
