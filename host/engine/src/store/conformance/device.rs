//! The linked device.

use wacore::store::Device;
use wacore::store::traits::Backend;

use super::json;

/// A device with what a pairing fills in, as far as it can be made here.
pub(super) fn paired_device() -> Device {
    let mut device = Device::new();
    device.pn = Some("15550000001:5@s.whatsapp.net".parse().unwrap());
    device.lid = Some("100000000000001:5@lid".parse().unwrap());
    device.push_name = "Ann \u{1f642}".to_owned();
    device.edge_routing_info = Some(vec![0, 1, 255]);
    device.props_hash = Some("hash".to_owned());
    device.next_pre_key_id = 813;
    device.nct_salt = Some(vec![9; 16]);
    device.login_counter = 3;
    device.lid_migrated = true;
    device
}

pub(super) async fn a_device_round_trips(store: &dyn Backend) {
    assert!(!store.exists().await.unwrap());
    assert!(store.load().await.unwrap().is_none());
    let mut device = paired_device();
    store.save(&device).await.unwrap();
    device.push_name = "Ann B.".to_owned();
    store.save(&device).await.unwrap();
    assert!(store.exists().await.unwrap());

    let loaded = store.load().await.unwrap().unwrap();
    assert_eq!(json(&loaded), json(&device));
    // What the device introduces itself with is not part of the record and has to be there all the same.
    assert_eq!(loaded.device_props.os, Device::new().device_props.os);

    store.snapshot_db("test", None).await.unwrap();
    assert_eq!(store.resource_report().await.total_bytes(), 0);
}

pub(super) async fn creating_again_keeps_the_device(store: &dyn Backend) {
    store.create().await.unwrap();
    assert!(store.exists().await.unwrap());
    assert!(store.load().await.unwrap().is_some());
    let device = paired_device();
    store.save(&device).await.unwrap();
    // The number it returns is the backend's affair: the in-memory one counts up, ours has one device a session.
    store.create().await.unwrap();
    assert_eq!(json(&store.load().await.unwrap()), json(&Some(device)));
}
