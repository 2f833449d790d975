//! `<create>`.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeContent};

use super::{Outcome, members, people};
use crate::accounts::AccountId;
use crate::groups::create::{self, Draft};
use crate::groups::info::Ephemeral;
use crate::groups::{GroupId, Place, Settings};
use crate::random;
use crate::stanza::group::{self, Detail};
use crate::stanza::{attr, child_content, jid};
use crate::state::State;

pub(super) fn create(state: &mut State, by: AccountId, asked: &Node) -> Outcome {
    let people = people(state, asked);
    let draft = Draft {
        subject: attr(asked, "subject").unwrap_or_default(),
        description: asked.get_optional_child("description").map(|description| {
            (
                attr(description, "id").unwrap_or_else(random::stanza_id),
                text(description, "body").unwrap_or_default(),
            )
        }),
        members: people.iter().filter_map(|(_, account)| *account).collect(),
        settings: settings(asked),
        place: place(asked),
        with_general_chat: asked.get_optional_child("create_general_chat").is_some(),
        addressing: None,
    };
    let (id, outcomes) = create::create(state, by, draft)?;
    let group = state.groups.get(&id)?;
    let mut node = group::describe(state, group, Detail::FULL);
    // Who could not be added is named too, each with the reason.
    let mut refused: Vec<Node> = outcomes
        .iter()
        .filter(|outcome| outcome.result.is_err())
        .filter_map(|outcome| members::participant(state, group, outcome, None))
        .collect();
    refused.extend(
        people
            .iter()
            .filter(|(_, account)| account.is_none())
            .map(|(jid, _)| {
                NodeBuilder::new("participant")
                    .attr("jid", jid)
                    .attr("error", 404u16)
                    .build()
            }),
    );
    if let Some(NodeContent::Nodes(children)) = &mut node.content {
        children.extend(refused);
    }
    Ok(vec![node])
}

/// The text of a child.
pub(super) fn text(node: &Node, tag: &str) -> Option<String> {
    let bytes = child_content(node, tag)?;
    Some(String::from_utf8_lossy(bytes).into_owned())
}

fn settings(asked: &Node) -> Settings {
    let has = |tag: &str| asked.get_optional_child(tag).is_some();
    let ephemeral = asked
        .get_optional_child("ephemeral")
        .and_then(super::settings::timer);
    Settings {
        announce: has("announcement"),
        locked: has("locked"),
        ephemeral: ephemeral.filter(|timer: &Ephemeral| timer.expiration > 0),
        approval: asked
            .get_optional_child("membership_approval_mode")
            .and_then(|mode| attr(mode.get_optional_child("group_join")?, "state"))
            .is_some_and(|state| state == "on"),
        admins_add: text(asked, "member_add_mode").is_some_and(|mode| mode == "admin_add"),
        members_link: text(asked, "member_link_mode").is_some_and(|mode| mode == "all_member_link"),
        ..Settings::default()
    }
}

fn place(asked: &Node) -> Place {
    let parent = asked.get_optional_child("parent");
    Place {
        parent: parent.is_some(),
        closed: parent.is_some_and(|parent| {
            attr(parent, "default_membership_approval_mode").as_deref() == Some("request_required")
        }),
        members_create: asked
            .get_optional_child("allow_non_admin_sub_group_creation")
            .is_some(),
        linked_parent: asked
            .get_optional_child("linked_parent")
            .and_then(|parent| GroupId::of(&jid(parent, "jid")?)),
        ..Place::default()
    }
}
