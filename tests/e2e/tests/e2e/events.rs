//! Every kind of event made to happen over the network, and what a webhook's receiver gets of it compared with what is
//! kept in `tests/goldens/events`. `UPDATE_GOLDENS=1` writes that anew: read the difference before it is committed.

mod normalise;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use wagate_e2e::{Act, Gateway, Network, Phone, Receiver};

use crate::WAGATE;
use crate::webhooks::{SETTINGS, add};
use normalise::Names;

const SOON: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(15);
/// What the contract's receivers read, by kind.
const CONTRACT: &[(&str, &[&str])] = &[
    (
        "message.received",
        &[
            "key",
            "pushName",
            "messageTimestamp",
            "from",
            "sender",
            "isGroup",
            "chatType",
            "type",
            "content",
            "fileUrl",
            "caption",
            "quoted",
        ],
    ),
    (
        "message.sent",
        &[
            "key",
            "timestamp",
            "from",
            "sender",
            "isGroup",
            "chatType",
            "type",
            "content",
            "fileUrl",
            "caption",
            "quoted",
        ],
    ),
    ("message.status", &["keyId", "remoteJid", "status"]),
    ("message.edited", &["keyId", "newContent", "remoteJid", "fromMe"]),
    ("message.deleted", &["keyId", "remoteJid", "fromMe"]),
    ("group.update", &["jid"]),
    ("group.participant", &["jid", "action", "participants"]),
    ("contact.update", &["jid", "name", "notify"]),
    ("connection.update", &["status", "qr"]),
];

/// What came, by kind and case.
struct Told<'a> {
    receiver: &'a Receiver,
    cases: BTreeMap<String, BTreeMap<String, Value>>,
    missing: Vec<String>,
}

impl Told<'_> {
    /// Waits for an event of a kind that is meant, and keeps it under a name.
    async fn note(&mut self, kind: &str, case: &str, is_meant: impl Fn(&Value) -> bool) -> Value {
        let meant = |body: &Value| body["event"] == kind && is_meant(&body["data"]);
        let came = eventually_some(SOON, async || {
            self.receiver
                .taken()
                .iter()
                .map(wagate_e2e::receiver::Hook::json)
                .find(meant)
        });
        // What does not come is said at the end, with all else that does not.
        let Some(body) = came.await else {
            self.missing.push(format!("{kind}, {case}"));
            return Value::Null;
        };
        let cases = self.cases.entry(kind.to_owned()).or_default();
        let before = cases.insert(case.to_owned(), body.clone());
        assert!(before.is_none(), "{kind}: two cases have the name {case}");
        body
    }

    /// A message by its id.
    async fn message(&mut self, kind: &str, case: &str, id: &str) -> Value {
        self.note(kind, case, |data| data["key"]["id"] == id).await
    }

    /// The statuses that were told of a message, in their order.
    fn statuses(&self, id: &str) -> Vec<String> {
        let told = self.receiver.taken().into_iter().map(|hook| hook.json());
        told.filter(|body| body["event"] == "message.status" && body["data"]["keyId"] == id)
            .map(|body| body["data"]["status"].as_str().expect("a word").to_owned())
            .collect()
    }
}

async fn eventually_some<T>(within: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(within, looking).await.ok()
}

/// The kinds that a webhook can ask for, as the gateway names them to whoever asks for another.
async fn kinds(gateway: &Gateway) -> BTreeSet<String> {
    let asked = json!({ "url": "https://example.com/hook", "events": ["no.such"] });
    let (status, refused) = gateway
        .call(Method::POST, "/api/webhooks/shop", Some(asked))
        .await;
    assert_eq!(status, 400, "{refused}");
    let text = refused["error"].as_str().expect("a text");
    let (_, list) = text.split_once("one of *, ").expect("the list of kinds");
    list.split(", ").map(str::to_owned).collect()
}

