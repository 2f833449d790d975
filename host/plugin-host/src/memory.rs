//! How much memory a plugin may have, as its guests see it (linear memories and tables): each instance, and all of a version
//! together. Not what the host holds for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wasmtime::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};

use crate::operator::Limits;

const MAX_TABLE_ELEMENTS: usize = 10_000;
const MAX_CORE_INSTANCES: usize = 32;
const MAX_TABLES: usize = 64;
/// Each reserves 4 GiB of addresses.
const MAX_MEMORIES: usize = 8;

/// Of a table's element.
const ELEMENT_BYTES: usize = size_of::<usize>();

/// What the instances of a version hold together. Without it each call under way could have all that one instance may have.
/// Calls that a reload leaves on the version before count there.
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

    /// Whether more than half of it is taken.
    pub(crate) fn is_scarce(&self) -> bool {
        self.held.load(Ordering::Relaxed) > self.limit / 2
    }

    /// False when that would be more than `ceiling` together.
    fn take(&self, bytes: usize, ceiling: usize) -> bool {
        let after = |held: usize| held.checked_add(bytes).filter(|sum| *sum <= ceiling);
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
    counts: StoreLimits,
    shared: Arc<SharedMemory>,
    /// Bytes this instance may hold in the call at hand.
    own: usize,
    /// Bytes all may hold, as far as the call at hand may use them up.
    ceiling: usize,
    shortage: Option<Shortage>,
    /// Bytes.
    held: usize,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits, shared: Arc<SharedMemory>) -> Self {
        let counts = StoreLimitsBuilder::new()
            .table_elements(MAX_TABLE_ELEMENTS)
            .instances(MAX_CORE_INSTANCES)
            .tables(MAX_TABLES)
            .memories(MAX_MEMORIES)
            .build();
        Self {
            counts,
            shared,
            own: limits.memory_bytes(),
            ceiling: limits.memory_total_bytes(),
            shortage: None,
            held: 0,
        }
    }

    /// Before each call.
    pub(crate) fn begin(&mut self, limits: &Limits) {
        self.own = limits.memory_bytes();
        self.ceiling = limits.memory_total_bytes();
        self.shortage = None;
    }

    /// Why the guest got no more memory during the last call, if it asked in vain.
    pub(crate) fn shortage(&self) -> Option<Shortage> {
        self.shortage
    }

    /// Bytes it holds now.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    fn grow(&mut self, bytes: usize) -> bool {
        // First, so that an instance that is alone is never told to wait for the others.
        if self.held.saturating_add(bytes) > self.own {
            self.shortage = Some(Shortage::Own);
            return false;
        }
        if !self.shared.take(bytes, self.ceiling) {
            self.shortage = Some(Shortage::Shared);
            return false;
        }
        self.held += bytes;
        true
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
        Ok(self.counts.memory_growing(current, desired, maximum)?
            && self.grow(desired.saturating_sub(current)))
    }

    /// The system has none: the guest ends, and what was counted for it is given back with it.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(error)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current).saturating_mul(ELEMENT_BYTES);
        Ok(self.counts.table_growing(current, desired, maximum)? && self.grow(more))
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(error)
    }

    fn instances(&self) -> usize {
        self.counts.instances()
    }

    fn tables(&self) -> usize {
        self.counts.tables()
    }

    fn memories(&self) -> usize {
        self.counts.memories()
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
        other.begin(&limits);
        assert!(grow(&mut other, 4, 6));
        assert_eq!(other.shortage(), None);
    }

    #[test]
    fn what_counts_is_all_memories_and_tables_of_an_instance() {
        let limits = limits("memory_mb = 6\nmemory_total_mb = 60");
        let mut one = Limiter::new(&limits, Arc::new(SharedMemory::new(&limits)));
        assert!(grow(&mut one, 0, 4) && grow(&mut one, 0, 1));
        assert!(!grow(&mut one, 0, 2), "a third memory");
        assert_eq!(one.shortage(), Some(Shortage::Own));
        one.begin(&limits);
        let elements = MAX_TABLE_ELEMENTS;
        let mut tables = 0;
        while one.table_growing(0, elements, None).unwrap() {
            tables += 1;
        }
        assert_eq!(tables, MIB / (elements * ELEMENT_BYTES));
    }

    #[test]
    fn hooks_leave_some_to_requests() {
        let limits = limits("memory_mb = 4\nmemory_total_mb = 8");
        let shared = Arc::new(SharedMemory::new(&limits));
        let mut hooks = [(); 3].map(|()| Limiter::new(&limits.of_hooks(), Arc::clone(&shared)));
        let got = hooks.each_mut().map(|hook| grow(hook, 0, 3));
        assert_eq!(got, [true, true, false]);
        assert_eq!(hooks[2].shortage(), Some(Shortage::Shared));
        let mut request = Limiter::new(&limits, shared);
        assert!(grow(&mut request, 0, 2));
    }

    #[test]
    fn one_instance_never_has_more_than_all_may_have() {
        let limits = limits("memory_total_mb = 8");
        let mut one = Limiter::new(&limits, Arc::new(SharedMemory::new(&limits)));
        assert!(!grow(&mut one, 0, 9));
        assert_eq!(one.shortage(), Some(Shortage::Own), "waiting would not help");
    }
}
