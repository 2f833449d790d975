//! Every call to the host that answers with a result, once: the table from which the [`Host`](crate::Host) trait and its
//! implementations for components and for native builds are made.
//!
//! A line reads: documentation, name in the trait, `=`, interface and function in the WIT, arguments, answer. The
//! types are the generated ones.

/// Hands the calls that [`Host`](crate::Host) offers as they are to the macro `$with`.
macro_rules! plain_calls {
    ($with:ident $($extra:tt)*) => { $with! { $($extra)*
        /// Right `settings`: another plugin's document of a session, where the administrator granted it.
        document_of = settings::document_of(plugin: &str, session: &str) -> Option<String>;
        /// Right `history`: messages whose text or caption holds these words, the newest first.
        search = history::search(session: &str, query: &crate::bindings::wagate::plugin::history::SearchQuery) -> Vec<crate::bindings::wagate::plugin::history::Message>;
        /// Right `history`: how many messages a search would find, whatever its offset and limit.
        count_messages = history::count(session: &str, query: &crate::bindings::wagate::plugin::history::SearchQuery) -> u64;
        /// Right `history`: one message as the JSON REST clients know.
        message_json = history::message_json(session: &str, wa_id: &str) -> Option<String>;
        /// Right `history`: the address a chat is stored under, by any of its addresses.
        chat_address = history::chat_address(session: &str, chat: &str) -> String;

        /// Right `whatsapp-messages`: sends any content; returns once the server has accepted it.
        send = whatsapp_messages::send(session: &str, to: &str, content: &crate::messages::Content, options: &crate::messages::SendOptions) -> crate::messages::Sent;
        /// Right `whatsapp-messages`: changes an own message.
        edit_message = whatsapp_messages::edit(session: &str, chat: &str, wa_id: &str, text: &str) -> ();
        /// Right `whatsapp-messages`: takes a message back for everybody.
        delete_message = whatsapp_messages::delete(session: &str, chat: &str, wa_id: &str) -> ();
        /// Right `whatsapp-messages`: removes a message for this account only.
        delete_message_for_me = whatsapp_messages::delete_for_me(session: &str, chat: &str, wa_id: &str) -> ();
        /// Right `whatsapp-messages`: stars a message, or takes the star off.
        star_message = whatsapp_messages::star(session: &str, chat: &str, wa_id: &str, on: bool) -> ();
        /// Right `whatsapp-messages`: sends a stored message on.
        forward_message = whatsapp_messages::forward(session: &str, chat: &str, wa_id: &str, to: &str) -> crate::messages::Sent;

        /// Right `whatsapp-chats`: read receipts for these messages, or for all unread ones.
        chat_mark_read = whatsapp_chats::mark_read(session: &str, chat: &str, wa_ids: &[String]) -> ();
        /// Right `whatsapp-chats`: archives a chat, or takes it out.
        chat_archive = whatsapp_chats::archive(session: &str, chat: &str, on: bool) -> ();
        /// Right `whatsapp-chats`: mutes until a moment; none unmutes, 0 mutes for ever.
        chat_mute = whatsapp_chats::mute(session: &str, chat: &str, until_ms: Option<i64>) -> ();
        /// Right `whatsapp-chats`: pins a chat, or takes the pin off.
        chat_pin = whatsapp_chats::pin(session: &str, chat: &str, on: bool) -> ();
        /// Right `whatsapp-chats`: shows presence or typing.
        chat_set_presence = whatsapp_chats::set_presence(session: &str, chat: &str, presence: crate::chats::Presence) -> ();

        /// Right `whatsapp-groups`: makes a group.
        group_create = whatsapp_groups::create(session: &str, subject: &str, participants: &[String]) -> crate::groups::Group;
        /// Right `whatsapp-groups`: all groups the account is in.
        groups = whatsapp_groups::participating(session: &str) -> Vec<crate::groups::Group>;
        /// Right `whatsapp-groups`: one group.
        group = whatsapp_groups::info(session: &str, group: &str) -> crate::groups::Group;
        /// Right `whatsapp-groups`: the groups as the host remembers them.
        groups_stored = whatsapp_groups::stored(session: &str) -> Vec<crate::groups::Group>;
        /// Right `whatsapp-groups`: the group behind an invite code or link.
        group_invite_info = whatsapp_groups::invite_info(session: &str, code: &str) -> crate::groups::Group;
        /// Right `whatsapp-groups`: the subject.
        group_set_subject = whatsapp_groups::set_subject(session: &str, group: &str, subject: &str) -> ();
        /// Right `whatsapp-groups`: the description; none removes it.
        group_set_description = whatsapp_groups::set_description(session: &str, group: &str, description: Option<&str>) -> ();
        /// Right `whatsapp-groups`: one of its settings.
        group_set = whatsapp_groups::set(session: &str, group: &str, setting: crate::groups::Setting) -> ();
        /// Right `whatsapp-groups`: the picture, JPEG; none removes it.
        group_set_picture = whatsapp_groups::set_picture(session: &str, group: &str, jpeg: Option<&[u8]>) -> ();
        /// Right `whatsapp-groups`: adds, removes, promotes or demotes people.
        group_members = whatsapp_groups::members(session: &str, group: &str, action: crate::groups::MemberAction, people: &[String]) -> Vec<crate::groups::MemberResult>;
        /// Right `whatsapp-groups`: the invite code; a new one when `revoke` is set.
        group_invite_code = whatsapp_groups::invite_code(session: &str, group: &str, revoke: bool) -> String;
        /// Right `whatsapp-groups`: joins by code or link.
        group_accept_invite = whatsapp_groups::accept_invite(session: &str, code: &str) -> String;
        /// Right `whatsapp-groups`: leaves.
        group_leave = whatsapp_groups::leave(session: &str, group: &str) -> ();

        /// Right `whatsapp-contacts`: people, by name.
        contacts = whatsapp_contacts::contacts(session: &str, search: Option<&str>, offset: u32, limit: u32) -> Vec<crate::contacts::Contact>;
        /// Right `whatsapp-contacts`: how many people there are, or are found.
        contacts_count = whatsapp_contacts::count(session: &str, search: Option<&str>) -> u64;
        /// Right `whatsapp-contacts`: which of these numbers are on WhatsApp, in order.
        contacts_check = whatsapp_contacts::check(session: &str, numbers: &[String]) -> Vec<crate::contacts::PresenceOnWhatsapp>;
        /// Right `whatsapp-contacts`: where the picture is.
        contact_picture_url = whatsapp_contacts::picture_url(session: &str, jid: &str, small: bool) -> Option<String>;
        /// Right `whatsapp-contacts`: the about text.
        contact_about = whatsapp_contacts::about(session: &str, jid: &str) -> Option<String>;
        /// Right `whatsapp-contacts`: blocks or unblocks.
        contact_block = whatsapp_contacts::block(session: &str, jid: &str, on: bool) -> ();
        /// Right `whatsapp-contacts`: who is blocked.
        contacts_blocked = whatsapp_contacts::blocked(session: &str) -> Vec<String>;

        /// Right `whatsapp-profile`: the account's own.
        profile = whatsapp_profile::get(session: &str) -> crate::profile::Profile;
        /// Right `whatsapp-profile`: the name.
        profile_set_name = whatsapp_profile::set_name(session: &str, name: &str) -> ();
        /// Right `whatsapp-profile`: the about text.
        profile_set_about = whatsapp_profile::set_about(session: &str, about: &str) -> ();
        /// Right `whatsapp-profile`: the picture, JPEG; none removes it.
        profile_set_picture = whatsapp_profile::set_picture(session: &str, jpeg: Option<&[u8]>) -> ();

        /// Right `whatsapp-status`: posts a status.
        status_send = whatsapp_status::send(session: &str, post: &crate::status::Post, recipients: &[String]) -> String;

        /// Right `whatsapp-labels`: all labels.
        labels = whatsapp_labels::labels(session: &str) -> Vec<crate::labels::Label>;
        /// Right `whatsapp-labels`: makes or changes one.
        label_put = whatsapp_labels::put(session: &str, label: &crate::labels::Label) -> ();
        /// Right `whatsapp-labels`: removes one.
        label_delete = whatsapp_labels::delete(session: &str, id: &str) -> ();
        /// Right `whatsapp-labels`: puts one on a chat, or takes it off.
        label_chat = whatsapp_labels::label_chat(session: &str, id: &str, chat: &str, on: bool) -> ();
        /// Right `whatsapp-labels`: puts one on a message, or takes it off.
        label_message = whatsapp_labels::label_message(session: &str, id: &str, chat: &str, wa_id: &str, on: bool) -> ();
        /// Right `whatsapp-labels`: the chats that have it.
        label_chats = whatsapp_labels::chats_of(session: &str, id: &str) -> Vec<String>;
        /// Right `whatsapp-labels`: the ids of the labels a chat has.
        chat_labels = whatsapp_labels::labels_of(session: &str, chat: &str) -> Vec<String>;

        /// Right `media`: keeps content for a day.
        media_put = media::put(content: &[u8], mime_type: &str, file_name: Option<&str>) -> crate::media::Info;
        /// Right `media`: the content.
        media_get = media::get(handle: &str) -> Vec<u8>;
        /// Right `media`: gives it up before its day is over.
        media_drop = media::drop(handle: &str) -> ();
        /// Right `media`, and `http-client`: downloads.
        media_fetch_url = media::fetch_url(url: &str) -> crate::media::Info;
        /// Right `media`: the content of a stored message.
        media_of_message = media::of_message(session: &str, wa_id: &str) -> crate::media::Info;
        /// Right `media`: what it measures.
        media_probe = media::probe(handle: &str) -> crate::media::Dimensions;
        /// Right `media`: turns it into something else.
        media_transcode = media::transcode(handle: &str, recipe: &crate::media::Recipe) -> crate::media::Info;

        /// Right `http-client`: a request to an allowed host.
        fetch = http_client::fetch(request: &crate::http::Outgoing) -> crate::http::Answer;

        /// Right `delivery`: makes or replaces an endpoint.
        delivery_put_endpoint = delivery::put_endpoint(session: &str, endpoint: &crate::delivery::Endpoint) -> ();
        /// Right `delivery`: removes an endpoint with what waits for it.
        delivery_delete_endpoint = delivery::delete_endpoint(session: &str, name: &str) -> ();
        /// Right `delivery`: queues one POST; the same key again is the same delivery.
        delivery_enqueue = delivery::enqueue(session: &str, endpoint: &str, key: &str, content_type: &str, body: &str) -> String;
        /// Right `delivery`: what became of them, the newest first.
        deliveries = delivery::deliveries(session: &str, endpoint: &str, before: Option<&str>, limit: u32) -> Vec<crate::delivery::State>;
        /// Right `delivery`: tries again now.
        redeliver = delivery::redeliver(session: &str, id: &str) -> ();
        /// Right `delivery`: whether an endpoint may have this URL.
        delivery_check_url = delivery::check_url(url: &str) -> ();
        /// Right `delivery`: queues several POSTs at once.
        delivery_enqueue_all = delivery::enqueue_all(session: &str, items: &[crate::delivery::Item]) -> Vec<Option<String>>;
        /// Right `delivery`: how all endpoints of a session do.
        delivery_endpoints = delivery::endpoints(session: &str) -> Vec<crate::delivery::EndpointStatus>;
        /// Right `delivery`: how an endpoint does.
        delivery_endpoint = delivery::endpoint_status_of(session: &str, name: &str) -> Option<crate::delivery::EndpointStatus>;
        /// Right `delivery`: lets everything wait, or go on.
        delivery_set_paused = delivery::set_paused(session: &str, name: &str, paused: bool) -> ();
        /// Right `delivery`: another secret; the old one signs beside it for a while.
        delivery_rotate_secret = delivery::rotate_secret(session: &str, name: &str, secret: Option<&str>, overlap_ms: u64) -> String;
        /// Right `delivery`: one try now, beside the queue.
        delivery_try_now = delivery::try_now(session: &str, name: &str, label: &str, content_type: &str, body: &str) -> crate::delivery::Attempt;
        /// Right `delivery`: those with one status, the newest first.
        deliveries_with = delivery::deliveries_with(session: &str, endpoint: &str, status: &str, before: Option<&str>, limit: u32) -> Vec<crate::delivery::State>;
        /// Right `delivery`: the log of an endpoint or of one delivery, the newest first.
        delivery_attempts = delivery::attempts(session: &str, endpoint: &str, delivery: Option<&str>, offset: u32, limit: u32) -> crate::delivery::AttemptPage;
        /// Right `delivery`: events of the session's log, to send them again.
        events_after = delivery::events_after(session: &str, sequence: u64, limit: u32) -> Vec<crate::delivery::LoggedEvent>;

        /// Right `timers`: sets a timer; the moment of its first fire.
        timer_set = timers::set(name: &str, session: Option<&str>, schedule: &crate::timers::Schedule, payload: &str) -> i64;
        /// Right `timers`: removes one; no error when there is none.
        timer_cancel = timers::cancel(name: &str) -> ();
        /// Right `timers`: one timer.
        timer = timers::get(name: &str) -> Option<crate::timers::Timer>;
        /// Right `timers`: timers by prefix.
        timers = timers::scan(prefix: &str, after: Option<&str>, limit: u32) -> Vec<crate::timers::Timer>;

        /// Right `emit`: an own event into a session's log; its id.
        emit = emit::event(session: &str, kind: &str, data: &str) -> String;

        /// Right `notify`: a notification for the users of a session; its id.
        notify = notify::send(session: &str, notification: &crate::notify::Notification) -> String;
        /// Right `notify`: a notification for one user; its id.
        notify_user = notify::to_user(user_id: &str, notification: &crate::notify::Notification) -> String;
        /// Right `notify`: a notification for every user; how many there are.
        notify_all = notify::broadcast(notification: &crate::notify::Notification) -> u32;
        /// Right `notify`: a user's notifications, the newest first. None of anybody but the user whose request is at hand.
        inbox = notify::inbox(user_id: &str, limit: u32) -> Vec<crate::notify::Stored>;
        /// Right `notify`: marks these as read, or all when the list is empty; how many were not before. The same
        /// user's only.
        inbox_mark_read = notify::mark_read(user_id: &str, ids: &[String]) -> u32;
        /// Right `notify`: removes one; false when the user has none with this id. The same user's only.
        inbox_remove = notify::remove(user_id: &str, id: &str) -> bool;
    } };
}

