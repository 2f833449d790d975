//! `whatsapp-chats`: chats marked, presence shown.

use super::on_account;
use crate::bindings::whatsapp_chats::{self, Presence};
use wagate_engine::ops::ChatPresence;

on_account! {whatsapp_chats needs WhatsappChats {
    mark_read(account, chat: String, wa_ids: Vec<String>) -> () { account.mark_read(&chat, &wa_ids).await }
    archive(account, chat: String, on: bool) -> () { account.archive(&chat, on).await }
    mute(account, chat: String, until_ms: Option<i64>) -> () { account.mute(&chat, until_ms).await }
    pin(account, chat: String, on: bool) -> () { account.pin(&chat, on).await }
    set_presence(account, chat: String, presence: Presence) -> () {
        account.show_presence(&chat, presence_from_wit(presence)).await
    }
} }

fn presence_from_wit(presence: Presence) -> ChatPresence {
    match presence {
        Presence::Available => ChatPresence::Available,
        Presence::Unavailable => ChatPresence::Unavailable,
        Presence::Composing => ChatPresence::Composing,
        Presence::Recording => ChatPresence::Recording,
        Presence::Paused => ChatPresence::Paused,
    }
}
