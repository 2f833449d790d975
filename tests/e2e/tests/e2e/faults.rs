//! Every fault the network can have, and what the gateway does: the session's state and its cause, the answer to the REST
//! client, and how it recovers. Nothing that was acknowledged is lost or doubled.
//!
//! | fault | what the gateway does | test |
//! |--|--|--|
//! | a message to us is dropped | comes at the next login | [`incoming`] |
//! | ... delayed, or overtaken | stored in the order of arrival | [`incoming`] |
//! | ... doubled | one row, one event | [`incoming`] |
//! | our message is dropped | 504 after 15 s, or as soon as the connection ends; under its `Idempotency-Key` it is sent again | [`outgoing`] |
//! | its acknowledgement is dropped | 200 once a recipient has it | [`outgoing`] |
//! | ours is delayed, doubled, overtaken | 200 each; arrives once | [`outgoing`] |
//! | the connection ends before our message is taken, or after | 504 at once; the same key is the same message | [`outgoing`] |
//! | the connection is cut; 503 | `CONNECTING`, `connection-lost`; back in a second or two | [`endings`] |
//! | 515 | back at once, no change of state | [`endings`] |
//! | 429 | `CONNECTING`, `rate-limited`; 503 to REST clients; back after 8 s, later the next time | [`endings`] |
//! | replaced | `DISCONNECTED`, `replaced`, until somebody starts it | [`ends_for_good`] |
//! | temporary ban, with an end or without | `DISCONNECTED`, `banned: ..`, until somebody starts it | [`ends_for_good`] |
//! | client outdated | `DISCONNECTED`, `client-outdated`, until somebody starts it | [`ends_for_good`] |
//! | a login is refused otherwise (503, 409) | `CONNECTING`, `login-refused: ..`; tried again, at most once a minute | [`refused_logins`] |
//! | removed | `LOGGED_OUT`, `logged-out: ..`; a start shows a QR | [`removed`] |
//! | a passkey is demanded | `SCAN_QR`, `passkey-required`, event `session.passkey`, `GET /passkey` tells what is asked | [`passkey`] |
//! | 463, 479 and other nacks | 409 (429 for 429) with a code, `message.status` FAILED; the next one leaves | `sends::a_refusal_of_whatsapp_has_a_code` |
//! | an undecryptable message, to us or from us | asked for again (`message.undecryptable` says so), or sent again: once at the other end | [`unreadable`] |
//! | stale prekeys, ours or theirs | the same | [`unreadable`] |
//! | media 404, 410 | asked for again at the phone; lost: 404 | `media::what_expired_is_asked_for_again_and_what_is_lost_is_not_there` |
//! | slow media | the message is told at once, a request for the file waits for it | [`files`] |
//! | the media host fails | down: 503, the next request tries again; up: 503, nothing is sent; cut: sent once more | [`files`] |
//! | the network restarts with what it knew | sessions come back, what waited leaves | `storm`, `sends::what_waits_survives_a_kill_and_arrives_in_order` |

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use wagate_e2e::gateway::ADMIN_KEY;
use wagate_e2e::{Gateway, Network, Phone, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(30);
/// Less than a send waits for an acknowledgement.
const AT_ONCE: Duration = Duration::from_secs(8);

/// A session, its owner, and somebody who writes with it.
struct Line<'n> {
    network: &'n Network,
    gateway: &'n Gateway,
    slug: &'static str,
    owner: Phone<'n>,
    contact: Phone<'n>,
}

impl<'n> Line<'n> {
    /// Linked. The last digits of the owner's number are even.
    async fn new(
        network: &'n Network,
        gateway: &'n Gateway,
        slug: &'static str,
        addressing: &str,
        number: u32,
    ) -> Self {
        let line = Self {
            network,
            gateway,
            slug,
            owner: network.phone(&format!("1202555{number}"), addressing).await,
            contact: network.phone(&format!("1202555{}", number + 1), addressing).await,
        };
        gateway.pair(slug, &line.owner).await;
        // Shown a moment before it is told.
        line.until(0, "CONNECTED").await;
        line
    }

