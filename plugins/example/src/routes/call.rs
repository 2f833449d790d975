//! `POST /api/example/{sessionId}/call` with `{"function":"whatsapp-groups.create"}`: any function of the API by its name,
//! with `"session"` on another session.
//!
//! The arguments do no harm: what only reads is really asked, what touches the plugin's own things is done, and what
//! would change the account names something that cannot be, so that it is refused after its right was checked.

use serde::{Deserialize, Serialize};
use wagate_plugin_api::chats::Presence;
use wagate_plugin_api::delivery::{Endpoint, Item};
use wagate_plugin_api::groups::{MemberAction, Setting};
use wagate_plugin_api::history::SearchQuery;
use wagate_plugin_api::http::Outgoing;
use wagate_plugin_api::labels::Label;
use wagate_plugin_api::media::Recipe;
use wagate_plugin_api::messages::{Content, SendOptions};
use wagate_plugin_api::notify::{Notification, Severity};
use wagate_plugin_api::status::Post;
use wagate_plugin_api::timers::Schedule;
use wagate_plugin_api::{
    Error, Host, HostError, Level, OutgoingText, Request, Response, StoreChange, StoreEntry,
};

use crate::Example;

/// No address, no id, no handle, no URL, no picture.
const NOTHING: &str = "nothing";
const KEY: &str = "call";
/// Another plugin, whose documents it may read only if the administrator says so.
const NEIGHBOUR: &str = "autoreply";
const LIMIT: u32 = 1;
/// Longer than a name or an about text may be.
const TOO_LONG: &str = "This text is longer than whatever it could be meant for. This text is longer than whatever it \
                        could be meant for. This text is longer than whatever it could be meant for.";

type Call = fn(&dyn Host, &str) -> Result<(), HostError>;

