//! Notifications of users, in memory.

use std::cell::RefCell;

use crate::host::ext;
use crate::notify::{Notification, Severity, Stored};

#[derive(Default)]
pub(super) struct Inbox(RefCell<Vec<Stored>>);

impl Inbox {
    pub(super) fn add(&self, id: String, now_ms: i64, user_id: &str, notification: &Notification) -> String {
        let kind = ext(&notification.ext, "type").unwrap_or(match notification.severity {
            Severity::Info => "INFO",
            Severity::Success => "SUCCESS",
            Severity::Warning => "WARNING",
            Severity::Error => "ERROR",
        });
        self.0.borrow_mut().push(Stored {
            id: id.clone(),
            user_id: user_id.to_owned(),
            title: notification.title.clone(),
            message: notification.message.clone(),
            kind: kind.to_owned(),
            link: notification.link.clone(),
            is_read: false,
            created_at_ms: now_ms,
            ext: Vec::new(),
        });
        id
    }

    pub(super) fn newest(&self, user_id: &str, limit: u32) -> Vec<Stored> {
        let all = self.0.borrow();
        let own = all.iter().rev().filter(|stored| stored.user_id == user_id);
        own.take(limit as usize).cloned().collect()
    }

    pub(super) fn mark_read(&self, user_id: &str, ids: &[String]) -> u32 {
        let mut count = 0;
        for stored in self.0.borrow_mut().iter_mut() {
            let meant = stored.user_id == user_id && (ids.is_empty() || ids.contains(&stored.id));
            if meant && !stored.is_read {
                stored.is_read = true;
                count += 1;
            }
        }
        count
    }

    pub(super) fn remove(&self, user_id: &str, id: &str) -> bool {
        let mut all = self.0.borrow_mut();
        let before = all.len();
        all.retain(|stored| !(stored.user_id == user_id && stored.id == id));
        all.len() < before
    }
}
