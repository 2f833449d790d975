//! Guests that loop, eat memory, recurse, panic or sleep: each ends within its limit, the rest of the gateway goes on.

use std::time::{Duration, Instant};

use reqwest::Method;
use wagate_e2e::{Gateway, Network, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(20);
/// Far above the limits in the operator file below, far below a minute.
const ENDS_WITHIN: Duration = Duration::from_secs(8);
/// What a memory bomb of 32 MB may leave behind once it is over.
const MAY_STAY_KIB: u64 = 24 * 1024;

const OPERATOR_FILE: &str = "enabled = true\n\n[grants]\ncapabilities = [\"store\"]\n\n\
     [limits]\nmemory_mb = 32\ncpu_ms = 500\ncall_timeout_ms = 2000\ninstances = 4\n";

#[tokio::test]
async fn every_vice_ends_within_its_limit_and_the_others_go_on() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let plugins = gateway.config_dir().join("plugins");
    std::fs::copy(env!("GUEST_HOSTILE"), plugins.join("hostile.wasm")).expect("the guest is installed");
    gateway.write_plugin_toml("hostile", OPERATOR_FILE);
    let call = async |vice: &str| {
        gateway
            .call(
                Method::POST,
                &format!("/api/hostile/{vice}"),
                Some(serde_json::json!({})),
            )
            .await
    };
    eventually("the plugin is there", SOON, async || {
        (call("polite").await.0 == 200).then_some(())
    })
    .await;
    gateway.create_session("shop").await;
    let before = gateway.resident_kib();

    for (vice, statuses) in [
        ("loop", &[504_u16][..]),
        ("bomb", &[502]),
        ("recurse", &[502]),
        ("panic", &[502]),
        ("sleep", &[504]),
        ("huge-reply", &[502]),
        ("ungranted", &[403]),
    ] {
        let started = Instant::now();
        let misbehaving = call(vice);
        let neighbours = async {
            // While the guest misbehaves, another plugin answers.
            for _ in 0..20 {
                gateway.get("/api/chat/shop").await;
            }
        };
        let ((status, body), ()) = tokio::join!(misbehaving, neighbours);
        assert!(
            started.elapsed() < ENDS_WITHIN,
            "{vice} took {:?}",
            started.elapsed()
        );
        if status == 503 {
            // The breaker opened after a storm of traps: that is an answer too, but not to the first four.
            assert!(
                !matches!(vice, "loop" | "bomb" | "recurse" | "panic"),
                "{vice}: {body}"
            );
            continue;
        }
        assert!(statuses.contains(&status), "{vice}: {status} {body}");
        assert!(
            body["message"]
                .as_str()
                .is_some_and(|message| !message.is_empty()),
            "{vice}: {body}"
        );
    }

    eventually("the memory comes back", SOON, async || {
        (gateway.resident_kib() < before + MAY_STAY_KIB).then_some(())
    })
    .await;
}