#[tokio::test]
async fn each_kind_has_the_payload_that_is_kept() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025559401", "pn").await;
    let ann = network.phone("12025559402", "pn").await;
    let bob = network.phone("12025559403", "lid").await;
    let past = json!({ "messages": 20, "people": 2, "days": 3 });
    let receiver = Receiver::start().await;
    receiver.decide(|path| {
        if path == "/gone" {
            Act::Refuse(410)
        } else {
            Act::Take
        }
    });
    let gateway = Gateway::start_with(WAGATE, &network, SETTINGS);
    gateway.create_session("shop").await;
    add(&gateway, &receiver.url("/hook"), &["*"]).await;
    let kinds = kinds(&gateway).await;
    // Its first code may have come before there was anybody to tell.
    gateway.post("/api/sessions/shop/stop", json!({})).await;
    gateway.wait_status("shop", "STOPPED").await;
    gateway.post("/api/sessions/shop/start", json!({})).await;
    let mut told = Told {
        receiver: &receiver,
        cases: BTreeMap::new(),
        missing: Vec::new(),
    };
    let mut names = Names::default();

    network
        .put(&format!("/phones/{}/history", owner.number), &past)
        .await;
    // What an owner's phone has before it is linked comes with a first sync, of which nobody is told.
    let before = json!({ "changes": [
        { "type": "archive", "chat": bob.number, "archived": true },
        { "type": "label", "id": "6", "name": "Paid", "color": 1 },
    ] });
    network
        .tell(&format!("/phones/{}/app-state", owner.number), &before)
        .await;
    connects(&gateway, &owner, &mut told).await;
    arrives(&network, &owner, &ann, &bob, &mut told).await;
    is_changed(&network, &owner, &ann, &mut told).await;
    leaves(&network, &gateway, &owner, &ann, &mut told, &mut names).await;
    in_a_group(&network, &gateway, [&owner, &ann, &bob], &mut told, &mut names).await;
    beside_messages(&network, [&owner, &ann, &bob], &mut told, &mut names).await;
    ends(&network, &gateway, &owner, &ann, &mut told).await;

    assert!(told.missing.is_empty(), "did not come: {:#?}", told.missing);
    for (kind, fields) in CONTRACT {
        for (case, body) in &told.cases[*kind] {
            for field in *fields {
                assert!(
                    body["data"].get(field).is_some(),
                    "{kind}, {case}: no {field}: {body}"
                );
            }
        }
    }
    compare(&told.cases, &kinds, &names);
}

async fn connects(gateway: &Gateway, owner: &Phone<'_>, told: &mut Told<'_>) {
    owner.scan(&gateway.qr("shop").await).await;
    gateway.wait_status("shop", "CONNECTED").await;
    told.note("session.qr", "a code to scan", |_| true).await;
    told.note("connection.update", "a code to scan", |data| {
        data["qr"].is_string()
    })
    .await;
    for kind in ["connection.update", "session.status"] {
        told.note(kind, "connected", |data| data["status"] == "CONNECTED")
            .await;
    }
    let past = told
        .note("history.progress", "a first part", |data| {
            data["syncType"] == "INITIAL_BOOTSTRAP"
        })
        .await;
    assert_eq!(past["data"]["error"], Value::Null, "{past}");
    assert!(
        past["data"]["messages"].as_u64().is_some_and(|count| count > 0),
        "{past}"
    );
}

