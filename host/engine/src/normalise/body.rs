//! What a message is about: its type, text and media. The contract's types come first; what its closed list cannot say has
//! an honest name of its own.

use buffa::Message as _;
use waproto::whatsapp as wa;
use waproto::whatsapp::message::buttons_response_message::Response;

/// What a message is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Body {
    /// `TEXT`, `IMAGE` ...
    pub(crate) kind: &'static str,
    /// Text, caption, file name, `lat,lng`, contact or poll name.
    pub(crate) content: Option<String>,
    /// Of media.
    pub(crate) caption: Option<String>,
    /// Of media.
    pub(crate) media: Option<Media>,
}

/// A file, as its sender describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Media {
    pub(crate) mime_type: Option<String>,
    pub(crate) file_name: Option<String>,
    pub(crate) bytes: Option<i64>,
}

/// What an unwrapped message is about; none for what nobody wrote (keys, protocol) and what belongs to another message
/// (reactions, votes, pins).
pub(crate) fn body(base: &wa::Message) -> Option<Body> {
    if belongs_to_another(base) {
        return None;
    }
    text(base)
        .or_else(|| media(base))
        .or_else(|| place_or_person(base))
        .or_else(|| poll_or_event(base))
        .or_else(|| business(base))
        .or_else(|| rest(base))
}

fn belongs_to_another(base: &wa::Message) -> bool {
    base.protocol_message.is_set()
        || base.reaction_message.is_set()
        || base.enc_reaction_message.is_set()
        || base.poll_update_message.is_set()
        || base.keep_in_chat_message.is_set()
        || base.pin_in_chat_message.is_set()
        || base.enc_event_response_message.is_set()
        || base.secret_encrypted_message.is_set()
        || base.enc_comment_message.is_set()
        || base.poll_add_option_message.is_set()
        || base.sticker_sync_rmr_message.is_set()
        || base.scheduled_call_edit_message.is_set()
        || base.group_root_key_share.is_set()
        || base.root_secret_distribute_message.is_set()
}

fn said(kind: &'static str, content: Option<String>) -> Body {
    Body {
        kind,
        content: content.filter(|content| !content.is_empty()),
        ..Body::default()
    }
}

fn text(base: &wa::Message) -> Option<Body> {
    if let Some(content) = base.conversation.as_ref().filter(|content| !content.is_empty()) {
        return Some(said("TEXT", Some(content.clone())));
    }
    if let Some(extended) = base.extended_text_message.as_option() {
        return Some(said("TEXT", extended.text.clone()));
    }
    let comment = base.comment_message.as_option()?.message.as_option()?;
    // A comment in a comment says no more: one level is looked into.
    text_of(comment).map(|content| said("TEXT", Some(content)))
}

fn text_of(message: &wa::Message) -> Option<String> {
    message.conversation.clone().or_else(|| {
        message
            .extended_text_message
            .as_option()
            .and_then(|extended| extended.text.clone())
    })
}

fn media(base: &wa::Message) -> Option<Body> {
    let file = |kind, caption: Option<String>, media: Media| Body {
        kind,
        content: caption.clone().filter(|caption| !caption.is_empty()),
        caption: caption.filter(|caption| !caption.is_empty()),
        media: Some(media),
    };
    let described = |mime_type: &Option<String>, bytes: Option<u64>| Media {
        mime_type: mime_type.clone(),
        file_name: None,
        bytes: bytes.and_then(|bytes| i64::try_from(bytes).ok()),
    };
    if let Some(image) = base.image_message.as_option() {
        let media = described(&image.mimetype, image.file_length);
        return Some(file("IMAGE", image.caption.clone(), media));
    }
    if let Some(video) = base.video_message.as_option().or(base.ptv_message.as_option()) {
        let media = described(&video.mimetype, video.file_length);
        return Some(file("VIDEO", video.caption.clone(), media));
    }
    if let Some(audio) = base.audio_message.as_option() {
        return Some(file("AUDIO", None, described(&audio.mimetype, audio.file_length)));
    }
    if let Some(document) = base.document_message.as_option() {
        let media = Media {
            file_name: document.file_name.clone().or_else(|| document.title.clone()),
            ..described(&document.mimetype, document.file_length)
        };
        let mut body = file("DOCUMENT", document.caption.clone(), media);
        body.content = body
            .content
            .or_else(|| body.media.as_ref().and_then(|media| media.file_name.clone()));
        return Some(body);
    }
    if let Some(sticker) = base.sticker_message.as_option() {
        return Some(file(
            "STICKER",
            None,
            described(&sticker.mimetype, sticker.file_length),
        ));
    }
    let pack = base.sticker_pack_message.as_option()?;
    Some(said("STICKER_PACK", pack.name.clone()))
}

