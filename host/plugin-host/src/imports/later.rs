//! Declared in this version of the plugin API and not offered by this host yet: the right and the session are checked as
//! they will be, then the answer is `unavailable`. An interface leaves this file when its other side is built.

use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Right;

use crate::bindings::{
    delivery, error_to_wit, media, notify, types, whatsapp_chats, whatsapp_contacts, whatsapp_groups,
    whatsapp_labels, whatsapp_profile, whatsapp_status,
};
use crate::state::State;

/// A call that nobody answers yet.
pub(super) fn not_yet(function: &str) -> HostError {
    HostError::unavailable(format!(
        "{function} is declared and not offered by this version of the host"
    ))
}

macro_rules! later {
    ($interface:ident needs $right:ident { $($function:ident($first:ident $(: $first_kind:ty)? $(, $arg:ident: $kind:ty)*) -> $answer:ty;)* }) => {
        impl $interface::Host for State {
            $(later! { @function $interface $right $function ($first $(: $first_kind)? $(, $arg: $kind)*) -> $answer })*
        }
    };
    // A call on a session.
    (@function $interface:ident $right:ident $function:ident (session $(, $arg:ident: $kind:ty)*) -> $answer:ty) => {
        async fn $function(&mut self, session: String $(, $arg: $kind)*) -> Result<$answer, types::Error> {
            let _ = ($($arg,)*);
            self.with_session(Right::$right, &session).await.map_err(error_to_wit)?;
            Err(error_to_wit(not_yet(concat!(stringify!($interface), ".", stringify!($function)))))
        }
    };
    // Any other.
    (@function $interface:ident $right:ident $function:ident ($($arg:ident: $kind:ty),*) -> $answer:ty) => {
        async fn $function(&mut self $(, $arg: $kind)*) -> Result<$answer, types::Error> {
            let _ = ($($arg,)*);
            self.with_right(Right::$right).map_err(error_to_wit)?;
            Err(error_to_wit(not_yet(concat!(stringify!($interface), ".", stringify!($function)))))
        }
    };
}

later! {whatsapp_chats needs WhatsappChats {
    mark_read(session, chat: String, wa_ids: Vec<String>) -> ();
    archive(session, chat: String, on: bool) -> ();
    mute(session, chat: String, until_ms: Option<i64>) -> ();
    pin(session, chat: String, on: bool) -> ();
    set_presence(session, chat: String, presence: whatsapp_chats::Presence) -> ();
} }

later! {whatsapp_groups needs WhatsappGroups {
    create(session, subject: String, participants: Vec<String>) -> whatsapp_groups::Group;
    participating(session) -> Vec<whatsapp_groups::Group>;
    info(session, group: String) -> whatsapp_groups::Group;
    set_subject(session, group: String, subject: String) -> ();
    set_description(session, group: String, description: Option<String>) -> ();
    set(session, group: String, setting: whatsapp_groups::Setting) -> ();
    set_picture(session, group: String, jpeg: Option<Vec<u8>>) -> ();
    members(session, group: String, action: whatsapp_groups::MemberAction, people: Vec<String>) -> Vec<whatsapp_groups::MemberResult>;
    invite_code(session, group: String, revoke: bool) -> String;
    accept_invite(session, code: String) -> String;
    leave(session, group: String) -> ();
} }

later! {whatsapp_contacts needs WhatsappContacts {
    contacts(session, search: Option<String>, offset: u32, limit: u32) -> Vec<whatsapp_contacts::Contact>;
    check(session, numbers: Vec<String>) -> Vec<whatsapp_contacts::PresenceOnWhatsapp>;
    picture_url(session, jid: String, small: bool) -> Option<String>;
    about(session, jid: String) -> Option<String>;
    block(session, jid: String, on: bool) -> ();
    blocked(session) -> Vec<String>;
} }

later! {whatsapp_profile needs WhatsappProfile {
    get(session) -> whatsapp_profile::Profile;
    set_name(session, name: String) -> ();
    set_about(session, about: String) -> ();
    set_picture(session, jpeg: Option<Vec<u8>>) -> ();
} }

later! {whatsapp_status needs WhatsappStatus {
    send(session, post: whatsapp_status::Post, recipients: Vec<String>) -> String;
} }

later! {whatsapp_labels needs WhatsappLabels {
    labels(session) -> Vec<whatsapp_labels::Label>;
    put(session, label: whatsapp_labels::Label) -> ();
    delete(session, id: String) -> ();
    label_chat(session, id: String, chat: String, on: bool) -> ();
    label_message(session, id: String, chat: String, wa_id: String, on: bool) -> ();
    chats_of(session, id: String) -> Vec<String>;
} }

later! {delivery needs Delivery {
    put_endpoint(session, endpoint: delivery::Endpoint) -> ();
    delete_endpoint(session, name: String) -> ();
    enqueue(session, endpoint: String, key: String, content_type: String, body: String) -> String;
    deliveries(session, endpoint: String, before: Option<String>, limit: u32) -> Vec<delivery::State>;
    redeliver(session, id: String) -> ();
} }

later! {notify needs Notify {
    send(session, notification: notify::Notification) -> String;
} }

later! {media needs Media {
    put(content: Vec<u8>, mime_type: String, file_name: Option<String>) -> media::Info;
    get(handle: String) -> Vec<u8>;
    drop(handle: String) -> ();
    fetch_url(url: String) -> media::Info;
    of_message(session, wa_id: String) -> media::Info;
    probe(handle: String) -> media::Dimensions;
    transcode(handle: String, recipe: media::Recipe) -> media::Info;
} }
