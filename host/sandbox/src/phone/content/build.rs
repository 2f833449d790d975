//! From a spec to a protobuf. Needs to know the messages that the new one is about.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use buffa::MessageField;
use waproto::whatsapp as wa;
use waproto::whatsapp::message::buttons_response_message::Response;
use waproto::whatsapp::message::pin_in_chat_message::Type as PinType;
use waproto::whatsapp::message::protocol_message::Type;

use super::spec::{Body, Spec, Wrong};
use super::{context, poll, unwrap};
use crate::phone::media::Prepared;
use crate::random;

/// A message the sender knows, as it has to be named in a new one.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) key: wa::MessageKey,
    /// Whoever wrote it.
    pub(crate) author: String,
    pub(crate) message: wa::Message,
    /// The sender's own address in the author's namespace.
    pub(crate) own: String,
}

/// What building needs of the world.
pub(crate) trait Surroundings {
    /// A message by its id.
    fn known(&self, id: &str) -> Option<Known>;
    /// The jid of somebody, given by digits or by a jid.
    fn person(&self, typed: &str) -> Option<String>;
    fn now_ms(&self) -> u64;
}

/// Builds the message.
pub(crate) fn build(prepared: &Prepared, world: &impl Surroundings) -> Result<wa::Message, Wrong> {
    let Spec { body, options } = &prepared.spec;
    let mut message = body_of(body, prepared, world)?;
    let wants_context = options.quote.is_some()
        || !options.mentions.is_empty()
        || options.ephemeral.is_some()
        || options.forwarded.is_some();
    if wants_context {
        let Some(slot) = context::slot(&mut message) else {
            return Err(Wrong::new(
                "content.type",
                "has no room for quote, mentions, ephemeral or forwarded",
            ));
        };
        let context = slot.get_or_insert_default();
        if let Some(id) = &options.quote {
            let quoted = find(world, "content.quote", id)?;
            context.stanza_id = Some(id.clone());
            context.participant = Some(quoted.author);
            context.quoted_message = MessageField::some(context::quotable(&quoted.message));
        }
        for typed in &options.mentions {
            let person = world.person(typed).ok_or_else(|| {
                Wrong::new("content.mentions", format!("nobody on this network is {typed}"))
            })?;
            context.mentioned_jid.push(person);
        }
        if let Some(score) = options.forwarded {
            context.is_forwarded = Some(true);
            context.forwarding_score = Some(score);
        }
        context.expiration = options.ephemeral;
    }
    Ok(wrap(message, prepared))
}

/// Puts view-once and disappearing messages into their wrappers.
fn wrap(mut message: wa::Message, prepared: &Prepared) -> wa::Message {
    let wrapped = |message| {
        MessageField::some(wa::message::FutureProofMessage {
            message: MessageField::some(message),
        })
    };
    if prepared.spec.options.view_once {
        if let Some(image) = message.image_message.as_option_mut() {
            image.view_once = Some(true);
        }
        if let Some(video) = message.video_message.as_option_mut() {
            video.view_once = Some(true);
        }
        let voice = message.audio_message.as_option_mut().map(|audio| {
            audio.view_once = Some(true);
        });
        message = match voice {
            None => wa::Message {
                view_once_message_v2: wrapped(message),
                ..Default::default()
            },
            Some(()) => wa::Message {
                view_once_message_v2_extension: wrapped(message),
                ..Default::default()
            },
        };
    }
    if prepared.spec.options.ephemeral.is_some() {
        // The secret stays outside, where whoever adds to the message looks for it.
        let secret = message.message_context_info.take();
        message = wa::Message {
            ephemeral_message: wrapped(message),
            message_context_info: secret.map_or_else(MessageField::none, MessageField::some),
            ..Default::default()
        };
    }
    message
}

fn find(world: &impl Surroundings, field: &str, id: &str) -> Result<Known, Wrong> {
    world
        .known(id)
        .ok_or_else(|| Wrong::new(field, format!("the phone has no message {id}")))
}

fn body_of(body: &Body, prepared: &Prepared, world: &impl Surroundings) -> Result<wa::Message, Wrong> {
    let target = |id: &str| find(world, "content.message", id);
    let now = i64::try_from(world.now_ms()).ok();
    Ok(match body {
        Body::File(kind, file) => super::files::message(*kind, file, prepared, world.now_ms())?,
        Body::Reaction(reaction) => wa::Message {
            reaction_message: MessageField::some(wa::message::ReactionMessage {
                key: MessageField::some(target(&reaction.message)?.key),
                text: Some(reaction.emoji.clone()),
                sender_timestamp_ms: now,
                ..Default::default()
            }),
            ..Default::default()
        },
        Body::Edit(edit) => {
            let known = target(&edit.message)?;
            if known.key.from_me != Some(true) {
                return Err(Wrong::new("content.message", "is not the phone's own"));
            }
            protocol(wa::message::ProtocolMessage {
                key: MessageField::some(known.key),
                r#type: Some(Type::MESSAGE_EDIT),
                edited_message: MessageField::some(edited(&known.message, &edit.text)),
                timestamp_ms: now,
                ..Default::default()
            })
        }
        Body::Revoke(about) => protocol(wa::message::ProtocolMessage {
            key: MessageField::some(target(&about.message)?.key),
            r#type: Some(Type::REVOKE),
            ..Default::default()
        }),
        Body::Pin(about) => pin(target(&about.message)?.key, PinType::PIN_FOR_ALL, now),
        Body::Unpin(about) => pin(target(&about.message)?.key, PinType::UNPIN_FOR_ALL, now),
        Body::Forward(about) => forward(&target(&about.message)?.message),
        Body::Vote(vote) => {
            let known = find(world, "content.poll", &vote.poll)?;
            let Some(creation) = poll::creation(&known.message) else {
                return Err(Wrong::new("content.poll", "is not a poll"));
            };
            let options = poll::options(creation);
            if let Some(unknown) = vote.options.iter().find(|option| !options.contains(option)) {
                let error = format!("{unknown:?} is not one of {options:?}");
                return Err(Wrong::new("content.options", error));
            }
            let between = poll::Between {
                creator: known.author,
                voter: known.own,
            };
            poll::vote(
                &known.message,
                &vote.poll,
                known.key,
                &between,
                &vote.options,
                world.now_ms(),
            )
            .ok_or_else(|| {
                Wrong::new(
                    "content.poll",
                    "came without the secret that votes are sealed with",
                )
            })?
        }
        Body::Choice(choice) => self::choice(&target(&choice.message)?.message, &choice.id)?,
        Body::Raw(raw) => BASE64_STANDARD
            .decode(&raw.proto)
            .ok()
            .and_then(|bytes| waproto::codec::message_decode(&bytes[..]).ok())
            .ok_or_else(|| Wrong::new("content.proto", "is not a message in base64"))?,
        Body::Poll(poll) => {
            let mut message = super::things::poll(poll);
            message.message_context_info = MessageField::some(wa::MessageContextInfo {
                message_secret: Some(random::bytes::<32>().to_vec()),
                ..Default::default()
            });
            message
        }
        Body::Text(text) => super::things::text(text),
        Body::Location(place) => super::things::location(place),
        Body::LiveLocation(place) => super::things::live_location(place),
        Body::Contacts(cards) => super::things::contacts(cards),
        Body::List(list) => super::things::list(list),
        Body::Buttons(buttons) => super::things::buttons(buttons),
    })
}

