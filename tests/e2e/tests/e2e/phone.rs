//! What the owner does on the phone, and who calls, as REST clients see it: the account's own devices tell each other of
//! it, and nobody has asked.

use std::time::Duration;

use serde_json::{Value, json};
use wagate_e2e::{Gateway, Network, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(30);

/// The newest event of a kind that is as wanted.
async fn told(gateway: &Gateway, kind: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    eventually(&format!("{kind}: {what}"), SOON, async || {
        let events = gateway.events_of("shop", kind).await;
        events.into_iter().rev().find(|event| is(event))
    })
    .await
}

#[tokio::test]
async fn what_the_owner_changes_on_the_phone_is_told_and_shown() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025556801", "lid").await;
    let contact = network.phone("12025556802", "pn").await;
    let gateway = Gateway::start(WAGATE, &network);
    let path = format!("/phones/{}/app-state", owner.number);
    let change = async |change: Value| network.tell(&path, &json!({ "changes": [change] })).await;
    // What was so before it was linked is stored, and is no news.
    let other = network.phone("12025556803", "pn").await;
    change(json!({ "type": "label", "id": "1", "name": "Old" })).await;
    change(json!({ "type": "archive", "chat": other.number, "archived": true })).await;
    change(json!({ "type": "mute", "chat": other.number, "until": -1 })).await;
    gateway.pair("shop", &owner).await;
    let holds = async |query: &'static str| {
        eventually(query, SOON, async || {
            let found: i64 = sqlx::query_scalar(query)
                .fetch_one(&mut gateway.database(false).await)
                .await
                .expect("it is counted");
            (found == 1).then_some(())
        })
        .await;
    };
    holds("SELECT COUNT(*) FROM labels WHERE name = 'Old'").await;
    holds("SELECT COUNT(*) FROM chats WHERE archived AND muted_until IS NOT NULL").await;
    for kind in ["chat.updated", "label.updated"] {
        assert!(gateway.events_of("shop", kind).await.is_empty(), "{kind}");
    }
    let id = contact.write(&owner.jid, "keep this").await;
    told(&gateway, "message.received", "the message", |event| {
        event["content"] == "keep this"
    })
    .await;

    let chat = contact.number.as_str();
    let of_chat = |field: &'static str, wanted: bool| {
        let jid = contact.jid.clone();
        move |event: &Value| event["jid"] == jid.as_str() && event[field] == wanted
    };
    for (kind, word, shown) in [
        ("archive", "archived", "archived"),
        ("mute", "muted", "muted"),
        ("pin", "pinned", "pinned"),
    ] {
        for wanted in [true, false] {
            // Without an end it is no longer muted.
            let asked = match (kind, wanted) {
                ("mute", true) => json!({ "type": kind, "chat": chat, "until": -1 }),
                ("mute", false) => json!({ "type": kind, "chat": chat }),
                _ => json!({ "type": kind, "chat": chat, word: wanted }),
            };
            change(asked).await;
            told(
                &gateway,
                "chat.updated",
                &format!("{shown} is {wanted}"),
                of_chat(shown, wanted),
            )
            .await;
        }
    }
    change(json!({ "type": "read", "chat": chat, "read": true })).await;
    told(&gateway, "chat.updated", "read", |event| {
        event["unreadCount"] == 0
    })
    .await;
    change(json!({ "type": "read", "chat": chat, "read": false })).await;
    told(
        &gateway,
        "chat.updated",
        "marked as unread",
        of_chat("markedUnread", true),
    )
    .await;

    let starred = async |wanted: bool| {
        change(json!({ "type": "star", "message": id, "starred": wanted })).await;
        eventually(&format!("starred is {wanted}"), SOON, async || {
            let found: bool = sqlx::query_scalar("SELECT starred FROM messages WHERE wa_id = ?")
                .bind(&id)
                .fetch_one(&mut gateway.database(false).await)
                .await
                .expect("the message");
            (found == wanted).then_some(())
        })
        .await;
    };
    starred(true).await;
    starred(false).await;

    change(json!({ "type": "label", "id": "7", "name": "Paid", "color": 3 })).await;
    told(&gateway, "label.updated", "the label", |event| {
        event["id"] == "7" && event["name"] == "Paid" && event["deleted"] == false
    })
    .await;
    change(json!({ "type": "labelChat", "label": "7", "chat": chat, "labeled": true })).await;
    told(&gateway, "label.assigned", "to the chat", |event| {
        event["id"] == "7" && event["chat"] == contact.jid.as_str() && event["assigned"] == true
    })
    .await;
    holds("SELECT COUNT(*) FROM labels WHERE name = 'Paid'").await;
    change(json!({ "type": "label", "id": "7", "deleted": true })).await;
    told(&gateway, "label.updated", "it is gone", |event| {
        event["id"] == "7" && event["deleted"] == true
    })
    .await;

    change(json!({ "type": "contact", "number": chat, "name": "Robert Example" })).await;
    eventually("the name in the owner's address book", SOON, async || {
        let contacts = gateway.get("/api/contacts/shop").await;
        contacts.to_string().contains("Robert Example").then_some(())
    })
    .await;
    change(json!({ "type": "pushName", "name": "Ann of the shop" })).await;
    eventually("the account's own name", SOON, async || {
        let session = gateway.get("/api/sessions/shop").await;
        (session["data"]["me"]["name"] == "Ann of the shop").then_some(())
    })
    .await;

    change(json!({ "type": "deleteForMe", "message": id })).await;
    told(&gateway, "message.deleted", "for the owner alone", |event| {
        event["keyId"] == id.as_str() && event["forMe"] == true
    })
    .await;
    change(json!({ "type": "delete", "chat": chat })).await;
    told(
        &gateway,
        "chat.updated",
        "the chat is gone",
        of_chat("deleted", true),
    )
    .await;
}