async fn arrives(
    network: &Network,
    owner: &Phone<'_>,
    ann: &Phone<'_>,
    bob: &Phone<'_>,
    told: &mut Told<'_>,
) {
    let contents = [
        ("TEXT", json!({ "type": "text", "text": "hello" })),
        ("IMAGE", json!({ "type": "image", "caption": "the sea" })),
        ("VIDEO", json!({ "type": "video" })),
        ("VOICE", json!({ "type": "voice" })),
        (
            "DOCUMENT",
            json!({ "type": "document", "fileName": "prices.pdf" }),
        ),
        ("STICKER", json!({ "type": "sticker" })),
        (
            "LOCATION",
            json!({ "type": "location", "latitude": 52.5, "longitude": 13.4, "name": "here" }),
        ),
        (
            "CONTACT",
            json!({ "type": "contact", "name": "Bob", "number": bob.number }),
        ),
        (
            "POLL",
            json!({ "type": "poll", "question": "which?", "options": ["red", "blue"] }),
        ),
        (
            "LIST",
            json!({ "type": "list", "text": "choose", "button": "open",
                    "sections": [{ "title": "all", "rows": [{ "id": "1", "title": "one" }] }] }),
        ),
        (
            "QUOTE",
            json!({ "type": "text", "text": "you mean this?", "quote": "IMAGE", "mentions": [owner.number],
                    "forwarded": 1, "ephemeral": 86400 }),
        ),
        ("ONCE", json!({ "type": "image", "viewOnce": true })),
    ];
    for (id, content) in contents {
        ann.send(&owner.jid, content, Some(id)).await;
        let case = id.to_lowercase();
        told.message("message.received", &case, id).await;
    }
    let hello = json!({ "type": "text", "text": "from a LID" });
    bob.send(&owner.jid, hello, Some("LID")).await;
    told.message("message.received", "from a person with a LID", "LID")
        .await;
    told.note("contact.update", "somebody wrote first", |data| {
        data["jid"] == ann.jid.as_str()
    })
    .await;

    let fault = json!({ "action": "undecryptable", "tag": "message", "direction": "toClient", "number": owner.number });
    network.tell("/faults", &fault).await;
    let garbled = json!({ "type": "text", "text": "say again" });
    ann.send(&owner.jid, garbled, Some("GARBLED")).await;
    told.note("message.undecryptable", "comes again", |data| {
        data["keyId"] == "GARBLED"
    })
    .await;
    told.message("message.received", "came again", "GARBLED").await;
}

async fn is_changed(network: &Network, owner: &Phone<'_>, ann: &Phone<'_>, told: &mut Told<'_>) {
    for (kind, case, id, content) in [
        (
            "message.edited",
            "a text",
            "TEXT",
            json!({ "type": "edit", "message": "TEXT", "text": "hello!" }),
        ),
        (
            "message.reaction",
            "put",
            "TEXT",
            json!({ "type": "reaction", "message": "TEXT", "emoji": "👍" }),
        ),
        (
            "message.deleted",
            "by its author",
            "IMAGE",
            json!({ "type": "revoke", "message": "IMAGE" }),
        ),
    ] {
        ann.send(&owner.jid, content, None).await;
        told.note(kind, case, |data| data["keyId"] == id).await;
    }
    let taken_back = json!({ "type": "reaction", "message": "TEXT", "emoji": "" });
    ann.send(&owner.jid, taken_back, None).await;
    told.note("message.reaction", "taken back", |data| data["removed"] == true)
        .await;
    let vote = json!({ "type": "vote", "poll": "POLL", "options": ["red"] });
    ann.send(&owner.jid, vote, None).await;
    told.note("poll.voted", "red", |data| data["keyId"] == "POLL")
        .await;

    let changes = json!({ "changes": [{ "type": "deleteForMe", "message": "TEXT" }] });
    network
        .tell(&format!("/phones/{}/app-state", owner.number), &changes)
        .await;
    told.note("message.deleted", "by the owner, for themselves", |data| {
        data["forMe"] == true
    })
    .await;
}

