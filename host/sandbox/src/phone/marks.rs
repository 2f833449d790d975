//! What happened to a message after it was sent, as its reader sees it: edits, reactions, votes, pins, and its end.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Phone;
use super::content::Content;

/// The marks on one message.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Marks {
    /// The text it has now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) edited: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) revoked: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) pinned: bool,
    /// Emoji by the number of whoever reacted.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) reactions: BTreeMap<String, String>,
    /// Chosen options by the number of whoever voted.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) votes: BTreeMap<String, Vec<String>>,
}

/// Marks the message that a reaction, an edit, a revocation, a vote or a pin is about.
pub(super) fn apply(phone: &mut Phone, by: &str, content: &Content) {
    let Some(target) = content.target.as_deref() else {
        return;
    };
    let received = phone.inbox.find_mut(target).map(|message| &mut message.marks);
    let sent = phone.outbox.find_mut(target).map(|message| &mut message.marks);
    for marks in received.into_iter().chain(sent) {
        mark(marks, by, content);
    }
}

fn mark(marks: &mut Marks, by: &str, content: &Content) {
    match content.kind {
        "edit" => marks.edited.clone_from(&content.text),
        "revoke" => marks.revoked = true,
        "pin" => marks.pinned = true,
        "unpin" => marks.pinned = false,
        "reaction" => match content
            .reaction
            .as_ref()
            .and_then(|reaction| reaction.emoji.clone())
        {
            Some(emoji) => {
                marks.reactions.insert(by.to_owned(), emoji);
            }
            None => {
                marks.reactions.remove(by);
            }
        },
        "vote" => {
            let options = content.vote.as_ref().and_then(|vote| vote.options.clone());
            match options {
                Some(options) if options.is_empty() => {
                    marks.votes.remove(by);
                }
                Some(options) => {
                    marks.votes.insert(by.to_owned(), options);
                }
                None => {}
            }
        }
        _ => {}
    }
}
