//! Communities.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::{Outcome, groups};
use crate::accounts::AccountId;
use crate::groups::community::{self, Linked};
use crate::groups::{GroupError, GroupId};
use crate::stanza::group::{self, Detail};
use crate::stanza::jid;
use crate::state::State;

fn named(asked: &Node) -> Result<GroupId, GroupError> {
    jid(asked, "jid")
        .and_then(|jid| GroupId::of(&jid))
        .ok_or(GroupError::BadRequest)
}

fn linked_group(state: &State, id: &GroupId) -> Outcome {
    let group = group::describe(state, state.groups.get(id)?, Detail::FULL);
    Ok(vec![NodeBuilder::new("linked_group").children([group]).build()])
}

pub(super) fn query_linked(state: &State, by: AccountId, id: &GroupId, asked: &Node) -> Outcome {
    state.groups.get(id)?.as_member(by)?;
    let linked = named(asked)?;
    if state.groups.get(&linked)?.place.linked_parent.as_ref() != Some(id) {
        return Err(GroupError::NotFound);
    }
    linked_group(state, &linked)
}

pub(super) fn join(state: &mut State, by: AccountId, id: &GroupId, asked: &Node) -> Outcome {
    let linked = named(asked)?;
    community::join(state, id, &linked, by)?;
    linked_group(state, &linked)
}

/// Everybody in any group of the community.
pub(super) fn participants(state: &State, by: AccountId, id: &GroupId) -> Outcome {
    let community = state.groups.get(id)?;
    community.as_member(by)?;
    let mut everybody = community.accounts();
    for linked in community::groups(state, id) {
        everybody.extend(state.groups.get(&linked)?.accounts());
    }
    everybody.sort_unstable();
    everybody.dedup();
    let participants: Vec<Node> = everybody
        .into_iter()
        .filter_map(|account| Some(group::participant(state, community, account)?.build()))
        .collect();
    Ok(vec![
        NodeBuilder::new("linked_groups_participants")
            .children(participants)
            .build(),
    ])
}

fn outcomes(linked: &[Linked]) -> Vec<Node> {
    linked
        .iter()
        .map(|linked| {
            let mut group = NodeBuilder::new("group").attr("jid", linked.id.jid());
            if let Err(error) = linked.result {
                group = group.attr("error", error.code());
            }
            group.build()
        })
        .collect()
}

pub(super) fn link(state: &mut State, by: AccountId, id: &GroupId, asked: &Node) -> Outcome {
    let wanted = asked.get_optional_child("link").ok_or(GroupError::BadRequest)?;
    let linked = community::link(state, id, by, &groups(wanted, "jid"))?;
    let link = NodeBuilder::new("link")
        .attr("link_type", "sub_group")
        .children(outcomes(&linked));
    Ok(vec![NodeBuilder::new("links").children([link.build()]).build()])
}

pub(super) fn unlink(state: &mut State, by: AccountId, id: &GroupId, asked: &Node) -> Outcome {
    let unlinked = community::unlink(state, id, by, &groups(asked, "jid"))?;
    let unlink = NodeBuilder::new("unlink")
        .attr("unlink_type", "sub_group")
        .children(outcomes(&unlinked));
    Ok(vec![unlink.build()])
}

pub(super) fn dissolve(state: &mut State, by: AccountId, id: &GroupId) -> Outcome {
    community::dissolve(state, id, by)?;
    Ok(Vec::new())
}
