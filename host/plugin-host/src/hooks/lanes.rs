//! What of a batch of events may be brought at the same time, and how far that has come.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use wagate_protocol::manifest::HookOrder;
use wagate_storage::events::EventRow;

use super::lock;

/// The batch in parts, by the places of the events in it. Events of one part come one after the other.
pub(super) fn lanes(batch: &[Arc<EventRow>], order: HookOrder) -> Vec<Vec<usize>> {
    if order == HookOrder::Session {
        return vec![(0..batch.len()).collect()];
    }
    // What belongs to no chat has a lane of its own.
    let mut lane_of: HashMap<Option<&str>, usize> = HashMap::new();
    let mut lanes: Vec<Vec<usize>> = Vec::new();
    for (place, row) in batch.iter().enumerate() {
        let lane = *lane_of.entry(row.event.chat.as_deref()).or_insert(lanes.len());
        match lanes.get_mut(lane) {
            Some(places) => places.push(place),
            None => lanes.push(vec![place]),
        }
    }
    lanes
}

/// Which events of a batch are done.
pub(super) struct Progress(Mutex<Done>);

struct Done {
    places: Vec<bool>,
    /// All before this one are done.
    next: usize,
}

impl Progress {
    /// Of so many events.
    pub(super) fn new(count: usize) -> Self {
        Self(Mutex::new(Done {
            places: vec![false; count],
            next: 0,
        }))
    }

    /// One is done. The places that the cursor can pass now, if there are any: nothing before their end is open.
    pub(super) fn done(&self, place: usize) -> Option<Range<usize>> {
        let mut done = lock(&self.0);
        if let Some(is_done) = done.places.get_mut(place) {
            *is_done = true;
        }
        let before = done.next;
        while done.places.get(done.next) == Some(&true) {
            done.next += 1;
        }
        (done.next > before).then(|| before..done.next)
    }
}

#[cfg(test)]
mod tests {
    use wagate_storage::events::NewEvent;

    use super::*;

    fn batch(chats: &[Option<&str>]) -> Vec<Arc<EventRow>> {
        let row = |chat: Option<&str>| EventRow {
            position: 0,
            sequence: 0,
            chat_sequence: None,
            event: NewEvent {
                id: String::new(),
                session_id: String::new(),
                kind: "message.received".to_owned(),
                chat: chat.map(str::to_owned),
                timestamp: 0,
                schema: 1,
                data: String::new(),
            },
        };
        chats.iter().map(|chat| Arc::new(row(*chat))).collect()
    }

    #[test]
    fn a_chat_keeps_its_order() {
        let batch = batch(&[Some("a"), None, Some("b"), Some("a"), None, Some("a")]);
        let by_chat = lanes(&batch, HookOrder::Chat);
        assert_eq!(by_chat, [vec![0, 3, 5], vec![1, 4], vec![2]]);
        assert_eq!(lanes(&batch, HookOrder::Session), [vec![0, 1, 2, 3, 4, 5]]);
    }

    #[test]
    fn what_is_done_ahead_counts_once_the_rest_is_done() {
        let progress = Progress::new(4);
        assert_eq!(progress.done(2), None);
        assert_eq!(progress.done(0), Some(0..1));
        assert_eq!(progress.done(1), Some(1..3));
        assert_eq!(progress.done(3), Some(3..4));
    }
}
