//! What is to be sent, made into a message of the protocol.

use std::path::PathBuf;

use wacore::proto_helpers::MessageExt as _;
use wacore_binary::JidExt as _;
use waproto::whatsapp as wa;
use whatsapp_rust::Jid;

use super::{SendOptions, Target, context_info, upload};
use crate::account::Account;
use crate::content::{Content, EPHEMERAL_SECONDS, MAX_TEXT, MessageRef};
use crate::{EngineError, compose};

/// How long after it was sent a message can be changed. Recipients ignore later changes.
const EDIT_WINDOW_MS: i64 = 15 * 60 * 1000;

/// A message, ready to leave.
pub(crate) struct Draft {
    pub(crate) to: Jid,
    /// The chat, canonical.
    pub(crate) chat: String,
    pub(crate) message: wa::Message,
    /// It is about another message and no message to a reader: it has no row.
    pub(crate) is_addition: bool,
    /// Who may see it, if it is a status post.
    pub(crate) audience: Vec<Jid>,
    /// The file it carries, where that is on disk.
    pub(crate) file: Option<PathBuf>,
}

impl Draft {
    pub(crate) async fn make(
        account: &Account,
        to: Jid,
        content: Content,
        options: SendOptions,
    ) -> Result<Self, EngineError> {
        let is_reaction = matches!(content, Content::Reaction { .. });
        let is_addition = is_reaction
            || matches!(
                content,
                Content::Pin { .. } | Content::Edit { .. } | Content::Delete(_) | Content::Disappearing(_)
            );
        if to.is_status_broadcast() && !is_reaction {
            return Err(EngineError::invalid(
                "jid",
                "status posts go to an audience, not to a chat",
            ));
        }
        let file = content.file();
        let message = compose_content(account, &to, content).await?;
        let draft = if is_addition {
            Self {
                chat: account.canonical(&to).await?,
                to,
                message,
                is_addition,
                audience: Vec::new(),
                file: None,
            }
        } else {
            Self::of(account, to, message, &options).await?
        };
        Ok(Self { file, ..draft })
    }

    /// A message that is composed, with what belongs around it.
    pub(crate) async fn of(
        account: &Account,
        to: Jid,
        mut message: wa::Message,
        options: &SendOptions,
    ) -> Result<Self, EngineError> {
        context_info::put_around(account, &to, &mut message, options).await?;
        let timer = match options.ephemeral_seconds {
            Some(seconds) => Some(seconds),
            None => account.timer_of(&to).await?,
        };
        if let Some(seconds) = timer.filter(|seconds| *seconds > 0) {
            context_info::inside(&mut message).set_ephemeral_expiration(seconds);
        }
        if options.view_once {
            message = view_once(message)?;
        }
        Ok(Self {
            chat: account.canonical(&to).await?,
            to,
            message,
            is_addition: false,
            audience: Vec::new(),
            file: None,
        })
    }
}

/// What a content says to a chat, without what stands around it.
pub(crate) async fn compose_content(
    account: &Account,
    to: &Jid,
    content: Content,
) -> Result<wa::Message, EngineError> {
    if let Some(message) = compose::alone(&content) {
        return message;
    }
    let now = account.context.shared.clock.now_ms();
    match content {
        Content::Media(media) => {
            compose::is_sendable(&media)?;
            let uploaded = upload::upload(account, &media).await?;
            Ok(compose::media(*media, uploaded))
        }
        Content::Reaction { target, emoji } => {
            let key = Target::find(account, to, &target).await?.key(account).await?;
            compose::reaction(key, &emoji, now)
        }
        Content::Pin { target, seconds } => {
            let key = Target::find(account, to, &target).await?.key(account).await?;
            compose::pin(key, seconds, now)
        }
        Content::Edit { target, text } => edit(account, to, &target, &text).await,
        Content::Delete(target) => revoke(account, to, &target).await,
        Content::Forward(target) => {
            let original = Target::find(account, to, &target).await?.message()?;
            Ok(*original.get_base_message().prepare_for_forward())
        }
        Content::Disappearing(seconds) => {
            check_timer(seconds)?;
            if to.is_group() {
                return Err(EngineError::invalid(
                    "jid",
                    "a group's timer is one of the group's settings",
                ));
            }
            Ok(compose::disappearing(seconds, now / 1000))
        }
        Content::Raw(wire) => raw(account, &wire),
        Content::Text(_)
        | Content::Location(_)
        | Content::LiveLocation(_)
        | Content::Contacts(_)
        | Content::Poll(_)
        | Content::Event(_)
        | Content::GroupInvite(_)
        | Content::ListReply(_)
        | Content::ButtonReply(_) => Err(EngineError::Internal("a content was not composed".to_owned())),
    }
}