    /// Asks for a fault of this account.
    async fn fault(&self, mut fault: Value) -> Value {
        fault["number"] = json!(self.owner.number);
        self.network.tell("/faults", &fault).await
    }

    async fn write(&self, text: &str) {
        self.contact.write(&self.owner.jid, text).await;
    }

    /// Waits until the contact's messages are these, in this order, and are told so, once each.
    async fn has(&self, texts: &[&str]) {
        eventually(&format!("{}: {texts:?}", self.slug), SOON, async || {
            let stored = self.gateway.stored_texts(&self.contact.jid, false).await;
            (stored == texts).then_some(())
        })
        .await;
        let told = self.gateway.events_of(self.slug, "message.received").await;
        let told: Vec<&str> = told
            .iter()
            .filter(|event| event["chat"] == self.contact.jid.as_str())
            .map(|event| event["content"].as_str().unwrap_or_default())
            .collect();
        assert_eq!(told, texts, "{}", self.slug);
    }

    /// Sends; status, answer, and how long it took. What is sent twice under one text is one message.
    async fn send(&self, text: &str) -> (u16, Value, Duration) {
        let began = Instant::now();
        let path = format!("/api/messages/{}/{}/send", self.slug, self.contact.number);
        let answer = reqwest::Client::new()
            .post(self.gateway.url(&path))
            .header("X-API-Key", ADMIN_KEY)
            .header("Idempotency-Key", text)
            .json(&json!({ "message": { "text": text } }))
            .send()
            .await
            .expect("the gateway answers");
        let status = answer.status().as_u16();
        let body = answer.json().await.unwrap_or(Value::Null);
        (status, body, began.elapsed())
    }

    /// Sends what has to be accepted; gives back its id.
    async fn sends(&self, text: &str) -> String {
        let (status, body, _) = self.send(text).await;
        assert_eq!(status, 200, "{text}: {body}");
        body["data"]["key"]["id"].as_str().expect("an id").to_owned()
    }

    /// Statuses and causes so far.
    async fn states(&self) -> Vec<(String, String)> {
        let told = self.gateway.events_of(self.slug, "session.status").await;
        let text = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
        told.iter()
            .map(|event| (text(event, "status"), text(event, "cause")))
            .collect()
    }

    /// What the session went through after `before` states, once it is in this one.
    async fn until(&self, before: usize, wanted: &str) -> Vec<(String, String)> {
        eventually(&format!("{} is {wanted}", self.slug), SOON, async || {
            let mut states = self.states().await;
            let new = states.split_off(before.min(states.len()));
            let is_there = new.last().is_some_and(|(status, _)| status == wanted);
            is_there.then_some(new)
        })
        .await
    }

    async fn start(&self) {
        let path = format!("/api/sessions/{}/start", self.slug);
        self.gateway.post(&path, json!({})).await;
    }

    /// Waits until a message of ours is in this status.
    async fn wait_message(&self, id: &str, wanted: &str) {
        eventually(&format!("{id} is {wanted}"), SOON, async || {
            let messages = self.gateway.messages(self.slug, &self.contact.jid).await;
            let message = messages.iter().find(|message| message["keyId"] == id)?;
            (message["status"] == wanted).then_some(())
        })
        .await;
    }

    /// Waits until a fault has struck.
    async fn struck(&self, fault: &Value) {
        eventually("the fault has struck", SOON, async || {
            let faults = self.network.get("/faults").await;
            let list = faults["faults"].as_array().expect("a list");
            let found = list.iter().find(|one| one["id"] == fault["id"])?;
            (found["spent"] == true).then_some(())
        })
        .await;
    }
}

fn state(status: &str, cause: &str) -> (String, String) {
    (status.to_owned(), cause.to_owned())
}

