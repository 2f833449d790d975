//! What only a backend on disk can show, and where the in-memory one does less than the traits document.

use std::sync::atomic::Ordering;

use wacore::appstate::hash::HashState;
use wacore::appstate::processor::AppStateMutationMAC;
use wacore::store::traits::{
    AppStateSyncKey, AppSyncStore, Backend, DeviceListRecord, DeviceStore, ProtocolStore, SignalStore,
};

use super::protocol::mapping;
use super::{Fixture, device, json};

/// Writes something to every table.
async fn fill(store: &dyn Backend) {
    store.save(&device::paired_device()).await.unwrap();
    store.put_identity("a@lid", [1; 32]).await.unwrap();
    store.put_session("a@lid", b"session").await.unwrap();
    store.store_prekey(1, b"prekey", false).await.unwrap();
    store.store_signed_prekey(1, b"signed").await.unwrap();
    store.put_sender_key("name", b"sender key").await.unwrap();
    store
        .set_sync_key(b"key", AppStateSyncKey::default())
        .await
        .unwrap();
    store.set_version("regular", state()).await.unwrap();
    let mac = AppStateMutationMAC {
        index_mac: vec![1; 32],
        value_mac: vec![2; 32],
    };
    store.put_mutation_macs("regular", 1, &[mac]).await.unwrap();
    store
        .set_sender_key_status("1@g.us", &[("a@lid", true)])
        .await
        .unwrap();
    store.put_lid_mapping(&mapping("100", "1555", 10)).await.unwrap();
    store.save_base_key("a@lid", "M1", b"base").await.unwrap();
    store.update_device_list(devices()).await.unwrap();
    store.put_group_metadata("1@g.us", b"group").await.unwrap();
    store
        .store_received_tc_token("a@lid", b"token", 10)
        .await
        .unwrap();
    store.store_sent_message("1@g.us", "M1", b"sent").await.unwrap();
    store
        .store_pending_inbound("1@g.us", "a@lid", "M1", b"pending")
        .await
        .unwrap();
    store
        .put_msg_secret("1@g.us", "a@lid", "M1", &[7; 32])
        .await
        .unwrap();
}

fn state() -> HashState {
    HashState {
        version: 4,
        ..HashState::default()
    }
}

fn devices() -> DeviceListRecord {
    DeviceListRecord {
        user: "1555".to_owned(),
        devices: Vec::new(),
        timestamp: 10,
        phash: None,
        raw_id: None,
    }
}

/// For each table, whether there is anything. Takes the sent message, as there is no other way to see it.
async fn filled(store: &dyn Backend) -> Vec<bool> {
    vec![
        store.exists().await.unwrap(),
        store.load_identity("a@lid").await.unwrap().is_some(),
        store.has_session("a@lid").await.unwrap(),
        store.load_prekey(1).await.unwrap().is_some(),
        store.load_signed_prekey(1).await.unwrap().is_some(),
        store.get_sender_key("name").await.unwrap().is_some(),
        store.get_sync_key(b"key").await.unwrap().is_some(),
        store.get_version("regular").await.unwrap().version == 4,
        store
            .get_mutation_mac("regular", &[1; 32])
            .await
            .unwrap()
            .is_some(),
        !store.get_sender_key_devices("1@g.us").await.unwrap().is_empty(),
        store.get_lid_mapping("100").await.unwrap().is_some(),
        store.has_same_base_key("a@lid", "M1", b"base").await.unwrap(),
        store.get_devices("1555").await.unwrap().is_some(),
        store.get_group_metadata("1@g.us").await.unwrap().is_some(),
        store.get_tc_token("a@lid").await.unwrap().is_some(),
        store.take_sent_message("1@g.us", "M1").await.unwrap().is_some(),
        store
            .get_pending_inbound("1@g.us", "a@lid", "M1")
            .await
            .unwrap()
            .is_some(),
        store
            .get_msg_secret("1@g.us", "a@lid", "M1")
            .await
            .unwrap()
            .is_some(),
    ]
}

