//! Calls that nobody waits for any more and that go on all the same.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// Of one library.
#[derive(Default)]
pub(super) struct Watch(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    /// Calls that were left and have not come back.
    left: usize,
    /// One of them was over its time.
    is_overdue: bool,
}

impl Watch {
    pub(super) fn left(&self) -> usize {
        self.lock().left
    }

    /// A call has just been left because its time was over.
    pub(super) fn overdue(&self) {
        let mut counts = self.lock();
        counts.is_overdue = counts.left > 0;
    }

    pub(super) fn is_stuck(&self) -> bool {
        self.lock().is_overdue
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One call, as both sides know it.
pub(super) struct Call {
    watch: Arc<Watch>,
    progress: Mutex<Progress>,
    /// Nobody waits: what it still asks of the host is refused.
    pub(super) over: CancellationToken,
}

#[derive(PartialEq, Eq)]
enum Progress {
    Running,
    Left,
    Back,
}

impl Call {
    pub(super) fn new(watch: Arc<Watch>) -> Arc<Self> {
        Arc::new(Self {
            watch,
            progress: Mutex::new(Progress::Running),
            over: CancellationToken::new(),
        })
    }

    /// For whoever waits. Dropped before the call is back, it leaves the call.
    pub(super) fn waiting(self: &Arc<Self>) -> Waiting {
        Waiting(Arc::clone(self))
    }

    /// For the thread that does it. Dropped, the call is back.
    pub(super) fn running(self: &Arc<Self>) -> Running {
        Running(Arc::clone(self))
    }

    fn is_back(&self) {
        let before = self.change(Progress::Back);
        if before == Progress::Left {
            let mut counts = self.watch.lock();
            counts.left -= 1;
            counts.is_overdue &= counts.left > 0;
        }
    }

    fn leave(&self) {
        self.over.cancel();
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if *progress == Progress::Running {
            *progress = Progress::Left;
            self.watch.lock().left += 1;
        }
    }

    fn change(&self, progress: Progress) -> Progress {
        let mut now = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut now, progress)
    }
}

/// See [`Call::waiting`].
pub(super) struct Waiting(Arc<Call>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// See [`Call::running`].
pub(super) struct Running(Arc<Call>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.is_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_over_its_time_counts_until_it_is_back() {
        let watch = Arc::new(Watch::default());
        let (late, dropped, quick) = (
            Call::new(watch.clone()),
            Call::new(watch.clone()),
            Call::new(watch.clone()),
        );
        drop(dropped.waiting());
        assert!(dropped.over.is_cancelled());
        assert_eq!((watch.left(), watch.is_stuck()), (1, false));
        drop(late.waiting());
        watch.overdue();
        assert_eq!((watch.left(), watch.is_stuck()), (2, true));
        drop(quick.running());
        drop(quick.waiting());
        drop(dropped.running());
        assert_eq!((watch.left(), watch.is_stuck()), (1, true));
        drop(late.running());
        assert_eq!((watch.left(), watch.is_stuck()), (0, false));
        watch.overdue();
        assert!(!watch.is_stuck(), "it came back in the last moment");
    }
}