async fn incoming(line: &Line<'_>) {
    let to_us = |action: &str, more: Value| {
        let mut fault = json!({ "action": action, "direction": "toClient", "tag": "message" });
        for (name, value) in more.as_object().expect("an object") {
            fault[name] = value.clone();
        }
        fault
    };
    line.write("before").await;
    line.has(&["before"]).await;
    line.fault(to_us("drop", json!({}))).await;
    line.write("lost").await;
    line.write("next").await;
    line.has(&["before", "next"]).await;
    line.fault(json!({ "action": "close" })).await;
    line.has(&["before", "next", "lost"]).await;

    line.fault(to_us("duplicate", json!({}))).await;
    line.write("doubled").await;
    line.fault(to_us("delay", json!({ "delayMs": 200 }))).await;
    line.write("late").await;
    let so_far = ["before", "next", "lost", "doubled", "late"];
    line.has(&so_far).await;
    line.fault(to_us("reorder", json!({ "withinMs": 20_000 }))).await;
    line.write("overtaken").await;
    line.write("overtakes").await;
    line.has(&[&so_far[..], &["overtakes", "overtaken"]].concat())
        .await;
}

async fn outgoing(line: &Line<'_>) {
    let ours = |action: &str, more: Value| {
        let mut fault = json!({ "action": action, "direction": "fromClient", "tag": "message" });
        for (name, value) in more.as_object().expect("an object") {
            fault[name] = value.clone();
        }
        fault
    };
    let connected = async |before| line.until(before, "CONNECTED").await;
    line.sends("first").await;
    let dropped = line.fault(ours("drop", json!({}))).await;
    let lost = line.send("lost");
    let meanwhile = async {
        line.struck(&dropped).await;
        // Its acknowledgement is lost. That somebody has it says that the server took it.
        line.fault(json!({ "action": "drop", "direction": "toClient", "tag": "ack" }))
            .await;
        let (status, body, took) = line.send("unconfirmed").await;
        assert_eq!(status, 200, "{body}");
        assert!(took < AT_ONCE, "{took:?}");
        let id = body["data"]["key"]["id"].as_str().expect("an id");
        line.wait_message(id, "DELIVERED").await;
        let path = format!("/api/sessions/{}/sends/{id}", line.slug);
        eventually("it is known to be sent", SOON, async || {
            (line.gateway.get(&path).await["data"]["state"] == "sent").then_some(())
        })
        .await;

        line.fault(ours("duplicate", json!({}))).await;
        line.sends("doubled").await;
        line.fault(ours("delay", json!({ "delayMs": 200 }))).await;
        let (status, _, took) = line.send("late").await;
        assert!(status == 200 && took >= Duration::from_millis(200), "{took:?}");
        line.fault(ours("reorder", json!({ "withinMs": 20_000 }))).await;
        tokio::join!(line.sends("overtaken"), line.sends("overtakes"));

        // Cut before it is taken, and after: either way nobody says so, and the same key is the same message.
        let mut ids = Vec::new();
        for when in ["before", "after"] {
            let before = line.states().await.len();
            line.fault(ours("close", json!({ "when": when }))).await;
            let (status, body, took) = line.send(when).await;
            assert_eq!(status, 504, "{body}");
            assert!(took < AT_ONCE, "{took:?}");
            connected(before).await;
            ids.push(line.sends(when).await);
        }
        line.wait_message(&ids[1], "DELIVERED").await;
    };
    let ((status, body, _), ()) = tokio::join!(lost, meanwhile);
    assert_eq!(status, 504, "{body}");
    line.sends("lost").await;
    let wanted = [
        "after",
        "before",
        "doubled",
        "first",
        "late",
        "lost",
        "overtaken",
        "overtakes",
        "unconfirmed",
    ];
    let got = line.contact.received(wanted.len()).await;
    let mut texts: Vec<&str> = got
        .iter()
        .map(|message| message["text"].as_str().unwrap_or_default())
        .collect();
    texts.sort_unstable();
    assert_eq!(texts, wanted, "each once");
}

async fn endings(line: &Line<'_>) {
    let cases = [
        ("cut", json!({ "action": "close" }), Some("connection-lost")),
        (
            "503",
            json!({ "action": "streamError", "code": 503 }),
            Some("connection-lost"),
        ),
        ("515", json!({ "action": "streamError", "code": 515 }), None),
        (
            "429",
            json!({ "action": "streamError", "code": 429 }),
            Some("rate-limited"),
        ),
    ];
    let mut texts = Vec::new();
    for (name, fault, cause) in cases {
        let before = line.states().await.len();
        assert_eq!(line.fault(fault).await["ended"], 1, "{name}");
        if let Some(cause) = cause {
            if name == "429" {
                line.until(before, "CONNECTING").await;
                let (status, body, _) = line.send("too much").await;
                assert_eq!(status, 503, "{body}");
            }
            line.write(name).await;
            let states = line.until(before, "CONNECTED").await;
            assert_eq!(
                states,
                [state("CONNECTING", cause), state("CONNECTED", "")],
                "{name}"
            );
        } else {
            line.write(name).await;
        }
        texts.push(name);
        line.has(&texts).await;
    }
}