fn protocol(protocol: wa::message::ProtocolMessage) -> wa::Message {
    wa::Message {
        protocol_message: MessageField::some(protocol),
        ..Default::default()
    }
}

fn pin(key: wa::MessageKey, kind: PinType, now: Option<i64>) -> wa::Message {
    wa::Message {
        pin_in_chat_message: MessageField::some(wa::message::PinInChatMessage {
            key: MessageField::some(key),
            r#type: Some(kind),
            sender_timestamp_ms: now,
        }),
        message_context_info: MessageField::some(wa::MessageContextInfo {
            // Seven days, as the official clients offer it.
            message_add_on_duration_in_secs: (kind == PinType::PIN_FOR_ALL).then_some(604_800),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The message with other words: a caption where there is one, the text otherwise.
fn edited(before: &wa::Message, text: &str) -> wa::Message {
    let mut after = unwrap(before).message.clone();
    after.message_context_info = MessageField::none();
    if let Some(image) = after.image_message.as_option_mut() {
        image.caption = Some(text.to_owned());
    } else if let Some(video) = after.video_message.as_option_mut() {
        video.caption = Some(text.to_owned());
    } else if let Some(document) = after.document_message.as_option_mut() {
        document.caption = Some(text.to_owned());
    } else if let Some(extended) = after.extended_text_message.as_option_mut() {
        extended.text = Some(text.to_owned());
    } else {
        after = wa::Message {
            conversation: Some(text.to_owned()),
            ..Default::default()
        };
    }
    after
}

/// The same content with a mark; files are not uploaded again.
fn forward(original: &wa::Message) -> wa::Message {
    let score = context::of(original)
        .and_then(|context| context.forwarding_score)
        .unwrap_or(0);
    let mut message = context::quotable(original);
    if let Some(slot) = context::slot(&mut message) {
        let context = slot.get_or_insert_default();
        context.is_forwarded = Some(true);
        context.forwarding_score = Some(score + 1);
    }
    message
}

fn choice(offered: &wa::Message, id: &str) -> Result<wa::Message, Wrong> {
    use wa::message::buttons_response_message::Type as ButtonsType;
    use wa::message::list_response_message::{ListType, SingleSelectReply};

    let offered = unwrap(offered).message;
    if let Some(list) = offered.list_message.as_option() {
        let rows = list.sections.iter().flat_map(|section| &section.rows);
        let row = rows
            .clone()
            .find(|row| row.row_id.as_deref() == Some(id))
            .ok_or_else(|| Wrong::new("content.id", "is no row of that list"))?;
        return Ok(wa::Message {
            list_response_message: MessageField::some(wa::message::ListResponseMessage {
                title: row.title.clone(),
                list_type: Some(ListType::SINGLE_SELECT),
                single_select_reply: MessageField::some(SingleSelectReply {
                    selected_row_id: Some(id.to_owned()),
                }),
                description: row.description.clone(),
                ..Default::default()
            }),
            ..Default::default()
        });
    }
    let buttons = offered
        .buttons_message
        .as_option()
        .ok_or_else(|| Wrong::new("content.message", "offers nothing to choose from"))?;
    let button = buttons
        .buttons
        .iter()
        .find(|button| button.button_id.as_deref() == Some(id))
        .ok_or_else(|| Wrong::new("content.id", "is no button of that message"))?;
    let text = button.button_text.display_text.clone().unwrap_or_default();
    Ok(wa::Message {
        buttons_response_message: MessageField::some(wa::message::ButtonsResponseMessage {
            selected_button_id: Some(id.to_owned()),
            r#type: Some(ButtonsType::DISPLAY_TEXT),
            response: Some(Response::SelectedDisplayText(text)),
            ..Default::default()
        }),
        ..Default::default()
    })
}

/// The text of the button that was chosen.
pub(super) fn display_text(reply: &wa::message::ButtonsResponseMessage) -> Option<String> {
    reply
        .response
        .as_ref()
        .map(|Response::SelectedDisplayText(text)| text.clone())
}