/// The whole API: interface and function as in the WIT, and a call of it.
#[rustfmt::skip]
const FUNCTIONS: &[(&str, Call)] = &[
    ("log.write", |host, _| { host.log(Level::Info, "called by name"); Ok(()) }),
    ("clock.now-ms", |host, _| { host.now_ms(); Ok(()) }),
    ("clock.unique-id", |host, _| { host.unique_id(); Ok(()) }),
    ("clock.timezone", |host, _| { host.timezone(); Ok(()) }),

    ("store.get", |host, _| host.store_get(KEY).map(drop)),
    ("store.put", |host, _| host.store_put(KEY, b"1")),
    ("store.delete", |host, _| host.store_delete(KEY)),
    ("store.scan", |host, _| host.store_scan(KEY, None, LIMIT).map(drop)),
    ("store.apply", |host, _| host.store_apply(vec![StoreChange::Put(entry()), StoreChange::Delete(KEY.to_owned())])),
    ("store.compare-and-put", |host, _| host.store_compare_and_put(KEY, None, b"1").map(drop)),

    ("settings.document", |host, session| host.document(session).map(drop)),
    ("settings.put-document", |host, session| host.put_document(session, "not JSON")),
    ("settings.document-of", |host, session| host.document_of(NEIGHBOUR, session).map(drop)),

    ("sessions.info", |host, session| host.session(session).map(drop)),

    ("history.chats", |host, session| host.chats(session, LIMIT).map(drop)),
    ("history.messages", |host, session| host.messages(session, NOTHING, None, LIMIT).map(drop)),
    ("history.message-by-id", |host, session| host.message(session, NOTHING).map(drop)),
    ("history.search", |host, session| host.search(session, &search()).map(drop)),
    ("history.count", |host, session| host.count_messages(session, &search()).map(drop)),
    ("history.message-json", |host, session| host.message_json(session, NOTHING).map(drop)),
    ("history.message-by-row", |host, session| host.message_by_row(session, NOTHING).map(drop)),
    ("history.chats-page", |host, session| host.chats_page(session, None, 0, LIMIT).map(drop)),
    ("history.chat-address", |host, session| host.chat_address(session, NOTHING).map(drop)),

    ("whatsapp-messages.send-text", |host, session| host.send_text(session, &OutgoingText::new(NOTHING, "x")).map(drop)),
    ("whatsapp-messages.send", |host, session| host.send(session, NOTHING, &Content::Text("x".to_owned()), &options()).map(drop)),
    ("whatsapp-messages.edit", |host, session| host.edit_message(session, NOTHING, NOTHING, "x")),
    ("whatsapp-messages.delete", |host, session| host.delete_message(session, NOTHING, NOTHING)),
    ("whatsapp-messages.delete-for-me", |host, session| host.delete_message_for_me(session, NOTHING, NOTHING)),
    ("whatsapp-messages.star", |host, session| host.star_message(session, NOTHING, NOTHING, true)),
    ("whatsapp-messages.forward", |host, session| host.forward_message(session, NOTHING, NOTHING, NOTHING).map(drop)),

    ("whatsapp-chats.mark-read", |host, session| host.chat_mark_read(session, NOTHING, &[NOTHING.to_owned()])),
    ("whatsapp-chats.archive", |host, session| host.chat_archive(session, NOTHING, true)),
    ("whatsapp-chats.mute", |host, session| host.chat_mute(session, NOTHING, None)),
    ("whatsapp-chats.pin", |host, session| host.chat_pin(session, NOTHING, true)),
    ("whatsapp-chats.set-presence", |host, session| host.chat_set_presence(session, NOTHING, Presence::Paused)),

    ("whatsapp-groups.create", |host, session| host.group_create(session, "", &[NOTHING.to_owned()]).map(drop)),
    ("whatsapp-groups.participating", |host, session| host.groups(session).map(drop)),
    ("whatsapp-groups.info", |host, session| host.group(session, NOTHING).map(drop)),
    ("whatsapp-groups.stored", |host, session| host.groups_stored(session).map(drop)),
    ("whatsapp-groups.invite-info", |host, session| host.group_invite_info(session, "").map(drop)),
    ("whatsapp-groups.set-subject", |host, session| host.group_set_subject(session, NOTHING, "x")),
    ("whatsapp-groups.set-description", |host, session| host.group_set_description(session, NOTHING, Some("x"))),
    ("whatsapp-groups.set", |host, session| host.group_set(session, NOTHING, Setting::Announce(false))),
    ("whatsapp-groups.set-picture", |host, session| host.group_set_picture(session, NOTHING, Some(b"x"))),
    ("whatsapp-groups.members", |host, session| host.group_members(session, NOTHING, MemberAction::Add, &[]).map(drop)),
    ("whatsapp-groups.invite-code", |host, session| host.group_invite_code(session, NOTHING, false).map(drop)),
    ("whatsapp-groups.accept-invite", |host, session| host.group_accept_invite(session, "").map(drop)),
    ("whatsapp-groups.leave", |host, session| host.group_leave(session, NOTHING)),

    ("whatsapp-contacts.contacts", |host, session| host.contacts(session, None, 0, LIMIT).map(drop)),
    ("whatsapp-contacts.count", |host, session| host.contacts_count(session, None).map(drop)),
    ("whatsapp-contacts.check", |host, session| host.contacts_check(session, &[]).map(drop)),
    ("whatsapp-contacts.picture-url", |host, session| host.contact_picture_url(session, NOTHING, true).map(drop)),
    ("whatsapp-contacts.about", |host, session| host.contact_about(session, NOTHING).map(drop)),
    ("whatsapp-contacts.block", |host, session| host.contact_block(session, NOTHING, true)),
    ("whatsapp-contacts.blocked", |host, session| host.contacts_blocked(session).map(drop)),

    ("whatsapp-profile.get", |host, session| host.profile(session).map(drop)),
    ("whatsapp-profile.set-name", |host, session| host.profile_set_name(session, TOO_LONG)),
    ("whatsapp-profile.set-about", |host, session| host.profile_set_about(session, TOO_LONG)),
    ("whatsapp-profile.set-picture", |host, session| host.profile_set_picture(session, Some(b"x"))),

    ("whatsapp-status.send", |host, session| host.status_send(session, &post(), &[NOTHING.to_owned()]).map(drop)),

    ("whatsapp-labels.labels", |host, session| host.labels(session).map(drop)),
    ("whatsapp-labels.put", |host, session| host.label_put(session, &label())),
    ("whatsapp-labels.delete", |host, session| host.label_delete(session, NOTHING)),
    ("whatsapp-labels.label-chat", |host, session| host.label_chat(session, NOTHING, NOTHING, true)),
    ("whatsapp-labels.label-message", |host, session| host.label_message(session, NOTHING, NOTHING, NOTHING, true)),
    ("whatsapp-labels.chats-of", |host, session| host.label_chats(session, NOTHING).map(drop)),
    ("whatsapp-labels.labels-of", |host, session| host.chat_labels(session, NOTHING).map(drop)),

    ("media.put", |host, _| host.media_put(b"x", "text/plain", None).map(drop)),
    ("media.get", |host, _| host.media_get(NOTHING).map(drop)),
    ("media.drop", |host, _| host.media_drop(NOTHING)),
    ("media.fetch-url", |host, _| host.media_fetch_url(NOTHING).map(drop)),
    ("media.of-message", |host, session| host.media_of_message(session, NOTHING).map(drop)),
    ("media.probe", |host, _| host.media_probe(NOTHING).map(drop)),
    ("media.transcode", |host, _| host.media_transcode(NOTHING, &Recipe::Voice).map(drop)),

    ("http-client.fetch", |host, _| host.fetch(&outgoing()).map(drop)),

    ("delivery.put-endpoint", |host, session| host.delivery_put_endpoint(session, &endpoint())),
    ("delivery.delete-endpoint", |host, session| host.delivery_delete_endpoint(session, NOTHING)),
    ("delivery.enqueue", |host, session| host.delivery_enqueue(session, NOTHING, KEY, "text/plain", "x").map(drop)),
    ("delivery.deliveries", |host, session| host.deliveries(session, NOTHING, None, LIMIT).map(drop)),
    ("delivery.redeliver", |host, session| host.redeliver(session, NOTHING)),
    ("delivery.check-url", |host, _| host.delivery_check_url(NOTHING)),
    ("delivery.enqueue-all", |host, session| host.delivery_enqueue_all(session, &[item()]).map(drop)),
    ("delivery.endpoints", |host, session| host.delivery_endpoints(session).map(drop)),
    ("delivery.endpoint-status-of", |host, session| host.delivery_endpoint(session, NOTHING).map(drop)),
    ("delivery.set-paused", |host, session| host.delivery_set_paused(session, NOTHING, true)),
    ("delivery.rotate-secret", |host, session| host.delivery_rotate_secret(session, NOTHING, Some("x"), 0).map(drop)),
    ("delivery.try-now", |host, session| host.delivery_try_now(session, NOTHING, "x", "text/plain", "x").map(drop)),
    ("delivery.deliveries-with", |host, session| host.deliveries_with(session, NOTHING, "DEAD", None, LIMIT).map(drop)),
    ("delivery.attempts", |host, session| host.delivery_attempts(session, NOTHING, None, 0, LIMIT).map(drop)),
    ("delivery.events-after", |host, session| host.events_after(session, 0, LIMIT).map(drop)),

    ("timers.set", |host, session| host.timer_set(KEY, Some(session), &Schedule::At(host.now_ms()), "").map(drop)),
    ("timers.cancel", |host, _| host.timer_cancel(KEY)),
    ("timers.get", |host, _| host.timer(KEY).map(drop)),
    ("timers.scan", |host, _| host.timers(KEY, None, LIMIT).map(drop)),

    ("emit.event", |host, session| host.emit(session, "example.called", "{}").map(drop)),

    ("notify.send", |host, session| host.notify(session, &notification()).map(drop)),
    ("notify.to-user", |host, _| host.notify_user(NOTHING, &notification()).map(drop)),
    ("notify.broadcast", |host, _| host.notify_all(&notification()).map(drop)),
    ("notify.inbox", |host, _| host.inbox(NOTHING, LIMIT).map(drop)),
    ("notify.mark-read", |host, _| host.inbox_mark_read(NOTHING, &[NOTHING.to_owned()]).map(drop)),
    ("notify.remove", |host, _| host.inbox_remove(NOTHING, NOTHING).map(drop)),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    function: String,
    /// Another session than the one in the path, by its row id: refused unless the administrator granted it.
    session: Option<String>,
}

