//! Groups: who is in them, who may do what, and what they are called. Every change names the account that makes it, so
//! that linked devices and phones go by the same rules.

pub(crate) mod approval;
pub(crate) mod community;
pub(crate) mod create;
pub(crate) mod info;
pub(crate) mod invites;
pub(crate) mod members;
pub(crate) mod tell;

use std::collections::{BTreeMap, HashMap, HashSet};

use wacore::messages::MessageUtils;
use wacore_binary::{Jid, Server};

use crate::accounts::{AccountId, Namespace};
use crate::state::State;
use approval::Request;
use info::{Description, Ephemeral, Subject};
use invites::{InviteCode, PersonalInvite};

/// The most members a group may have.
pub(crate) const MOST_MEMBERS: usize = 1024;

/// Why a group operation was refused, as the code the wire knows it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupError {
    /// Who joins is in the group already.
    AlreadyMember,
    BadRequest,
    /// The account is not in the group, or not one of its admins.
    Forbidden,
    NotFound,
    /// Who was removed does not get back in by a link; the creator is not removed at all.
    NotAllowed,
    /// A text is too long, or empty.
    NotAcceptable,
    /// Somebody else was faster.
    Conflict,
    /// The link was reset.
    Gone,
    Full,
}

impl GroupError {
    pub(crate) fn code(self) -> u16 {
        match self {
            Self::AlreadyMember => 304,
            Self::BadRequest => 400,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::NotAllowed => 405,
            Self::NotAcceptable => 406,
            Self::Conflict => 409,
            Self::Gone => 410,
            Self::Full => 419,
        }
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::AlreadyMember => "not-modified",
            Self::BadRequest => "bad-request",
            Self::Forbidden => "forbidden",
            Self::NotFound => "item-not-found",
            Self::NotAllowed => "not-allowed",
            Self::NotAcceptable => "not-acceptable",
            Self::Conflict => "conflict",
            Self::Gone => "gone",
            Self::Full => "resource-limit",
        }
    }
}

/// A group's address without its server.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct GroupId(String);

impl GroupId {
    pub(crate) fn new(user: impl Into<String>) -> Self {
        Self(user.into())
    }

    /// The group an address names; `None` when it is not a group's.
    pub(crate) fn of(jid: &Jid) -> Option<Self> {
        (jid.server == Server::Group && !jid.user.is_empty()).then(|| Self(jid.user.to_string()))
    }

    pub(crate) fn jid(&self) -> Jid {
        Jid::group(self.0.as_str())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rank {
    Member,
    Admin,
    /// The creator.
    Superadmin,
}

impl Rank {
    /// The value of a participant's `type`; plain members have none.
    pub(crate) fn wire(self) -> Option<&'static str> {
        match self {
            Self::Member => None,
            Self::Admin => Some("admin"),
            Self::Superadmin => Some("superadmin"),
        }
    }

    pub(crate) fn is_admin(self) -> bool {
        self != Self::Member
    }
}

/// One member.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) account: AccountId,
    pub(crate) rank: Rank,
    pub(crate) joined: u64,
}

/// Switches of a group.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one switch of the wire, and they are turned one by one"
)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Only admins write.
    pub(crate) announce: bool,
    /// Only admins change subject, description, picture and the message timer.
    pub(crate) locked: bool,
    pub(crate) ephemeral: Option<Ephemeral>,
    /// Who joins by a link waits for an admin.
    pub(crate) approval: bool,
    /// Only admins add members.
    pub(crate) admins_add: bool,
    /// Every member may hand out the link.
    pub(crate) members_link: bool,
    pub(crate) no_frequently_forwarded: bool,
    pub(crate) admin_reports: bool,
    pub(crate) history: bool,
    /// Every member shares history with newcomers.
    pub(crate) members_share_history: bool,
    pub(crate) limit_sharing: bool,
}

/// What a group is in a community.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one flag of the wire, in any combination"
)]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// It is a community itself.
    pub(crate) parent: bool,
    /// Joining the community takes an admin's approval.
    pub(crate) closed: bool,
    pub(crate) members_create: bool,
    /// The community it belongs to.
    pub(crate) linked_parent: Option<GroupId>,
    /// Its community's announcement group.
    pub(crate) default_sub_group: bool,
    pub(crate) general_chat: bool,
}

