//! What the allocator keeps of memory that nobody uses.
//!
//! Compiling a component takes tens of MiB, on as many threads as there are cores, and a burst of calls leaves as much in small
//! pieces. glibc keeps what is freed, by thread: a fifth of the gateway's memory after some reloads (release build).

use tokio::task::spawn_blocking;

/// Gives memory that nobody uses back to the system. Some milliseconds, in which other threads may wait for theirs.
pub(crate) async fn give_back() {
    // On a thread that may wait. A panic of it would lose nothing.
    let _ = spawn_blocking(trim).await;
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn trim() {
    #[expect(unsafe_code, reason = "std does not ask the allocator for anything")]
    // SAFETY: glibc takes only what is free, and locks what it looks at.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Other allocators see to it by themselves, or not at all.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}
