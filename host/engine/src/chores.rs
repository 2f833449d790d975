//! What a session does by itself because it is set to, or because it heard of something: mark as read, refuse calls, show as
//! available, read groups again. All of it sends, so none of it happens on the receive path.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use whatsapp_rust::sync_task::MajorSyncTask;
use whatsapp_rust::{Client, Jid};

use crate::account::Account;
use crate::context::SessionContext;
use crate::reading::{self, Reading};
use crate::send::{OutgoingText, SendKey};
use crate::{EngineError, groups, refusal};

/// Chores that may wait. Beyond that they are left undone, and logged.
const CHORES: usize = 1_024;
/// Chores under way at once.
const AT_ONCE: usize = 4;
/// How long one may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// An account that is always online says so again this often.
const PRESENCE_EVERY: Duration = Duration::from_mins(10);
/// All groups are read again after a reconnection, but not more often than this: what happened meanwhile is told anyway.
const GROUPS_EVERY: Duration = Duration::from_mins(10);
/// The library shows the account as available of its own accord after a change of name: corrected after this pause.
const SECOND_THOUGHT: Duration = Duration::from_secs(2);

/// One of them.
#[derive(Debug)]
pub(crate) enum Chore {
    /// Just connected, or the settings changed.
    ShowPresence,
    /// Something may have shown the account as available.
    CorrectPresence,
    /// Messages arrived in a session that marks them as read.
    Read(Reading),
    /// A call arrived in a session that takes none.
    RejectCall {
        call_id: String,
        peer: Jid,
        creator: Jid,
        /// Who is sent the text that was set for it.
        answer_to: Option<String>,
    },
    /// All groups.
    RefreshGroups,
    /// One group.
    RefreshGroup(Jid),
    /// A collection of app state has moved on further than was read. The library leaves the notification of a change out while
    /// it reads the one before (`SkipBehindSync` in whatsapp-rust 0.7.0), and would miss that change until the next.
    LookAgain(String),
}

impl Chore {
    /// For the log.
    fn name(&self) -> &'static str {
        match self {
            Self::ShowPresence | Self::CorrectPresence => "showing the account's presence",
            Self::Read(_) => "marking messages as read",
            Self::RejectCall { .. } => "refusing a call",
            Self::RefreshGroups | Self::RefreshGroup(_) => "reading groups",
            Self::LookAgain(_) => "reading the account's settings",
        }
    }
}

/// Where chores are asked for.
#[derive(Debug, Clone)]
pub(crate) struct Chores(mpsc::Sender<Chore>);

impl Chores {
    pub(crate) fn channel() -> (Self, mpsc::Receiver<Chore>) {
        let (sender, receiver) = mpsc::channel(CHORES);
        (Self(sender), receiver)
    }

    /// Never waits.
    pub(crate) fn ask(&self, chore: Chore) {
        if let Err(TrySendError::Full(chore)) = self.0.try_send(chore) {
            tracing::warn!(?chore, "left undone: the session has too much to do");
        }
    }
}

/// Does them until told to stop; what is under way is then cut short.
pub(crate) async fn run(
    context: Arc<SessionContext>,
    client: Weak<Client>,
    mut asked: mpsc::Receiver<Chore>,
    no_more: CancellationToken,
) {
    let mut under_way = JoinSet::new();
    let mut presence = tokio::time::interval(PRESENCE_EVERY);
    presence.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    presence.reset();
    let mut waiting = Vec::with_capacity(CHORES);
    let mut groups_read: Option<Instant> = None;
    loop {
        tokio::select! {
            () = no_more.cancelled() => return,
            taken = asked.recv_many(&mut waiting, CHORES) => {
                if taken == 0 {
                    return;
                }
            }
            _ = presence.tick() => {
                if context.config().shows_online() {
                    waiting.push(Chore::ShowPresence);
                }
            }
        }
        for chore in together(waiting.drain(..)) {
            if matches!(chore, Chore::RefreshGroups) {
                if groups_read.is_some_and(|at| at.elapsed() < GROUPS_EVERY) {
                    continue;
                }
                groups_read = Some(Instant::now());
            }
            while under_way.len() >= AT_ONCE {
                under_way.join_next().await;
            }
            let Some(client) = client.upgrade() else { return };
            let context = Arc::clone(&context);
            let what = chore.name();
            under_way.spawn(async move {
                let outcome = tokio::time::timeout(PATIENCE, one(&context, &client, chore)).await;
                match outcome {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => {
                        tracing::warn!(session.id = %context.id, error = %error, "{what} was left undone");
                    }
                    Err(_) => {
                        tracing::warn!(session.id = %context.id, "{what} took too long and was left undone");
                    }
                }
            });
        }
    }
}

