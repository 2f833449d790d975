//! Rows that are asked for with every event, kept in memory. They cannot be out of date: only this process writes them (one
//! that administers accounts beside it touches none of these tables), and every write says so. From before its COMMIT until
//! after it, what it changes is read from the database, and what was read there meanwhile is not kept.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quick_cache::Weighter;
use quick_cache::unsync::Cache;

use crate::StorageError;

/// Beside what a row says of itself: the tables around it.
const OVERHEAD: u64 = 128;
/// What the tables are laid out for at first.
const USUAL_ROWS: usize = 256;

/// The bytes of a row.
pub(super) trait Weigh {
    /// Those behind its pointers.
    fn bytes(&self) -> usize;
}

/// By the bytes of key and row.
#[derive(Clone)]
pub(super) struct ByBytes;

impl<K: Weigh, V: Weigh> Weighter<K, V> for ByBytes {
    fn weight(&self, key: &K, value: &V) -> u64 {
        u64::try_from(key.bytes() + value.bytes()).map_or(u64::MAX, |bytes| bytes.saturating_add(OVERHEAD))
    }
}

/// Rows by key.
pub(super) struct Remembered<K: Weigh, V: Weigh> {
    shared: Arc<Mutex<Rows<K, V>>>,
    /// A larger row is not kept.
    largest: usize,
}

struct Rows<K: Weigh, V: Weigh> {
    known: Cache<K, V, ByBytes>,
    /// How many writes change them now.
    changing: HashMap<K, usize>,
    /// Writes under way that may change any.
    changing_all: usize,
    /// Writes that have ended.
    ended: u64,
}

impl<K, V> Remembered<K, V>
where
    K: Weigh + Clone + Eq + Hash,
    V: Weigh + Clone,
{
    /// Of at most so many bytes together, and each.
    pub(super) fn new(bytes: u64, largest: usize) -> Self {
        Self {
            shared: Arc::new(Mutex::new(Rows {
                known: Cache::with_weighter(USUAL_ROWS, bytes, ByBytes),
                changing: HashMap::new(),
                changing_all: 0,
                ended: 0,
            })),
            largest,
        }
    }

    /// The row; `read` is asked where it is not known.
    pub(super) async fn get(
        &self,
        key: K,
        read: impl Future<Output = Result<V, StorageError>>,
    ) -> Result<V, StorageError> {
        let ended = {
            let rows = lock(&self.shared);
            if let Some(known) = rows.known.get(&key) {
                return Ok(known.clone());
            }
            rows.ended
        };
        let row = read.await?;
        self.keep(key, &row, ended);
        Ok(row)
    }

    /// What was read while no write ended, and none is under way.
    fn keep(&self, key: K, row: &V, ended: u64) {
        let mut rows = lock(&self.shared);
        if row.bytes() <= self.largest
            && rows.ended == ended
            && rows.changing_all == 0
            && !rows.changing.contains_key(&key)
        {
            rows.known.insert(key, row.clone());
        }
    }

    /// A write changes this row. To be asked for before the COMMIT, and dropped after it: with the write's result.
    pub(super) fn change(&self, key: K) -> Changing<K, V> {
        let mut rows = lock(&self.shared);
        rows.known.remove(&key);
        *rows.changing.entry(key.clone()).or_default() += 1;
        Changing {
            shared: Arc::clone(&self.shared),
            key: Some(key),
        }
    }

    /// The same for a write that may change any row.
    pub(super) fn change_all(&self) -> Changing<K, V> {
        let mut rows = lock(&self.shared);
        rows.known.clear();
        rows.changing_all += 1;
        Changing {
            shared: Arc::clone(&self.shared),
            key: None,
        }
    }
}

impl<K: Weigh, V: Weigh> Clone for Remembered<K, V> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            largest: self.largest,
        }
    }
}

/// A write that is under way.
#[must_use = "dropped before the COMMIT, it lets an old row be kept"]
pub(super) struct Changing<K: Weigh + Eq + Hash, V: Weigh> {
    shared: Arc<Mutex<Rows<K, V>>>,
    /// None: all of them.
    key: Option<K>,
}

