//! What stands around a message's content: the quote, the people it mentions, what a client adds.

use buffa::Message as _;
use wacore::proto_helpers::{MessageExt as _, build_quote_context_with_info};
use wacore_binary::JidExt as _;
use waproto::whatsapp as wa;
use whatsapp_rust::Jid;

use super::{SendOptions, Target};
use crate::account::Account;
use crate::content::MessageRef;
use crate::{EngineError, address};

/// WhatsApp's sign for "everybody in the group".
const EVERYBODY: u32 = 1;

/// Puts quote and mentions around a message.
pub(super) async fn put_around(
    account: &Account,
    to: &Jid,
    message: &mut wa::Message,
    options: &SendOptions,
) -> Result<(), EngineError> {
    let mut context = existing(inside(message));
    if let Some(id) = &options.quote {
        context = quote(account, to, id).await?;
    }
    let mentions = mentions(account, to, message, &options.mentions).await?;
    context.mentioned_jid.extend(mentions);
    if options.mention_all {
        if !to.is_group() {
            return Err(EngineError::invalid("mentionAll", "only in groups"));
        }
        context.non_jid_mentions = Some(EVERYBODY);
    }
    if let Some(over) = &options.context_info {
        context = over_it(&context, over)?;
    }
    // What has no place for it (a reaction, say) has no quote either.
    let is_needed = context != wa::ContextInfo::default();
    if is_needed && !inside(message).set_context_info(context) && options.quote.is_some() {
        return Err(EngineError::invalid(
            "quote",
            "this kind of message cannot answer another",
        ));
    }
    Ok(())
}

/// What a forwarded message has around it already.
fn existing(message: &mut wa::Message) -> wa::ContextInfo {
    macro_rules! first_of {
        ($($field:ident),+ $(,)?) => {
            $(
                if let Some(part) = message.$field.as_option() {
                    return part.context_info.as_option().cloned().unwrap_or_default();
                }
            )+
        };
    }
    first_of!(
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
        poll_creation_message_v3,
        event_message,
        group_invite_message,
    );
    wa::ContextInfo::default()
}

/// The wrapper around a document with a caption has no place for what stands around a message, what is inside has.
pub(super) fn inside(message: &mut wa::Message) -> &mut wa::Message {
    if message.document_with_caption_message.is_set() {
        let wrapper = message.document_with_caption_message.get_or_insert_default();
        return wrapper.message.get_or_insert_default();
    }
    message
}

async fn quote(account: &Account, to: &Jid, id: &str) -> Result<wa::ContextInfo, EngineError> {
    let quoted = Target::find(account, to, &MessageRef::by_id(id)).await?;
    let message = quoted.message()?;
    let sender = account.in_chat(to, &quoted.sender).await?;
    Ok(build_quote_context_with_info(
        quoted.id.clone(),
        &sender,
        &quoted.chat,
        to,
        &message,
    ))
}

/// The people mentioned, as the chat addresses them. Where that is by LID, `@number` in the text becomes `@lid`, or
/// clients would not find the place.
async fn mentions(
    account: &Account,
    to: &Jid,
    message: &mut wa::Message,
    written: &[String],
) -> Result<Vec<String>, EngineError> {
    let mut mentions = Vec::with_capacity(written.len());
    for mention in written {
        let person = address::parse_person(mention, "mentions")?;
        let in_chat = if to.is_group() {
            account.in_chat(to, &person).await?
        } else {
            person.clone()
        };
        if in_chat.user != person.user {
            rename(message, &person.user, &in_chat.user);
        }
        let in_chat = in_chat.to_string();
        if !mentions.contains(&in_chat) {
            mentions.push(in_chat);
        }
    }
    Ok(mentions)
}

fn rename(message: &mut wa::Message, from: &str, to: &str) {
    let change = |text: &mut Option<String>| {
        if let Some(text) = text {
            *text = renamed(text, from, to);
        }
    };
    change(&mut message.conversation);
    if let Some(text) = message.extended_text_message.as_option_mut() {
        change(&mut text.text);
    }
    if let Some(image) = message.image_message.as_option_mut() {
        change(&mut image.caption);
    }
    if let Some(video) = message.video_message.as_option_mut() {
        change(&mut video.caption);
    }
    if let Some(wrapper) = message.document_with_caption_message.as_option_mut()
        && let Some(inner) = wrapper.message.as_option_mut()
        && let Some(document) = inner.document_message.as_option_mut()
    {
        change(&mut document.caption);
    }
}

/// `@from` becomes `@to`; `@from1`, which is somebody else, stays.
fn renamed(text: &str, from: &str, to: &str) -> String {
    let mark = format!("@{from}");
    let mut parts = text.split(mark.as_str());
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let goes_on = part.starts_with(|c: char| c.is_ascii_digit());
        out.push('@');
        out.push_str(if goes_on { from } else { to });
        out.push_str(part);
    }
    out
}

/// One context over another: what the second sets counts, lists are joined. That is the protocol's own rule for two
/// messages in a row.
fn over_it(context: &wa::ContextInfo, over: &[u8]) -> Result<wa::ContextInfo, EngineError> {
    let mut bytes = context.encode_to_vec();
    bytes.extend_from_slice(over);
    wa::ContextInfo::decode_from_slice(&bytes)
        .map_err(|error| EngineError::invalid("contextInfo", error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_the_text_becomes_the_address_of_the_chat() {
        for (text, wanted) in [
            ("hi @12025550102!", "hi @100000000000002!"),
            (
                "@12025550102 and @120255501021",
                "@100000000000002 and @120255501021",
            ),
            ("12025550102", "12025550102"),
            ("@12025550102", "@100000000000002"),
        ] {
            assert_eq!(renamed(text, "12025550102", "100000000000002"), wanted);
        }
    }

    #[test]
    fn what_goes_over_a_context_counts() {
        let context = wa::ContextInfo {
            stanza_id: Some("one".to_owned()),
            mentioned_jid: vec!["a@lid".to_owned()],
            ..wa::ContextInfo::default()
        };
        let over = wa::ContextInfo {
            stanza_id: Some("two".to_owned()),
            is_forwarded: Some(true),
            ..wa::ContextInfo::default()
        };
        let joined = over_it(&context, &over.encode_to_vec()).unwrap();
        assert_eq!(joined.stanza_id.as_deref(), Some("two"));
        assert_eq!(joined.mentioned_jid, ["a@lid"]);
        assert_eq!(joined.is_forwarded, Some(true));
        assert!(over_it(&context, &[0xff]).is_err());
    }
}
