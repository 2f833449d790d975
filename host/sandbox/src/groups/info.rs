//! What a group is called and how it is set up.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::{Group, GroupError, GroupId, tell};
use crate::accounts::AccountId;
use crate::random;
use crate::stanza::group::{add_mode, approval_mode};
use crate::state::State;

/// The longest subject, in characters.
pub(crate) const LONGEST_SUBJECT: usize = 100;
/// The longest description, in characters.
pub(crate) const LONGEST_DESCRIPTION: usize = 2048;
/// The longest a message may last in a group, in seconds: ten years.
const LONGEST_TIMER: u32 = 315_360_000;

/// A subject, and who set it.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) text: String,
    pub(crate) by: AccountId,
    pub(crate) at: u64,
}

impl Subject {
    pub(crate) fn new(text: &str, by: AccountId, at: u64) -> Result<Self, GroupError> {
        if text.is_empty() || text.chars().count() > LONGEST_SUBJECT {
            return Err(GroupError::NotAcceptable);
        }
        Ok(Self {
            text: text.to_owned(),
            by,
            at,
        })
    }
}

/// A description; its id is what the next change has to name.
#[derive(Debug, Clone)]
pub(crate) struct Description {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) by: AccountId,
    pub(crate) at: u64,
}

impl Description {
    pub(crate) fn new(id: String, text: &str, by: AccountId, at: u64) -> Result<Self, GroupError> {
        if text.chars().count() > LONGEST_DESCRIPTION {
            return Err(GroupError::NotAcceptable);
        }
        Ok(Self {
            id,
            text: text.to_owned(),
            by,
            at,
        })
    }
}

/// How long messages last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ephemeral {
    pub(crate) expiration: u32,
    pub(crate) trigger: Option<u32>,
}

impl Ephemeral {
    /// The `<ephemeral>` of a group or of a change.
    pub(crate) fn node(self) -> Node {
        let mut node = NodeBuilder::new("ephemeral").attr("expiration", self.expiration);
        if let Some(trigger) = self.trigger {
            node = node.attr("trigger", trigger);
        }
        node.build()
    }
}

/// A switch, and where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    Announce(bool),
    Locked(bool),
    Ephemeral(Option<Ephemeral>),
    Approval(bool),
    AdminsAdd(bool),
    MembersLink(bool),
    NoFrequentlyForwarded(bool),
    AdminReports(bool),
    History(bool),
    MembersShareHistory(bool),
    LimitSharing(bool),
}

impl Setting {
    fn apply(self, group: &mut Group) {
        let settings = &mut group.settings;
        match self {
            Self::Announce(on) => settings.announce = on,
            Self::Locked(on) => settings.locked = on,
            Self::Ephemeral(timer) => settings.ephemeral = timer,
            Self::Approval(on) => settings.approval = on,
            Self::AdminsAdd(on) => settings.admins_add = on,
            Self::MembersLink(on) => settings.members_link = on,
            Self::NoFrequentlyForwarded(on) => settings.no_frequently_forwarded = on,
            Self::AdminReports(on) => settings.admin_reports = on,
            Self::History(on) => settings.history = on,
            Self::MembersShareHistory(on) => settings.members_share_history = on,
            Self::LimitSharing(on) => settings.limit_sharing = on,
        }
    }

    /// What members are told; `None` for what they are not told about.
    fn node(self, group: &Group) -> Option<Node> {
        let tag = match self {
            Self::Announce(true) => "announcement",
            Self::Announce(false) => "not_announcement",
            Self::Locked(true) => "locked",
            Self::Locked(false) => "unlocked",
            Self::Ephemeral(Some(timer)) => return Some(timer.node()),
            Self::Ephemeral(None) => "not_ephemeral",
            Self::Approval(on) => return Some(approval_mode(on)),
            Self::AdminsAdd(_) => {
                let mode = NodeBuilder::new("member_add_mode").string_content(add_mode(&group.settings));
                return Some(mode.build());
            }
            Self::NoFrequentlyForwarded(true) => "no_frequently_forwarded",
            Self::NoFrequentlyForwarded(false) => "frequently_forwarded_ok",
            Self::AdminReports(true) => "allow_admin_reports",
            Self::AdminReports(false) => "not_allow_admin_reports",
            Self::LimitSharing(true) => "limit_sharing_enabled",
            Self::MembersLink(_)
            | Self::History(_)
            | Self::MembersShareHistory(_)
            | Self::LimitSharing(false) => return None,
        };
        Some(NodeBuilder::new(tag).build())
    }

