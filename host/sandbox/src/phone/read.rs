//! A phone reads: read receipts for what it received.

use std::collections::BTreeMap;

use wacore_binary::Jid;
use wacore_binary::builder::NodeBuilder;

use crate::accounts::{AccountId, DeviceAddress};
use crate::receipts;
use crate::stanza::receipt::{ClientReceipt, ReceiptKind};
use crate::state::State;

/// A chat, the way a person means it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Chat {
    Person(AccountId),
    /// A group or the status broadcast.
    Room(Jid),
}

/// Which messages to mark as read; empty fields do not narrow.
#[derive(Default)]
pub(crate) struct Selection {
    pub(crate) chat: Option<Chat>,
    pub(crate) ids: Option<Vec<String>>,
}

/// Sends read receipts for received messages that have none yet; gives back how many messages that were.
pub(crate) fn mark(state: &mut State, account: AccountId, selection: &Selection) -> usize {
    let Some(entry) = state.accounts.get_mut(account) else {
        return 0;
    };
    let hidden = entry.profile.privacy.get("readreceipts") == Some("none");
    // One receipt for each chat in each form it was addressed by, the other ids in its list.
    let mut receipts: BTreeMap<String, ClientReceipt> = BTreeMap::new();
    let mut marked = 0;
    for message in entry.phone.inbox.iter_mut() {
        let wanted = !message.from_me
            && !message.read
            && match &selection.chat {
                None => true,
                Some(Chat::Person(account)) => {
                    message.room.is_none() && message.chat_account == Some(*account)
                }
                Some(Chat::Room(room)) => message.room.as_ref() == Some(room),
            }
            && selection.ids.as_ref().is_none_or(|ids| ids.contains(&message.id));
        if !wanted {
            continue;
        }
        message.read = true;
        marked += 1;
        let author = message.from_jid.to_non_ad();
        let (to, participant) = match &message.room {
            None => (author, None),
            Some(room) => (room.clone(), Some(author)),
        };
        // Who tells nobody that they read tells their own devices; in groups everybody is told.
        let kind = if hidden && participant.is_none() {
            ReceiptKind::ReadSelf
        } else {
            ReceiptKind::Read
        };
        receipts
            .entry(format!("{to} {participant:?}"))
            .or_insert_with(|| ClientReceipt {
                to,
                participant,
                recipient: None,
                ids: Vec::new(),
                kind,
                children: Vec::new(),
            })
            .ids
            .push(message.id.clone());
    }
    for (_, mut receipt) in receipts {
        let more: Vec<_> = receipt
            .ids
            .iter()
            .skip(1)
            .map(|id| NodeBuilder::new("item").attr("id", id.as_str()).build())
            .collect();
        if !more.is_empty() {
            receipt
                .children
                .push(NodeBuilder::new("list").children(more).build());
        }
        receipts::relay(state, DeviceAddress { account, device: 0 }, &receipt);
    }
    marked
}
