//! Messages of the past made into rows.

use wagate_storage::contacts::{ContactPatch, Learned};
use wagate_storage::history::{HistoryBatch, HistoryChat};
use wagate_storage::media::NewMedia;
use wagate_storage::messages::{DELETED_TEXT, MessageRow, MessageStatus, NewMessage};
use wagate_storage::polls::VoteRow;
use wagate_storage::reactions::NewReaction;
use waproto::whatsapp as wa;
use waproto::whatsapp::web_message_info::Status;
use whatsapp_rust::Jid;

use super::read::Piece;
use crate::context::SessionContext;
use crate::media;
use crate::normalise::{self, Own, Person, STATUS_CHAT, known, resolve};

/// What a piece holds, into the batch that is to be committed.
pub(super) async fn fill(context: &SessionContext, own: &Own, piece: Piece, batch: &mut HistoryBatch) {
    if let Some(about) = piece.about {
        let Some(chat) = chat_of(context, &about).await else {
            return;
        };
        for info in &piece.infos {
            message(context, own, &chat, info, batch).await;
        }
        if piece.is_last {
            batch.contacts.extend(contact(&chat, &about));
            batch.chats.push(described(&chat, &about));
        }
    }
    let Some(rest) = piece.rest else { return };
    let status = Person::named(STATUS_CHAT);
    for info in &rest.status_v3_messages {
        message(context, own, &status, info, batch).await;
    }
    batch
        .contacts
        .extend(rest.phone_number_to_lid_mappings.iter().filter_map(pair));
    batch.contacts.extend(rest.pushnames.iter().filter_map(push_name));
}

/// The chat under its canonical address.
async fn chat_of(context: &SessionContext, about: &wa::Conversation) -> Option<Person> {
    let jid: Jid = about.id.parse().ok()?;
    let other = if jid.is_lid() {
        &about.pn_jid
    } else {
        &about.lid_jid
    };
    let other: Option<Jid> = other.as_deref().and_then(|other| other.parse().ok());
    Some(known(context, Person::from_pair(&jid, other.as_ref())).await)
}

fn ms(seconds: Option<u64>) -> Option<i64> {
    i64::try_from(seconds.filter(|seconds| *seconds > 0)?)
        .ok()?
        .checked_mul(1000)
}

fn described(chat: &Person, about: &wa::Conversation) -> HistoryChat {
    HistoryChat {
        jid: chat.canonical.clone(),
        name: about.name.clone().or_else(|| about.display_name.clone()),
        unread: about.unread_count.map(i64::from),
        archived: about.archived,
        pinned_at: ms(about.pinned.map(u64::from)),
        // Milliseconds here, unlike everything around it.
        muted_until: about
            .mute_end_time
            .and_then(|at| i64::try_from(at).ok())
            .filter(|at| *at > 0),
        marked_unread: about.marked_as_unread.unwrap_or(false),
        ephemeral_seconds: about.ephemeral_expiration.map(i64::from),
        last_at: ms(about.last_msg_timestamp.or(about.conversation_timestamp)),
    }
}

/// Of a direct chat: its name is the person's, as the owner saved it.
fn contact(chat: &Person, about: &wa::Conversation) -> Option<ContactPatch> {
    let seen = chat.sighting();
    if seen.pn.is_none() && seen.lid.is_none() {
        return None;
    }
    Some(ContactPatch {
        name: Learned::maybe(about.name.clone()),
        push_name: Learned::maybe(about.display_name.clone()),
        is_hearsay: true,
        ..seen.into()
    })
}

fn pair(mapping: &wa::PhoneNumberToLIDMapping) -> Option<ContactPatch> {
    let pn: Jid = mapping.pn_jid.as_deref()?.parse().ok()?;
    let lid: Jid = mapping.lid_jid.as_deref()?.parse().ok()?;
    Some(ContactPatch {
        is_hearsay: true,
        ..Person::from_pair(&pn, Some(&lid)).sighting().into()
    })
}

fn push_name(name: &wa::Pushname) -> Option<ContactPatch> {
    let jid: Jid = name.id.as_deref()?.parse().ok()?;
    Some(ContactPatch {
        push_name: Learned::maybe(name.pushname.clone()),
        is_hearsay: true,
        ..Person::from_pair(&jid, None).sighting().into()
    })
}

async fn message(
    context: &SessionContext,
    own: &Own,
    chat: &Person,
    info: &wa::WebMessageInfo,
    batch: &mut HistoryBatch,
) {
    let Some((row, sender, media)) = row_of(context, own, chat, info).await else {
        return;
    };
    for reaction in &info.reactions {
        batch
            .reactions
            .extend(reaction_of(context, own, chat, &row, reaction).await);
    }
    for update in &info.poll_updates {
        if let Some(vote) = vote_of(context, own, chat, update).await {
            batch.votes.push((row.chat.clone(), row.wa_id.clone(), vote));
        }
    }
    let mut contact = if row.from_me {
        chat.sighting()
    } else {
        sender.sighting()
    };
    if !row.from_me {
        contact.push_name.clone_from(&row.push_name);
        contact.verified_name.clone_from(&info.verified_biz_name);
    }
    batch.rows.push(NewMessage {
        row,
        event: None,
        contact,
        media,
    });
}

