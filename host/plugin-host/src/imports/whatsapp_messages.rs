//! `whatsapp-messages`: what leaves the account.

use wagate_engine::OutgoingText;
use wagate_protocol::manifest::Right;

use crate::bindings::{error_to_wit, types, whatsapp_messages};
use crate::state::State;

impl whatsapp_messages::Host for State {
    async fn send_text(
        &mut self,
        session: String,
        to: String,
        text: String,
        mentions: Vec<String>,
    ) -> Result<whatsapp_messages::Sent, types::Error> {
        // Counted before anything can fail: the n-th call of a repeated hook must stay the n-th.
        let key = self.next_send_key();
        let services = self
            .with_session(Right::WhatsappMessages, &session)
            .await
            .map_err(error_to_wit)?;
        let sent = services
            .send_text(
                &session,
                OutgoingText {
                    to,
                    text,
                    mentions,
                    key,
                },
            )
            .await
            .map_err(error_to_wit)?;
        Ok(whatsapp_messages::Sent {
            id: sent.message_id,
            chat: sent.chat,
            sender: sent.sender,
            timestamp_ms: sent.timestamp_ms,
            status: sent.status.as_str().to_owned(),
            ext: Vec::new(),
        })
    }
}
