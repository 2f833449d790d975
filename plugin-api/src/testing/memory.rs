//! What the fake host keeps of calls that reach outside: timers, events, requests, notifications.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use serde_json::json;
use wagate_protocol::error::HostError;

use crate::contacts::{Contact, PresenceOnWhatsapp};
use crate::event::Fire;
use crate::groups::{Group, Participant};
use crate::history;
use crate::host::Message;
use crate::http::{Answer, Outgoing};
use crate::media::Recipe;
use crate::notify::Notification;
use crate::request::SessionRef;
use crate::timers::{Schedule, Timer};

/// The group that is made or joined when the test names none.
pub(super) const GROUP_JID: &str = "120363000000000001@g.us";
const MAX_TIMER_NAME: usize = 256;
const MAX_TIMER_PAYLOAD: usize = 16 * 1024;

/// An event that was emitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emitted {
    /// The session's id.
    pub session: String,
    /// The kind.
    pub kind: String,
    /// The payload, a JSON object.
    pub data: String,
}

/// A notification that was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Notified {
    /// The session's id.
    pub session: String,
    /// What it says.
    pub notification: Notification,
}

#[derive(Default)]
pub(super) struct Memory {
    pub(super) timers: RefCell<BTreeMap<String, Timer>>,
    pub(super) emitted: RefCell<Vec<Emitted>>,
    pub(super) notified: RefCell<Vec<Notified>>,
    pub(super) requests: RefCell<Vec<Outgoing>>,
    pub(super) answers: RefCell<VecDeque<Result<Answer, HostError>>>,
}

impl Memory {
    /// A cron rule's next moment is not computed here: it is always a minute away.
    pub(super) fn set_timer(
        &self,
        now_ms: i64,
        name: &str,
        session: Option<&str>,
        schedule: &Schedule,
        payload: &str,
    ) -> Result<i64, HostError> {
        if name.is_empty() || name.len() > MAX_TIMER_NAME {
            return Err(HostError::Invalid(format!("name: 1 to {MAX_TIMER_NAME} bytes")));
        }
        if payload.len() > MAX_TIMER_PAYLOAD {
            return Err(HostError::Invalid(format!(
                "payload: at most {MAX_TIMER_PAYLOAD} bytes"
            )));
        }
        let next_ms = match schedule {
            Schedule::At(moment) => (*moment).max(now_ms),
            Schedule::Cron(_) => now_ms + 60_000,
        };
        let timer = Timer {
            name: name.to_owned(),
            session: session.map(str::to_owned),
            schedule: schedule.clone(),
            payload: payload.to_owned(),
            next_ms: Some(next_ms),
            ext: Vec::new(),
        };
        self.timers.borrow_mut().insert(name.to_owned(), timer);
        Ok(next_ms)
    }

    pub(super) fn scan_timers(&self, prefix: &str, after: Option<&str>, limit: u32) -> Vec<Timer> {
        let timers = self.timers.borrow();
        let hits = timers
            .values()
            .filter(|timer| timer.name.starts_with(prefix) && after.is_none_or(|after| &*timer.name > after));
        hits.take(limit as usize).cloned().collect()
    }

    /// The occurrence a timer waits for. One that was to fire once is gone afterwards.
    pub(super) fn fire(&self, id: String, name: &str) -> Option<Fire> {
        let mut timers = self.timers.borrow_mut();
        let timer = timers.get(name)?.clone();
        if matches!(timer.schedule, Schedule::At(_)) {
            timers.remove(name);
        }
        Some(Fire {
            id,
            name: timer.name,
            session: timer.session.map(|id| SessionRef {
                id,
                slug: super::SESSION_SLUG.to_owned(),
            }),
            payload: timer.payload,
            due_ms: timer.next_ms?,
            late_ms: 0,
        })
    }

    pub(super) fn emit(&self, session: &str, kind: &str, data: &str) -> Result<(), HostError> {
        if serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(data).is_err() {
            return Err(HostError::Invalid("data: must be a JSON object".to_owned()));
        }
        self.emitted.borrow_mut().push(Emitted {
            session: session.to_owned(),
            kind: kind.to_owned(),
            data: data.to_owned(),
        });
        Ok(())
    }

    pub(super) fn fetch(&self, request: &Outgoing) -> Result<Answer, HostError> {
        self.requests.borrow_mut().push(request.clone());
        let answer = self.answers.borrow_mut().pop_front();
        answer.unwrap_or_else(|| {
            Err(HostError::unavailable(
                "the test has queued no answer (will_answer)",
            ))
        })
    }
}

pub(super) fn presences(known: &[PresenceOnWhatsapp], numbers: &[String]) -> Vec<PresenceOnWhatsapp> {
    let presence = |number: &String| {
        let found = known.iter().find(|known| known.number == *number);
        found.cloned().unwrap_or_else(|| PresenceOnWhatsapp {
            number: number.clone(),
            exists: false,
            jid: None,
            ext: Vec::new(),
        })
    };
    numbers.iter().map(presence).collect()
}

/// Those whose name, push name or address holds the text.
pub(super) fn contacts<'a>(
    known: &'a [Contact],
    search: Option<&str>,
) -> impl Iterator<Item = &'a Contact> + use<'a> {
    let text = search.unwrap_or_default().to_lowercase();
    known.iter().filter(move |contact| {
        let names = [
            contact.name.as_deref(),
            contact.push_name.as_deref(),
            Some(&*contact.jid),
        ];
        names
            .into_iter()
            .flatten()
            .any(|name| name.to_lowercase().contains(&text))
    })
}

pub(super) fn new_group(subject: &str, participants: &[String]) -> Group {
    let participant = |jid: &String| Participant {
        jid: jid.clone(),
        alt: None,
        admin: None,
        ext: Vec::new(),
    };
    Group {
        jid: GROUP_JID.to_owned(),
        subject: subject.to_owned(),
        description: None,
        owner: Some(super::OWN_JID.to_owned()),
        created_at_ms: Some(super::START_MS),
        announce: false,
        restrict: false,
        ephemeral_seconds: 0,
        join_approval: false,
        is_community: false,
        linked_parent: None,
        participants: participants.iter().map(participant).collect(),
        ext: Vec::new(),
    }
}

pub(super) fn stored_message(message: Message) -> history::Message {
    history::Message {
        id: message.id,
        chat: message.chat,
        sender: message.sender,
        from_me: message.from_me,
        wa_id: message.wa_id,
        push_name: message.push_name,
        kind: message.kind,
        content: message.content,
        status: message.status,
        timestamp_ms: message.timestamp_ms,
        quote_id: message.quote_id,
        ext: message.ext,
    }
}

pub(super) fn message_json(message: &Message) -> String {
    json!({
        "key": { "remoteJid": message.chat, "fromMe": message.from_me, "id": message.wa_id },
        "messageTimestamp": message.timestamp_ms / 1000,
        "message": { "conversation": message.content },
    })
    .to_string()
}

pub(super) fn mime_type_of(recipe: &Recipe, before: &str) -> String {
    match recipe {
        Recipe::Jpeg(_) => "image/jpeg",
        Recipe::Sticker(_) => "image/webp",
        Recipe::Voice => "audio/ogg; codecs=opus",
        Recipe::Other(_) => before,
    }
    .to_owned()
}
