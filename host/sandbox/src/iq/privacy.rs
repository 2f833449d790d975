//! `privacy`: who sees what of an account. Trust tokens are accepted and forgotten.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::Answer;
use crate::accounts::{AccountId, DeviceAddress};
use crate::profile::Refused;
use crate::stanza::iq::{Iq, IqKind};
use crate::stanza::{attr, jid};
use crate::state::State;
use crate::tell;

pub(super) fn answer(state: &mut State, by: DeviceAddress, query: &Iq) -> Answer {
    if query.kind == IqKind::Get {
        return get(state, by, query);
    }
    let Some(asked) = query.child("privacy") else {
        // Tokens.
        return query.result(Vec::new()).into();
    };
    let mut changed = Vec::new();
    for category in asked.get_children_by_tag("category") {
        match set(state, by, category) {
            Ok(category) => changed.push(category),
            Err(Refused::Conflict) => return query.error(409, "conflict").into(),
            Err(Refused::Unknown) => return query.error(400, "bad-request").into(),
        }
    }
    let privacy = NodeBuilder::new("privacy").children(changed).build();
    tell::own_devices(state, by, privacy.clone());
    query.result(vec![privacy]).into()
}

fn get(state: &State, by: DeviceAddress, query: &Iq) -> Answer {
    let Some(account) = state.accounts.get(by.account) else {
        return query.error(401, "not-authorized").into();
    };
    let categories = account.profile.privacy.iter().map(|(name, value)| {
        NodeBuilder::new("category")
            .attr("name", name)
            .attr("value", value)
            .build()
    });
    query
        .result(vec![NodeBuilder::new("privacy").children(categories).build()])
        .into()
}

fn set(state: &mut State, by: DeviceAddress, category: &Node) -> Result<Node, Refused> {
    let name = attr(category, "name").ok_or(Refused::Unknown)?;
    let value = attr(category, "value").ok_or(Refused::Unknown)?;
    let users: Vec<(AccountId, bool)> = category
        .get_children_by_tag("user")
        .filter_map(|user| {
            let account = state.accounts.find(&jid(user, "jid")?)?;
            Some((account, attr(user, "action").as_deref() != Some("remove")))
        })
        .collect();
    let account = state.accounts.get_mut(by.account).ok_or(Refused::Unknown)?;
    let privacy = &mut account.profile.privacy;
    let mut node = NodeBuilder::new("category")
        .attr("name", name.as_str())
        .attr("value", value.as_str());
    if value == "contact_blacklist" {
        let hash = attr(category, "dhash").unwrap_or_default();
        node = node.attr("dhash", privacy.except(&name, &hash, users)?);
    }
    privacy.set(&name, &value)?;
    Ok(node.build())
}
