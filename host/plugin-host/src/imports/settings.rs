//! `settings`: one document a session, the plugin's own.

use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Right;

use crate::bindings::{error_to_wit, settings, types};
use crate::services::storage_error;
use crate::state::State;

const MAX_DOCUMENT: usize = 64 * 1024;

impl settings::Host for State {
    async fn document(&mut self, session: String) -> Result<Option<String>, types::Error> {
        let services = self
            .with_session(Right::Settings, &session)
            .await
            .map_err(error_to_wit)?;
        let document = services.storage.document(&self.identity.plugin, &session).await;
        document.map_err(|error| error_to_wit(storage_error(&error)))
    }

    async fn put_document(&mut self, session: String, json: String) -> Result<(), types::Error> {
        let services = self
            .with_session(Right::Settings, &session)
            .await
            .map_err(error_to_wit)?;
        check(&json).map_err(error_to_wit)?;
        let now = services.clock.now_ms();
        let done = services
            .storage
            .put_document(&self.identity.plugin, &session, json, now)
            .await;
        done.map_err(|error| error_to_wit(storage_error(&error)))
    }

    async fn document_of(&mut self, plugin: String, session: String) -> Result<Option<String>, types::Error> {
        let services = self
            .with_session(Right::Settings, &session)
            .await
            .map_err(error_to_wit)?;
        if plugin != self.identity.plugin && !self.identity.documents.contains(&plugin) {
            let file = &self.identity.file;
            return Err(error_to_wit(HostError::Denied(format!(
                "the documents of \"{plugin}\" are not granted in {file} ([grants] documents)"
            ))));
        }
        let document = services.storage.document(&plugin, &session).await;
        document.map_err(|error| error_to_wit(storage_error(&error)))
    }
}

fn check(json: &str) -> Result<(), HostError> {
    if json.len() > MAX_DOCUMENT {
        return Err(HostError::Invalid(format!("json: at most {MAX_DOCUMENT} bytes")));
    }
    serde_json::from_str::<serde::de::IgnoredAny>(json)
        .map_err(|error| HostError::Invalid(format!("json: {error}")))?;
    Ok(())
}