/// What came of a call.
#[derive(Serialize)]
pub(crate) struct Outcome {
    /// `ok`, or the code of the refusal.
    pub(crate) result: &'static str,
    /// The text of the refusal.
    message: Option<String>,
}

pub(crate) fn call(_plugin: &Example, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let form: Form = request.json()?;
    let session = form.session.as_deref().unwrap_or(&session.id);
    Response::json(&outcome(host, session, &form.function)?)
}

/// Calls the function of this name.
pub(crate) fn outcome(host: &dyn Host, session: &str, function: &str) -> Result<Outcome, Error> {
    let Some((_, call)) = FUNCTIONS.iter().find(|(name, _)| *name == function) else {
        return Err(Error::bad_request(format!(
            "function: the API has no \"{function}\""
        )));
    };
    Ok(match call(host, session) {
        Ok(()) => Outcome {
            result: "ok",
            message: None,
        },
        Err(error) => Outcome {
            result: error.code(),
            message: Some(error.to_string()),
        },
    })
}

fn entry() -> StoreEntry {
    StoreEntry {
        key: KEY.to_owned(),
        value: b"1".to_vec(),
    }
}

fn search() -> SearchQuery {
    SearchQuery {
        text: NOTHING.to_owned(),
        chat: None,
        kind: None,
        from_me: None,
        offset: 0,
        limit: LIMIT,
        ext: Vec::new(),
    }
}

