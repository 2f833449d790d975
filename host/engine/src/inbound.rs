//! Commit, then acknowledge: the hook the library awaits before it tells WhatsApp that a message arrived.
//!
//! It writes rows and nothing else: it is awaited inside the receive path, where a send could deadlock.

use std::sync::Arc;
use std::time::Duration;

use wacore_binary::JidExt as _;
use wagate_storage::StorageError;
use wagate_storage::chats::ChatChange;
use wagate_storage::messages::Inbound;
use whatsapp_rust::types::durability_hook::InboundMessage;
use whatsapp_rust::{Client, InboundDurabilityHook, async_trait};

use crate::abort::{self, Point};
use crate::chats;
use crate::chores::{Chore, Chores};
use crate::context::SessionContext;
use crate::normalise::{self, Own};
use crate::reading::Reading;
use crate::store::StoreHealth;

/// How long a commit is tried. The library counts a message that waits longer than 20 s as stuck.
const PATIENCE: Duration = Duration::from_secs(15);
/// The pause between two tries.
const RETRY_EVERY: Duration = Duration::from_millis(500);

pub(crate) struct CommitHook {
    pub(crate) context: Arc<SessionContext>,
    pub(crate) health: Arc<StoreHealth>,
    pub(crate) chores: Chores,
}

#[async_trait]
impl InboundDurabilityHook for CommitHook {
    async fn on_messages(&self, client: Arc<Client>, batch: &[InboundMessage]) -> anyhow::Result<()> {
        let committed = match Own::of(&client) {
            Some(_) if abort::fails(Point::W5) => Err(anyhow::anyhow!("a test asked for this")),
            Some(own) => commit(&self.context, &own, &self.chores, batch).await,
            None => Err(anyhow::anyhow!("a message arrived before the account was known")),
        };
        if let Err(error) = &committed {
            // The library does not call again before it reconnects, and a later flush would run the ratchet past this
            // message. So the client is stopped, without flushing, and the server redelivers to the next one.
            tracing::error!(session.id = %self.context.id, error = format!("{error:#}"), "messages could not be committed");
            self.health.poison();
        }
        abort::reached(Point::W3);
        committed
    }
}

/// Writes what a batch brought with its events, all or none.
pub(crate) async fn commit(
    context: &Arc<SessionContext>,
    own: &Own,
    chores: &Chores,
    batch: &[InboundMessage],
) -> anyhow::Result<()> {
    let mut things: Vec<Inbound> = Vec::with_capacity(batch.len());
    let mut timers = Vec::new();
    let mut readings = Vec::new();
    let reads = context.config().auto_read;
    for inbound in batch {
        let arrived = normalise::arrived(context, own, &inbound.message, &inbound.info, &things).await;
        if reads {
            readings.extend(arrived.iter().filter_map(|thing| reading(thing, inbound)));
        }
        things.extend(arrived);
        if let Some(seconds) = normalise::ephemeral_setting(normalise::unwrap(&inbound.message).base) {
            let place = normalise::Place::of(context, own, &inbound.info).await;
            timers.push((place.chat.canonical, ChatChange::Ephemeral(i64::from(seconds))));
        }
    }
    if !things.is_empty() {
        let has_files = things
            .iter()
            .any(|thing| matches!(thing, Inbound::Message(message) if message.media.is_some()));
        let things: Arc<[Inbound]> = things.into();
        with_patience(context, || {
            let storage = &context.shared.storage;
            storage.commit_inbound(Arc::clone(&things), normalise::tell_contacts(context))
        })
        .await?;
        context.shared.announce();
        if has_files {
            context.shared.media.ring();
        }
    }
    for (chat, timer) in timers {
        with_patience(context, || chats::change(context, &chat, timer.clone(), true)).await?;
    }
    for reading in readings {
        chores.ask(Chore::Read(reading));
    }
    Ok(())
}

/// Busy or full may pass: tried again for a while.
async fn with_patience<T, F>(context: &SessionContext, mut attempt: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = Result<T, StorageError>> + Send,
{
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) if tokio::time::Instant::now() + RETRY_EVERY >= deadline => return Err(error.into()),
            Err(error) => {
                tracing::warn!(session.id = %context.id, error = %error, "a commit failed, trying again");
                tokio::time::sleep(RETRY_EVERY).await;
            }
        }
    }
}

/// What a session that marks everything as read has to mark: not status posts, whose author would see it, nor newsletters.
fn reading(thing: &Inbound, inbound: &InboundMessage) -> Option<Reading> {
    let Inbound::Message(message) = thing else {
        return None;
    };
    let source = &inbound.info.source;
    if message.row.from_me || source.chat.is_status_broadcast() || source.chat.is_newsletter() {
        return None;
    }
    Some(Reading {
        chat: source.chat.to_non_ad(),
        sender: source.is_group.then(|| source.sender.to_non_ad()),
        name: message.row.chat.clone(),
        ids: vec![message.row.wa_id.clone()],
    })
}
