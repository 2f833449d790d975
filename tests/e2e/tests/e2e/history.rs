//! The past of a phone: all of it arrives, in memory that does not grow with it, is told piece by piece and never as new,
//! and goes on where it was when the process is killed.

use std::time::{Duration, Instant};

use serde_json::json;
use wagate_e2e::{Gateway, Network, Phone, eventually};

use crate::WAGATE;

/// Messages of one phone, when the environment does not say (`.ci/nightly` does).
const MESSAGES: i64 = 2_000;
/// Chats they are spread over.
const PEOPLE: i64 = 20;
/// What either process may take more while they pass, KiB.
const GROWTH: u64 = 64 * 1024;
/// The piece of history that is the last one of a process. With [`MESSAGES`] and [`PEOPLE`]: one for the newest message
/// of each chat and one for the end of that file, one for the names, and some of the file with all the rest.
const LAST_PIECE: i64 = PEOPLE + 2 + PEOPLE / 2;

fn messages() -> i64 {
    std::env::var("WAGATE_E2E_HISTORY")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(MESSAGES)
}

fn patience(messages: i64) -> Duration {
    Duration::from_secs(60 + u64::try_from(messages).expect("some") / 200)
}

/// A phone with a past.
async fn phone<'n>(network: &'n Network, number: &str, messages: i64) -> Phone<'n> {
    let phone = network.phone(number, "pn").await;
    let past = json!({ "messages": messages, "people": PEOPLE, "days": 30 });
    let path = format!("/phones/{number}/history");
    assert_eq!(network.put(&path, &past).await["messages"], messages);
    phone
}

async fn number(gateway: &Gateway, slug: &str, query: &'static str) -> i64 {
    sqlx::query_scalar(query)
        .bind(slug)
        .fetch_one(&mut gateway.database(false).await)
        .await
        .expect("it is counted")
}

async fn stored(gateway: &Gateway, slug: &str) -> i64 {
    let query = "SELECT COUNT(*) FROM messages WHERE session_id = (SELECT id FROM sessions WHERE slug = ?)";
    number(gateway, slug, query).await
}

/// Chunks that are kept, of which so many are done.
async fn chunks(gateway: &Gateway, slug: &str) -> (i64, i64) {
    let kept =
        "SELECT COUNT(*) FROM history_chunks WHERE session_id = (SELECT id FROM sessions WHERE slug = ?)";
    let done = "SELECT COUNT(*) FROM history_chunks \
                WHERE session_id = (SELECT id FROM sessions WHERE slug = ?) AND blob IS NULL";
    (
        number(gateway, slug, kept).await,
        number(gateway, slug, done).await,
    )
}

/// How many files the phone has sent, once it has sent all.
async fn files(network: &Network, owner: &Phone<'_>) -> Option<i64> {
    let path = format!("/phones/{}/history", owner.number);
    let history = network.get(&path).await;
    let sent = &history["devices"]["1"];
    (sent["done"] == true).then(|| sent["files"].as_i64().expect("a number"))
}

/// Waits until every file is written down and every message is there, once.
async fn everything(network: &Network, gateway: &Gateway, slug: &str, owner: &Phone<'_>, messages: i64) {
    let within = patience(messages);
    let files = eventually("the phone has sent everything", within, async || {
        files(network, owner).await
    })
    .await;
    eventually("every file is written down", within, async || {
        (chunks(gateway, slug).await == (files, files)).then_some(())
    })
    .await;
    assert_eq!(stored(gateway, slug).await, messages);
    let told = gateway.events_of(slug, "history.progress").await;
    assert_eq!(i64::try_from(told.len()).expect("few"), files, "{told:?}");
    let counted: i64 = told.iter().filter_map(|event| event["messages"].as_i64()).sum();
    assert_eq!(counted, messages, "{told:?}");
    assert!(told.iter().all(|event| event["error"].is_null()), "{told:?}");
    assert!(told.iter().any(|event| event["progress"] == 100), "{told:?}");
    let new = gateway.events_of(slug, "message.received").await;
    assert!(new.is_empty(), "the past is not told as new");
}

#[tokio::test]
async fn the_past_of_a_phone_arrives_in_bounded_memory() {
    let messages = messages();
    let network = Network::start(WAGATE);
    let before = phone(&network, "12025556901", 100).await;
    let owner = phone(&network, "12025556902", messages).await;
    let gateway = Gateway::start(WAGATE, &network);
    // What is needed once in a process is not counted.
    gateway.pair("before", &before).await;
    everything(&network, &gateway, "before", &before, 100).await;

    let (of_gateway, of_network) = (gateway.resident_kib(), network.resident_kib());
    gateway.forget_peak();
    network.forget_peak();
    let began = Instant::now();
    gateway.pair("shop", &owner).await;
    everything(&network, &gateway, "shop", &owner, messages).await;
    let took = began.elapsed();
    let grown = |peak: u64, level: u64| peak.saturating_sub(level);
    let of_gateway = grown(gateway.peak_kib(), of_gateway);
    let of_network = grown(network.peak_kib(), of_network);
    println!(
        "{messages} messages of the past in {took:.1?}; at most {of_gateway} KiB more in the gateway, {of_network} KiB in \
         the network"
    );
    assert!(of_gateway < GROWTH, "the gateway grew by {of_gateway} KiB");
    assert!(of_network < GROWTH, "the network grew by {of_network} KiB");
    // And is served.
    let person = "12025560000@s.whatsapp.net";
    assert_eq!(
        gateway.messages("shop", person).await.len(),
        100,
        "the newest ones"
    );
}

#[tokio::test]
async fn a_kill_in_the_middle_of_the_past_costs_nothing() {
    let messages = messages();
    let network = Network::start(WAGATE);
    let owner = phone(&network, "12025556903", messages).await;
    let mut gateway = Gateway::start(WAGATE, &network);
    let is_small = messages == MESSAGES;
    if is_small {
        // Too fast to be met by chance.
        gateway.terminate();
        gateway.set_env("WAGATE_ABORT_AT", &format!("h:{LAST_PIECE}"));
        gateway.start_again();
    }
    gateway.create_session("shop").await;
    owner.scan(&gateway.qr("shop").await).await;
    if is_small {
        gateway.wait_for_end(patience(messages)).await;
        gateway.set_env("WAGATE_ABORT_AT", "");
    } else {
        eventually(
            "all is kept, not all is written",
            patience(messages),
            async || {
                let sent = files(&network, &owner).await?;
                let (kept, done) = chunks(&gateway, "shop").await;
                (kept == sent && done < kept).then_some(())
            },
        )
        .await;
        gateway.kill();
    }
    let before = stored(&gateway, "shop").await;
    assert!(
        before > 0 && before < messages,
        "killed in the middle: {before} of {messages}"
    );
    gateway.start_again();
    everything(&network, &gateway, "shop", &owner, messages).await;
    gateway.wait_status("shop", "CONNECTED").await;
}
