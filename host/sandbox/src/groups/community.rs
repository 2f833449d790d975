//! Communities: a parent group, its announcement group that everybody is in, and the groups linked to it.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::approval::{self, Method};
use super::create::{self, Draft};
use super::members;
use super::{GroupError, GroupId, Place, Settings, tell};
use crate::accounts::AccountId;
use crate::state::State;

const GENERAL: &str = "General";

/// What became of one group in a change of several.
pub(crate) struct Linked {
    pub(crate) id: GroupId,
    pub(crate) result: Result<(), GroupError>,
}

/// Gives a new community its announcement group, and a chat for everybody when wanted.
pub(super) fn furnish(state: &mut State, community: &GroupId, by: AccountId, with_general_chat: bool) {
    let Ok(parent) = state.groups.get(community) else {
        return;
    };
    let (subject, addressing) = (parent.subject.text.clone(), parent.addressing);
    let announcements = Draft {
        subject,
        settings: Settings {
            announce: true,
            ..Settings::default()
        },
        place: Place {
            linked_parent: Some(community.clone()),
            default_sub_group: true,
            ..Place::default()
        },
        addressing: Some(addressing),
        ..Draft::default()
    };
    let general = with_general_chat.then(|| Draft {
        subject: GENERAL.to_owned(),
        place: Place {
            linked_parent: Some(community.clone()),
            general_chat: true,
            ..Place::default()
        },
        addressing: Some(addressing),
        ..Draft::default()
    });
    for draft in std::iter::once(announcements).chain(general) {
        if let Err(error) = create::create(state, by, draft) {
            tracing::warn!(?error, "a community could not be furnished");
        }
    }
}

/// A group belongs to a community now: its members are members of the community.
pub(super) fn take_in(state: &mut State, community: &GroupId, id: &GroupId, by: AccountId) {
    let link = link_node("link", "link_type", id, state);
    tell::members(state, community, by, link);
    let Ok(group) = state.groups.get(id) else {
        return;
    };
    let members = group.accounts();
    entered(state, id, &members);
}

/// Whoever enters a group of a community is in the community, and in its announcement group.
pub(super) fn entered(state: &mut State, id: &GroupId, newcomers: &[AccountId]) {
    let Ok(group) = state.groups.get(id) else {
        return;
    };
    let Some(community) = group.place.linked_parent.clone() else {
        return;
    };
    let now = state.clock.now_secs();
    for place in std::iter::once(community.clone()).chain(announcements(state, &community)) {
        let Ok(group) = state.groups.get_mut(&place) else {
            continue;
        };
        let missing: Vec<AccountId> = newcomers
            .iter()
            .copied()
            .filter(|account| !group.has(*account))
            .collect();
        if missing.is_empty() {
            continue;
        }
        for account in &missing {
            members::enter(group, *account, now);
        }
        group.version += 1;
        let by = group.creator;
        members::welcome(state, &place, by, &missing, Some("linked_group_join"));
    }
}

/// Whoever leaves a community leaves its groups.
pub(super) fn removed(state: &mut State, id: &GroupId, gone: &[AccountId]) {
    let parent = state.groups.get(id).is_ok_and(|group| group.place.parent);
    if !parent {
        return;
    }
    for group in groups(state, id) {
        take_out(state, &group, gone);
    }
}

/// Takes members who were removed from a community out of all its groups, and out of the community when it was one of its
/// groups they were removed from.
pub(crate) fn remove_everywhere(state: &mut State, id: &GroupId, outcomes: &[members::Outcome]) {
    let gone: Vec<AccountId> = outcomes
        .iter()
        .filter(|outcome| outcome.result.is_ok())
        .filter_map(|outcome| outcome.account)
        .collect();
    let parent = state
        .groups
        .get(id)
        .ok()
        .and_then(|group| group.place.linked_parent.clone());
    let community = parent.unwrap_or_else(|| id.clone());
    take_out(state, &community, &gone);
    for group in groups(state, &community) {
        take_out(state, &group, &gone);
    }
}

fn take_out(state: &mut State, id: &GroupId, gone: &[AccountId]) {
    let Ok(group) = state.groups.get_mut(id) else {
        return;
    };
    let leaving: Vec<AccountId> = gone
        .iter()
        .copied()
        .filter(|account| group.has(*account))
        .collect();
    if leaving.is_empty() {
        return;
    }
    let to = group.accounts();
    group.members.retain(|member| !leaving.contains(&member.account));
    group.version += 1;
    let by = group.creator;
    let Ok(group) = state.groups.get(id) else {
        return;
    };
    let node = tell::list(state, group, "remove", &leaving).build();
    tell::accounts(state, id, by, &to, node);
}

