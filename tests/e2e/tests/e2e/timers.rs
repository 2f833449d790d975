//! A thousand timers within a minute, and a host that is killed twice: each is claimed once, and its send reaches the
//! phone once.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use rand::RngExt as _;
use serde_json::json;
use wagate_e2e::{Gateway, Network, eventually};

use crate::WAGATE;

const TIMERS: usize = 1000;
const WITHIN_SECONDS: u32 = 60;
/// Setting them, the minute, two restarts, and a busy machine.
const ALL_WITHIN: Duration = Duration::from_secs(200);
const SOON: Duration = Duration::from_mins(1);
const GRANTS: &str =
    "enabled = true\n[grants]\ncapabilities = [\"store\", \"timers\", \"emit\", \"whatsapp-messages\"]\n";

#[tokio::test]
async fn a_thousand_timers_over_two_kills_each_send_once() {
    let network = Network::start(WAGATE);
    let owner = network.phone("15550008001", "pn").await;
    let contact = network.phone("15550008002", "pn").await;
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    let plugins = gateway.config_dir().join("plugins");
    std::fs::copy(env!("PLUGIN_EXAMPLE"), plugins.join("example.wasm")).expect("the component is copied");
    gateway.write_plugin_toml("example", GRANTS);
    eventually("the example serves", SOON, async || {
        let plugins = gateway.get("/api/plugins").await.to_string();
        plugins
            .contains("/api/example/{sessionId}/reminders")
            .then_some(())
    })
    .await;

    let setting = futures::stream::iter(0..TIMERS).map(|n| {
        let seconds = rand::rng().random_range(1..=WITHIN_SECONDS);
        let form = json!({ "to": contact.jid, "text": format!("reminder {n}"), "inSeconds": seconds });
        let gateway = &gateway;
        async move { gateway.post("/api/example/shop/reminders", form).await }
    });
    setting.buffer_unordered(16).collect::<Vec<_>>().await;

    let deadline = Instant::now() + ALL_WITHIN;
    let mut kills = [TIMERS / 4, TIMERS * 3 / 5].into_iter().peekable();
    let mut texts: HashMap<String, u64> = HashMap::new();
    let mut after = 0;
    while texts.len() < TIMERS {
        assert!(Instant::now() < deadline, "{} of {TIMERS} came", texts.len());
        for message in contact.next(after).await {
            after = message["seq"].as_u64().expect("a position");
            let text = message["text"].as_str().unwrap_or_default();
            if text.starts_with("reminder ") {
                *texts.entry(text.to_owned()).or_default() += 1;
            }
        }
        if kills.next_if(|limit| texts.len() >= *limit).is_some() {
            gateway.kill();
            gateway.start_again();
        }
    }
    assert!(kills.next().is_none(), "it was killed twice");
    assert!(texts.values().all(|count| *count == 1), "{texts:?}");
    // Every one has told about itself once, too: nothing is still under way.
    let told = eventually("every reminder is told", SOON, async || {
        let told = gateway.events("example.reminded").await;
        (told.len() >= TIMERS).then_some(told)
    })
    .await;
    assert_eq!(told.len(), TIMERS);
}
