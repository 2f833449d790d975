//! Messages that wait for the connection: written down when there is none, sent in their order when it is back, given up
//! when their time is over.

use std::sync::{Arc, Weak};
use std::time::Duration;

use buffa::Message as _;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use wagate_storage::journal::{SendRow, SendState};
use wagate_storage::messages::{ContactSighting, MessageStatus, NewMessage};
use wagate_storage::send_queue::QueuedSend;
use waproto::whatsapp as wa;
use whatsapp_rust::{Client, Jid};

use super::{Draft, Name, Outgoing, SendOptions, SentMessage, earlier, transmit};
use crate::account::Account;
use crate::context::SessionContext;
use crate::outcome::{self, Outcome};
use crate::{EngineError, address, compose, normalise};

/// How long a message waits where nobody says otherwise.
pub const DEFAULT_WAIT: Duration = Duration::from_hours(24);
/// The longest a message may wait.
pub const MAX_WAIT: Duration = Duration::from_hours(7 * 24);
/// Messages of one session that may wait.
const MAX_QUEUED: i64 = 10_000;
/// When a caller who finds no place may come back.
const NO_PLACE_RETRY_MS: u64 = 60_000;
/// The pause after a try that failed for a reason that may pass.
const PAUSE: Duration = Duration::from_secs(5);
/// The longest pause, whatever a refusal asks for: the connection may be another one by then.
const MAX_PAUSE: Duration = Duration::from_mins(5);
/// Tries of one message, besides those that found no connection.
const MAX_TRIES: u32 = 8;
/// Messages whose time is over that are given up at a time.
const EXPIRED_BATCH: i64 = 100;

/// What is kept of how a message leaves.
#[derive(Serialize, Deserialize)]
struct Kept {
    cause: Option<String>,
    #[serde(flatten)]
    options: SendOptions,
}

/// Writes a message down that waits for the connection. One that waits already under its id, or has left, is left alone.
pub(crate) async fn put(
    context: &SessionContext,
    own: &Jid,
    message: Outgoing,
    name: Name,
    wait: Duration,
) -> Result<SentMessage, EngineError> {
    message.options.check()?;
    let to = address::parse(&message.to, "jid")?;
    let Some(composed) = compose::alone(&message.content) else {
        return Err(EngineError::Unavailable {
            message: "the session is not connected, and a message of this kind cannot wait for it".to_owned(),
            retry_after_ms: None,
        });
    };
    let composed = composed?;
    if let Some(done) = earlier(context, &name.id).await? {
        return Ok(done);
    }
    let storage = &context.shared.storage;
    let chat = to.to_non_ad_string();
    let chat = storage.canonical_jid(&context.id, &chat).await?.unwrap_or(chat);
    let row = normalise::outgoing(context, own, chat, name.id, &composed);
    let now = context.shared.clock.now_ms();
    let expires_at = now.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
    let kept = Kept {
        cause: name.cause,
        options: message.options,
    };
    let queued = QueuedSend {
        session_id: context.id.to_string(),
        wa_id: row.wa_id.clone(),
        recipient: to.to_string(),
        wire: composed.encode_to_vec(),
        options: serde_json::to_string(&kept).map_err(|error| EngineError::Internal(error.to_string()))?,
        created_at: now,
        expires_at,
    };
    if !storage.queue_send(queued, MAX_QUEUED).await? {
        return Err(EngineError::RateLimited {
            retry_after_ms: NO_PLACE_RETRY_MS,
        });
    }
    // Shown in its chat meanwhile; written again when it leaves.
    storage
        .commit_messages(vec![NewMessage {
            row: row.clone(),
            event: None,
            contact: ContactSighting::default(),
            media: None,
        }])
        .await?;
    context.queue.notify_one();
    Ok(SentMessage {
        waits_until_ms: Some(expires_at),
        ..SentMessage::from(&row)
    })
}

/// Sends what waits, in order, whenever there is a connection. Ends when told to.
pub(crate) async fn drain(context: Arc<SessionContext>, client: Weak<Client>, stop: CancellationToken) {
    let mut tries = Tries::default();
    loop {
        tokio::select! {
            () = context.queue.notified() => {}
            () = stop.cancelled() => return,
        }
        while let Some(client) = client.upgrade().filter(|client| client.is_logged_in()) {
            let account = Account {
                context: Arc::clone(&context),
                client,
            };
            let pause = match next(&account, &mut tries).await {
                Next::Go => continue,
                Next::Stop => break,
                Next::Pause(pause) => pause,
            };
            drop(account);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => return,
            }
        }
        if stop.is_cancelled() {
            return;
        }
    }
}

/// Tries of the message that is the first one.
#[derive(Default)]
struct Tries {
    id: String,
    count: u32,
}

impl Tries {
    fn of(&mut self, id: &str) -> u32 {
        if self.id != id {
            id.clone_into(&mut self.id);
            self.count = 0;
        }
        self.count += 1;
        self.count
    }
}

/// What to do after one message.
enum Next {
    /// The next one.
    Go,
    /// Nothing waits: until the bell rings.
    Stop,
    /// The same one, a little later.
    Pause(Duration),
}

