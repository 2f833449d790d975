//! From a draft to the server's word.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rand::Rng as _;
use sha2::{Digest, Sha256};
use wagate_storage::journal::{SendRow, SendState};
use wagate_storage::messages::{ContactSighting, MessageRow, MessageStatus, NewMessage};
use whatsapp_rust::{SendError, SendOptions as LibraryOptions, SendResult, StatusSendOptions};

use super::{Draft, IfOffline, SendKey, SendOptions, SentMessage};
use crate::account::Account;
use crate::content::check_id;
use crate::context::SessionContext;
use crate::outcome::{self, Outcome};
use crate::{EngineError, media, normalise, refusal};

/// How long a send waits for the server's word before it answers with a timeout.
const ACK_PATIENCE: Duration = Duration::from_secs(15);
/// When the same id may be tried again while it is under way.
const SAME_AGAIN_MS: u64 = 5_000;
const ID_BYTES: usize = 9;

/// Under which id a message leaves, and what caused it.
pub(crate) struct Name {
    pub(crate) id: String,
    /// In a hook: event, plugin and number of the send.
    pub(crate) cause: Option<String>,
    /// Where it comes from.
    pub(crate) origin: Option<String>,
    /// Somebody comes back with the same id when the connection is lost: until then it counts as under way.
    pub(crate) is_repeated: bool,
    /// The row id it has already.
    pub(crate) row: Option<String>,
}

impl Name {
    /// The caller's id, or one derived from the event in a hook, or a new one.
    pub(crate) fn choose(options: &SendOptions, key: Option<&SendKey>) -> Result<Self, EngineError> {
        let cause = key.map(|key| format!("{}/{}/{}", key.event_id, key.plugin, key.n));
        let id = match (&options.message_id, &cause) {
            (Some(id), _) => {
                check_id(id, "messageId")?;
                id.clone()
            }
            (None, Some(cause)) => {
                let digest = Sha256::digest(cause.as_bytes());
                message_id(digest.get(..ID_BYTES).unwrap_or_default())
            }
            (None, None) => new_message_id(),
        };
        Ok(Self {
            id,
            is_repeated: cause.is_some() || matches!(options.if_offline, IfOffline::Wait(_)),
            cause,
            origin: options.origin.clone(),
            row: None,
        })
    }
}

/// An id that no other message has.
fn new_message_id() -> String {
    let mut bytes = [0; ID_BYTES];
    rand::rng().fill_bytes(&mut bytes);
    message_id(&bytes)
}

/// The shape of an id made by WhatsApp Web: 3EB0 and 18 hexadecimal digits.
fn message_id(bytes: &[u8]) -> String {
    format!("3EB0{}", hex::encode_upper(bytes))
}

/// The message that an earlier call has sent under this id: nothing has to be looked up or uploaded again.
pub(crate) async fn earlier(context: &SessionContext, id: &str) -> Result<Option<SentMessage>, EngineError> {
    match context.shared.storage.find_send(&context.id, id).await? {
        Some(send) => ended(context, send).await,
        None => Ok(None),
    }
}

/// Sends a draft. Answers once the server has accepted it.
pub(crate) async fn transmit(
    account: &Account,
    draft: Draft,
    name: Name,
) -> Result<SentMessage, EngineError> {
    let context = &account.context;
    let own = account.own()?;
    let turn = context.pace.turn(&context.pace_options()).await?;
    let mut row = normalise::outgoing(context, &own, draft.chat.clone(), name.id.clone(), &draft.message);
    if let Some(id) = &name.row {
        row.id.clone_from(id);
    }
    let waiting = context.acks.wait_for(&name.id);
    let mut ack = waiting.ok_or_else(|| EngineError::Unavailable {
        message: "a message with this id is being sent".to_owned(),
        retry_after_ms: Some(SAME_AGAIN_MS),
    })?;
    // Queued together: one commit for both.
    let (begun, kept) = tokio::join!(begin(account, &row, &draft, &name), keep_ratchets(account));
    if let Some(done) = begun? {
        return Ok(done);
    }
    let on_its_way = match kept {
        Ok(()) => put_on_the_wire(account, &draft, &name.id).await,
        Err(error) => Err(error),
    };
    if let Err(error) = on_its_way {
        if !(name.is_repeated && is_connection_lost(&error)) {
            let failed = Outcome::Ack {
                message_id: name.id,
                error: Some("not-sent".to_owned()),
            };
            outcome::record(context, failed).await;
        }
        return Err(refusal::send(error));
    }
    drop(turn);
    match tokio::time::timeout(ACK_PATIENCE, ack.word()).await {
        Ok(Some(Ok(server_time))) => {
            row.timestamp = server_time.unwrap_or(row.timestamp);
            row.status = MessageStatus::Sent;
            if draft.is_addition {
                account.note_addition(&draft.to, &row, &draft.message).await?;
            }
            if let Some(file) = &draft.file {
                keep_file(account, &row, file).await;
            }
            Ok(SentMessage::from(&row))
        }
        Ok(Some(Err(code))) => Err(EngineError::Rejected { code }),
        // The row stays `sending`: a retry with the same key repeats it under the same id.
        Ok(None) => Err(EngineError::Timeout(
            "the server's acknowledgement: the connection was lost",
        )),
        Err(_) => Err(EngineError::Timeout("the server's acknowledgement")),
    }
}

