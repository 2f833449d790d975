//! Whoever hangs up in the middle of a read takes no connection with him.

use std::time::Duration;

use futures::FutureExt as _;
use tokio::time::timeout;
use wagate_storage::Health as _;
use wagate_storage::sessions::Sessions as _;
use wagate_storage::sqlite::SqliteStorage;

/// Far longer than a read takes, shorter than a read waits for a connection.
const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn reads_that_are_given_up_leave_their_connections() {
    let folder = tempfile::tempdir().unwrap();
    let storage = SqliteStorage::open(&folder.path().join("test.db")).await.unwrap();
    for _ in 0..40 {
        // Looked at once, then dropped: the query has left, its answer finds nobody.
        drop(storage.sessions().now_or_never());
    }
    let read = timeout(SOON, storage.sessions()).await.unwrap();
    assert!(read.unwrap().is_empty());
    timeout(SOON, storage.close()).await.unwrap();
}
