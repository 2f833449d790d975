//! The events that the transaction under way has appended, for whoever follows the log once it is committed.

use std::cell::RefCell;

use crate::events::EventRow;

tokio::task_local! {
    /// Of the writer's task; nobody else appends.
    static APPENDED: RefCell<Vec<EventRow>>;
}

/// Runs a transaction's work; with what it appended.
pub(super) async fn collect<T>(work: impl Future<Output = T>) -> (T, Vec<EventRow>) {
    let collected = async {
        let outcome = work.await;
        (outcome, APPENDED.with(RefCell::take))
    };
    APPENDED.scope(RefCell::default(), collected).await
}

/// An event was appended.
pub(super) fn note(row: EventRow) {
    // Outside of a transaction of the writer nobody asks.
    let _ = APPENDED.try_with(|rows| rows.borrow_mut().push(row));
}

/// How many there are so far.
pub(super) fn count() -> usize {
    APPENDED.try_with(|rows| rows.borrow().len()).unwrap_or(0)
}

/// A write was taken back: only so many are left.
pub(super) fn take_back(count: usize) {
    let _ = APPENDED.try_with(|rows| rows.borrow_mut().truncate(count));
}