fn options() -> SendOptions {
    SendOptions {
        quote: None,
        mentions: Vec::new(),
        view_once: false,
        ext: Vec::new(),
    }
}

fn post() -> Post {
    Post::Image((NOTHING.to_owned(), None))
}

fn label() -> Label {
    Label {
        id: String::new(),
        name: String::new(),
        color: 99,
        deleted: false,
        ext: Vec::new(),
    }
}

fn outgoing() -> Outgoing {
    Outgoing {
        method: "GET".to_owned(),
        url: NOTHING.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        timeout_ms: Some(1000),
        ext: Vec::new(),
    }
}

fn endpoint() -> Endpoint {
    Endpoint {
        name: NOTHING.to_owned(),
        url: NOTHING.to_owned(),
        headers: Vec::new(),
        secret: None,
        ext: Vec::new(),
    }
}

fn item() -> Item {
    Item {
        endpoint: NOTHING.to_owned(),
        key: KEY.to_owned(),
        lane: String::new(),
        label: KEY.to_owned(),
        content_type: "text/plain".to_owned(),
        body: "x".to_owned(),
        ext: Vec::new(),
    }
}

fn notification() -> Notification {
    Notification {
        title: "Example".to_owned(),
        message: "Called by name".to_owned(),
        severity: Severity::Info,
        link: None,
        ext: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use serde_json::json;
    use wagate_plugin_api::testing::{FakeHost, request};

    use super::FUNCTIONS;
    use crate::tests::answer;

    fn ask(function: &str) -> (u16, serde_json::Value) {
        let body = json!({ "function": function });
        let request = request("POST", "/api/example/{sessionId}/call", &[], Some(&body));
        answer(&FakeHost::default(), &request)
    }

    #[test]
    fn every_function_answers_something() {
        for (name, _) in FUNCTIONS {
            let (status, answer) = ask(name);
            assert!(status == 200 && answer["result"].is_string(), "{name}: {answer}");
        }
        assert_eq!(ask("store.compare-and-put").1["result"], "ok");
        assert_eq!(ask("whatsapp-groups.info").1["result"], "not_found");
        assert_eq!(ask("delivery.deliveries").1["result"], "not_found");
        assert_eq!(ask("store.burn").0, 400);
    }

    /// Every function of every interface that `imports` names, read off the WIT.
    #[test]
    fn the_table_is_the_whole_api() {
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugin-api/wit/v1");
        let read = |name: &str| std::fs::read_to_string(wit.join(format!("{name}.wit"))).unwrap();
        let world = read("world");
        let imports = world
            .split("world imports {")
            .nth(1)
            .unwrap()
            .split('}')
            .next()
            .unwrap();
        let mut functions = BTreeSet::new();
        for interface in imports
            .lines()
            .filter_map(|line| line.trim().strip_prefix("import "))
        {
            let interface = interface.trim_end_matches(';');
            let text = read(interface);
            let names = text.lines().filter_map(|line| line.trim().split_once(": func("));
            functions.extend(names.map(|(name, _)| format!("{interface}.{}", name.trim_start_matches('%'))));
        }
        let tabled: BTreeSet<String> = FUNCTIONS.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(functions, tabled, "the WIT on the left, FUNCTIONS on the right");
        assert_eq!(tabled.len(), FUNCTIONS.len());
    }
}
