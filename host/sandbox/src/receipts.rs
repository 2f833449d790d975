//! Receipts: from the reader's device to the devices of whoever wrote.

use crate::accounts::{AccountId, DeviceAddress, Namespace};
use crate::journal::Happening;
use crate::offline::{self, Class, Queued};
use crate::phone::mailbox::GotReceipt;
use crate::phone::send;
use crate::stanza::receipt::{self, ClientReceipt, ReceiptKind};
use crate::state::State;

/// A linked device says a receipt: it is off that device's queue, and whoever wrote hears of it.
pub(crate) fn from_device(state: &mut State, by: DeviceAddress, receipt: &ClientReceipt) {
    let from = state.accounts.find(&receipt.to);
    for id in &receipt.ids {
        offline::acknowledge(state, by, Class::Message, id, from, None);
    }
    relay(state, by, receipt);
}

/// Relays a receipt.
pub(crate) fn relay(state: &mut State, by: DeviceAddress, receipt: &ClientReceipt) {
    let Some(account) = state.accounts.find(&receipt.to) else {
        return;
    };
    state.counters.receipts += 1;
    match receipt.kind {
        // Housekeeping between a device and the server.
        ReceiptKind::Sender | ReceiptKind::Peer => {}
        // Only the device that encrypted can encrypt again.
        ReceiptKind::Retry => {
            deliver(
                state,
                by,
                DeviceAddress {
                    account,
                    device: receipt.to.device,
                },
                receipt,
            );
        }
        ReceiptKind::Delivered
        | ReceiptKind::Read
        | ReceiptKind::Played
        | ReceiptKind::Inactive
        | ReceiptKind::Other(_) => {
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
    }
}

fn deliver(state: &mut State, by: DeviceAddress, to: DeviceAddress, receipt: &ClientReceipt) {
    if to.is_phone() {
        phone_gets(state, by, to.account, receipt);
        return;
    }
    let namespace = Namespace::of(&receipt.to).unwrap_or(Namespace::Pn);
    let t = state.clock.now_secs();
    let Some(from) = state
        .accounts
        .get(by.account)
        .map(|account| account.jid(namespace, by.device))
    else {
        return;
    };
    let (Some(node), Some(id)) = (receipt::deliver(receipt, &from, t), receipt.ids.first()) else {
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
    let namespace = Namespace::of(&receipt.to).unwrap_or(Namespace::Pn);
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
