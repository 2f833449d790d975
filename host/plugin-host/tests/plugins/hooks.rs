//! Events reach hooks: in order, at least once, and never get lost because the time was wrong.

use wagate_plugin_host::PluginState;

use crate::harness::{SESSION, World, eventually, wasm};

const LISTENER: &[u8] = b"enabled = true\n[grants]\ncapabilities = [\"store\", \"whatsapp-messages\"]\n";

fn heard(sequence: i64) -> String {
    format!("heard/shop/{sequence:08}")
}

fn tries(sequence: i64) -> String {
    format!("tries/shop/{sequence:08}")
}

async fn world() -> World {
    World::start(&[("listener.toml", LISTENER), ("listener.wasm", &wasm("listener"))]).await
}

async fn cursor_reaches(world: &World, sequence: i64) {
    let ask = || async {
        (world.storage.hook_cursor("listener", SESSION).await.unwrap() == Some(sequence)).then_some(())
    };
    eventually(&format!("the cursor at {sequence}"), ask).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_arrive_in_order_and_what_fails_is_passed_over_after_three_tries() {
    let world = world().await;
    for (id, text) in [("a", "one"), ("b", "fail"), ("c", "panic"), ("d", "two")] {
        world.receive(id, text).await;
    }
    assert_eq!(world.stored("listener", &heard(1)).await, "one");
    assert_eq!(world.stored("listener", &heard(4)).await, "two");
    cursor_reaches(&world, 4).await;
    for sequence in [2, 3] {
        assert_eq!(world.stored("listener", &tries(sequence)).await.len(), 3);
        assert_eq!(
            world
                .storage
                .plugin_get("listener", &heard(sequence))
                .await
                .unwrap(),
            None
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_plugin_starts_at_the_end_of_the_log() {
    let world = World::start(&[("listener.wasm", &wasm("listener"))]).await;
    world.receive("old", "before its time").await;
    world.put("listener.toml", LISTENER);
    world
        .until("listener", |status| status.state == PluginState::Running)
        .await;
    world.receive("new", "now").await;
    assert_eq!(world.stored("listener", &heard(2)).await, "now");
    assert_eq!(
        world.storage.plugin_get("listener", &tries(1)).await.unwrap(),
        None
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_goes_on_where_it_was() {
    let world = world().await;
    world.receive("a", "one").await;
    cursor_reaches(&world, 1).await;
    let world = world.restart().await;
    world.receive("b", "two").await;
    assert_eq!(world.stored("listener", &heard(2)).await, "two");
    assert_eq!(world.stored("listener", &tries(1)).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_while_a_plugin_is_off_is_not_made_up_for() {
    let world = world().await;
    world.put("listener.toml", b"enabled = false\n");
    world
        .until("listener", |status| status.state == PluginState::Disabled)
        .await;
    world.receive("off", "nobody there").await;
    world.put("listener.toml", LISTENER);
    world
        .until("listener", |status| status.state == PluginState::Running)
        .await;
    world.receive("on", "back").await;
    assert_eq!(world.stored("listener", &heard(2)).await, "back");
    assert_eq!(
        world.storage.plugin_get("listener", &tries(1)).await.unwrap(),
        None
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_without_connection_is_waited_for_and_not_lost() {
    let world = world().await;
    world.receive("a", "send").await;
    world.receive("b", "later").await;
    // More tries than an event that fails for reasons of its own would get.
    let persistent = || async {
        let tries = world.storage.plugin_get("listener", &tries(1)).await.unwrap();
        world.host.reload().await;
        tries.filter(|tries| tries.len() >= 4)
    };
    eventually("a fourth try", persistent).await;
    assert_eq!(
        world.storage.hook_cursor("listener", SESSION).await.unwrap(),
        Some(0)
    );
    assert_eq!(
        world.storage.plugin_get("listener", &tries(2)).await.unwrap(),
        None
    );
    assert_eq!(world.status("listener").traps, 0);
    let lag = || async { (world.status("listener").lag == [(SESSION.to_owned(), 2)]).then_some(()) };
    eventually("the lag", lag).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_version_gets_the_event_the_old_one_waited_with() {
    let world = world().await;
    world.receive("a", "send").await;
    world.stored("listener", &tries(1)).await;
    // Without the right the send is denied for good: the event is passed over by the version with the new grants.
    world.put(
        "listener.toml",
        b"enabled = true\n[grants]\ncapabilities = [\"store\"]\n",
    );
    cursor_reaches(&world, 1).await;
}
