//! Time and chance of a component are the host's: a test sets the one and seeds the other.

use wagate_storage::clock::Clock as _;

use crate::harness::{World, json, wasm};

async fn world() -> World {
    World::start(&[
        ("versioned.toml", b"enabled = true\n"),
        ("versioned.wasm", &wasm("versioned")),
    ])
    .await
}

async fn seen(world: &World) -> serde_json::Value {
    json(
        &world
            .call("GET", "/api/versioned/surroundings", "")
            .await
            .unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_component_sees_the_time_that_a_test_sets_and_the_chance_that_it_seeds() {
    let (one, other) = (world().await, world().await);
    let first = seen(&one).await;
    assert_eq!(first["nowMs"], one.clock.now_ms());
    for ms in [90_000, -3_600_000] {
        one.clock.advance(ms);
        assert_eq!(seen(&one).await["nowMs"], one.clock.now_ms());
    }
    // The worlds of all tests have one seed, and nothing in common besides.
    let same = seen(&other).await;
    assert_eq!(
        (&same["random"], &same["hash"]),
        (&first["random"], &first["hash"])
    );
    assert_ne!(seen(&other).await["random"], same["random"]);
    // New instances of the same component: what comes next in that world.
    other.host.reload_one("versioned").await.unwrap();
    let fresh = seen(&other).await;
    assert!(fresh["random"] != same["random"] && fresh["hash"] != same["hash"]);
}
