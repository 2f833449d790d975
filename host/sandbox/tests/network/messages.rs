//! Every kind of message, both ways, and what happens to a message after it was sent.

use buffa::MessageField;
use serde_json::{Value, json};
use waproto::whatsapp as wa;
use whatsapp_rust::{Jid, PinDuration, RevokeType};

use crate::support::{ANN, BOB, Client, TestNetwork};

async fn with_client(addressing: &str) -> (TestNetwork, Client) {
    let network = TestNetwork::with_phones(addressing).await;
    let client = network.linked(ANN).await;
    (network, client)
}

fn id(sent: &Value) -> &str {
    sent["id"].as_str().unwrap()
}

fn text(words: &str) -> wa::Message {
    wa::Message {
        conversation: Some(words.to_owned()),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sends_everything_to_a_client() {
    let (network, client) = with_client("lid").await;
    let say = |content: Value| {
        let (network, client) = (&network, &client);
        async move {
            let sent = network.say(BOB, ANN, content).await;
            (id(&sent).to_owned(), client.message(id(&sent)).await.message)
        }
    };
    let (first, got) = say(json!({ "type": "text", "text": "hello" })).await;
    assert_eq!(got.conversation.as_deref(), Some("hello"));

    let (_, got) = say(json!({
        "type": "text", "text": "see @15550001001", "mentions": [ANN], "quote": first, "ephemeral": 86400,
    }))
    .await;
    let got = &got.ephemeral_message.message.extended_text_message;
    let context = &*got.context_info;
    assert_eq!(got.text.as_deref(), Some("see @15550001001"));
    assert_eq!(context.stanza_id.as_deref(), Some(first.as_str()));
    assert_eq!(context.quoted_message.conversation.as_deref(), Some("hello"));
    assert!(
        context.mentioned_jid[0].ends_with("@lid"),
        "{:?}",
        context.mentioned_jid
    );
    assert_eq!(context.expiration, Some(86400));

    let (_, got) = say(json!({
        "type": "text", "text": "https://example.test", "preview": { "url": "https://example.test", "title": "T" },
    }))
    .await;
    assert_eq!(got.extended_text_message.title.as_deref(), Some("T"));

    let (_, got) =
        say(json!({ "type": "location", "latitude": 1.5, "longitude": 2.5, "name": "here" })).await;
    assert_eq!(got.location_message.degrees_latitude, Some(1.5));
    let (_, got) = say(json!({ "type": "liveLocation", "latitude": 1, "longitude": 2, "sequence": 7 })).await;
    assert_eq!(got.live_location_message.sequence_number, Some(7));

    let (_, got) = say(json!({ "type": "contact", "name": "Carl", "number": "12025550103" })).await;
    let card = got.contact_message.vcard.as_deref().unwrap();
    assert!(card.contains("waid=12025550103:+12025550103"), "{card}");
    let cards = json!([{ "name": "A", "number": "12025550103" }, { "name": "B", "number": "12025550104" }]);
    let (_, got) = say(json!({ "type": "contacts", "contacts": cards })).await;
    assert_eq!(got.contacts_array_message.contacts.len(), 2);

    let rows = json!([{ "rows": [{ "id": "r1", "title": "one" }, { "id": "r2", "title": "two" }] }]);
    let (_, got) = say(json!({ "type": "list", "text": "choose", "button": "open", "sections": rows })).await;
    assert_eq!(got.list_message.sections[0].rows[1].row_id.as_deref(), Some("r2"));
    let (_, got) =
        say(json!({ "type": "buttons", "text": "?", "buttons": [{ "id": "y", "text": "yes" }] })).await;
    assert_eq!(got.buttons_message.buttons[0].button_id.as_deref(), Some("y"));

    let (_, got) = say(json!({ "type": "forward", "message": first })).await;
    assert_eq!(got.extended_text_message.context_info.is_forwarded, Some(true));
    let (_, got) = say(json!({ "type": "reaction", "message": first, "emoji": "👍" })).await;
    assert_eq!(got.reaction_message.text.as_deref(), Some("👍"));
    assert_eq!(got.reaction_message.key.id.as_deref(), Some(first.as_str()));
    let (_, got) = say(json!({ "type": "edit", "message": first, "text": "hello!" })).await;
    let edit = &got.protocol_message;
    assert_eq!(edit.edited_message.conversation.as_deref(), Some("hello!"));
    let (_, got) = say(json!({ "type": "pin", "message": first })).await;
    assert_eq!(got.pin_in_chat_message.key.id.as_deref(), Some(first.as_str()));
    let (_, got) = say(json!({ "type": "revoke", "message": first })).await;
    assert_eq!(got.protocol_message.key.id.as_deref(), Some(first.as_str()));

    let outbox = network.get(&format!("/phones/{BOB}/outbox")).await;
    let marks = &outbox["messages"][0];
    assert_eq!(
        (&marks["edited"], &marks["revoked"]),
        (&json!("hello!"), &json!(true)),
        "{marks}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_sends_everything_to_a_person() {
    let (network, client) = with_client("pn").await;
    let send = |message: wa::Message| {
        let (network, client) = (&network, &client);
        async move {
            let id = client.send_message(BOB, message).await;
            network.in_inbox(BOB, &id).await
        }
    };
    let hello = send(text("hello")).await;
    assert_eq!(
        (&hello["type"], &hello["text"]),
        (&json!("text"), &json!("hello"))
    );
    assert_eq!(hello["raw"]["conversation"], "hello");
    assert!(
        hello.get("media").is_none() && hello.get("poll").is_none(),
        "{hello}"
    );

    let quoting = wa::message::ExtendedTextMessage {
        text: Some("@1 yes".to_owned()),
        context_info: MessageField::some(wa::ContextInfo {
            stanza_id: Some(id(&hello).to_owned()),
            participant: Some(format!("{ANN}@s.whatsapp.net")),
            quoted_message: MessageField::some(text("hello")),
            mentioned_jid: vec![format!("{BOB}@s.whatsapp.net")],
            is_forwarded: Some(true),
            forwarding_score: Some(3),
            ..Default::default()
        }),
        ..Default::default()
    };
    let got = send(wa::Message {
        extended_text_message: MessageField::some(quoting),
        ..Default::default()
    })
    .await;
    let quoted =
        json!({ "id": id(&hello), "from": format!("{ANN}@s.whatsapp.net"), "type": "text", "text": "hello" });
    assert_eq!(got["quoted"], quoted);
    assert_eq!(got["mentions"], json!([format!("{BOB}@s.whatsapp.net")]));
    assert_eq!(got["forwarded"], 3);

    let got = send(wa::Message {
        location_message: MessageField::some(wa::message::LocationMessage {
            degrees_latitude: Some(1.5),
            degrees_longitude: Some(-2.5),
            name: Some("here".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    })
    .await;
    assert_eq!(
        got["location"],
        json!({ "latitude": 1.5, "longitude": -2.5, "name": "here" })
    );
    let got = send(wa::Message {
        contact_message: MessageField::some(wa::message::ContactMessage {
            display_name: Some("Carl".to_owned()),
            vcard: Some("BEGIN:VCARD\nTEL;waid=12025550103:+1 202 555 0103\nEND:VCARD".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    })
    .await;
    assert_eq!(got["contacts"][0]["numbers"], json!(["12025550103"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_does_to_a_message_is_marked_on_it() {
    let (network, client) = with_client("pn").await;
    let hello = client.send_message(BOB, text("hello")).await;
    let hello = network.in_inbox(BOB, &hello).await;
    let to = Jid::pn(BOB);
    let whatsapp = client.client();
    let key = wa::MessageKey {
        remote_jid: Some(to.to_string()),
        from_me: Some(true),
        id: Some(id(&hello).to_owned()),
        participant: None,
    };
    whatsapp
        .send_reaction(to.clone(), key.clone(), "🎉")
        .await
        .unwrap();
    let got = network.received(BOB, |one| one["type"] == "reaction").await;
    assert_eq!(got["reaction"], json!({ "emoji": "🎉", "message": id(&hello) }));
    whatsapp
        .pin_message(to.clone(), key, PinDuration::Days7)
        .await
        .unwrap();
    network.received(BOB, |one| one["type"] == "pin").await;
    whatsapp
        .edit_message(to.clone(), id(&hello), text("hello there"))
        .await
        .unwrap();
    let got = network.received(BOB, |one| one["type"] == "edit").await;
    assert_eq!(
        (&got["text"], &got["target"]),
        (&json!("hello there"), &hello["id"]),
        "{got}"
    );
    whatsapp
        .revoke_message(to, id(&hello), RevokeType::Sender)
        .await
        .unwrap();
    network.received(BOB, |one| one["type"] == "revoke").await;

    let now = network.in_inbox(BOB, id(&hello)).await;
    assert_eq!(now["edited"], "hello there", "{now}");
    assert_eq!((&now["revoked"], &now["pinned"]), (&json!(true), &json!(true)));
    assert_eq!(now["reactions"], json!({ ANN: "🎉" }));
}

async fn polls_and_votes(addressing: &str) {
    let (network, client) = with_client(addressing).await;
    // The person asks, the client votes.
    let poll =
        json!({ "type": "poll", "question": "tea?", "options": ["yes", "no", "later"], "selectable": 2 });
    let sent = network.say(BOB, ANN, poll).await;
    let got = client.message(id(&sent)).await;
    let secret = got.message.message_context_info.message_secret.clone().unwrap();
    let creator = got.sender.to_non_ad();
    let chosen = ["no".to_owned(), "later".to_owned()];
    client
        .client()
        .polls()
        .vote(got.chat.clone(), id(&sent), &creator, &secret, &chosen)
        .await
        .unwrap();
    let vote = network.received(BOB, |one| one["type"] == "vote").await;
    assert_eq!(
        vote["vote"],
        json!({ "poll": sent["id"], "options": ["no", "later"] })
    );
    let outbox = network.get(&format!("/phones/{BOB}/outbox")).await;
    assert_eq!(outbox["messages"][0]["votes"], json!({ ANN: ["no", "later"] }));

    // The client asks, the person votes.
    let options = ["a".to_owned(), "b".to_owned()];
    let (asked, secret) = client
        .client()
        .polls()
        .create(got.chat.clone(), "which?", &options, 1)
        .await
        .unwrap();
    let at_bob = network.in_inbox(BOB, &asked.message_id).await;
    assert_eq!(
        at_bob["poll"],
        json!({ "question": "which?", "options": ["a", "b"], "selectable": 1 })
    );
    let (status, wrong) = network
        .post(
            &format!("/phones/{BOB}/messages"),
            &json!({ "to": ANN, "content": { "type": "vote", "poll": asked.message_id, "options": ["c"] } }),
        )
        .await;
    assert_eq!(
        (status, wrong["field"].as_str()),
        (400, Some("content.options")),
        "{wrong}"
    );
    let vote = json!({ "type": "vote", "poll": asked.message_id, "options": ["b"] });
    let sent = network.say(BOB, ANN, vote).await;
    assert_eq!(sent["vote"]["options"], json!(["b"]));
    let got = client.message(id(&sent)).await;
    let update = &*got.message.poll_update_message;
    let voter = got.sender.to_non_ad().to_string();
    let own =
        network.get("/state").await["phones"][0][if addressing == "lid" { "lid" } else { "jid" }].clone();
    let hashes = wacore::poll::decrypt_poll_vote_with_secret(
        wacore::poll::PollVoteCiphertext {
            enc_payload: update.vote.enc_payload.as_deref().unwrap(),
            enc_iv: update.vote.enc_iv.as_deref().unwrap(),
        },
        &secret,
        &asked.message_id,
        own.as_str().unwrap(),
        &voter,
    )
    .unwrap();
    assert_eq!(hashes, [wacore::poll::compute_option_hash("b").to_vec()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn polls_and_votes_by_number() {
    polls_and_votes("pn").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn polls_and_votes_by_lid() {
    polls_and_votes("lid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_choose_out_of_lists_and_buttons_among_themselves() {
    let network = TestNetwork::with_phones("pn").await;
    let rows = json!([{ "rows": [{ "id": "r1", "title": "one" }] }]);
    let list = json!({ "type": "list", "text": "choose", "button": "open", "sections": rows });
    let list = network.say(BOB, ANN, list).await;
    let buttons = json!({ "type": "buttons", "text": "?", "buttons": [{ "id": "y", "text": "yes" }] });
    let buttons = network.say(BOB, ANN, buttons).await;
    for (message, choice, text) in [(&list, "r1", "one"), (&buttons, "y", "yes")] {
        let content = json!({ "type": "choice", "message": message["id"], "id": choice });
        let sent = network.say(ANN, BOB, content).await;
        let got = network.in_inbox(BOB, id(&sent)).await;
        assert_eq!(
            (&got["choice"], &got["text"]),
            (&json!(choice), &json!(text)),
            "{got}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_refused_by_field() {
    let network = TestNetwork::with_phones("pn").await;
    let sent = network
        .say(ANN, BOB, json!({ "type": "text", "text": "x" }))
        .await;
    let path = format!("/phones/{BOB}/messages");
    let cases = [
        (
            json!({ "type": "text", "text": "x", "quote": "NO" }),
            "content.quote",
        ),
        (
            json!({ "type": "edit", "message": sent["id"], "text": "x" }),
            "content.message",
        ),
        (
            json!({ "type": "vote", "poll": sent["id"], "options": [] }),
            "content.poll",
        ),
        (json!({ "type": "image", "data": "#" }), "content.data"),
        (json!({ "type": "image", "bytes": 1_u64 << 40 }), "content.bytes"),
        (
            json!({ "type": "reaction", "message": sent["id"], "emoji": "x", "quote": sent["id"] }),
            "content.type",
        ),
        (
            json!({ "type": "text", "text": "x", "mentions": ["12025550199"] }),
            "content.mentions",
        ),
        (json!({ "type": "raw", "proto": "!" }), "content.proto"),
    ];
    for (content, field) in cases {
        let (status, answer) = network
            .post(&path, &json!({ "to": ANN, "content": content }))
            .await;
        assert_eq!(
            (status, answer["field"].as_str()),
            (400, Some(field)),
            "{content}: {answer}"
        );
    }
    let media = network.get("/media").await;
    assert_eq!(media["files"], json!([]), "nothing was left on the media host");
}
