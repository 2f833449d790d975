//! The newest part of the event log, in memory: who follows the log asks the database only for what is not here.
//!
//! The writer puts events here after the COMMIT that wrote them, in its order, before anybody is told that they are
//! written. What is here has no gap: when one turns up (a database that another process writes), it begins anew behind it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::watch;

use crate::events::EventRow;

/// Events that are kept, and their bytes.
const MAX_EVENTS: usize = 4_096;
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The newest events of all sessions, and a bell.
#[derive(Debug)]
pub struct EventTail {
    kept: RwLock<Kept>,
    /// The newest position.
    head: watch::Sender<i64>,
}

/// Every event after the position `from`, up to `newest`.
#[derive(Debug, Default)]
struct Kept {
    from: i64,
    newest: i64,
    rows: VecDeque<Arc<EventRow>>,
    bytes: usize,
    /// The same rows by session (row id); a session without any is not in it.
    sessions: HashMap<String, VecDeque<Arc<EventRow>>>,
}

impl EventTail {
    /// Begins at the end of the log.
    pub(crate) fn new(newest: i64) -> Self {
        Self {
            kept: RwLock::new(Kept {
                from: newest,
                newest,
                ..Kept::default()
            }),
            head: watch::Sender::new(newest),
        }
    }

    /// Where the log ends now. Changes after every commit to it.
    pub fn head(&self) -> watch::Receiver<i64> {
        self.head.subscribe()
    }

    /// The first `limit` events of all sessions with a position above `position`. `None`: some of them are not here.
    pub fn after(&self, position: i64, limit: usize) -> Option<Vec<Arc<EventRow>>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if position < kept.from {
            return None;
        }
        let begin = kept.rows.partition_point(|row| row.position <= position);
        Some(kept.rows.range(begin..).take(limit).cloned().collect())
    }

    /// The first `limit` events of a session (row id) with a sequence above `sequence`. `None`: some of them may not be
    /// here.
    pub fn session_after(&self, session: &str, sequence: i64, limit: usize) -> Option<Vec<Arc<EventRow>>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let rows = kept.sessions.get(session)?;
        if rows.front()?.sequence > sequence + 1 {
            return None;
        }
        let begin = rows.partition_point(|row| row.sequence <= sequence);
        Some(rows.range(begin..).take(limit).cloned().collect())
    }

    /// The log ends here, whoever wrote it: what did not come this way is read from the database.
    pub fn skip_to(&self, newest: i64) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if newest > kept.newest {
            kept.begin_anew(newest);
        }
        drop(kept);
        self.ring(newest);
    }

    /// What a COMMIT has written, in the order of the positions.
    pub(crate) fn push(&self, rows: Vec<EventRow>) {
        let Some(newest) = rows.last().map(|row| row.position) else {
            return;
        };
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            kept.add(row);
        }
        kept.cut_back(MAX_EVENTS, MAX_BYTES);
        drop(kept);
        self.ring(newest);
    }

    /// A session was deleted: nobody reads its events any more.
    pub(crate) fn forget(&self, session: &str) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.sessions.remove(session);
    }

    fn ring(&self, newest: i64) {
        self.head.send_if_modified(|head| {
            let is_news = newest > *head;
            *head = newest.max(*head);
            is_news
        });
    }
}

impl Kept {
    fn add(&mut self, row: EventRow) {
        if row.position <= self.newest {
            return;
        }
        if row.position > self.newest + 1 {
            self.begin_anew(row.position - 1);
        }
        self.newest = row.position;
        self.bytes += size(&row);
        let row = Arc::new(row);
        let session = row.event.session_id.as_str();
        if let Some(rows) = self.sessions.get_mut(session) {
            rows.push_back(Arc::clone(&row));
        } else {
            self.sessions
                .insert(session.to_owned(), VecDeque::from([Arc::clone(&row)]));
        }
        self.rows.push_back(row);
    }

    fn begin_anew(&mut self, from: i64) {
        *self = Self {
            from,
            newest: from,
            ..Self::default()
        };
    }

    fn cut_back(&mut self, max_events: usize, max_bytes: usize) {
        while self.rows.len() > max_events || self.bytes > max_bytes {
            let Some(oldest) = self.rows.pop_front() else {
                return;
            };
            self.from = oldest.position;
            self.bytes = self.bytes.saturating_sub(size(&oldest));
            let session = oldest.event.session_id.as_str();
            let Some(rows) = self.sessions.get_mut(session) else {
                continue;
            };
            if rows.front().is_some_and(|row| Arc::ptr_eq(row, &oldest)) {
                rows.pop_front();
            }
            if rows.is_empty() {
                self.sessions.remove(session);
            }
        }
    }
}

