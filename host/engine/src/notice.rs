//! What the library tells besides messages: groups, people, chats, labels, calls, presence. Written down in order, beside
//! the receive path.
//!
//! The library has acknowledged these before we see them. They wait in a bounded queue, a crash within the milliseconds
//! until their commit loses them: at most once (`host/ARCHITECTURE.md`, known limits).

mod call;
mod chat;
mod contact;
mod group;
mod label;
mod presence;

pub(crate) use chat::forget;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Weak};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wacore::types::events::Event;
use wagate_storage::StorageError;
use wagate_storage::contacts::ContactPatch;
use whatsapp_rust::Client;

use crate::chores::Chores;
use crate::context::SessionContext;
use crate::normalise::{self, Own};

/// Notices that may wait for the writer: the first sync of a large account brings tens of thousands at once.
pub(crate) const NOTICES: usize = 65_536;
/// Notices taken from the queue at once.
const BATCH: usize = 256;

/// One of them.
#[derive(Debug, Clone)]
pub(crate) enum Notice {
    /// As the library tells it.
    Event(Arc<Event>),
    /// Phone JIDs and LIDs of the same people.
    Addresses(Vec<(String, String)>),
}

/// Writes notices down until it is told to stop and the queue is empty.
pub(crate) async fn write_down(
    context: Arc<SessionContext>,
    client: Weak<Client>,
    chores: Chores,
    mut notices: mpsc::Receiver<Notice>,
    no_more: CancellationToken,
) {
    let mut writer = Writer {
        presence: presence::Throttle::new(context.shared.presence_every),
        ringing: call::Ringing::default(),
        context,
        chores,
        people: Vec::new(),
    };
    let mut batch = Vec::with_capacity(BATCH);
    let mut tick = tokio::time::interval(presence::TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            taken = notices.recv_many(&mut batch, BATCH) => {
                if taken == 0 {
                    return;
                }
            }
            _ = tick.tick() => {
                writer.flush_presence().await;
                continue;
            }
            () = no_more.cancelled(), if !notices.is_closed() => {
                notices.close();
                continue;
            }
        }
        // Nothing of interest comes before the account is known.
        let own = client.upgrade().and_then(|client| Own::of(&client));
        for notice in batch.drain(..) {
            match (notice, &own) {
                (Notice::Event(event), Some(own)) => writer.record(own, &event).await,
                (Notice::Event(_), None) => {}
                (Notice::Addresses(pairs), _) => writer.people.extend(contact::same_people(pairs)),
            }
        }
        writer.flush_people().await;
    }
}

pub(super) struct Writer {
    context: Arc<SessionContext>,
    chores: Chores,
    presence: presence::Throttle,
    ringing: call::Ringing,
    /// Learned, not yet written: a first sync brings thousands of people one by one.
    people: Vec<ContactPatch>,
}

impl Writer {
    async fn record(&mut self, own: &Own, event: &Event) {
        if !contact::is_about_people(event) {
            // In order: what follows may need to know who somebody is.
            self.flush_people().await;
        }
        let outcome = match event {
            Event::GroupUpdate(update) => group::record(self, own, update).await,
            Event::ContactUpdate(_)
            | Event::PictureUpdate(_)
            | Event::UserAboutUpdate(_)
            | Event::ContactNumberChanged(_)
            | Event::BusinessStatusUpdate(_) => contact::record(self, event).await,
            Event::ArchiveUpdate(_)
            | Event::PinUpdate(_)
            | Event::MuteUpdate(_)
            | Event::MarkChatAsReadUpdate(_)
            | Event::DeleteChatUpdate(_)
            | Event::ClearChatUpdate(_)
            | Event::StarUpdate(_)
            | Event::DeleteMessageForMeUpdate(_)
            | Event::Receipt(_) => chat::record(self, event).await,
            Event::LabelEditUpdate(update) => label::edited(self, update).await,
            Event::LabelAssociationUpdate(update) => label::associated(self, update).await,
            Event::IncomingCall(call) => call::incoming(self, call).await,
            Event::MissedCall(call) => call::missed_offline(self, call).await,
            Event::Presence(_) | Event::ChatPresence(_) => presence::record(self, event).await,
            Event::UndecryptableMessage(lost) => self.undecryptable(own, lost).await,
            _ => Ok(()),
        };
        if let Err(error) = outcome {
            tracing::error!(session.id = %self.context.id, error = %error, event = ?event, "a notice was not written down");
        }
    }

    async fn undecryptable(
        &self,
        own: &Own,
        lost: &wacore::types::events::UndecryptableMessage,
    ) -> Result<(), StorageError> {
        let reason = if lost.is_unavailable {
            lost.unavailable_type.as_str()
        } else {
            "decryption-failed"
        };
        let event = normalise::undecryptable(&self.context, own, &lost.info, reason).await;
        self.context.shared.storage.append_events(vec![event]).await?;
        self.context.shared.announce();
        Ok(())
    }

    async fn flush_people(&mut self) {
        if self.people.is_empty() {
            return;
        }
        let people = std::mem::take(&mut self.people);
        let shared = &self.context.shared;
        let learned = shared
            .storage
            .learn_contacts(
                &self.context.id,
                people,
                shared.clock.now_ms(),
                normalise::tell_contacts(&self.context),
            )
            .await;
        match learned {
            Ok(0) => {}
            Ok(_) => shared.announce(),
            Err(error) => {
                tracing::error!(session.id = %self.context.id, error = %error, "people were not written down");
            }
        }
    }
}
