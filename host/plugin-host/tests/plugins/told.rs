//! What an administrator is told of plugins that do not run as meant.

use wagate_plugin_host::{PluginCallError, PluginState, Suspension, SwitchError, check};
use wagate_storage::clock::Clock as _;

use crate::harness::{World, cache_dir, never_seen, versioned, wasm};

const ON: &[u8] = b"enabled = true\n";
const SOON_MS: i64 = 30_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_plugin_says_why_and_until_when() {
    let world = World::start(&[("hostile.toml", ON), ("hostile.wasm", &wasm("hostile"))]).await;
    assert_eq!(world.status("hostile").suspended, None);
    for _ in 0..5 {
        let failed = world.call("POST", "/api/hostile/panic", "").await.unwrap_err();
        assert_eq!(failed, PluginCallError::Trapped);
    }
    let told = Suspension {
        reason: "5 failures within 60 s, the last one: the plugin failed".to_owned(),
        until_ms: Some(world.clock.now_ms() + SOON_MS),
    };
    assert_eq!(world.status("hostile").suspended, Some(told));
    world.clock.advance(SOON_MS);
    let status = world.status("hostile");
    assert_eq!((status.state, status.suspended), (PluginState::Running, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_whose_events_wait_is_named_with_the_reason() {
    let admin =
        b"enabled = true\n[grants]\ncapabilities = [\"store\", \"timers\"]\n[limits]\nhook_tries = 1\n";
    let world = World::start(&[("listener.toml", admin), ("listener.wasm", &wasm("listener"))]).await;
    for n in 0..5 {
        world.receive(&format!("m{n}"), "panic").await;
    }
    let suspended = crate::harness::eventually("the session's hooks to be suspended", || async {
        world.status("listener").suspended_hooks.pop()
    })
    .await;
    assert_eq!(suspended.0.as_deref(), Some(crate::harness::SESSION));
    assert!(suspended.1.reason.contains("the plugin failed"), "{suspended:?}");
    assert_eq!(suspended.1.until_ms, Some(world.clock.now_ms() + SOON_MS));
    let status = world.status("listener");
    assert_eq!(
        (status.state, status.suspended),
        (PluginState::Running, None),
        "the others go on"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_component_without_its_file_is_shown_until_it_has_one() {
    let world = World::start(&[
        ("versioned.wasm", &versioned(1000)),
        // Wanted under another name.
        ("hostile.toml", b"enabled = true\npath = \"misfit.wasm\"\n"),
        ("misfit.wasm", &wasm("hostile")),
    ])
    .await;
    let names: Vec<String> = world
        .host
        .statuses()
        .into_iter()
        .map(|status| status.name)
        .collect();
    assert_eq!(names, ["hostile", "versioned"]);
    let status = world.status("versioned");
    assert_eq!((status.state, status.enabled), (PluginState::Refused, false));
    let error = status.last_error.unwrap();
    assert!(
        error.file.as_ref().unwrap().ends_with("versioned.wasm"),
        "{error}"
    );
    assert!(
        error.message.contains("there is no versioned.toml beside it"),
        "{error}"
    );
    // It is no reason for `wagate check` to fail.
    let found = check(
        &world.config_dir(),
        &cache_dir(),
        &[],
        &[],
        false,
        Box::new(|_, _| {}),
    )
    .await;
    assert!(found.len() == 1 && found[0].is_warning, "{found:?}");
    let refused = world.host.set_enabled("versioned", true).await.unwrap_err();
    assert_eq!(refused, SwitchError::Invalid(error));

    world.put("versioned.toml", ON);
    let status = world
        .until("versioned", |status| status.state == PluginState::Running)
        .await;
    assert!(status.enabled && status.last_error.is_none());
    // And back: what served is unloaded, and the component shown as before.
    std::fs::remove_file(world.path("versioned.toml")).unwrap();
    let status = world
        .until("versioned", |status| status.state == PluginState::Refused)
        .await;
    assert!(status.version.is_none() && !status.enabled && status.routes.is_empty());
    std::fs::remove_file(world.path("versioned.wasm")).unwrap();
    world.host.reload().await;
    assert!(world.host.status("versioned").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grants_without_effect_are_noted_with_their_place() {
    let admin =
        "enabled = true\n[grants]\ncapabilities = [\"store\", \"whatsapp-labels\"]\nhosts = [\"*\"]\n";
    let world = World::start(&[
        ("hostile.toml", admin.as_bytes()),
        ("hostile.wasm", &wasm("hostile")),
    ])
    .await;
    let status = world.status("hostile");
    assert_eq!((status.state, &status.last_error), (PluginState::Running, &None));
    let places: Vec<_> = status
        .notes
        .iter()
        .map(|note| (note.line.unwrap(), note.column.unwrap()))
        .collect();
    assert_eq!(places, [(3, 26), (4, 9)]);
    assert!(
        status.notes[0]
            .message
            .contains("\"whatsapp-labels\", which the plugin does not ask for")
    );
    assert!(status.notes[1].message.starts_with("hosts has no effect"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_that_is_switched_off_keeps_its_description() {
    let world = World::start(&[("versioned.toml", ON), ("versioned.wasm", &versioned(1000))]).await;
    let description = world.status("versioned").description;
    assert!(!description.is_empty());
    let status = world.host.set_enabled("versioned", false).await.unwrap();
    assert_eq!(
        (status.state, status.description),
        (PluginState::Disabled, description)
    );
    let off = World::start_with(
        &[("messages.toml", b"enabled = false\n")],
        crate::bundled::bundled(),
        &[],
    )
    .await;
    let status = off.status("messages");
    let said = "Sends messages, answers, changes, stars and takes them back, finds them and their files";
    assert_eq!(
        (status.state, status.description.as_str()),
        (PluginState::Disabled, said)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_to_another_file_tells_nothing_of_what_is_in_it() {
    let world = World::start(&[
        ("versioned.toml", b"enabled = true\npath = \"../secret\"\n"),
        ("hostile.toml", b"enabled = true\npath = \"../secret.so\"\n"),
    ])
    .await;
    for name in ["secret", "secret.so"] {
        std::fs::write(world.config_dir().join(name), "root:x:0:0:root").unwrap();
    }
    world.host.reload().await;
    for (plugin, words) in [
        ("versioned", "is no WebAssembly component"),
        ("hostile", "path, and sha256"),
    ] {
        let error = world.status(plugin).last_error.unwrap();
        assert!(error.message.contains(words), "{error}");
        // In letters or in numbers.
        for part in ["root", "0x72", "114"] {
            assert!(!error.message.contains(part), "{error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_version_that_is_compiled_is_shown_while_the_one_before_serves() {
    let world = World::start(&[("versioned.toml", ON), ("versioned.wasm", &versioned(1000))]).await;
    assert!(!world.status("versioned").compiling);
    world.put("versioned.wasm", &never_seen(versioned(1001)));
    let status = world.until("versioned", |status| status.compiling).await;
    assert_eq!(
        (status.state, status.version.as_deref()),
        (PluginState::Running, Some("1000.0.0"))
    );
    let status = world.until("versioned", |status| !status.compiling).await;
    assert_eq!(status.version.as_deref(), Some("1001.0.0"));
}
