//! `whatsapp-messages`: what leaves the account.

use wagate_engine::content::{
    ContactCard, Contacts, Content, ContentObject, Location, Media, MediaKind, MediaSource, MessageRef, Poll,
};
use wagate_engine::{Outgoing, OutgoingText, SendOptions, SentMessage};
use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Right;

use crate::bindings::{error_to_wit, types, whatsapp_messages};
use crate::services::engine_error;
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
        let message = OutgoingText {
            to,
            text,
            mentions,
            key,
        };
        let sent = self.send_message(&session, message.into()).await;
        sent.map(accepted).map_err(error_to_wit)
    }

    async fn send(
        &mut self,
        session: String,
        to: String,
        content: whatsapp_messages::Content,
        options: whatsapp_messages::SendOptions,
    ) -> Result<whatsapp_messages::Sent, types::Error> {
        let key = self.next_send_key();
        let sent = async {
            let (content, options) = content_from_wit(content, options_from_wit(options)?)?;
            let message = Outgoing {
                to,
                content,
                options,
                key,
            };
            self.send_message(&session, message).await
        };
        sent.await.map(accepted).map_err(error_to_wit)
    }

    async fn edit(
        &mut self,
        session: String,
        chat: String,
        wa_id: String,
        text: String,
    ) -> Result<(), types::Error> {
        let key = self.next_send_key();
        let content = Content::Edit {
            target: MessageRef::by_id(wa_id),
            text,
        };
        self.send_about(&session, chat, content, key).await.map(drop)
    }

    async fn delete(&mut self, session: String, chat: String, wa_id: String) -> Result<(), types::Error> {
        let key = self.next_send_key();
        let content = Content::Delete(MessageRef::by_id(wa_id));
        self.send_about(&session, chat, content, key).await.map(drop)
    }

    async fn delete_for_me(
        &mut self,
        session: String,
        chat: String,
        wa_id: String,
    ) -> Result<(), types::Error> {
        let account = self.account(Right::WhatsappMessages, &session).await;
        let account = account.map_err(error_to_wit)?;
        let done = account.delete_for_me(&chat, &wa_id).await;
        done.map_err(|error| error_to_wit(engine_error(error)))
    }

    async fn star(
        &mut self,
        session: String,
        chat: String,
        wa_id: String,
        on: bool,
    ) -> Result<(), types::Error> {
        let account = self.account(Right::WhatsappMessages, &session).await;
        let account = account.map_err(error_to_wit)?;
        let done = account.star(&chat, &wa_id, on).await;
        done.map_err(|error| error_to_wit(engine_error(error)))
    }

    async fn forward(
        &mut self,
        session: String,
        chat: String,
        wa_id: String,
        to: String,
    ) -> Result<whatsapp_messages::Sent, types::Error> {
        let key = self.next_send_key();
        let content = Content::Forward(MessageRef {
            chat: Some(chat),
            ..MessageRef::by_id(wa_id)
        });
        self.send_about(&session, to, content, key).await
    }
}

impl State {
    async fn send_about(
        &mut self,
        session: &str,
        to: String,
        content: Content,
        key: Option<wagate_engine::SendKey>,
    ) -> Result<whatsapp_messages::Sent, types::Error> {
        let message = Outgoing {
            to,
            content,
            options: SendOptions::default(),
            key,
        };
        let sent = self.send_message(session, message).await;
        sent.map(accepted).map_err(error_to_wit)
    }
}

fn options_from_wit(options: whatsapp_messages::SendOptions) -> Result<SendOptions, HostError> {
    let mut read = SendOptions {
        quote: options.quote,
        mentions: options.mentions,
        view_once: options.view_once,
        ..SendOptions::default()
    };
    for (name, value) in options.ext {
        match name.as_str() {
            "messageId" => read.message_id = Some(value),
            "mentionAll" => read.mention_all = value == "true",
            "ephemeralSeconds" => {
                let seconds = value.parse().map_err(|_| {
                    HostError::Invalid("ephemeralSeconds: must be a number of seconds".to_owned())
                })?;
                read.ephemeral_seconds = Some(seconds);
            }
            // A plugin may have been built for a later host.
            _ => {}
        }
    }
    Ok(read)
}

fn content_from_wit(
    content: whatsapp_messages::Content,
    options: SendOptions,
) -> Result<(Content, SendOptions), HostError> {
    use whatsapp_messages::Content as Wit;
    let file = |kind, handle, caption| {
        Content::Media(Box::new(Media {
            caption,
            ..Media::new(kind, MediaSource::Handle(handle))
        }))
    };
    let content = match content {
        Wit::Text(text) => Content::Text(text),
        Wit::Image((handle, caption)) => file(MediaKind::Image, handle, caption),
        Wit::Video((handle, caption)) => file(MediaKind::Video, handle, caption),
        Wit::Audio(handle) => file(MediaKind::Audio, handle, None),
        Wit::Voice(handle) => file(MediaKind::Voice, handle, None),
        Wit::Sticker(handle) => file(MediaKind::Sticker, handle, None),
        Wit::Document((handle, name, caption)) => Content::Media(Box::new(Media {
            file_name: Some(name).filter(|name| !name.is_empty()),
            caption,
            ..Media::new(MediaKind::Document, MediaSource::Handle(handle))
        })),
        Wit::Poll(poll) => Content::Poll(Poll {
            question: poll.question,
            choices: poll.choices,
            selectable: poll.selectable,
            to_announcement_group: poll
                .ext
                .iter()
                .any(|(name, value)| name == "toAnnouncementGroup" && value == "true"),
        }),
        Wit::Location(place) => Content::Location(Location {
            latitude: place.latitude,
            longitude: place.longitude,
            name: place.name,
            address: place.address,
            ..Location::default()
        }),
        Wit::Contacts(cards) => Content::Contacts(Contacts {
            display_name: None,
            cards: cards.into_iter().map(card).collect(),
        }),
        Wit::Reaction((id, emoji)) => Content::Reaction {
            target: MessageRef::by_id(id),
            emoji,
        },
        Wit::Other(json) => {
            let object = ContentObject::parse(&json).map_err(engine_error)?;
            return Ok(options.beside(object));
        }
    };
    Ok((content, options))
}

fn card(card: whatsapp_messages::ContactCard) -> ContactCard {
    ContactCard {
        display_name: card.display_name,
        vcard: card.vcard,
    }
}

fn accepted(sent: SentMessage) -> whatsapp_messages::Sent {
    let mut ext = vec![("message".to_owned(), sent.json)];
    if let Some(until) = sent.waits_until_ms {
        ext.push(("waitsUntilMs".to_owned(), until.to_string()));
    }
    whatsapp_messages::Sent {
        id: sent.message_id,
        chat: sent.chat,
        sender: sent.sender,
        timestamp_ms: sent.timestamp_ms,
        status: sent.status.as_str().to_owned(),
        ext,
    }
}
