//! The live stream: nothing is missed and nothing comes twice, whatever ends in between.

use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_websockets::{ClientBuilder, MaybeTlsStream, Message, WebSocketStream};
use wagate_e2e::{Caller, EventStream, Gateway, Network};

use crate::WAGATE;

const KEY: &str = wagate_e2e::gateway::ADMIN_KEY;
const SOON: Duration = Duration::from_secs(30);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

fn texts(events: &[wagate_e2e::stream::Block]) -> Vec<String> {
    let text = |data: &Value| data["data"]["content"].as_str().unwrap_or_default().to_owned();
    events.iter().map(|block| text(&block.data)).collect()
}

#[tokio::test]
async fn a_reader_resumes_over_a_killed_gateway_without_gap_or_double() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025559301", "pn").await;
    let contact = network.phone("12025559302", "pn").await;
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    let url = |gateway: &Gateway| gateway.url("/api/events?sessions=shop&events=message.received");
    let mut stream = EventStream::open(&url(&gateway), KEY, None)
        .await
        .expect("it opens");
    assert_eq!(
        stream.next(SOON).await.expect("a first word").event,
        "stream.open"
    );

    let mut seen = Vec::new();
    for round in 0..3 {
        for n in 0..20 {
            contact
                .write(&owner.jid, &format!("round {round} message {n}"))
                .await;
        }
        // Read a part, and lose the rest with the gateway.
        seen.extend(stream.events(7, SOON).await);
        let cursor = stream.cursor.clone().expect("a cursor");
        gateway.kill();
        drop(stream);
        gateway.start_again();
        gateway.wait_status("shop", "CONNECTED").await;
        stream = EventStream::open(&url(&gateway), KEY, Some(&cursor))
            .await
            .expect("it opens again");
        seen.extend(stream.events(20 - 7, SOON).await);
    }
    let expected: Vec<String> = (0..3)
        .flat_map(|round| (0..20).map(move |n| format!("round {round} message {n}")))
        .collect();
    assert_eq!(texts(&seen), expected);
    let sequences: Vec<i64> = seen
        .iter()
        .map(|block| block.data["sequence"].as_i64().unwrap_or(0))
        .collect();
    assert!(
        sequences.windows(2).all(|pair| pair[0] < pair[1]),
        "{sequences:?}"
    );
}

#[tokio::test]
async fn filters_bad_cursors_and_strangers_are_told_apart() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025559311", "pn").await;
    let contact = network.phone("12025559312", "pn").await;
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    for (path, key, status) in [
        ("/api/events?after=nonsense", KEY, 400),
        ("/api/events?events=message", KEY, 400),
        ("/api/events?sessions=nobody", KEY, 404),
        ("/api/events", "wag_nobody", 401),
    ] {
        let refused = EventStream::open(&gateway.url(path), key, None).await;
        assert_eq!(refused.err(), Some(status), "{path}");
    }
    let chats = format!("/api/events?events=message.*&chats={}", contact.jid);
    let mut of_chat = EventStream::open(&gateway.url(&chats), KEY, None)
        .await
        .expect("it opens");
    let other = "/api/events?events=message.*&chats=12025559999@s.whatsapp.net";
    let mut of_nobody = EventStream::open(&gateway.url(other), KEY, None)
        .await
        .expect("it opens");
    contact.write(&owner.jid, "hello").await;
    let events = of_chat.events(1, SOON).await;
    assert_eq!(texts(&events), ["hello"]);
    assert_eq!(events[0].data["sessionId"], "shop");
    assert_eq!(of_nobody.events(1, Duration::from_millis(300)).await.len(), 0);
    // A gateway that stops says so, and does not wait for its readers.
    assert!(gateway.terminate().success());
    let last = loop {
        match of_chat.next(SOON).await {
            Some(block) => {
                if block.event == "stream.end" {
                    break block;
                }
            }
            None => panic!("the stream ended without a word"),
        }
    };
    assert_eq!(last.data["reason"], "closing");
}

