//! Sending: an id and a row before anything leaves, "sent" only on the server's word.

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use wacore::proto_helpers::MessageBuilderExt as _;
use wagate_storage::journal::{SendRow, SendState};
use wagate_storage::messages::{ContactSighting, MessageRow, MessageStatus, NewMessage};
use waproto::whatsapp as wa;
use whatsapp_rust::{Client, Jid, SendError, SendOptions};

use crate::context::SessionContext;
use crate::outcome::{self, Outcome};
use crate::{EngineError, address, normalise};

/// How long a send waits for the server's word before it answers with a timeout.
const ACK_PATIENCE: Duration = Duration::from_secs(15);
/// Longest text WhatsApp takes, in characters.
const MAX_TEXT: usize = 65_536;
/// Most people one message can mention.
const MAX_MENTIONS: usize = 1_024;

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
}

impl From<MessageRow> for SentMessage {
    fn from(row: MessageRow) -> Self {
        Self {
            message_id: row.wa_id,
            chat: row.chat,
            sender: row.sender,
            timestamp_ms: row.timestamp,
            status: row.status,
        }
    }
}

/// Sends a text. `order` is held until the bytes are on the socket: messages leave in the order of the calls.
pub(crate) async fn text(
    context: &Arc<SessionContext>,
    client: &Arc<Client>,
    order: &tokio::sync::Mutex<()>,
    outgoing: OutgoingText,
) -> Result<SentMessage, EngineError> {
    let to = address::parse(&outgoing.to, "jid")?;
    let message = compose(&outgoing)?;
    let own = client
        .pn()
        .ok_or_else(|| EngineError::Internal("the account is not known yet".to_owned()))?;
    let turn = order.lock().await;
    let chat = canonical_chat(context, &to).await?;
    let (message_id, cause) = identify(client, outgoing.key.as_ref());
    let has_key = cause.is_some();
    let row = normalise::outgoing(context, &own, chat.clone(), message_id.clone(), &message);
    if let Some(done) = begin(context, &row, cause).await? {
        return Ok(done);
    }
    let ack = context.acks.wait_for(&message_id);
    let options = SendOptions::default().with_message_id(message_id.clone());
    if let Err(error) = client.send_message_with_options(to, message, options).await {
        context.acks.forget(&message_id);
        // A hook comes back with the same key when the session is connected again; nobody else does.
        if !(has_key && is_connection_lost(&error)) {
            outcome::record(
                context,
                Outcome::Ack {
                    message_id,
                    error: Some("not-sent".to_owned()),
                },
            )
            .await;
        }
        return Err(refusal(error));
    }
    drop(turn);
    match tokio::time::timeout(ACK_PATIENCE, ack).await {
        Ok(Ok(Ok(server_time))) => {
            let mut sent = SentMessage::from(row);
            sent.timestamp_ms = server_time.unwrap_or(sent.timestamp_ms);
            sent.status = MessageStatus::Sent;
            Ok(sent)
        }
        Ok(Ok(Err(code))) => Err(EngineError::Rejected { code }),
        // The row stays `sending`: a retry with the same key repeats it under the same id.
        Ok(Err(_)) | Err(_) => {
            context.acks.forget(&message_id);
            Err(EngineError::Timeout("the server's acknowledgement"))
        }
    }
}

fn compose(outgoing: &OutgoingText) -> Result<wa::Message, EngineError> {
    let length = outgoing.text.chars().count();
    if length == 0 || length > MAX_TEXT {
        return Err(EngineError::Invalid {
            field: "message.text",
            message: format!("must have 1 to {MAX_TEXT} characters, has {length}"),
        });
    }
    if outgoing.mentions.len() > MAX_MENTIONS {
        return Err(EngineError::Invalid {
            field: "mentions",
            message: format!(
                "must name at most {MAX_MENTIONS} people, names {}",
                outgoing.mentions.len()
            ),
        });
    }
    let mentions = outgoing
        .mentions
        .iter()
        .map(|mention| address::parse(mention, "mentions").map(|jid| jid.to_string()))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(if mentions.is_empty() {
        wa::Message::text(outgoing.text.clone())
    } else {
        let context = wa::ContextInfo {
            mentioned_jid: mentions,
            ..wa::ContextInfo::default()
        };
        wa::Message::text_with_context(outgoing.text.clone(), context)
    })
}

/// The chat under its canonical name: an answer to a LID lands in the chat its questions are in.
async fn canonical_chat(context: &SessionContext, to: &Jid) -> Result<String, EngineError> {
    let name = to.to_string();
    if !to.is_lid() {
        return Ok(name);
    }
    Ok(context
        .shared
        .storage
        .canonical_jid(&context.id, &name)
        .await?
        .unwrap_or(name))
}

/// The message id and, for a send made in a hook, what caused it.
fn identify(client: &Client, key: Option<&SendKey>) -> (String, Option<String>) {
    match key {
        None => (client.generate_message_id(), None),
        Some(key) => {
            let cause = format!("{}/{}/{}", key.event_id, key.plugin, key.n);
            let digest = Sha256::digest(cause.as_bytes());
            // The shape of an id made by WhatsApp Web: 3EB0 and 18 hexadecimal digits.
            let id = format!("3EB0{}", hex::encode_upper(digest.get(..9).unwrap_or_default()));
            (id, Some(cause))
        }
    }
}

/// Writes the send down before it leaves. `Some` when an earlier call with the same key has already succeeded.
async fn begin(
    context: &SessionContext,
    row: &MessageRow,
    cause: Option<String>,
) -> Result<Option<SentMessage>, EngineError> {
    let storage = &context.shared.storage;
    let send = SendRow {
        session_id: row.session_id.clone(),
        wa_id: row.wa_id.clone(),
        chat: row.chat.clone(),
        cause,
        state: SendState::Sending,
        error: None,
        created_at: row.timestamp,
    };
    let message = NewMessage {
        row: row.clone(),
        event: None,
        contact: ContactSighting::default(),
    };
    // Queued together: one commit for both.
    let (earlier, stored) = tokio::join!(storage.begin_send(send), storage.commit_messages(vec![message]));
    stored?;
    match earlier? {
        None
        | Some(SendRow {
            state: SendState::Sending,
            ..
        }) => Ok(None),
        Some(SendRow {
            state: SendState::Failed,
            error,
            ..
        }) => Err(EngineError::Rejected {
            code: error.unwrap_or_default(),
        }),
        Some(SendRow {
            state: SendState::Accepted,
            ..
        }) => {
            let stored = storage.message_by_wa_id(&row.session_id, &row.wa_id).await?;
            Ok(Some(stored.unwrap_or_else(|| row.clone()).into()))
        }
    }
}

fn is_connection_lost(error: &SendError) -> bool {
    matches!(error, SendError::NotLoggedIn | SendError::Client(_))
}

fn refusal(error: SendError) -> EngineError {
    match error {
        SendError::NotLoggedIn | SendError::Client(_) => EngineError::NotConnected {
            status: crate::SessionStatus::Connecting,
        },
        SendError::InvalidRequest(message) => EngineError::Invalid {
            field: "jid",
            message,
        },
        other => EngineError::Internal(format!("the send failed: {other}")),
    }
}
