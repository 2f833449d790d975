//! A phone gives a newly linked device the key of its account's app state. Without it a client waits ten seconds before
//! it calls itself connected.

use buffa::MessageField;
use waproto::whatsapp::Message;
use waproto::whatsapp::message::protocol_message::Type;
use waproto::whatsapp::message::{
    AppStateSyncKey, AppStateSyncKeyData, AppStateSyncKeyFingerprint, AppStateSyncKeyId,
    AppStateSyncKeyShare, ProtocolMessage,
};

use super::{PhoneError, peer};
use crate::accounts::DeviceAddress;
use crate::history::{self, Job};
use crate::state::State;

/// Shares the key with a device, once; then comes the history.
pub(crate) fn share(state: &mut State, to: DeviceAddress) -> Result<(), PhoneError> {
    let device = state.accounts.device_mut(to).ok_or(PhoneError::Unknown)?;
    if device.has_app_state_key || device.keys.is_none() {
        return Ok(());
    }
    device.has_app_state_key = true;
    again(state, to)?;
    history::enqueue(state, Job::Linked(to));
    Ok(())
}

/// Shares the key with a device, whether or not it should have it.
pub(super) fn again(state: &mut State, to: DeviceAddress) -> Result<(), PhoneError> {
    let now = state.clock.now_ms();
    let account = state.accounts.get_mut(to.account).ok_or(PhoneError::Unknown)?;
    let raw_id = account.adv_id;
    let device = account.devices.get_mut(&to.device).ok_or(PhoneError::Unknown)?;
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
    peer::tell(state, to, &message)?;
    Ok(())
}
