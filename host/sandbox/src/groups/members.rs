//! Members come, go, and rise.

use wacore_binary::builder::NodeBuilder;

use super::{Group, GroupError, GroupId, Member, Rank, tell};
use crate::accounts::AccountId;
use crate::groups::invites::PersonalInvite;
use crate::profile::{self, Aspect};
use crate::stanza::group::{self, Detail};
use crate::state::State;

/// What became of one member in a change of several.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// `None` when nobody has that address.
    pub(crate) account: Option<AccountId>,
    pub(crate) result: Result<(), GroupError>,
    /// What to send to someone who does not let others add them.
    pub(crate) invite: Option<PersonalInvite>,
}

impl Outcome {
    fn done(account: AccountId) -> Self {
        Self {
            account: Some(account),
            result: Ok(()),
            invite: None,
        }
    }

    fn refused(account: Option<AccountId>, error: GroupError) -> Self {
        Self {
            account,
            result: Err(error),
            invite: None,
        }
    }
}

/// A change of several members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Add,
    Remove,
    Promote,
    Demote,
}

impl Action {
    /// The tag of the query and of what members are told.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Promote => "promote",
            Self::Demote => "demote",
        }
    }
}

/// Changes the member list; `who` keeps the order of the request, `None` for an address nobody has.
pub(crate) fn change(
    state: &mut State,
    id: &GroupId,
    by: AccountId,
    action: Action,
    who: &[Option<AccountId>],
) -> Result<Vec<Outcome>, GroupError> {
    let group = state.groups.get(id)?;
    if action == Action::Add && !group.settings.admins_add && !group.settings.approval {
        group.as_member(by)?;
    } else {
        group.as_admin(by)?;
    }
    let mut outcomes = Vec::with_capacity(who.len());
    for account in who {
        let outcome = match account {
            None => Outcome::refused(None, GroupError::NotFound),
            Some(account) => match action {
                Action::Add => add(state, id, by, *account)?,
                Action::Remove => remove(state, id, *account)?,
                Action::Promote => rank(state, id, *account, Rank::Admin)?,
                Action::Demote => rank(state, id, *account, Rank::Member)?,
            },
        };
        outcomes.push(outcome);
    }
    let done: Vec<AccountId> = outcomes
        .iter()
        .filter(|outcome| outcome.result.is_ok())
        .filter_map(|outcome| outcome.account)
        .collect();
    if done.is_empty() {
        return Ok(outcomes);
    }
    let group = state.groups.get_mut(id)?;
    group.version += 1;
    match action {
        Action::Add => welcome(state, id, by, &done, None),
        Action::Remove => {
            let mut to = state.groups.get(id)?.accounts();
            to.extend(&done);
            let node = tell::list(state, state.groups.get(id)?, "remove", &done).build();
            tell::accounts(state, id, by, &to, node);
            super::community::removed(state, id, &done);
        }
        Action::Promote | Action::Demote => {
            let node = tell::list(state, state.groups.get(id)?, action.tag(), &done).build();
            tell::members(state, id, by, node);
        }
    }
    Ok(outcomes)
}

fn add(state: &mut State, id: &GroupId, by: AccountId, account: AccountId) -> Result<Outcome, GroupError> {
    let joined = state.clock.now_secs();
    let group = state.groups.get(id)?;
    if group.has(account) {
        return Ok(Outcome::refused(Some(account), GroupError::Conflict));
    }
    if group.members.len() >= super::MOST_MEMBERS {
        return Ok(Outcome::refused(Some(account), GroupError::Full));
    }
    let mut group = state.groups.remove(id).ok_or(GroupError::NotFound)?;
    let outcome = invited_or(state, &mut group, by, account, |group| {
        enter(group, account, joined);
    });
    state.groups.insert(group);
    Ok(outcome)
}

