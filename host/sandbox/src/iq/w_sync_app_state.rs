//! `w:sync:app:state`: devices fetch and upload patches of app-state collections.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::{Answer, Then};
use crate::accounts::DeviceAddress;
use crate::app_state::Refused;
use crate::offline;
use crate::stanza::iq::{self, Iq};
use crate::stanza::{attr, content, server_jid};
use crate::state::State;

pub(super) fn answer(state: &mut State, by: DeviceAddress, query: &Iq) -> Answer {
    let Some(sync) = query.child("sync") else {
        return query.error(400, "bad-request").into();
    };
    let mut changed = Vec::new();
    let collections: Vec<Node> = sync
        .get_children_by_tag("collection")
        .filter_map(|collection| self::collection(state, by, collection, &mut changed))
        .collect();
    let result = query.result(vec![NodeBuilder::new("sync").children(collections).build()]);
    if changed.is_empty() {
        result.into()
    } else {
        Answer::then(result, Then::Announce(changed))
    }
}

fn collection(
    state: &mut State,
    by: DeviceAddress,
    asked: &Node,
    changed: &mut Vec<(String, usize)>,
) -> Option<Node> {
    let name = attr(asked, "name")?;
    let base = attr(asked, "version")
        .and_then(|version| version.parse().ok())
        .unwrap_or(0);
    let app_state = &mut state.accounts.get_mut(by.account)?.app_state;
    if let Some(patch) = asked.get_optional_child("patch") {
        return Some(match app_state.upload(&name, base, content(patch)?) {
            Ok(version) => {
                changed.push((name.clone(), version));
                answered(name, version).build()
            }
            Err(refused) => {
                let (code, text) = match refused {
                    Refused::Conflict => (409, "conflict"),
                    Refused::Malformed => (400, "bad-request"),
                };
                if refused == Refused::Conflict {
                    state.counters.app_state_conflicts += 1;
                }
                NodeBuilder::new("collection")
                    .attr("name", name)
                    .attr("type", "error")
                    .children([iq::error(code, text)])
                    .build()
            }
        });
    }
    // A device without a version gets every patch from the first one; the network keeps no snapshots.
    let patches: Vec<Node> = app_state
        .after(&name, base)
        .iter()
        .map(|patch| NodeBuilder::new("patch").bytes(patch.clone()).build())
        .collect();
    let version = app_state.version(&name);
    let answered = answered(name, version).attr("has_more_patches", "false");
    if patches.is_empty() {
        return Some(answered.build());
    }
    Some(
        answered
            .children([NodeBuilder::new("patches").children(patches).build()])
            .build(),
    )
}

fn answered(name: String, version: usize) -> NodeBuilder {
    NodeBuilder::new("collection")
        .attr("name", name)
        .attr("version", version)
}

/// Tells the account's other devices that collections have changed.
pub(super) fn announce(state: &mut State, by: DeviceAddress, collections: &[(String, usize)]) {
    let Some(account) = state.accounts.get(by.account) else {
        return;
    };
    let others: Vec<u16> = account
        .visible_devices()
        .map(|(device, _)| device)
        .filter(|id| *id != 0 && *id != by.device)
        .collect();
    let t = state.clock.now_secs();
    let changed = collections.iter().map(|(name, version)| {
        NodeBuilder::new("collection")
            .attr("name", name.as_str())
            .attr("version", *version)
            .build()
    });
    let node = NodeBuilder::new("notification")
        .attr("from", server_jid())
        .attr("type", "server_sync")
        .attr("t", t)
        .children(changed)
        .build();
    for device in others {
        let other = DeviceAddress {
            account: by.account,
            device,
        };
        offline::notify(state, other, None, node.clone());
    }
}
