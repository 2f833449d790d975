//! `<add>`, `<remove>`, `<promote>`, `<demote>`, `<leave>`.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use super::{Outcome, groups, people};
use crate::accounts::AccountId;
use crate::groups::members::{self, Action};
use crate::groups::{Group, GroupError, GroupId};
use crate::stanza::{attr, group};
use crate::state::State;

pub(super) fn change(state: &mut State, by: AccountId, id: &GroupId, asked: &Node) -> Outcome {
    let action = match asked.tag.as_ref() {
        "add" => Action::Add,
        "remove" => Action::Remove,
        "promote" => Action::Promote,
        _ => Action::Demote,
    };
    let people = people(state, asked);
    let who: Vec<Option<AccountId>> = people.iter().map(|(_, account)| *account).collect();
    let outcomes = members::change(state, id, by, action, &who)?;
    if action == Action::Remove && attr(asked, "linked_groups").as_deref() == Some("true") {
        crate::groups::community::remove_everywhere(state, id, &outcomes);
    }
    Ok(vec![listed(state, id, action.tag(), &people, &outcomes)?])
}

/// What became of each, under a tag.
pub(super) fn listed(
    state: &State,
    id: &GroupId,
    tag: &'static str,
    people: &[(Jid, Option<AccountId>)],
    outcomes: &[members::Outcome],
) -> Result<Node, GroupError> {
    let group = state.groups.get(id)?;
    let participants = people
        .iter()
        .zip(outcomes)
        .filter_map(|((jid, _), outcome)| participant(state, group, outcome, Some(jid)));
    Ok(NodeBuilder::new(tag)
        .children(participants.collect::<Vec<_>>())
        .build())
}

/// One member and what became of them. Whoever does not exist is named as they were asked for.
pub(super) fn participant(
    state: &State,
    group: &Group,
    outcome: &members::Outcome,
    asked: Option<&Jid>,
) -> Option<Node> {
    let mut node = match outcome.account {
        Some(account) => group::participant(state, group, account)?,
        None => NodeBuilder::new("participant").attr("jid", asked?),
    };
    if let Err(error) = outcome.result {
        node = node.attr("error", error.code());
    }
    if let Some(invite) = &outcome.invite {
        let request = NodeBuilder::new("add_request")
            .attr("code", invite.code.as_str())
            .attr("expiration", invite.expires);
        node = node.children([request.build()]);
    }
    Some(node.build())
}

pub(super) fn leave(state: &mut State, by: AccountId, asked: &Node) -> Outcome {
    let asked = groups(asked, "id");
    let mut left = Vec::new();
    for id in &asked {
        let result = members::leave(state, id, by);
        // One group that cannot be left is an error; among several each has its own.
        if let (Err(error), 1) = (result, asked.len()) {
            return Err(error);
        }
        let mut group = NodeBuilder::new("group").attr("id", id.jid());
        if let Err(error) = result {
            group = group.attr("error", error.code());
        }
        left.push(group.build());
    }
    Ok(vec![NodeBuilder::new("leave").children(left).build()])
}
