//! The same plugins as native libraries: what they answer, what they are refused, and what holds them.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use wagate_plugin_host::{PluginCallError, PluginState, PluginStatus};

use crate::goldens::{EXAMPLE_RIGHTS, conversation, transcript};
use crate::harness::{World, json, library, replace_text, wasm};
use crate::rights::{admin_file, all_rights, ask, functions};

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// An administrator's file for this library.
fn admin(name: &str, library: &[u8], more: &str) -> String {
    format!(
        "enabled = true\npath = \"{name}.so\"\nsha256 = \"{}\"\n{more}\n",
        hash(library)
    )
}

async fn world(name: &str, more: &str) -> World {
    let library = library(name);
    World::start_native(&[
        (&format!("{name}.toml"), admin(name, &library, more).as_bytes()),
        (&format!("{name}.so"), &library),
    ])
    .await
}

/// Status and reason of a plugin that must not have been loaded.
fn refused(world: &World, name: &str) -> (PluginStatus, String) {
    let status = world.status(name);
    assert_eq!(status.state, PluginState::Refused, "{status:#?}");
    let error = status.last_error.clone().unwrap();
    (status, error.message)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_native_plugin_is_refused_unless_it_is_allowed_and_wanted() {
    let example = library("example");
    let file = admin("example", &example, "");
    let world = World::start(&[("example.toml", file.as_bytes()), ("example.so", &example)]).await;
    let (status, reason) = refused(&world, "example");
    assert!(status.native);
    assert!(reason.contains("allow_native"), "{reason}");

    let without_hash = "enabled = true\npath = \"example.so\"\n";
    let world = World::start_native(&[
        ("example.toml", without_hash.as_bytes()),
        ("example.so", &example),
    ])
    .await;
    let reason = refused(&world, "example").1;
    assert!(reason.contains("path, and sha256"), "{reason}");

    let other = file.replace(&hash(&example), &hash(b"other"));
    let world = World::start_native(&[("example.toml", other.as_bytes()), ("example.so", &example)]).await;
    let (status, reason) = refused(&world, "example");
    assert_eq!(reason, format!("sha256: the component is {}", hash(&example)));
    assert_eq!(status.last_error.unwrap().line, Some(3));

    // Without its line, a library beside the file is not looked at.
    let world = World::start_native(&[("example.toml", b"enabled = true\n"), ("example.so", &example)]).await;
    let reason = refused(&world, "example").1;
    assert!(reason.contains("there is no component"), "{reason}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_library_of_another_version_is_refused_before_it_is_called() {
    let good = library("example");
    let magic = b"WAGATEPL";
    let head = good
        .windows(magic.len() + 4)
        .position(|window| window.starts_with(magic) && window.ends_with(&1_u32.to_le_bytes()))
        .unwrap();
    let mut other = good.clone();
    other[head + magic.len()] = 9;
    let reason = |library: Vec<u8>| async move {
        let world = World::start_native(&[
            ("example.toml", admin("example", &library, "").as_bytes()),
            ("example.so", &library),
        ])
        .await;
        refused(&world, "example").1
    };
    assert_eq!(
        reason(other).await,
        "speaks version 9 of the native interface, this host speaks 1"
    );
    let mut nobody = good.clone();
    nobody[head] = b'w';
    let nobody = reason(nobody).await;
    assert!(nobody.starts_with("is no native plugin"), "{nobody}");
    let text = reason(b"not a library at all".to_vec()).await;
    assert!(text.starts_with("cannot be loaded: "), "{text}");
    let component = reason(wasm("example")).await;
    assert!(component.starts_with("cannot be loaded: "), "{component}");
}

/// Both builds of the example, side by side, with the same grants.
async fn both(grants: &str) -> (World, World) {
    let component = World::start(&[
        ("example.toml", admin_file(grants).as_bytes()),
        ("example.wasm", &wasm("example")),
    ])
    .await;
    let library = library("example");
    let lines = format!("path = \"example.so\"\nsha256 = \"{}\"\n[grants]", hash(&library));
    let native = World::start_native(&[
        (
            "example.toml",
            admin_file(grants).replace("[grants]", &lines).as_bytes(),
        ),
        ("example.so", &library),
    ])
    .await;
    (component, native)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_builds_of_the_example_give_the_same_transcript() {
    let (component, native) = both(&format!("capabilities = [{EXAMPLE_RIGHTS}]")).await;
    let said = conversation(&native).await;
    assert_eq!(said, conversation(&component).await);
    // Of the component that was kept.
    assert_eq!(said, transcript("example.txt"));

    let (status, other) = (native.status("example"), component.status("example"));
    assert_eq!((status.state, status.native), (PluginState::Running, true));
    assert_eq!(status.memory_bytes, 0);
    assert!(!other.native);
    assert_eq!((status.routes, status.granted), (other.routes, other.granted));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_function_answers_both_builds_alike() {
    let (component, native) = both(&format!("{}\ndocuments = [\"autoreply\"]", all_rights())).await;
    assert_eq!(every_function(&native).await, every_function(&component).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_grant_a_native_plugin_is_denied_like_any_other() {
    let (component, native) = both("").await;
    let said = every_function(&native).await;
    assert!(
        said.contains("store.get: denied denied: right \"store\" is not granted in plugins/example.toml"),
        "{said}"
    );
    assert_eq!(said, every_function(&component).await);
}

/// A line for each function of the API, on the session at hand and on another.
async fn every_function(world: &World) -> String {
    let mut said = String::new();
    for function in functions() {
        for session in [None, Some("0197a000-0000-7000-8000-000000000002")] {
            let (result, message) = ask(world, &function.name, session).await;
            writeln!(said, "{}: {result} {message}", function.name).unwrap();
        }
    }
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn native_hooks_and_timers_run_as_those_of_a_component() {
    let world = world("listener", "[grants]\ncapabilities = [\"store\", \"timers\"]").await;
    world.receive("m1", "hello").await;
    assert_eq!(world.stored("listener", "heard/shop/00000001").await, "hello");
    world.receive("m2", "at once 0").await;
    let line = world.stored("listener", "fired/once/0").await;
    assert!(line.starts_with("1760000000000 "), "{line}");
    // A panic, tried again and passed over; the next event comes.
    world.receive("m3", "panic").await;
    world.receive("m4", "after").await;
    assert_eq!(world.stored("listener", "heard/shop/00000004").await, "after");
    assert_eq!(world.stored("listener", "tries/shop/00000003").await, "xxx");
}

const HOSTILE: &str = "[grants]\ncapabilities = [\"store\"]\n[limits]\ncall_timeout_ms = 2000\ninstances = 2";
const A_MINUTE_MS: i64 = 60_000;

async fn vice(world: &World, what: &str) -> Result<u16, PluginCallError> {
    let answer = world.call("POST", &format!("/api/hostile/{what}"), "").await;
    answer.map(|answer| answer.status)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_of_a_native_plugin_ends_its_instance_and_nothing_else() {
    let world = world("hostile", HOSTILE).await;
    for _ in 0..3 {
        assert_eq!(vice(&world, "panic").await, Err(PluginCallError::Trapped));
        assert_eq!(vice(&world, "polite").await, Ok(200));
    }
    assert_eq!(vice(&world, "undeclared").await, Ok(403));
    assert_eq!(world.status("hostile").traps, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_native_call_over_its_time_is_answered_and_the_plugin_is_suspended() {
    let world = world("hostile", HOSTILE).await;
    // It asks the host again and again: refused once its time is over, it comes back.
    assert_eq!(vice(&world, "pester").await, Err(PluginCallError::Timeout));
    let suspended = |outcome| matches!(outcome, Err(PluginCallError::Suspended { .. }));
    assert!(suspended(vice(&world, "polite").await));
    assert_eq!(world.status("hostile").state, PluginState::Suspended);
    world.clock.advance(A_MINUTE_MS);
    crate::harness::eventually("the call to come back", || async {
        vice(&world, "polite").await.ok()
    })
    .await;

    // It sleeps for a minute: no pause is long enough, but a new copy has nothing to do with it.
    assert_eq!(vice(&world, "sleep").await, Err(PluginCallError::Timeout));
    world.clock.advance(100 * A_MINUTE_MS);
    assert!(suspended(vice(&world, "polite").await));
    world.host.reload_one("hostile").await.unwrap();
    assert_eq!(vice(&world, "polite").await, Ok(200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_native_plugin_is_replaced_by_another_file_and_kept_with_other_settings() {
    let world = world("versioned", "").await;
    let answer = || async {
        let answer = world.call("GET", "/api/versioned", "").await.unwrap();
        let answer = json(&answer);
        (
            answer["version"].as_str().unwrap().to_owned(),
            answer["word"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(answer().await, ("1000.0.0".to_owned(), String::new()));
    let first = library("versioned");
    world.put(
        "versioned.toml",
        admin("versioned", &first, "[settings]\nword = \"new\"").as_bytes(),
    );
    world.host.reload().await;
    assert_eq!(answer().await, ("1000.0.0".to_owned(), "new".to_owned()));
    // The plugin refuses its settings: no instance was made, and none is given back.
    world.put(
        "versioned.toml",
        admin("versioned", &first, "[settings]\nword = \"unacceptable\"").as_bytes(),
    );
    world.host.reload().await;
    let refused = world.status("versioned").last_error.unwrap();
    assert!(refused.message.contains("unacceptable"), "{refused}");
    assert_eq!(answer().await.1, "new", "the settings before go on");
    // The other library, and then the file that wants it: between the two the first one serves.
    let second = replace_text(first, "1000.0.0", "1001.0.0");
    world.put("versioned.so", &second);
    world.host.reload().await;
    assert_eq!(answer().await.0, "1000.0.0");
    assert!(
        world
            .status("versioned")
            .last_error
            .unwrap()
            .message
            .starts_with("sha256: ")
    );
    world.put("versioned.toml", admin("versioned", &second, "").as_bytes());
    world.host.reload().await;
    assert_eq!(answer().await, ("1001.0.0".to_owned(), String::new()));
    assert_eq!(world.status("versioned").version.as_deref(), Some("1001.0.0"));
}
