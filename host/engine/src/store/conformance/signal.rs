//! Signal keys.

use std::sync::Arc;

use bytes::Bytes;
use wacore::store::traits::Backend;

const ANN: &str = "15550000001@s.whatsapp.net";
const ANN_LAPTOP: &str = "15550000001:7@s.whatsapp.net";

pub(super) async fn identities_are_replaced_and_deleted(store: &dyn Backend) {
    assert_eq!(store.load_identity(ANN).await.unwrap(), None);
    store.put_identity(ANN, [1; 32]).await.unwrap();
    store
        .put_identities_batch(&[(Arc::from(ANN), [2; 32]), (Arc::from(ANN_LAPTOP), [3; 32])])
        .await
        .unwrap();
    assert_eq!(store.load_identity(ANN).await.unwrap(), Some([2; 32]));
    assert_eq!(store.load_identity(ANN_LAPTOP).await.unwrap(), Some([3; 32]));

    store.delete_identity(ANN).await.unwrap();
    store.delete_identity(ANN).await.unwrap();
    assert_eq!(store.load_identity(ANN).await.unwrap(), None);
    assert_eq!(store.load_identity(ANN_LAPTOP).await.unwrap(), Some([3; 32]));
}

pub(super) async fn signal_sessions_are_replaced_and_deleted(store: &dyn Backend) {
    assert_eq!(store.get_session(ANN).await.unwrap(), None);
    assert!(!store.has_session(ANN).await.unwrap());
    store.put_session(ANN, b"first").await.unwrap();
    let batch: [(Arc<str>, Bytes); 2] = [
        (Arc::from(ANN), Bytes::from_static(b"second")),
        (Arc::from(ANN_LAPTOP), Bytes::from_static(b"laptop")),
    ];
    store.put_sessions_batch(&batch).await.unwrap();
    assert_eq!(
        store.get_session(ANN).await.unwrap().as_deref(),
        Some(&b"second"[..])
    );
    assert_eq!(
        store.get_session(ANN_LAPTOP).await.unwrap().as_deref(),
        Some(&b"laptop"[..])
    );
    assert!(store.has_session(ANN).await.unwrap());

    store.delete_session(ANN).await.unwrap();
    store.delete_session(ANN).await.unwrap();
    assert!(!store.has_session(ANN).await.unwrap());
    assert!(store.has_session(ANN_LAPTOP).await.unwrap());
}

pub(super) async fn empty_batches_are_no_error(store: &dyn Backend) {
    store.put_sessions_batch(&[]).await.unwrap();
    store.put_identities_batch(&[]).await.unwrap();
    store.put_sender_keys_batch(&[]).await.unwrap();
    store.store_prekeys_batch(&[], true).await.unwrap();
    store.mark_prekeys_uploaded(&[]).await.unwrap();
    assert!(store.load_prekeys_batch(&[]).await.unwrap().is_empty());
    store.put_mutation_macs("regular", 1, &[]).await.unwrap();
    store.delete_mutation_macs("regular", &[]).await.unwrap();
    assert!(store.get_mutation_macs("regular", &[]).await.unwrap().is_empty());
    store.set_sender_key_status("1@g.us", &[]).await.unwrap();
    store.delete_sender_key_device_rows(&[]).await.unwrap();
    store.put_lid_mappings(&[]).await.unwrap();
    store.update_device_lists(Vec::new()).await.unwrap();
    store.store_pending_inbound_batch(&[]).await.unwrap();
    store.delete_pending_inbound_batch(&[]).await.unwrap();
    assert_eq!(store.put_msg_secrets(Vec::new()).await.unwrap(), 0);
}

pub(super) async fn signal_state_of_a_user_spans_devices_and_stops_at_the_name(store: &dyn Backend) {
    assert!(!store.has_signal_state_for_user("15550000001").await.unwrap());
    store.put_session(ANN_LAPTOP, b"session").await.unwrap();
    assert!(store.has_signal_state_for_user("15550000001").await.unwrap());
    // A name that begins like hers is someone else.
    assert!(!store.has_signal_state_for_user("1555000000").await.unwrap());
    assert!(!store.has_signal_state_for_user("155500000012").await.unwrap());
    store.delete_session(ANN_LAPTOP).await.unwrap();
    assert!(!store.has_signal_state_for_user("15550000001").await.unwrap());

    store.put_session(ANN, b"session").await.unwrap();
    assert!(store.has_signal_state_for_user("15550000001").await.unwrap());
    store.delete_session(ANN).await.unwrap();
    store.put_identity(ANN, [1; 32]).await.unwrap();
    assert!(store.has_signal_state_for_user("15550000001").await.unwrap());
    store.delete_identity(ANN).await.unwrap();
    store.put_identity(ANN_LAPTOP, [1; 32]).await.unwrap();
    assert!(store.has_signal_state_for_user("15550000001").await.unwrap());
}

