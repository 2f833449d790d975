//! A phone's chats with everything in them: what its archive holds, then what came and went since.

use std::collections::BTreeMap;
use std::sync::Arc;

use buffa::MessageField;
use wacore_binary::Jid;
use waproto::whatsapp::web_message_info::Status;
use waproto::whatsapp::{self as wa, Conversation, MessageKey, WebMessageInfo};

use super::archive::{Archive, Author, Chat};
use crate::accounts::{Account, AccountId, Namespace};
use crate::app_state::view;
use crate::state::State;

/// A chat.
#[derive(Debug)]
pub(super) struct Thread {
    pub(super) jid: Jid,
    /// The other person's two addresses.
    pn: Option<String>,
    lid: Option<String>,
    name: Option<String>,
    unread: u32,
    shown: view::Chat,
    archive: Option<(Arc<Archive>, usize)>,
    /// Since the phone is on the network.
    live: Vec<WebMessageInfo>,
}

/// All chats of a phone.
#[derive(Debug)]
pub(super) struct Threads {
    pub(super) list: Vec<Thread>,
    /// Push names by jid.
    pub(super) names: Vec<(String, String)>,
}

/// What the phone has now.
pub(super) fn collect(state: &State, account: AccountId) -> Option<Threads> {
    let entry = state.accounts.get(account)?;
    let mut threads: BTreeMap<String, Thread> = BTreeMap::new();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let shown = view::of(&state.accounts, entry);
    let archive = Arc::clone(&entry.phone.archive);
    for (position, chat) in archive.chats.iter().enumerate() {
        let mut thread = thread(state, entry, &chat.with, &shown);
        thread.name = thread.name.or_else(|| chat.name.clone());
        thread.unread = chat.unread;
        thread.shown.archived |= chat.archived;
        thread.shown.pinned |= chat.pinned;
        thread.archive = Some((Arc::clone(&archive), position));
        if let Some(name) = &chat.name
            && !thread.is_group()
        {
            names.insert(thread.jid.to_string(), name.clone());
        }
        threads.insert(thread.jid.to_string(), thread);
    }
    let live = live(entry);
    for (chat, push_name, message) in live {
        let thread = thread(state, entry, &chat, &shown);
        let key = thread.jid.to_string();
        let from_them = message.key.from_me != Some(true);
        let thread = threads.entry(key.clone()).or_insert(thread);
        if from_them && !push_name.is_empty() && !thread.is_group() {
            names.insert(key, push_name);
        }
        thread.live.push(message);
    }
    for thread in threads.values_mut() {
        thread.live.sort_by_key(|message| message.message_timestamp);
    }
    Some(Threads {
        list: threads.into_values().collect(),
        names: names.into_iter().collect(),
    })
}

/// An empty thread with somebody, or with a group.
fn thread(state: &State, entry: &Account, with: &str, shown: &view::View) -> Thread {
    let typed = if with.contains('@') {
        with.parse().ok()
    } else {
        Some(Jid::pn(with))
    };
    let typed: Jid = typed.unwrap_or_else(|| Jid::pn(with));
    let found = state.accounts.find(&typed).and_then(|id| state.accounts.get(id));
    let number = found.map_or_else(|| typed.user_base().to_owned(), |found| found.number.clone());
    let jid = found.map_or(typed, |found| found.jid(entry.phone.addressing, 0));
    let addresses = found.map(|found| {
        (
            found.jid(Namespace::Pn, 0).to_string(),
            found.jid(Namespace::Lid, 0).to_string(),
        )
    });
    let (pn, lid) = addresses.unzip();
    let contact = shown
        .contacts
        .get(&number)
        .and_then(|contact| contact.name.clone());
    let on_screen = shown
        .chats
        .get(&number)
        .or_else(|| shown.chats.get(&jid.to_string()));
    Thread {
        jid,
        pn,
        lid,
        name: contact,
        unread: 0,
        shown: on_screen.map_or_else(view::Chat::default, view::Chat::clone),
        archive: None,
        live: Vec::new(),
    }
}