/// Adds somebody, or gives an invitation for them to the one who may not add them.
pub(super) fn invited_or(
    state: &State,
    group: &mut Group,
    by: AccountId,
    account: AccountId,
    add: impl FnOnce(&mut Group),
) -> Outcome {
    if profile::allows(state, account, by, Aspect::GroupAdd) {
        add(group);
        return Outcome::done(account);
    }
    let invite = PersonalInvite::new(by, state.clock.now_secs());
    group.personal_invites.insert(account, invite.clone());
    Outcome {
        account: Some(account),
        result: Err(GroupError::Forbidden),
        invite: Some(invite),
    }
}

/// Puts somebody into a group, whichever way they come.
pub(super) fn enter(group: &mut Group, account: AccountId, joined: u64) {
    group.members.push(Member {
        account,
        rank: Rank::Member,
        joined,
    });
    group.removed.remove(&account);
    group.personal_invites.remove(&account);
    group.requests.retain(|request| request.account != account);
}

/// Tells that somebody is in: those who were there hear of newcomers, newcomers of the group.
pub(super) fn welcome(
    state: &mut State,
    id: &GroupId,
    by: AccountId,
    newcomers: &[AccountId],
    reason: Option<&'static str>,
) {
    let Ok(group) = state.groups.get(id) else {
        return;
    };
    let others: Vec<AccountId> = group
        .accounts()
        .into_iter()
        .filter(|account| !newcomers.contains(account))
        .collect();
    let mut added = tell::list(state, group, "add", newcomers);
    let mut created = NodeBuilder::new("create").children([group::describe(state, group, Detail::FULL)]);
    if let Some(reason) = reason {
        added = added.attr("reason", reason);
        created = created.attr("reason", reason);
    }
    tell::accounts(state, id, by, &others, added.build());
    tell::accounts(state, id, by, newcomers, created.build());
    super::community::entered(state, id, newcomers);
}

fn remove(state: &mut State, id: &GroupId, account: AccountId) -> Result<Outcome, GroupError> {
    let group = state.groups.get_mut(id)?;
    let Some(member) = group.member(account) else {
        return Ok(Outcome::refused(Some(account), GroupError::NotFound));
    };
    if member.rank == Rank::Superadmin {
        return Ok(Outcome::refused(Some(account), GroupError::NotAllowed));
    }
    group.members.retain(|member| member.account != account);
    group.removed.insert(account);
    Ok(Outcome::done(account))
}

fn rank(state: &mut State, id: &GroupId, account: AccountId, to: Rank) -> Result<Outcome, GroupError> {
    let group = state.groups.get_mut(id)?;
    let Some(member) = group.member_mut(account) else {
        return Ok(Outcome::refused(Some(account), GroupError::NotFound));
    };
    match (member.rank, to) {
        (Rank::Superadmin, Rank::Member) => Ok(Outcome::refused(Some(account), GroupError::NotAllowed)),
        (Rank::Superadmin, _) => Ok(Outcome::refused(Some(account), GroupError::Conflict)),
        (before, after) if before == after => Ok(Outcome::refused(Some(account), GroupError::Conflict)),
        _ => {
            member.rank = to;
            Ok(Outcome::done(account))
        }
    }
}

/// A member leaves. A group always has an admin: the one who has been there longest becomes it.
pub(crate) fn leave(state: &mut State, id: &GroupId, account: AccountId) -> Result<(), GroupError> {
    let group = state.groups.get_mut(id)?;
    group.as_member(account)?;
    group.version += 1;
    let to = group.accounts();
    group.members.retain(|member| member.account != account);
    let successor = if group.members.iter().any(|member| member.rank.is_admin()) {
        None
    } else {
        group.members.first_mut().map(|member| {
            member.rank = Rank::Admin;
            member.account
        })
    };
    let node = tell::list(state, state.groups.get(id)?, "remove", &[account]).build();
    tell::accounts(state, id, account, &to, node);
    if let Some(successor) = successor {
        let node = tell::list(state, state.groups.get(id)?, "promote", &[successor]).build();
        tell::members(state, id, account, node);
    }
    super::community::removed(state, id, &[account]);
    Ok(())
}
