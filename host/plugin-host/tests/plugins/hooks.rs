//! Events reach hooks: in order, at least once, and never get lost because the time was wrong.

use wagate_plugin_host::{PluginState, ReplayError};
use wagate_storage::events::NewEvent;

use crate::harness::{SESSION, World, eventually, replace_text, wasm};

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
async fn events_arrive_in_order_and_what_fails_is_parked_after_three_tries() {
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
    let parked = world.host.parked("listener", None, None, 10).await.unwrap();
    let found: Vec<_> = parked
        .iter()
        .map(|row| (row.event.event.id.as_str(), row.attempts))
        .collect();
    assert_eq!(found, [("b", 3), ("c", 3)]);
    assert!(
        parked[1].error.contains("the plugin failed"),
        "{}",
        parked[1].error
    );
    assert_eq!(
        world.host.parked_counts("listener").await.unwrap(),
        [(SESSION.to_owned(), 2)]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_event_is_brought_again_and_stays_until_it_is_handled() {
    let world = World::start(&[
        (
            "listener.toml",
            b"enabled = true\n[grants]\ncapabilities = [\"store\"]\n[limits]\nhook_tries = 1\n",
        ),
        ("listener.wasm", &wasm("listener")),
    ])
    .await;
    world.receive("a", "send").await;
    world.receive("b", "later").await;
    assert_eq!(world.stored("listener", &heard(2)).await, "later");
    assert_eq!(
        world.host.parked("listener", None, None, 10).await.unwrap().len(),
        1
    );
    let refusal = world.host.replay_parked("listener", "a").await.unwrap_err();
    assert!(matches!(refusal, ReplayError::Failed(_)), "{refusal}");
    let parked = world.host.parked("listener", None, None, 10).await.unwrap();
    assert_eq!(parked[0].attempts, 2);
    assert!(matches!(
        world.host.replay_parked("listener", "b").await,
        Err(ReplayError::Unknown)
    ));
    assert!(world.host.drop_parked("listener", "a").await.unwrap());
    assert!(!world.host.drop_parked("listener", "a").await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_that_is_slow_holds_nobody_else_up() {
    let slow = b"enabled = true\n[grants]\ncapabilities = [\"store\"]\n[limits]\ncpu_ms = 60000\ncall_timeout_ms = 60000\n";
    let world = World::start(&[
        ("listener.toml", LISTENER),
        ("listener.wasm", &wasm("listener")),
        ("listenes.toml", slow),
        (
            "listenes.wasm",
            &replace_text(wasm("listener"), "listener", "listenes"),
        ),
    ])
    .await;
    // The text that makes one of the two compute for ever.
    world.receive("a", "spin listenes").await;
    for n in 0..20 {
        world.receive(&format!("b{n}"), &format!("after {n}")).await;
    }
    assert_eq!(world.stored("listener", &heard(21)).await, "after 19");
    let lag = || async { (world.status("listenes").lag == [(SESSION.to_owned(), 21)]).then_some(()) };
    eventually("the lag of the slow one", lag).await;
    let none = || async { world.status("listener").lag.is_empty().then_some(()) };
    eventually("no lag of the other", none).await;
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

/// The plugin is switched off, and on again.
async fn a_message_while_off_and_one_after(world: &World) {
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
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_while_a_plugin_is_off_is_not_made_up_for() {
    let world = world().await;
    a_message_while_off_and_one_after(&world).await;
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

fn copies(of: &NewEvent, kind: &str, numbers: std::ops::RangeInclusive<i64>) -> Vec<NewEvent> {
    numbers
        .map(|n| NewEvent {
            id: format!("copy-{n}"),
            kind: kind.to_owned(),
            data: of.data.replace("one", &format!("copy {n}")),
            ..of.clone()
        })
        .collect()
}

async fn first_event(world: &World) -> NewEvent {
    let rows = world.storage.events_after(SESSION, 0, 1).await.unwrap();
    rows[0].event.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_past_this_process_is_read_from_the_database() {
    let world = world().await;
    world.receive("a", "one").await;
    cursor_reaches(&world, 1).await;
    let events = copies(&first_event(&world).await, "message.received", 2..=70);
    world.append_elsewhere(events).await;
    world.receive("z", "now").await;
    assert_eq!(world.stored("listener", &heard(71)).await, "now");
    cursor_reaches(&world, 71).await;
    for sequence in [2, 35, 70] {
        let text = world.stored("listener", &heard(sequence)).await;
        assert_eq!(text, format!("copy {sequence}"));
        assert_eq!(world.stored("listener", &tries(sequence)).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_the_plugin_is_not_hooked_on_makes_no_call() {
    let world = world().await;
    world.receive("a", "one").await;
    cursor_reaches(&world, 1).await;
    let calls = world.status("listener").calls;
    let event = first_event(&world).await;
    world
        .storage
        .append_events(copies(&event, "presence.updated", 2..=9))
        .await
        .unwrap();
    world.receive("b", "two").await;
    assert_eq!(world.stored("listener", &heard(10)).await, "two");
    cursor_reaches(&world, 10).await;
    assert_eq!(world.status("listener").calls, calls + 1);
    let world = world.restart().await;
    world.receive("c", "three").await;
    assert_eq!(world.stored("listener", &heard(11)).await, "three");
    assert_eq!(world.stored("listener", &tries(10)).await.len(), 1);
}

/// The listener that wants each chat's order, no more.
fn by_chat() -> Vec<u8> {
    // The same length, as it has to be.
    replace_text(
        wasm("listener"),
        "description = \"Writes down what it hears\"",
        "hook_order = \"chat\" # of different chats ",
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_that_computes_for_long_holds_up_no_other() {
    let one_request = b"enabled = true\n[grants]\ncapabilities = [\"store\"]\n\
        [limits]\ncpu_ms = 60000\ncall_timeout_ms = 60000\ninstances = 1\n";
    let world = World::start(&[("listener.toml", one_request), ("listener.wasm", &by_chat())]).await;
    world.receive("a", "one").await;
    cursor_reaches(&world, 1).await;
    let first = first_event(&world).await;
    let events = [("spin listener", "15550198"), ("two", "15550199")].map(|(text, chat)| NewEvent {
        id: text.to_owned(),
        chat: Some(format!("{chat}@s.whatsapp.net")),
        data: first.data.replace("one", text),
        ..first.clone()
    });
    world.storage.append_events(events.into()).await.unwrap();
    assert_eq!(world.stored("listener", &heard(3)).await, "two");
    assert_eq!(
        world.storage.hook_cursor("listener", SESSION).await.unwrap(),
        Some(1),
        "the other one goes on"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_that_wants_the_order_of_chats_gets_one_while_another_waits() {
    let world = World::start(&[("listener.toml", LISTENER), ("listener.wasm", &by_chat())]).await;
    world.receive("a", "one").await;
    cursor_reaches(&world, 1).await;
    let first = first_event(&world).await;
    let other = "15550199@s.whatsapp.net";
    let events = [
        ("send", None),
        ("two", Some(other)),
        ("later", None),
        ("three", Some(other)),
    ]
    .map(|(text, chat)| NewEvent {
        id: text.to_owned(),
        chat: chat.map(str::to_owned).or(first.chat.clone()),
        data: first.data.replace("one", text),
        ..first.clone()
    });
    world.storage.append_events(events.into()).await.unwrap();
    // The send waits for a connection, and its chat with it.
    assert_eq!(world.stored("listener", &heard(3)).await, "two");
    assert_eq!(world.stored("listener", &heard(5)).await, "three");
    assert_eq!(
        world.storage.plugin_get("listener", &tries(4)).await.unwrap(),
        None
    );
    // So many more than are read at once, while it waits.
    let more = copies(&first, "message.received", 6..=305).into_iter();
    let of_the_other = more.map(|event| NewEvent {
        chat: Some(other.to_owned()),
        ..event
    });
    world.storage.append_events(of_the_other.collect()).await.unwrap();
    assert_eq!(world.stored("listener", &heard(305)).await, "copy 305");
    assert_eq!(
        world.storage.hook_cursor("listener", SESSION).await.unwrap(),
        Some(1)
    );
    world.put(
        "listener.toml",
        b"enabled = true\n[grants]\ncapabilities = [\"store\"]\n",
    );
    assert_eq!(world.stored("listener", &heard(4)).await, "later");
    cursor_reaches(&world, 305).await;
    assert_eq!(world.stored("listener", &tries(3)).await.len(), 1, "not again");
}

/// One that waits for a connection, and one of another chat behind it; the first is the second of the log.
async fn one_that_waits(world: &World) {
    world.receive("a", "one").await;
    cursor_reaches(world, 1).await;
    let first = first_event(world).await;
    let other = Some("15550199@s.whatsapp.net".to_owned());
    let events = [("send", first.chat.clone()), ("two", other)].map(|(text, chat)| NewEvent {
        id: text.to_owned(),
        chat,
        data: first.data.replace("one", text),
        ..first.clone()
    });
    world.storage.append_events(events.into()).await.unwrap();
    world.stored("listener", &tries(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_order_holds_at_once_and_nothing_comes_again() {
    let world = world().await;
    one_that_waits(&world).await;
    let is_tried = |sequence| {
        let storage = world.storage.clone();
        async move { storage.plugin_get("listener", &tries(sequence)).await.unwrap() }
    };
    assert_eq!(is_tried(3).await, None);
    world.put("listener.wasm", &by_chat());
    assert_eq!(world.stored("listener", &heard(3)).await, "two");
    let tried = world.stored("listener", &tries(2)).await.len();
    world.put("listener.wasm", &wasm("listener"));
    // As the session's order wants it, it is alone again.
    eventually("another try", || async {
        let tries = is_tried(2).await.unwrap_or_default().len();
        (tries > tried).then_some(())
    })
    .await;
    world.receive("b", "three").await;
    world.put(
        "listener.toml",
        b"enabled = true\n[grants]\ncapabilities = [\"store\"]\n",
    );
    assert_eq!(world.stored("listener", &heard(4)).await, "three");
    cursor_reaches(&world, 4).await;
    assert_eq!(world.stored("listener", &tries(3)).await.len(), 1, "not again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn switched_off_while_a_chat_waits_nothing_of_then_is_made_up_for() {
    let world = World::start(&[("listener.toml", LISTENER), ("listener.wasm", &by_chat())]).await;
    one_that_waits(&world).await;
    assert_eq!(world.stored("listener", &heard(3)).await, "two");
    a_message_while_off_and_one_after(&world).await;
    assert_eq!(world.stored("listener", &heard(5)).await, "back");
    cursor_reaches(&world, 5).await;
    assert_eq!(
        world.storage.plugin_get("listener", &tries(4)).await.unwrap(),
        None
    );
}