/// Hands the calls that [`Host`](crate::Host) offers with types of the SDK's own to the macro `$with`.
#[cfg(any(target_arch = "wasm32", feature = "native"))]
macro_rules! wrapped_calls {
    ($with:ident $($extra:tt)*) => { $with! { $($extra)*
        store_get = store::get(key: &str) -> Option<Vec<u8>>;
        store_put = store::put(key: &str, value: &[u8]) -> ();
        store_delete = store::delete(key: &str) -> ();
        store_scan = store::scan(prefix: &str, after: Option<&str>, limit: u32) -> Vec<wit::store::Entry>;
        store_apply = store::apply(changes: &[wit::store::Change]) -> ();
        store_compare_and_put = store::compare_and_put(key: &str, expected: Option<&[u8]>, value: &[u8]) -> bool;
        document = settings::document(session: &str) -> Option<String>;
        put_document = settings::put_document(session: &str, json: &str) -> ();
        session = sessions::info(session: &str) -> wit::sessions::SessionInfo;
        send_text = whatsapp_messages::send_text(session: &str, to: &str, text: &str, mentions: &[String]) -> wit::whatsapp_messages::Sent;
        chats = history::chats(session: &str, limit: u32) -> Vec<wit::history::Chat>;
        messages = history::messages(session: &str, chat: &str, before: Option<&str>, limit: u32) -> Vec<wit::history::Message>;
        chats_page = history::chats_page(session: &str, archived: Option<bool>, offset: u32, limit: u32) -> Vec<wit::history::Chat>;
        message = history::message_by_id(session: &str, wa_id: &str) -> Option<wit::history::Message>;
        message_by_row = history::message_by_row(session: &str, id: &str) -> Option<wit::history::Message>;
    } };
}

pub(crate) use plain_calls;
#[cfg(any(target_arch = "wasm32", feature = "native"))]
pub(crate) use wrapped_calls;
