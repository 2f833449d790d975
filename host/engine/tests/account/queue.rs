//! Messages that wait for the connection, and how fast they leave.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wagate_engine::content::{Content, Media, MediaKind, MediaSource};
use wagate_engine::{
    EngineError, IfOffline, Outgoing, SendKey, SendOptions, SendProgress, SendReport, SentMessage,
};

use crate::harness::{BOB, CARL, SESSION, World, jid, within_limit};

/// Between two looks at the journal of sends.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const MINUTE: IfOffline = IfOffline::Wait(Duration::from_mins(1));

fn text(to: &str, text: &str, if_offline: IfOffline) -> Outgoing {
    Outgoing {
        to: to.to_owned(),
        content: Content::Text(text.to_owned()),
        options: SendOptions {
            if_offline,
            ..SendOptions::default()
        },
        key: None,
    }
}

impl World {
    async fn queue(&self, to: &str, words: &str) -> SentMessage {
        let queued = self.engine.send(SESSION, text(to, words, MINUTE)).await.unwrap();
        assert!(queued.waits_until_ms.is_some(), "{queued:?}");
        assert_eq!(queued.status.as_str(), "PENDING");
        queued
    }

    async fn report(&self, id: &str) -> SendReport {
        self.engine.send_report(SESSION, id).await.unwrap().unwrap()
    }

    async fn ends_as(&self, id: &str, progress: SendProgress) -> SendReport {
        // The journal of sends tells nobody that it changed: it has to be looked at.
        let mut looks = tokio::time::interval(LOOK_EVERY);
        within_limit(&format!("{id} is {}", progress.as_str()), async {
            loop {
                let report = self.report(id).await;
                if report.progress == progress {
                    return report;
                }
                looks.tick().await;
            }
        })
        .await
    }

