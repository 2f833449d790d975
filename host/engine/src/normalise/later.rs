//! What changes a message that came before: edits, revokes, reactions, votes. And people who became better known.

use serde_json::json;
use wacore::types::message::MessageInfo;
use wagate_protocol::event::kind;
use wagate_storage::contacts::ContactChange;
use wagate_storage::events::NewEvent;
use wagate_storage::messages::{Inbound, NewEdit, NewRevoke};
use wagate_storage::polls::{NewVote, TellVote, VoteRow};
use wagate_storage::reactions::NewReaction;
use waproto::whatsapp as wa;
use waproto::whatsapp::message::protocol_message::Type;

use super::body::body;
use super::payload::stable_id;
use super::person::{Own, Person, complete};
use super::{Place, poll, wrapper};
use crate::context::SessionContext;
use buffa::Message as _;

/// One of them, being worked on.
struct Later<'a> {
    context: &'a SessionContext,
    own: &'a Own,
    place: &'a Place,
    info: &'a MessageInfo,
}

/// None: the message is one of its own.
pub(super) async fn arrived(
    context: &SessionContext,
    own: &Own,
    place: &Place,
    base: &wa::Message,
    info: &MessageInfo,
    before: &[Inbound],
) -> Option<Vec<Inbound>> {
    let later = Later {
        context,
        own,
        place,
        info,
    };
    if let Some(protocol) = base.protocol_message.as_option() {
        let thing = match protocol.r#type {
            Some(Type::REVOKE) => later.revoke(protocol).await,
            Some(Type::MESSAGE_EDIT) => later.edit(protocol).await,
            _ => None,
        };
        return Some(thing.into_iter().collect());
    }
    if let Some(reaction) = base.reaction_message.as_option() {
        return Some(later.reaction(reaction).await.into_iter().collect());
    }
    if let Some(update) = base.poll_update_message.as_option() {
        return Some(later.vote(update, before).await.into_iter().collect());
    }
    None
}

