//! `w:gp2` notifications: what happened in a group, told to the linked devices and the phones of whom it concerns.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::{Group, GroupId};
use crate::accounts::{AccountId, DeviceAddress, Namespace};
use crate::offline;
use crate::phone::signals::{self, Signal};
use crate::state::State;

/// Tells all members.
pub(crate) fn members(state: &mut State, id: &GroupId, by: AccountId, change: Node) {
    let Ok(group) = state.groups.get(id) else {
        return;
    };
    let to = group.accounts();
    accounts(state, id, by, &to, change);
}

/// Tells some accounts.
pub(crate) fn accounts(state: &mut State, id: &GroupId, by: AccountId, to: &[AccountId], change: Node) {
    let action = change.tag.to_string();
    let Some(node) = notification(state, id, by, change) else {
        return;
    };
    for account in to {
        every_device(state, *account, &node);
        signals::hear(
            state,
            *account,
            Signal::new("group")
                .chat(id.jid().to_string())
                .by(by)
                .what(action.clone()),
        );
    }
}

/// Queues a notification for every linked device of an account.
pub(crate) fn every_device(state: &mut State, account: AccountId, node: &Node) {
    let Some(entry) = state.accounts.get(account) else {
        return;
    };
    let devices: Vec<u16> = entry
        .visible_devices()
        .map(|(device, _)| device)
        .filter(|device| *device != 0)
        .collect();
    for device in devices {
        offline::notify(state, DeviceAddress { account, device }, None, node.clone());
    }
}

fn notification(state: &State, id: &GroupId, by: AccountId, change: Node) -> Option<Node> {
    let group = state.groups.get(id).ok()?;
    let actor = state.accounts.get(by)?;
    let (other, mode) = match group.addressing {
        Namespace::Pn => ("participant_lid", "pn"),
        Namespace::Lid => ("participant_pn", "lid"),
    };
    Some(
        NodeBuilder::new("notification")
            .attr("from", id.jid())
            .attr("type", "w:gp2")
            .attr("t", state.clock.now_secs())
            .attr("participant", actor.jid(group.addressing, 0))
            .attr(other, actor.jid(group.addressing.other(), 0))
            .attr("addressing_mode", mode)
            .attr("notify", actor.phone.name.as_str())
            .children([change])
            .build(),
    )
}

/// A list of members under a tag, as changes of the member list are told.
pub(crate) fn list(state: &State, group: &Group, tag: &'static str, accounts: &[AccountId]) -> NodeBuilder {
    let participants = accounts
        .iter()
        .filter_map(|account| crate::stanza::group::participant(state, group, *account));
    NodeBuilder::new(tag)
        .attr("v_id", group.version)
        .children(participants.map(NodeBuilder::build).collect::<Vec<_>>())
}
