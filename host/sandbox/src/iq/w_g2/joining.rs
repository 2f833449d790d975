//! Links, invitations and requests to join.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::{Outcome, members, people};
use crate::accounts::AccountId;
use crate::groups::invites::{self, InviteCode, Joined};
use crate::groups::{GroupError, GroupId, approval};
use crate::stanza::attr;
use crate::stanza::group::{self, Detail};
use crate::state::State;

fn invite(code: &InviteCode) -> Vec<Node> {
    vec![NodeBuilder::new("invite").attr("code", code.as_str()).build()]
}

pub(super) fn code(state: &State, by: AccountId, id: &GroupId) -> Outcome {
    Ok(invite(&invites::code(state, id, by)?))
}

pub(super) fn reset(state: &mut State, by: AccountId, id: &GroupId) -> Outcome {
    Ok(invite(&invites::reset(state, id, by)?))
}

/// What a link leads to, for whoever has it. Its members are not told.
pub(super) fn preview(state: &State, asked: &Node) -> Outcome {
    let code = attr(asked, "code").ok_or(GroupError::BadRequest)?;
    let group = invites::find(state, &code)?;
    let detail = Detail {
        members: false,
        description: true,
    };
    Ok(vec![group::describe(state, group, detail)])
}

fn joined(joined: &Joined) -> Vec<Node> {
    let (tag, id) = match joined {
        Joined::In(id) => ("group", id),
        Joined::Asked(id) => ("membership_approval_request", id),
    };
    vec![NodeBuilder::new(tag).attr("jid", id.jid()).build()]
}

pub(super) fn join(state: &mut State, by: AccountId, asked: &Node) -> Outcome {
    let code = attr(asked, "code").ok_or(GroupError::BadRequest)?;
    Ok(joined(&invites::join(state, by, &code)?))
}

pub(super) fn accept(state: &mut State, by: AccountId, id: &GroupId, asked: &Node) -> Outcome {
    let code = attr(asked, "code").ok_or(GroupError::BadRequest)?;
    Ok(joined(&invites::accept(state, id, by, &code)?))
}

pub(super) fn requests(state: &State, by: AccountId, id: &GroupId) -> Outcome {
    let addressing = state.groups.get(id)?.addressing;
    let waiting = approval::requests(state, id, by)?.iter().filter_map(|request| {
        let account = state.accounts.get(request.account)?;
        let node = NodeBuilder::new("membership_approval_request")
            .attr("jid", account.jid(addressing, 0))
            .attr("request_time", request.at)
            .attr("request_method", request.method.wire());
        Some(node.build())
    });
    let waiting: Vec<Node> = waiting.collect();
    Ok(vec![
        NodeBuilder::new("membership_approval_requests")
            .children(waiting)
            .build(),
    ])
}

pub(super) fn decide(state: &mut State, by: AccountId, id: &GroupId, asked: &Node) -> Outcome {
    let mut answered = Vec::new();
    for (tag, let_in) in [("approve", true), ("reject", false)] {
        let Some(asked) = asked.get_optional_child(tag) else {
            continue;
        };
        let people = people(state, asked);
        let who: Vec<Option<AccountId>> = people.iter().map(|(_, account)| *account).collect();
        let outcomes = approval::decide(state, id, by, let_in, &who)?;
        answered.push(members::listed(state, id, tag, &people, &outcomes)?);
    }
    Ok(vec![
        NodeBuilder::new("membership_requests_action")
            .children(answered)
            .build(),
    ])
}

pub(super) fn cancel(state: &mut State, by: AccountId, id: &GroupId, asked: &Node) -> Outcome {
    let people = people(state, asked);
    let who: Vec<Option<AccountId>> = people.iter().map(|(_, account)| *account).collect();
    let outcomes = approval::cancel(state, id, by, &who)?;
    let node = members::listed(state, id, "cancel_membership_requests", &people, &outcomes)?;
    Ok(vec![node])
}

pub(super) fn withdraw(state: &mut State, by: AccountId, id: &GroupId, asked: &Node) -> Outcome {
    let people = people(state, asked);
    let who: Vec<Option<AccountId>> = people.iter().map(|(_, account)| *account).collect();
    let outcomes = invites::withdraw(state, id, by, &who)?;
    Ok(vec![members::listed(state, id, "revoke", &people, &outcomes)?])
}