async fn end_of(stream: &mut EventStream) -> String {
    loop {
        let block = stream.next(SOON).await.expect("the stream says why it ends");
        if block.event == "stream.end" {
            return block.data["reason"].as_str().expect("a reason").to_owned();
        }
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_right_to_read_it() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025559321", "pn").await;
    let contact = network.phone("12025559322", "pn").await;
    let gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    let (_, ann) = admin.make_user("ann", "OWNER").await;
    let (ben_id, ben) = admin.make_user("ben", "OWNER").await;
    gateway.pair("shop", &owner).await;
    let share = json!({ "email": "ben@example.test" });
    assert_eq!(admin.post("/api/sessions/shop/access", share).await.status, 201);
    let open = async |caller: &Caller, query: &str| {
        let url = gateway.url(&format!("/api/events{query}"));
        EventStream::open(&url, caller.key.as_deref().expect("a key"), None).await
    };

    // Whoever has no access sees nothing, and is refused where they name the session.
    assert_eq!(open(&ann, "?sessions=shop").await.err(), Some(403));
    let mut of_ann = open(&ann, "?events=message.*").await.expect("it opens");
    let mut of_ben = open(&ben, "?sessions=shop&events=message.*")
        .await
        .expect("it opens");
    let mut all_of_ben = open(&ben, "?events=message.*").await.expect("it opens");
    contact.write(&owner.jid, "hello").await;
    assert_eq!(texts(&of_ben.events(1, SOON).await), ["hello"]);
    assert_eq!(texts(&all_of_ben.events(1, SOON).await), ["hello"]);
    assert_eq!(of_ann.events(1, Duration::from_millis(300)).await.len(), 0);

    let revoked = json!({ "userId": ben_id });
    let answer = admin
        .call(Method::DELETE, "/api/sessions/shop/access", Some(revoked))
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(end_of(&mut of_ben).await, "revoked");
    contact.write(&owner.jid, "not for ben").await;
    assert_eq!(all_of_ben.events(1, Duration::from_millis(500)).await.len(), 0);

    // A key that ends, and one that is deleted.
    #[expect(
        clippy::disallowed_methods,
        reason = "the gateway under test lives by the clock of this machine"
    )]
    let soon = chrono::Utc::now() + chrono::Duration::seconds(4);
    let short = admin
        .make_key(json!({ "expiresAt": soon.to_rfc3339(), "scopes": ["read"] }))
        .await;
    let mut of_short = open(&short, "").await.expect("it opens");
    assert_eq!(end_of(&mut of_short).await, "revoked");
    assert_eq!(open(&short, "").await.err(), Some(401));
    let sender = admin.make_key(json!({ "scopes": ["send"] })).await;
    assert_eq!(
        open(&sender, "").await.err(),
        Some(403),
        "it is no key to read with"
    );
    let mut of_key = open(&ann, "").await.expect("it opens");
    assert_eq!(ann.post("/api/user/api-key", json!({})).await.status, 200);
    assert_eq!(end_of(&mut of_key).await, "revoked");
}