async fn row_of(
    context: &SessionContext,
    own: &Own,
    chat: &Person,
    info: &wa::WebMessageInfo,
) -> Option<(MessageRow, Person, Option<NewMedia>)> {
    let key = info.key.as_option()?;
    let wa_id = key.id.clone().filter(|id| !id.is_empty())?;
    let timestamp = ms(info.message_timestamp)?;
    let from_me = key.from_me.unwrap_or(false);
    let participant = info.participant.as_deref().or(key.participant.as_deref());
    let sender = match (from_me, participant.filter(|jid| !jid.is_empty())) {
        (true, _) => own.person(),
        (false, Some(participant)) => resolve(context, participant).await?,
        (false, None) => chat.clone(),
    };
    let mut message = info.message.as_option()?.clone();
    if let Some(secret) = &info.message_secret
        && normalise::secret(&message).is_none()
    {
        message
            .message_context_info
            .get_or_insert_default()
            .message_secret = Some(secret.clone());
    }
    let body = normalise::body(normalise::unwrap(&message).base)?;
    let (status, played) = status_of(info.status, from_me);
    let mut row = MessageRow {
        chat: chat.canonical.clone(),
        sender: sender.canonical.clone(),
        from_me,
        wa_id,
        push_name: info.push_name.clone().filter(|name| !name.is_empty()),
        status,
        played,
        timestamp,
        starred: info.starred.unwrap_or(false),
        ..normalise::described(context, &body, &message)
    };
    if let Some(at) = ms(info.revoke_message_timestamp) {
        row.deleted_at = Some(at);
        if !context.config().anti_delete {
            row.content = Some(DELETED_TEXT.to_owned());
            row.wire = Vec::new();
        }
    }
    // The files of years are not downloaded before somebody asks for them.
    let media = Some(&message)
        .filter(|_| !row.wire.is_empty())
        .and_then(|message| media::media_of(context, &row, message))
        .map(|media| NewMedia {
            is_lazy: true,
            ..media
        });
    Some((row, sender, media))
}

/// Of what was received nothing is known but that it came.
fn status_of(status: Option<Status>, from_me: bool) -> (MessageStatus, bool) {
    if !from_me {
        return (MessageStatus::Pending, false);
    }
    match status {
        Some(Status::ERROR) => (MessageStatus::Failed, false),
        Some(Status::PENDING) => (MessageStatus::Pending, false),
        Some(Status::SERVER_ACK) | None => (MessageStatus::Sent, false),
        Some(Status::DELIVERY_ACK) => (MessageStatus::Delivered, false),
        Some(Status::READ) => (MessageStatus::Read, false),
        Some(Status::PLAYED) => (MessageStatus::Read, true),
    }
}

/// Who the key of a reaction or a vote names.
async fn actor(context: &SessionContext, own: &Own, chat: &Person, key: &wa::MessageKey) -> Option<Person> {
    match (key.from_me.unwrap_or(false), key.participant.as_deref()) {
        (true, _) => Some(own.person()),
        (false, Some(participant)) if !participant.is_empty() => resolve(context, participant).await,
        (false, _) => Some(chat.clone()),
    }
}

async fn reaction_of(
    context: &SessionContext,
    own: &Own,
    chat: &Person,
    row: &MessageRow,
    reaction: &wa::Reaction,
) -> Option<NewReaction> {
    let key = reaction.key.as_option()?;
    let sender = actor(context, own, chat, key).await?;
    Some(NewReaction {
        session_id: row.session_id.clone(),
        chat: row.chat.clone(),
        wa_id: row.wa_id.clone(),
        from_me: own.is(&sender.canonical),
        sender: sender.canonical,
        emoji: reaction.text.clone().filter(|emoji| !emoji.is_empty()),
        timestamp: reaction.sender_timestamp_ms.unwrap_or(row.timestamp),
        event: None,
    })
}

async fn vote_of(
    context: &SessionContext,
    own: &Own,
    chat: &Person,
    update: &wa::PollUpdate,
) -> Option<VoteRow> {
    let key = update.poll_update_message_key.as_option()?;
    let vote = update.vote.as_option()?;
    Some(VoteRow {
        voter: actor(context, own, chat, key).await?.canonical,
        options: vote.selected_options.iter().map(hex::encode).collect(),
        timestamp: update.sender_timestamp_ms.unwrap_or(0),
    })
}
