//! Many sessions at once come back after the gateway was restarted, and after the network was: how fast, at how much
//! memory, and with everything that was written meanwhile.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use serde_json::json;
use wagate_e2e::{Gateway, Network, Phone, eventually};

use crate::WAGATE;

/// How many, when the environment does not say (`.ci/nightly` does).
const SESSIONS: usize = 20;
/// Linked at the same time: each makes hundreds of keys.
const LINKING: usize = 8;
/// How long the network is away.
const DOWN: Duration = Duration::from_secs(2);
const SOON: Duration = Duration::from_secs(60);

fn sessions() -> usize {
    std::env::var("WAGATE_E2E_SESSIONS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(SESSIONS)
}

/// All of them are connected within this time.
fn goal(sessions: usize) -> Duration {
    Duration::from_secs(if sessions <= SESSIONS { 15 } else { 30 })
}

fn slug(n: usize) -> String {
    format!("session-{n}")
}

async fn all_connected(gateway: &Gateway, count: usize) {
    eventually("all sessions are connected", SOON, async || {
        (gateway.connected().await == count).then_some(())
    })
    .await;
}

/// Each session has this text once, and has told of it once.
async fn each_has_once(gateway: &Gateway, count: usize, text: &str) {
    let count = i64::try_from(count).expect("few");
    let mut database = gateway.database(false).await;
    eventually("each session has it", SOON, async || {
        let query = "SELECT COUNT(DISTINCT session_id) FROM messages WHERE content = ? AND from_me = 0";
        let found: i64 = sqlx::query_scalar(query)
            .bind(text)
            .fetch_one(&mut database)
            .await
            .expect("the messages are counted");
        (found == count).then_some(())
    })
    .await;
    let rows = "SELECT COUNT(*) FROM messages WHERE content = ? AND from_me = 0";
    let events =
        "SELECT COUNT(*) FROM events WHERE kind = 'message.received' AND json_extract(data, '$.content') = ?";
    for query in [rows, events] {
        let found: i64 = sqlx::query_scalar(query)
            .bind(text)
            .fetch_one(&mut database)
            .await
            .expect("they are counted");
        assert_eq!(found, count, "once each: {text}");
    }
}

/// Each session sends, and somebody gets it all.
async fn each_sends(gateway: &Gateway, contact: &Phone<'_>, count: usize, text: &str) {
    let sends = (0..count).map(|n| async move {
        gateway
            .send(&slug(n), &contact.number, &format!("{text} {n}"))
            .await
    });
    let ids: Vec<String> = futures::stream::iter(sends)
        .buffer_unordered(LINKING)
        .collect()
        .await;
    eventually("everything sent arrives, once", SOON, async || {
        let inbox = contact.inbox(0).await;
        let arrived = ids
            .iter()
            .filter(|id| inbox.iter().any(|message| message["id"] == id.as_str()));
        (arrived.count() == count && inbox.iter().all(|message| message["copies"] == 1)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn every_session_is_back_after_a_restart_of_the_gateway_and_of_the_network() {
    let count = sessions();
    let network = Network::start(WAGATE);
    let contact = network.phone("12025557999", "pn").await;
    let mut owners = Vec::new();
    for n in 0..count {
        let addressing = if n % 2 == 0 { "pn" } else { "lid" };
        owners.push(
            network
                .phone(&format!("1202555{:04}", 7000 + n), addressing)
                .await,
        );
    }
    let mut gateway = Gateway::start(WAGATE, &network);
    let empty = gateway.resident_kib();
    let began = Instant::now();
    let linking = owners.iter().enumerate().map(|(n, owner)| {
        let gateway = &gateway;
        async move { gateway.pair(&slug(n), owner).await }
    });
    futures::stream::iter(linking)
        .buffer_unordered(LINKING)
        .collect::<()>()
        .await;
    let linked = began.elapsed();

    // The gateway goes. What is written to its sessions waits at the network.
    assert!(gateway.terminate().success());
    for owner in &owners {
        contact.write(&owner.jid, "while the gateway was away").await;
    }
    let began = Instant::now();
    gateway.start_again();
    let listening = began.elapsed();
    all_connected(&gateway, count).await;
    let of_gateway = began.elapsed();
    each_has_once(&gateway, count, "while the gateway was away").await;
    each_sends(&gateway, &contact, count, "after the gateway").await;
    let busy = gateway.resident_kib();

    // The network goes, with all it knows, and comes back.
    let gone = Instant::now();
    network
        .tell("/restart", &json!({ "downMs": DOWN.as_millis() }))
        .await;
    eventually("nobody is connected", SOON, async || {
        (gateway.connected().await == 0).then_some(())
    })
    .await;
    assert!(
        gone.elapsed() < DOWN,
        "the gateway notices while the network is away"
    );
    let (_, cause) = gateway.state_of(&slug(0)).await;
    assert_eq!(cause.as_deref(), Some("connection-lost"));
    for owner in &owners {
        contact.write(&owner.jid, "while the network was away").await;
    }
    all_connected(&gateway, count).await;
    let of_network = gone.elapsed().saturating_sub(DOWN);
    each_has_once(&gateway, count, "while the network was away").await;
    each_sends(&gateway, &contact, count, "after the network").await;
    let idle = gateway.resident_kib();
    println!(
        "{count} sessions: linked in {linked:.1?}; all connected {of_gateway:.1?} after the start of the gateway \
         ({listening:.1?} of it until it listens), {of_network:.1?} after the network is back; resident {empty} KiB \
         without sessions, {busy} and {idle} KiB with all of them"
    );
    assert!(
        of_gateway < goal(count),
        "a restart of the gateway: {of_gateway:?}"
    );
    assert!(
        of_network < goal(count),
        "a restart of the network: {of_network:?}"
    );
}