#[tokio::test]
async fn notifications_and_changes_of_plugins_are_told_to_those_they_are_for() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    let (ann_id, ann) = admin.make_user("ann", "OWNER").await;
    let key = ann.post("/api/user/api-key", json!({})).await.body["data"]["apiKey"].clone();
    let key = key.as_str().expect("a key");
    let url = gateway.url("/api/events");
    let mut of_ann = EventStream::open(&url, key, None).await.expect("it opens");
    let mut of_admin = EventStream::open(&url, KEY, None).await.expect("it opens");
    let words = "/api/events?events=message.*,notification.created";
    let mut of_words = EventStream::open(&gateway.url(words), KEY, None)
        .await
        .expect("it opens");
    for stream in [&mut of_ann, &mut of_admin, &mut of_words] {
        assert_eq!(
            stream.next(SOON).await.expect("a first word").event,
            "stream.open"
        );
    }

    admin.post("/api/plugins/autoreply/disable", json!({})).await;
    let told = of_admin.events(1, SOON).await.remove(0);
    assert_eq!(told.event, "plugin.changed");
    assert_eq!(told.id, None, "it is in no log");
    assert_eq!(told.data["sessionId"], Value::Null);
    assert_eq!(
        (&told.data["data"]["name"], &told.data["data"]["state"]),
        (&json!("autoreply"), &json!("disabled"))
    );

    for (user, title) in [(json!(ann_id), "for Ann"), (Value::Null, "for everybody")] {
        let note = json!({
            "title": title, "message": "x", "targetUserId": user, "broadcast": user.is_null(),
        });
        let made = admin.post("/api/notifications", note).await;
        assert!(made.status < 300, "{}", made.text);
    }
    let titles = |events: Vec<wagate_e2e::stream::Block>| -> Vec<String> {
        let title = |block: &wagate_e2e::stream::Block| {
            assert_eq!(block.event, "notification.created");
            block.data["data"]["title"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        events.iter().map(title).collect()
    };
    assert_eq!(titles(of_ann.events(2, SOON).await), ["for Ann", "for everybody"]);
    assert_eq!(titles(of_admin.events(1, SOON).await), ["for everybody"]);
    assert_eq!(titles(of_words.events(1, SOON).await), ["for everybody"]);

    // A new plugin is compiled first.
    let plugins = gateway.config_dir().join("plugins");
    std::fs::write(
        plugins.join("example.wasm"),
        never_compiled("tests/goldens/1.0/example.wasm"),
    )
    .expect("a file");
    std::fs::write(plugins.join("example.toml"), "enabled = true\n").expect("a file");
    let mut states = Vec::new();
    while states.last() != Some(&json!("running")) {
        let told = of_admin.events(1, SOON).await.remove(0).data["data"].clone();
        assert_eq!(told["name"], "example", "{told}");
        states.push(told["state"].clone());
    }
    // Between the two files it may have been refused.
    states.retain(|state| state != "refused");
    assert_eq!(states, ["compiling", "running"]);
}

/// A component with something in it that nobody reads, so that no cache has it.
fn never_compiled(file: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    let mut wasm = std::fs::read(path).expect("a component");
    let chance = RandomState::new().hash_one(0);
    // A custom section: its kind, its size, and its name with its length.
    wasm.extend([0, 10, 1, b'n']);
    wasm.extend(chance.to_le_bytes());
    wasm
}

#[tokio::test]
async fn how_far_a_broadcast_is_comes_with_the_live_stream() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025559321", "pn").await;
    let contacts = [
        network.phone("12025559322", "pn").await,
        network.phone("12025559323", "pn").await,
    ];
    let gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    let url = gateway.url("/api/events?sessions=shop&events=broadcast.progress");
    let mut stream = EventStream::open(&url, KEY, None).await.expect("it opens");
    let recipients = contacts
        .iter()
        .map(|contact| contact.jid.clone())
        .collect::<Vec<_>>();
    let started = gateway
        .post(
            "/api/messages/shop/broadcast",
            json!({ "recipients": recipients, "message": "We open at nine", "delay": 1 }),
        )
        .await;
    let id = started["data"]["broadcastId"].clone();
    // It starts, a recipient, the other one, the end.
    let told = stream.events(4, SOON).await;
    let facts: Vec<Value> = told
        .iter()
        .map(|block| {
            let data = &block.data["data"];
            assert_eq!(
                (block.event.as_str(), &data["broadcastId"]),
                ("broadcast.progress", &id)
            );
            json!([data["status"], data["sent"], data["progress"]])
        })
        .collect();
    assert_eq!(
        json!(facts),
        json!([
            ["running", 0, 0],
            ["running", 1, 50],
            ["running", 2, 100],
            ["completed", 2, 100]
        ])
    );
    for contact in &contacts {
        assert_eq!(contact.received(1).await[0]["text"], "We open at nine");
    }
    let shown = gateway
        .get(&format!(
            "/api/messages/shop/broadcast/history/{}",
            id.as_str().expect("an id")
        ))
        .await;
    assert_eq!(shown["data"]["progress"], 100, "{shown}");
}

/// The next thing it says in words.
async fn said(socket: &mut Socket) -> Value {
    let next = async {
        loop {
            let message = socket.next().await.expect("it is open").expect("it is whole");
            if let Some(text) = message.as_text() {
                return serde_json::from_str(text).expect("JSON");
            }
        }
    };
    timeout(SOON, next).await.expect("it says something")
}

#[tokio::test]
async fn a_websocket_goes_on_whatever_the_reader_says_and_however_quiet_it_is() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025559331", "pn").await;
    let contact = network.phone("12025559332", "pn").await;
    let gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    let url = gateway
        .url("/api/events/ws?sessions=shop&events=message.received")
        .replacen("http", "ws", 1);
    let (mut socket, _) = ClientBuilder::new()
        .uri(&url)
        .expect("an address")
        .add_header(
            "x-api-key".parse().expect("a name"),
            KEY.parse().expect("a value"),
        )
        .expect("a header that may be set")
        .connect()
        .await
        .expect("it opens");
    assert_eq!(said(&mut socket).await["event"], "stream.open");

    for message in [Message::ping("x"), Message::text("hello"), Message::pong("y")] {
        socket.send(message).await.expect("it takes what the reader says");
        contact.write(&owner.jid, "one").await;
        assert_eq!(said(&mut socket).await["data"]["data"]["content"], "one");
    }
    let quiet = async {
        loop {
            let message = socket.next().await.expect("it is open").expect("it is whole");
            assert!(!message.is_close());
            if message.is_ping() {
                return;
            }
        }
    };
    timeout(SOON, quiet).await.expect("a sign of life");
    contact.write(&owner.jid, "two").await;
    assert_eq!(said(&mut socket).await["data"]["data"]["content"], "two");
}