/// Ends the connection, and waits for what becomes of the session; gives back what it went through.
async fn ends(line: &Line<'_>, fault: Value, wanted: &str) -> Vec<(String, String)> {
    let before = line.states().await.len();
    let is_login = fault["action"] == "loginFailure";
    line.fault(fault).await;
    if is_login {
        line.fault(json!({ "action": "close" })).await;
    }
    line.until(before, wanted).await
}

async fn ends_for_good(line: &Line<'_>) {
    let login = |more: Value| {
        let mut fault = json!({ "action": "loginFailure" });
        for (name, value) in more.as_object().expect("an object") {
            fault[name] = value.clone();
        }
        fault
    };
    let cases = [
        (
            "replaced",
            json!({ "action": "streamError", "conflict": "replaced" }),
            "replaced",
        ),
        (
            "banned",
            login(json!({ "reason": 402, "code": 101, "expire": 3600 })),
            "banned: SentToTooManyPeople for 3600 s",
        ),
        (
            "banned without an end",
            login(json!({ "reason": 402 })),
            "banned: no end was named",
        ),
        ("outdated", login(json!({ "reason": 405 })), "client-outdated"),
    ];
    let mut texts = Vec::new();
    for (name, fault, cause) in cases {
        let states = ends(line, fault, "DISCONNECTED").await;
        assert_eq!(states.last(), Some(&state("DISCONNECTED", cause)), "{name}");
        let (status, shown) = line.gateway.state_of(line.slug).await;
        assert_eq!((status.as_str(), shown.as_deref()), ("DISCONNECTED", Some(cause)));
        let (status, body, _) = line.send(name).await;
        assert_eq!(status, 503, "{name}: {body}");
        line.write(name).await;
        let before = line.states().await.len();
        line.start().await;
        line.until(before, "CONNECTED").await;
        texts.push(name);
        line.has(&texts).await;
    }
}

async fn refused_logins(line: &Line<'_>) {
    let mut texts = Vec::new();
    for (reason, name) in [(503, "ServiceUnavailable"), (409, "BadUserAgent")] {
        line.write(name).await;
        texts.push(name);
        let fault = json!({ "action": "loginFailure", "reason": reason });
        let states = ends(line, fault, "CONNECTED").await;
        let cause = format!("login-refused: {name}");
        assert!(states.contains(&state("CONNECTING", &cause)), "{states:?}");
        line.has(&texts).await;
    }
}

async fn removed(line: &Line<'_>) {
    line.write("before").await;
    line.has(&["before"]).await;
    let fault = json!({ "action": "streamError", "conflict": "device_removed" });
    let states = ends(line, fault, "LOGGED_OUT").await;
    assert!(states[0].1.starts_with("logged-out"), "{states:?}");
    let (status, body, _) = line.send("nobody is linked").await;
    assert_eq!(status, 503, "{body}");
    line.start().await;
    line.owner.scan(&line.gateway.qr(line.slug).await).await;
    line.gateway.wait_status(line.slug, "CONNECTED").await;
    line.write("linked again").await;
    line.has(&["before", "linked again"]).await;
}

