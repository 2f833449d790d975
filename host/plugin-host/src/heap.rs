//! What the allocator keeps of memory that nobody uses.
//!
//! Compiling a component takes tens of MiB, on as many threads as there are cores, and a burst of calls leaves as much in small
//! pieces. glibc keeps what is freed, by thread: the free end of each thread's heap up to a bound that grows, by itself, to
//! 64 MiB, and what is free in between. After some reloads that was a fourth of what the gateway
//! had, and more (release build). Other allocators see to it by themselves, or not at all.

/// The allocator of this process keeps little from now on. To be called before there are threads: glibc's settings are not
/// made for being changed beside them.
pub fn keep_little_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    glibc::keep_little();
}

/// Gives memory that nobody uses back to the system, after that of `rest`. Some milliseconds, in which other threads may wait
/// for theirs.
pub(crate) async fn give_back(rest: impl Send + 'static) {
    // On a thread that may wait. A panic of it would lose nothing.
    let _ = tokio::task::spawn_blocking(move || {
        drop(rest);
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        glibc::trim();
    })
    .await;
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    /// Of the free end of a thread's heap, so much is kept, bytes: what a thread asks for again and again is found there.
    const KEPT: libc::c_int = 512 * 1024;
    /// From this size on a piece of memory is a mapping of its own, bytes, which goes back when it is freed.
    const MAPPED: libc::c_int = 1024 * 1024;

    pub(super) fn keep_little() {
        #[expect(unsafe_code, reason = "std does not ask the allocator for anything")]
        // SAFETY: the values are within glibc's bounds. Where there are threads nevertheless, one that frees a large piece just
        // now may put its own bound over these: numbers that say when memory goes back, no more.
        unsafe {
            libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
            libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED);
        }
    }

    pub(super) fn trim() {
        #[expect(unsafe_code, reason = "std does not ask the allocator for anything")]
        // SAFETY: glibc takes only what is free, and locks what it looks at.
        unsafe {
            libc::malloc_trim(0);
        }
    }
}
