//! A phone receives: decrypt, unwrap, keep once, answer with a delivery receipt.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};
use wacore_libsignal::protocol::SignalProtocolError;
use waproto::whatsapp::Message;

use super::mailbox::Received;
use super::{PhoneError, content, sessions};
use crate::accounts::{AccountId, DeviceAddress};
use crate::journal::Happening;
use crate::receipts;
use crate::stanza::message::Delivery;
use crate::stanza::receipt::{ClientReceipt, ReceiptKind};
use crate::state::State;

/// Hands a phone what was sent to it.
pub(crate) fn accept(state: &mut State, account: AccountId, delivery: &Delivery) {
    for enc in &delivery.ciphertexts {
        match open(state, account, delivery.sender, enc) {
            Ok(message) => keep(state, account, delivery, message),
            // The same ciphertext once more: the sender did not hear that it had arrived.
            Err(PhoneError::Signal(SignalProtocolError::DuplicatedMessage(..)))
                if again(state, account, delivery) =>
            {
                answer(state, account, delivery, ReceiptKind::Delivered, Vec::new());
            }
            Err(error) => undecryptable(state, account, delivery, &error),
        }
    }
}

fn open(
    state: &mut State,
    account: AccountId,
    sender: DeviceAddress,
    enc: &Node,
) -> Result<Message, PhoneError> {
    let address = sessions::address(state, sender).ok_or(PhoneError::Unknown)?;
    let phone = &mut state.accounts.get_mut(account).ok_or(PhoneError::Unknown)?.phone;
    phone.open(&address, enc)
}

fn keep(state: &mut State, account: AccountId, delivery: &Delivery, message: Message) {
    let from_me = delivery.sender.account == account;
    let mut chat = delivery.from.to_non_ad();
    let mut message = message;
    if from_me {
        if let Some(recipient) = &delivery.recipient {
            chat = recipient.to_non_ad();
        }
        if let Some(copy) = message.device_sent_message.into_option() {
            if let Some(destination) = copy
                .destination_jid
                .as_deref()
                .and_then(|jid| jid.parse::<Jid>().ok())
            {
                chat = destination.to_non_ad();
            }
            message = copy.message.into_option().unwrap_or_default();
        } else {
            message.device_sent_message = buffa::MessageField::none();
        }
    }
    if let Some(described) = content::describe(&message) {
        let received = Received {
            seq: 0,
            id: delivery.id.clone(),
            chat: chat.to_string(),
            from: delivery.from.to_non_ad().to_string(),
            from_device: delivery.sender.device,
            from_me,
            push_name: delivery.push_name.clone(),
            kind: described.kind,
            text: described.text,
            target: described.target,
            timestamp: delivery.t,
            copies: 1,
            read: false,
            proto: BASE64_STANDARD.encode(waproto::codec::message_to_vec(&message)),
            chat_account: state.accounts.find(&chat),
            from_jid: delivery.from.clone(),
            sender: delivery.sender,
        };
        take(state, account, received);
    }
    if !from_me {
        answer(state, account, delivery, ReceiptKind::Delivered, Vec::new());
    }
}

/// Duplicates are told by account, so that one message addressed in two namespaces is still one message.
fn take(state: &mut State, account: AccountId, received: Received) {
    let chat = match received.chat_account.and_then(|chat| state.accounts.get(chat)) {
        Some(chat) => chat.number.clone(),
        None => received.chat.clone(),
    };
    let sender = match state.accounts.get(received.sender.account) {
        Some(sender) => sender.number.clone(),
        None => received.from.clone(),
    };
    let id = received.id.clone();
    let device = received.sender.device;
    let Some(entry) = state.accounts.get_mut(account) else {
        return;
    };
    if entry.phone.inbox.take(received, &chat, &sender) {
        state.note(Happening::MessageReceived, account, Some(device), Some(&id));
    }
}

/// Counts a copy of a message that is in the inbox; `false` when there is no such message.
fn again(state: &mut State, account: AccountId, delivery: &Delivery) -> bool {
    let Some(entry) = state.accounts.get_mut(account) else {
        return false;
    };
    let known = entry
        .phone
        .inbox
        .iter_mut()
        .find(|message| message.id == delivery.id && message.sender == delivery.sender);
    if let Some(known) = known {
        known.copies += 1;
        return true;
    }
    false
}

/// Counts it, and asks for the message again as a phone does.
fn undecryptable(state: &mut State, account: AccountId, delivery: &Delivery, error: &PhoneError) {
    tracing::warn!(message.id = %delivery.id, error = ?error, "a phone could not decrypt a message");
    state.counters.undecryptable += 1;
    let Some(entry) = state.accounts.get_mut(account) else {
        return;
    };
    entry.phone.undecryptable += 1;
    let bundle = entry.phone.take_bundle();
    state.note(
        Happening::MessageUndecryptable,
        account,
        Some(delivery.sender.device),
        Some(&delivery.id),
    );
    let retry = NodeBuilder::new("retry")
        .attr("v", "1")
        .attr("id", delivery.id.as_str())
        .attr("t", delivery.t)
        .attr("count", "1")
        .build();
    let registration = NodeBuilder::new("registration")
        .bytes(bundle.registration_id.to_be_bytes().to_vec())
        .build();
    let keys = NodeBuilder::new("keys")
        .children(crate::iq::encrypt::key_nodes(&bundle))
        .build();
    answer(
        state,
        account,
        delivery,
        ReceiptKind::Retry,
        vec![retry, registration, keys],
    );
}

fn answer(
    state: &mut State,
    account: AccountId,
    delivery: &Delivery,
    kind: ReceiptKind,
    children: Vec<Node>,
) {
    let receipt = ClientReceipt {
        to: delivery.from.clone(),
        ids: vec![delivery.id.clone()],
        kind,
        children,
    };
    receipts::relay(state, DeviceAddress { account, device: 0 }, &receipt);
}
