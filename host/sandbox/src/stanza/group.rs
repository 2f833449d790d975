//! `<group>`: a group as the server describes it.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use crate::accounts::{AccountId, Namespace};
use crate::groups::{Group, Member, Place, Settings};
use crate::state::State;

/// How much of a group is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Detail {
    pub(crate) members: bool,
    pub(crate) description: bool,
}

impl Detail {
    pub(crate) const FULL: Self = Self {
        members: true,
        description: true,
    };
}

/// A `<participant>` of a group, without its rank.
pub(crate) fn participant(state: &State, group: &Group, account: AccountId) -> Option<NodeBuilder> {
    let entry = state.accounts.get(account)?;
    let other = match group.addressing {
        Namespace::Pn => "lid",
        Namespace::Lid => "phone_number",
    };
    Some(
        NodeBuilder::new("participant")
            .attr("jid", entry.jid(group.addressing, 0))
            .attr(other, entry.jid(group.addressing.other(), 0)),
    )
}

/// The whole `<group>`.
pub(crate) fn describe(state: &State, group: &Group, detail: Detail) -> Node {
    let mut children = Vec::new();
    if detail.members {
        children.extend(
            group
                .members
                .iter()
                .filter_map(|member| self::member(state, group, member)),
        );
    }
    if detail.description {
        children.extend(description(state, group));
    }
    children.extend(settings(&group.settings));
    children.extend(place(&group.place));

    let mut node = NodeBuilder::new("group")
        .attr("id", group.id.as_str())
        .attr("subject", group.subject.text.as_str())
        .attr("s_t", group.subject.at)
        .attr("creation", group.created)
        .attr("size", group.members.len())
        .attr("addressing_mode", group.addressing.name())
        .attr("p_v_id", group.version);
    if let Some(creator) = state.accounts.get(group.creator) {
        node = node.attr("creator", creator.jid(group.addressing, 0));
        if group.addressing == Namespace::Lid {
            node = node.attr("creator_pn", creator.jid(Namespace::Pn, 0));
        }
    }
    if let Some(owner) = state.accounts.get(group.subject.by) {
        node = node.attr("s_o", owner.jid(group.addressing, 0));
        if group.addressing == Namespace::Lid {
            node = node.attr("s_o_pn", owner.jid(Namespace::Pn, 0));
        }
    }
    node.children(children).build()
}

fn member(state: &State, group: &Group, member: &Member) -> Option<Node> {
    let mut node = participant(state, group, member.account)?.attr("join_time", member.joined);
    if let Some(rank) = member.rank.wire() {
        node = node.attr("type", rank);
    }
    Some(node.build())
}

fn description(state: &State, group: &Group) -> Option<Node> {
    let description = group.description.as_ref()?;
    let mut node = NodeBuilder::new("description")
        .attr("id", description.id.as_str())
        .attr("t", description.at);
    if let Some(owner) = state.accounts.get(description.by) {
        node = node.attr("participant", owner.jid(group.addressing, 0));
        if group.addressing == Namespace::Lid {
            node = node.attr("participant_pn", owner.jid(Namespace::Pn, 0));
        }
    }
    let body = NodeBuilder::new("body").string_content(description.text.as_str());
    Some(node.children([body.build()]).build())
}

fn settings(settings: &Settings) -> Vec<Node> {
    let switches = [
        (settings.announce, "announcement"),
        (settings.locked, "locked"),
        (settings.no_frequently_forwarded, "no_frequently_forwarded"),
        (settings.admin_reports, "allow_admin_reports"),
        (settings.history, "group_history"),
        (settings.limit_sharing, "limit_sharing_enabled"),
    ];
    let mut nodes: Vec<Node> = switches
        .into_iter()
        .filter(|(on, _)| *on)
        .map(|(_, tag)| NodeBuilder::new(tag).build())
        .collect();
    if let Some(ephemeral) = settings.ephemeral {
        nodes.push(ephemeral.node());
    }
    if settings.approval {
        nodes.push(approval_mode(true));
    }
    let text = |tag, text| NodeBuilder::new(tag).string_content(text).build();
    nodes.push(text("member_add_mode", add_mode(settings)));
    nodes.push(text("member_link_mode", link_mode(settings)));
    nodes.push(text(
        "member_share_group_history_mode",
        if settings.members_share_history {
            "all_member_share"
        } else {
            "admin_share"
        },
    ));
    nodes
}

/// Who may add members, in the wire's words.
pub(crate) fn add_mode(settings: &Settings) -> &'static str {
    if settings.admins_add {
        "admin_add"
    } else {
        "all_member_add"
    }
}

fn link_mode(settings: &Settings) -> &'static str {
    if settings.members_link {
        "all_member_link"
    } else {
        "admin_link"
    }
}

/// `<membership_approval_mode>`.
pub(crate) fn approval_mode(on: bool) -> Node {
    let join = NodeBuilder::new("group_join").attr("state", if on { "on" } else { "off" });
    NodeBuilder::new("membership_approval_mode")
        .children([join.build()])
        .build()
}

fn place(place: &Place) -> Vec<Node> {
    let mut nodes = Vec::new();
    if place.parent {
        let mut parent = NodeBuilder::new("parent");
        if place.closed {
            parent = parent.attr("default_membership_approval_mode", "request_required");
        }
        nodes.push(parent.build());
    }
    if let Some(parent) = &place.linked_parent {
        nodes.push(
            NodeBuilder::new("linked_parent")
                .attr("jid", parent.jid())
                .build(),
        );
    }
    let switches = [
        (place.default_sub_group, "default_sub_group"),
        (place.general_chat, "general_chat"),
        (place.members_create, "allow_non_admin_sub_group_creation"),
    ];
    nodes.extend(
        switches
            .into_iter()
            .filter(|(on, _)| *on)
            .map(|(_, tag)| NodeBuilder::new(tag).build()),
    );
    nodes
}
