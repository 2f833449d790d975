//! `<receipt>`, both ways.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, Server};

use super::{attr, child_content, child_key, jid};
use crate::keys::{Bundle, OneTimeKey, SignedKey, number};

/// What a receipt says. The wire has more kinds than the network acts on; those travel unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReceiptKind {
    Delivered,
    Read,
    Played,
    /// Read, and only for the reader's other devices to know.
    ReadSelf,
    /// Played, and only for the listener's other devices to know.
    PlayedSelf,
    /// Delivered to a device whose user is not looking.
    Inactive,
    /// A device took its own account's message.
    Sender,
    /// A device took a message of its own account's phone.
    Peer,
    /// A device could not decrypt and asks for the message again.
    Retry,
    /// A device could not download a file and asks its own phone for it.
    ServerError,
    Other(String),
}

impl ReceiptKind {
    pub(crate) fn parse(kind: Option<&str>) -> Self {
        match kind {
            None | Some("" | "delivery") => Self::Delivered,
            Some("read") => Self::Read,
            Some("played") => Self::Played,
            Some("read-self") => Self::ReadSelf,
            Some("played-self") => Self::PlayedSelf,
            Some("inactive") => Self::Inactive,
            Some("sender") => Self::Sender,
            Some("peer_msg") => Self::Peer,
            Some("retry") => Self::Retry,
            Some("server-error") => Self::ServerError,
            Some(other) => Self::Other(other.to_owned()),
        }
    }

    /// The value of the `type` attribute; delivery has none.
    pub(crate) fn wire(&self) -> Option<&str> {
        match self {
            Self::Delivered => None,
            Self::Read => Some("read"),
            Self::Played => Some("played"),
            Self::ReadSelf => Some("read-self"),
            Self::PlayedSelf => Some("played-self"),
            Self::Inactive => Some("inactive"),
            Self::Sender => Some("sender"),
            Self::Peer => Some("peer_msg"),
            Self::Retry => Some("retry"),
            Self::ServerError => Some("server-error"),
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
    /// The chat.
    pub(crate) to: Jid,
    /// Who wrote, in a group or of a status.
    pub(crate) participant: Option<Jid>,
    /// The chat, when a device of one's own account asks for a message again.
    pub(crate) recipient: Option<Jid>,
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
            participant: jid(node, "participant"),
            recipient: jid(node, "recipient"),
            ids,
            kind: ReceiptKind::parse(attr(node, "type").as_deref()),
            children: node.children().unwrap_or_default().to_vec(),
        })
    }

    /// Whose message it is about.
    pub(crate) fn author(&self) -> &Jid {
        self.participant.as_ref().unwrap_or(&self.to)
    }

    /// The group or the status broadcast it belongs to.
    pub(crate) fn room(&self) -> Option<&Jid> {
        matches!(self.to.server, Server::Group | Server::Broadcast).then_some(&self.to)
    }

    /// Whether it is about a call instead of a message.
    pub(crate) fn is_about_call(&self) -> bool {
        self.children
            .iter()
            .any(|child| matches!(child.tag.as_ref(), "offer" | "accept" | "reject"))
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

/// Who says a receipt, as its recipient knows them.
pub(crate) struct Reader<'a> {
    pub(crate) jid: &'a Jid,
    /// The same account in the other namespace.
    pub(crate) alternative: &'a Jid,
    /// The chat, when the recipient is another device of the reader.
    pub(crate) chat: Option<&'a Jid>,
}

/// A receipt as the server delivers it.
pub(crate) fn deliver(receipt: &ClientReceipt, reader: &Reader<'_>, t: u64) -> Option<Node> {
    let mut node = NodeBuilder::new("receipt").attr("id", receipt.ids.first()?.as_str());
    node = match receipt.room() {
        None => node.attr("from", reader.jid),
        Some(room) => node.attr("from", room).attr("participant", reader.jid).attr(
            if reader.jid.server == Server::Lid {
                "participant_pn"
            } else {
                "participant_lid"
            },
            reader.alternative,
        ),
    };
    if let Some(chat) = reader.chat.filter(|_| receipt.room().is_none()) {
        node = node.attr("recipient", chat);
    }
    if let Some(kind) = receipt.kind.wire() {
        node = node.attr("type", kind);
    }
    node = node.attr("t", t);
    if !receipt.children.is_empty() {
        node = node.children(receipt.children.iter().cloned());
    }
    Some(node.build())
}
