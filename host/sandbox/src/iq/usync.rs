//! `usync`: who exists, under which addresses, with which devices.

use buffa::Message as _;
use wacore::messages::MessageUtils;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};
use waproto::whatsapp::{VerifiedNameCertificate, verified_name_certificate};

use super::Answer;
use crate::accounts::{Account, AccountId, DeviceAddress, Namespace};
use crate::profile::{self, Aspect};
use crate::stanza::iq::{self, Iq};
use crate::stanza::{content, jid};
use crate::state::State;

/// Who vouches for the name of a business.
const ISSUER: &str = "smb:wa";

pub(super) fn answer(state: &State, by: DeviceAddress, query: &Iq) -> Answer {
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
        .filter_map(|user| self::user(state, by.account, user, &protocols))
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
fn user(state: &State, by: AccountId, asked: &Node, protocols: &[&str]) -> Option<Node> {
    let (jid, found) = find(state, asked)?;
    let Some((id, account)) = found.and_then(|id| Some((id, state.accounts.get(id)?))) else {
        return protocols.contains(&"contact").then(|| {
            let contact = NodeBuilder::new("contact").attr("type", "out").build();
            NodeBuilder::new("user")
                .attr("jid", jid)
                .children([contact])
                .build()
        });
    };
    let question = Question {
        state,
        by,
        account: id,
        jid: &jid,
        asked,
    };
    let children = protocols
        .iter()
        .filter_map(|protocol| question.answer(account, protocol));
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
    // Whoever is found by another way to write their number is named by their own.
    let found = state.accounts.by_typed_number(&digits);
    let number = found
        .and_then(|id| state.accounts.get(id))
        .map_or(digits, |account| account.number.clone());
    Some((Jid::pn(number), found))
}

/// What is asked about whom, and by whom.
struct Question<'a> {
    state: &'a State,
    by: AccountId,
    account: AccountId,
    jid: &'a Jid,
    asked: &'a Node,
}

impl Question<'_> {
    fn answer(&self, account: &Account, protocol: &str) -> Option<Node> {
        let t = self.state.clock.now_secs();
        match protocol {
            "devices" => devices(account, self.jid, t),
            // Asked by LID, `pn_jid` is the other address. Baileys takes what is here for the LID of whom it asked about,
            // and complains of a person whose number is a LID.
            "lid" => (Namespace::of(self.jid) != Some(Namespace::Lid)).then(|| {
                NodeBuilder::new("lid")
                    .attr("val", account.jid(Namespace::Lid, 0))
                    .build()
            }),
            "contact" => {
                let mut contact = NodeBuilder::new("contact").attr("type", "in");
                if let Some(typed) = self.asked.get_optional_child("contact").and_then(content) {
                    contact = contact.bytes(typed.to_vec());
                }
                Some(contact.build())
            }
            "status" => Some(self.about(account)),
            "picture" => Some(self.picture(account)),
            "disappearing_mode" => Some(
                NodeBuilder::new("disappearing_mode")
                    .attr("duration", account.profile.timer)
                    .attr("t", account.profile.timer_set)
                    .build(),
            ),
            "business" => business(account),
            _ => None,
        }
    }

    fn about(&self, account: &Account) -> Node {
        let about = &account.profile.about;
        if !profile::allows(self.state, self.account, self.by, Aspect::About) {
            return NodeBuilder::new("status").attr("code", 401u16).build();
        }
        NodeBuilder::new("status")
            .attr("t", about.at)
            .string_content(about.text.as_str())
            .build()
    }

    fn picture(&self, account: &Account) -> Node {
        let picture = NodeBuilder::new("picture");
        let allowed = profile::allows(self.state, self.account, self.by, Aspect::Picture);
        match &account.profile.picture {
            Some(id) if allowed => picture.attr("id", id.as_str()).build(),
            Some(_) => picture.children([iq::error(401, "not-authorized")]).build(),
            None => picture.children([iq::error(404, "item-not-found")]).build(),
        }
    }
}

/// Says by being there that the account is a business, and under which name.
fn business(account: &Account) -> Option<Node> {
    let business = account.profile.business.as_ref()?;
    let details = verified_name_certificate::Details {
        serial: Some(u64::from(account.adv_id)),
        issuer: Some(ISSUER.to_owned()),
        verified_name: Some(business.name.clone()),
        ..Default::default()
    };
    let certificate = VerifiedNameCertificate {
        details: Some(details.encode_to_vec()),
        ..Default::default()
    };
    let name = NodeBuilder::new("verified_name").bytes(certificate.encode_to_vec());
    Some(NodeBuilder::new("business").children([name.build()]).build())
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
        let ann = crate::phone::create(&mut state, "15550001001", "Ann", Namespace::Pn).unwrap();
        let contact = NodeBuilder::new("contact")
            .bytes(b"+1 555 000 1001".to_vec())
            .build();
        let asked = NodeBuilder::new("user").children([contact]).build();
        let node = user(&state, ann, &asked, &["contact", "lid"]).unwrap();
        assert_eq!(attr(&node, "jid").unwrap(), "15550001001@s.whatsapp.net");
        assert_eq!(
            attr(node.get_optional_child("contact").unwrap(), "type").unwrap(),
            "in"
        );
    }

    #[test]
    fn each_address_is_answered_with_the_other() {
        let mut state = State::default();
        let ann = crate::phone::create(&mut state, "15550001001", "Ann", Namespace::Pn).unwrap();
        let lid = state.accounts.get(ann).unwrap().jid(Namespace::Lid, 0);
        let by = |jid: Jid| {
            let asked = NodeBuilder::new("user").attr("jid", jid).build();
            user(&state, ann, &asked, &["devices", "lid"]).unwrap()
        };
        let node = by(Jid::pn("15550001001"));
        let told = node.get_optional_child("lid").unwrap();
        assert_eq!(attr(told, "val").unwrap(), lid.to_string());
        let node = by(lid.clone());
        assert_eq!(attr(&node, "jid").unwrap(), lid.to_string());
        assert_eq!(attr(&node, "pn_jid").unwrap(), "15550001001@s.whatsapp.net");
        assert!(node.get_optional_child("devices").is_some());
        assert!(node.get_optional_child("lid").is_none());
    }

    #[test]
    fn nobody_is_said_to_be_out() {
        let mut state = State::default();
        let ann = crate::phone::create(&mut state, "15550001001", "Ann", Namespace::Pn).unwrap();
        let asked = NodeBuilder::new("user")
            .attr("jid", Jid::pn("15550009999"))
            .build();
        let node = user(&state, ann, &asked, &["contact"]).unwrap();
        assert_eq!(
            attr(node.get_optional_child("contact").unwrap(), "type").unwrap(),
            "out"
        );
        assert!(user(&state, ann, &asked, &["devices"]).is_none());
    }
}
