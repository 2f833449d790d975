//! The stacks on which guests run, and the imports they call. Not when an instance rests.
//!
//! wasmtime keeps a stack for as long as its store lives, with every page a call has ever touched: some 12 KiB of a small
//! instance that waits for its next call. wasmtime's own stacks have no handle, so these are made here, in the same way (pages
//! that are there once they are touched, above one that nothing may touch), and an instance at rest gives their pages back.

use std::cell::Cell;
use std::ffi::c_void;
use std::ops::Range;
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;

use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap_anonymous, mprotect, munmap};
use rustix::param::page_size;
use wasmtime::{StackCreator, StackMemory};

/// Elsewhere a hint, which may do nothing.
#[cfg(not(target_os = "linux"))]
const GIVE_BACK: Advice = Advice::DontNeed;
#[cfg(target_os = "linux")]
const GIVE_BACK: Advice = Advice::LinuxDontNeed;

thread_local! {
    /// The stack this thread has made last, until somebody asks whose it is.
    static MADE: Cell<Option<Stack>> = const { Cell::new(None) };
}

/// Makes them, for wasmtime.
pub(crate) struct Stacks;

/// A hold on the stack of one instance, beside wasmtime's.
pub(crate) struct Stack(Arc<Mapping>);

/// Runs what may make a stack; gives back that stack, if it did.
pub(crate) async fn made_in<T>(future: impl Future<Output = T>) -> (T, Option<Stack>) {
    // Boxed: by value it would count twice in what awaits this.
    let mut future = Box::pin(future);
    let mut made = None;
    let output = std::future::poll_fn(|context| {
        MADE.take();
        let polled = future.as_mut().poll(context);
        // wasmtime makes it on the thread that calls.
        if let Some(stack) = MADE.take() {
            made = Some(stack);
        }
        polled
    })
    .await;
    (output, made)
}

impl Stack {
    /// Gives its pages back to the system. The next call finds zeros, as the first one did.
    ///
    /// # Safety
    ///
    /// No call of the instance may be under way, not even one that waits: what it has on the stack would be gone.
    #[expect(unsafe_code, reason = "std has no words for pages")]
    pub(crate) unsafe fn give_back(&self) {
        // SAFETY: the range is the mapping's own and writable, and the caller says that nobody uses what is on it. If the system
        // refuses, the pages stay as they are.
        let _ = unsafe { madvise(self.0.floor(), self.0.length, GIVE_BACK) };
    }
}

#[expect(unsafe_code, reason = "wasmtime relies on what is promised below")]
// SAFETY: each stack is a mapping of its own, whole pages, zeros at first, with a page below that nothing may touch. It is
// unmapped once neither wasmtime nor an instance holds it.
unsafe impl StackCreator for Stacks {
    fn new_stack(&self, size: usize, _zeroed: bool) -> wasmtime::Result<Box<dyn StackMemory>> {
        let mapping = Arc::new(Mapping::new(size)?);
        MADE.set(Some(Stack(Arc::clone(&mapping))));
        Ok(Box::new(Held(mapping)))
    }
}

/// wasmtime's hold.
struct Held(Arc<Mapping>);

#[expect(unsafe_code, reason = "wasmtime relies on what is promised below")]
// SAFETY: the addresses are those of the mapping, whose bounds are those of pages.
unsafe impl StackMemory for Held {
    fn top(&self) -> *mut u8 {
        self.0.floor().cast::<u8>().wrapping_add(self.0.length)
    }

    fn range(&self) -> Range<usize> {
        let floor = self.0.floor().expose_provenance();
        floor..floor + self.0.length
    }

    fn guard_range(&self) -> Range<*mut u8> {
        self.0.base.as_ptr().cast()..self.0.floor().cast()
    }
}

/// Memory of its own: the page that nothing may touch, then the stack.
struct Mapping {
    base: NonNull<c_void>,
    /// Of the stack, bytes.
    length: usize,
}

#[expect(unsafe_code, reason = "an address is no memory of one thread")]
// SAFETY: it hands out addresses, and unmaps what it has mapped when nobody holds it.
unsafe impl Send for Mapping {}
#[expect(unsafe_code, reason = "an address is no memory of one thread")]
// SAFETY: as above; nothing of it changes.
unsafe impl Sync for Mapping {}

impl Mapping {
    #[expect(unsafe_code, reason = "std maps no memory")]
    fn new(size: usize) -> wasmtime::Result<Self> {
        let page = page_size();
        let length = size.max(1).next_multiple_of(page);
        // SAFETY: a new mapping, where the system likes, which nobody else knows.
        let base =
            unsafe { mmap_anonymous(null_mut(), page + length, ProtFlags::empty(), MapFlags::PRIVATE)? };
        let Some(base) = NonNull::new(base) else {
            wasmtime::bail!("a stack at address zero");
        };
        let mapping = Self { base, length };
        // SAFETY: all of it but the first page, of a mapping that nobody uses yet.
        unsafe {
            mprotect(
                mapping.floor(),
                length,
                MprotectFlags::READ | MprotectFlags::WRITE,
            )?;
        };
        Ok(mapping)
    }

    /// Where the stack ends, growing down.
    fn floor(&self) -> *mut c_void {
        self.base.as_ptr().wrapping_byte_add(page_size())
    }
}

impl Drop for Mapping {
    #[expect(unsafe_code, reason = "std maps no memory")]
    fn drop(&mut self) {
        // SAFETY: the mapping as it was made; wasmtime holds it no longer, nor does an instance.
        let unmapped = unsafe { munmap(self.base.as_ptr(), page_size() + self.length) };
        debug_assert!(unmapped.is_ok(), "a stack was unmapped by somebody else");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 100_000;

    /// The byte at the top, where a fiber has its first.
    #[expect(unsafe_code, reason = "as wasmtime uses it")]
    fn top_byte(stack: &dyn StackMemory) -> &Cell<u8> {
        // SAFETY: within the stack, and of this thread.
        unsafe { &*stack.top().wrapping_sub(1).cast::<Cell<u8>>() }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    #[expect(unsafe_code, reason = "as an instance does")]
    async fn a_stack_at_rest_is_as_it_was_at_first_and_can_be_used_again() {
        let (stack, held) = made_in(async { Stacks.new_stack(SIZE, false).unwrap() }).await;
        let held = held.expect("a stack was made");
        let (range, guard) = (stack.range(), stack.guard_range());
        assert!(range.len() >= SIZE && range.len() < SIZE + page_size());
        assert_eq!((stack.top().addr(), guard.end.addr()), (range.end, range.start));
        assert_eq!(guard.end.addr() - guard.start.addr(), page_size());
        for _ in 0..2 {
            let byte = top_byte(stack.as_ref());
            assert_eq!(byte.get(), 0);
            byte.set(7);
            // SAFETY: nothing runs on it.
            unsafe { held.give_back() };
        }
        drop(stack);
        // SAFETY: nothing runs on it, and it is still there.
        unsafe { held.give_back() };
    }

    #[tokio::test]
    async fn a_stack_of_somebody_else_is_not_taken_for_ones_own() {
        let others = Stacks.new_stack(SIZE, false).unwrap();
        let ((), held) = made_in(async {}).await;
        assert!(held.is_none());
        drop(others);
    }
}