fn place_or_person(base: &wa::Message) -> Option<Body> {
    let place = |latitude: Option<f64>, longitude: Option<f64>| {
        let content = latitude
            .zip(longitude)
            .map(|(latitude, longitude)| format!("{latitude},{longitude}"));
        said("LOCATION", content)
    };
    if let Some(location) = base.location_message.as_option() {
        let mut body = place(location.degrees_latitude, location.degrees_longitude);
        body.caption = location.name.clone().or_else(|| location.address.clone());
        return Some(body);
    }
    if let Some(location) = base.live_location_message.as_option() {
        let mut body = place(location.degrees_latitude, location.degrees_longitude);
        body.caption.clone_from(&location.caption);
        return Some(body);
    }
    if let Some(contact) = base.contact_message.as_option() {
        return Some(said("CONTACT", contact.display_name.clone()));
    }
    let contacts = base.contacts_array_message.as_option()?;
    let names = contacts
        .contacts
        .iter()
        .filter_map(|contact| contact.display_name.as_deref());
    let content = contacts
        .display_name
        .clone()
        .unwrap_or_else(|| names.collect::<Vec<_>>().join(", "));
    Some(said("CONTACT", Some(content)))
}

fn poll_or_event(base: &wa::Message) -> Option<Body> {
    if let Some(poll) = super::poll::of(base) {
        return Some(said("POLL", Some(poll.name)));
    }
    if let Some(result) = base
        .poll_result_snapshot_message
        .as_option()
        .or(base.poll_result_snapshot_message_v3.as_option())
    {
        return Some(said("POLL", result.name.clone()));
    }
    if let Some(event) = base.event_message.as_option() {
        return Some(said("EVENT", event.name.clone()));
    }
    None
}

fn business(base: &wa::Message) -> Option<Body> {
    if let Some(list) = base.list_message.as_option() {
        return Some(said(
            "LIST",
            list.description.clone().or_else(|| list.title.clone()),
        ));
    }
    if let Some(reply) = base.list_response_message.as_option() {
        return Some(said("LIST_REPLY", reply.title.clone()));
    }
    if let Some(buttons) = base.buttons_message.as_option() {
        return Some(said("BUTTONS", buttons.content_text.clone()));
    }
    if let Some(reply) = base.buttons_response_message.as_option() {
        let content = match &reply.response {
            Some(Response::SelectedDisplayText(text)) => Some(text.clone()),
            None => reply.selected_button_id.clone(),
        };
        return Some(said("BUTTON_REPLY", content));
    }
    if let Some(template) = base.template_message.as_option() {
        let content = template
            .hydrated_template
            .as_option()
            .and_then(|hydrated| hydrated.hydrated_content_text.clone());
        return Some(said("TEMPLATE", content));
    }
    if let Some(reply) = base.template_button_reply_message.as_option() {
        return Some(said("BUTTON_REPLY", reply.selected_display_text.clone()));
    }
    if let Some(interactive) = base.interactive_message.as_option() {
        let content = interactive.body.as_option().and_then(|body| body.text.clone());
        return Some(said("INTERACTIVE", content));
    }
    if let Some(reply) = base.interactive_response_message.as_option() {
        let content = reply.body.as_option().and_then(|body| body.text.clone());
        return Some(said("INTERACTIVE_REPLY", content));
    }
    if let Some(structured) = base.highly_structured_message.as_option() {
        return Some(said("TEMPLATE", structured.element_name.clone()));
    }
    if let Some(product) = base.product_message.as_option() {
        let title = product
            .product
            .as_option()
            .and_then(|product| product.title.clone());
        return Some(said("PRODUCT", title.or_else(|| product.body.clone())));
    }
    let order = base.order_message.as_option()?;
    Some(said(
        "ORDER",
        order.message.clone().or_else(|| order.order_title.clone()),
    ))
}

fn rest(base: &wa::Message) -> Option<Body> {
    if let Some(invite) = base.group_invite_message.as_option() {
        let content = invite.caption.clone().or_else(|| invite.group_name.clone());
        return Some(said("GROUP_INVITE", content));
    }
    if let Some(invite) = base.newsletter_admin_invite_message.as_option() {
        return Some(said("GROUP_INVITE", invite.newsletter_name.clone()));
    }
    if base.album_message.is_set() {
        return Some(said("ALBUM", None));
    }
    if let Some(call) = base.scheduled_call_creation_message.as_option() {
        return Some(said("CALL", call.title.clone()));
    }
    if base.call_log_messsage.is_set() || base.call.is_set() || base.bcall_message.is_set() {
        return Some(said("CALL", None));
    }
    let note = |note: Option<&wa::Message>| note.and_then(text_of);
    if let Some(payment) = base.send_payment_message.as_option() {
        return Some(said("PAYMENT", note(payment.note_message.as_option())));
    }
    if let Some(payment) = base.request_payment_message.as_option() {
        return Some(said("PAYMENT", note(payment.note_message.as_option())));
    }
    if let Some(invoice) = base.invoice_message.as_option() {
        return Some(said("PAYMENT", invoice.note.clone()));
    }
    if base.payment_invite_message.is_set()
        || base.decline_payment_request_message.is_set()
        || base.cancel_payment_request_message.is_set()
    {
        return Some(said("PAYMENT", None));
    }
    // Something newer than this program, unless it is nothing but keys.
    (!is_keys_only(base)).then(|| said("UNKNOWN", None))
}

/// A group member's sender key travels as a message of its own; nobody wrote it.
fn is_keys_only(base: &wa::Message) -> bool {
    let mut rest = base.clone();
    rest.sender_key_distribution_message = buffa::MessageField::none();
    rest.fast_ratchet_key_sender_key_distribution_message = buffa::MessageField::none();
    rest.message_context_info = buffa::MessageField::none();
    rest.encode_to_vec().is_empty()
}
