//! Requests to join, where an admin decides.

use wacore_binary::builder::NodeBuilder;

use super::members::{self, Outcome};
use super::{GroupError, GroupId, tell};
use crate::accounts::AccountId;
use crate::stanza::group;
use crate::state::State;

/// The most requests that wait in one group.
const MOST_REQUESTS: usize = 1000;

/// How somebody came to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Link,
    Community,
}

impl Method {
    pub(crate) fn wire(self) -> &'static str {
        match self {
            Self::Link => "invite_link",
            Self::Community => "linked_group_join",
        }
    }
}

/// Somebody wants to join.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) account: AccountId,
    pub(crate) at: u64,
    pub(crate) method: Method,
}

/// Asks to join; asking twice is asking once.
pub(crate) fn ask(
    state: &mut State,
    id: &GroupId,
    account: AccountId,
    method: Method,
) -> Result<(), GroupError> {
    let at = state.clock.now_secs();
    let group = state.groups.get_mut(id)?;
    if group.requests.iter().any(|request| request.account == account) {
        return Ok(());
    }
    if group.requests.len() >= MOST_REQUESTS {
        return Err(GroupError::Full);
    }
    group.requests.push(Request { account, at, method });
    let group = state.groups.get(id)?;
    let admins = group.admins();
    let mut created = NodeBuilder::new("created_membership_requests").attr("request_method", method.wire());
    if let Some(user) = requested_user(state, id, account) {
        created = created.children([user]);
    }
    let asked = NodeBuilder::new("membership_approval_request").attr("request_method", method.wire());
    tell::accounts(state, id, account, &admins, created.build());
    tell::accounts(state, id, account, &[account], asked.build());
    Ok(())
}

fn requested_user(state: &State, id: &GroupId, account: AccountId) -> Option<wacore_binary::Node> {
    let group = state.groups.get(id).ok()?;
    let mut node = group::participant(state, group, account)?.build();
    node.tag = "requested_user".into();
    Some(node)
}

/// What waits, for an admin.
pub(crate) fn requests<'a>(
    state: &'a State,
    id: &GroupId,
    by: AccountId,
) -> Result<&'a [Request], GroupError> {
    let group = state.groups.get(id)?;
    group.as_admin(by)?;
    Ok(&group.requests)
}

/// An admin decides.
pub(crate) fn decide(
    state: &mut State,
    id: &GroupId,
    by: AccountId,
    let_in: bool,
    who: &[Option<AccountId>],
) -> Result<Vec<Outcome>, GroupError> {
    let now = state.clock.now_secs();
    let group = state.groups.get_mut(id)?;
    group.as_admin(by)?;
    let mut decided = Vec::new();
    let mut outcomes = Vec::new();
    for account in who {
        let waits = |account: &AccountId| group.requests.iter().any(|request| request.account == *account);
        let result = match account.filter(waits) {
            None => Err(GroupError::NotFound),
            Some(_) if let_in && group.members.len() >= super::MOST_MEMBERS => Err(GroupError::Full),
            Some(account) => {
                group.requests.retain(|request| request.account != account);
                if let_in {
                    members::enter(group, account, now);
                }
                decided.push(account);
                Ok(())
            }
        };
        outcomes.push(Outcome {
            account: *account,
            result,
            invite: None,
        });
    }
    if decided.is_empty() {
        return Ok(outcomes);
    }
    if let_in {
        group.version += 1;
        members::welcome(state, id, by, &decided, None);
    } else {
        revoked(state, id, by, &decided);
    }
    Ok(outcomes)
}

/// Somebody no longer wants to join.
pub(crate) fn cancel(
    state: &mut State,
    id: &GroupId,
    by: AccountId,
    who: &[Option<AccountId>],
) -> Result<Vec<Outcome>, GroupError> {
    let group = state.groups.get_mut(id)?;
    let waited = group.requests.len();
    group.requests.retain(|request| request.account != by);
    let cancelled = group.requests.len() < waited;
    if cancelled {
        revoked(state, id, by, &[by]);
    }
    let outcomes = who.iter().map(|account| Outcome {
        account: *account,
        result: if cancelled && *account == Some(by) {
            Ok(())
        } else {
            Err(GroupError::NotFound)
        },
        invite: None,
    });
    Ok(outcomes.collect())
}

fn revoked(state: &mut State, id: &GroupId, by: AccountId, who: &[AccountId]) {
    let Ok(group) = state.groups.get(id) else {
        return;
    };
    let mut to = group.admins();
    to.extend(who);
    let node = tell::list(state, group, "revoked_membership_requests", who).build();
    tell::accounts(state, id, by, &to, node);
}
