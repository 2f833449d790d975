//! What a message is wrapped in, taken off, and what stands beside its content.

use waproto::whatsapp as wa;

/// Wrappers in wrappers: WhatsApp's own clients make three.
const MAX_WRAPPERS: usize = 8;

/// A message's content and what its wrappers said about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unwrapped<'a> {
    /// The innermost message.
    pub(crate) base: &'a wa::Message,
    /// To be looked at once.
    pub(crate) is_view_once: bool,
}

/// Takes off device-sent, ephemeral, view-once, edited and the other wrappers, whatever their order.
pub(crate) fn unwrap(message: &wa::Message) -> Unwrapped<'_> {
    let mut base = message;
    let mut is_view_once = false;
    for _ in 0..MAX_WRAPPERS {
        let view_once = [
            &base.view_once_message,
            &base.view_once_message_v2,
            &base.view_once_message_v2_extension,
        ];
        let inner = view_once
            .into_iter()
            .find_map(|wrapper| wrapper.as_option()?.message.as_option());
        is_view_once |= inner.is_some();
        let inner = inner
            .or_else(|| base.device_sent_message.as_option()?.message.as_option())
            .or_else(|| plain(base));
        match inner {
            Some(inner) => base = inner,
            None => break,
        }
    }
    Unwrapped {
        base,
        is_view_once: is_view_once || has_view_once_flag(base),
    }
}

/// Wrappers that say nothing we tell.
fn plain(message: &wa::Message) -> Option<&wa::Message> {
    [
        &message.ephemeral_message,
        &message.document_with_caption_message,
        &message.edited_message,
        &message.group_mentioned_message,
        &message.bot_invoke_message,
        &message.lottie_sticker_message,
        &message.event_cover_image,
        &message.status_mention_message,
        &message.poll_creation_option_image_message,
        &message.associated_child_message,
        &message.group_status_mention_message,
        &message.poll_creation_message_v4,
        &message.status_add_yours,
        &message.group_status_message,
        &message.group_status_message_v2,
        &message.limit_sharing_message,
        &message.bot_task_message,
        &message.question_message,
        &message.question_reply_message,
        &message.bot_forwarded_message,
        &message.spoiler_message,
    ]
    .into_iter()
    .find_map(|wrapper| wrapper.as_option()?.message.as_option())
}

fn has_view_once_flag(base: &wa::Message) -> bool {
    [
        base.image_message.as_option().and_then(|m| m.view_once),
        base.video_message.as_option().and_then(|m| m.view_once),
        base.audio_message.as_option().and_then(|m| m.view_once),
        base.extended_text_message.as_option().and_then(|m| m.view_once),
    ]
    .contains(&Some(true))
}

/// Quote, mentions, expiry and forwarding of an unwrapped message.
pub(crate) fn context(base: &wa::Message) -> Option<&wa::ContextInfo> {
    macro_rules! of {
        ($($field:ident),* $(,)?) => {
            None$(.or_else(|| base.$field.as_option()?.context_info.as_option()))*
        };
    }
    of!(
        extended_text_message,
        image_message,
        video_message,
        ptv_message,
        audio_message,
        document_message,
        sticker_message,
        location_message,
        live_location_message,
        contact_message,
        contacts_array_message,
        poll_creation_message,
        poll_creation_message_v2,
        poll_creation_message_v3,
        poll_creation_message_v5,
        poll_creation_message_v6,
        event_message,
        list_message,
        list_response_message,
        buttons_message,
        buttons_response_message,
        template_message,
        template_button_reply_message,
        interactive_message,
        interactive_response_message,
        group_invite_message,
        product_message,
        order_message,
        album_message,
        sticker_pack_message,
        newsletter_admin_invite_message,
    )
}

/// The key with which what belongs to a message (votes, edits, reactions) is encrypted. Stands outside of the wrappers.
pub(crate) fn secret(message: &wa::Message) -> Option<&[u8]> {
    message
        .message_context_info
        .as_option()
        .and_then(|context| context.message_secret.as_deref())
        .or_else(|| {
            unwrap(message)
                .base
                .message_context_info
                .as_option()?
                .message_secret
                .as_deref()
        })
}
