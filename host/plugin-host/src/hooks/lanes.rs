//! What of a session's log may be brought at the same time, and how far that has come.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use wagate_protocol::manifest::HookOrder;
use wagate_storage::events::EventRow;

/// Events that were read and are not all done, the oldest first. Those of one lane (a chat, or all of the session, as the plugin
/// wants it) come one after the other.
pub(super) struct Window {
    order: HookOrder,
    open: VecDeque<Open>,
    /// By lane, what comes after the event that is being brought. A lane is here as long as there is such an event.
    waiting: HashMap<Option<String>, VecDeque<Arc<EventRow>>>,
    /// Everything up to here was read.
    end: i64,
    /// Of what is open, what has to be brought, bytes.
    bytes: usize,
    /// Done in the window before this one, where the cursor could not pass them.
    ahead: HashSet<i64>,
}

struct Open {
    sequence: i64,
    is_done: bool,
    is_called: bool,
}

/// Where the cursor moves to: nothing up to there is open.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Passed {
    pub(super) sequence: i64,
    /// Whether the plugin was called with anything of it.
    pub(super) is_called: bool,
}

impl Window {
    pub(super) fn new(order: HookOrder, cursor: i64, ahead: HashSet<i64>) -> Self {
        Self {
            order,
            open: VecDeque::new(),
            waiting: HashMap::new(),
            end: cursor,
            bytes: 0,
            ahead,
        }
    }