async fn leaves(
    network: &Network,
    gateway: &Gateway,
    owner: &Phone<'_>,
    ann: &Phone<'_>,
    told: &mut Told<'_>,
    names: &mut Names,
) {
    let id = gateway.send("shop", &ann.number, "hello back").await;
    names.add(&id, "<id>");
    let sent = told.message("message.sent", "by the API", &id).await;
    assert_eq!(sent["data"]["from"], ann.jid.as_str(), "the contract's: the chat");
    assert_eq!(sent["data"]["origin"], "api");
    let status = |wanted: &'static str| move |data: &Value| data["status"] == wanted;
    let of = |data: &Value| data["keyId"] == id.as_str();
    told.note("message.status", "accepted by the server", |data| {
        of(data) && status("SENT")(data)
    })
    .await;
    told.note("message.status", "delivered", |data| {
        of(data) && status("DELIVERED")(data)
    })
    .await;
    // Not one step ahead of what happened, as the original's are.
    assert_eq!(told.statuses(&id), ["SENT", "DELIVERED"]);
    ann.read().await;
    told.note("message.status", "read", |data| of(data) && status("READ")(data))
        .await;
    assert_eq!(told.statuses(&id), ["SENT", "DELIVERED", "READ"]);

    let by_phone = json!({ "type": "text", "text": "from the phone" });
    owner.send(&ann.jid, by_phone, Some("PHONE")).await;
    let sent = told.message("message.sent", "by the phone", "PHONE").await;
    assert_eq!(sent["data"]["origin"], "phone");

    let rule = json!({ "keyword": "are you open?", "response": "until five" });
    gateway.post("/api/autoreplies/shop", rule).await;
    let question = json!({ "type": "text", "text": "are you open?" });
    ann.send(&owner.jid, question, Some("QUESTION")).await;
    let sent = told
        .note("message.sent", "by a plugin's hook", |data| {
            data["content"] == "until five"
        })
        .await;
    assert_eq!(sent["data"]["origin"], "plugin:autoreply");
    names.add(
        sent["data"]["key"]["id"].as_str().unwrap_or("none"),
        "<answer id>",
    );

    let fault = json!({ "action": "nack", "code": 463, "number": owner.number });
    network.tell("/faults", &fault).await;
    let message = json!({ "message": { "text": "refused" } });
    let path = format!("/api/messages/shop/{}/send", ann.number);
    let (refused, body) = gateway.call(Method::POST, &path, Some(message)).await;
    assert_eq!(refused, 409, "{body}");
    let failed = told.note("message.status", "refused", status("FAILED")).await;
    names.add(failed["data"]["keyId"].as_str().unwrap_or("none"), "<refused id>");
}

