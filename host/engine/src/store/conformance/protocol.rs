//! Devices, addresses, groups, tokens.

use wacore::store::traits::{Backend, DeviceInfo, DeviceListRecord, LidPnMappingEntry, TcTokenEntry};

use super::json;

pub(super) fn mapping(lid: &str, phone_number: &str, at: i64) -> LidPnMappingEntry {
    LidPnMappingEntry {
        lid: lid.to_owned(),
        phone_number: phone_number.to_owned(),
        created_at: at,
        updated_at: at,
        learning_source: "usync".to_owned(),
    }
}

fn device_list(user: &str, devices: Vec<DeviceInfo>) -> DeviceListRecord {
    DeviceListRecord {
        user: user.to_owned(),
        devices,
        timestamp: 1_700_000_000,
        phash: Some("2:abc".to_owned()),
        raw_id: Some(u32::MAX),
    }
}

async fn devices_of(store: &dyn Backend, group: &str) -> Vec<(String, bool)> {
    let mut devices = store.get_sender_key_devices(group).await.unwrap();
    devices.sort();
    devices
}

pub(super) async fn sender_key_devices_keep_their_status(store: &dyn Backend) {
    assert!(devices_of(store, "1@g.us").await.is_empty());
    store
        .set_sender_key_status("1@g.us", &[("a@lid", true), ("b@lid", true)])
        .await
        .unwrap();
    store
        .set_sender_key_status("1@g.us", &[("b@lid", false), ("c@lid", false)])
        .await
        .unwrap();
    store
        .set_sender_key_status("2@g.us", &[("a@lid", true)])
        .await
        .unwrap();
    let expected = [
        ("a@lid".to_owned(), true),
        ("b@lid".to_owned(), false),
        ("c@lid".to_owned(), false),
    ];
    assert_eq!(devices_of(store, "1@g.us").await, expected);

    store.clear_sender_key_devices("1@g.us").await.unwrap();
    assert!(devices_of(store, "1@g.us").await.is_empty());
    assert_eq!(devices_of(store, "2@g.us").await.len(), 1);
}

pub(super) async fn devices_are_deleted_across_groups(store: &dyn Backend) {
    for group in ["1@g.us", "2@g.us"] {
        store
            .set_sender_key_status(group, &[("a@lid", true), ("b@lid", true), ("c@lid", true)])
            .await
            .unwrap();
    }
    store
        .delete_sender_key_device_rows(&["a@lid", "c@lid", "unknown@lid"])
        .await
        .unwrap();
    for group in ["1@g.us", "2@g.us"] {
        assert_eq!(devices_of(store, group).await, [("b@lid".to_owned(), true)]);
    }
    store.clear_all_sender_key_devices().await.unwrap();
    for group in ["1@g.us", "2@g.us"] {
        assert!(devices_of(store, group).await.is_empty());
    }
}

pub(super) async fn lid_mappings_are_found_from_both_sides(store: &dyn Backend) {
    assert!(store.get_lid_mapping("100").await.unwrap().is_none());
    assert!(store.get_pn_mapping("1555").await.unwrap().is_none());
    store.put_lid_mapping(&mapping("100", "1555", 10)).await.unwrap();
    store
        .put_lid_mappings(&[mapping("200", "1666", 10), mapping("300", "1777", 10)])
        .await
        .unwrap();
    let expected = json(&Some(mapping("100", "1555", 10)));
    assert_eq!(json(&store.get_lid_mapping("100").await.unwrap()), expected);
    assert_eq!(json(&store.get_pn_mapping("1555").await.unwrap()), expected);
    assert_eq!(store.get_all_lid_mappings().await.unwrap().len(), 3);

    // Two LIDs of one phone: the newer one answers, also when both were learned in the same second.
    store.put_lid_mapping(&mapping("101", "1555", 20)).await.unwrap();
    assert_eq!(store.get_pn_mapping("1555").await.unwrap().unwrap().lid, "101");
    store.put_lid_mapping(&mapping("100", "1555", 20)).await.unwrap();
    assert_eq!(store.get_pn_mapping("1555").await.unwrap().unwrap().lid, "100");
}

pub(super) async fn a_lid_that_changes_its_phone_leaves_the_old_one(store: &dyn Backend) {
    store.put_lid_mapping(&mapping("100", "1555", 10)).await.unwrap();
    store.put_lid_mapping(&mapping("100", "1666", 20)).await.unwrap();
    assert!(store.get_pn_mapping("1555").await.unwrap().is_none());
    assert_eq!(store.get_pn_mapping("1666").await.unwrap().unwrap().lid, "100");
    assert_eq!(
        json(&store.get_all_lid_mappings().await.unwrap()),
        json(&[mapping("100", "1666", 20)])
    );
}

pub(super) async fn base_keys_are_compared_per_message(store: &dyn Backend) {
    assert!(!store.has_same_base_key("a@lid", "M1", &[1; 33]).await.unwrap());
    store.save_base_key("a@lid", "M1", &[9; 33]).await.unwrap();
    store.save_base_key("a@lid", "M1", &[1; 33]).await.unwrap();
    store.save_base_key("a@lid", "M2", &[2; 33]).await.unwrap();
    assert!(store.has_same_base_key("a@lid", "M1", &[1; 33]).await.unwrap());
    assert!(!store.has_same_base_key("a@lid", "M1", &[9; 33]).await.unwrap());
    assert!(!store.has_same_base_key("b@lid", "M1", &[1; 33]).await.unwrap());
    store.delete_base_key("a@lid", "M1").await.unwrap();
    assert!(!store.has_same_base_key("a@lid", "M1", &[1; 33]).await.unwrap());
    assert!(store.has_same_base_key("a@lid", "M2", &[2; 33]).await.unwrap());
}

