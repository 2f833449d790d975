//! `<message>`: what a device sends to many, and what each of them gets.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, Server};

use super::{attr, content, jid};
use crate::accounts::DeviceAddress;

/// Children of a sent message that are meant for the server alone, or that the server takes apart.
const NOT_FORWARDED: [&str; 4] = ["participants", "enc", "device-identity", "tctoken"];

/// The ciphertexts for one device.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) to: Jid,
    pub(crate) ciphertexts: Vec<Node>,
}

/// A message as a device sends it.
#[derive(Debug, Clone)]
pub(crate) struct ClientMessage {
    pub(crate) id: String,
    pub(crate) to: Jid,
    pub(crate) kind: String,
    pub(crate) category: Option<String>,
    pub(crate) edit: Option<String>,
    pub(crate) parts: Vec<Part>,
    pub(crate) device_identity: Option<Vec<u8>>,
    pub(crate) extras: Vec<Node>,
}

impl ClientMessage {
    pub(crate) fn parse(node: &Node) -> Option<Self> {
        let to = jid(node, "to")?;
        let children = node.children().unwrap_or_default();
        let mut parts: Vec<Part> = node
            .get_optional_child("participants")
            .into_iter()
            .flat_map(|list| list.get_children_by_tag("to"))
            .filter_map(|part| {
                Some(Part {
                    to: jid(part, "jid")?,
                    ciphertexts: ciphertexts(part),
                })
            })
            .collect();
        // A message to one device (between own devices, or a resent one) has its ciphertext on top.
        let direct = ciphertexts(node);
        if !direct.is_empty() {
            parts.push(Part {
                to: to.clone(),
                ciphertexts: direct,
            });
        }
        Some(Self {
            id: attr(node, "id")?,
            kind: attr(node, "type").unwrap_or_else(|| "text".to_owned()),
            category: attr(node, "category"),
            edit: attr(node, "edit"),
            parts,
            device_identity: super::child_content(node, "device-identity").map(<[u8]>::to_vec),
            extras: children
                .iter()
                .filter(|child| !NOT_FORWARDED.contains(&child.tag.as_ref()))
                .cloned()
                .collect(),
            to,
        })
    }
}

fn ciphertexts(node: &Node) -> Vec<Node> {
    node.get_children_by_tag("enc").cloned().collect()
}

/// A message as one device gets it.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    /// Who sent it; `from` is the same in the namespace the recipient was addressed in.
    pub(crate) sender: DeviceAddress,
    pub(crate) from: Jid,
    /// The sender's account in the other namespace.
    pub(crate) alternative: Jid,
    pub(crate) id: String,
    pub(crate) t: u64,
    pub(crate) kind: String,
    pub(crate) push_name: String,
    /// The chat, when the recipient is another device of the sender's account.
    pub(crate) recipient: Option<Jid>,
    pub(crate) category: Option<String>,
    pub(crate) edit: Option<String>,
    pub(crate) ciphertexts: Vec<Node>,
    pub(crate) device_identity: Option<Vec<u8>>,
    pub(crate) extras: Vec<Node>,
}

impl Delivery {
    pub(crate) fn to_node(&self) -> Node {
        let alternative = if self.from.server == Server::Lid {
            "sender_pn"
        } else {
            "sender_lid"
        };
        let mut node = NodeBuilder::new("message")
            .attr("from", &self.from)
            .attr("id", self.id.as_str())
            .attr("t", self.t)
            .attr("type", self.kind.as_str())
            .attr("notify", self.push_name.as_str())
            .attr(alternative, &self.alternative);
        if let Some(recipient) = &self.recipient {
            node = node.attr("recipient", recipient);
        }
        if let Some(category) = &self.category {
            node = node.attr("category", category.as_str());
        }
        if let Some(edit) = &self.edit {
            node = node.attr("edit", edit.as_str());
        }
        let mut children = self.ciphertexts.clone();
        if let Some(identity) = &self.device_identity
            && self
                .ciphertexts
                .iter()
                .any(|enc| attr(enc, "type").as_deref() == Some("pkmsg"))
        {
            children.push(
                NodeBuilder::new("device-identity")
                    .bytes(identity.clone())
                    .build(),
            );
        }
        children.extend(self.extras.iter().cloned());
        node.children(children).build()
    }
}

/// An `<enc>` as a phone makes it.
pub(crate) fn ciphertext(first: bool, bytes: Vec<u8>) -> Node {
    NodeBuilder::new("enc")
        .attr("v", "2")
        .attr("type", if first { "pkmsg" } else { "msg" })
        .bytes(bytes)
        .build()
}

/// Type and bytes of an `<enc>`.
pub(crate) fn ciphertext_bytes(enc: &Node) -> Option<(String, &[u8])> {
    Some((attr(enc, "type")?, content(enc)?))
}
