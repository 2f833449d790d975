//! App state.

use wacore::appstate::hash::HashState;
use wacore::appstate::processor::AppStateMutationMAC;
use wacore::store::traits::{AppStateSyncKey, Backend};

use super::json;

fn key(byte: u8) -> AppStateSyncKey {
    AppStateSyncKey {
        key_data: vec![byte; 32],
        fingerprint: vec![byte, 0, byte],
        timestamp: i64::from(byte),
    }
}

fn mac(index: u8, value: u8) -> AppStateMutationMAC {
    AppStateMutationMAC {
        index_mac: vec![index; 32],
        value_mac: vec![value; 32],
    }
}

pub(super) async fn sync_keys_round_trip_and_the_last_stored_is_the_latest(store: &dyn Backend) {
    assert!(store.get_sync_key(b"a").await.unwrap().is_none());
    assert_eq!(store.get_latest_sync_key_id().await.unwrap(), None);
    store.set_sync_key(b"b", key(9)).await.unwrap();
    store.set_sync_key(b"a", key(1)).await.unwrap();
    assert_eq!(
        json(&store.get_sync_key(b"b").await.unwrap()),
        json(&Some(key(9)))
    );
    // By time of storing: neither by id nor by the key's own timestamp.
    assert_eq!(store.get_latest_sync_key_id().await.unwrap(), Some(b"a".to_vec()));
    store.set_sync_key(b"b", key(2)).await.unwrap();
    assert_eq!(
        json(&store.get_sync_key(b"b").await.unwrap()),
        json(&Some(key(2)))
    );
    assert_eq!(store.get_latest_sync_key_id().await.unwrap(), Some(b"b".to_vec()));
}

pub(super) async fn an_unknown_collection_starts_at_version_zero(store: &dyn Backend) {
    let state = store.get_version("regular").await.unwrap();
    assert_eq!(json(&state), json(&HashState::default()));
}

pub(super) async fn hash_states_round_trip(store: &dyn Backend) {
    let mut state = HashState {
        version: u64::MAX,
        hash: [7; 128],
        ..HashState::default()
    };
    state.index_value_map.insert("index".to_owned(), vec![0, 255]);
    state.mac_mismatch_fatal = true;
    store.set_version("regular", HashState::default()).await.unwrap();
    store.set_version("regular", state.clone()).await.unwrap();
    assert_eq!(json(&store.get_version("regular").await.unwrap()), json(&state));
    assert_eq!(store.get_version("critical_block").await.unwrap().version, 0);
}

pub(super) async fn mutation_macs_are_replaced_found_and_deleted(store: &dyn Backend) {
    store
        .put_mutation_macs("regular", 1, &[mac(1, 10), mac(2, 20), mac(3, 30)])
        .await
        .unwrap();
    store
        .put_mutation_macs("regular", 2, &[mac(2, 21)])
        .await
        .unwrap();
    assert_eq!(
        store.get_mutation_mac("regular", &[1; 32]).await.unwrap(),
        Some(vec![10; 32])
    );
    assert_eq!(store.get_mutation_mac("regular", &[9; 32]).await.unwrap(), None);
    assert_eq!(
        store.get_mutation_mac("regular_low", &[1; 32]).await.unwrap(),
        None
    );

    let found = store
        .get_mutation_macs("regular", &[[1; 32], [2; 32], [9; 32]])
        .await
        .unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found.get(&[1_u8; 32]), Some(&vec![10; 32]));
    assert_eq!(found.get(&[2_u8; 32]), Some(&vec![21; 32]));

    store
        .delete_mutation_macs("regular", &[vec![1; 32], vec![9; 32]])
        .await
        .unwrap();
    assert_eq!(store.get_mutation_mac("regular", &[1; 32]).await.unwrap(), None);
    assert_eq!(
        store.get_mutation_mac("regular", &[3; 32]).await.unwrap(),
        Some(vec![30; 32])
    );
}

pub(super) async fn a_snapshot_clears_its_collection_only(store: &dyn Backend) {
    store
        .put_mutation_macs("regular", 1, &[mac(1, 10), mac(2, 20)])
        .await
        .unwrap();
    store
        .put_mutation_macs("regular_low", 1, &[mac(1, 11)])
        .await
        .unwrap();
    store.clear_mutation_macs("regular").await.unwrap();
    assert!(
        store
            .get_mutation_macs("regular", &[[1; 32], [2; 32]])
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        store.get_mutation_mac("regular_low", &[1; 32]).await.unwrap(),
        Some(vec![11; 32])
    );
}