    async fn inbox(&self, number: &str) -> Vec<String> {
        let page = self.get(&format!("/phones/{number}/inbox")).await;
        let messages = page["messages"].as_array().unwrap();
        messages
            .iter()
            .map(|message| message["text"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn configure(&self, config: &Value) {
        self.storage
            .set_session_config(SESSION, config.to_string(), 0)
            .await
            .unwrap();
        self.engine.config_changed(SESSION).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_leaves_in_order_when_the_connection_is_back() {
    let world = World::start().await;
    world.engine.stop(SESSION).await.unwrap();

    let mut ids = Vec::new();
    for n in 0..6 {
        let to = if n % 2 == 0 { BOB } else { CARL };
        ids.push(world.queue(to, &format!("message {n}")).await.message_id);
    }
    for id in &ids {
        let report = world.report(id).await;
        assert_eq!(report.progress, SendProgress::Queued, "{report:?}");
        assert!(report.waits_until_ms.is_some());
        let row = world.stored(id).await;
        assert_eq!(
            (row.status.as_str(), row.from_me),
            ("PENDING", true),
            "it is shown in its chat"
        );
    }
    let refused = world
        .engine
        .send(SESSION, text(BOB, "now or never", IfOffline::Refuse))
        .await;
    assert!(
        matches!(refused, Err(EngineError::NotConnected { .. })),
        "{refused:?}"
    );
    let file = Media::new(MediaKind::Image, MediaSource::Bytes(vec![0].into()));
    let file = Outgoing {
        content: Content::Media(Box::new(file)),
        ..text(BOB, "", MINUTE)
    };
    let refused = world.engine.send(SESSION, file).await.unwrap_err();
    assert!(matches!(refused, EngineError::NotConnected { .. }), "{refused}");

    world.engine.start(SESSION).await.unwrap();
    for id in &ids {
        world.ends_as(id, SendProgress::Sent).await;
    }
    assert_eq!(world.inbox(BOB).await, ["message 0", "message 2", "message 4"]);
    assert_eq!(world.inbox(CARL).await, ["message 1", "message 3", "message 5"]);
    for id in &ids {
        // Raised by the write after the one that says so in the journal.
        let raised = async || {
            let row = world.storage.message_by_wa_id(SESSION, id).await.unwrap();
            row.filter(|row| row.status.as_str() != "PENDING")
        };
        world.eventually(&format!("{id} is shown as sent"), raised).await;
    }
    let last = world
        .engine
        .send(SESSION, text(BOB, "online", MINUTE))
        .await
        .unwrap();
    assert_eq!((last.waits_until_ms, last.status.as_str()), (None, "SENT"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_belongs_around_a_message_is_put_there_when_it_leaves() {
    let world = World::start().await;
    let question = world.write(BOB, crate::harness::OWN, "tea?").await;
    world.stored(&question).await;
    world.engine.stop(SESSION).await.unwrap();
    let mut answer = text(BOB, "yes", MINUTE);
    answer.options.quote = Some(question.clone());
    let queued = world.engine.send(SESSION, answer).await.unwrap();
    let shown = world.stored(&queued.message_id).await;
    world.engine.start(SESSION).await.unwrap();
    world.ends_as(&queued.message_id, SendProgress::Sent).await;
    let row = world.stored(&queued.message_id).await;
    assert_eq!(
        row.id, shown.id,
        "it is the same message to whoever has listed it"
    );
    assert_eq!(row.quote_id.as_deref(), Some(question.as_str()));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_whose_time_is_over_is_given_up_and_told() {
    let world = World::start().await;
    world.engine.stop(SESSION).await.unwrap();
    let short = text(BOB, "too late", IfOffline::Wait(Duration::from_secs(1)));
    let short = world.engine.send(SESSION, short).await.unwrap();
    let long = world.queue(BOB, "in time").await;
    let report = world.ends_as(&short.message_id, SendProgress::NotSent).await;
    assert_eq!(report.error.as_deref(), Some("expired"));
    let told = world
        .eventually("it is told", async || {
            let events = world.storage.events_after(SESSION, 0, 1000).await.unwrap();
            events
                .into_iter()
                .find(|row| row.event.kind == "message.status" && row.event.data.contains(&short.message_id))
        })
        .await;
    let data: Value = serde_json::from_str(&told.event.data).unwrap();
    assert_eq!(
        (&data["status"], &data["error"]),
        (&json!("FAILED"), &json!("expired"))
    );

    world.engine.start(SESSION).await.unwrap();
    world.ends_as(&long.message_id, SendProgress::Sent).await;
    assert_eq!(world.inbox(BOB).await, ["in time"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_of_one_that_waited_does_not_hold_the_next() {
    let world = World::start().await;
    world.engine.stop(SESSION).await.unwrap();
    let first = world.queue(BOB, "refused").await;
    let second = world.queue(BOB, "accepted").await;
    world
        .post(
            "/faults",
            &json!({ "action": "nack", "code": 463, "number": crate::harness::OWN }),
        )
        .await;
    world.engine.start(SESSION).await.unwrap();
    world.ends_as(&second.message_id, SendProgress::Sent).await;
    let report = world.report(&first.message_id).await;
    assert_eq!(
        (report.progress, report.error.as_deref()),
        (SendProgress::NotSent, Some("463"))
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_may_let_everything_wait_and_its_end_ends_that() {
    let world = World::start().await;
    world
        .configure(&json!({ "sendQueue": true, "sendQueueSeconds": 60 }))
        .await;
    world.engine.stop(SESSION).await.unwrap();
    let repeated = || Outgoing {
        key: Some(SendKey {
            event_id: "evt_1".to_owned(),
            plugin: "greeter".to_owned(),
            n: 0,
        }),
        ..text(BOB, "hello", IfOffline::AsSet)
    };
    let first = world.engine.send(SESSION, repeated()).await.unwrap();
    let again = world.engine.send(SESSION, repeated()).await.unwrap();
    assert_eq!(first.message_id, again.message_id);
    assert_eq!(first.chat, jid(BOB));
    let refused = world
        .engine
        .send(SESSION, text(BOB, "no", IfOffline::Refuse))
        .await;
    assert!(refused.is_err(), "a call has the last word");
    world.engine.start(SESSION).await.unwrap();
    world.ends_as(&first.message_id, SendProgress::Sent).await;
    assert_eq!(world.inbox(BOB).await, ["hello"], "repeated and sent once");

    world.engine.stop(SESSION).await.unwrap();
    let left = world
        .engine
        .send(SESSION, text(BOB, "bye", IfOffline::AsSet))
        .await
        .unwrap();
    world.engine.logout(SESSION).await.unwrap();
    let report = world.report(&left.message_id).await;
    assert_eq!(
        (report.progress, report.error.as_deref()),
        (SendProgress::NotSent, Some("logged-out"))
    );
    let refused = world
        .engine
        .send(SESSION, text(BOB, "who", IfOffline::AsSet))
        .await;
    assert!(
        matches!(refused, Err(EngineError::NotConnected { .. })),
        "no account to wait for"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_may_be_paced() {
    let world = World::start().await;
    world
        .configure(&json!({
            "pacing": true, "messagesPerMinute": 120, "messageBurst": 2, "messageGapMinMs": 0, "messageGapMaxMs": 0,
        }))
        .await;
    let start = Instant::now();
    for n in 0..4 {
        let message = text(BOB, &format!("message {n}"), IfOffline::Refuse);
        world.engine.send(SESSION, message).await.unwrap();
    }
    // Two at once, then one every half a second.
    assert!(
        start.elapsed() >= Duration::from_millis(950),
        "{:?}",
        start.elapsed()
    );
    world.configure(&json!({ "pacing": false })).await;
    let start = Instant::now();
    for n in 4..8 {
        let message = text(BOB, &format!("message {n}"), IfOffline::Refuse);
        world.engine.send(SESSION, message).await.unwrap();
    }
    assert!(start.elapsed() < Duration::from_secs(30));
    assert_eq!(world.inbox(BOB).await.len(), 8);
    world.stop().await;
}
