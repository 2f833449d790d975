//! `whatsapp-messages`: what leaves the account.

use wagate_engine::{OutgoingText, SentMessage};
use wagate_protocol::manifest::Right;

use super::later::not_yet;
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
        let message = OutgoingText {
            to,
            text,
            mentions,
            key,
        };
        let sent = services.send_text(&session, message).await;
        sent.map(accepted).map_err(error_to_wit)
    }

    async fn send(
        &mut self,
        session: String,
        to: String,
        content: whatsapp_messages::Content,
        options: whatsapp_messages::SendOptions,
    ) -> Result<whatsapp_messages::Sent, types::Error> {
        match content {
            whatsapp_messages::Content::Text(text) if options.quote.is_none() && !options.view_once => {
                self.send_text(session, to, text, options.mentions).await
            }
            _ => {
                self.not_on(&session, "whatsapp-messages.send with anything but plain text")
                    .await
            }
        }
    }

    async fn edit(
        &mut self,
        session: String,
        _chat: String,
        _wa_id: String,
        _text: String,
    ) -> Result<(), types::Error> {
        self.not_on(&session, "whatsapp-messages.edit").await
    }

    async fn delete(&mut self, session: String, _chat: String, _wa_id: String) -> Result<(), types::Error> {
        self.not_on(&session, "whatsapp-messages.delete").await
    }

    async fn star(
        &mut self,
        session: String,
        _chat: String,
        _wa_id: String,
        _on: bool,
    ) -> Result<(), types::Error> {
        self.not_on(&session, "whatsapp-messages.star").await
    }

    async fn forward(
        &mut self,
        session: String,
        _chat: String,
        _wa_id: String,
        _to: String,
    ) -> Result<whatsapp_messages::Sent, types::Error> {
        self.not_on(&session, "whatsapp-messages.forward").await
    }
}

impl State {
    /// The checks as they will be, then the truth.
    async fn not_on<T>(&mut self, session: &str, function: &str) -> Result<T, types::Error> {
        self.with_session(Right::WhatsappMessages, session)
            .await
            .map_err(error_to_wit)?;
        Err(error_to_wit(not_yet(function)))
    }
}

fn accepted(sent: SentMessage) -> whatsapp_messages::Sent {
    whatsapp_messages::Sent {
        id: sent.message_id,
        chat: sent.chat,
        sender: sent.sender,
        timestamp_ms: sent.timestamp_ms,
        status: sent.status.as_str().to_owned(),
        ext: Vec::new(),
    }
}