pub(super) async fn device_lists_round_trip(store: &dyn Backend) {
    assert!(store.get_devices("1555").await.unwrap().is_none());
    let full = device_list(
        "1555",
        vec![
            DeviceInfo::new(0, None),
            DeviceInfo::new(33, Some(4)),
            DeviceInfo::new(99, None).with_hosting(true),
        ],
    );
    let bare = DeviceListRecord {
        phash: None,
        raw_id: None,
        ..device_list("1666", Vec::new())
    };
    store
        .update_device_list(device_list("1555", Vec::new()))
        .await
        .unwrap();
    store
        .update_device_lists(vec![full.clone(), bare.clone()])
        .await
        .unwrap();
    assert_eq!(json(&store.get_devices("1555").await.unwrap()), json(&Some(full)));
    assert_eq!(json(&store.get_devices("1666").await.unwrap()), json(&Some(bare)));
    store.delete_devices("1555").await.unwrap();
    assert!(store.get_devices("1555").await.unwrap().is_none());
}

pub(super) async fn group_metadata_is_replaced_and_deleted(store: &dyn Backend) {
    assert_eq!(store.get_group_metadata("1@g.us").await.unwrap(), None);
    store.put_group_metadata("1@g.us", b"first").await.unwrap();
    store.put_group_metadata("1@g.us", b"second").await.unwrap();
    assert_eq!(
        store.get_group_metadata("1@g.us").await.unwrap(),
        Some(b"second".to_vec())
    );
    store.delete_group_metadata("1@g.us").await.unwrap();
    assert_eq!(store.get_group_metadata("1@g.us").await.unwrap(), None);
}

fn token(bytes: &[u8], token_timestamp: i64, sender_timestamp: Option<i64>) -> TcTokenEntry {
    TcTokenEntry {
        token: bytes.to_vec(),
        token_timestamp,
        sender_timestamp,
    }
}

async fn check_token(store: &dyn Backend, jid: &str, expected: &TcTokenEntry) {
    assert_eq!(
        json(&store.get_tc_token(jid).await.unwrap()),
        json(&Some(expected))
    );
}

pub(super) async fn tc_tokens_are_replaced_listed_and_deleted(store: &dyn Backend) {
    assert!(store.get_tc_token("a@lid").await.unwrap().is_none());
    store
        .put_tc_token("a@lid", &token(&[1], 10, Some(5)))
        .await
        .unwrap();
    store.put_tc_token("a@lid", &token(&[2], 8, None)).await.unwrap();
    store.put_tc_token("b@lid", &token(&[3], 9, None)).await.unwrap();
    check_token(store, "a@lid", &token(&[2], 8, None)).await;
    let mut jids = store.get_all_tc_token_jids().await.unwrap();
    jids.sort();
    assert_eq!(jids, ["a@lid", "b@lid"]);
    store.delete_tc_token("a@lid").await.unwrap();
    assert_eq!(store.get_all_tc_token_jids().await.unwrap(), ["b@lid"]);
}

pub(super) async fn touching_a_token_only_moves_forward_and_keeps_it(store: &dyn Backend) {
    store
        .touch_tc_token_sender_timestamp("a@lid", 1000)
        .await
        .unwrap();
    check_token(store, "a@lid", &token(&[], 1000, Some(1000))).await;
    store.touch_tc_token_sender_timestamp("a@lid", 900).await.unwrap();
    check_token(store, "a@lid", &token(&[], 1000, Some(1000))).await;

    store
        .put_tc_token("a@lid", &token(&[7, 8], 2000, None))
        .await
        .unwrap();
    store
        .touch_tc_token_sender_timestamp("a@lid", 3000)
        .await
        .unwrap();
    check_token(store, "a@lid", &token(&[7, 8], 2000, Some(3000))).await;
}

pub(super) async fn a_received_token_never_replaces_a_newer_one(store: &dyn Backend) {
    store.store_received_tc_token("a@lid", &[1], 5000).await.unwrap();
    store.store_received_tc_token("a@lid", &[2], 3000).await.unwrap();
    check_token(store, "a@lid", &token(&[1], 5000, None)).await;
    store.store_received_tc_token("a@lid", &[3], 5000).await.unwrap();
    check_token(store, "a@lid", &token(&[3], 5000, None)).await;

    // A placeholder gives way, however new it is, and keeps the time of the other writer.
    store
        .touch_tc_token_sender_timestamp("b@lid", 9000)
        .await
        .unwrap();
    store.store_received_tc_token("b@lid", &[4], 6000).await.unwrap();
    check_token(store, "b@lid", &token(&[4], 6000, Some(9000))).await;
}

pub(super) async fn a_token_goes_only_when_both_its_times_are_old(store: &dyn Backend) {
    store
        .touch_tc_token_sender_timestamp("live-placeholder", 2500)
        .await
        .unwrap();
    store
        .touch_tc_token_sender_timestamp("old-placeholder", 100)
        .await
        .unwrap();
    store
        .put_tc_token("old-token-live-sender", &token(&[1], 1, Some(2000)))
        .await
        .unwrap();
    store
        .put_tc_token("old-token", &token(&[2], 999, None))
        .await
        .unwrap();
    store
        .put_tc_token("live-token", &token(&[3], 1000, Some(1)))
        .await
        .unwrap();
    assert_eq!(store.delete_expired_tc_tokens(1000, 2000).await.unwrap(), 2);
    let mut jids = store.get_all_tc_token_jids().await.unwrap();
    jids.sort();
    assert_eq!(jids, ["live-placeholder", "live-token", "old-token-live-sender"]);
}