/// The chat's new timer for disappearing messages, seconds.
pub(crate) fn ephemeral_setting(base: &wa::Message) -> Option<u32> {
    let protocol = base.protocol_message.as_option()?;
    (protocol.r#type == Some(Type::EPHEMERAL_SETTING)).then(|| protocol.ephemeral_expiration.unwrap_or(0))
}

impl Later<'_> {
    fn chat(&self) -> &str {
        &self.place.chat.canonical
    }

    fn event(&self, kind: &str, data: &serde_json::Value) -> NewEvent {
        let id = stable_id(&[
            &self.context.id,
            self.chat(),
            &self.place.sender.canonical,
            &self.info.id,
            kind,
        ]);
        self.context.event(id, kind, Some(self.chat().to_owned()), data)
    }

    /// Under all of their addresses: the row may carry either.
    async fn actor(&self) -> Vec<String> {
        complete(self.context, self.place.sender.clone())
            .await
            .addresses()
    }

    /// Who wrote the message that the key names, seen from who sent the key.
    async fn author(&self, key: &wa::MessageKey) -> Option<Person> {
        if let Some(participant) = key.participant.as_deref().filter(|jid| !jid.is_empty()) {
            return self.place.person(self.context, self.own, participant).await;
        }
        Some(
            match (key.from_me.unwrap_or(false), self.info.source.is_from_me) {
                // Their own, or ours when we sent the key.
                (true, _) => self.place.sender.clone(),
                // In a direct chat there is only one other.
                (false, false) => self.own.person(),
                (false, true) => self.place.chat.clone(),
            },
        )
    }

    async fn revoke(&self, protocol: &wa::message::ProtocolMessage) -> Option<Inbound> {
        let key = protocol.key.as_option()?;
        let target = key.id.clone()?;
        let author = self.author(key).await;
        let author_is_own = author
            .as_ref()
            .is_some_and(|author| self.own.is(&author.canonical));
        let at = self.info.timestamp.timestamp_millis();
        let event = self.event(
            kind::MESSAGE_DELETED,
            &json!({
                "keyId": target,
                "remoteJid": self.chat(),
                "fromMe": author_is_own,
                "chat": self.chat(),
                "sender": author.map(|author| author.canonical),
                "deletedBy": self.place.sender.canonical,
                "deletedAt": at,
            }),
        );
        Some(Inbound::Revoke(Box::new(NewRevoke {
            session_id: self.context.id.to_string(),
            chat: self.chat().to_owned(),
            wa_id: target,
            by: self.actor().await,
            keep_content: self.context.config().anti_delete,
            at,
            event,
        })))
    }

    async fn edit(&self, protocol: &wa::message::ProtocolMessage) -> Option<Inbound> {
        let target = protocol.key.as_option()?.id.clone()?;
        let edited = protocol.edited_message.as_option()?;
        let content = body(wrapper::unwrap(edited).base)?.content;
        let at = protocol
            .timestamp_ms
            .unwrap_or_else(|| self.info.timestamp.timestamp_millis());
        let event = self.event(
            kind::MESSAGE_EDITED,
            &json!({
                "keyId": target,
                "newContent": content,
                "remoteJid": self.chat(),
                "fromMe": self.info.source.is_from_me,
                "chat": self.chat(),
                "sender": self.place.sender.canonical,
                "editedAt": at,
            }),
        );
        Some(Inbound::Edit(Box::new(NewEdit {
            session_id: self.context.id.to_string(),
            chat: self.chat().to_owned(),
            wa_id: target,
            editor: self.actor().await,
            content,
            wire: edited.encode_to_vec(),
            at,
            event,
        })))
    }

    async fn reaction(&self, reaction: &wa::message::ReactionMessage) -> Option<Inbound> {
        let key = reaction.key.as_option()?;
        let target = key.id.clone()?;
        let author = self.author(key).await;
        let emoji = reaction.text.clone().filter(|emoji| !emoji.is_empty());
        let at = reaction
            .sender_timestamp_ms
            .filter(|at| *at > 0)
            .unwrap_or_else(|| self.info.timestamp.timestamp_millis());
        let from_me = self.info.source.is_from_me;
        let event = self.event(
            kind::MESSAGE_REACTION,
            &json!({
                "keyId": target,
                "remoteJid": self.chat(),
                "chat": self.chat(),
                "sender": self.place.sender.canonical,
                "fromMe": from_me,
                "pushName": Some(&self.info.push_name).filter(|name| !name.is_empty()),
                "emoji": emoji.as_deref().unwrap_or_default(),
                "removed": emoji.is_none(),
                "author": author.as_ref().map(|author| &author.canonical),
                "authorIsMe": author.as_ref().is_some_and(|author| self.own.is(&author.canonical)),
                "timestamp": at,
            }),
        );
        Some(Inbound::Reaction(Box::new(NewReaction {
            session_id: self.context.id.to_string(),
            chat: self.chat().to_owned(),
            wa_id: target,
            sender: self.place.sender.canonical.clone(),
            from_me,
            emoji,
            timestamp: at,
            event: Some(event),
        })))
    }

    async fn vote(&self, update: &wa::message::PollUpdateMessage, before: &[Inbound]) -> Option<Inbound> {
        let key = update.poll_creation_message_key.as_option()?;
        let target = key.id.clone()?;
        let at = update
            .sender_timestamp_ms
            .filter(|at| *at > 0)
            .unwrap_or_else(|| self.info.timestamp.timestamp_millis());
        let asked = self.poll(&target, before).await;
        let opened = match &asked {
            Some(asked) => self.open(update, &target, asked, key).await,
            None => None,
        };
        let common = VoteData {
            target: target.clone(),
            chat: self.chat().to_owned(),
            voter: self.place.sender.canonical.clone(),
            from_me: self.info.source.is_from_me,
            at,
        };
        let (Some(asked), Some(options)) = (asked, opened) else {
            // Somebody voted; what, only those know who have the poll.
            let event = self.event(kind::POLL_VOTED, &common.data(None, &[], &[]));
            return Some(Inbound::Told(Box::new(event)));
        };
        let template = self.event(kind::POLL_VOTED, &serde_json::Value::Null);
        let chosen = options.clone();
        let tell = TellVote(std::sync::Arc::new(move |votes: &[VoteRow]| NewEvent {
            data: common.data(Some(&asked.poll), &chosen, votes).to_string(),
            ..template.clone()
        }));
        Some(Inbound::Vote(Box::new(NewVote {
            session_id: self.context.id.to_string(),
            chat: self.chat().to_owned(),
            wa_id: target,
            vote: VoteRow {
                voter: self.place.sender.canonical.clone(),
                options,
                timestamp: at,
            },
            tell,
        })))
    }

    /// The poll with this id, among what came just before or from the storage.
    async fn poll(&self, id: &str, before: &[Inbound]) -> Option<Asked> {
        let just_now = before.iter().rev().find_map(|thing| match thing {
            Inbound::Message(message) if message.row.wa_id == id && message.row.chat == self.chat() => {
                Some(message.row.clone())
            }
            _ => None,
        });
        let row = match just_now {
            Some(row) => row,
            None => self
                .context
                .shared
                .storage
                .message_by_wa_id(&self.context.id, id)
                .await
                .ok()
                .flatten()
                .filter(|row| row.chat == self.chat())?,
        };
        let message = wa::Message::decode_from_slice(&row.wire).ok()?;
        Some(Asked {
            poll: poll::of(wrapper::unwrap(&message).base)?,
            secret: wrapper::secret(&message).map(<[u8]>::to_vec),
            creator: if row.from_me {
                self.own.person()
            } else {
                complete(self.context, Person::named(&row.sender)).await
            },
        })
    }

    async fn open(
        &self,
        update: &wa::message::PollUpdateMessage,
        target: &str,
        asked: &Asked,
        key: &wa::MessageKey,
    ) -> Option<Vec<String>> {
        let vote = update.vote.as_option()?;
        let mut creators = asked.creator.addresses();
        // As the voter wrote it: an address we may have merged away.
        if let Some(participant) = key.participant.as_deref().and_then(|jid| jid.parse().ok()) {
            let participant: whatsapp_rust::Jid = participant;
            creators.push(participant.to_non_ad_string());
        }
        let mut voters = self.actor().await;
        voters.push(self.info.source.sender.to_non_ad_string());
        let secret = match &asked.secret {
            Some(secret) => secret.clone(),
            None => self.kept_secret(target, &creators).await?,
        };
        poll::open(
            &poll::Sealed {
                payload: vote.enc_payload.as_deref()?,
                iv: vote.enc_iv.as_deref()?,
                secret: &secret,
                poll_id: target,
            },
            &creators,
            &voters,
        )
    }

    /// The library keeps secrets of its own accord, under the addresses of the stanza.
    async fn kept_secret(&self, target: &str, creators: &[String]) -> Option<Vec<u8>> {
        let storage = &self.context.shared.storage;
        for chat in complete(self.context, self.place.chat.clone()).await.addresses() {
            for sender in creators {
                let found = storage
                    .message_secret(&self.context.id, &chat, sender, target)
                    .await;
                if let Ok(Some((secret, _))) = found {
                    return Some(secret);
                }
            }
        }
        None
    }
}

