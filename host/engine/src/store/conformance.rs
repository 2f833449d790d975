//! One suite for two backends: ours over SQLite, and the library's own in memory. A case states what the library's
//! traits document; where the in-memory backend does less, the case is run on ours alone and says so.

mod app_sync;
mod device;
mod fail_stop;
mod messages;
mod protocol;
mod signal;
mod sqlite_only;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tempfile::TempDir;
use wagate_storage::SharedStorage;
use wagate_storage::api_keys::ApiKeyRow;
use wagate_storage::clock::Clock;
use wagate_storage::sessions::{Desired, SessionRow};
use wagate_storage::sqlite::SqliteStorage;
use wagate_storage::users::{Role, UserRow};

use super::{SessionStore, StoreHealth};

macro_rules! on_both_backends {
    ($($module:ident :: $case:ident),+ $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test]
                async fn $case() {
                    let fixture = super::Fixture::open().await;
                    super::$module::$case(&fixture.store("one")).await;
                }
            )+
        }

        mod in_memory {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$module::$case(&wacore::store::InMemoryBackend::new()).await;
                }
            )+
        }
    };
}

on_both_backends! {
    signal::identities_are_replaced_and_deleted,
    signal::signal_sessions_are_replaced_and_deleted,
    signal::empty_batches_are_no_error,
    signal::signal_state_of_a_user_spans_devices_and_stops_at_the_name,
    signal::prekeys_are_loaded_by_id,
    signal::a_used_prekey_is_not_brought_back_by_the_upload_mark,
    signal::the_highest_prekey_id_counts_what_is_stored,
    signal::signed_prekeys_are_listed_and_removed,
    signal::sender_keys_are_replaced_and_deleted,
    app_sync::sync_keys_round_trip_and_the_last_stored_is_the_latest,
    app_sync::an_unknown_collection_starts_at_version_zero,
    app_sync::hash_states_round_trip,
    app_sync::mutation_macs_are_replaced_found_and_deleted,
    app_sync::a_snapshot_clears_its_collection_only,
    protocol::sender_key_devices_keep_their_status,
    protocol::devices_are_deleted_across_groups,
    protocol::lid_mappings_are_found_from_both_sides,
    protocol::a_lid_that_changes_its_phone_leaves_the_old_one,
    protocol::base_keys_are_compared_per_message,
    protocol::device_lists_round_trip,
    protocol::group_metadata_is_replaced_and_deleted,
    protocol::tc_tokens_are_replaced_listed_and_deleted,
    protocol::touching_a_token_only_moves_forward_and_keeps_it,
    protocol::a_received_token_never_replaces_a_newer_one,
    protocol::a_token_goes_only_when_both_its_times_are_old,
    messages::a_sent_message_is_taken_once,
    messages::sent_messages_are_pruned_by_age,
    messages::pending_messages_stay_until_deleted,
    messages::pending_messages_are_written_and_deleted_in_batches,
    messages::pending_messages_are_pruned_by_age,
    messages::secrets_are_keyed_by_chat_sender_and_id,
    messages::secrets_are_counted_as_written,
    messages::secrets_keep_the_longer_life_and_the_later_time,
    device::a_device_round_trips,
    device::creating_again_keeps_the_device,
}

/// A database in a directory of its own, with the sessions `one` and `two`.
struct Fixture {
    directory: TempDir,
    storage: SharedStorage,
    clock: Arc<TestClock>,
}

impl Fixture {
    async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let storage = open_storage(&directory).await;
        add_user(&storage).await;
        for id in ["one", "two"] {
            add_session(&storage, id).await;
        }
        Self {
            directory,
            storage,
            clock: Arc::new(TestClock(AtomicI64::new(1_700_000_000_000))),
        }
    }

    /// The same database after a restart.
    async fn reopen(self) -> Self {
        let Self {
            directory,
            storage,
            clock,
        } = self;
        storage.close().await;
        let storage = open_storage(&directory).await;
        Self {
            directory,
            storage,
            clock,
        }
    }

    /// A healthy store, as a new client gets it.
    fn store(&self, session: &str) -> SessionStore {
        SessionStore::new(
            Arc::clone(&self.storage),
            Arc::from(session),
            Arc::new(StoreHealth::default()),
            Arc::<TestClock>::clone(&self.clock),
        )
    }
}

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

async fn open_storage(directory: &TempDir) -> SharedStorage {
    Arc::new(
        SqliteStorage::open(&directory.path().join("test.db"))
            .await
            .unwrap(),
    )
}

async fn add_user(storage: &SharedStorage) {
    let user = UserRow {
        id: "user".to_owned(),
        email: "user@example.org".to_owned(),
        name: None,
        password_hash: None,
        role: Role::SuperAdmin,
        disabled: false,
        created_at: 0,
        updated_at: 0,
    };
    let key = ApiKeyRow {
        id: "key".to_owned(),
        user_id: "user".to_owned(),
        name: "test".to_owned(),
        hash: vec![0; 32],
        last4: "0000".to_owned(),
        ..ApiKeyRow::default()
    };
    assert!(storage.insert_first_user(user, key).await.unwrap());
}

async fn add_session(storage: &SharedStorage, id: &str) {
    let row = SessionRow {
        id: id.to_owned(),
        user_id: "user".to_owned(),
        slug: id.to_owned(),
        name: id.to_owned(),
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
    storage.insert_session(row).await.unwrap();
}

/// For types without `PartialEq`.
fn json<T: serde::Serialize>(value: &T) -> serde_json::Value {
    serde_json::to_value(value).unwrap()
}
