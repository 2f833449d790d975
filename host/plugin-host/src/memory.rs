//! How much linear memory a plugin may have: each instance, and all of them together. Not what the host holds for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wasmtime::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};

use crate::operator::Limits;

const MAX_TABLE_ELEMENTS: usize = 10_000;
const MAX_CORE_INSTANCES: usize = 32;
const MAX_TABLES: usize = 64;

/// What the instances of a plugin hold together. Without it each call under way could have all that one instance may have.
pub(crate) struct SharedMemory {
    /// Bytes.
    limit: usize,
    held: AtomicUsize,
}

impl SharedMemory {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            limit: limits.memory_total_bytes(),
            held: AtomicUsize::new(0),
        }
    }

    /// False when there is not so much left.
    fn take(&self, bytes: usize) -> bool {
        let after = |held: usize| held.checked_add(bytes).filter(|sum| *sum <= self.limit);
        self.held
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, after)
            .is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Why a guest did not get the memory it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shortage {
    /// It has all that one instance may have.
    Own,
    /// The others have the rest: another time there may be enough.
    Shared,
}

/// wasmtime's own limits and the shared one, for one instance. It remembers a refusal, because the guest then only reports
/// that it aborted.
pub(crate) struct Limiter {
    inner: StoreLimits,
    shared: Arc<SharedMemory>,
    shortage: Option<Shortage>,
    /// Bytes of linear memory.
    held: usize,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits, shared: Arc<SharedMemory>) -> Self {
        let inner = StoreLimitsBuilder::new()
            .memory_size(limits.memory_bytes())
            .table_elements(MAX_TABLE_ELEMENTS)
            .instances(MAX_CORE_INSTANCES)
            .tables(MAX_TABLES)
            .memories(MAX_CORE_INSTANCES)
            .build();
        Self {
            inner,
            shared,
            shortage: None,
            held: 0,
        }
    }

    /// Before each call.
    pub(crate) fn begin(&mut self) {
        self.shortage = None;
    }

    /// Why the guest got no more memory during the last call, if it asked in vain.
    pub(crate) fn shortage(&self) -> Option<Shortage> {
        self.shortage
    }

    /// Bytes of linear memory it holds now.
    pub(crate) fn held(&self) -> usize {
        self.held
    }
}

impl Drop for Limiter {
    fn drop(&mut self) {
        self.shared.give_back(self.held);
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if !self.inner.memory_growing(current, desired, maximum)? {
            self.shortage = Some(Shortage::Own);
            return Ok(false);
        }
        let more = desired.saturating_sub(current);
        if !self.shared.take(more) {
            self.shortage = Some(Shortage::Shared);
            return Ok(false);
        }
        self.held += more;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.inner.table_growing(current, desired, maximum)
    }

    fn instances(&self) -> usize {
        self.inner.instances()
    }

    fn tables(&self) -> usize {
        self.inner.tables()
    }

    fn memories(&self) -> usize {
        self.inner.memories()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    fn limits(toml: &str) -> Limits {
        toml::from_str(toml).unwrap()
    }

    fn grow(limiter: &mut Limiter, from: usize, to: usize) -> bool {
        limiter.memory_growing(from * MIB, to * MIB, None).unwrap()
    }

    #[test]
    fn what_one_instance_holds_the_others_cannot_have_until_it_is_gone() {
        let limits = limits("memory_mb = 6\nmemory_total_mb = 8");
        let shared = Arc::new(SharedMemory::new(&limits));
        let mut one = Limiter::new(&limits, Arc::clone(&shared));
        let mut other = Limiter::new(&limits, shared);
        assert!(grow(&mut one, 0, 4));
        assert!(!grow(&mut one, 4, 7));
        assert_eq!(one.shortage(), Some(Shortage::Own));
        assert!(grow(&mut other, 0, 4));
        assert!(!grow(&mut other, 4, 5));
        assert_eq!(other.shortage(), Some(Shortage::Shared));
        assert_eq!(other.held(), 4 * MIB, "what it did not get it does not hold");
        drop(one);
        other.begin();
        assert!(grow(&mut other, 4, 6));
        assert_eq!(other.shortage(), None);
    }

    #[test]
    fn one_instance_never_has_more_than_all_may_have() {
        let limits = limits("memory_total_mb = 8");
        let mut one = Limiter::new(&limits, Arc::new(SharedMemory::new(&limits)));
        assert!(!grow(&mut one, 0, 9));
        assert_eq!(one.shortage(), Some(Shortage::Own), "waiting would not help");
    }
}