#[tokio::test]
async fn sessions_do_not_see_each_other() {
    let fixture = Fixture::open().await;
    fill(&fixture.store("one")).await;
    assert_eq!(filled(&fixture.store("two")).await, [false; 18]);
    assert_eq!(fixture.store("two").get_latest_sync_key_id().await.unwrap(), None);
    assert_eq!(fixture.store("two").get_max_prekey_id().await.unwrap(), 0);
    assert!(!fixture.store("two").has_signal_state_for_user("a").await.unwrap());

    // Deleting in one leaves the other alone, too.
    fill(&fixture.store("two")).await;
    let two = fixture.store("two");
    two.clear_all_sender_key_devices().await.unwrap();
    two.clear_mutation_macs("regular").await.unwrap();
    two.delete_expired_pending_inbound(i64::MAX).await.unwrap();
    two.delete_expired_sent_messages(i64::MAX).await.unwrap();
    two.delete_expired_tc_tokens(i64::MAX, i64::MAX).await.unwrap();
    assert_eq!(filled(&fixture.store("one")).await, [true; 18]);
}

#[tokio::test]
async fn everything_survives_a_restart() {
    let fixture = Fixture::open().await;
    fill(&fixture.store("one")).await;
    let device = fixture.store("one").load().await.unwrap();
    let fixture = fixture.reopen().await;
    assert_eq!(filled(&fixture.store("one")).await, [true; 18]);
    assert_eq!(json(&fixture.store("one").load().await.unwrap()), json(&device));
    assert_eq!(
        fixture.store("one").get_latest_sync_key_id().await.unwrap(),
        Some(b"key".to_vec())
    );
}

#[tokio::test]
async fn wiping_the_device_leaves_nothing_of_it() {
    let fixture = Fixture::open().await;
    fill(&fixture.store("one")).await;
    fill(&fixture.store("two")).await;
    fixture.storage.wipe_device("one", 0).await.unwrap();
    assert_eq!(filled(&fixture.store("one")).await, [false; 18]);
    assert_eq!(filled(&fixture.store("two")).await, [true; 18]);
}

#[tokio::test]
async fn deleting_the_session_leaves_nothing_of_its_device() {
    let fixture = Fixture::open().await;
    fill(&fixture.store("one")).await;
    assert!(fixture.storage.delete_session("one").await.unwrap());
    assert_eq!(filled(&fixture.store("one")).await, [false; 18]);
}

/// Documented as "the most recent LID for that phone"; the in-memory backend answers with the one written last.
#[tokio::test]
async fn an_older_mapping_written_later_does_not_win() {
    let fixture = Fixture::open().await;
    let store = fixture.store("one");
    store.put_lid_mapping(&mapping("100", "1555", 20)).await.unwrap();
    store.put_lid_mapping(&mapping("101", "1555", 10)).await.unwrap();
    assert_eq!(store.get_pn_mapping("1555").await.unwrap().unwrap().lid, "100");
}

/// The library's cutoffs are seconds, our clock counts milliseconds.
#[tokio::test]
async fn copies_of_messages_age_by_the_clock_in_seconds() {
    let fixture = Fixture::open().await;
    let store = fixture.store("one");
    fixture.clock.0.store(5_000_999, Ordering::SeqCst);
    store.store_sent_message("1@g.us", "M1", b"sent").await.unwrap();
    store
        .store_pending_inbound("1@g.us", "a@lid", "M1", b"pending")
        .await
        .unwrap();
    assert_eq!(store.delete_expired_sent_messages(5000).await.unwrap(), 0);
    assert_eq!(store.delete_expired_pending_inbound(5000).await.unwrap(), 0);
    assert_eq!(store.delete_expired_sent_messages(5001).await.unwrap(), 1);
    assert_eq!(store.delete_expired_pending_inbound(5001).await.unwrap(), 1);
}