/// The file that was sent becomes the file of the message. If it does not, it is downloaded when somebody asks.
async fn keep_file(account: &Account, row: &MessageRow, file: &Path) {
    let shared = &account.context.shared;
    let kept = async {
        if let Some(media) = shared.storage.media_of_message(&row.id).await? {
            shared.media.adopt(&media, file).await?;
        }
        Ok::<_, EngineError>(())
    };
    if let Err(error) = kept.await {
        tracing::warn!(session.id = %account.context.id, %error, "a sent file was not kept");
    }
}

/// Writes down what decrypting has changed, before an answer to it leaves.
///
/// With a message of the other side comes our next ratchet key, and whoever gets an answer under it writes to it from
/// then on. The library writes such a key up to 25 ms later, and does not wait for it before it sends: a counter lease of
/// the chain before covers the new one (`CounterLease::rebase` in wacore-libsignal 0.7.0). A process that ends between
/// the two comes back without the key: it cannot read what was written since, asks for all of it again, and gets it
/// behind what came later. What is decrypted between this and the send is not covered.
async fn keep_ratchets(account: &Account) -> Result<(), SendError> {
    let client = Arc::clone(&account.client);
    // In a task of its own: while a backlog is drained it commits messages, which a sender's patience must not cut short.
    let kept = tokio::spawn(async move { client.flush_pending_signal_state().await }).await;
    let problem = match kept {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::warn!(session.id = %account.context.id, "the keys of the session cannot be written, nothing is sent: {problem}");
    // Nothing has left, and a client whose store refuses is about to be stopped: as good as no connection.
    Err(SendError::NotLoggedIn)
}

async fn put_on_the_wire(account: &Account, draft: &Draft, id: &str) -> Result<SendResult, SendError> {
    let message = draft.message.clone();
    if draft.audience.is_empty() {
        let options = LibraryOptions::default().with_message_id(id);
        let to = draft.to.clone();
        return account
            .client
            .send_message_with_options(to, message, options)
            .await;
    }
    let options = StatusSendOptions {
        message_id: Some(id.to_owned()),
        ..StatusSendOptions::default()
    };
    let status = account.client.status();
    status.send_raw(message, &draft.audience, options).await
}

/// Writes the send down before it leaves. `Some` when an earlier call under the same id has already succeeded.
async fn begin(
    account: &Account,
    row: &MessageRow,
    draft: &Draft,
    name: &Name,
) -> Result<Option<SentMessage>, EngineError> {
    let storage = &account.context.shared.storage;
    let send = SendRow {
        session_id: row.session_id.clone(),
        wa_id: row.wa_id.clone(),
        chat: row.chat.clone(),
        cause: name.cause.clone(),
        origin: name.origin.clone(),
        state: SendState::Sending,
        error: None,
        created_at: row.timestamp,
    };
    let earlier = if draft.is_addition {
        storage.begin_send(send).await?
    } else {
        let message = NewMessage {
            row: row.clone(),
            event: None,
            contact: ContactSighting::default(),
            media: media::media_of(&account.context, row, &draft.message),
        };
        // Queued together: one commit for both.
        let (earlier, stored) =
            tokio::join!(storage.begin_send(send), storage.commit_messages(vec![message]));
        stored?;
        earlier?
    };
    match earlier {
        Some(earlier) => ended(&account.context, earlier).await,
        None => Ok(None),
    }
}

/// How an earlier send under the same id ended: none when it did not, and has to be repeated.
async fn ended(context: &SessionContext, send: SendRow) -> Result<Option<SentMessage>, EngineError> {
    match send.state {
        SendState::Sending => Ok(None),
        SendState::Failed => Err(EngineError::Rejected {
            code: send.error.unwrap_or_default(),
        }),
        SendState::Accepted => {
            let storage = &context.shared.storage;
            let row = storage.message_by_wa_id(&send.session_id, &send.wa_id).await?;
            if let Some(row) = row.filter(|row| row.from_me) {
                return Ok(Some(SentMessage::from(&row)));
            }
            let session = storage.session(&send.session_id).await?;
            // A reaction, an edit: it has no row.
            Ok(Some(SentMessage {
                message_id: send.wa_id,
                chat: send.chat,
                sender: session.and_then(|session| session.pn).unwrap_or_default(),
                timestamp_ms: send.created_at,
                status: MessageStatus::Sent,
                json: "{}".to_owned(),
                waits_until_ms: None,
            }))
        }
    }
}

fn is_connection_lost(error: &SendError) -> bool {
    matches!(error, SendError::NotLoggedIn | SendError::Client(_))
}
