//! Messages of every kind, and what is done to them, as the other phone decrypts them.

use serde_json::{Value, json};
use wagate_engine::content::{ContactCard, Contacts, Content, ContentObject, Location, MessageRef, Poll};
use wagate_engine::{EngineError, Outgoing, SendKey, SendOptions};

use crate::harness::{BOB, CARL, OWN, World, jid};

fn text(text: &str) -> Content {
    Content::Text(text.to_owned())
}

/// The wire bytes of what a phone got, as the schema's JSON.
fn decoded(message: &Value) -> Value {
    use base64::Engine as _;
    let proto = message["proto"].as_str().unwrap();
    let wire = base64::engine::general_purpose::STANDARD.decode(proto).unwrap();
    wagate_codec::to_json(&wire).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contents_of_every_kind_arrive() {
    let world = World::start().await;
    let place = Location {
        latitude: 52.5,
        longitude: 13.25,
        name: Some("Office".to_owned()),
        ..Location::default()
    };
    let card = ContactCard {
        display_name: "Dora".to_owned(),
        vcard: "BEGIN:VCARD\nFN:Dora\nEND:VCARD".to_owned(),
    };
    let question = Poll {
        question: "Tea?".to_owned(),
        choices: vec!["yes".to_owned(), "no".to_owned()],
        selectable: 1,
        to_announcement_group: false,
    };
    for (content, field) in [
        (text("hi"), "conversation"),
        (Content::Location(place), "locationMessage"),
        (
            Content::Contacts(Contacts {
                display_name: None,
                cards: vec![card],
            }),
            "contactMessage",
        ),
        (Content::Poll(question), "pollCreationMessageV3"),
    ] {
        let sent = world.send(BOB, content).await.unwrap();
        assert_eq!((sent.chat.as_str(), sent.status.as_str()), (&*jid(BOB), "SENT"));
        let got = decoded(&world.arrives_as(BOB, &sent.message_id).await);
        assert!(!got[field].is_null(), "{field}: {got}");
        let row = world.stored(&sent.message_id).await;
        let kept = wagate_codec::to_json(&row.wire).unwrap();
        assert_eq!(kept[field], got[field], "the row holds what was sent");
        let shown: Value = serde_json::from_str(&sent.json).unwrap();
        assert_eq!(shown["key"]["id"], *sent.message_id);
        assert_eq!(shown["message"][field], got[field]);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_answers_mentions_and_disappears() {
    let world = World::start().await;
    let question = world.write(BOB, OWN, "tea?").await;
    world.stored(&question).await;
    let options = SendOptions {
        quote: Some(question.clone()),
        mentions: vec![CARL.to_owned()],
        ephemeral_seconds: Some(86_400),
        message_id: Some("MINE-1".to_owned()),
        ..SendOptions::default()
    };
    let sent = world
        .send_with(BOB, text("ask @12025550103"), options.clone())
        .await
        .unwrap();
    assert_eq!(sent.message_id, "MINE-1");
    let got = decoded(&world.arrives_as(BOB, "MINE-1").await);
    let context = &got["extendedTextMessage"]["contextInfo"];
    assert_eq!(context["stanzaId"], *question);
    assert_eq!(context["quotedMessage"]["conversation"], "tea?");
    assert_eq!(context["participant"], jid(BOB));
    assert_eq!(context["mentionedJid"], json!([jid(CARL)]));
    assert_eq!(context["expiration"], 86_400);

    // The same id again is the same message.
    let again = world.send_with(BOB, text("other"), options).await.unwrap();
    assert_eq!(
        (again.message_id, again.timestamp_ms / 1000),
        (sent.message_id, sent.timestamp_ms / 1000)
    );
    let next = world.send(BOB, text("after")).await.unwrap();
    world.arrives_as(BOB, &next.message_id).await;
    let inbox = world.get(&format!("/phones/{BOB}/inbox?after=0")).await;
    let mine = inbox["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|message| message["id"] == "MINE-1");
    assert_eq!(
        mine.map(|message| message["copies"].clone()).collect::<Vec<_>>(),
        [json!(1)]
    );

    let unknown = SendOptions {
        quote: Some("NOBODY-WROTE-IT".to_owned()),
        ..SendOptions::default()
    };
    let refused = world.send_with(BOB, text("x"), unknown).await;
    assert!(matches!(refused, Err(EngineError::NotFound(_))), "{refused:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_reacted_to_changed_taken_back_and_forwarded() {
    let world = World::start().await;
    let account = world.account();
    let theirs = world.write(BOB, OWN, "hello").await;
    world.stored(&theirs).await;
    let mine = world.send(BOB, text("helo")).await.unwrap();

    let reaction = world
        .send(
            BOB,
            Content::Reaction {
                target: MessageRef::by_id(&*theirs),
                emoji: "👍".to_owned(),
            },
        )
        .await
        .unwrap();
    let got = decoded(&world.arrives_as(BOB, &reaction.message_id).await);
    assert_eq!(got["reactionMessage"]["text"], "👍");
    assert_eq!(got["reactionMessage"]["key"]["id"], *theirs);
    assert_eq!(got["reactionMessage"]["key"]["fromMe"], false);

    let edit = account.edit(BOB, &mine.message_id, "hello", None).await.unwrap();
    let got = world.arrives_as(BOB, &edit.message_id).await;
    assert_eq!(
        (&got["type"], &got["target"]),
        (&json!("edit"), &json!(mine.message_id))
    );
    let got = decoded(&got);
    assert_eq!(got["protocolMessage"]["editedMessage"]["conversation"], "hello");

    let pin = world
        .send(
            BOB,
            Content::Pin {
                target: MessageRef::by_id(&*mine.message_id),
                seconds: Some(86_400),
            },
        )
        .await
        .unwrap();
    let got = decoded(&world.arrives_as(BOB, &pin.message_id).await);
    assert_eq!(got["pinInChatMessage"]["type"], "PIN_FOR_ALL");

    let forwarded = account.forward(BOB, &theirs, CARL, None).await.unwrap();
    let got = decoded(&world.arrives_as(CARL, &forwarded.message_id).await);
    assert_eq!(got["extendedTextMessage"]["text"], "hello");
    assert_eq!(got["extendedTextMessage"]["contextInfo"]["isForwarded"], true);

    let revoke = account.delete(BOB, &mine.message_id, None).await.unwrap();
    let got = world.arrives_as(BOB, &revoke.message_id).await;
    assert_eq!(
        (&got["type"], &got["target"]),
        (&json!("revoke"), &json!(mine.message_id))
    );

    for refused in [
        account.edit(BOB, &theirs, "not mine", None).await,
        account.delete(BOB, &theirs, None).await,
    ] {
        assert!(matches!(refused, Err(EngineError::Conflict(_))), "{refused:?}");
    }
    let unknown = account.forward(CARL, &theirs, BOB, None).await;
    assert!(
        matches!(unknown, Err(EngineError::NotFound(_))),
        "it is in another chat: {unknown:?}"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn content_objects_of_rest_clients_arrive() {
    let world = World::start().await;
    let object = json!({
        "extendedTextMessage": { "text": "as the schema has it", "backgroundArgb": 5 },
    });
    let (content, options) =
        SendOptions::default().beside(ContentObject::parse(&object.to_string()).unwrap());
    let sent = world.send_with(BOB, content, options).await.unwrap();
    let got = decoded(&world.arrives_as(BOB, &sent.message_id).await);
    assert_eq!(got["extendedTextMessage"]["text"], "as the schema has it");

    let object = json!({
        "text": "hi", "mentions": [jid(CARL)], "contextInfo": { "isForwarded": true, "forwardingScore": 2 },
    });
    let (content, options) =
        SendOptions::default().beside(ContentObject::parse(&object.to_string()).unwrap());
    let sent = world.send_with(BOB, content, options).await.unwrap();
    let got = decoded(&world.arrives_as(BOB, &sent.message_id).await);
    let context = &got["extendedTextMessage"]["contextInfo"];
    assert_eq!(context["mentionedJid"], json!([jid(CARL)]));
    assert_eq!(
        (&context["isForwarded"], &context["forwardingScore"]),
        (&json!(true), &json!(2))
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_of_the_server_keeps_its_code() {
    let world = World::start().await;
    for code in [463, 479] {
        let fault = json!({ "action": "nack", "code": code, "number": OWN });
        world.post("/faults", &fault).await;
        let refused = world.send(BOB, text("hi")).await.unwrap_err();
        let EngineError::Rejected { code: found } = &refused else {
            panic!("{refused:?}")
        };
        assert_eq!(*found, code.to_string());
        assert!(
            refused
                .to_string()
                .starts_with(&format!("WhatsApp refused with {code}: "))
        );
    }
    world.send(BOB, text("and on")).await.unwrap();
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_hook_sends_the_same_message_whatever_it_says() {
    let world = World::start().await;
    let place = || {
        Content::Location(Location {
            latitude: 1.0,
            longitude: 2.0,
            ..Location::default()
        })
    };
    let outgoing = |n| Outgoing {
        to: BOB.to_owned(),
        content: place(),
        options: SendOptions::default(),
        key: Some(SendKey {
            event_id: "evt_1".to_owned(),
            plugin: "greeter".to_owned(),
            n,
        }),
    };
    let account = world.account();
    let first = account.send(outgoing(0)).await.unwrap();
    let again = account.send(outgoing(0)).await.unwrap();
    let other = account.send(outgoing(1)).await.unwrap();
    assert_eq!(first.message_id, again.message_id);
    assert_ne!(first.message_id, other.message_id);
    world.arrives_as(BOB, &other.message_id).await;
    let inbox = world.get(&format!("/phones/{BOB}/inbox?after=0")).await;
    assert_eq!(inbox["messages"].as_array().unwrap().len(), 2, "{inbox}");
    world.stop().await;
}
