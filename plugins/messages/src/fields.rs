//! Fields that several routes have, looked at before the host is asked.

use serde_json::{Value, json};
use wagate_plugin_api::messages::{Content, SendOptions, Sent};
use wagate_plugin_api::{Error, Request, Response, content, jid};

use crate::limits::{MAX_MENTIONS, MAX_MESSAGE_ID, MAX_TEXT};

/// Where status posts are.
const STATUS: &str = "status@broadcast";

/// Who gets it.
pub(crate) fn recipient(request: &Request) -> Result<String, Error> {
    jid::recipient(request.param("jid")?, "jid")
}

/// The chat a message is in: that of status posts too.
pub(crate) fn chat(request: &Request) -> Result<String, Error> {
    chat_of(request.param("jid")?, "jid")
}

/// The same, from anywhere.
pub(crate) fn chat_of(text: &str, field: &str) -> Result<String, Error> {
    match text.trim() {
        STATUS => Ok(STATUS.to_owned()),
        text => jid::recipient(text, field),
    }
}

/// Which message of it.
pub(crate) fn message_id(request: &Request) -> Result<&str, Error> {
    let id = request.param("messageId")?;
    is_message_id(id, "messageId")?;
    Ok(id)
}

/// WhatsApp's ids have nothing that could be anything else in a path.
pub(crate) fn is_message_id(id: &str, field: &str) -> Result<(), Error> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    if id.is_empty() || id.len() > MAX_MESSAGE_ID || !id.bytes().all(plain) {
        return Err(Error::bad_request(format!(
            "{field}: must be a message id: 1 to {MAX_MESSAGE_ID} letters, digits, and -_.:"
        )));
    }
    Ok(())
}

/// A 400 that names the field when the text is longer than so many characters.
pub(crate) fn at_most(text: &str, characters: usize, field: &str) -> Result<(), Error> {
    // Counting is for those that may be too long.
    if text.len() > characters && text.chars().count() > characters {
        return Err(Error::bad_request(format!(
            "{field}: at most {characters} characters"
        )));
    }
    Ok(())
}

/// What a client wrote into `message`.
pub(crate) fn message(written: Option<&Value>) -> Result<Content, Error> {
    let content = content::content(written)?;
    if let Content::Text(text) = &content {
        if text.is_empty() {
            return Err(Error::bad_request("message.text must not be empty"));
        }
        at_most(text, MAX_TEXT, "message.text")?;
    }
    Ok(content)
}

/// How it leaves.
pub(crate) fn options(quote: Option<String>, mentions: &[String]) -> Result<SendOptions, Error> {
    if mentions.len() > MAX_MENTIONS {
        return Err(Error::bad_request(format!(
            "mentions: at most {MAX_MENTIONS} people"
        )));
    }
    let mentions = mentions
        .iter()
        .enumerate()
        .map(|(n, text)| jid::recipient(text, &format!("mentions[{n}]")));
    Ok(content::options(quote, mentions.collect::<Result<_, _>>()?))
}

/// How a message leaves that mentions and answers nobody.
pub(crate) fn plain() -> SendOptions {
    content::options(None, Vec::new())
}

/// The answer of the routes that are to say nothing but that it went well, with what was sent beside it.
pub(crate) fn done(sent: &Sent) -> Result<Response, Error> {
    Response::data("Operation successful", &content::sent_json(sent))
}

/// What was sent, and its words once more: the contract's examples have `text` here.
pub(crate) fn with_text(sent: &Sent, text: &str) -> Value {
    let mut json = content::sent_json(sent);
    if let Value::Object(fields) = &mut json {
        fields.entry("text").or_insert_with(|| json!(text));
    }
    json
}

/// The words of a content, as far as it has any.
pub(crate) fn words(written: Option<&Value>) -> &str {
    let found = match written {
        Some(Value::Object(fields)) => fields.get("text").or_else(|| fields.get("caption")),
        other => other,
    };
    found.and_then(Value::as_str).unwrap_or_default()
}