async fn next(account: &Account, tries: &mut Tries) -> Next {
    let context = &account.context;
    let first = match context.shared.storage.queued_sends(&context.id, 1).await {
        Ok(mut found) => found.pop(),
        Err(error) => {
            tracing::error!(session.id = %context.id, %error, "messages that wait could not be read");
            return Next::Pause(PAUSE);
        }
    };
    let Some(first) = first else { return Next::Stop };
    if first.expires_at <= context.shared.clock.now_ms() {
        give_up(context, &first, "expired").await;
        return Next::Go;
    }
    let (id, tried) = (first.wa_id.clone(), tries.of(&first.wa_id));
    let failure = match leave(account, &first).await {
        Ok(()) => {
            unqueue(context, &id).await;
            return Next::Go;
        }
        Err(failure) => failure,
    };
    let asked = match failure {
        // The client says so or is back already: looked at again.
        EngineError::NotConnected { .. } => return Next::Pause(PAUSE),
        EngineError::RateLimited { retry_after_ms } => Some(retry_after_ms),
        EngineError::Unavailable { retry_after_ms, .. } => retry_after_ms,
        EngineError::Timeout(_) | EngineError::Storage(_) => None,
        EngineError::Rejected { code } => {
            give_up(context, &first, &code).await;
            return Next::Go;
        }
        refused => {
            give_up(context, &first, &refused.to_string()).await;
            return Next::Go;
        }
    };
    tracing::info!(session.id = %context.id, wa_id = id, tried, "a message that waits did not leave yet");
    if tried >= MAX_TRIES && asked.is_none() {
        give_up(context, &first, "no-answer").await;
        return Next::Go;
    }
    Next::Pause(asked.map_or(PAUSE, |ms| Duration::from_millis(ms).clamp(PAUSE, MAX_PAUSE)))
}

/// Sends one in a task of its own: the end of the client must not cut it in half.
async fn leave(account: &Account, queued: &QueuedSend) -> Result<(), EngineError> {
    let queued = queued.clone();
    account
        .run(
            "a message that waited to leave",
            super::PATIENCE,
            |account| async move {
                let context = &account.context;
                if earlier(context, &queued.wa_id).await?.is_some() {
                    return Ok(());
                }
                let unreadable =
                    |error: String| EngineError::Internal(format!("a queued message is unreadable: {error}"));
                let kept: Kept =
                    serde_json::from_str(&queued.options).map_err(|error| unreadable(error.to_string()))?;
                let message = wa::Message::decode_from_slice(&queued.wire)
                    .map_err(|error| unreadable(error.to_string()))?;
                let to = address::parse(&queued.recipient, "jid")?;
                let draft = Draft::of(&account, to, message, &kept.options).await?;
                let storage = &context.shared.storage;
                let shown = storage.message_by_wa_id(&context.id, &queued.wa_id).await?;
                let shown = shown.filter(|row| row.from_me && row.status == MessageStatus::Pending);
                if let Some(row) = &shown {
                    // Written again as it leaves: at its time, with what belongs around it.
                    storage.forget_message(&context.id, &row.chat, &row.wa_id).await?;
                }
                let name = Name {
                    id: queued.wa_id,
                    cause: kept.cause,
                    origin: kept.options.origin,
                    is_repeated: true,
                    row: shown.map(|row| row.id),
                };
                transmit(&account, draft, name).await.map(drop)
            },
        )
        .await
}

/// It will not leave any more. Told by a change of its status, with the reason.
async fn give_up(context: &Arc<SessionContext>, queued: &QueuedSend, reason: &str) {
    let send = SendRow {
        session_id: queued.session_id.clone(),
        wa_id: queued.wa_id.clone(),
        chat: queued.recipient.clone(),
        cause: None,
        // Told of what leaves alone.
        origin: None,
        state: SendState::Failed,
        error: Some(reason.to_owned()),
        created_at: queued.created_at,
    };
    if let Err(error) = context.shared.storage.begin_send(send).await {
        tracing::error!(session.id = %context.id, %error, "the end of a message that waited was not written down");
        return;
    }
    let failed = Outcome::Ack {
        message_id: queued.wa_id.clone(),
        error: Some(reason.to_owned()),
    };
    outcome::record(context, failed).await;
    tracing::info!(session.id = %context.id, wa_id = queued.wa_id, reason, "a message that waited was given up");
    unqueue(context, &queued.wa_id).await;
}

async fn unqueue(context: &SessionContext, wa_id: &str) {
    if let Err(error) = context.shared.storage.unqueue_send(&context.id, wa_id).await {
        // It is found again, and found to have left.
        tracing::error!(session.id = %context.id, %error, "a message that waited stays in the queue");
    }
}

/// Gives up messages of any session whose time is over. `find` knows the sessions.
pub(crate) async fn expire(
    storage: &wagate_storage::SharedStorage,
    now_ms: i64,
    find: impl Fn(&str) -> Option<Arc<SessionContext>>,
) -> Result<(), EngineError> {
    for queued in storage.expired_sends(now_ms, EXPIRED_BATCH).await? {
        // The session is being deleted, and its queue with it.
        let Some(context) = find(&queued.session_id) else {
            continue;
        };
        // It is on its way at this very moment.
        if !context.acks.is_waited_for(&queued.wa_id) {
            give_up(&context, &queued, "expired").await;
        }
    }
    Ok(())
}

/// Gives up all messages of a session whose account is no longer linked: they are not another account's to send.
pub(crate) async fn forsake(context: &Arc<SessionContext>) {
    loop {
        match context
            .shared
            .storage
            .queued_sends(&context.id, EXPIRED_BATCH)
            .await
        {
            Ok(found) if found.is_empty() => return,
            Ok(found) => {
                let before = found.len();
                for queued in &found {
                    give_up(context, queued, "logged-out").await;
                }
                tracing::info!(session.id = %context.id, count = before, "messages that waited were given up: logged out");
            }
            Err(error) => {
                tracing::error!(session.id = %context.id, %error, "messages that wait could not be read");
                return;
            }
        }
    }
}