async fn passkey(network: &Network, gateway: &Gateway) {
    let owner = network.phone("12025558092", "pn").await;
    network
        .tell("/faults", &json!({ "action": "passkey", "number": owner.number }))
        .await;
    gateway.create_session("passkey").await;
    let scan = format!("/phones/{}/scan", owner.number);
    let qr = gateway.qr("passkey").await;
    let (status, answer) = network.post(&scan, &json!({ "qr": qr })).await;
    assert_eq!(status, 409, "{answer}");
    eventually("the cause is told", SOON, async || {
        let (status, cause) = gateway.state_of("passkey").await;
        (status == "SCAN_QR" && cause.as_deref() == Some("passkey-required")).then_some(())
    })
    .await;
    let asked = gateway.get("/api/sessions/passkey/passkey").await;
    assert_eq!(asked["data"]["stage"], "assertion", "{asked}");
    assert!(asked["data"]["options"]["challenge"].is_string(), "{asked}");
    eventually("it is told", SOON, async || {
        let told = gateway.events_of("passkey", "session.passkey").await;
        (told == [json!({ "stage": "assertion" })]).then_some(())
    })
    .await;
    let wrong = json!({ "confirm": true });
    let path = "/api/sessions/passkey/passkey";
    let (status, body) = gateway.call(Method::POST, path, Some(wrong)).await;
    assert_eq!(status, 400, "{body}");
    // Whoever has no passkey begins anew, perhaps with an account that wants none.
    gateway.post("/api/sessions/passkey/restart", json!({})).await;
    eventually("the network accepts another code", SOON, async || {
        let (status, body) = gateway.call(Method::GET, "/api/sessions/passkey/qr", None).await;
        let fresh = body["qr"]
            .as_str()
            .filter(|fresh| status == 200 && *fresh != qr)?;
        let (status, _) = network.post(&scan, &json!({ "qr": fresh })).await;
        (status < 300).then_some(())
    })
    .await;
    gateway.wait_status("passkey", "CONNECTED").await;
    assert_eq!(gateway.state_of("passkey").await.1, None);
}

async fn unreadable(line: &Line<'_>) {
    line.write("before").await;
    line.has(&["before"]).await;
    line.fault(json!({ "action": "undecryptable", "direction": "toClient" }))
        .await;
    line.write("broken on its way").await;
    line.has(&["before", "broken on its way"]).await;
    line.sends("before, too").await;
    line.fault(json!({ "action": "undecryptable", "direction": "fromClient" }))
        .await;
    let id = line.sends("broken on its way out").await;
    line.wait_message(&id, "DELIVERED").await;
    let got = line.contact.received(2).await;
    assert_eq!(
        (&got[1]["text"], &got[1]["copies"]),
        (&json!("broken on its way out"), &json!(1))
    );

    // A key that its owner no longer has, at the first message between two: ours, and somebody else's.
    let stranger = line.network.phone("12025558093", "pn").await;
    line.fault(json!({ "action": "stalePrekeys", "device": 1 })).await;
    stranger.write(&line.owner.jid, "with a stale key").await;
    eventually("it arrives", SOON, async || {
        let stored = line.gateway.stored_texts(&stranger.jid, false).await;
        (stored == ["with a stale key"]).then_some(())
    })
    .await;
    let other = line.network.phone("12025558094", "pn").await;
    let stale = json!({ "action": "stalePrekeys", "number": other.number });
    let stale = line.network.tell("/faults", &stale).await;
    line.gateway
        .send(line.slug, &other.number, "with their stale key")
        .await;
    line.struck(&stale).await;
    let got = other.received(1).await;
    assert_eq!(
        (&got[0]["text"], &got[0]["copies"]),
        (&json!("with their stale key"), &json!(1))
    );
}

/// Sends a file; status and answer.
async fn upload(line: &Line<'_>, bytes: &[u8]) -> (u16, Value) {
    let mut body =
        b"--BORDER\r\ncontent-disposition: form-data; name=\"type\"\r\n\r\ndocument\r\n--BORDER\r\n\
        content-disposition: form-data; name=\"file\"; filename=\"paper.bin\"\r\n\
        content-type: application/octet-stream\r\n\r\n"
            .to_vec();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--BORDER--\r\n");
    let path = format!("/api/messages/{}/{}/media", line.slug, line.contact.number);
    let answer = reqwest::Client::new()
        .post(line.gateway.url(&path))
        .header("X-API-Key", ADMIN_KEY)
        .header("content-type", "multipart/form-data; boundary=BORDER")
        .body(body)
        .send()
        .await
        .expect("the gateway answers");
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or(Value::Null))
}

