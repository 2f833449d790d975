//! Commit, then acknowledge: the hook the library awaits before it tells WhatsApp that a message arrived.
//!
//! It writes rows and nothing else: it is awaited inside the receive path, where a send could deadlock.

use std::sync::Arc;
use std::time::Duration;

use whatsapp_rust::types::durability_hook::InboundMessage;
use whatsapp_rust::{Client, InboundDurabilityHook, async_trait};

use crate::context::SessionContext;
use crate::normalise;
use crate::store::StoreHealth;

/// How long a commit is tried. The library counts a message that waits longer than 20 s as stuck.
const PATIENCE: Duration = Duration::from_secs(15);
/// The pause between two tries.
const RETRY_EVERY: Duration = Duration::from_millis(500);

pub(crate) struct CommitHook {
    pub(crate) context: Arc<SessionContext>,
    pub(crate) health: Arc<StoreHealth>,
}

#[async_trait]
impl InboundDurabilityHook for CommitHook {
    async fn on_messages(&self, client: Arc<Client>, batch: &[InboundMessage]) -> anyhow::Result<()> {
        let committed = commit(&self.context, &client, batch).await;
        if let Err(error) = &committed {
            // The library does not call again before it reconnects, and a later flush would run the ratchet past this
            // message. So the client is stopped, without flushing, and the server redelivers to the next one.
            tracing::error!(session.id = %self.context.id, error = format!("{error:#}"), "messages could not be committed");
            self.health.poison();
        }
        committed
    }
}

/// Writes the messages of a batch with their events, all or none.
pub(crate) async fn commit(
    context: &SessionContext,
    client: &Client,
    batch: &[InboundMessage],
) -> anyhow::Result<()> {
    let own = client
        .pn()
        .ok_or_else(|| anyhow::anyhow!("a message arrived before the account was known"))?;
    let mut rows = Vec::with_capacity(batch.len());
    for inbound in batch {
        rows.extend(normalise::message(context, &own, &inbound.message, &inbound.info).await);
    }
    if rows.is_empty() {
        return Ok(());
    }
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        match context.shared.storage.commit_messages(rows.clone()).await {
            Ok(_) => {
                context.shared.announce();
                return Ok(());
            }
            Err(error) if tokio::time::Instant::now() + RETRY_EVERY >= deadline => return Err(error.into()),
            Err(error) => {
                tracing::warn!(session.id = %context.id, error = %error, "a commit failed, trying again");
                tokio::time::sleep(RETRY_EVERY).await;
            }
        }
    }
}