async fn in_a_group(
    network: &Network,
    gateway: &Gateway,
    [owner, ann, bob]: [&Phone<'_>; 3],
    told: &mut Told<'_>,
    names: &mut Names,
) {
    let draft = json!({ "subject": "Plans", "members": [owner.number] });
    let made = network
        .tell(&format!("/phones/{}/groups", ann.number), &draft)
        .await;
    let jid = made["group"]["jid"].as_str().expect("an address").to_owned();
    let group = made["group"]["id"].as_str().expect("an id").to_owned();
    names.add(&group, "<group>");
    let act = async |action: &str, body: Value| {
        let path = format!("/phones/{}/groups/{group}/{action}", ann.number);
        network.tell(&path, &body).await
    };
    let text = json!({ "type": "text", "text": "hello all" });
    ann.send(&jid, text, Some("GROUP")).await;
    told.message("message.received", "in a group", "GROUP").await;
    act("rename", json!({ "subject": "Better plans" })).await;
    told.note("group.update", "renamed", |data| {
        data["subject"] == "Better plans"
    })
    .await;
    act("settings", json!({ "announce": true })).await;
    told.note("group.update", "only admins write", |data| {
        data["announce"] == true
    })
    .await;
    act("settings", json!({ "announce": false })).await;
    for (action, member) in [("add", bob), ("promote", bob), ("demote", bob), ("remove", bob)] {
        act(action, json!({ "members": [member.number] })).await;
        told.note("group.participant", action, |data| data["action"] == action)
            .await;
    }
    let id = gateway.send("shop", &jid, "hello group").await;
    names.add(&id, "<group message id>");
    told.message("message.sent", "in a group", &id).await;
    told.note("message.status", "delivered in a group", |data| {
        data["keyId"] == id.as_str() && data["status"] == "DELIVERED"
    })
    .await;
}

async fn beside_messages(
    network: &Network,
    [owner, ann, bob]: [&Phone<'_>; 3],
    told: &mut Told<'_>,
    names: &mut Names,
) {
    let status = json!({ "text": "on holiday", "to": [owner.number] });
    network
        .tell(&format!("/phones/{}/status", ann.number), &status)
        .await;
    let posted = told.note("status.update", "a text", |_| true).await;
    let id = posted["data"]["key"]["id"].as_str().unwrap_or("none").to_owned();
    names.add(&id, "<status id>");
    told.message("message.received", "a status", &id).await;

    let call = json!({ "to": owner.number, "ringMs": 300 });
    let made = network
        .tell(&format!("/phones/{}/calls", ann.number), &call)
        .await;
    names.add(made["id"].as_str().expect("an id"), "<call id>");
    told.note("call.received", "a person calls", |_| true).await;
    told.note("call.missed", "nobody answered", |_| true).await;

    let typing = json!({ "to": owner.number });
    network
        .tell(&format!("/phones/{}/typing", ann.number), &typing)
        .await;
    told.note("presence.updated", "types", |data| {
        data["presence"] == "composing"
    })
    .await;

    let changes = json!({ "changes": [
        { "type": "archive", "chat": ann.number, "archived": true },
        { "type": "label", "id": "7", "name": "New order", "color": 2 },
        { "type": "labelChat", "label": "7", "chat": ann.number, "labeled": true },
        { "type": "contact", "number": bob.number, "name": "Robert" },
    ] });
    network
        .tell(&format!("/phones/{}/app-state", owner.number), &changes)
        .await;
    told.note("chat.updated", "archived", |data| {
        data["jid"] == ann.jid.as_str() && data["archived"] == true
    })
    .await;
    told.note("label.updated", "made", |data| data["id"] == "7").await;
    told.note("label.assigned", "put on a chat", |_| true).await;
    told.note("contact.update", "named by the owner", |data| {
        data["name"] == "Robert"
    })
    .await;
}

async fn ends(network: &Network, gateway: &Gateway, owner: &Phone<'_>, ann: &Phone<'_>, told: &mut Told<'_>) {
    add(gateway, &told.receiver.url("/gone"), &["message.received"]).await;
    ann.write(&owner.jid, "one more").await;
    told.note("delivery.disabled", "its receiver answered 410", |_| true)
        .await;
    owner.unlink(1).await;
    told.note("session.status", "unlinked on the phone", |data| {
        data["status"] == "LOGGED_OUT"
    })
    .await;

    // Linked again, and asked for a passkey.
    let fault = json!({ "action": "passkey", "number": owner.number });
    network.tell("/faults", &fault).await;
    gateway.post("/api/sessions/shop/start", json!({})).await;
    let scan = json!({ "qr": gateway.qr("shop").await });
    let (status, _) = network
        .ask(&format!("/phones/{}/scan", owner.number), &scan)
        .await;
    assert_eq!(status, 409);
    told.note("session.passkey", "asked for", |_| true).await;
}

/// With what is kept, or writes it.
fn compare(cases: &BTreeMap<String, BTreeMap<String, Value>>, kinds: &BTreeSet<String>, names: &Names) {
    let kept = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../goldens/events");
    let happened: BTreeSet<String> = cases.keys().cloned().collect();
    assert_eq!(happened, *kinds, "every kind happens here, and is one to ask for");
    let writes = std::env::var_os("UPDATE_GOLDENS").is_some();
    let mut differences = Vec::new();
    for (kind, cases) in cases {
        let found: BTreeMap<&String, Value> = cases
            .iter()
            .map(|(case, body)| (case, names.hide(body)))
            .collect();
        let text = serde_json::to_string_pretty(&found).expect("it is JSON") + "\n";
        let file = kept.join(format!("{kind}.json"));
        if writes {
            std::fs::create_dir_all(&kept).expect("the folder is there");
            std::fs::write(&file, text).expect("the golden is written");
            continue;
        }
        let before = std::fs::read_to_string(&file).unwrap_or_default();
        if before != text {
            differences.push(format!("{kind}.json\n{}", normalise::difference(&before, &text)));
        }
    }
    assert!(
        differences.is_empty(),
        "not as kept (UPDATE_GOLDENS=1 writes anew):\n{}",
        differences.join("\n")
    );
}
