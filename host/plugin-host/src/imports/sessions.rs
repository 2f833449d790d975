//! `sessions`: what the host knows about a session.

use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Right;

use crate::bindings::{error_to_wit, sessions, types};
use crate::services::storage_error;
use crate::state::State;

impl sessions::Host for State {
    async fn info(&mut self, session: String) -> Result<sessions::SessionInfo, types::Error> {
        let services = self
            .with_session(Right::Sessions, &session)
            .await
            .map_err(error_to_wit)?;
        let row = services
            .storage
            .session(&session)
            .await
            .map_err(|error| error_to_wit(storage_error(&error)))?;
        let row = row.ok_or_else(|| error_to_wit(HostError::NotFound("Session not found".to_owned())))?;
        Ok(sessions::SessionInfo {
            status: services.session_status(&row),
            id: row.id,
            slug: row.slug,
            user_id: row.user_id,
            name: row.name,
            pn: row.pn,
            lid: row.lid,
            config: row.config,
            created_at_ms: row.created_at,
            updated_at_ms: row.updated_at,
            ext: Vec::new(),
        })
    }
}
