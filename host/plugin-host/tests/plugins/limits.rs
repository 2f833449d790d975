//! What a misbehaving plugin can do: fail, within its limits, alone.

use std::time::Instant;

use wagate_plugin_host::{PluginCallError, PluginState};

use crate::harness::{World, eventually, json, versioned, wasm};

const HOSTILE: &str = "enabled = true
[grants]
capabilities = [\"store\"]
[limits]
memory_mb = 16
cpu_ms = 200
call_timeout_ms = 1000
response_mb = 10
instances = 2
";

async fn world() -> World {
    world_with(HOSTILE).await
}

async fn world_with(toml: &str) -> World {
    let versioned = versioned(1000);
    World::start(&[
        ("hostile.toml", toml.as_bytes()),
        ("hostile.wasm", &wasm("hostile")),
        ("versioned.toml", b"enabled = true\n"),
        ("versioned.wasm", &versioned),
    ])
    .await
}

/// Commits the vice, then sees that the plugin itself and its neighbour go on.
async fn check(world: &World, vice: &str, wanted: &PluginCallError) {
    let started = Instant::now();
    let path = format!("/api/hostile/{vice}");
    let (outcome, neighbour) = tokio::join!(
        world.call("POST", &path, ""),
        world.call("GET", "/api/versioned", "")
    );
    assert_eq!(outcome.as_ref().unwrap_err(), wanted, "{vice}");
    assert!(
        started.elapsed().as_secs() < 10,
        "{vice} took {:?}",
        started.elapsed()
    );
    assert_eq!(neighbour.unwrap().status, 200);
    assert_eq!(
        world
            .call("POST", "/api/hostile/polite", "")
            .await
            .unwrap()
            .status,
        200,
        "after {vice}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_vice_ends_within_its_limit_with_its_own_error() {
    let world = world().await;
    check(&world, "loop", &PluginCallError::Timeout).await;
    check(&world, "bomb", &PluginCallError::Memory).await;
    check(&world, "panic", &PluginCallError::Trapped).await;
    check(&world, "recurse", &PluginCallError::Trapped).await;
    world.clock.advance(60_000);
    check(&world, "sleep", &PluginCallError::Timeout).await;
    check(&world, "pester", &PluginCallError::Timeout).await;
    assert_eq!(world.status("hostile").traps, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_have_rested_answer_as_before() {
    let world = world().await;
    let calls = async {
        for _ in 0..100 {
            let polite = || world.call("POST", "/api/hostile/polite", "");
            let (one, other) = tokio::join!(polite(), polite());
            assert_eq!((one.unwrap().status, other.unwrap().status), (200, 200));
        }
    };
    let tidying = async {
        loop {
            world.host.tidy().await;
        }
    };
    tokio::select! {
        () = calls => {}
        () = tidying => {}
    }
    world.host.tidy().await;
    // As deep as it goes, on a stack whose pages were given back.
    check(&world, "recurse", &PluginCallError::Trapped).await;
    assert_eq!(world.status("hostile").traps, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_all_instances_hold_together_is_bounded_and_given_back() {
    let toml = HOSTILE
        .replace("memory_mb = 16", "memory_mb = 16\nmemory_total_mb = 8")
        .replace("cpu_ms = 200\ncall_timeout_ms = 1000", "call_timeout_ms = 5000");
    let world = world_with(&toml).await;
    let host = world.host.clone();
    let sleeper =
        tokio::spawn(async move { crate::harness::call(&host, "POST", "/api/hostile/sleep", "").await });
    let taken = || async { (world.status("hostile").instances == 0).then_some(()) };
    eventually("the sleeper's instance", taken).await;
    let bomb = || world.call("POST", "/api/hostile/bomb", "");
    assert_eq!(bomb().await.unwrap_err(), PluginCallError::Crowded);
    assert_eq!(world.status("hostile").traps, 0, "the others had the memory");
    assert_eq!(sleeper.await.unwrap().unwrap_err(), PluginCallError::Timeout);
    // Alone it can have all of it.
    let alone = || async { (bomb().await.err()? == PluginCallError::Memory).then_some(()) };
    eventually("all of the memory", alone).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_instances_make_room_for_a_call_that_needs_memory() {
    let toml = HOSTILE.replace("memory_mb = 16", "memory_mb = 8\nmemory_total_mb = 8");
    let world = world_with(&toml).await;
    let nap = || world.call("POST", "/api/hostile/nap", "");
    let two = || async {
        let (one, other) = tokio::join!(nap(), nap());
        assert_eq!((one.unwrap().status, other.unwrap().status), (200, 200));
        (world.status("hostile").instances == 2).then_some(())
    };
    eventually("two idle instances", two).await;
    let short = world.call("POST", "/api/hostile/bomb", "").await;
    assert_eq!(short.unwrap_err(), PluginCallError::Crowded);
    assert_eq!(world.status("hostile").instances, 0, "the idle one is given up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_huge_answer_is_refused() {
    let world = world_with(&HOSTILE.replace("memory_mb = 16", "memory_mb = 64")).await;
    let outcome = world.call("POST", "/api/hostile/huge-reply", "").await;
    assert_eq!(outcome.unwrap_err(), PluginCallError::TooLarge);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_must_be_declared_and_granted() {
    let world = world().await;
    let ungranted = world.call("POST", "/api/hostile/ungranted", "").await.unwrap();
    let text = json(&ungranted)["error"].as_str().unwrap().to_owned();
    assert_eq!(ungranted.status, 403);
    assert!(
        text.contains("\"history\" is not granted in") && text.contains("hostile.toml"),
        "{text}"
    );
    let undeclared = world.call("POST", "/api/hostile/undeclared", "").await.unwrap();
    let text = json(&undeclared)["error"].as_str().unwrap().to_owned();
    assert!(text.contains("\"whatsapp-messages\" is not declared"), "{text}");
    assert_eq!(world.status("hostile").granted, ["store"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_session_of_the_call_or_a_granted_one_can_be_touched() {
    let granted = HOSTILE.replace("[\"store\"]", "[\"store\", \"history\"]");
    let world = world_with(&granted).await;
    let foreign = world.call("POST", "/api/hostile/ungranted", "").await.unwrap();
    assert_eq!(foreign.status, 403);
    assert!(
        json(&foreign)["error"]
            .as_str()
            .unwrap()
            .contains("session \"any\" is not that of this call")
    );
    world.put(
        "hostile.toml",
        granted
            .replace("[limits]", "sessions = [\"any\"]\n[limits]")
            .as_bytes(),
    );
    let answered = || async {
        world
            .call("POST", "/api/hostile/ungranted", "")
            .await
            .ok()
            .filter(|answer| answer.status == 200)
    };
    eventually("the granted session", answered).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_has_a_quota() {
    let world =
        world_with(&HOSTILE.replace("call_timeout_ms = 1000", "call_timeout_ms = 30000\nstore_mb = 3")).await;
    let full = world.call("POST", "/api/hostile/fill-store", "").await.unwrap();
    assert_eq!(full.status, 409, "{full:?}");
    assert!(json(&full)["error"].as_str().unwrap().contains("store_mb"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trap_storm_suspends_the_plugin_and_time_brings_it_back() {
    let world = world().await;
    for _ in 0..5 {
        assert_eq!(
            world.call("POST", "/api/hostile/panic", "").await.unwrap_err(),
            PluginCallError::Trapped
        );
    }
    let refused = world.call("POST", "/api/hostile/polite", "").await.unwrap_err();
    assert_eq!(
        (refused.status(), refused),
        (
            503,
            PluginCallError::Suspended {
                retry_after_ms: 30_000
            }
        )
    );
    assert_eq!(world.status("hostile").state, PluginState::Suspended);
    world.clock.advance(30_000);
    assert_eq!(
        world
            .call("POST", "/api/hostile/polite", "")
            .await
            .unwrap()
            .status,
        200
    );
    assert_eq!(world.status("hostile").state, PluginState::Running);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_free_instance_a_call_waits_a_bounded_time() {
    let world = world_with(&HOSTILE.replace("instances = 2", "instances = 1\nqueue_wait_ms = 20")).await;
    let host = world.host.clone();
    let sleeper =
        tokio::spawn(async move { crate::harness::call(&host, "POST", "/api/hostile/sleep", "").await });
    let busy = || async { world.call("POST", "/api/hostile/polite", "").await.err() };
    let refused = eventually("a refusal", busy).await;
    assert!(matches!(refused, PluginCallError::Busy { .. }), "{refused:?}");
    assert_eq!(sleeper.await.unwrap().unwrap_err(), PluginCallError::Timeout);
    assert_eq!(
        world
            .call("POST", "/api/hostile/polite", "")
            .await
            .unwrap()
            .status,
        200
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_hangs_up_does_not_cut_a_post_in_half() {
    let world = world_with(&HOSTILE.replace("cpu_ms = 200\ncall_timeout_ms = 1000", "store_mb = 3")).await;
    let mut call = Box::pin(world.call("POST", "/api/hostile/fill-store", ""));
    // Polled once, so that it has begun; then the client is gone.
    let begun =
        std::future::poll_fn(|context| std::task::Poll::Ready(call.as_mut().poll(context).is_pending()))
            .await;
    drop(call);
    assert!(begun);
    let second = || async { world.storage.plugin_get("hostile", "fill/1").await.unwrap() };
    eventually("the second thing the request does", second).await;
}
