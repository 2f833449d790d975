//! Deliveries under a clock that a test sets, through the plugin that ships, to a server that answers as the test wants.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wagate_storage::deliveries::{DeliveryFilter, EndpointState};
use wagate_storage::events::NewEvent;

use crate::harness::{SESSION, World, eventually, json, wasm};
use crate::receiver::{Received, Receiver};

const PLUGIN: &str = "webhooks";
const ADMIN_FILE: &[u8] =
    b"enabled = true\n[grants]\ncapabilities = [\"store\", \"sessions\", \"delivery\"]\n[limits]\nfetches_per_minute = 0\n";
const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// A busy machine is no finding.
const NOISE: Duration = Duration::from_millis(50);
const CHAT: &str = "12025550100@s.whatsapp.net";

async fn world() -> World {
    World::start(&[("webhooks.toml", ADMIN_FILE), ("webhooks.wasm", &wasm(PLUGIN))]).await
}

async fn webhook(world: &World, url: &str, more: Value) -> String {
    let mut body = json!({ "name": "test", "url": url, "events": ["message.*"], "secret": "hush" });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    let answer = world
        .call("POST", "/api/webhooks/shop", &body.to_string())
        .await
        .unwrap();
    assert_eq!(answer.status, 200, "{}", json(&answer));
    json(&answer)["data"]["id"].as_str().unwrap().to_owned()
}

/// A message of this chat, told in the log.
async fn message(world: &World, chat: &str, n: i64) {
    let data = json!({
        "key": { "remoteJid": chat, "fromMe": false, "id": format!("m{n}") },
        "chat": chat, "from": chat, "isGroup": false, "type": "TEXT", "content": format!("text {n}"),
    });
    let event = NewEvent {
        id: format!("evt_{chat}_{n}"),
        session_id: SESSION.to_owned(),
        kind: "message.received".to_owned(),
        chat: Some(chat.to_owned()),
        timestamp: 1,
        schema: 1,
        data: data.to_string(),
    };
    world.storage.append_events(vec![event]).await.unwrap();
}

async fn messages(world: &World, chat: &str, range: std::ops::Range<i64>) {
    for n in range {
        message(world, chat, n).await;
    }
    world.host.reload().await;
}

fn texts(range: std::ops::Range<i64>) -> Vec<String> {
    range.map(|n| format!("text {n}")).collect()
}

/// The endpoint's row id.
async fn endpoint(world: &World, webhook: &str) -> String {
    let row = world.storage.endpoint(PLUGIN, SESSION, webhook).await.unwrap();
    row.unwrap().id
}

async fn wait_for(what: &str, ready: impl Fn() -> bool) {
    eventually(what, || async { ready().then_some(()) }).await;
}

