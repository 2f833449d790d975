//! App state, both ways: what the phone's owner changes, what linked devices change, conflicts, snapshots.

use serde_json::{Value, json};
use whatsapp_rust::Jid;
use whatsapp_rust::types::events::Event;

use crate::support::{ANN, BOB, Client, TestNetwork};

impl TestNetwork {
    /// The phone's owner changes something.
    async fn change(&self, number: &str, changes: Value, quiet: bool) {
        let body = json!({ "changes": changes, "quiet": quiet });
        let (status, answer) = self.post(&format!("/phones/{number}/app-state"), &body).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// Waits until a client has heard of a change. A client that is fetching a collection skips a notice about it, and
    /// learns what it has missed with the next one: it gets some.
    async fn heard(&self, client: &Client, wanted: &str) {
        for round in 0..NOTICES {
            if tokio::time::timeout(NOTICE, client.synced(wanted)).await.is_ok() {
                return;
            }
            let notice = json!([
                { "type": "archive", "chat": "12025550198@s.whatsapp.net", "archived": round % 2 == 0 },
                { "type": "mute", "chat": "12025550198@s.whatsapp.net", "until": i64::from(round) },
                { "type": "label", "id": "99", "name": round.to_string() },
            ]);
            self.change(ANN, notice, false).await;
        }
        client.synced(wanted).await;
    }

    /// Waits until the phone's screen shows something.
    async fn screen(&self, number: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let waiting = async {
            let mut after = 0;
            loop {
                let path = format!("/phones/{number}/app-state?after={after}&wait=5000");
                let screen = self.get(&path).await;
                if wanted(&screen) {
                    return screen;
                }
                after = screen["next"].as_u64().unwrap();
            }
        };
        let limit = std::time::Duration::from_secs(20);
        tokio::time::timeout(limit, waiting)
            .await
            .expect("the phone did not show it")
    }
}

/// How often a device is told again, and after what time.
const NOTICES: u32 = 5;
const NOTICE: std::time::Duration = std::time::Duration::from_secs(3);

/// How often a device is left behind until it has to notice.
const ROUNDS: usize = 5;

async fn with_client(addressing: &str) -> (TestNetwork, Client) {
    let network = TestNetwork::with_phones(addressing).await;
    let client = network.linked(ANN).await;
    (network, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_owner_changes_reaches_a_linked_device() {
    let (network, client) = with_client("pn").await;
    let message = network
        .say(BOB, ANN, json!({ "type": "text", "text": "x" }))
        .await;
    network.in_inbox(ANN, message["id"].as_str().unwrap()).await;
    let changes = json!([
        { "type": "contact", "number": BOB, "name": "Robert", "firstName": "Bob" },
        { "type": "archive", "chat": BOB, "archived": true },
        { "type": "mute", "chat": BOB, "until": -1 },
        { "type": "pin", "chat": BOB, "pinned": true },
        { "type": "star", "message": message["id"], "starred": true },
        { "type": "read", "chat": BOB, "read": false },
        { "type": "label", "id": "7", "name": "Customers", "color": 3 },
        { "type": "labelChat", "label": "7", "chat": BOB, "labeled": true },
        { "type": "deleteForMe", "message": message["id"] },
        { "type": "clear", "chat": BOB },
        { "type": "delete", "chat": BOB },
        { "type": "pushName", "name": "Anna" },
    ]);
    network.change(ANN, changes, false).await;
    let bob = format!("{BOB}@s.whatsapp.net");
    for wanted in [
        format!("contact {bob} Robert"),
        format!("archive {bob} true"),
        format!("mute {bob} true"),
        format!("pin {bob} true"),
        format!("star {} true", message["id"].as_str().unwrap()),
        format!("read {bob} false"),
        "label 7 Customers".to_owned(),
        format!("label 7 of {bob} true"),
        format!("gone {}", message["id"].as_str().unwrap()),
        format!("clear {bob}"),
        format!("delete {bob}"),
        "name Anna".to_owned(),
    ] {
        network.heard(&client, &wanted).await;
    }
    let phone = network.get("/state").await["phones"][0].clone();
    assert_eq!(phone["name"], "Anna");
    let screen = network.screen(ANN, |screen| screen["pushName"] == "Anna").await;
    assert_eq!(screen["labels"]["7"], json!({ "name": "Customers", "color": 3 }));
    assert_eq!(screen["chats"][BOB]["labels"], json!(["7"]));
    assert_eq!(screen["unreadable"], json!([]));

    network
        .change(ANN, json!([{ "type": "removeContact", "number": BOB }]), false)
        .await;
    let screen = network
        .screen(ANN, |screen| screen["contacts"] == json!({}))
        .await;
    assert_eq!(screen["chats"][BOB]["archived"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_linked_device_changes_is_on_the_phone_and_on_the_other_device() {
    let (network, client) = with_client("lid").await;
    let other = network.linked(ANN).await;
    let bob = Jid::pn(BOB);
    let whatsapp = client.client();
    let actions = whatsapp.chat_actions();
    actions.archive_chat(&bob, None).await.unwrap();
    actions.pin_chat(&bob).await.unwrap();
    actions.mute_chat(&bob).await.unwrap();
    actions.star_message(&bob, None, "SOME", true).await.unwrap();
    actions.mark_chat_as_read(&bob, false, None).await.unwrap();
    whatsapp.labels().create_label("3", "New", 1).await.unwrap();
    whatsapp.labels().add_chat_label("3", &bob).await.unwrap();
    let screen = network
        .screen(ANN, |screen| screen["chats"][BOB]["labels"] == json!(["3"]))
        .await;
    let chat = &screen["chats"][BOB];
    assert_eq!(
        (
            &chat["archived"],
            &chat["pinned"],
            &chat["muted"],
            &chat["mutedUntil"]
        ),
        (&json!(true), &json!(true), &json!(true), &json!(-1)),
        "{screen}"
    );
    assert_eq!(chat["read"], false);
    assert_eq!(
        screen["starred"],
        json!([{ "chat": BOB, "id": "SOME", "fromMe": true }])
    );
    assert_eq!(screen["unreadable"], json!([]));
    for wanted in [
        format!("archive {BOB}@s.whatsapp.net true"),
        format!("label 3 of {BOB}@s.whatsapp.net true"),
    ] {
        network.heard(&other, &wanted).await;
    }

    actions.unarchive_chat(&bob, None).await.unwrap();
    actions.unmute_chat(&bob).await.unwrap();
    let screen = network
        .screen(ANN, |screen| screen["chats"][BOB]["muted"] == false)
        .await;
    assert_eq!(screen["chats"][BOB]["archived"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_behind_is_refused_fetches_and_writes_again() {
    let (network, client) = with_client("pn").await;
    let bob = Jid::pn(BOB);
    let mut conflicts = 0;
    // It may still be fetching what was there before, and then it is not behind: at the latest the next time it is.
    for round in 0..ROUNDS {
        let other = format!("1202555010{round}@s.whatsapp.net");
        let archived = json!([{ "type": "archive", "chat": other, "archived": true }]);
        // The device is not told, so what it writes next is on top of an old version.
        network.change(ANN, archived, true).await;
        let pin = round % 2 == 0;
        let whatsapp = client.client();
        let actions = whatsapp.chat_actions();
        if pin {
            actions.pin_chat(&bob).await.unwrap();
        } else {
            actions.unpin_chat(&bob).await.unwrap();
        }
        let screen = network
            .screen(ANN, |screen| screen["chats"][BOB]["pinned"] == pin)
            .await;
        let other_number = other.split('@').next().unwrap();
        assert_eq!(screen["chats"][other_number]["archived"], true, "{screen}");
        client.synced(&format!("archive {other} true")).await;
        let state = network.get("/state").await;
        conflicts = state["counters"]["appStateConflicts"].as_u64().unwrap();
        if conflicts > 0 {
            break;
        }
    }
    assert!(conflicts > 0, "it was never behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_linked_late_starts_from_a_snapshot() {
    let network = TestNetwork::with_phones("pn").await;
    // Many patches, and one so large that its mutations are in a file.
    for round in 0..15 {
        let pinned = json!([{ "type": "pin", "chat": BOB, "pinned": round % 2 == 0 }]);
        network.change(ANN, pinned, false).await;
    }
    let people: Vec<Value> = (0..150)
        .map(|person| json!({ "type": "contact", "number": format!("120255601{person:03}"), "name": format!("P {person}") }))
        .collect();
    network.change(ANN, json!(people), false).await;

    let client = network.linked(ANN).await;
    client.synced(&format!("pin {BOB}@s.whatsapp.net true")).await;
    client.synced("contact 120255601149@s.whatsapp.net P 149").await;
    let media = network.get("/media").await;
    let kinds: Vec<&str> = media["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["kind"].as_str().unwrap())
        .collect();
    assert!(
        kinds.iter().filter(|kind| **kind == "md-app-state").count() >= 2,
        "{kinds:?}"
    );

    // The next patch fits on top of the snapshot.
    client
        .client()
        .chat_actions()
        .unpin_chat(&Jid::pn(BOB))
        .await
        .unwrap();
    let screen = network
        .screen(ANN, |screen| screen["chats"][BOB]["pinned"] == false)
        .await;
    assert_eq!(screen["contacts"].as_object().unwrap().len(), 150);
    assert_eq!(screen["unreadable"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_changes_are_refused_by_field() {
    let network = TestNetwork::with_phones("pn").await;
    let path = format!("/phones/{ANN}/app-state");
    let cases = [
        (json!({ "changes": [] }), Some("changes")),
        (
            json!({ "changes": [{ "type": "archive", "chat": "nobody", "archived": true }] }),
            Some("chat"),
        ),
        (
            json!({ "changes": [{ "type": "star", "message": "NO", "starred": true }] }),
            Some("message"),
        ),
        (
            json!({ "changes": [{ "type": "contact", "number": "x", "name": "y" }] }),
            Some("number"),
        ),
        (
            json!({ "changes": [{ "type": "paint" }] }),
            Some("changes[0].type"),
        ),
    ];
    for (body, field) in cases {
        let (status, answer) = network.post(&path, &body).await;
        assert_eq!(status, 400, "{body} -> {answer}");
        if field != Some("changes[0].type") {
            assert_eq!(answer["field"].as_str(), field, "{body} -> {answer}");
        }
    }
}

/// What a client tells of its app state, in a few words.
pub(crate) fn told(event: &Event) -> Option<String> {
    Some(match event {
        Event::ArchiveUpdate(update) => format!(
            "archive {} {}",
            update.jid,
            update.action.archived.unwrap_or_default()
        ),
        Event::PinUpdate(update) => {
            format!("pin {} {}", update.jid, update.action.pinned.unwrap_or_default())
        }
        Event::MuteUpdate(update) => {
            format!("mute {} {}", update.jid, update.action.muted.unwrap_or_default())
        }
        Event::StarUpdate(update) => format!(
            "star {} {}",
            update.message_id,
            update.action.starred.unwrap_or_default()
        ),
        Event::MarkChatAsReadUpdate(update) => {
            format!("read {} {}", update.jid, update.action.read.unwrap_or_default())
        }
        Event::ContactUpdate(update) => format!(
            "contact {} {}",
            update.jid,
            update.action.full_name.clone().unwrap_or_default()
        ),
        Event::DeleteMessageForMeUpdate(update) => format!("gone {}", update.message_id),
        Event::ClearChatUpdate(update) => format!("clear {}", update.jid),
        Event::DeleteChatUpdate(update) => format!("delete {}", update.jid),
        Event::LabelEditUpdate(update) => format!(
            "label {} {}",
            update.label_id,
            update.action.name.clone().unwrap_or_default()
        ),
        Event::LabelAssociationUpdate(update) => format!(
            "label {} of {} {}",
            update.label_id,
            update.chat_jid,
            update.action.labeled.unwrap_or_default()
        ),
        Event::SelfPushNameUpdated(name) => format!("name {}", name.new_name),
        _ => return None,
    })
}
