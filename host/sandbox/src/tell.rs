//! Notifications about people: a new picture, another text about oneself. Told to those who may see it.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use crate::accounts::{AccountId, DeviceAddress};
use crate::groups::{GroupId, tell};
use crate::offline;
use crate::phone::signals::{self, Signal};
use crate::profile::{self, Aspect};
use crate::state::State;

/// Tells that an account has another picture, or none.
pub(crate) fn picture(state: &mut State, account: AccountId, id: Option<&str>) {
    acquaintances(state, account, Aspect::Picture, "picture", |jid| {
        picture_change(jid, jid, id)
    });
}

/// Tells that a group has another picture, or none.
pub(crate) fn group_picture(state: &mut State, group: &GroupId, by: AccountId, id: Option<&str>) {
    let Ok(entry) = state.groups.get(group) else {
        return;
    };
    let Some(author) = state.accounts.get(by).map(|by| by.jid(entry.addressing, 0)) else {
        return;
    };
    let members = entry.accounts();
    let t = state.clock.now_secs();
    let node = notification(
        &group.jid(),
        "picture",
        t,
        picture_change(&group.jid(), &author, id),
    );
    for member in members {
        tell::every_device(state, member, &node);
        signals::hear(
            state,
            member,
            Signal::new("picture").chat(group.jid().to_string()).by(by),
        );
    }
}

fn picture_change(jid: &Jid, author: &Jid, id: Option<&str>) -> Node {
    match id {
        Some(id) => NodeBuilder::new("set").attr("id", id),
        None => NodeBuilder::new("delete"),
    }
    .attr("jid", jid)
    .attr("author", author)
    .build()
}

/// Tells that an account says something else about itself.
pub(crate) fn about(state: &mut State, account: AccountId) {
    let Some(text) = state
        .accounts
        .get(account)
        .map(|entry| entry.profile.about.text.clone())
    else {
        return;
    };
    acquaintances(state, account, Aspect::About, "status", |_| {
        NodeBuilder::new("set").string_content(text.as_str()).build()
    });
}

fn acquaintances(
    state: &mut State,
    account: AccountId,
    aspect: Aspect,
    kind: &'static str,
    change: impl Fn(&Jid) -> Node,
) {
    let t = state.clock.now_secs();
    for other in profile::acquaintances(state, account) {
        if !profile::allows(state, account, other, aspect) {
            continue;
        }
        let namespace = state.accounts.get(other).map(|other| other.phone.addressing);
        let (Some(entry), Some(namespace)) = (state.accounts.get(account), namespace) else {
            continue;
        };
        let jid = entry.jid(namespace, 0);
        let mut node = notification(&jid, kind, t, change(&jid));
        node.attrs.insert("notify", entry.phone.name.as_str());
        tell::every_device(state, other, &node);
        if other != account {
            let signal = if kind == "status" { "about" } else { kind };
            signals::hear(state, other, Signal::new(signal).by(account));
        }
    }
}

/// Tells an account's other devices that something of the account has changed.
pub(crate) fn own_devices(state: &mut State, by: DeviceAddress, change: Node) {
    let Some(entry) = state.accounts.get(by.account) else {
        return;
    };
    let t = state.clock.now_secs();
    let node = notification(&profile::own_jid(entry), "account_sync", t, change);
    let others: Vec<u16> = entry
        .visible_devices()
        .map(|(device, _)| device)
        .filter(|device| *device != 0 && *device != by.device)
        .collect();
    for device in others {
        let account = by.account;
        offline::notify(state, DeviceAddress { account, device }, None, node.clone());
    }
}

fn notification(from: &Jid, kind: &'static str, t: u64, child: Node) -> Node {
    NodeBuilder::new("notification")
        .attr("from", from)
        .attr("type", kind)
        .attr("t", t)
        .children([child])
        .build()
}