/// Until each try that the receiver has seen is judged: one that is judged after the clock was advanced waits from then on.
async fn wait_for_judgement(world: &World, endpoint: &str, receiver: &Receiver) {
    eventually("every try is written down", || async {
        let all = DeliveryFilter::default();
        let rows = world.storage.deliveries(endpoint, all, 100).await.unwrap();
        let tries: i64 = rows.iter().map(|row| row.attempts).sum();
        (usize::try_from(tries).unwrap() == receiver.all().len()).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_arrives_signed_and_under_an_id() {
    let receiver = Receiver::start().await;
    let world = world().await;
    webhook(&world, &receiver.url("/hook"), json!({})).await;
    messages(&world, CHAT, 0..3).await;
    wait_for("three deliveries", || receiver.taken("/hook").len() == 3).await;
    assert_eq!(receiver.texts("/hook"), texts(0..3));
    let first = &receiver.taken("/hook")[0];
    assert_eq!(first.json()["event"], "message.received");
    assert_eq!(
        (&first.json()["sessionId"], &first.json()["sequence"]),
        (&json!("shop"), &json!(1))
    );
    assert!(first.header("x-webhook-signature").starts_with("sha256="));
    assert!(first.header("webhook-signature").starts_with("v1,"));
    assert!(first.header("webhook-id").starts_with("msg_"));
    assert_eq!(first.header("webhook-attempt"), "1");
    assert_eq!(first.header("content-type"), "application/json");
    let seconds: i64 = first.header("webhook-timestamp").parse().unwrap();
    assert_eq!(seconds, 1_760_000_000);
}

/// More chats than may be on their way at once, each with more than one message: what goes from memory to its lane, what
/// waits for a place, and what is found in the database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_chats_at_once_arrive_once_and_in_order() {
    const CHATS: i64 = 12;
    const EACH: i64 = 8;
    let receiver = Receiver::start().await;
    let world = world().await;
    let id = webhook(&world, &receiver.url("/hook"), json!({ "concurrency": 4 })).await;
    let chat = |n: i64| format!("120255502{n:02}@s.whatsapp.net");
    for n in 0..EACH {
        for of in 0..CHATS {
            message(&world, &chat(of), n).await;
        }
        world.host.reload().await;
    }
    let endpoint = endpoint(&world, &id).await;
    let counts = async || world.storage.delivery_counts(&endpoint).await.unwrap();
    eventually("all are settled", || async {
        (counts().await.delivered == CHATS * EACH).then_some(())
    })
    .await;
    let taken = receiver.taken("/hook");
    assert_eq!(i64::try_from(taken.len()).unwrap(), CHATS * EACH, "each once");
    for of in 0..CHATS {
        let of_chat = taken
            .iter()
            .filter(|post| post.json()["data"]["chat"] == chat(of));
        assert_eq!(of_chat.map(Received::text).collect::<Vec<_>>(), texts(0..EACH));
    }
    assert_eq!(counts().await.pending, 0);
    assert!(
        world
            .storage
            .due_lanes(&endpoint, i64::MAX, 100)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_posts_at_once_than_the_webhook_allows() {
    const AT_ONCE: usize = 4;
    const CHATS: usize = 12;
    let receiver = Receiver::start().await;
    let world = world().await;
    let webhook = webhook(&world, &receiver.url("/hook"), json!({ "concurrency": AT_ONCE })).await;
    receiver.holds();
    for of in 0..CHATS {
        message(&world, &format!("120255503{of:02}@s.whatsapp.net"), 0).await;
    }
    let arrived = async |count: usize| {
        wait_for(&format!("{count} are there"), || receiver.all().len() >= count).await;
    };
    arrived(AT_ONCE).await;
    for more in 1..=CHATS - AT_ONCE {
        receiver.lets_go(1);
        arrived(AT_ONCE + more).await;
    }
    receiver.lets_go(AT_ONCE);
    let endpoint = endpoint(&world, &webhook).await;
    eventually("all are settled", || async {
        let counts = world.storage.delivery_counts(&endpoint).await.unwrap();
        (counts.delivered == i64::try_from(CHATS).unwrap()).then_some(())
    })
    .await;
    assert_eq!(receiver.most_at_once(), AT_ONCE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_is_down_for_ten_minutes_gets_everything_in_order_and_others_do_not_wait() {
    let (down, well) = (Receiver::start().await, Receiver::start().await);
    let world = world().await;
    let id = webhook(&world, &down.url("/down"), json!({})).await;
    webhook(&world, &well.url("/well"), json!({})).await;
    down.answers(|_| (503, ""));
    let chats = ["12025550101@s.whatsapp.net", "12025550102@s.whatsapp.net"];
    for chat in chats {
        messages(&world, chat, 0..10).await;
    }
    wait_for("the other one has all", || well.taken("/well").len() == 20).await;
    assert!(down.taken("/down").is_empty());
    // A minute at a time: what comes meanwhile waits too.
    for minute in 0..10 {
        world.clock.advance(MINUTE);
        messages(&world, chats[0], 10 + minute..11 + minute).await;
    }
    wait_for("the other one has these too", || well.taken("/well").len() == 30).await;
    assert!(down.taken("/down").is_empty());
    // One try at a time: ten minutes of a schedule that begins with seconds are few tries.
    assert!(down.all().len() < 20, "{}", down.all().len());
    let row = endpoint(&world, &id).await;
    let waiting = world.storage.delivery_counts(&row).await.unwrap();
    assert_eq!(waiting.pending, 30);

    down.answers(|_| (200, ""));
    wait_for_judgement(&world, &row, &down).await;
    world.clock.advance(40 * MINUTE);
    wait_for("it has all", || down.taken("/down").len() == 30).await;
    for (chat, count) in [(chats[0], 20), (chats[1], 10)] {
        let of_chat: Vec<String> = down
            .taken("/down")
            .iter()
            .filter(|received| received.json()["data"]["chat"] == chat)
            .map(Received::text)
            .collect();
        assert_eq!(of_chat, texts(0..count), "{chat}");
    }
}

/// How long a message takes to a receiver that takes everything: the middle of some.
async fn latency(world: &World, receiver: &Receiver, path: &str, chat: &str) -> Duration {
    let mut times = Vec::new();
    for n in 0..11 {
        let before = receiver.taken(path).len();
        let began = Instant::now();
        messages(world, chat, n..n + 1).await;
        wait_for("it arrives", || receiver.taken(path).len() > before).await;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_is_down_for_a_while_makes_no_other_wait() {
    let (down, well) = (Receiver::start().await, Receiver::start().await);
    let world = world().await;
    webhook(&world, &down.url("/down"), json!({})).await;
    webhook(&world, &well.url("/well"), json!({})).await;
    let before = latency(&world, &well, "/well", "12025550101@s.whatsapp.net").await;
    down.answers(|_| (503, ""));
    let meanwhile = latency(&world, &well, "/well", "12025550102@s.whatsapp.net").await;
    assert!(
        meanwhile <= before * 2 + NOISE,
        "{meanwhile:?}, {before:?} before"
    );
    assert!(
        down.all().iter().any(|received| received.status == 503),
        "it was down"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundreds_are_tried_ten_times_in_three_days_then_given_up_and_the_endpoint_is_disabled() {
    let receiver = Receiver::start().await;
    let world = world().await;
    let id = webhook(&world, &receiver.url("/hook"), json!({})).await;
    receiver.answers(|_| (500, ""));
    messages(&world, CHAT, 0..1).await;
    let waits = [
        5 * SECOND,
        5 * MINUTE,
        30 * MINUTE,
        2 * HOUR,
        5 * HOUR,
        10 * HOUR,
        14 * HOUR,
        20 * HOUR,
        24 * HOUR,
    ];
    for (tries, wait) in waits.into_iter().enumerate() {
        wait_for("the next try", || receiver.all().len() == tries + 1).await;
        assert_eq!(
            receiver.all()[tries].header("webhook-attempt"),
            (tries + 1).to_string()
        );
        let row = endpoint(&world, &id).await;
        let next = eventually("the lane waits", || async {
            let filter = DeliveryFilter::default();
            let found = world.storage.deliveries(&row, filter, 1).await.unwrap();
            let waiting = found.into_iter().next()?;
            (waiting.attempts == i64::try_from(tries).unwrap() + 1).then_some(waiting.next_ms?)
        })
        .await;
        let now = wagate_storage::clock::Clock::now_ms(&*world.clock);
        let planned = next - now;
        assert!(
            (wait * 9 / 10..=wait * 11 / 10).contains(&planned),
            "try {tries}: {planned} instead of {wait}"
        );
        world.clock.advance(planned + SECOND);
    }
    wait_for("the last try", || receiver.all().len() == 10).await;
    let ids: Vec<String> = receiver
        .all()
        .iter()
        .map(|one| one.header("webhook-id").to_owned())
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "one id on every try");
    let row = endpoint(&world, &id).await;
    eventually("it is given up", || async {
        let counts = world.storage.delivery_counts(&row).await.unwrap();
        (counts.dead == 1 && counts.pending == 0).then_some(())
    })
    .await;
    // Two days on it still fails: 120 hours are over.
    world.clock.advance(50 * HOUR);
    messages(&world, CHAT, 1..2).await;
    eventually("it is disabled", || async {
        let row = world.storage.endpoint_by_id(&row).await.unwrap()?;
        (row.state == EndpointState::Disabled).then_some(())
    })
    .await;
    let told = eventually("the log tells it", || async {
        let events = world.storage.events_after(SESSION, 0, 100).await.unwrap();
        events
            .into_iter()
            .find(|row| row.event.kind == "delivery.disabled")
    })
    .await;
    assert!(
        told.event.data.contains("failed for 120 hours"),
        "{}",
        told.event.data
    );
    let list = json(&world.call("GET", "/api/webhooks/shop", "").await.unwrap());
    assert_eq!(list["data"][0]["health"]["state"], "DISABLED");
    // Enabled again it gets what happens from now on, and the dead letter on request.
    receiver.answers(|_| (200, ""));
    let path = format!("/api/webhooks/shop/{id}");
    world.call("PUT", &path, r#"{"isActive":true}"#).await.unwrap();
    world
        .call("POST", &format!("{path}/deliveries/redeliver"), "{}")
        .await
        .unwrap();
    wait_for("both arrive", || receiver.taken("/hook").len() >= 2).await;
    assert!(receiver.texts("/hook").contains(&"text 0".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poisoned_event_is_tried_five_times_and_its_chat_goes_on() {
    let receiver = Receiver::start().await;
    let world = world().await;
    let id = webhook(&world, &receiver.url("/hook"), json!({})).await;
    receiver.answers(|received| {
        if received.text() == "text 1" {
            (422, "")
        } else {
            (200, "")
        }
    });
    let other = "12025550199@s.whatsapp.net";
    messages(&world, CHAT, 0..3).await;
    messages(&world, other, 7..8).await;
    wait_for("the other chat does not wait", || {
        receiver.texts("/hook").contains(&"text 7".to_owned())
    })
    .await;
    let poisoned = || receiver.all().iter().filter(|one| one.status == 422).count();
    for tries in 1..5 {
        wait_for("the next try", || poisoned() == tries).await;
        assert!(
            !receiver.texts("/hook").contains(&"text 2".to_owned()),
            "its chat keeps its order"
        );
        let row = endpoint(&world, &id).await;
        wait_for_judgement(&world, &row, &receiver).await;
        world.clock.advance(6 * MINUTE);
    }
    wait_for("the chat goes on", || {
        receiver.texts("/hook").contains(&"text 2".to_owned())
    })
    .await;
    assert_eq!(poisoned(), 5);
    let after = receiver
        .taken("/hook")
        .into_iter()
        .find(|one| one.text() == "text 2")
        .unwrap();
    assert_eq!(after.header("webhook-skipped"), "1");
    let all = world
        .call("GET", &format!("/api/webhooks/shop/{id}/deliveries"), "")
        .await;
    assert!(json(&all.unwrap())["data"].to_string().contains("DEAD"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gone_disables_redirects_are_failures_and_patience_is_obeyed() {
    let receiver = Receiver::start().await;
    let world = world().await;
    let gone = webhook(&world, &receiver.url("/gone"), json!({})).await;
    let moved = webhook(&world, &receiver.url("/moved"), json!({})).await;
    let slow = webhook(&world, &receiver.url("/slow"), json!({})).await;
    receiver.answers(|received| match received.path.as_str() {
        "/gone" => (410, ""),
        "/moved" => (302, "location: /well\r\n"),
        "/slow" => (429, "retry-after: 60\r\n"),
        _ => (200, ""),
    });
    messages(&world, CHAT, 0..1).await;
    wait_for("one try each", || receiver.all().len() >= 3).await;
    let rows = [
        endpoint(&world, &gone).await,
        endpoint(&world, &moved).await,
        endpoint(&world, &slow).await,
    ];
    eventually("they are judged", || async {
        let gone = world.storage.endpoint_by_id(&rows[0]).await.unwrap()?;
        let moved = world.storage.endpoint_by_id(&rows[1]).await.unwrap()?;
        let slow = world.storage.endpoint_by_id(&rows[2]).await.unwrap()?;
        let now = wagate_storage::clock::Clock::now_ms(&*world.clock);
        let judged = gone.state == EndpointState::Disabled
            && moved.failing_since.is_some()
            && slow.hold_until.is_some_and(|until| until >= now + 60 * SECOND);
        judged.then_some(())
    })
    .await;
    assert!(receiver.taken("/well").is_empty(), "a redirect is not followed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_goes_on_where_it_was_under_the_same_id() {
    let receiver = Receiver::start().await;
    let world = world().await;
    let id = webhook(&world, &receiver.url("/hook"), json!({})).await;
    receiver.answers(|_| (500, ""));
    messages(&world, CHAT, 0..5).await;
    wait_for("a first try", || !receiver.all().is_empty()).await;
    wait_for_judgement(&world, &endpoint(&world, &id).await, &receiver).await;
    // Before the new process is there: its first try begins as soon as it is.
    receiver.answers(|_| (200, ""));
    let world = world.restart_at(MINUTE).await;
    world.clock.advance(HOUR);
    wait_for("all arrive", || receiver.taken("/hook").len() >= 5).await;
    assert_eq!(receiver.texts("/hook"), texts(0..5));
    let (first, later) = (receiver.all()[0].clone(), receiver.taken("/hook")[0].clone());
    assert_eq!(first.header("webhook-id"), later.header("webhook-id"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_secrets_sign_for_a_day_and_the_log_is_sent_again() {
    let receiver = Receiver::start().await;
    let world = world().await;
    let id = webhook(&world, &receiver.url("/hook"), json!({})).await;
    let path = format!("/api/webhooks/shop/{id}");
    let rotated = world
        .call("POST", &format!("{path}/rotate-secret"), "{}")
        .await
        .unwrap();
    assert!(
        json(&rotated)["data"]["secret"]
            .as_str()
            .unwrap()
            .starts_with("whsec_")
    );
    messages(&world, CHAT, 0..1).await;
    wait_for("it arrives", || receiver.taken("/hook").len() == 1).await;
    let signatures = receiver.taken("/hook")[0].header("webhook-signature").to_owned();
    assert_eq!(signatures.split(' ').count(), 2, "{signatures}");
    world.clock.advance(25 * HOUR);
    let again = world
        .call("POST", &format!("{path}/replay"), r#"{"fromSequence":1}"#)
        .await
        .unwrap();
    assert_eq!(json(&again)["data"]["queued"], 1);
    wait_for("it arrives again", || receiver.taken("/hook").len() == 2).await;
    let taken = receiver.taken("/hook");
    assert_eq!(taken[1].header("webhook-signature").split(' ').count(), 1);
    assert_eq!(taken[0].header("webhook-id"), taken[1].header("webhook-id"));
    assert_eq!(taken[0].body, taken[1].body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_not_use_the_session_any_more_gets_nothing() {
    let receiver = Receiver::start().await;
    let world = world().await;
    let id = webhook(&world, &receiver.url("/hook"), json!({})).await;
    // The maker is the session's owner; somebody who was never given access stands for one who lost it.
    let row = world
        .storage
        .endpoint(PLUGIN, SESSION, &id)
        .await
        .unwrap()
        .unwrap();
    let stranger = wagate_storage::deliveries::EndpointRow {
        owner: Some("user-2".to_owned()),
        ..row
    };
    world.storage.put_endpoint(stranger).await.unwrap();
    messages(&world, CHAT, 0..1).await;
    let row = endpoint(&world, &id).await;
    let reason = eventually("it is disabled", || async {
        let row = world.storage.endpoint_by_id(&row).await.unwrap()?;
        (row.state == EndpointState::Disabled).then_some(row.reason?)
    })
    .await;
    assert!(reason.contains("may not use the session"), "{reason}");
    assert!(receiver.all().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_webhook_waits_and_a_test_says_what_came_of_it() {
    let receiver = Receiver::start().await;
    let world = world().await;
    let id = webhook(&world, &receiver.url("/hook"), json!({})).await;
    let path = format!("/api/webhooks/shop/{id}");
    let tested = world.call("POST", &format!("{path}/test"), "").await.unwrap();
    assert_eq!(json(&tested)["data"]["success"], true);
    assert_eq!(receiver.all()[0].json()["event"], "test");
    world.call("PUT", &path, r#"{"isActive":false}"#).await.unwrap();
    messages(&world, CHAT, 0..1).await;
    world.call("PUT", &path, r#"{"isActive":true}"#).await.unwrap();
    messages(&world, CHAT, 1..2).await;
    wait_for("what came later arrives", || {
        receiver.texts("/hook").contains(&"text 1".to_owned())
    })
    .await;
    let logs = eventually("both tries are in the log", || async {
        let logs = json(&world.call("GET", &format!("{path}/logs"), "").await.unwrap());
        (logs["total"].as_u64()? >= 2).then_some(logs)
    })
    .await;
    assert!(logs["data"].to_string().contains("\"event\":\"test\""));
    let closed = json!({ "url": "http://10.0.0.7/hook", "events": ["*"] }).to_string();
    let refused = json(&world.call("POST", "/api/webhooks/shop", &closed).await.unwrap());
    assert!(
        refused["error"].as_str().unwrap().contains("allow_private"),
        "{refused}"
    );
}
