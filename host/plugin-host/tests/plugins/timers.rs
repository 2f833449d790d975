//! Timers under a clock that a test sets. The guest `listener` writes down each fire: how late it was, and its id.

use wagate_storage::clock::Clock as _;

use crate::harness::{World, eventually, wasm};

const ADMIN_FILE: &[u8] = b"enabled = true\n[grants]\ncapabilities = [\"store\", \"timers\"]\n";
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

async fn world() -> World {
    World::start(&[
        ("listener.toml", ADMIN_FILE),
        ("listener.wasm", &wasm("listener")),
    ])
    .await
}

/// What is written down of a timer, by the moment it was due.
async fn fires(world: &World, timer: &str) -> Vec<(i64, Vec<String>)> {
    let prefix = format!("fired/{timer}/");
    let entries = world
        .storage
        .plugin_scan("listener", &prefix, None, 1000)
        .await
        .unwrap();
    let fire = |(key, lines): (String, Vec<u8>)| {
        let due = key.strip_prefix(&prefix).unwrap().parse().unwrap();
        let lines = String::from_utf8(lines).unwrap();
        (due, lines.lines().map(str::to_owned).collect())
    };
    let mut fires: Vec<(i64, Vec<String>)> = entries.into_iter().map(fire).collect();
    fires.sort();
    fires
}

/// Waits for so many occurrences, and insists that each came once.
async fn dues(world: &World, timer: &str, count: usize) -> Vec<i64> {
    let found = eventually(&format!("{count} fires of {timer}"), || async {
        let found = fires(world, timer).await;
        (found.len() >= count).then_some(found)
    })
    .await;
    assert!(found.iter().all(|(_, lines)| lines.len() == 1), "{found:?}");
    assert_eq!(found.len(), count, "{found:?}");
    found.into_iter().map(|(due, _)| due).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_set_back_and_forth_loses_none_and_doubles_none() {
    let world = world().await;
    let start = world.clock.now_ms();
    world.receive("m1", "cron each * * * * *").await;
    world
        .receive("m2", &format!("at once {}", start + 30 * MINUTE))
        .await;
    world.stored("listener", "heard/shop/00000002").await;

    for minute in 1..=3 {
        world.clock.advance(MINUTE);
        dues(&world, "each", minute).await;
    }
    // An hour ahead: the moment has come, and of the sixty minutes that passed one fires, late.
    world.clock.advance(HOUR);
    let ahead = dues(&world, "each", 4).await;
    assert_eq!(dues(&world, "once", 1).await, [start + 30 * MINUTE]);
    // Back again, and through the same hour in steps: what fired does not fire again, and the minutes that were passed
    // over come now, each in its time.
    world.clock.advance(-HOUR);
    let now = world.clock.now_ms();
    eventually("the clock is looked at", || async {
        let timer = world.storage.timer("listener", "each").await.unwrap().unwrap();
        timer.next_ms.filter(|next| *next < now + HOUR / 2)
    })
    .await;
    for count in 5..=7 {
        world.clock.advance(if count == 5 { 2 * MINUTE } else { MINUTE });
        let found = dues(&world, "each", count).await;
        assert!(ahead.iter().all(|due| found.contains(due)));
        assert!(
            found.windows(2).all(|pair| pair[1] - pair[0] == MINUTE),
            "{found:?}"
        );
    }
    world.clock.advance(2 * HOUR);
    dues(&world, "each", 8).await;
    assert_eq!(dues(&world, "once", 1).await, [start + 30 * MINUTE]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_missed_while_the_host_was_down_fires_once_and_says_how_late() {
    let world = world().await;
    let start = world.clock.now_ms();
    world.receive("m1", &format!("at tea {}", start + 1000)).await;
    world.stored("listener", "heard/shop/00000001").await;
    let world = world.restart_at(5000).await;
    dues(&world, "tea", 1).await;
    let found = fires(&world, "tea").await;
    assert_eq!(found[0].0, start + 1000);
    let late: i64 = found[0].1[0].split(' ').next().unwrap().parse().unwrap();
    assert_eq!(late, 4000);
}
