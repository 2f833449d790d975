//! What a phone and the linked devices of its own account tell each other, apart from messages: keys, history, requests.

use std::collections::{HashMap, VecDeque};

use serde::Serialize;
use waproto::whatsapp::Message;
use waproto::whatsapp::message::HistorySyncNotification;

use super::{PhoneError, key_share, send};
use crate::accounts::{DeviceAddress, Namespace};
use crate::history::{self, Job};
use crate::stanza::message::ClientMessage;
use crate::state::State;
use crate::{random, relay};

/// Files of history a phone remembers having sent.
const FILES_KEPT: usize = 1_024;

/// What a device was sent of its phone's history.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct HistorySent {
    pub(crate) files: u64,
    pub(crate) messages: u64,
    /// Everything a newly linked device gets is on its way.
    pub(crate) done: bool,
}

/// Files of history by the id of the message that told of them.
#[derive(Debug, Default)]
pub(crate) struct HistoryFiles {
    files: HashMap<String, HistorySyncNotification>,
    order: VecDeque<String>,
}

impl HistoryFiles {
    pub(crate) fn keep(&mut self, id: String, notification: HistorySyncNotification) {
        if self.order.len() >= FILES_KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.files.remove(&oldest);
        }
        self.order.push_back(id.clone());
        self.files.insert(id, notification);
    }

    pub(crate) fn find(&self, id: &str) -> Option<&HistorySyncNotification> {
        self.files.get(id)
    }

    /// All of them, in the order they were sent.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &HistorySyncNotification)> {
        self.order.iter().filter_map(|id| self.files.get_key_value(id))
    }
}

/// Tells a device of the account something; gives back the message's id.
pub(crate) fn tell(state: &mut State, to: DeviceAddress, message: &Message) -> Result<String, PhoneError> {
    let part = send::seal_for(state, to.account, to, Namespace::Pn, message)?;
    let id = random::message_id();
    let envelope = ClientMessage {
        id: id.clone(),
        to: part.to.clone(),
        kind: "protocol".to_owned(),
        category: Some("peer".to_owned()),
        parts: vec![part],
        ..ClientMessage::default()
    };
    let phone = DeviceAddress {
        account: to.account,
        device: 0,
    };
    relay::message(state, phone, envelope);
    Ok(id)
}

/// Hears what a device of the account tells its phone.
pub(super) fn hear(state: &mut State, by: DeviceAddress, id: &str, message: Message) {
    let Some(protocol) = message.protocol_message.into_option() else {
        return;
    };
    if protocol.app_state_sync_key_request.is_set()
        && let Err(error) = key_share::again(state, by)
    {
        tracing::warn!(error = ?error, "a phone could not share its app-state key again");
    }
    if let Some(request) = protocol.peer_data_operation_request_message.into_option() {
        let job = Job::Asked {
            by,
            id: id.to_owned(),
            request: Box::new(request),
        };
        history::enqueue(state, job);
    }
}
