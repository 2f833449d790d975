//! `<subject>`, `<description>` and the switches.

use wacore_binary::Node;

use super::Outcome;
use super::create::text;
use crate::accounts::AccountId;
use crate::groups::info::{self, Ephemeral, NewDescription, Setting};
use crate::groups::{GroupError, GroupId};
use crate::stanza::{attr, content};
use crate::state::State;

pub(super) fn subject(state: &mut State, by: AccountId, id: &GroupId, asked: &Node) -> Outcome {
    let text = String::from_utf8_lossy(content(asked).unwrap_or_default()).into_owned();
    info::rename(state, id, by, &text)?;
    Ok(Vec::new())
}

pub(super) fn description(state: &mut State, by: AccountId, id: &GroupId, asked: &Node) -> Outcome {
    let body = text(asked, "body");
    let deleted = attr(asked, "delete").as_deref() == Some("true");
    let new = NewDescription {
        id: attr(asked, "id"),
        previous: attr(asked, "prev"),
        text: body.as_deref().filter(|_| !deleted),
    };
    info::describe(state, id, by, new)?;
    Ok(Vec::new())
}

/// The timer of an `<ephemeral>`.
pub(super) fn timer(node: &Node) -> Option<Ephemeral> {
    Some(Ephemeral {
        expiration: attr(node, "expiration")?.parse().ok()?,
        trigger: attr(node, "trigger").and_then(|trigger| trigger.parse().ok()),
    })
}

pub(super) fn set(state: &mut State, by: AccountId, id: &GroupId, asked: &Node) -> Outcome {
    let setting = match asked.tag.as_ref() {
        "announcement" => Setting::Announce(true),
        "not_announcement" => Setting::Announce(false),
        "locked" => Setting::Locked(true),
        "unlocked" => Setting::Locked(false),
        "ephemeral" => Setting::Ephemeral(Some(timer(asked).ok_or(GroupError::BadRequest)?)),
        "not_ephemeral" => Setting::Ephemeral(None),
        "membership_approval_mode" => {
            let join = asked.get_optional_child("group_join");
            let state = join.and_then(|join| attr(join, "state"));
            Setting::Approval(one_of(state.as_deref(), "on", "off")?)
        }
        "member_add_mode" => {
            let mode = content(asked).and_then(|mode| std::str::from_utf8(mode).ok());
            Setting::AdminsAdd(one_of(mode, "admin_add", "all_member_add")?)
        }
        "no_frequently_forwarded" => Setting::NoFrequentlyForwarded(true),
        "frequently_forwarded_ok" => Setting::NoFrequentlyForwarded(false),
        "allow_admin_reports" => Setting::AdminReports(true),
        "not_allow_admin_reports" => Setting::AdminReports(false),
        "group_history" => Setting::History(true),
        "no_group_history" => Setting::History(false),
        _ => return Err(GroupError::BadRequest),
    };
    info::set(state, id, by, setting)?;
    Ok(Vec::new())
}

fn one_of(value: Option<&str>, yes: &str, no: &str) -> Result<bool, GroupError> {
    match value {
        Some(value) if value == yes => Ok(true),
        Some(value) if value == no => Ok(false),
        _ => Err(GroupError::BadRequest),
    }
}