/// Another text, or another caption around the same file.
async fn edit(
    account: &Account,
    to: &Jid,
    target: &MessageRef,
    text: &str,
) -> Result<wa::Message, EngineError> {
    compose::length(text, 1, MAX_TEXT, "text")?;
    let target = Target::find(account, to, target).await?;
    if !target.from_me {
        return Err(EngineError::Conflict(
            "only own messages can be changed".to_owned(),
        ));
    }
    let now = account.context.shared.clock.now_ms();
    let sent_at = target.row.as_ref().map_or(now, |row| row.timestamp);
    if now - sent_at > EDIT_WINDOW_MS {
        let minutes = EDIT_WINDOW_MS / 60_000;
        return Err(EngineError::Conflict(format!(
            "a message can be changed for {minutes} minutes after it was sent"
        )));
    }
    let changed = if target.row.is_some() {
        with_text(target.message()?, text)?
    } else {
        compose::text(text)?
    };
    let mut key = target.key(account).await?;
    if to.is_group() {
        let own = account.in_chat(to, &account.own()?).await?;
        key.participant = Some(own.to_string());
    }
    Ok(compose::edit(key, changed, now))
}

fn with_text(original: wa::Message, text: &str) -> Result<wa::Message, EngineError> {
    let mut base = original.into_base_message();
    let text = Some(text.to_owned());
    if let Some(image) = base.image_message.as_option_mut() {
        image.caption = text;
    } else if let Some(video) = base.video_message.as_option_mut() {
        video.caption = text;
    } else if let Some(document) = base.document_message.as_option_mut() {
        document.caption = text;
    } else if let Some(words) = base.extended_text_message.as_option_mut() {
        words.text = text;
    } else if base.conversation.is_some() {
        base.conversation = text;
    } else {
        return Err(EngineError::Conflict(
            "this kind of message has no text to change".to_owned(),
        ));
    }
    base.message_context_info = buffa::MessageField::none();
    Ok(base)
}

/// Own messages anywhere; in a group, an admin may take back anybody's.
async fn revoke(account: &Account, to: &Jid, target: &MessageRef) -> Result<wa::Message, EngineError> {
    let target = Target::find(account, to, target).await?;
    if !target.from_me {
        if !to.is_group() {
            return Err(EngineError::Conflict(
                "only own messages can be taken back from everybody here".to_owned(),
            ));
        }
        if !account.is_admin_of(to).await? {
            return Err(EngineError::NotAdmin);
        }
    }
    Ok(compose::revoke(target.key(account).await?))
}

fn view_once(message: wa::Message) -> Result<wa::Message, EngineError> {
    let can_open_once =
        message.image_message.is_set() || message.video_message.is_set() || message.audio_message.is_set();
    if can_open_once {
        Ok(compose::view_once(message))
    } else {
        Err(EngineError::invalid(
            "viewOnce",
            "only pictures, videos and voice notes can open once",
        ))
    }
}

fn raw(account: &Account, wire: &[u8]) -> Result<wa::Message, EngineError> {
    use buffa::Message as _;
    if !account.context.shared.allow_raw_messages {
        return Err(EngineError::invalid(
            "message",
            "messages in the protocol's own form are switched off ([sending] raw_messages)",
        ));
    }
    wa::Message::decode_from_slice(wire).map_err(|error| EngineError::invalid("message", error.to_string()))
}

pub(crate) fn check_timer(seconds: u32) -> Result<(), EngineError> {
    if EPHEMERAL_SECONDS.contains(&seconds) {
        return Ok(());
    }
    Err(EngineError::invalid(
        "expiration",
        "must be 0 (off), 86400 (1 day), 604800 (7 days), or 7776000 (90 days)",
    ))
}
