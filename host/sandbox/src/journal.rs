//! A bounded log of what happened, so that tests wait for facts instead of sleeping.

use std::collections::VecDeque;

use serde::Serialize;

/// How many events are kept; older ones are forgotten and `GET /events` starts at what is left.
const KEPT: usize = 10_000;

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Happening {
    #[serde(rename = "phone.created")]
    PhoneCreated,
    #[serde(rename = "device.linked")]
    DeviceLinked,
    #[serde(rename = "device.removed")]
    DeviceRemoved,
    #[serde(rename = "device.connected")]
    DeviceConnected,
    #[serde(rename = "device.disconnected")]
    DeviceDisconnected,
    #[serde(rename = "message.sent")]
    MessageSent,
    #[serde(rename = "message.received")]
    MessageReceived,
    #[serde(rename = "message.undecryptable")]
    MessageUndecryptable,
    #[serde(rename = "receipt.received")]
    ReceiptReceived,
    #[serde(rename = "history.sent")]
    HistorySent,
}

/// One fact, seen from one phone's account.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    /// Position in the journal, strictly growing from 1.
    pub(crate) seq: u64,
    /// Unix milliseconds.
    pub(crate) at: u64,
    /// What happened.
    pub(crate) kind: Happening,
    /// Number of the account it happened to.
    pub(crate) phone: String,
    /// The device it concerns, when it concerns one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<u16>,
    /// The message it concerns, when it concerns one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
}

/// The log itself.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<Entry>,
    last: u64,
}

impl Journal {
    /// Writes one entry, dropping the oldest when full.
    pub(crate) fn write(
        &mut self,
        at: u64,
        kind: Happening,
        phone: &str,
        device: Option<u16>,
        id: Option<&str>,
    ) {
        self.last += 1;
        if self.entries.len() >= KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry {
            seq: self.last,
            at,
            kind,
            phone: phone.to_owned(),
            device,
            id: id.map(str::to_owned),
        });
    }

    /// Entries after `seq`, oldest first.
    pub(crate) fn after(&self, seq: u64) -> Vec<Entry> {
        self.entries
            .iter()
            .filter(|entry| entry.seq > seq)
            .cloned()
            .collect()
    }

    /// Position of the newest entry.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }
}