fn size(row: &EventRow) -> usize {
    let event = &row.event;
    event.data.len() + event.id.len() + event.kind.len() + size_of::<EventRow>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::NewEvent;

    fn row(position: i64, session: &str, sequence: i64) -> EventRow {
        EventRow {
            position,
            sequence,
            chat_sequence: None,
            event: NewEvent {
                id: position.to_string(),
                session_id: session.to_owned(),
                kind: "message.received".to_owned(),
                chat: None,
                timestamp: 0,
                schema: 1,
                data: "{}".to_owned(),
            },
        }
    }

    fn positions(rows: Option<Vec<Arc<EventRow>>>) -> Option<Vec<i64>> {
        rows.map(|rows| rows.iter().map(|row| row.position).collect())
    }

    #[test]
    fn says_what_it_has_and_what_it_cannot_know() {
        let tail = EventTail::new(7);
        let mut head = tail.head();
        assert_eq!(positions(tail.after(7, 10)), Some(vec![]));
        assert_eq!(positions(tail.after(6, 10)), None);
        assert_eq!(
            positions(tail.session_after("a", 4, 10)),
            None,
            "nothing seen of it"
        );
        tail.push(vec![row(8, "a", 5), row(9, "b", 1), row(10, "a", 6)]);
        assert!(head.has_changed().unwrap());
        assert_eq!(*head.borrow_and_update(), 10);
        assert_eq!(positions(tail.after(7, 2)), Some(vec![8, 9]));
        assert_eq!(positions(tail.after(9, 10)), Some(vec![10]));
        assert_eq!(positions(tail.session_after("a", 4, 10)), Some(vec![8, 10]));
        assert_eq!(positions(tail.session_after("a", 5, 10)), Some(vec![10]));
        assert_eq!(positions(tail.session_after("a", 6, 10)), Some(vec![]));
        assert_eq!(positions(tail.session_after("a", 3, 10)), None);
        assert_eq!(positions(tail.session_after("b", 0, 10)), Some(vec![9]));
        tail.push(vec![row(10, "a", 6)]);
        assert!(!head.has_changed().unwrap(), "told already");
        tail.forget("a");
        assert_eq!(positions(tail.session_after("a", 5, 10)), None);
        assert_eq!(positions(tail.after(7, 10)), Some(vec![8, 9, 10]));
    }

    #[test]
    fn a_gap_makes_it_begin_anew() {
        let tail = EventTail::new(0);
        tail.push(vec![row(1, "a", 1), row(2, "a", 2)]);
        tail.push(vec![row(4, "a", 4)]);
        assert_eq!(positions(tail.after(2, 10)), None);
        assert_eq!(positions(tail.after(3, 10)), Some(vec![4]));
        assert_eq!(positions(tail.session_after("a", 2, 10)), None);
        assert_eq!(positions(tail.session_after("a", 3, 10)), Some(vec![4]));
        tail.skip_to(3);
        assert_eq!(positions(tail.after(3, 10)), Some(vec![4]), "behind it already");
        tail.skip_to(6);
        assert_eq!(*tail.head().borrow(), 6);
        // Told of late: whoever needs it was sent to the database.
        tail.push(vec![row(6, "a", 6), row(7, "a", 7)]);
        assert_eq!(positions(tail.after(5, 10)), None);
        assert_eq!(positions(tail.after(6, 10)), Some(vec![7]));
    }

    #[test]
    fn keeps_no_more_than_it_may() {
        let mut kept = Kept::default();
        for n in 1..=6 {
            kept.add(row(n, if n % 2 == 0 { "even" } else { "odd" }, (n + 1) / 2));
        }
        kept.cut_back(3, MAX_BYTES);
        assert_eq!((kept.from, kept.rows.len()), (3, 3));
        assert_eq!((kept.sessions["even"].len(), kept.sessions["odd"].len()), (2, 1));
        let one = size(&kept.rows[0]);
        assert_eq!(kept.bytes, 3 * one);
        kept.cut_back(3, 2 * one);
        kept.cut_back(3, one);
        assert_eq!((kept.from, kept.bytes, kept.sessions.len()), (5, one, 1));
        kept.cut_back(3, 0);
        assert!(kept.rows.is_empty() && kept.sessions.is_empty());
        assert_eq!((kept.from, kept.newest), (6, 6));
    }
}