#[tokio::test]
async fn calls_are_told_and_missed_ones_too() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025556811", "pn").await;
    let contact = network.phone("12025556812", "pn").await;
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    let call = async |more: Value| {
        let mut body = json!({ "to": owner.number });
        for (name, value) in more.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let made = network
            .tell(&format!("/phones/{}/calls", contact.number), &body)
            .await;
        made["id"].as_str().expect("an id").to_owned()
    };

    // Nobody takes it.
    let id = call(json!({ "video": true, "ringMs": 300 })).await;
    let offered = told(&gateway, "call.received", "the offer", |event| {
        event["id"] == id.as_str()
    })
    .await;
    assert_eq!(
        (&offered["from"], &offered["isVideo"]),
        (&json!(contact.jid), &json!(true))
    );
    let missed = told(&gateway, "call.missed", "nobody took it", |event| {
        event["id"] == id.as_str()
    })
    .await;
    assert_eq!(
        (&missed["from"], &missed["reason"]),
        (&json!(contact.jid), &json!("no-answer"))
    );

    // Taken on the phone: not missed.
    let taken = call(json!({})).await;
    told(&gateway, "call.received", "the second offer", |event| {
        event["id"] == taken.as_str()
    })
    .await;
    network
        .tell(
            &format!("/phones/{}/calls/{taken}/accept", owner.number),
            &json!({}),
        )
        .await;

    // While the gateway was away.
    gateway.kill();
    let away = call(json!({ "ringMs": 100 })).await;
    gateway.start_again();
    let missed = told(&gateway, "call.missed", "while it was away", |event| {
        event["id"] == away.as_str()
    })
    .await;
    assert_eq!(missed["from"], contact.jid.as_str());
    let all = gateway.events_of("shop", "call.missed").await;
    assert!(
        all.iter().all(|event| event["id"] != taken.as_str()),
        "taken elsewhere: {all:?}"
    );
}