/// Messages of one sender in one chat are marked together, and no collection is read twice.
fn together(chores: impl Iterator<Item = Chore>) -> Vec<Chore> {
    let mut others = Vec::new();
    let mut readings: HashMap<(String, Option<Jid>), Reading> = HashMap::new();
    let mut collections = HashSet::new();
    for chore in chores {
        match chore {
            Chore::Read(reading) => {
                readings
                    .entry((reading.name.clone(), reading.sender.clone()))
                    .and_modify(|sum| sum.ids.extend_from_slice(&reading.ids))
                    .or_insert(reading);
            }
            Chore::LookAgain(collection) => {
                collections.insert(collection);
            }
            other => others.push(other),
        }
    }
    others.extend(collections.into_iter().map(Chore::LookAgain));
    others.extend(readings.into_values().map(Chore::Read));
    others
}

async fn one(context: &Arc<SessionContext>, client: &Arc<Client>, chore: Chore) -> Result<(), EngineError> {
    match chore {
        Chore::ShowPresence => show_presence(context, client).await,
        Chore::CorrectPresence => {
            tokio::time::sleep(SECOND_THOUGHT).await;
            show_presence(context, client).await
        }
        Chore::Read(reading) => reading::mark(context, client, &reading).await,
        Chore::RejectCall {
            call_id,
            peer,
            creator,
            answer_to,
        } => {
            client
                .voip()
                .reject_call(&call_id, &peer, &creator)
                .await
                .map_err(|error| refusal::request(&error, "the call to be refused"))?;
            answer_call(context, client, call_id, answer_to).await
        }
        Chore::RefreshGroups => {
            let count = groups::refresh_all(context, client).await?;
            tracing::debug!(session.id = %context.id, count, "groups were read");
            Ok(())
        }
        Chore::RefreshGroup(jid) => groups::refresh(context, client, &jid).await.map(drop),
        Chore::LookAgain(collection) => {
            // In a task of its own: it waits for whoever reads the collection now, and it must not be cut short between the
            // version and what belongs to it. What fails the library tries again by itself.
            tokio::spawn(look_again(Arc::clone(client), collection));
            Ok(())
        }
    }
}

async fn look_again(client: Arc<Client>, collection: String) {
    if let Ok(name) = collection.parse() {
        let look = MajorSyncTask::AppStateSync {
            name,
            full_sync: false,
        };
        client.process_sync_task(look).await;
    }
}

/// Available only when the session is set to; WhatsApp would show it as available otherwise.
async fn show_presence(context: &SessionContext, client: &Client) -> Result<(), EngineError> {
    use whatsapp_rust::features::PresenceError;
    let presence = client.presence();
    let shown = if context.config().shows_online() {
        presence.set_available().await
    } else {
        presence.set_unavailable().await
    };
    match shown {
        // Without a name nothing was shown so far either.
        Ok(()) | Err(PresenceError::PushNameEmpty) => Ok(()),
        Err(error) => Err(refusal::presence(&error, "the presence")),
    }
}

async fn answer_call(
    context: &Arc<SessionContext>,
    client: &Arc<Client>,
    call_id: String,
    answer_to: Option<String>,
) -> Result<(), EngineError> {
    let (Some(to), Some(text)) = (answer_to, context.config().reject_call_text.clone()) else {
        return Ok(());
    };
    let message = OutgoingText {
        to,
        text,
        mentions: Vec::new(),
        // A call that is told twice is answered once.
        key: Some(SendKey {
            event_id: call_id,
            plugin: "wagate".to_owned(),
            n: 0,
        }),
    };
    let account = Account {
        context: Arc::clone(context),
        client: Arc::clone(client),
    };
    account.send(message.into()).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::{Chore, together};
    use crate::reading::Reading;

    #[test]
    fn messages_of_one_sender_are_marked_together() {
        let read = |chat: &str, id: &str| {
            Chore::Read(Reading {
                chat: chat.parse().expect("a JID"),
                sender: None,
                name: chat.to_owned(),
                ids: vec![id.to_owned()],
            })
        };
        let chores = vec![
            read("12025550101@s.whatsapp.net", "A"),
            Chore::RefreshGroups,
            read("12025550102@s.whatsapp.net", "B"),
            read("12025550101@s.whatsapp.net", "C"),
        ];
        let mut ids: Vec<Vec<String>> = together(chores.into_iter())
            .into_iter()
            .filter_map(|chore| match chore {
                Chore::Read(reading) => Some(reading.ids),
                _ => None,
            })
            .collect();
        ids.sort();
        assert_eq!(ids, [vec!["A".to_owned(), "C".to_owned()], vec!["B".to_owned()]]);
    }
}
