//! Receipts: from the reader's device to the devices of whoever wrote.

use crate::accounts::{AccountId, DeviceAddress, Namespace};
use crate::groups::GroupId;
use crate::journal::Happening;
use crate::offline::{self, Class, Queued};
use crate::phone::mailbox::GotReceipt;
use crate::phone::{reupload, send};
use crate::stanza::receipt::{self, ClientReceipt, Reader, ReceiptKind};
use crate::state::State;

/// A linked device says a receipt: it is off that device's queue, and whoever wrote hears of it.
pub(crate) fn from_device(state: &mut State, by: DeviceAddress, receipt: &ClientReceipt) {
    if receipt.is_about_call() {
        for id in &receipt.ids {
            offline::acknowledge(state, by, Class::Call, id, None, None);
        }
        return;
    }
    let from = state.accounts.find(receipt.author());
    for id in &receipt.ids {
        offline::acknowledge(state, by, Class::Message, id, from, None);
    }
    relay(state, by, receipt);
}

/// Relays a receipt.
pub(crate) fn relay(state: &mut State, by: DeviceAddress, receipt: &ClientReceipt) {
    let Some(account) = state.accounts.find(receipt.author()) else {
        return;
    };
    state.counters.receipts += 1;
    match receipt.kind {
        // Housekeeping between a device and the server.
        ReceiptKind::Sender | ReceiptKind::Peer => {}
        ReceiptKind::ServerError => reupload::answer(state, by, receipt),
        // Only the device that encrypted can encrypt again.
        ReceiptKind::Retry => {
            let device = receipt.author().device;
            deliver(state, by, DeviceAddress { account, device }, receipt);
        }
        ReceiptKind::ReadSelf | ReceiptKind::PlayedSelf => to_own_devices(state, by, receipt),
        ReceiptKind::Read | ReceiptKind::Played => {
            to_devices(state, by, account, receipt);
            if account != by.account {
                to_own_devices(state, by, receipt);
            }
        }
        ReceiptKind::Delivered | ReceiptKind::Inactive | ReceiptKind::Other(_) => {
            to_devices(state, by, account, receipt);
        }
    }
}

fn to_devices(state: &mut State, by: DeviceAddress, account: AccountId, receipt: &ClientReceipt) {
    let Some(entry) = state.accounts.get(account) else {
        return;
    };
    let devices: Vec<u16> = entry.visible_devices().map(|(device, _)| device).collect();
    for device in devices {
        let to = DeviceAddress { account, device };
        if to != by {
            deliver(state, by, to, receipt);
        }
    }
}

/// The reader's other linked devices learn that a chat is read.
fn to_own_devices(state: &mut State, by: DeviceAddress, receipt: &ClientReceipt) {
    let Some(entry) = state.accounts.get(by.account) else {
        return;
    };
    let devices: Vec<u16> = entry
        .visible_devices()
        .map(|(device, _)| device)
        .filter(|device| *device != 0 && *device != by.device)
        .collect();
    for device in devices {
        let account = by.account;
        deliver(state, by, DeviceAddress { account, device }, receipt);
    }
}

/// The namespace the two sides of a receipt know each other in.
fn namespace(state: &State, receipt: &ClientReceipt) -> Namespace {
    GroupId::of(&receipt.to)
        .and_then(|id| Some(state.groups.get(&id).ok()?.addressing))
        .or_else(|| Namespace::of(receipt.author()))
        .unwrap_or(Namespace::Pn)
}

fn deliver(state: &mut State, by: DeviceAddress, to: DeviceAddress, receipt: &ClientReceipt) {
    if to.is_phone() {
        phone_gets(state, by, to.account, receipt);
        return;
    }
    let namespace = namespace(state, receipt);
    let t = state.clock.now_secs();
    let Some((jid, alternative)) = state.accounts.get(by.account).map(|account| {
        (
            account.jid(namespace, by.device),
            account.jid(namespace.other(), 0),
        )
    }) else {
        return;
    };
    let chat = receipt.recipient.as_ref().unwrap_or(&receipt.to).to_non_ad();
    let reader = Reader {
        jid: &jid,
        alternative: &alternative,
        chat: (to.account == by.account).then_some(&chat),
    };
    let (Some(node), Some(id)) = (receipt::deliver(receipt, &reader, t), receipt.ids.first()) else {
        return;
    };
    let queued = Queued {
        class: Class::Receipt,
        id: id.clone(),
        from: Some(by.account),
        kind: receipt.kind.wire().map(str::to_owned),
        node,
    };
    offline::deliver(state, to, queued);
}

fn phone_gets(state: &mut State, by: DeviceAddress, account: AccountId, receipt: &ClientReceipt) {
    if receipt.kind == ReceiptKind::Retry {
        let keys = receipt.retry_keys();
        for id in &receipt.ids {
            if let Err(error) = send::again(state, account, by, id, keys.as_ref()) {
                tracing::warn!(message.id = %id, error = ?error, "a phone could not send a message again");
            }
        }
        return;
    }
    let namespace = namespace(state, receipt);
    let Some((from, number)) = state
        .accounts
        .get(by.account)
        .map(|entry| (entry.jid(namespace, by.device).to_string(), entry.number.clone()))
    else {
        return;
    };
    let timestamp = state.clock.now_secs();
    for id in &receipt.ids {
        let Some(sent) = state
            .accounts
            .get_mut(account)
            .and_then(|entry| entry.phone.outbox.find_mut(id))
        else {
            continue;
        };
        sent.receipts.push(GotReceipt {
            from: from.clone(),
            number: number.clone(),
            kind: receipt.kind.name().to_owned(),
            timestamp,
        });
        state.note(Happening::ReceiptReceived, account, Some(0), Some(id));
    }
}
