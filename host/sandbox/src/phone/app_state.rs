//! A phone's owner archives, mutes, labels ... and the account's linked devices hear of it.

use crate::accounts::{AccountId, DeviceAddress};
use crate::app_state::action::Change;
use crate::iq;
use crate::state::State;

/// Writes changes. `quiet`: linked devices are not told.
pub(crate) fn write(
    state: &mut State,
    account: AccountId,
    changes: &[Change],
    quiet: bool,
) -> Result<Vec<(String, u64)>, String> {
    let now = state.clock.now_ms();
    let media = state.media.clone();
    let entry = state
        .accounts
        .get_mut(account)
        .ok_or_else(|| "the phone is gone".to_owned())?;
    let key = entry.phone.key.clone();
    let versions = entry.app_state.write(changes, &key, media.as_deref(), now)?;
    adopt_name(state, account);
    if !quiet {
        let phone = DeviceAddress { account, device: 0 };
        iq::w_sync_app_state::announce(state, phone, &versions);
    }
    Ok(versions)
}

/// The phone calls itself as the app state says, whoever wrote it there.
pub(crate) fn adopt_name(state: &mut State, account: AccountId) {
    let Some(entry) = state.accounts.get_mut(account) else {
        return;
    };
    let name = entry
        .app_state
        .entries()
        .find(|(_, index, _)| *index == ["setting_pushName"])
        .and_then(|(_, _, value)| value.push_name_setting.name.clone());
    if let Some(name) = name {
        entry.phone.name = name;
    }
}
