//! A phone receives: decrypt, unwrap, keep once, answer with a delivery receipt.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};
use wacore_libsignal::protocol::SignalProtocolError;
use waproto::whatsapp::Message;

use super::mailbox::Received;
use super::marks::{self, Marks};
use super::{PhoneError, content, peer, sender_keys, sessions, world};
use crate::accounts::{AccountId, DeviceAddress};
use crate::journal::Happening;
use crate::receipts;
use crate::stanza::message::Delivery;
use crate::stanza::receipt::{ClientReceipt, ReceiptKind};
use crate::state::State;

/// Hands a phone what was sent to it.
pub(crate) fn accept(state: &mut State, account: AccountId, delivery: &Delivery) {
    for enc in &delivery.ciphertexts {
        // In a group the key for a message may come with it, and come again.
        let is_key =
            delivery.room.is_some() && delivery.ciphertexts.len() > 1 && !sender_keys::is_shared(enc);
        match open(state, account, delivery, enc) {
            Ok(message) => keep(state, account, delivery, message),
            Err(PhoneError::Signal(SignalProtocolError::DuplicatedMessage(..))) if is_key => {}
            // The same ciphertext once more: the sender did not hear that it had arrived.
            Err(PhoneError::Signal(SignalProtocolError::DuplicatedMessage(..)))
                if again(state, account, delivery) =>
            {
                answer(state, account, delivery, ReceiptKind::Delivered, Vec::new());
            }
            Err(error) => {
                undecryptable(state, account, delivery, &error);
                // Asking once is enough: what comes again needs no key.
                break;
            }
        }
    }
}

fn open(
    state: &mut State,
    account: AccountId,
    delivery: &Delivery,
    enc: &Node,
) -> Result<Message, PhoneError> {
    let address = sessions::address(state, delivery.sender).ok_or(PhoneError::Unknown)?;
    let phone = &mut state.accounts.get_mut(account).ok_or(PhoneError::Unknown)?.phone;
    let Some(room) = delivery.room.as_ref().map(Jid::to_string) else {
        return phone.open(&address, enc);
    };
    if sender_keys::is_shared(enc) {
        return phone.open_shared(&room, &address, enc);
    }
    let message = phone.open(&address, enc)?;
    if let Some(key) = message.sender_key_distribution_message.as_option() {
        phone.learn_key(&room, &address, key)?;
    }
    Ok(message)
}

fn keep(state: &mut State, account: AccountId, delivery: &Delivery, message: Message) {
    let from_me = delivery.sender.account == account;
    let mut chat = match &delivery.room {
        Some(room) => room.clone(),
        None => delivery.from.to_non_ad(),
    };
    let mut message = message;
    if from_me && delivery.room.is_none() {
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
            let secret = message.message_context_info;
            message = copy.message.into_option().unwrap_or_default();
            // Some clients leave the secret outside of the copy.
            if message.message_context_info.is_unset() {
                message.message_context_info = secret;
            }
        } else {
            message.device_sent_message = buffa::MessageField::none();
        }
    }
    let described = content::describe(&message);
    // A group's key comes together with the message it is for, and the receipt is for that.
    let only_a_key = described.is_none() && message.sender_key_distribution_message.is_set();
    if let Some(mut content) = described {
        world::reveal(state, account, delivery.sender.account, &message, &mut content);
        let received = Received {
            seq: 0,
            id: delivery.id.clone(),
            chat: chat.to_string(),
            from: delivery.from.to_non_ad().to_string(),
            from_device: delivery.sender.device,
            from_me,
            push_name: delivery.push_name.clone(),
            content,
            marks: Marks::default(),
            timestamp: delivery.t,
            copies: 1,
            read: false,
            message,
            chat_account: state.accounts.find(&chat),
            room: delivery.room.clone(),
            from_jid: delivery.from.clone(),
            sender: delivery.sender,
        };
        take(state, account, received);
    } else if from_me {
        peer::hear(state, delivery.sender, &delivery.id, message);
    }
    if !from_me && !only_a_key {
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
    let content = received.content.clone();
    let Some(entry) = state.accounts.get_mut(account) else {
        return;
    };
    if entry.phone.inbox.take(received, &chat, &sender) {
        marks::apply(&mut entry.phone, &sender, &content);
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
    let (to, participant) = match &delivery.room {
        None => (delivery.from.clone(), None),
        Some(room) => (room.clone(), Some(delivery.from.clone())),
    };
    let receipt = ClientReceipt {
        to,
        participant,
        recipient: delivery.recipient.clone(),
        ids: vec![delivery.id.clone()],
        kind,
        children,
    };
    receipts::relay(state, DeviceAddress { account, device: 0 }, &receipt);
}