impl<K: Weigh + Eq + Hash, V: Weigh> Drop for Changing<K, V> {
    fn drop(&mut self) {
        let mut rows = lock(&self.shared);
        rows.ended += 1;
        match &self.key {
            None => rows.changing_all = rows.changing_all.saturating_sub(1),
            Some(key) => {
                if let Some(writes) = rows.changing.get_mut(key) {
                    *writes -= 1;
                    if *writes == 0 {
                        rows.changing.remove(key);
                    }
                }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Weigh for (String, String) {
    fn bytes(&self) -> usize {
        self.0.len() + self.1.len()
    }
}

impl Weigh for Option<String> {
    fn bytes(&self) -> usize {
        self.as_ref().map_or(0, String::len)
    }
}

impl Weigh for Option<Vec<u8>> {
    fn bytes(&self) -> usize {
        self.as_ref().map_or(0, Vec::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Texts = Remembered<(String, String), Option<String>>;

    fn key(name: &str) -> (String, String) {
        ("plugin".to_owned(), name.to_owned())
    }

    /// What is found, and whether it was read.
    async fn get(texts: &Texts, name: &str, stored: &str) -> (String, bool) {
        let mut was_read = false;
        let read = async {
            was_read = true;
            Ok(Some(stored.to_owned()))
        };
        let found = texts.get(key(name), read).await.unwrap().unwrap();
        (found, was_read)
    }

    #[tokio::test]
    async fn what_was_read_is_not_read_again_until_it_is_changed() {
        let texts = Texts::new(100_000, 100);
        assert_eq!(get(&texts, "a", "1").await, ("1".to_owned(), true));
        assert_eq!(get(&texts, "a", "2").await, ("1".to_owned(), false));
        let changing = texts.change(key("a"));
        let another = texts.change(key("a"));
        assert_eq!(get(&texts, "a", "old").await, ("old".to_owned(), true));
        assert_eq!(get(&texts, "b", "other").await, ("other".to_owned(), true));
        assert_eq!(get(&texts, "b", "-").await, ("other".to_owned(), false));
        drop(changing);
        assert_eq!(get(&texts, "a", "older").await, ("older".to_owned(), true));
        drop(another);
        assert_eq!(get(&texts, "a", "new").await, ("new".to_owned(), true));
        assert_eq!(get(&texts, "a", "-").await, ("new".to_owned(), false));
        let changing = texts.change_all();
        assert_eq!(get(&texts, "b", "old").await, ("old".to_owned(), true));
        drop(changing);
        assert_eq!(get(&texts, "b", "new").await, ("new".to_owned(), true));
        assert_eq!(get(&texts, "b", "-").await, ("new".to_owned(), false));
        assert!(lock(&texts.shared).changing.is_empty());
    }

    #[tokio::test]
    async fn a_row_read_before_a_write_and_kept_after_it_is_not_kept() {
        let texts = Texts::new(100_000, 100);
        for all in [false, true] {
            let read = async {
                // A whole write, while the answer is on its way.
                drop(if all {
                    texts.change_all()
                } else {
                    texts.change(key("a"))
                });
                Ok(Some("old".to_owned()))
            };
            assert_eq!(texts.get(key("a"), read).await.unwrap().as_deref(), Some("old"));
            assert_eq!(get(&texts, "a", "new").await, ("new".to_owned(), true));
            drop(texts.change(key("a")));
        }
    }

    #[tokio::test]
    async fn it_holds_no_more_than_it_may() {
        let texts = Texts::new(10_000, 1_000);
        for n in 0..200 {
            get(&texts, &n.to_string(), &"x".repeat(900)).await;
        }
        assert!(lock(&texts.shared).known.weight() <= 10_000);
        let long = "x".repeat(1_001);
        assert!(get(&texts, "long", &long).await.1 && get(&texts, "long", &long).await.1);
    }
}
