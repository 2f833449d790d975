//! Changes of an account's device list, told to everyone who encrypts for it: the account's other devices, and the
//! devices of accounts it has exchanged messages with or shares a group with. Without it they go on with the list they
//! have.

use wacore_binary::builder::NodeBuilder;

use crate::accounts::{DeviceAddress, Namespace};
use crate::offline;
use crate::state::State;

/// What happened to the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Added,
    Removed,
}

/// Tells that a device came or went.
pub(crate) fn announce(state: &mut State, changed: DeviceAddress, key_index: u32, change: Change) {
    let Some(account) = state.accounts.get(changed.account) else {
        return;
    };
    let t = state.clock.now_secs();
    let mut list = NodeBuilder::new("key-index-list").attr("ts", t);
    let operation = match change {
        Change::Added => {
            if let Ok(signed) = account.signed_device_list(t) {
                list = list.bytes(signed);
            }
            NodeBuilder::new("add")
        }
        Change::Removed => NodeBuilder::new("remove"),
    };
    let device = NodeBuilder::new("device")
        .attr("jid", account.jid(Namespace::Pn, changed.device))
        .attr("lid", account.jid(Namespace::Lid, changed.device))
        .attr("key-index", key_index)
        .build();
    let node = NodeBuilder::new("notification")
        .attr("from", account.jid(Namespace::Pn, 0))
        .attr("lid", account.jid(Namespace::Lid, 0))
        .attr("type", "devices")
        .attr("t", t)
        .children([operation.children([device, list.build()]).build()])
        .build();
    let mut accounts = state.groups.companions(changed.account);
    accounts.extend(account.contacts.iter().copied());
    accounts.insert(changed.account);
    let listeners: Vec<DeviceAddress> = accounts
        .into_iter()
        .filter_map(|id| Some((id, state.accounts.get(id)?)))
        .flat_map(|(account, entry)| {
            entry.devices.keys().map(move |device| DeviceAddress {
                account,
                device: *device,
            })
        })
        .filter(|listener| *listener != changed)
        .collect();
    for listener in listeners {
        offline::notify(state, listener, Some(changed.account), node.clone());
    }
}
