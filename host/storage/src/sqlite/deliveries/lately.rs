//! Deliveries that were queued a moment ago: who tries them next need not read what was just written. Bounded; what does not
//! fit is found in the database. Each is handed out once: by [`Lately::take`], or with its lane from the database.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quick_cache::unsync::Cache;

use crate::deliveries::{DeliveryRow, DeliveryState, NewDelivery};
use crate::sqlite::remembered::{ByBytes, Weigh};

/// Of all of them.
const BYTES: u64 = 4 * 1024 * 1024;
/// A larger one is read from the database.
const LARGEST: usize = 64 * 1024;
/// What the tables are laid out for at first.
const USUAL: usize = 256;

/// By id.
#[derive(Clone)]
pub(in crate::sqlite) struct Lately(Arc<Mutex<Cache<String, DeliveryRow, ByBytes>>>);

impl Default for Lately {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Cache::with_weighter(USUAL, BYTES, ByBytes))))
    }
}

impl Lately {
    /// Before the COMMIT: after it, it can be read. If there is none, nobody will ask for it.
    pub(super) fn put(&self, seq: i64, delivery: &NewDelivery) {
        let row = DeliveryRow {
            seq,
            delivery: delivery.clone(),
            state: DeliveryState::Pending,
            attempts: 0,
            last: None,
            next_ms: None,
        };
        if row.bytes() <= LARGEST {
            self.rows().insert(delivery.id.clone(), row);
        }
    }

    pub(super) fn take(&self, id: &str) -> Option<DeliveryRow> {
        self.rows().remove(id).map(|(_, row)| row)
    }

    /// They were handed out from the database.
    pub(super) fn forget<'a>(&self, ids: impl Iterator<Item = &'a str>) {
        let mut rows = self.rows();
        for id in ids {
            rows.remove(id);
        }
    }

    fn rows(&self) -> MutexGuard<'_, Cache<String, DeliveryRow, ByBytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Weigh for String {
    fn bytes(&self) -> usize {
        self.len()
    }
}

impl Weigh for DeliveryRow {
    fn bytes(&self) -> usize {
        let delivery = &self.delivery;
        size_of::<Self>()
            + delivery.endpoint_id.len()
            + delivery.id.len()
            + delivery.key.len()
            + delivery.lane.len()
            + delivery.label.len()
            + delivery.content_type.len()
            + delivery.body.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(n: usize, length: usize) -> NewDelivery {
        NewDelivery {
            endpoint_id: String::new(),
            id: n.to_string(),
            key: String::new(),
            lane: String::new(),
            label: String::new(),
            content_type: String::new(),
            body: "x".repeat(length),
            again: false,
            created_at: 0,
        }
    }

    #[test]
    fn each_is_handed_out_once_and_not_all_are_kept() {
        let lately = Lately::default();
        for n in 0..3 {
            lately.put(7, &delivery(n, 10));
        }
        lately.forget(["1", "none"].into_iter());
        assert_eq!(lately.take("0").map(|row| row.seq), Some(7));
        assert!(lately.take("0").is_none() && lately.take("1").is_none());
        assert!(lately.take("2").is_some());
        lately.put(8, &delivery(3, LARGEST + 1));
        assert!(lately.take("3").is_none());
        for n in 0..1_000 {
            lately.put(9, &delivery(n, 20_000));
        }
        assert!(lately.rows().weight() <= BYTES);
        assert!(lately.rows().len() < 300);
    }
}
