//! `w:sync:app:state`: devices fetch and upload patches of app-state collections.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::{Answer, Then};
use crate::accounts::DeviceAddress;
use crate::app_state::Refused;
use crate::offline;
use crate::phone::app_state;
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
    changed: &mut Vec<(String, u64)>,
) -> Option<Node> {
    let name = attr(asked, "name")?;
    let base: Option<u64> = attr(asked, "version").and_then(|version| version.parse().ok());
    let media = state.media.clone();
    let account = state.accounts.get_mut(by.account)?;
    let key = account.phone.key.clone();
    if let Some(patch) = asked.get_optional_child("patch") {
        let uploaded =
            account
                .app_state
                .upload(&name, base.unwrap_or(0), content(patch)?, &key, media.as_deref());
        return Some(match uploaded {
            Ok(version) => {
                changed.push((name.clone(), version));
                app_state::adopt_name(state, by.account);
                answered(name, version).build()
            }
            Err(refused) => self::refused(state, name, refused),
        });
    }
    let fetched = account.app_state.fetch(&name, base, &key, media.as_deref());
    let more = if fetched.more { "true" } else { "false" };
    let answered = answered(name, fetched.version).attr("has_more_patches", more);
    let mut children = Vec::new();
    if let Some(reference) = fetched.snapshot {
        children.push(NodeBuilder::new("snapshot").bytes(reference).build());
    }
    if !fetched.patches.is_empty() {
        let patches = fetched
            .patches
            .into_iter()
            .map(|patch| NodeBuilder::new("patch").bytes(patch).build());
        children.push(NodeBuilder::new("patches").children(patches).build());
    }
    if children.is_empty() {
        return Some(answered.build());
    }
    Some(answered.children(children).build())
}

fn refused(state: &mut State, name: String, refused: Refused) -> Node {
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

fn answered(name: String, version: u64) -> NodeBuilder {
    NodeBuilder::new("collection")
        .attr("name", name)
        .attr("version", version)
}

/// Tells the account's other devices that collections have changed.
pub(crate) fn announce(state: &mut State, by: DeviceAddress, collections: &[(String, u64)]) {
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
