//! Sending: an id and a row before anything leaves, "sent" only on the server's word.

mod context_info;
mod draft;
mod queue;
mod report;
mod target;
mod transmit;
mod upload;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wagate_storage::messages::{MessageRow, MessageStatus};

use crate::account::Account;
use crate::content::{Content, ContentObject, MAX_MENTIONS};
use crate::{EngineError, address};

pub(crate) use draft::{Draft, check_timer, compose_content};
pub use queue::{DEFAULT_WAIT, MAX_WAIT};
pub(crate) use queue::{drain, expire, forsake, put};
pub(crate) use report::report;
pub use report::{SendProgress, SendReport};
pub(crate) use target::Target;
pub(crate) use transmit::{Name, earlier, transmit};

/// How long a send may take in all: a large file has to be uploaded first.
const PATIENCE: Duration = Duration::from_mins(10);

/// A text to send.
#[derive(Debug, Clone)]
pub struct OutgoingText {
    /// The recipient, in any form [`address::parse_recipient`] takes.
    pub to: String,
    /// The text, 1 to 65,536 characters.
    pub text: String,
    /// Who is mentioned, in the same forms as `to`; at most 1,024.
    pub mentions: Vec<String>,
    /// What makes a repeated call the same send.
    pub key: Option<SendKey>,
}

/// Anything to send.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The recipient, in any form [`address::parse_recipient`] takes.
    pub to: String,
    /// What it says.
    pub content: Content,
    /// How it leaves.
    pub options: SendOptions,
    /// What makes a repeated call the same send.
    pub key: Option<SendKey>,
}

/// How a message leaves, whatever it says.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SendOptions {
    /// WhatsApp's id of the message it answers to, in the same chat.
    pub quote: Option<String>,
    /// Who is mentioned; at most 1,024.
    pub mentions: Vec<String>,
    /// Everybody in the group is mentioned.
    pub mention_all: bool,
    /// It opens once.
    pub view_once: bool,
    /// It disappears after so many seconds; as the chat's timer says when none.
    pub ephemeral_seconds: Option<u32>,
    /// The id it gets; one of ours when none. The same id again answers with the first message.
    pub message_id: Option<String>,
    /// Wire bytes of a `ContextInfo` that goes over what the message gets otherwise.
    pub context_info: Option<Vec<u8>>,
    /// Where it comes from, as `message.sent` tells it: see [`wagate_protocol::event::origin`].
    pub origin: Option<String>,
    /// What becomes of it while there is no connection. Only [`crate::Engine::send`] knows how to wait.
    #[serde(skip)]
    pub if_offline: IfOffline,
}

/// What becomes of a message that finds no connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IfOffline {
    /// As the session's settings say (`sendQueue`).
    #[default]
    AsSet,
    /// It is refused.
    Refuse,
    /// It waits for the connection, for so long at most.
    Wait(Duration),
}

impl SendOptions {
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        if self.mentions.len() > MAX_MENTIONS {
            let named = self.mentions.len();
            return Err(EngineError::invalid(
                "mentions",
                format!("must name at most {MAX_MENTIONS} people, names {named}"),
            ));
        }
        self.ephemeral_seconds.map_or(Ok(()), check_timer)
    }

    /// What a content object says beside its content. What is set here already counts more.
    pub fn beside(mut self, object: ContentObject) -> (Content, Self) {
        self.mentions.extend(object.mentions);
        self.mention_all |= object.mention_all;
        self.view_once |= object.view_once;
        self.ephemeral_seconds = self.ephemeral_seconds.or(object.ephemeral_seconds);
        self.context_info = self.context_info.or(object.context_info);
        (object.content, self)
    }
}

/// Names one send of one hook call: the message id is derived from it, so that a repeated hook does not send twice.
#[derive(Debug, Clone)]
pub struct SendKey {
    /// The event the hook was called for.
    pub event_id: String,
    /// The plugin.
    pub plugin: String,
    /// Which send of that call, from 0.
    pub n: u32,
}

/// A message the server has accepted.
#[derive(Debug, Clone)]
pub struct SentMessage {
    /// WhatsApp's id.
    pub message_id: String,
    /// The chat, canonical.
    pub chat: String,
    /// The account that sent it.
    pub sender: String,
    /// When, ms.
    pub timestamp_ms: i64,
    /// How far it has come.
    pub status: MessageStatus,
    /// The message as REST clients know it.
    pub json: String,
    /// It has not left: it waits for the connection until then, ms.
    pub waits_until_ms: Option<i64>,
}

impl From<&MessageRow> for SentMessage {
    fn from(row: &MessageRow) -> Self {
        Self {
            message_id: row.wa_id.clone(),
            chat: row.chat.clone(),
            sender: row.sender.clone(),
            timestamp_ms: row.timestamp,
            status: row.status,
            json: crate::book::message_json(row).to_string(),
            waits_until_ms: None,
        }
    }
}

impl From<OutgoingText> for Outgoing {
    fn from(text: OutgoingText) -> Self {
        Self {
            to: text.to,
            content: Content::Text(text.text),
            options: SendOptions {
                mentions: text.mentions,
                ..SendOptions::default()
            },
            key: text.key,
        }
    }
}

impl Account {
    /// Sends anything. Answers once the server has accepted it.
    pub async fn send(&self, message: Outgoing) -> Result<SentMessage, EngineError> {
        message.options.check()?;
        let to = address::parse_chat(&message.to)?;
        self.run("a message to leave", PATIENCE, |account| async move {
            let name = Name::choose(&message.options, message.key.as_ref())?;
            if let Some(done) = earlier(&account.context, &name.id).await? {
                return Ok(done);
            }
            let draft = Draft::make(&account, to, message.content, message.options).await?;
            transmit(&account, draft, name).await
        })
        .await
    }
}
