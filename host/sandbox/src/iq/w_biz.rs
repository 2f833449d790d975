//! `w:biz`: what a business says of itself.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::Answer;
use crate::profile::Business;
use crate::stanza::iq::{Iq, IqKind};
use crate::stanza::jid;
use crate::state::State;

pub(super) fn answer(state: &State, query: &Iq) -> Answer {
    let asked = query
        .child("business_profile")
        .filter(|_| query.kind == IqKind::Get);
    let Some(asked) = asked else {
        return query.error(400, "bad-request").into();
    };
    // Who is no business has no profile, which is not an error.
    let profiles = asked.get_children_by_tag("profile").filter_map(|asked| {
        let jid = jid(asked, "jid")?;
        let account = state.accounts.get(state.accounts.find(&jid)?)?;
        let business = account.profile.business.as_ref()?;
        Some(profile(business).attr("jid", jid.to_non_ad()).build())
    });
    let profiles: Vec<Node> = profiles.collect();
    query
        .result(vec![
            NodeBuilder::new("business_profile").children(profiles).build(),
        ])
        .into()
}

fn profile(business: &Business) -> NodeBuilder {
    let text = |tag: &'static str, text: &str| NodeBuilder::new(tag).string_content(text).build();
    let mut children = vec![text("description", &business.description)];
    children.extend(business.address.iter().map(|address| text("address", address)));
    children.extend(business.email.iter().map(|email| text("email", email)));
    children.extend(business.websites.iter().map(|website| text("website", website)));
    let categories = business.categories.iter().enumerate().map(|(number, name)| {
        NodeBuilder::new("category")
            .attr("id", number + 1)
            .string_content(name.as_str())
            .build()
    });
    children.push(NodeBuilder::new("categories").children(categories).build());
    let days = business.hours.iter().map(|hours| {
        let mut day = NodeBuilder::new("business_hours_config")
            .attr("day_of_week", hours.day.as_str())
            .attr("mode", hours.mode.as_str());
        if let (Some(open), Some(close)) = (hours.open, hours.close) {
            day = day.attr("open_time", open).attr("close_time", close);
        }
        day.build()
    });
    let mut hours = NodeBuilder::new("business_hours");
    if let Some(timezone) = &business.timezone {
        hours = hours.attr("timezone", timezone.as_str());
    }
    children.push(hours.children(days).build());
    NodeBuilder::new("profile").children(children)
}
