//! Who is online, who wants to know it, and who is typing. Nothing of it is queued: what a device is not there for, it
//! misses.

use std::collections::{HashMap, HashSet};

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use crate::accounts::{AccountId, DeviceAddress, Namespace};
use crate::devices;
use crate::groups::GroupId;
use crate::phone::signals::{self, Signal};
use crate::profile::{self, Aspect};
use crate::stanza::{attr, jid};
use crate::state::State;

/// Who is online and who watches.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    online: HashSet<DeviceAddress>,
    /// Unix seconds.
    last_seen: HashMap<AccountId, u64>,
    /// What each device called its account last.
    names: HashMap<DeviceAddress, String>,
    /// Devices that want to know about an account, and the namespace they know it in.
    watchers: HashMap<AccountId, HashMap<DeviceAddress, Namespace>>,
}

impl Presence {
    pub(crate) fn is_online(&self, account: AccountId) -> bool {
        self.online.iter().any(|device| device.account == account)
    }

    pub(crate) fn last_seen(&self, account: AccountId) -> Option<u64> {
        self.last_seen.get(&account).copied()
    }
}

/// A linked device says `<presence>`.
pub(crate) fn from_device(state: &mut State, by: DeviceAddress, node: &Node) {
    if let Some(name) = attr(node, "name") {
        let before = state.presence.names.insert(by, name.clone());
        // A device that says what it always said may not have heard of a new name yet.
        if before.is_some_and(|before| before != name)
            && let Some(account) = state.accounts.get_mut(by.account)
        {
            profile::rename(account, &name);
        }
    }
    match attr(node, "type").as_deref() {
        Some("available") => set(state, by, true),
        Some("unavailable") => set(state, by, false),
        Some("subscribe") => {
            if let Some(to) = jid(node, "to") {
                watch(state, by, &to);
            }
        }
        Some("unsubscribe") => {
            let account = jid(node, "to").and_then(|to| state.accounts.find(&to));
            if let Some(watchers) = account.and_then(|account| state.presence.watchers.get_mut(&account)) {
                watchers.remove(&by);
            }
        }
        // Without a type it is about the name alone.
        _ => {}
    }
}

/// A device, or a phone, comes or goes. Others hear of it when the account does.
pub(crate) fn set(state: &mut State, by: DeviceAddress, available: bool) {
    let before = state.presence.is_online(by.account);
    if available {
        state.presence.online.insert(by);
    } else {
        state.presence.online.remove(&by);
    }
    let after = state.presence.is_online(by.account);
    if before == after {
        return;
    }
    if !after {
        let now = state.clock.now_secs();
        state.presence.last_seen.insert(by.account, now);
    }
    announce(state, by.account);
}

/// A device's connection has ended.
pub(crate) fn gone(state: &mut State, by: DeviceAddress) {
    set(state, by, false);
    for watchers in state.presence.watchers.values_mut() {
        watchers.remove(&by);
    }
}

fn watch(state: &mut State, by: DeviceAddress, to: &Jid) {
    let (Some(account), Some(namespace)) = (state.accounts.find(to), Namespace::of(to)) else {
        return;
    };
    let watchers = state.presence.watchers.entry(account).or_default();
    watchers.insert(by, namespace);
    say(state, account, by, namespace);
}

fn announce(state: &mut State, account: AccountId) {
    let watchers = state.presence.watchers.get(&account).cloned().unwrap_or_default();
    for (watcher, namespace) in watchers {
        say(state, account, watcher, namespace);
    }
    let what = if state.presence.is_online(account) {
        "available"
    } else {
        "unavailable"
    };
    for other in profile::acquaintances(state, account) {
        if other != account && profile::allows(state, account, other, Aspect::Online) {
            signals::hear(state, other, Signal::new("presence").by(account).what(what));
        }
    }
}

fn say(state: &mut State, account: AccountId, to: DeviceAddress, namespace: Namespace) {
    if !profile::allows(state, account, to.account, Aspect::Online) {
        return;
    }
    let Some(connection) = devices::live(state, to) else {
        return;
    };
    let Some(from) = state.accounts.get(account).map(|entry| entry.jid(namespace, 0)) else {
        return;
    };
    let mut node = NodeBuilder::new("presence").attr("from", from);
    if !state.presence.is_online(account) {
        node = node.attr("type", "unavailable");
        if !profile::allows(state, account, to.account, Aspect::LastSeen) {
            node = node.attr("last", "deny");
        } else if let Some(at) = state.presence.last_seen(account) {
            node = node.attr("last", at);
        }
    }
    state.send(connection, node.build());
}

/// What somebody is doing in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typing {
    Composing,
    Recording,
    Paused,
}

impl Typing {
    /// The name used by the control API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Composing => "composing",
            Self::Recording => "recording",
            Self::Paused => "paused",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Composing, Self::Recording, Self::Paused]
            .into_iter()
            .find(|typing| typing.name() == name)
    }

    fn of(node: &Node) -> Option<Self> {
        let child = node.children()?.first()?;
        match (child.tag.as_ref(), attr(child, "media").as_deref()) {
            ("composing", Some("audio")) => Some(Self::Recording),
            ("composing", _) => Some(Self::Composing),
            ("paused", _) => Some(Self::Paused),
            _ => None,
        }
    }

    fn node(self) -> Node {
        match self {
            Self::Composing => NodeBuilder::new("composing"),
            Self::Recording => NodeBuilder::new("composing").attr("media", "audio"),
            Self::Paused => NodeBuilder::new("paused"),
        }
        .build()
    }
}

/// A linked device says `<chatstate>`.
pub(crate) fn chatstate_from_device(state: &mut State, by: DeviceAddress, node: &Node) {
    if let (Some(to), Some(typing)) = (jid(node, "to"), Typing::of(node)) {
        chatstate(state, by, &to, typing);
    }
}

/// Somebody types, to a person or in a group.
pub(crate) fn chatstate(state: &mut State, by: DeviceAddress, to: &Jid, typing: Typing) {
    let Some(entry) = state.accounts.get(by.account) else {
        return;
    };
    let (node, chat, to) = if let Some(id) = GroupId::of(to) {
        let Ok(group) = state.groups.get(&id) else {
            return;
        };
        if group.as_member(by.account).is_err() {
            return;
        }
        let node = NodeBuilder::new("chatstate")
            .attr("from", to)
            .attr("participant", entry.jid(group.addressing, 0));
        (node, Some(to.to_string()), group.accounts())
    } else {
        let (Some(account), Some(namespace)) = (state.accounts.find(to), Namespace::of(to)) else {
            return;
        };
        let node = NodeBuilder::new("chatstate").attr("from", entry.jid(namespace, 0));
        (node, None, vec![account])
    };
    let node = node.children([typing.node()]).build();
    for account in to {
        if account == by.account || !profile::reaches(state, by.account, account) {
            continue;
        }
        for connection in devices::live_devices(state, account) {
            state.send(connection, node.clone());
        }
        let mut signal = Signal::new("typing").by(by.account).what(typing.name());
        if let Some(chat) = &chat {
            signal = signal.chat(chat.clone());
        }
        signals::hear(state, account, signal);
    }
}
