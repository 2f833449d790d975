//! Messages from one device to many: each gets its own part, addressed the way the sender addressed it.

use crate::accounts::{DeviceAddress, Namespace};
use crate::offline::{self, Class, Queued};
use crate::phone::receive;
use crate::stanza::message::{ClientMessage, Delivery, Part};
use crate::state::State;

/// Relays a message to every device it has a part for.
pub(crate) fn message(state: &mut State, sender: DeviceAddress, mut message: ClientMessage) {
    let t = state.clock.now_secs();
    for part in std::mem::take(&mut message.parts) {
        let Some(target) = resolve(state, &part).filter(|target| *target != sender) else {
            state.counters.undeliverable += 1;
            continue;
        };
        let Some(delivery) = delivery(state, sender, target, &message, part, t) else {
            state.counters.undeliverable += 1;
            continue;
        };
        state.accounts.introduce(sender.account, target.account);
        if target.is_phone() {
            receive::accept(state, target.account, &delivery);
        } else {
            let queued = Queued {
                class: Class::Message,
                id: delivery.id.clone(),
                from: Some(sender.account),
                kind: None,
                node: delivery.to_node(),
            };
            offline::deliver(state, target, queued);
        }
    }
}

fn resolve(state: &State, part: &Part) -> Option<DeviceAddress> {
    let account = state.accounts.find(&part.to)?;
    let address = DeviceAddress {
        account,
        device: part.to.device,
    };
    (address.is_phone() || state.accounts.device(address).is_some()).then_some(address)
}

fn delivery(
    state: &State,
    sender: DeviceAddress,
    target: DeviceAddress,
    message: &ClientMessage,
    part: Part,
    t: u64,
) -> Option<Delivery> {
    let namespace = Namespace::of(&part.to)?;
    let account = state.accounts.get(sender.account)?;
    let own = sender.account == target.account;
    // The other devices of the sender's account need to know which chat it belongs to.
    let recipient = own.then(|| message.to.to_non_ad());
    Some(Delivery {
        sender,
        from: account.jid(namespace, sender.device),
        alternative: account.jid(namespace.other(), 0),
        id: message.id.clone(),
        t,
        kind: message.kind.clone(),
        push_name: account.phone.name.clone(),
        recipient,
        category: message.category.clone(),
        edit: message.edit.clone(),
        ciphertexts: part.ciphertexts,
        device_identity: message.device_identity.clone(),
        extras: message.extras.clone(),
    })
}
