//! `usync`: who exists, under which addresses, with which devices.

use wacore::messages::MessageUtils;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use super::Answer;
use crate::accounts::{Account, AccountId, Namespace};
use crate::stanza::iq::{self, Iq};
use crate::stanza::{content, jid};
use crate::state::State;

pub(super) fn answer(state: &State, query: &Iq) -> Answer {
    let Some(usync) = query.child("usync") else {
        return query.error(400, "bad-request").into();
    };
    let protocols: Vec<&str> = usync
        .get_optional_child("query")
        .and_then(Node::children)
        .unwrap_or_default()
        .iter()
        .map(|protocol| protocol.tag.as_ref())
        .collect();
    let users: Vec<Node> = usync
        .get_optional_child("list")
        .into_iter()
        .flat_map(|list| list.get_children_by_tag("user"))
        .filter_map(|user| self::user(state, user, &protocols))
        .collect();
    let succeeded = protocols
        .iter()
        .map(|name| NodeBuilder::new_dynamic((*name).to_owned()).build());
    let mut answer = NodeBuilder::new("usync");
    for key in ["sid", "mode", "context"] {
        if let Some(value) = usync.attrs.get(key) {
            answer = answer.attr(key, value.clone());
        }
    }
    let answer = answer
        .attr("index", "0")
        .attr("last", "true")
        .children([
            NodeBuilder::new("result").children(succeeded).build(),
            NodeBuilder::new("list").children(users).build(),
        ])
        .build();
    query.result(vec![answer]).into()
}

/// One user's answer. Whoever does not exist is left out, except where the question was whether they exist.
fn user(state: &State, asked: &Node, protocols: &[&str]) -> Option<Node> {
    let (jid, found) = find(state, asked)?;
    let Some(account) = found.and_then(|id| state.accounts.get(id)) else {
        return protocols.contains(&"contact").then(|| {
            let contact = NodeBuilder::new("contact").attr("type", "out").build();
            NodeBuilder::new("user")
                .attr("jid", jid)
                .children([contact])
                .build()
        });
    };
    let t = state.clock.now_secs();
    let children = protocols
        .iter()
        .filter_map(|protocol| protocol_answer(account, &jid, protocol, asked, t));
    Some(
        NodeBuilder::new("user")
            .attr("jid", jid.clone())
            .attr("pn_jid", account.jid(Namespace::Pn, 0))
            .children(children)
            .build(),
    )
}

/// Whom the question is about: an address, or a number as a person would type it.
fn find(state: &State, asked: &Node) -> Option<(Jid, Option<AccountId>)> {
    for key in ["jid", "pn_jid"] {
        if let Some(jid) = jid(asked, key) {
            let jid = jid.to_non_ad();
            let found = state.accounts.find(&jid);
            return Some((jid, found));
        }
    }
    let typed = asked.get_optional_child("contact").and_then(content)?;
    let digits: String = std::str::from_utf8(typed)
        .ok()?
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    let found = state.accounts.by_number(&digits);
    Some((Jid::pn(digits), found))
}

fn protocol_answer(account: &Account, jid: &Jid, protocol: &str, asked: &Node, t: u64) -> Option<Node> {
    match protocol {
        "devices" => devices(account, jid, t),
        "lid" => Some(
            NodeBuilder::new("lid")
                .attr("val", account.jid(Namespace::Lid, 0))
                .build(),
        ),
        "contact" => {
            let mut contact = NodeBuilder::new("contact").attr("type", "in");
            if let Some(typed) = asked.get_optional_child("contact").and_then(content) {
                contact = contact.bytes(typed.to_vec());
            }
            Some(contact.build())
        }
        "status" => Some(
            NodeBuilder::new("status")
                .attr("t", t)
                .string_content("On the sandbox")
                .build(),
        ),
        "picture" => Some(
            NodeBuilder::new("picture")
                .children([iq::error(404, "item-not-found")])
                .build(),
        ),
        "disappearing_mode" => Some(
            NodeBuilder::new("disappearing_mode")
                .attr("duration", "0")
                .attr("t", t)
                .build(),
        ),
        // The rest says something only by being there: `business` makes a business of a person.
        _ => None,
    }
}

fn devices(account: &Account, jid: &Jid, t: u64) -> Option<Node> {
    let ids: Vec<(u16, Option<u32>)> = account.visible_devices().collect();
    let jids: Vec<Jid> = ids.iter().map(|(device, _)| jid.with_device(*device)).collect();
    let list = ids.iter().map(|(device, key_index)| {
        let mut node = NodeBuilder::new("device").attr("id", *device);
        if let Some(index) = key_index {
            node = node.attr("key-index", *index);
        }
        node.build()
    });
    let mut node = NodeBuilder::new("device-list");
    if let Ok(hash) = MessageUtils::participant_list_hash(&jids) {
        node = node.attr("hash", hash);
    }
    let signed = account.signed_device_list(t).ok()?;
    let index = NodeBuilder::new("key-index-list")
        .attr("ts", t)
        .bytes(signed)
        .build();
    Some(
        NodeBuilder::new("devices")
            .children([node.children(list).build(), index])
            .build(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stanza::attr;

    #[test]
    fn a_typed_number_is_found_by_its_digits() {
        let mut state = State::default();
        crate::phone::create(&mut state, "15550001001", "Ann", Namespace::Pn).unwrap();
        let contact = NodeBuilder::new("contact")
            .bytes(b"+1 555 000 1001".to_vec())
            .build();
        let asked = NodeBuilder::new("user").children([contact]).build();
        let node = user(&state, &asked, &["contact", "lid"]).unwrap();
        assert_eq!(attr(&node, "jid").unwrap(), "15550001001@s.whatsapp.net");
        assert_eq!(
            attr(node.get_optional_child("contact").unwrap(), "type").unwrap(),
            "in"
        );
    }

    #[test]
    fn nobody_is_said_to_be_out() {
        let asked = NodeBuilder::new("user")
            .attr("jid", Jid::pn("15550009999"))
            .build();
        let node = user(&State::default(), &asked, &["contact"]).unwrap();
        assert_eq!(
            attr(node.get_optional_child("contact").unwrap(), "type").unwrap(),
            "out"
        );
        assert!(user(&State::default(), &asked, &["devices"]).is_none());
    }
}