pub(super) async fn prekeys_are_loaded_by_id(store: &dyn Backend) {
    assert_eq!(store.load_prekey(1).await.unwrap(), None);
    store.store_prekey(1, b"one", false).await.unwrap();
    let batch = [
        (2, Bytes::from_static(b"two")),
        (u32::MAX, Bytes::from_static(b"last")),
    ];
    store.store_prekeys_batch(&batch, false).await.unwrap();
    store.store_prekey(1, b"uno", true).await.unwrap();
    assert_eq!(store.load_prekey(1).await.unwrap().as_deref(), Some(&b"uno"[..]));
    assert_eq!(
        store.load_prekey(u32::MAX).await.unwrap().as_deref(),
        Some(&b"last"[..])
    );

    let mut found = store.load_prekeys_batch(&[2, 1, 99]).await.unwrap();
    found.sort();
    assert_eq!(
        found,
        [(1, Bytes::from_static(b"uno")), (2, Bytes::from_static(b"two"))]
    );
}

pub(super) async fn a_used_prekey_is_not_brought_back_by_the_upload_mark(store: &dyn Backend) {
    store.store_prekey(1, b"one", false).await.unwrap();
    store.store_prekey(2, b"two", false).await.unwrap();
    store.remove_prekey(1).await.unwrap();
    store.mark_prekeys_uploaded(&[1, 2, 3]).await.unwrap();
    assert_eq!(store.load_prekey(1).await.unwrap(), None);
    assert_eq!(store.load_prekey(2).await.unwrap().as_deref(), Some(&b"two"[..]));
    assert_eq!(store.load_prekey(3).await.unwrap(), None);
}

pub(super) async fn the_highest_prekey_id_counts_what_is_stored(store: &dyn Backend) {
    assert_eq!(store.get_max_prekey_id().await.unwrap(), 0);
    store.store_prekey(7, b"seven", false).await.unwrap();
    store.store_prekey(12, b"twelve", true).await.unwrap();
    assert_eq!(store.get_max_prekey_id().await.unwrap(), 12);
    store.remove_prekey(12).await.unwrap();
    assert_eq!(store.get_max_prekey_id().await.unwrap(), 7);
}

pub(super) async fn signed_prekeys_are_listed_and_removed(store: &dyn Backend) {
    assert_eq!(store.load_signed_prekey(1).await.unwrap(), None);
    store.store_signed_prekey(1, b"old").await.unwrap();
    store.store_signed_prekey(1, b"one").await.unwrap();
    store.store_signed_prekey(2, b"two").await.unwrap();
    assert_eq!(store.load_signed_prekey(1).await.unwrap(), Some(b"one".to_vec()));
    let mut all = store.load_all_signed_prekeys().await.unwrap();
    all.sort();
    assert_eq!(all, [(1, b"one".to_vec()), (2, b"two".to_vec())]);
    store.remove_signed_prekey(1).await.unwrap();
    assert_eq!(
        store.load_all_signed_prekeys().await.unwrap(),
        [(2, b"two".to_vec())]
    );
}

pub(super) async fn sender_keys_are_replaced_and_deleted(store: &dyn Backend) {
    let name = "120363000000000001@g.us::15550000001:0";
    let other = "120363000000000001@g.us::15550000002:0";
    assert_eq!(store.get_sender_key(name).await.unwrap(), None);
    store.put_sender_key(name, b"first").await.unwrap();
    let batch: [(Arc<str>, Bytes); 2] = [
        (Arc::from(name), Bytes::from_static(b"second")),
        (Arc::from(other), Bytes::new()),
    ];
    store.put_sender_keys_batch(&batch).await.unwrap();
    assert_eq!(
        store.get_sender_key(name).await.unwrap(),
        Some(b"second".to_vec())
    );
    // Empty is not the same as absent.
    assert_eq!(store.get_sender_key(other).await.unwrap(), Some(Vec::new()));
    store.delete_sender_key(name).await.unwrap();
    assert_eq!(store.get_sender_key(name).await.unwrap(), None);
}