/// The groups of a community.
pub(crate) fn groups(state: &State, community: &GroupId) -> Vec<GroupId> {
    let linked = state
        .groups
        .iter()
        .filter(|group| group.place.linked_parent.as_ref() == Some(community));
    linked.map(|group| group.id.clone()).collect()
}

fn announcements(state: &State, community: &GroupId) -> Option<GroupId> {
    let found = state
        .groups
        .iter()
        .find(|group| group.place.default_sub_group && group.place.linked_parent.as_ref() == Some(community));
    found.map(|group| group.id.clone())
}

/// Links groups to a community.
pub(crate) fn link(
    state: &mut State,
    community: &GroupId,
    by: AccountId,
    groups: &[GroupId],
) -> Result<Vec<Linked>, GroupError> {
    let parent = state.groups.get(community)?;
    parent.as_admin(by)?;
    if !parent.place.parent {
        return Err(GroupError::BadRequest);
    }
    let mut outcomes = Vec::new();
    for id in groups {
        let result = link_one(state, community, by, id);
        if result.is_ok() {
            take_in(state, community, id, by);
        }
        outcomes.push(Linked {
            id: id.clone(),
            result,
        });
    }
    Ok(outcomes)
}

fn link_one(state: &mut State, community: &GroupId, by: AccountId, id: &GroupId) -> Result<(), GroupError> {
    let group = state.groups.get_mut(id)?;
    group.as_admin(by)?;
    if group.place.parent {
        return Err(GroupError::BadRequest);
    }
    if group.place.linked_parent.is_some() {
        return Err(GroupError::Conflict);
    }
    group.place.linked_parent = Some(community.clone());
    Ok(())
}

/// Takes groups out of a community.
pub(crate) fn unlink(
    state: &mut State,
    community: &GroupId,
    by: AccountId,
    groups: &[GroupId],
) -> Result<Vec<Linked>, GroupError> {
    state.groups.get(community)?.as_admin(by)?;
    let mut outcomes = Vec::new();
    for id in groups {
        let result = unlink_one(state, community, id);
        if result.is_ok() {
            let node = link_node("unlink", "unlink_type", id, state);
            tell::members(state, community, by, node);
        }
        outcomes.push(Linked {
            id: id.clone(),
            result,
        });
    }
    Ok(outcomes)
}

fn unlink_one(state: &mut State, community: &GroupId, id: &GroupId) -> Result<(), GroupError> {
    let group = state.groups.get_mut(id)?;
    if group.place.linked_parent.as_ref() != Some(community) {
        return Err(GroupError::NotFound);
    }
    if group.place.default_sub_group {
        return Err(GroupError::NotAllowed);
    }
    group.place.linked_parent = None;
    group.place.general_chat = false;
    Ok(())
}

/// Ends a community. Its groups stay, its announcement group does not.
pub(crate) fn dissolve(state: &mut State, community: &GroupId, by: AccountId) -> Result<(), GroupError> {
    let parent = state.groups.get(community)?;
    parent.as_admin(by)?;
    if !parent.place.parent {
        return Err(GroupError::BadRequest);
    }
    let announcements = announcements(state, community);
    for id in groups(state, community) {
        let _ = unlink_one(state, community, &id);
    }
    for id in announcements.into_iter().chain([community.clone()]) {
        tell::members(state, &id, by, NodeBuilder::new("delete").build());
        state.groups.remove(&id);
    }
    Ok(())
}

/// Joins a group of a community one is in.
pub(crate) fn join(
    state: &mut State,
    community: &GroupId,
    id: &GroupId,
    account: AccountId,
) -> Result<(), GroupError> {
    state.groups.get(community)?.as_member(account)?;
    let now = state.clock.now_secs();
    let group = state.groups.get_mut(id)?;
    if group.place.linked_parent.as_ref() != Some(community) {
        return Err(GroupError::NotFound);
    }
    if group.has(account) {
        return Err(GroupError::AlreadyMember);
    }
    if group.settings.approval {
        return approval::ask(state, id, account, Method::Community);
    }
    if group.members.len() >= super::MOST_MEMBERS {
        return Err(GroupError::Full);
    }
    members::enter(group, account, now);
    group.version += 1;
    members::welcome(state, id, account, &[account], Some("linked_group_join"));
    Ok(())
}

fn link_node(tag: &'static str, kind: &'static str, id: &GroupId, state: &State) -> Node {
    let mut group = NodeBuilder::new("group").attr("jid", id.jid());
    if let Ok(linked) = state.groups.get(id) {
        group = group
            .attr("subject", linked.subject.text.as_str())
            .attr("s_t", linked.subject.at);
    }
    NodeBuilder::new(tag)
        .attr(kind, "sub_group")
        .children([group.build()])
        .build()
}