/// A group.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) id: GroupId,
    pub(crate) addressing: Namespace,
    pub(crate) creator: AccountId,
    pub(crate) created: u64,
    pub(crate) subject: Subject,
    pub(crate) description: Option<Description>,
    pub(crate) settings: Settings,
    pub(crate) place: Place,
    pub(crate) members: Vec<Member>,
    /// Who was removed by an admin, and therefore does not get back in by a link.
    pub(crate) removed: HashSet<AccountId>,
    pub(crate) requests: Vec<Request>,
    pub(crate) invite: InviteCode,
    /// Codes that were reset.
    pub(crate) old_invites: Vec<InviteCode>,
    pub(crate) personal_invites: HashMap<AccountId, PersonalInvite>,
    pub(crate) picture: Option<String>,
    /// Grows with every change of the member list.
    pub(crate) version: u64,
}

impl Group {
    pub(crate) fn member(&self, account: AccountId) -> Option<&Member> {
        self.members.iter().find(|member| member.account == account)
    }

    pub(crate) fn member_mut(&mut self, account: AccountId) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.account == account)
    }

    pub(crate) fn has(&self, account: AccountId) -> bool {
        self.member(account).is_some()
    }

    pub(crate) fn accounts(&self) -> Vec<AccountId> {
        self.members.iter().map(|member| member.account).collect()
    }

    pub(crate) fn admins(&self) -> Vec<AccountId> {
        let admins = self.members.iter().filter(|member| member.rank.is_admin());
        admins.map(|member| member.account).collect()
    }

    /// Refuses who is not in the group.
    pub(crate) fn as_member(&self, account: AccountId) -> Result<&Member, GroupError> {
        self.member(account).ok_or(GroupError::Forbidden)
    }

    /// Refuses who is not an admin of the group.
    pub(crate) fn as_admin(&self, account: AccountId) -> Result<&Member, GroupError> {
        let member = self.as_member(account)?;
        if member.rank.is_admin() {
            Ok(member)
        } else {
            Err(GroupError::Forbidden)
        }
    }
}

/// All groups, by address.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    by_id: BTreeMap<GroupId, Group>,
}

impl Groups {
    pub(crate) fn insert(&mut self, group: Group) {
        self.by_id.insert(group.id.clone(), group);
    }

    pub(crate) fn remove(&mut self, id: &GroupId) -> Option<Group> {
        self.by_id.remove(id)
    }

    pub(crate) fn get(&self, id: &GroupId) -> Result<&Group, GroupError> {
        self.by_id.get(id).ok_or(GroupError::NotFound)
    }

    pub(crate) fn get_mut(&mut self, id: &GroupId) -> Result<&mut Group, GroupError> {
        self.by_id.get_mut(id).ok_or(GroupError::NotFound)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Group> {
        self.by_id.values()
    }

    /// The groups an account is in.
    pub(crate) fn of(&self, account: AccountId) -> impl Iterator<Item = &Group> {
        self.iter().filter(move |group| group.has(account))
    }

    /// Everyone who shares a group with an account, the account itself left out.
    pub(crate) fn companions(&self, account: AccountId) -> HashSet<AccountId> {
        self.of(account)
            .flat_map(Group::accounts)
            .filter(|other| *other != account)
            .collect()
    }
}

/// The hash of a group's members, as a client computes it to ask whether anything has changed.
pub(crate) fn members_hash(state: &State, group: &Group) -> Option<String> {
    let members: Vec<Jid> = group
        .members
        .iter()
        .filter_map(|member| Some(state.accounts.get(member.account)?.jid(group.addressing, 0)))
        .collect();
    MessageUtils::participant_list_hash(&members).ok()
}

/// The hash of the devices a group message has to reach, its sender's included.
pub(crate) fn devices_hash(state: &State, group: &Group) -> Option<String> {
    let devices: Vec<Jid> = group
        .members
        .iter()
        .filter_map(|member| state.accounts.get(member.account))
        .flat_map(|account| {
            account
                .visible_devices()
                .map(|(device, _)| account.jid(group.addressing, device))
                .collect::<Vec<_>>()
        })
        .collect();
    MessageUtils::participant_list_hash(&devices).ok()
}
