//! Who is online or typing. Shown live, and not worth a row a keystroke: of one person and chat, a state is written down
//! only when it is another one, and not more often than a setting.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use wacore::types::events::Event;
use wacore::types::presence::{ChatPresence, ChatPresenceMedia};
use wagate_protocol::event::kind;
use wagate_storage::StorageError;

use super::Writer;
use crate::normalise::{Person, known};

/// How often is looked for states that waited long enough.
pub(super) const TICK: Duration = Duration::from_secs(1);
/// People whose state is remembered; beyond that the longest unheard are forgotten.
const MAX_PEOPLE: usize = 4_096;

/// Person and chat.
type Whom = (String, String);

struct Seen {
    told: Value,
    told_at: Instant,
    /// Another state since, which has to wait.
    waiting: Option<Value>,
}

/// What was told last of whom.
pub(super) struct Throttle {
    every: Duration,
    seen: HashMap<Whom, Seen>,
}

impl Throttle {
    pub(super) fn new(every: Duration) -> Self {
        Self {
            every,
            seen: HashMap::new(),
        }
    }

    /// What to tell now, if anything.
    fn heard(&mut self, whom: Whom, state: Value, now: Instant) -> Option<Value> {
        if let Some(seen) = self.seen.get_mut(&whom) {
            if seen.told == state {
                seen.waiting = None;
                return None;
            }
            if now.duration_since(seen.told_at) < self.every {
                seen.waiting = Some(state);
                return None;
            }
        }
        self.make_room();
        self.seen.insert(
            whom,
            Seen {
                told: state.clone(),
                told_at: now,
                waiting: None,
            },
        );
        Some(state)
    }

    /// What has waited long enough.
    fn due(&mut self, now: Instant) -> Vec<(Whom, Value)> {
        let every = self.every;
        let mut due = Vec::new();
        for (whom, seen) in &mut self.seen {
            if now.duration_since(seen.told_at) >= every
                && let Some(state) = seen.waiting.take()
            {
                seen.told = state.clone();
                seen.told_at = now;
                due.push((whom.clone(), state));
            }
        }
        due
    }

    fn make_room(&mut self) {
        if self.seen.len() < MAX_PEOPLE {
            return;
        }
        let oldest = self
            .seen
            .iter()
            .min_by_key(|(_, seen)| seen.told_at)
            .map(|(whom, _)| whom.clone());
        if let Some(oldest) = oldest {
            self.seen.remove(&oldest);
        }
    }
}

pub(super) async fn record(writer: &mut Writer, event: &Event) -> Result<(), StorageError> {
    let (person, chat, state) = match event {
        Event::Presence(update) => {
            let person = known(&writer.context, Person::from_pair(&update.from, None)).await;
            let state = json!({
                "presence": if update.unavailable { "unavailable" } else { "available" },
                "lastSeen": update.last_seen.map(|at| at.timestamp()),
            });
            (person.clone(), person, state)
        }
        Event::ChatPresence(update) => {
            let source = &update.source;
            let sender = Person::from_pair(&source.sender, source.sender_alt.as_ref());
            let sender = known(&writer.context, sender).await;
            let chat = if source.is_group {
                Person::from_pair(&source.chat, None)
            } else {
                sender.clone()
            };
            let state = match (update.state, update.media) {
                (ChatPresence::Composing, ChatPresenceMedia::Audio) => "recording",
                (ChatPresence::Composing, ChatPresenceMedia::Text) => "composing",
                (ChatPresence::Paused, _) => "paused",
            };
            (sender, chat, json!({ "presence": state, "lastSeen": null }))
        }
        _ => return Ok(()),
    };
    let whom = (person.canonical, chat.canonical);
    match writer.presence.heard(whom.clone(), state, Instant::now()) {
        Some(state) => writer.tell_presence(vec![(whom, state)]).await,
        None => Ok(()),
    }
}

impl Writer {
    pub(super) async fn flush_presence(&mut self) {
        let due = self.presence.due(Instant::now());
        if !due.is_empty()
            && let Err(error) = self.tell_presence(due).await
        {
            tracing::error!(session.id = %self.context.id, error = %error, "presence was not written down");
        }
    }

    async fn tell_presence(&self, states: Vec<(Whom, Value)>) -> Result<(), StorageError> {
        let events = states
            .into_iter()
            .map(|((person, chat), mut state)| {
                if let Some(fields) = state.as_object_mut() {
                    fields.insert("jid".to_owned(), json!(chat));
                    fields.insert("remoteJid".to_owned(), json!(chat));
                    fields.insert("participant".to_owned(), json!(person));
                }
                self.context.event(
                    format!("evt_{}", wagate_storage::new_row_id()),
                    kind::PRESENCE_UPDATED,
                    Some(chat),
                    &state,
                )
            })
            .collect();
        self.context.shared.storage.append_events(events).await?;
        self.context.shared.announce();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use tokio::time::Instant;

    use super::Throttle;

    #[test]
    fn a_state_is_told_once_and_the_last_of_many_after_the_pause() {
        let mut throttle = Throttle::new(Duration::from_secs(10));
        let whom = || ("a".to_owned(), "b".to_owned());
        let start = Instant::now();
        assert_eq!(
            throttle.heard(whom(), json!("composing"), start),
            Some(json!("composing"))
        );
        assert_eq!(
            throttle.heard(whom(), json!("composing"), start),
            None,
            "the same again"
        );
        assert_eq!(throttle.heard(whom(), json!("paused"), start), None, "too soon");
        assert!(throttle.due(start + Duration::from_secs(9)).is_empty());
        let due = throttle.due(start + Duration::from_secs(10));
        assert_eq!(due, vec![(whom(), json!("paused"))]);
        assert!(
            throttle.due(start + Duration::from_secs(30)).is_empty(),
            "only once"
        );
    }

    #[test]
    fn back_to_what_was_told_is_no_news() {
        let mut throttle = Throttle::new(Duration::from_secs(10));
        let whom = || ("a".to_owned(), "b".to_owned());
        let start = Instant::now();
        throttle.heard(whom(), json!("composing"), start);
        throttle.heard(whom(), json!("paused"), start);
        throttle.heard(whom(), json!("composing"), start);
        assert!(throttle.due(start + Duration::from_secs(60)).is_empty());
    }
}