async fn files(line: &Line<'_>) {
    const BYTES: u64 = 60_000;
    let host = async |faults: Value| line.network.put("/media/faults", &faults).await;
    let url = async |id: &str| {
        eventually(&format!("{id} is told"), SOON, async || {
            let events = line.gateway.events_of(line.slug, "message.received").await;
            let event = events.iter().find(|event| event["key"]["id"] == id)?;
            event["fileUrl"].as_str().map(str::to_owned)
        })
        .await
    };
    let fetch = async |url: &str| {
        let answer = reqwest::Client::new()
            .get(line.gateway.url(url))
            .header("X-API-Key", ADMIN_KEY)
            .send()
            .await
            .expect("the gateway answers");
        let status = answer.status().as_u16();
        (status, answer.bytes().await.expect("a body").len() as u64)
    };
    let file = json!({ "type": "document", "bytes": BYTES, "fileName": "paper.bin" });

    // Slow: the message is here, the file comes. What is written beside does not wait for it.
    host(json!({ "delayMs": 300, "bytesPerSecond": BYTES })).await;
    let began = Instant::now();
    let id = line.contact.send(&line.owner.jid, file.clone(), None).await;
    line.write("beside it").await;
    let slow = url(&id).await;
    eventually("what is beside it", SOON, async || {
        let stored = line.gateway.stored_texts(&line.contact.jid, false).await;
        stored.iter().any(|text| text == "beside it").then_some(())
    })
    .await;
    assert_eq!(fetch(&slow).await, (200, BYTES));
    assert!(began.elapsed() > Duration::from_millis(1_200));

    // It fails for a while: whoever asks is told so, and asks again.
    host(json!({ "failDownloads": { "status": 503, "times": 200 } })).await;
    let id = line.contact.send(&line.owner.jid, file, None).await;
    let failing = url(&id).await;
    let (status, _) = fetch(&failing).await;
    assert_eq!(status, 503);
    host(json!({})).await;
    assert_eq!(fetch(&failing).await, (200, BYTES));

    // Ours are refused, or cut on the way: each time, so that whoever sends is told, or once.
    let ours: Vec<u8> = (0..=255).cycle().take(200_000).collect();
    for faults in [
        json!({ "failUploads": { "status": 500, "times": 200 } }),
        json!({ "cutUploads": { "afterBytes": 50_000, "times": 200 } }),
    ] {
        host(faults.clone()).await;
        let (status, body) = upload(line, &ours).await;
        assert_eq!(status, 503, "{faults}: {body}");
    }
    host(json!({ "cutUploads": { "afterBytes": 50_000 } })).await;
    let (status, body) = upload(line, &ours).await;
    assert_eq!(status, 200, "{body}");
    let got = line.contact.received(1).await;
    assert_eq!((got.len(), &got[0]["id"]), (1, &body["data"]["key"]["id"]));
    let checked = format!(
        "/phones/{}/messages/{}/media?check=1",
        line.contact.number,
        got[0]["id"].as_str().expect("an id")
    );
    assert_eq!(line.network.get(&checked).await["bytes"], ours.len());
}

#[tokio::test]
async fn messages_and_files_survive_what_happens_on_the_way() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let line = async |slug, addressing, number| Line::new(&network, &gateway, slug, addressing, number).await;
    let (to_us, ours, odd, media) = tokio::join!(
        line("incoming", "lid", 8000),
        line("outgoing", "pn", 8010),
        line("unreadable", "pn", 8020),
        line("files", "lid", 8030),
    );
    tokio::join!(incoming(&to_us), outgoing(&ours), unreadable(&odd), files(&media));
}

#[tokio::test]
async fn sessions_survive_what_can_be_survived_and_say_why_when_not() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let line = async |slug, addressing, number| Line::new(&network, &gateway, slug, addressing, number).await;
    let (come_back, stay_away, refused, gone) = tokio::join!(
        line("endings", "pn", 8050),
        line("for-good", "lid", 8060),
        line("refused", "pn", 8070),
        line("removed", "pn", 8080),
    );
    tokio::join!(
        endings(&come_back),
        ends_for_good(&stay_away),
        refused_logins(&refused),
        removed(&gone),
        passkey(&network, &gateway),
    );
}