/// A poll as it was asked, and what opens its votes.
struct Asked {
    poll: poll::Poll,
    secret: Option<Vec<u8>>,
    creator: Person,
}

/// What every `poll.voted` says.
#[derive(Clone)]
struct VoteData {
    target: String,
    chat: String,
    voter: String,
    from_me: bool,
    at: i64,
}

impl VoteData {
    fn data(&self, asked: Option<&poll::Poll>, chosen: &[String], votes: &[VoteRow]) -> serde_json::Value {
        let options = asked.map(|asked| {
            poll::tally(asked, votes)
                .into_iter()
                .map(|(name, voters)| json!({ "name": name, "votes": voters.len(), "voters": voters }))
                .collect::<Vec<_>>()
        });
        json!({
            "keyId": self.target,
            "remoteJid": self.chat,
            "chat": self.chat,
            "voter": self.voter,
            "fromMe": self.from_me,
            "name": asked.map(|asked| &asked.name),
            "selectedOptions": asked.map(|asked| poll::names(asked, chosen)),
            "options": options,
            "timestamp": self.at,
        })
    }
}

/// The `contact.update` event.
pub(crate) fn contact_changed(context: &SessionContext, change: &ContactChange) -> NewEvent {
    let row = &change.after;
    let mut data = json!({
        "jid": row.jid(),
        "lid": row.lid,
        "name": row.name.as_deref().or(row.verified_name.as_deref()),
        "notify": row.push_name,
        "verifiedName": row.verified_name,
        "about": row.about,
        "pictureId": row.picture_id,
        "isNew": change.before.is_none(),
    });
    if let (Some(merged), Some(data)) = (&change.merged_from, data.as_object_mut()) {
        data.insert("mergedFrom".to_owned(), json!(merged));
    }
    context.event(
        format!("evt_{}", wagate_storage::new_row_id()),
        kind::CONTACT_UPDATE,
        None,
        &data,
    )
}
