//! What is kept, over a real database and a real directory. Downloads are tested end to end (`tests/e2e`).

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tempfile::TempDir;
use wagate_storage::api_keys::ApiKeyRow;
use wagate_storage::clock::Clock;
use wagate_storage::media::{MediaRow, MediaSource, MediaState, NewMedia};
use wagate_storage::messages::{ContactSighting, MessageRow, MessageStatus, NewMessage};
use wagate_storage::sessions::{Desired, SessionRow};
use wagate_storage::sqlite::SqliteStorage;
use wagate_storage::users::{Role, UserRow};
use wagate_storage::{SharedStorage, new_row_id};

use super::{MediaDesk, MediaOptions};

const DAY_MS: i64 = 24 * 3600 * 1000;

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

struct Bench {
    folder: TempDir,
    storage: SharedStorage,
    clock: Arc<TestClock>,
    desk: Arc<MediaDesk>,
    sessions: [String; 2],
}

impl Bench {
    async fn new(edit: impl FnOnce(&mut MediaOptions)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = SqliteStorage::open(&folder.path().join("test.db")).await.unwrap();
        let storage: SharedStorage = Arc::new(storage);
        let user = UserRow {
            id: "user-1".to_owned(),
            email: "ann@example.org".to_owned(),
            name: None,
            password_hash: None,
            role: Role::Owner,
            disabled: false,
            created_at: 0,
            updated_at: 0,
        };
        let key = ApiKeyRow {
            id: "key-1".to_owned(),
            user_id: user.id.clone(),
            name: "test".to_owned(),
            hash: vec![0; 32],
            last4: "0000".to_owned(),
            expires_at: None,
            created_at: 0,
            ..ApiKeyRow::default()
        };
        assert!(storage.insert_first_user(user, key).await.unwrap());
        let sessions = ["shop", "desk"].map(|slug| (slug, new_row_id()));
        for (slug, id) in &sessions {
            let session = SessionRow {
                id: id.clone(),
                user_id: "user-1".to_owned(),
                slug: (*slug).to_owned(),
                name: (*slug).to_owned(),
                desired: Desired::Stopped,
                status: "STOPPED".to_owned(),
                cause: None,
                pn: None,
                lid: None,
                push_name: None,
                config: "{}".to_owned(),
                created_at: 0,
                updated_at: 0,
            };
            storage.insert_session(session).await.unwrap();
        }
        let clock = Arc::new(TestClock(AtomicI64::new(DAY_MS)));
        let mut options = MediaOptions::in_dir(folder.path().join("media"));
        edit(&mut options);
        let desk = MediaDesk::new(Arc::clone(&storage), clock.clone(), options);
        Self {
            folder,
            storage,
            clock,
            desk: Arc::new(desk),
            sessions: sessions.map(|(_, id)| id),
        }
    }

    /// A message of a session with a file of so many bytes, sent a millisecond after the one before.
    async fn keep(&self, session: usize, wa_id: &str, bytes: usize) -> MediaRow {
        self.clock.0.fetch_add(1, Ordering::SeqCst);
        let row = MessageRow {
            id: new_row_id(),
            session_id: self.sessions[session].clone(),
            chat: "12025550101@s.whatsapp.net".to_owned(),
            sender: "12025550102@s.whatsapp.net".to_owned(),
            from_me: true,
            wa_id: wa_id.to_owned(),
            push_name: None,
            kind: "DOCUMENT".to_owned(),
            content: None,
            status: MessageStatus::Sent,
            played: false,
            timestamp: self.clock.now_ms(),
            quote_id: None,
            edited_at: None,
            deleted_at: None,
            deleted_by: None,
            starred: false,
            mime_type: None,
            file_name: None,
            file_size: None,
            wire: Vec::new(),
        };
        let media = NewMedia {
            id: new_row_id(),
            file_name: format!("shop-{wa_id}.bin"),
            kind: "DOCUMENT".to_owned(),
            title: None,
            mime: "application/octet-stream".to_owned(),
            bytes: None,
            state: MediaState::Pending,
            is_lazy: true,
            source: MediaSource::default(),
        };
        let id = media.id.clone();
        let message = NewMessage {
            row,
            event: None,
            contact: ContactSighting::default(),
            media: Some(media),
        };
        self.storage.commit_messages(vec![message]).await.unwrap();
        let source = self.folder.path().join("source");
        std::fs::write(&source, vec![b'x'; bytes]).unwrap();
        let row = self.row(&id).await;
        self.desk.adopt(&row, &source).await.unwrap();
        self.row(&id).await
    }

