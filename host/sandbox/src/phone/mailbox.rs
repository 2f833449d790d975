//! What a phone got and what it sent.

use std::collections::HashMap;

use serde::Serialize;
use wacore_binary::Jid;
use waproto::whatsapp::Message;

use super::content::Content;
use super::marks::Marks;
use crate::accounts::{AccountId, DeviceAddress};

/// Identifies a message the way WhatsApp does: an id alone is not enough.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct MessageKey {
    chat: String,
    sender: String,
    id: String,
}

/// A decrypted message.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Received {
    /// Position in the inbox, strictly growing from 1.
    pub(crate) seq: u64,
    pub(crate) id: String,
    /// The other side, as it was addressed.
    pub(crate) chat: String,
    /// The sender's account, as it addressed itself.
    pub(crate) from: String,
    pub(crate) from_device: u16,
    pub(crate) from_me: bool,
    /// The push name that came with it.
    pub(crate) push_name: String,
    /// What it is and what it says.
    #[serde(flatten)]
    pub(crate) content: Content,
    /// What happened to it since.
    #[serde(flatten)]
    pub(crate) marks: Marks,
    /// Unix seconds.
    pub(crate) timestamp: u64,
    /// How often it arrived.
    pub(crate) copies: u32,
    /// Whether a read receipt was sent for it.
    pub(crate) read: bool,
    /// Shown as `proto` and `raw`.
    #[serde(skip)]
    pub(crate) message: Message,
    #[serde(skip)]
    pub(crate) chat_account: Option<AccountId>,
    /// The group or the status broadcast it came in.
    #[serde(skip)]
    pub(crate) room: Option<Jid>,
    #[serde(skip)]
    pub(crate) from_jid: Jid,
    #[serde(skip)]
    pub(crate) sender: DeviceAddress,
}

/// What a phone got.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    messages: Vec<Received>,
    positions: HashMap<MessageKey, usize>,
}

impl Inbox {
    /// Takes a message; a copy of one that is there is only counted. `seq` is filled in here.
    pub(crate) fn take(&mut self, mut message: Received, chat: &str, sender: &str) -> bool {
        let key = MessageKey {
            chat: chat.to_owned(),
            sender: sender.to_owned(),
            id: message.id.clone(),
        };
        if let Some(known) = self
            .positions
            .get(&key)
            .and_then(|position| self.messages.get_mut(*position))
        {
            known.copies += 1;
            return false;
        }
        self.positions.insert(key, self.messages.len());
        message.seq = self.next_seq();
        self.messages.push(message);
        true
    }

    /// Messages after `seq`, in order.
    pub(crate) fn after(&self, seq: u64) -> &[Received] {
        let start = usize::try_from(seq)
            .unwrap_or(usize::MAX)
            .min(self.messages.len());
        self.messages.get(start..).unwrap_or_default()
    }

    /// Position of the newest message.
    pub(crate) fn last(&self) -> u64 {
        self.next_seq() - 1
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Received> {
        self.messages.iter_mut()
    }

    /// The newest message with that id.
    pub(crate) fn find(&self, id: &str) -> Option<&Received> {
        self.messages.iter().rev().find(|message| message.id == id)
    }

    pub(crate) fn find_mut(&mut self, id: &str) -> Option<&mut Received> {
        self.messages.iter_mut().rev().find(|message| message.id == id)
    }

    fn next_seq(&self) -> u64 {
        self.messages.len() as u64 + 1
    }
}

/// A receipt a phone got for a message of its own.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GotReceipt {
    /// The device that says it, as it addressed itself.
    pub(crate) from: String,
    /// The number of the account that device belongs to.
    pub(crate) number: String,
    /// `delivered`, `inactive`, `read`, `played` ...
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Unix seconds.
    pub(crate) timestamp: u64,
}

/// A message a phone sent.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sent {
    /// Position in the outbox, strictly growing from 1.
    pub(crate) seq: u64,
    pub(crate) id: String,
    pub(crate) to: String,
    /// What it is and what it says.
    #[serde(flatten)]
    pub(crate) content: Content,
    /// What happened to it since.
    #[serde(flatten)]
    pub(crate) marks: Marks,
    /// Unix seconds.
    pub(crate) timestamp: u64,
    /// How many devices it was encrypted for.
    pub(crate) devices: usize,
    pub(crate) receipts: Vec<GotReceipt>,
    #[serde(skip)]
    pub(crate) chat: Jid,
    /// Kept to be encrypted again when a device asks.
    #[serde(skip)]
    pub(crate) message: Message,
}

/// What a phone sent.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    messages: Vec<Sent>,
}

impl Outbox {
    /// Keeps a message; `seq` is filled in here.
    pub(crate) fn keep(&mut self, mut message: Sent) {
        message.seq = self.messages.len() as u64 + 1;
        self.messages.push(message);
    }

    /// Messages after `seq`, in order.
    pub(crate) fn after(&self, seq: u64) -> &[Sent] {
        let start = usize::try_from(seq)
            .unwrap_or(usize::MAX)
            .min(self.messages.len());
        self.messages.get(start..).unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    /// The newest message with that id.
    pub(crate) fn find(&self, id: &str) -> Option<&Sent> {
        self.messages.iter().rev().find(|message| message.id == id)
    }

    pub(crate) fn find_mut(&mut self, id: &str) -> Option<&mut Sent> {
        self.messages.iter_mut().rev().find(|message| message.id == id)
    }
}
