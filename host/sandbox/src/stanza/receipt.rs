//! `<receipt>`, both ways.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use super::{attr, child_content, child_key, jid};
use crate::keys::{Bundle, OneTimeKey, SignedKey, number};

/// What a receipt says. The wire has more kinds than the network acts on; those travel unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReceiptKind {
    Delivered,
    Read,
    Played,
    /// Delivered to a device whose user is not looking.
    Inactive,
    /// A device took its own account's message.
    Sender,
    /// A device took a message of its own account's phone.
    Peer,
    /// A device could not decrypt and asks for the message again.
    Retry,
    Other(String),
}

impl ReceiptKind {
    pub(crate) fn parse(kind: Option<&str>) -> Self {
        match kind {
            None | Some("" | "delivery") => Self::Delivered,
            Some("read") => Self::Read,
            Some("played") => Self::Played,
            Some("inactive") => Self::Inactive,
            Some("sender") => Self::Sender,
            Some("peer_msg") => Self::Peer,
            Some("retry") => Self::Retry,
            Some(other) => Self::Other(other.to_owned()),
        }
    }

    /// The value of the `type` attribute; delivery has none.
    pub(crate) fn wire(&self) -> Option<&str> {
        match self {
            Self::Delivered => None,
            Self::Read => Some("read"),
            Self::Played => Some("played"),
            Self::Inactive => Some("inactive"),
            Self::Sender => Some("sender"),
            Self::Peer => Some("peer_msg"),
            Self::Retry => Some("retry"),
            Self::Other(other) => Some(other),
        }
    }

    /// The name used by the control API.
    pub(crate) fn name(&self) -> &str {
        self.wire().unwrap_or("delivered")
    }
}

/// A receipt as a device says it.
#[derive(Debug, Clone)]
pub(crate) struct ClientReceipt {
    pub(crate) to: Jid,
    pub(crate) ids: Vec<String>,
    pub(crate) kind: ReceiptKind,
    /// Passed on as they are: retry counts, keys and the like.
    pub(crate) children: Vec<Node>,
}

impl ClientReceipt {
    pub(crate) fn parse(node: &Node) -> Option<Self> {
        let mut ids = vec![attr(node, "id")?];
        if let Some(list) = node.get_optional_child("list") {
            ids.extend(
                list.get_children_by_tag("item")
                    .filter_map(|item| attr(item, "id")),
            );
        }
        Some(Self {
            to: jid(node, "to")?,
            ids,
            kind: ReceiptKind::parse(attr(node, "type").as_deref()),
            children: node.children().unwrap_or_default().to_vec(),
        })
    }

    /// The keys a retry receipt carries from its second attempt on, so that a new session can be opened.
    pub(crate) fn retry_keys(&self) -> Option<Bundle> {
        let child = |tag: &str| self.children.iter().find(|node| node.tag == tag);
        let keys = child("keys")?;
        let signed = keys.get_optional_child("skey")?;
        let one_time = keys.get_optional_child("key").and_then(|key| {
            Some(OneTimeKey {
                id: number(child_content(key, "id")?),
                value: child_key(key, "value")?,
            })
        });
        Some(Bundle {
            registration_id: number(super::content(child("registration")?)?),
            identity: child_key(keys, "identity")?,
            signed: SignedKey {
                id: number(child_content(signed, "id")?),
                value: child_key(signed, "value")?,
                signature: child_content(signed, "signature")?.to_vec(),
            },
            one_time,
            device_identity: child_content(keys, "device-identity").map(<[u8]>::to_vec),
        })
    }
}

/// A receipt as the server delivers it.
pub(crate) fn deliver(receipt: &ClientReceipt, from: &Jid, t: u64) -> Option<Node> {
    let mut node = NodeBuilder::new("receipt")
        .attr("from", from)
        .attr("id", receipt.ids.first()?.as_str());
    if let Some(kind) = receipt.kind.wire() {
        node = node.attr("type", kind);
    }
    node = node.attr("t", t);
    if !receipt.children.is_empty() {
        node = node.children(receipt.children.iter().cloned());
    }
    Some(node.build())
}
