//! `<message>`: what a device sends to many, and what each of them gets.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, Server};

use super::{attr, content, jid};
use crate::accounts::DeviceAddress;

/// Children of a sent message that are meant for the server alone, or that the server takes apart.
const NOT_FORWARDED: [&str; 4] = ["participants", "enc", "device-identity", "tctoken"];

/// The type of a ciphertext that is the same for all devices of a group.
const SHARED: &str = "skmsg";

/// The ciphertexts for one device.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) to: Jid,
    pub(crate) ciphertexts: Vec<Node>,
}

/// A message as a device sends it.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClientMessage {
    pub(crate) id: String,
    pub(crate) to: Jid,
    pub(crate) kind: String,
    pub(crate) category: Option<String>,
    pub(crate) edit: Option<String>,
    /// One part a device, possibly without ciphertexts: a status names all who are to get it.
    pub(crate) parts: Vec<Part>,
    /// Ciphertexts for everybody: those of a group or a status.
    pub(crate) shared: Vec<Node>,
    /// The one device a group message is resent to.
    pub(crate) participant: Option<Jid>,
    /// The chat, when a message is resent to a device of the sender's own account.
    pub(crate) recipient: Option<Jid>,
    /// The sender's view of the devices it has to reach.
    pub(crate) phash: Option<String>,
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
        let participant = jid(node, "participant");
        // A message to one device (between own devices, or a resent one) has its ciphertext on top, one to a group the
        // one for everybody.
        let (shared, direct): (Vec<Node>, Vec<Node>) = ciphertexts(node)
            .into_iter()
            .partition(|enc| attr(enc, "type").as_deref() == Some(SHARED));
        if !direct.is_empty() {
            parts.push(Part {
                to: participant.clone().unwrap_or_else(|| to.clone()),
                ciphertexts: direct,
            });
        }
        Some(Self {
            id: attr(node, "id")?,
            kind: attr(node, "type").unwrap_or_else(|| "text".to_owned()),
            category: attr(node, "category"),
            edit: attr(node, "edit"),
            parts,
            shared,
            participant,
            recipient: jid(node, "recipient"),
            phash: attr(node, "phash"),
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
    /// The group or the status broadcast it belongs to.
    pub(crate) room: Option<Jid>,
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
        let lid = self.from.server == Server::Lid;
        let mut node = NodeBuilder::new("message")
            .attr("id", self.id.as_str())
            .attr("t", self.t)
            .attr("type", self.kind.as_str())
            .attr("notify", self.push_name.as_str());
        node = match &self.room {
            None => node
                .attr("from", &self.from)
                .attr(if lid { "sender_pn" } else { "sender_lid" }, &self.alternative),
            Some(room) => node.attr("from", room).attr("participant", &self.from).attr(
                if lid { "participant_pn" } else { "participant_lid" },
                &self.alternative,
            ),
        };
        if self
            .room
            .as_ref()
            .is_some_and(|room| room.server == Server::Group)
        {
            node = node.attr("addressing_mode", if lid { "lid" } else { "pn" });
        }
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

/// An `<enc>` as a phone makes it for one device.
pub(crate) fn ciphertext(first: bool, bytes: Vec<u8>) -> Node {
    enc(if first { "pkmsg" } else { "msg" }, bytes)
}

/// An `<enc>` as a phone makes it for a group.
pub(crate) fn shared_ciphertext(bytes: Vec<u8>) -> Node {
    enc(SHARED, bytes)
}

fn enc(kind: &'static str, bytes: Vec<u8>) -> Node {
    NodeBuilder::new("enc")
        .attr("v", "2")
        .attr("type", kind)
        .bytes(bytes)
        .build()
}

/// Type and bytes of an `<enc>`.
pub(crate) fn ciphertext_bytes(enc: &Node) -> Option<(String, &[u8])> {
    Some((attr(enc, "type")?, content(enc)?))
}
