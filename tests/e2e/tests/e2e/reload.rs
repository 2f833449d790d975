//! Hot swap: an edited file works within a second, a mistake changes nothing, and no request is dropped.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;
use wagate_e2e::gateway::{ADMIN_KEY, copy_cache};
use wagate_e2e::{Gateway, Network, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(20);
/// Swaps in a run; `WAGATE_SWAPS` asks for more, up to 1000.
const SWAPS: u32 = 50;
/// After so many, memory has reached its level.
const WARM_UP: usize = 20;
/// Of so many swaps the least memory counts.
const SOME: usize = 5;
const REQUESTS_PER_SECOND: u64 = 50;

/// Another number in each run.
static RUN: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one("run"));

fn autoreply_toml(keyword: &str) -> String {
    format!(
        "enabled = true\n\n[settings]\n[[settings.rules]]\nkeyword = \"{keyword}\"\nmatch_type = \"EXACT\"\n\
         response = \"answer to {keyword}\"\n\n[grants]\n\
         capabilities = [\"store\", \"sessions\", \"whatsapp-messages\"]\n"
    )
}

#[tokio::test]
async fn an_edited_rule_works_within_a_second_and_a_typo_changes_nothing() {
    let network = Network::start(WAGATE);
    let owner = network.phone("15550005001", "pn").await;
    let contact = network.phone("15550005002", "pn").await;
    let gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;

    let before = gateway.plugin("autoreply").await["loadedAt"].clone();
    gateway.write_plugin_toml("autoreply", &autoreply_toml("hours"));
    let edited = Instant::now();
    eventually("the edited file is in use", SOON, async || {
        (gateway.plugin("autoreply").await["loadedAt"] != before).then_some(())
    })
    .await;
    let took = edited.elapsed();
    assert!(
        took < Duration::from_secs(1),
        "an edited autoreply.toml took {took:?}"
    );
    contact.write(&owner.jid, "hours").await;
    assert_eq!(contact.received(1).await[0]["text"], "answer to hours");

    // Line 5 opens a string that never closes.
    let typo = autoreply_toml("hours").replace("keyword = \"hours\"", "keyword = \"hours");
    gateway.write_plugin_toml("autoreply", &typo);
    let error = eventually("the typo is reported", SOON, async || {
        let error = gateway.plugin("autoreply").await["lastError"].clone();
        (!error.is_null()).then_some(error)
    })
    .await;
    assert_eq!(error["line"], 5, "{error}");
    assert!(
        error["column"].as_u64().is_some_and(|column| column > 1),
        "{error}"
    );
    assert!(
        error["file"]
            .as_str()
            .is_some_and(|file| file.ends_with("autoreply.toml")),
        "{error}"
    );
    assert!(
        gateway.log_text().contains("autoreply.toml:5:"),
        "the log names file, line and column"
    );

    contact.write(&owner.jid, "hours").await;
    assert_eq!(
        contact.received(2).await[1]["text"],
        "answer to hours",
        "the old rules go on"
    );
}

/// Another version of the guest: the version is a text of fixed length in the component.
fn version(n: u32) -> Vec<u8> {
    let mut wasm = std::fs::read(env!("GUEST_VERSIONED")).expect("the guest is built");
    let (old, new) = (b"1000.0.0", format!("{}.0.0", 1000 + n));
    let mut replaced = 0;
    for start in 0..wasm.len() - old.len() {
        if &wasm[start..start + old.len()] == old {
            wasm[start..start + old.len()].copy_from_slice(new.as_bytes());
            replaced += 1;
        }
    }
    assert!(replaced > 0, "the guest carries its version");
    // A custom section at its end that no run before had: id, size, length of the name, the name, and what it holds. Else
    // it would come from the cache, compiled.
    wasm.extend([0, 12, 3]);
    wasm.extend(b"run");
    wasm.extend(RUN.to_le_bytes());
    wasm
}

