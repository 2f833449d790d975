//! A phone gives a newly linked device the key of its account's app state. Without it a client waits ten seconds before
//! it calls itself connected.

use buffa::MessageField;
use waproto::whatsapp::Message;
use waproto::whatsapp::message::protocol_message::Type;
use waproto::whatsapp::message::{
    AppStateSyncKey, AppStateSyncKeyData, AppStateSyncKeyFingerprint, AppStateSyncKeyId,
    AppStateSyncKeyShare, ProtocolMessage,
};

use super::{PhoneError, send};
use crate::accounts::{DeviceAddress, Namespace};
use crate::stanza::message::ClientMessage;
use crate::state::State;
use crate::{random, relay};

/// Shares the key with a device, once.
pub(crate) fn share(state: &mut State, to: DeviceAddress) -> Result<(), PhoneError> {
    let now = state.clock.now_ms();
    let account = state.accounts.get_mut(to.account).ok_or(PhoneError::Unknown)?;
    let raw_id = account.adv_id;
    let device = account.devices.get_mut(&to.device).ok_or(PhoneError::Unknown)?;
    if device.has_app_state_key || device.keys.is_none() {
        return Ok(());
    }
    device.has_app_state_key = true;
    let current_index = device.key_index;
    let key = &account.phone.key;
    let shared = AppStateSyncKey {
        key_id: MessageField::some(AppStateSyncKeyId {
            key_id: Some(key.id.to_vec()),
        }),
        key_data: MessageField::some(AppStateSyncKeyData {
            key_data: Some(key.data.to_vec()),
            fingerprint: MessageField::some(AppStateSyncKeyFingerprint {
                raw_id: Some(raw_id),
                current_index: Some(current_index),
                device_indexes: vec![0, current_index],
            }),
            timestamp: Some(i64::try_from(now).unwrap_or(i64::MAX)),
        }),
    };
    let message = Message {
        protocol_message: MessageField::some(ProtocolMessage {
            r#type: Some(Type::APP_STATE_SYNC_KEY_SHARE),
            app_state_sync_key_share: MessageField::some(AppStateSyncKeyShare { keys: vec![shared] }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let part = send::seal_for(state, to.account, to, Namespace::Pn, &message)?;
    let envelope = ClientMessage {
        id: random::message_id(),
        to: part.to.clone(),
        kind: "protocol".to_owned(),
        category: Some("peer".to_owned()),
        edit: None,
        parts: vec![part],
        device_identity: None,
        extras: Vec::new(),
    };
    relay::message(
        state,
        DeviceAddress {
            account: to.account,
            device: 0,
        },
        envelope,
    );
    Ok(())
}
