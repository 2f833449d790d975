//! A group is made.

use std::collections::{HashMap, HashSet};

use wacore_binary::builder::NodeBuilder;

use super::info::{Description, Subject};
use super::members::{self, Outcome};
use super::{Group, GroupError, GroupId, Member, Place, Rank, Settings, tell};
use crate::accounts::{AccountId, Namespace};
use crate::random;
use crate::stanza::group::{self, Detail};
use crate::state::State;

/// What a new group is to be.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) subject: String,
    /// An id and a text.
    pub(crate) description: Option<(String, String)>,
    pub(crate) members: Vec<AccountId>,
    pub(crate) settings: Settings,
    pub(crate) place: Place,
    /// A community gets a chat for everybody.
    pub(crate) with_general_chat: bool,
    /// `None` is the creator's own.
    pub(crate) addressing: Option<Namespace>,
}

/// Makes a group, and tells everyone who is in it. Who may not be added is left out and named in the outcomes.
pub(crate) fn create(
    state: &mut State,
    by: AccountId,
    draft: Draft,
) -> Result<(GroupId, Vec<Outcome>), GroupError> {
    let creator = state.accounts.get(by).ok_or(GroupError::BadRequest)?;
    let addressing = draft.addressing.unwrap_or(creator.phone.addressing);
    if draft.members.len() >= super::MOST_MEMBERS {
        return Err(GroupError::Full);
    }
    if let Some(parent) = &draft.place.linked_parent {
        let parent = state.groups.get(parent)?;
        if parent.place.members_create {
            parent.as_member(by)?;
        } else {
            parent.as_admin(by)?;
        }
    }
    let now = state.clock.now_secs();
    let description = match &draft.description {
        Some((id, text)) => Some(Description::new(id.clone(), text, by, now)?),
        None => None,
    };
    let id = free_id(state);
    let mut group = Group {
        id: id.clone(),
        addressing,
        creator: by,
        created: now,
        subject: Subject::new(&draft.subject, by, now)?,
        description,
        settings: draft.settings,
        place: draft.place,
        members: vec![Member {
            account: by,
            rank: Rank::Superadmin,
            joined: now,
        }],
        removed: HashSet::new(),
        requests: Vec::new(),
        invite: super::invites::InviteCode::generate(),
        old_invites: Vec::new(),
        personal_invites: HashMap::new(),
        picture: None,
        version: 1,
    };
    let mut outcomes = Vec::new();
    for account in draft.members {
        if group.has(account) {
            continue;
        }
        let outcome = members::invited_or(state, &mut group, by, account, |group| {
            group.members.push(Member {
                account,
                rank: Rank::Member,
                joined: now,
            });
        });
        outcomes.push(outcome);
    }
    let parent = group.place.parent;
    let linked_parent = group.place.linked_parent.clone();
    state.groups.insert(group);
    announce(state, &id, by);
    if let Some(community) = linked_parent {
        super::community::take_in(state, &community, &id, by);
    } else if parent {
        super::community::furnish(state, &id, by, draft.with_general_chat);
    }
    Ok((id, outcomes))
}

/// Tells the members of a new group that it is there.
fn announce(state: &mut State, id: &GroupId, by: AccountId) {
    let Ok(new) = state.groups.get(id) else {
        return;
    };
    let node = NodeBuilder::new("create")
        .attr("type", "new")
        .attr("key", random::stanza_id())
        .children([group::describe(state, new, Detail::FULL)])
        .build();
    tell::members(state, id, by, node);
}

fn free_id(state: &State) -> GroupId {
    loop {
        let digits = u64::from_be_bytes(random::bytes()) % 1_000_000_000_000;
        let id = GroupId::new(format!("120363{digits:012}"));
        if state.groups.get(&id).is_err() {
            return id;
        }
    }
}
