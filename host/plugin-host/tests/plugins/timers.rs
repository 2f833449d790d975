//! Timers under a clock that a test sets. The guest `listener` writes down each fire: how late it was, and its id.

use std::time::{Duration, Instant};

use wagate_storage::clock::Clock as _;
use wagate_storage::new_row_id;
use wagate_storage::timers::{NewTimer, Schedule};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_timers_than_may_fire_in_a_minute_fire_later_and_are_not_lost() {
    /// A minute's worth may fire at once, then one every half second.
    const A_MINUTE: usize = 120;
    const TOO_MANY: usize = 3;
    let admin = format!(
        "{}[limits]\ntimers_per_minute = {A_MINUTE}\n",
        String::from_utf8_lossy(ADMIN_FILE)
    );
    let world = World::start(&[
        ("listener.toml", admin.as_bytes()),
        ("listener.wasm", &wasm("listener")),
    ])
    .await;
    let now = world.clock.now_ms();
    let started = Instant::now();
    for n in 0..A_MINUTE + TOO_MANY - 1 {
        let timer = NewTimer {
            plugin: "listener".to_owned(),
            name: format!("many-{n}"),
            id: new_row_id(),
            session_id: None,
            schedule: Schedule::At(now),
            payload: String::new(),
            next_ms: now,
            created_at: now,
        };
        world.storage.put_timer(timer, false).await.unwrap();
    }
    // The last one is set by the plugin: the host looks again.
    world.receive("m1", &format!("at many-last {now}")).await;
    let fired = || async {
        let found = world
            .storage
            .plugin_scan("listener", "fired/many-", None, 1000)
            .await
            .unwrap();
        (found.len() >= A_MINUTE + TOO_MANY).then_some(found)
    };
    let found = eventually("all of them to fire", fired).await;
    assert_eq!(found.len(), A_MINUTE + TOO_MANY);
    assert!(
        found
            .iter()
            .all(|(_, lines)| lines.ends_with(b"\n") && lines.split(|byte| *byte == b'\n').count() == 2),
        "each once"
    );
    assert!(
        started.elapsed() >= Duration::from_millis(1400),
        "{:?}",
        started.elapsed()
    );
}
