//! `blocklist`: whom an account does not want to hear from.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::Answer;
use crate::accounts::{AccountId, DeviceAddress, Namespace};
use crate::stanza::iq::{Iq, IqKind};
use crate::stanza::{attr, jid};
use crate::state::State;
use crate::tell;

pub(super) fn answer(state: &mut State, by: DeviceAddress, query: &Iq) -> Answer {
    if query.kind == IqKind::Get {
        return query.result(vec![list(state, by.account)]).into();
    }
    let items = query.node().get_children_by_tag("item");
    let changes: Option<Vec<(AccountId, bool)>> = items
        .map(|item| {
            let account = state.accounts.find(&jid(item, "jid")?)?;
            match attr(item, "action").as_deref() {
                Some("block") => Some((account, true)),
                Some("unblock") => Some((account, false)),
                _ => None,
            }
        })
        .collect();
    let Some(changes) = changes.filter(|changes| !changes.is_empty()) else {
        return query.error(400, "bad-request").into();
    };
    for (other, block) in changes {
        change(state, by, other, block);
    }
    let hash = hash(state, by.account);
    query
        .result(vec![NodeBuilder::new("list").attr("dhash", hash).build()])
        .into()
}

fn hash(state: &State, account: AccountId) -> String {
    state
        .accounts
        .get(account)
        .map(|entry| entry.profile.blocklist_hash())
        .unwrap_or_default()
}

/// Blocked accounts are named the way the account addresses others.
fn item(state: &State, by: AccountId, other: AccountId) -> Option<NodeBuilder> {
    let namespace = state.accounts.get(by)?.phone.addressing;
    let other = state.accounts.get(other)?;
    let mut item = NodeBuilder::new("item").attr("jid", other.jid(namespace, 0));
    if namespace == Namespace::Lid {
        item = item.attr("pn_jid", other.jid(Namespace::Pn, 0));
    }
    Some(item)
}

fn list(state: &State, account: AccountId) -> Node {
    let blocked = state.accounts.get(account).map(|entry| &entry.profile.blocked);
    let items: Vec<Node> = blocked
        .into_iter()
        .flatten()
        .filter_map(|(other, at)| Some(item(state, account, *other)?.attr("t", *at).build()))
        .collect();
    NodeBuilder::new("list")
        .attr("dhash", hash(state, account))
        .children(items)
        .build()
}

/// Blocks or unblocks somebody, and tells the account's other devices.
pub(crate) fn change(state: &mut State, by: DeviceAddress, other: AccountId, block: bool) {
    let now = state.clock.now_secs();
    let before = hash(state, by.account);
    let Some(entry) = state.accounts.get_mut(by.account) else {
        return;
    };
    if block {
        entry.profile.blocked.entry(other).or_insert(now);
    } else {
        entry.profile.blocked.remove(&other);
    }
    let after = hash(state, by.account);
    let Some(item) = item(state, by.account, other) else {
        return;
    };
    let change = NodeBuilder::new("blocklist")
        .attr("action", "modify")
        .attr("dhash", after)
        .attr("prev_dhash", before)
        .children([item
            .attr("action", if block { "block" } else { "unblock" })
            .build()]);
    tell::own_devices(state, by, change.build());
}
