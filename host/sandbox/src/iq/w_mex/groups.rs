//! Switches of groups that have no stanza of their own, and the groups of a community.

use serde_json::{Value, json};

use super::{Outcome, Refused, field};
use crate::accounts::AccountId;
use crate::groups::info::{self, Setting};
use crate::groups::{Group, GroupError, GroupId, community};
use crate::state::State;

impl From<GroupError> for Refused {
    fn from(error: GroupError) -> Self {
        Self::new(error.code(), error.text())
    }
}

fn named(value: &Value) -> Result<GroupId, GroupError> {
    value
        .as_str()
        .and_then(|jid| GroupId::of(&jid.parse().ok()?))
        .ok_or(GroupError::NotFound)
}

pub(super) fn update(state: &mut State, by: AccountId, variables: &Value) -> Outcome {
    let id = named(&variables["group_id"])?;
    let update = &variables["update"];
    let setting = if let Some(mode) = update["member_link_mode"].as_str() {
        Setting::MembersLink(mode == "ALL_MEMBER_LINK")
    } else if let Some(mode) = update["member_share_group_history_mode"].as_str() {
        Setting::MembersShareHistory(mode == "ALL_MEMBER_SHARE")
    } else if let Some(on) = field(update, "/limit_sharing/limit_sharing_enabled").as_bool() {
        Setting::LimitSharing(on)
    } else {
        return Err(GroupError::BadRequest.into());
    };
    info::set(state, &id, by, setting)?;
    Ok(json!({ "xwa2_group_update_property": { "id": id.jid().to_string(), "state": "ACTIVE" } }))
}

pub(super) fn sub_groups(state: &State, by: AccountId, named: &Value) -> Outcome {
    let id = self::named(named)?;
    state.groups.get(&id)?.as_member(by)?;
    let mut default = Value::Null;
    let mut edges = Vec::new();
    for linked in community::groups(state, &id) {
        let group = state.groups.get(&linked)?;
        if group.place.default_sub_group {
            default = describe(group);
        } else {
            edges.push(json!({ "node": describe(group) }));
        }
    }
    Ok(json!({
        "xwa2_group_query_by_id": {
            "id": id.jid().to_string(),
            "default_sub_group": default,
            "sub_groups": { "edges": edges },
        },
    }))
}

fn describe(group: &Group) -> Value {
    json!({
        "id": group.id.jid().to_string(),
        "subject": { "value": group.subject.text, "creation_time": group.subject.at.to_string() },
        "creation_time": group.created.to_string(),
        "participants_count": group.members.len(),
        "total_participants_count": group.members.len(),
        "properties": { "general_chat": group.place.general_chat },
    })
}
