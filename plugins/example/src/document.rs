//! What a session has chosen: its settings document, JSON that the host keeps.

use serde::{Deserialize, Serialize};
use wagate_plugin_api::{Error, Host};

/// The document. Unlike `[settings]`, which the administrator writes for all sessions, clients write it for one.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Document {
    /// The answer to "example ping"; none: as in the administrator's file.
    pub(crate) pong: Option<String>,
}

impl Document {
    /// The session's; one that was never written is empty.
    pub(crate) fn of(host: &dyn Host, session: &str) -> Result<Self, Error> {
        let Some(text) = host.document(session)? else {
            return Ok(Self::default());
        };
        serde_json::from_str(&text)
            .map_err(|error| Error::internal(format!("the document of {session} is unreadable: {error}")))
    }

    /// Replaces the session's.
    pub(crate) fn put(&self, host: &dyn Host, session: &str) -> Result<(), Error> {
        let text = serde_json::to_string(self).map_err(|error| Error::internal(error.to_string()))?;
        Ok(host.put_document(session, &text)?)
    }
}