fn install(gateway: &Gateway, wasm: &[u8]) {
    let plugins = gateway.config_dir().join("plugins");
    let fresh = plugins.join(".versioned.wasm.new");
    std::fs::write(&fresh, wasm).expect("the component is written");
    std::fs::rename(fresh, plugins.join("versioned.wasm")).expect("the component is renamed");
}

async fn served_version(gateway: &Gateway) -> Option<String> {
    let (status, body) = gateway.call(Method::GET, "/api/versioned", None).await;
    if status == 200 {
        body["version"].as_str().map(str::to_owned)
    } else {
        None
    }
}

#[tokio::test]
async fn swaps_under_load_fail_no_request_leak_nothing_and_a_corrupt_component_is_refused() {
    let swaps = std::env::var("WAGATE_SWAPS").map_or(SWAPS, |text| text.parse().expect("a number"));
    assert!(swaps >= SWAPS, "WAGATE_SWAPS is less than {SWAPS}");
    let network = Network::start(WAGATE);
    let mut gateway = Gateway::prepare(WAGATE, &network, &[]);
    // Each version is compiled: what that leaves behind is what memory is watched for.
    copy_cache(&gateway.data_dir());
    gateway.start_again();
    install(&gateway, &version(0));
    gateway.write_plugin_toml("versioned", "enabled = true\n");
    eventually("the plugin is there", SOON, async || {
        served_version(&gateway).await
    })
    .await;

    let (stop, served, failed) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicU64::new(0)),
    );
    let load = {
        let (stop, served, failed) = (Arc::clone(&stop), Arc::clone(&served), Arc::clone(&failed));
        let (http, url) = (reqwest::Client::new(), gateway.url("/api/versioned"));
        tokio::spawn(async move {
            let mut beat = tokio::time::interval(Duration::from_millis(1000 / REQUESTS_PER_SECOND));
            while !stop.load(Ordering::Relaxed) {
                beat.tick().await;
                let answer = http.get(&url).header("X-API-Key", ADMIN_KEY).send().await;
                let body: Option<Value> = match answer {
                    Ok(answer) if answer.status() == 200 => answer.json().await.ok(),
                    _ => None,
                };
                let good = body.is_some_and(|body| body["version"].is_string());
                if good { &served } else { &failed }.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    let mut resident = Vec::new();
    for n in 1..=swaps {
        install(&gateway, &version(n));
        eventually(&format!("version {n} serves"), SOON, async || {
            (served_version(&gateway).await? == format!("{}.0.0", 1000 + n)).then_some(())
        })
        .await;
        resident.push(gateway.resident_kib());
    }
    // The least of some: what a swap leaves is given back a moment after the new version serves.
    let least = |some: &[u64]| some.iter().min().copied().expect("swaps");
    let level = least(&resident[WARM_UP - SOME..WARM_UP]);
    let last = least(&resident[resident.len() - SOME..]);
    println!("resident after {WARM_UP} swaps {level} KiB, after {swaps} {last} KiB");
    assert!(
        last * 10 <= level * 11,
        "memory grew from {level} KiB to {last} KiB"
    );
    let instances = gateway.plugin("versioned").await["instances"].clone();
    assert!(
        instances.as_u64().is_some_and(|count| count <= 4),
        "{instances} warm instances"
    );

    install(&gateway, b"\0asm this is no component");
    eventually("the corrupt component is reported", SOON, async || {
        (!gateway.plugin("versioned").await["lastError"].is_null()).then_some(())
    })
    .await;
    assert_eq!(
        served_version(&gateway).await.as_deref(),
        Some(format!("{}.0.0", 1000 + swaps).as_str()),
        "the old version goes on"
    );

    stop.store(true, Ordering::Relaxed);
    load.await.expect("the load ends");
    assert_eq!(
        failed.load(Ordering::Relaxed),
        0,
        "of {} requests",
        served.load(Ordering::Relaxed)
    );
    assert!(
        served.load(Ordering::Relaxed) > u64::from(swaps),
        "there was a load"
    );
}