    /// The message timer belongs to what the lock is about; everything else is for admins alone.
    fn for_admins(self) -> bool {
        !matches!(self, Self::Ephemeral(_))
    }
}

/// Refuses who may not change what the group is called.
fn as_editor(group: &Group, by: AccountId) -> Result<(), GroupError> {
    if group.settings.locked {
        group.as_admin(by)?;
    } else {
        group.as_member(by)?;
    }
    Ok(())
}

/// Gives the group a new subject.
pub(crate) fn rename(state: &mut State, id: &GroupId, by: AccountId, text: &str) -> Result<(), GroupError> {
    let at = state.clock.now_secs();
    let group = state.groups.get_mut(id)?;
    as_editor(group, by)?;
    group.subject = Subject::new(text, by, at)?;
    let addressing = group.addressing;
    let mut node = NodeBuilder::new("subject").attr("subject", text).attr("s_t", at);
    if let Some(owner) = state.accounts.get(by) {
        node = node.attr("s_o", owner.jid(addressing, 0));
    }
    tell::members(state, id, by, node.build());
    Ok(())
}

/// A change of the description: what it replaces, and with what.
#[derive(Debug)]
pub(crate) struct NewDescription<'a> {
    /// The new id; made up when the change comes from a phone.
    pub(crate) id: Option<String>,
    /// The id of the description that is replaced.
    pub(crate) previous: Option<String>,
    /// `None` takes the description away.
    pub(crate) text: Option<&'a str>,
}

/// Describes the group anew. A change that was made on top of another description than the one that is there is a
/// conflict.
pub(crate) fn describe(
    state: &mut State,
    id: &GroupId,
    by: AccountId,
    new: NewDescription<'_>,
) -> Result<(), GroupError> {
    let at = state.clock.now_secs();
    let group = state.groups.get_mut(id)?;
    as_editor(group, by)?;
    let current = group.description.as_ref().map(|description| &description.id);
    if new.previous.as_ref() != current {
        return Err(GroupError::Conflict);
    }
    let new_id = new.id.unwrap_or_else(random::stanza_id);
    let node = NodeBuilder::new("description").attr("id", new_id.as_str());
    let child = if let Some(text) = new.text.filter(|text| !text.is_empty()) {
        group.description = Some(Description::new(new_id, text, by, at)?);
        NodeBuilder::new("body").string_content(text).build()
    } else {
        group.description = None;
        NodeBuilder::new("delete").build()
    };
    tell::members(state, id, by, node.children([child]).build());
    Ok(())
}

/// The id the next change of the description has to name.
pub(crate) fn description_id(state: &State, id: &GroupId) -> Result<Option<String>, GroupError> {
    let description = &state.groups.get(id)?.description;
    Ok(description.as_ref().map(|description| description.id.clone()))
}

/// Turns a switch.
pub(crate) fn set(
    state: &mut State,
    id: &GroupId,
    by: AccountId,
    setting: Setting,
) -> Result<(), GroupError> {
    let group = state.groups.get_mut(id)?;
    if setting.for_admins() {
        group.as_admin(by)?;
    } else {
        as_editor(group, by)?;
    }
    if let Setting::Ephemeral(Some(timer)) = setting
        && (timer.expiration == 0 || timer.expiration > LONGEST_TIMER)
    {
        return Err(GroupError::BadRequest);
    }
    setting.apply(group);
    if let Some(node) = setting.node(group) {
        tell::members(state, id, by, node);
    }
    Ok(())
}

/// Refuses who may not change the picture.
pub(crate) fn may_change_picture(state: &State, id: &GroupId, by: AccountId) -> Result<(), GroupError> {
    as_editor(state.groups.get(id)?, by)
}
