//! `settings`: one document a session, the plugin's own.

use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Right;

use crate::bindings::{error_to_wit, settings, types};
use crate::bot_config;
use crate::services::{Services, storage_error};
use crate::state::State;

const MAX_DOCUMENT: usize = 64 * 1024;

impl settings::Host for State {
    async fn document(&mut self, session: String) -> Result<Option<String>, types::Error> {
        let services = self
            .with_session(Right::Settings, &session)
            .await
            .map_err(error_to_wit)?;
        let plugin = self.identity.plugin.clone();
        self.read_document(&services, &plugin, &session)
            .await
            .map_err(error_to_wit)
    }

    async fn put_document(&mut self, session: String, json: String) -> Result<(), types::Error> {
        let services = self
            .with_session(Right::Settings, &session)
            .await
            .map_err(error_to_wit)?;
        check(&json).map_err(error_to_wit)?;
        let now = services.clock.now_ms();
        let json = if self.identity.plugin == bot_config::NAMESPACE {
            merge_bot_config(&services, &session, &json)
                .await
                .map_err(error_to_wit)?
        } else {
            json
        };
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
        self.read_document(&services, &plugin, &session)
            .await
            .map_err(error_to_wit)
    }
}

impl State {
    /// A document as this plugin gets it. The bot's settings are whole, and the secret in them is in clear only for who may
    /// use it: a plugin that makes requests.
    async fn read_document(
        &mut self,
        services: &Services,
        plugin: &str,
        session: &str,
    ) -> Result<Option<String>, HostError> {
        let may_use = self.identity.effective().contains(&Right::HttpClient);
        let stored = services
            .storage
            .document(plugin, session)
            .await
            .map_err(|error| storage_error(&error))?;
        if plugin != bot_config::NAMESPACE {
            return Ok(stored);
        }
        if stored.is_none() {
            return Ok(Some(bot_config::never_set()));
        }
        let secrets = services.storage.secrets();
        let document = if may_use {
            bot_config::revealed(stored.as_deref(), secrets, session)
        } else {
            bot_config::shown(stored.as_deref(), secrets, session)
        };
        Ok(Some(document.to_string()))
    }
}

async fn merge_bot_config(services: &Services, session: &str, json: &str) -> Result<String, HostError> {
    let stored = services
        .storage
        .document(bot_config::NAMESPACE, session)
        .await
        .map_err(|error| storage_error(&error))?;
    bot_config::merged(stored.as_deref(), json, services.storage.secrets(), session)
}

fn check(json: &str) -> Result<(), HostError> {
    if json.len() > MAX_DOCUMENT {
        return Err(HostError::Invalid(format!("json: at most {MAX_DOCUMENT} bytes")));
    }
    serde_json::from_str::<serde::de::IgnoredAny>(json)
        .map_err(|error| HostError::Invalid(format!("json: {error}")))?;
    Ok(())
}
