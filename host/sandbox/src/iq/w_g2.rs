//! `w:g2`: groups. Reading is in `query.rs`, members in `members.rs`, switches in `settings.rs`, links and requests in
//! `joining.rs`, communities in `community.rs`.

mod community;
mod create;
mod joining;
mod members;
mod query;
mod settings;

use wacore_binary::{Jid, Node};

use super::Answer;
use crate::accounts::{AccountId, DeviceAddress};
use crate::groups::{GroupError, GroupId};
use crate::stanza::iq::{Iq, IqKind};
use crate::stanza::jid;
use crate::state::State;

/// What a query comes to: the children of its result.
type Outcome = Result<Vec<Node>, GroupError>;

pub(super) fn answer(state: &mut State, by: DeviceAddress, query: &Iq) -> Answer {
    let Some(child) = query.node().children().and_then(<[Node]>::first) else {
        return query.error(400, "bad-request").into();
    };
    let by = by.account;
    let outcome = match (query.to().and_then(GroupId::of), query.kind) {
        (Some(group), IqKind::Get) => about_group(state, by, &group, child),
        (Some(group), _) => to_group(state, by, &group, child),
        (None, IqKind::Get) => about_groups(state, by, child),
        (None, _) => to_groups(state, by, child),
    };
    match outcome {
        Ok(children) => query.result(children).into(),
        Err(error) => query.error(error.code(), error.text()).into(),
    }
}

/// Reads of one group.
fn about_group(state: &State, by: AccountId, group: &GroupId, asked: &Node) -> Outcome {
    match asked.tag.as_ref() {
        "query" => query::group(state, by, group, asked),
        "invite" => joining::code(state, by, group),
        "membership_approval_requests" => joining::requests(state, by, group),
        "query_linked" => community::query_linked(state, by, group, asked),
        "linked_groups_participants" => community::participants(state, by, group),
        _ => Err(GroupError::BadRequest),
    }
}

/// Reads of all groups.
fn about_groups(state: &State, by: AccountId, asked: &Node) -> Outcome {
    match asked.tag.as_ref() {
        "participating" => Ok(query::participating(state, by, asked)),
        "query" => Ok(query::several(state, by, asked)),
        "invite" => joining::preview(state, asked),
        "pictures" => Ok(query::pictures(state, by, asked)),
        _ => Err(GroupError::BadRequest),
    }
}

/// Changes that have no group yet, or go to several.
fn to_groups(state: &mut State, by: AccountId, asked: &Node) -> Outcome {
    match asked.tag.as_ref() {
        "create" => create::create(state, by, asked),
        "leave" => members::leave(state, by, asked),
        "invite" => joining::join(state, by, asked),
        _ => Err(GroupError::BadRequest),
    }
}

/// Changes of one group.
fn to_group(state: &mut State, by: AccountId, group: &GroupId, asked: &Node) -> Outcome {
    match asked.tag.as_ref() {
        "subject" => settings::subject(state, by, group, asked),
        "description" => settings::description(state, by, group, asked),
        "add" | "remove" | "promote" | "demote" => members::change(state, by, group, asked),
        "invite" => joining::reset(state, by, group),
        "accept" => joining::accept(state, by, group, asked),
        "membership_requests_action" => joining::decide(state, by, group, asked),
        "cancel_membership_requests" => joining::cancel(state, by, group, asked),
        "revoke" => joining::withdraw(state, by, group, asked),
        "links" => community::link(state, by, group, asked),
        "unlink" => community::unlink(state, by, group, asked),
        "delete_parent" => community::dissolve(state, by, group),
        "join_linked_group" => community::join(state, by, group, asked),
        // The device has seen that the group is there.
        "ack" => Ok(Vec::new()),
        _ => settings::set(state, by, group, asked),
    }
}

/// The people in a query: their address as it was written, and who that is.
fn people(state: &State, asked: &Node) -> Vec<(Jid, Option<AccountId>)> {
    asked
        .get_children_by_tag("participant")
        .filter_map(|participant| jid(participant, "jid"))
        .map(|jid| {
            let account = state.accounts.find(&jid);
            (jid, account)
        })
        .collect()
}

/// The groups a query names by `attribute`.
fn groups(asked: &Node, attribute: &str) -> Vec<GroupId> {
    asked
        .get_children_by_tag("group")
        .filter_map(|group| GroupId::of(&jid(group, attribute)?))
        .collect()
}
