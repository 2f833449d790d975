//! What the server may see of a message: its rough kind, on the stanza and on each ciphertext. The same rules as in the
//! clients, so that nobody can tell a phone from them.

use wacore::send::{media_type_from_message, should_hide_decrypt_fail_for_send, stanza_type_from_message};
use wacore::types::message::EditAttribute;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};
use waproto::whatsapp::Message;

use super::content::poll;
use crate::stanza::message::{ClientMessage, Part};

/// The stanza around the sealed parts of a message.
pub(crate) fn around(id: String, to: Jid, parts: Vec<Part>, message: &Message) -> ClientMessage {
    ClientMessage {
        id,
        to,
        kind: stanza_type_from_message(message).to_owned(),
        edit: edit(message),
        parts,
        extras: extras(message),
        ..ClientMessage::default()
    }
}

/// Marks a ciphertext.
pub(crate) fn mark(ciphertext: &mut Node, message: &Message) {
    if let Some(kind) = media_type_from_message(message) {
        ciphertext.attrs.insert("mediatype", kind);
    }
    let edit = EditAttribute::infer_from_message(message);
    if should_hide_decrypt_fail_for_send(edit.as_ref(), message) {
        ciphertext.attrs.insert("decrypt-fail", "hide");
    }
}

fn edit(message: &Message) -> Option<String> {
    let edit = EditAttribute::infer_from_message(message)?;
    let edit = edit.to_string_val();
    (!edit.is_empty()).then(|| edit.to_owned())
}

fn extras(message: &Message) -> Vec<Node> {
    let kind = if poll::creation(message).is_some() {
        "creation"
    } else if message.poll_update_message.is_set() {
        "vote"
    } else {
        return Vec::new();
    };
    vec![NodeBuilder::new("meta").attr("polltype", kind).build()]
}