/// Messages since the phone is on the network, with chat and push name, in no particular order.
fn live(entry: &Account) -> Vec<(String, String, WebMessageInfo)> {
    let received = entry.phone.inbox.after(0).iter().map(|message| {
        let shared = message.chat.ends_with("@g.us");
        let info = WebMessageInfo {
            key: MessageField::some(MessageKey {
                remote_jid: Some(message.chat.clone()),
                from_me: Some(message.from_me),
                id: Some(message.id.clone()),
                participant: (shared && !message.from_me).then(|| message.from.clone()),
            }),
            message: MessageField::some(message.message.clone()),
            message_timestamp: Some(message.timestamp),
            participant: shared.then(|| message.from.clone()),
            push_name: Some(message.push_name.clone()),
            status: Some(if message.read {
                Status::READ
            } else {
                Status::DELIVERY_ACK
            }),
            ..Default::default()
        };
        (message.chat.clone(), message.push_name.clone(), info)
    });
    let sent = entry.phone.outbox.after(0).iter().map(|message| {
        let read = message.receipts.iter().any(|receipt| receipt.kind == "read");
        let info = WebMessageInfo {
            key: MessageField::some(MessageKey {
                remote_jid: Some(message.to.clone()),
                from_me: Some(true),
                id: Some(message.id.clone()),
                participant: None,
            }),
            message: MessageField::some(message.message.clone()),
            message_timestamp: Some(message.timestamp),
            status: Some(if read { Status::READ } else { Status::SERVER_ACK }),
            ..Default::default()
        };
        (message.to.clone(), String::new(), info)
    });
    received.chain(sent).collect()
}

impl Thread {
    fn is_group(&self) -> bool {
        self.pn.is_none() && Namespace::of(&self.jid).is_none()
    }

    fn archived(&self) -> Option<&Chat> {
        let (archive, position) = self.archive.as_ref()?;
        archive.chats.get(*position)
    }

    /// How many messages it has.
    pub(super) fn len(&self) -> u64 {
        self.archived().map_or(0, Chat::len) + self.live.len() as u64
    }

    /// The `index`th message, oldest first.
    pub(super) fn message(&self, index: u64) -> Option<WebMessageInfo> {
        let old = self.archived().map_or(0, Chat::len);
        if index >= old {
            return self.live.get(usize::try_from(index - old).ok()?).cloned();
        }
        let line = self.archived()?.line(index)?;
        let participant = match &line.author {
            Author::Member(digits) => Some(Jid::pn(digits.as_str()).to_string()),
            _ => None,
        };
        Some(WebMessageInfo {
            key: MessageField::some(MessageKey {
                remote_jid: Some(self.jid.to_string()),
                from_me: Some(line.author == Author::Me),
                id: Some(line.id),
                participant: participant.clone(),
            }),
            message: MessageField::some(wa::Message {
                conversation: Some(line.text),
                ..Default::default()
            }),
            message_timestamp: Some(line.at),
            participant,
            status: Some(Status::READ),
            ..Default::default()
        })
    }

    /// Where a message with this id is.
    pub(super) fn find(&self, id: &str) -> Option<u64> {
        let old = self.archived().map_or(0, Chat::len);
        if let Some(index) = self.archived().and_then(|chat| chat.find(id)) {
            return Some(index);
        }
        let position = self
            .live
            .iter()
            .position(|message| message.key.id.as_deref() == Some(id))?;
        Some(old + position as u64)
    }

    /// The first message that is not older than a time in Unix seconds.
    pub(super) fn since(&self, at: u64) -> u64 {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let older = self
                .message(middle)
                .is_some_and(|message| message.message_timestamp.unwrap_or(0) < at);
            if older {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The chat itself, without messages.
    pub(super) fn conversation(&self) -> Conversation {
        let newest = self
            .len()
            .checked_sub(1)
            .and_then(|last| self.message(last))
            .and_then(|message| message.message_timestamp);
        Conversation {
            id: self.jid.to_string(),
            pn_jid: self.pn.clone(),
            lid_jid: self.lid.clone(),
            name: self.name.clone(),
            display_name: self.name.clone(),
            unread_count: Some(self.unread),
            archived: Some(self.shown.archived),
            pinned: Some(u32::from(self.shown.pinned)),
            mute_end_time: self.shown.muted_until.and_then(|until| u64::try_from(until).ok()),
            last_msg_timestamp: newest,
            conversation_timestamp: newest,
            read_only: Some(false),
            not_spam: Some(true),
            ..Default::default()
        }
    }

    /// The two addresses of the other person.
    pub(super) fn addresses(&self) -> Option<(String, String)> {
        Some((self.pn.clone()?, self.lid.clone()?))
    }
}
