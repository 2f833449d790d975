//! Ways in: the group's link, and invitations to one person.

use wacore_binary::builder::NodeBuilder;

use super::approval::{self, Method};
use super::{Group, GroupError, GroupId, members, tell};
use crate::accounts::AccountId;
use crate::random;
use crate::state::State;

/// How long an invitation to one person is good for, in seconds.
const INVITATION_LASTS: u64 = 3 * 24 * 60 * 60;
/// Codes kept after a reset, so that an old link is told from one that never was.
const OLD_CODES: usize = 16;

/// The code of a group's link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InviteCode(String);

impl InviteCode {
    pub(crate) fn generate() -> Self {
        Self(random::letters(22))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// An invitation to one person, good for some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PersonalInvite {
    pub(crate) code: String,
    pub(crate) expires: u64,
    pub(crate) by: AccountId,
}

impl PersonalInvite {
    pub(crate) fn new(by: AccountId, now: u64) -> Self {
        Self {
            code: random::letters(16),
            expires: now + INVITATION_LASTS,
            by,
        }
    }
}

/// How a join ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Joined {
    In(GroupId),
    /// An admin decides.
    Asked(GroupId),
}

/// The group's code, for who may hand it out.
pub(crate) fn code(state: &State, id: &GroupId, by: AccountId) -> Result<InviteCode, GroupError> {
    let group = state.groups.get(id)?;
    if group.settings.members_link {
        group.as_member(by)?;
    } else {
        group.as_admin(by)?;
    }
    Ok(group.invite.clone())
}

/// Makes a new code; the old one is worth nothing any more.
pub(crate) fn reset(state: &mut State, id: &GroupId, by: AccountId) -> Result<InviteCode, GroupError> {
    let group = state.groups.get_mut(id)?;
    group.as_admin(by)?;
    let old = std::mem::replace(&mut group.invite, InviteCode::generate());
    if group.old_invites.len() >= OLD_CODES {
        group.old_invites.remove(0);
    }
    group.old_invites.push(old);
    let code = group.invite.clone();
    let node = NodeBuilder::new("invite").attr("code", code.as_str());
    tell::members(state, id, by, node.build());
    Ok(code)
}

/// The group a code leads to.
pub(crate) fn find<'a>(state: &'a State, code: &str) -> Result<&'a Group, GroupError> {
    if let Some(group) = state.groups.iter().find(|group| group.invite.as_str() == code) {
        return Ok(group);
    }
    let reset = |group: &&Group| group.old_invites.iter().any(|old| old.as_str() == code);
    if state.groups.iter().any(|group| reset(&group)) {
        return Err(GroupError::Gone);
    }
    Err(GroupError::NotFound)
}

/// Joins by a link.
pub(crate) fn join(state: &mut State, by: AccountId, code: &str) -> Result<Joined, GroupError> {
    let group = find(state, code)?;
    let id = group.id.clone();
    if group.has(by) {
        return Err(GroupError::AlreadyMember);
    }
    if group.removed.contains(&by) {
        return Err(GroupError::NotAllowed);
    }
    if group.settings.approval || group.place.closed {
        approval::ask(state, &id, by, Method::Link)?;
        return Ok(Joined::Asked(id));
    }
    enter(state, &id, by, by, "invite")?;
    Ok(Joined::In(id))
}

/// Accepts an invitation to one person.
pub(crate) fn accept(
    state: &mut State,
    id: &GroupId,
    account: AccountId,
    code: &str,
) -> Result<Joined, GroupError> {
    let now = state.clock.now_secs();
    let group = state.groups.get(id)?;
    if group.has(account) {
        return Err(GroupError::AlreadyMember);
    }
    let invite = group.personal_invites.get(&account).ok_or(GroupError::NotFound)?;
    if invite.code != code {
        return Err(GroupError::NotFound);
    }
    if invite.expires < now {
        return Err(GroupError::Gone);
    }
    let by = invite.by;
    enter(state, id, by, account, "invite")?;
    Ok(Joined::In(id.clone()))
}

fn enter(
    state: &mut State,
    id: &GroupId,
    by: AccountId,
    account: AccountId,
    reason: &'static str,
) -> Result<(), GroupError> {
    let now = state.clock.now_secs();
    let group = state.groups.get_mut(id)?;
    if group.members.len() >= super::MOST_MEMBERS {
        return Err(GroupError::Full);
    }
    members::enter(group, account, now);
    group.version += 1;
    members::welcome(state, id, by, &[account], Some(reason));
    Ok(())
}

/// Takes invitations to single people back.
pub(crate) fn withdraw(
    state: &mut State,
    id: &GroupId,
    by: AccountId,
    who: &[Option<AccountId>],
) -> Result<Vec<members::Outcome>, GroupError> {
    let group = state.groups.get_mut(id)?;
    group.as_admin(by)?;
    let outcomes = who.iter().map(|account| {
        let taken = account.and_then(|account| group.personal_invites.remove(&account));
        members::Outcome {
            account: *account,
            result: taken.map(|_| ()).ok_or(GroupError::NotFound),
            invite: None,
        }
    });
    Ok(outcomes.collect())
}