    async fn row(&self, id: &str) -> MediaRow {
        self.storage.media(id).await.unwrap().unwrap()
    }

    async fn states(&self, rows: &[&MediaRow]) -> Vec<MediaState> {
        let mut states = Vec::new();
        for row in rows {
            states.push(self.row(&row.id).await.state);
        }
        states
    }

    /// The files on the disk.
    fn files(&self) -> Vec<PathBuf> {
        let sessions = std::fs::read_dir(self.folder.path().join("media")).unwrap();
        sessions
            .flat_map(|session| std::fs::read_dir(session.unwrap().path()).unwrap())
            .map(|file| file.unwrap().path())
            .collect()
    }
}

use MediaState::{Expired, Stored};

#[tokio::test]
async fn a_sent_file_is_kept_without_a_download() {
    let bench = Bench::new(|_| {}).await;
    let row = bench.keep(0, "A", 1000).await;
    assert_eq!((row.state, row.bytes), (Stored, Some(1000)));
    let stored = bench.desk.obtain(row, None).await.unwrap();
    assert_eq!(std::fs::read(&stored.path).unwrap().len(), 1000);
    assert_eq!(stored.sha256.len(), 64);
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&stored.path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn the_oldest_files_make_room_within_a_session_and_over_all() {
    let bench = Bench::new(|options| {
        options.session_bytes = 250;
        options.total_bytes = 400;
    })
    .await;
    let a = bench.keep(0, "A", 100).await;
    let b = bench.keep(0, "B", 100).await;
    let other = bench.keep(1, "C", 200).await;
    assert_eq!(bench.states(&[&a, &b, &other]).await, [Stored; 3]);
    let d = bench.keep(0, "D", 100).await;
    assert_eq!(
        bench.states(&[&a, &b, &other, &d]).await,
        [Expired, Stored, Stored, Stored]
    );
    let e = bench.keep(0, "E", 50).await;
    assert_eq!(
        bench.states(&[&b, &other, &d, &e]).await,
        [Expired, Stored, Stored, Stored]
    );
    assert_eq!(bench.files().len(), 3);
    // Gone from here is not gone from WhatsApp: it would be downloaded again, if anyone were connected.
    let refused = bench.desk.obtain(bench.row(&a.id).await, None).await.unwrap_err();
    assert!(
        matches!(refused, crate::EngineError::NotConnected { .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn files_grow_old() {
    let bench = Bench::new(|options| options.keep_ms = Some(30 * DAY_MS)).await;
    let old = bench.keep(0, "A", 10).await;
    bench.clock.0.fetch_add(20 * DAY_MS, Ordering::SeqCst);
    let young = bench.keep(0, "B", 10).await;
    bench.desk.drop_old().await.unwrap();
    assert_eq!(bench.states(&[&old, &young]).await, [Stored, Stored]);
    bench.clock.0.fetch_add(11 * DAY_MS, Ordering::SeqCst);
    bench.desk.drop_old().await.unwrap();
    assert_eq!(bench.states(&[&old, &young]).await, [Expired, Stored]);
    assert_eq!(bench.files().len(), 1);
}

#[tokio::test]
async fn what_a_crash_left_goes_and_nothing_else() {
    let bench = Bench::new(|_| {}).await;
    let kept = bench.keep(0, "A", 10).await;
    let media = bench.folder.path().join("media");
    let own = media.join(&bench.sessions[0]);
    std::fs::write(own.join(new_row_id()), "no row").unwrap();
    std::fs::write(own.join(format!("{}.part", new_row_id())), "half").unwrap();
    let gone = media.join(new_row_id());
    std::fs::create_dir(&gone).unwrap();
    std::fs::write(gone.join(new_row_id()), "no session").unwrap();
    bench.desk.drop_orphans().await.unwrap();
    let files = bench.files();
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(files[0].ends_with(&kept.id));
    bench.desk.delete(&[kept]).await.unwrap();
    assert!(bench.files().is_empty());
    bench.keep(0, "B", 10).await;
    bench.storage.delete_session(&bench.sessions[0]).await.unwrap();
    bench.desk.forget_session(&bench.sessions[0]);
    assert!(bench.files().is_empty());
}
