//! Marking as read, as the session is set to: with receipts to the sender, or in silence.

use std::sync::Arc;

use wagate_storage::chats::ChatChange;
use whatsapp_rust::{Client, Jid};

use crate::context::SessionContext;
use crate::{EngineError, chats, refusal};

/// Messages of one sender in one chat.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    /// The chat as WhatsApp addressed it.
    pub(crate) chat: Jid,
    /// Who wrote them, in a chat of several people.
    pub(crate) sender: Option<Jid>,
    /// The chat, canonical.
    pub(crate) name: String,
    /// WhatsApp's ids.
    pub(crate) ids: Vec<String>,
}

/// Marks them: receipts unless the session keeps its reading to itself (then only the account's own devices hear of it),
/// and the unread count here.
pub(crate) async fn mark(
    context: &SessionContext,
    client: &Arc<Client>,
    reading: &Reading,
) -> Result<(), EngineError> {
    if context.config().shows_reading() {
        let ids: Vec<&str> = reading.ids.iter().map(String::as_str).collect();
        client
            .mark_as_read(&reading.chat, reading.sender.as_ref(), &ids)
            .await
            .map_err(|error| refusal::request(error.as_ref(), "the receipt to leave"))?;
    } else if let Err(error) = client
        .chat_actions()
        .mark_chat_as_read(&reading.chat, true, None)
        .await
    {
        // Minutes after linking there is no key for it yet; nobody but the owner's phone misses it.
        tracing::debug!(session.id = %context.id, error = %error, "the account's devices were not told");
    }
    chats::change(
        context,
        &reading.name,
        ChatChange::ReadUpTo(reading.ids.clone()),
        true,
    )
    .await?;
    Ok(())
}
