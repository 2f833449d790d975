//! `GET /state`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::phones::PhoneView;
use crate::accounts::{Account, Namespace, Phase};
use crate::counters::Counters;
use crate::hub::Hub;

/// The whole network at a glance.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Overview {
    ws: String,
    control: String,
    /// Where the media host is.
    media: String,
    /// The public key that signs the server's certificates, hex.
    noise_root: String,
    /// Open connections, of linked devices and of clients that wait to be linked.
    connections: usize,
    /// Clients that wait to be linked.
    waiting: usize,
    last_event: u64,
    phones: Vec<PhoneState>,
    counters: Counters,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhoneState {
    #[serde(flatten)]
    phone: PhoneView,
    inbox: u64,
    outbox: usize,
    undecryptable: u64,
    prekeys_left: usize,
    devices: Vec<DeviceState>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeviceState {
    id: u16,
    jid: String,
    lid: String,
    /// Whether the device has signed; until then nobody sees it.
    linked: bool,
    connected: bool,
    /// Whether it takes messages as they come: connected and done with its backlog.
    live: bool,
    /// Stanzas it has not acknowledged.
    queued: usize,
    prekeys_left: usize,
}

pub(super) async fn get(State(hub): State<Arc<Hub>>) -> Json<Overview> {
    Json(hub.read(|state| Overview {
        ws: hub.front.ws_url.clone(),
        control: hub.front.control_url.clone(),
        media: hub.media.host(),
        noise_root: hub.front.noise_root.clone(),
        connections: state.streams.count(),
        waiting: state.streams.companions().count(),
        last_event: state.journal.last(),
        phones: state.accounts.iter().map(|(_, account)| phone(account)).collect(),
        counters: state.counters.clone(),
    }))
}

fn phone(account: &Account) -> PhoneState {
    let devices = account.devices.iter().map(|(id, device)| DeviceState {
        id: *id,
        jid: account.jid(Namespace::Pn, *id).to_string(),
        lid: account.jid(Namespace::Lid, *id).to_string(),
        linked: device.is_linked(),
        connected: device.attachment.is_some(),
        live: device
            .attachment
            .as_ref()
            .is_some_and(|attachment| attachment.phase == Phase::Live),
        queued: device.queue.len(),
        prekeys_left: device.keys.as_ref().map_or(0, |keys| keys.one_time.len()),
    });
    PhoneState {
        phone: account.into(),
        inbox: account.phone.inbox.last(),
        outbox: account.phone.outbox.len(),
        undecryptable: account.phone.undecryptable,
        prekeys_left: account.phone.prekeys_left(),
        devices: devices.collect(),
    }
}
