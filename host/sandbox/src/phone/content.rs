//! What a message is: from the JSON of the control API to a protobuf, and from a protobuf to JSON that a test can read.
//! Nothing here knows where a message goes or how it gets there.

pub(crate) mod build;
pub(crate) mod context;
mod describe;
mod files;
mod parts;
pub(crate) mod poll;
pub(crate) mod raw;
pub(crate) mod samples;
pub(crate) mod spec;
mod things;
pub(crate) mod view;

use waproto::whatsapp as wa;

pub(crate) use describe::describe;
pub(crate) use spec::Spec;
pub(crate) use view::Content;

/// The message inside of its wrappers, and what the wrappers say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unwrapped<'a> {
    pub(crate) message: &'a wa::Message,
    pub(crate) view_once: bool,
    pub(crate) ephemeral: bool,
}

/// Takes the wrappers off a message.
pub(crate) fn unwrap(message: &wa::Message) -> Unwrapped<'_> {
    let mut inside = Unwrapped {
        message,
        view_once: false,
        ephemeral: false,
    };
    loop {
        let message = inside.message;
        let next = if let Some(wrapper) = message.ephemeral_message.as_option() {
            inside.ephemeral = true;
            wrapper.message.as_option()
        } else if let Some(wrapper) = message
            .view_once_message
            .as_option()
            .or_else(|| message.view_once_message_v2.as_option())
            .or_else(|| message.view_once_message_v2_extension.as_option())
        {
            inside.view_once = true;
            wrapper.message.as_option()
        } else if let Some(wrapper) = message
            .document_with_caption_message
            .as_option()
            .or_else(|| message.edited_message.as_option())
            .or_else(|| message.group_mentioned_message.as_option())
            .or_else(|| message.associated_child_message.as_option())
            .or_else(|| message.lottie_sticker_message.as_option())
        {
            wrapper.message.as_option()
        } else {
            return inside;
        };
        match next {
            Some(next) => inside.message = next,
            None => return inside,
        }
    }
}