    pub(super) fn end(&self) -> i64 {
        self.end
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The first event that is not done, and all that were read after it.
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// What is done and not passed, for the next window.
    pub(super) fn into_ahead(self) -> HashSet<i64> {
        let done = self.open.iter().filter(|open| open.is_done && open.is_called);
        let mut ahead = self.ahead;
        ahead.extend(done.map(|open| open.sequence));
        ahead
    }

    /// More was read. What of it can be brought now; what is not for the plugin is done.
    pub(super) fn read(
        &mut self,
        rows: Vec<Arc<EventRow>>,
        is_hooked: impl Fn(&EventRow) -> bool,
    ) -> Vec<Arc<EventRow>> {
        let mut ready = Vec::new();
        for row in rows {
            let is_called = is_hooked(&row);
            let is_done = !is_called || self.ahead.remove(&row.sequence);
            self.end = row.sequence;
            self.open.push_back(Open {
                sequence: row.sequence,
                is_done,
                is_called,
            });
            if is_done {
                continue;
            }
            self.bytes += row.event.data.len();
            let lane = self.lane(&row);
            if let Some(waiting) = self.waiting.get_mut(&lane) {
                waiting.push_back(row);
            } else {
                self.waiting.insert(lane, VecDeque::new());
                ready.push(row);
            }
        }
        ready
    }

    /// There is nothing up to here.
    pub(super) fn skip_to(&mut self, end: i64) {
        self.end = self.end.max(end);
        self.open.push_back(Open {
            sequence: self.end,
            is_done: true,
            is_called: false,
        });
    }

    /// An event was brought. The next of its lane, if there is one.
    pub(super) fn brought(&mut self, row: &EventRow) -> Option<Arc<EventRow>> {
        if let Ok(place) = self
            .open
            .binary_search_by_key(&row.sequence, |open| open.sequence)
            && let Some(open) = self.open.get_mut(place)
        {
            open.is_done = true;
            self.bytes = self.bytes.saturating_sub(row.event.data.len());
        }
        let lane = self.lane(row);
        let next = self.waiting.get_mut(&lane).and_then(VecDeque::pop_front);
        if next.is_none() {
            self.waiting.remove(&lane);
        }
        next
    }

    /// Lets go what is done with nothing open before it.
    pub(super) fn pass(&mut self) -> Option<Passed> {
        let mut passed: Option<Passed> = None;
        while self.open.front().is_some_and(|open| open.is_done)
            && let Some(open) = self.open.pop_front()
        {
            passed = Some(Passed {
                sequence: open.sequence,
                is_called: open.is_called || passed.is_some_and(|passed| passed.is_called),
            });
        }
        passed
    }

    /// What belongs to no chat has a lane of its own.
    fn lane(&self, row: &EventRow) -> Option<String> {
        match self.order {
            HookOrder::Session => None,
            HookOrder::Chat => row.event.chat.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use wagate_storage::events::NewEvent;

    use super::*;

    fn row(sequence: i64, chat: Option<&str>) -> Arc<EventRow> {
        Arc::new(EventRow {
            position: 0,
            sequence,
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
        })
    }

    fn rows(from: i64, chats: &[Option<&str>]) -> Vec<Arc<EventRow>> {
        (from..)
            .zip(chats)
            .map(|(sequence, chat)| row(sequence, *chat))
            .collect()
    }

    fn numbers(rows: &[Arc<EventRow>]) -> Vec<i64> {
        rows.iter().map(|row| row.sequence).collect()
    }

    fn passed(sequence: i64) -> Option<Passed> {
        Some(Passed {
            sequence,
            is_called: true,
        })
    }

    #[test]
    fn a_chat_keeps_its_order_and_holds_up_no_other() {
        let mut window = Window::new(HookOrder::Chat, 0, HashSet::new());
        let batch = rows(1, &[Some("a"), None, Some("b"), Some("a"), None, Some("a")]);
        assert_eq!(numbers(&window.read(batch, |_| true)), [1, 2, 3]);
        assert!(window.brought(&row(3, Some("b"))).is_none());
        assert_eq!(window.pass(), None, "the first is open");
        // More comes while the first chat waits.
        assert_eq!(
            numbers(&window.read(rows(7, &[Some("b"), Some("a")]), |_| true)),
            [7]
        );
        assert_eq!((window.end(), window.len()), (8, 8));
        let next = window.brought(&row(1, Some("a"))).unwrap();
        assert_eq!((next.sequence, window.pass()), (4, passed(1)));
        assert_eq!(window.brought(&row(2, None)).unwrap().sequence, 5);
        assert_eq!(window.pass(), passed(3));
    }

    #[test]
    fn a_session_keeps_its_order() {
        let mut window = Window::new(HookOrder::Session, 4, HashSet::new());
        let batch = rows(5, &[Some("a"), None, Some("b")]);
        assert_eq!(numbers(&window.read(batch, |_| true)), [5]);
        assert_eq!(window.brought(&row(5, Some("a"))).unwrap().sequence, 6);
        assert_eq!(window.brought(&row(6, None)).unwrap().sequence, 7);
        assert!(window.brought(&row(7, Some("b"))).is_none());
        assert_eq!(window.pass(), passed(7));
        assert_eq!(window.pass(), None);
        // Its lane is free again.
        assert_eq!(numbers(&window.read(rows(8, &[Some("a")]), |_| true)), [8]);
    }

    #[test]
    fn what_is_done_ahead_is_done_in_the_next_window_too() {
        let mut window = Window::new(HookOrder::Chat, 0, HashSet::new());
        let batch = rows(1, &[Some("a"), Some("b"), None]);
        assert_eq!(window.read(batch.clone(), |row| row.sequence < 3).len(), 2);
        assert!(window.brought(&row(2, Some("b"))).is_none());
        assert_eq!(window.pass(), None);
        let mut next = Window::new(HookOrder::Session, 0, window.into_ahead());
        assert_eq!(numbers(&next.read(batch, |row| row.sequence < 3)), [1]);
        assert!(next.brought(&row(1, Some("a"))).is_none(), "not again");
        assert_eq!(next.pass(), passed(3));
        assert_eq!(next.into_ahead(), HashSet::new());
    }

    #[test]
    fn what_is_not_for_the_plugin_waits_for_nothing() {
        let mut window = Window::new(HookOrder::Chat, 0, HashSet::new());
        let batch = rows(1, &[Some("a"), Some("a"), None]);
        let ready = window.read(batch, |row| row.sequence == 2);
        assert_eq!(numbers(&ready), [2]);
        let first = window.pass().unwrap();
        assert_eq!((first.sequence, first.is_called), (1, false));
        // What was cut back is passed with the rest.
        window.skip_to(9);
        assert_eq!((window.pass(), window.end()), (None, 9));
        assert!(window.brought(&row(2, Some("a"))).is_none());
        assert_eq!(window.pass(), passed(9));
        assert!(window.is_empty());
    }
}
