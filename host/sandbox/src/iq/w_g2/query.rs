//! What groups are like, to those who may know.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::{Outcome, groups};
use crate::accounts::AccountId;
use crate::groups::{GroupId, members_hash};
use crate::pictures::{self, Size};
use crate::stanza::group::{self, Detail};
use crate::stanza::{attr, jid};
use crate::state::State;

/// One group. Who has the member list already, and says which, is answered without one.
pub(super) fn group(state: &State, by: AccountId, id: &GroupId, asked: &Node) -> Outcome {
    let group = state.groups.get(id)?;
    group.as_member(by)?;
    let known = attr(asked, "phash");
    if known.is_some() && known == members_hash(state, group) {
        return Ok(Vec::new());
    }
    Ok(vec![group::describe(state, group, Detail::FULL)])
}

/// All groups the account is in.
pub(super) fn participating(state: &State, by: AccountId, asked: &Node) -> Vec<Node> {
    let detail = Detail {
        members: asked.get_optional_child("participants").is_some(),
        description: asked.get_optional_child("description").is_some(),
    };
    let groups = state
        .groups
        .of(by)
        .map(|group| group::describe(state, group, detail));
    vec![NodeBuilder::new("groups").children(groups).build()]
}

/// Several groups, each with its own error.
pub(super) fn several(state: &State, by: AccountId, asked: &Node) -> Vec<Node> {
    let groups = groups(asked, "jid").into_iter().map(|id| {
        let group = state.groups.get(&id).and_then(|group| {
            group.as_member(by)?;
            Ok(group)
        });
        match group {
            Ok(group) => group::describe(state, group, Detail::FULL),
            Err(error) => NodeBuilder::new("group")
                .attr("id", id.jid())
                .attr("error", error.code())
                .build(),
        }
    });
    vec![NodeBuilder::new("groups").children(groups).build()]
}

/// The pictures of several groups; a group without one is left out.
pub(super) fn pictures(state: &State, by: AccountId, asked: &Node) -> Vec<Node> {
    let pictures = asked.get_children_by_tag("picture").filter_map(|asked| {
        let id = GroupId::of(&jid(asked, "jid")?)?;
        let group = state.groups.get(&id).ok()?;
        group.as_member(by).ok()?;
        let size = Size::of(attr(asked, "type").as_deref());
        let node = pictures::link(state, group.picture.as_deref()?, size)?;
        Some(node.attr("jid", id.jid()).build())
    });
    let pictures: Vec<Node> = pictures.collect();
    vec![NodeBuilder::new("pictures").children(pictures).build()]
}
