//! Files change while the host runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use wagate_plugin_host::{PluginState, PluginStatus};

use crate::harness::{World, call, json, put_file, versioned};

async fn world() -> World {
    World::start(&[
        ("versioned.toml", b"enabled = true\n"),
        ("versioned.wasm", &versioned(1000)),
    ])
    .await
}

async fn answer(world: &World) -> (String, String) {
    let answer = json(&world.call("GET", "/api/versioned", "").await.unwrap());
    let text = |field: &str| answer[field].as_str().unwrap().to_owned();
    (text("version"), text("word"))
}

async fn until_word(world: &World, wanted: &str) {
    let ask = || async { (answer(world).await.1 == wanted).then_some(()) };
    crate::harness::eventually(wanted, ask).await;
}

/// The version that serves must not have changed.
async fn still_serves(world: &World) {
    assert_eq!(answer(world).await, ("1000.0.0".to_owned(), String::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_setting_works_soon_without_compiling() {
    let world = world().await;
    world.put("versioned.toml", b"enabled = true\n[settings]\nword = \"one\"\n");
    until_word(&world, "one").await;
    // The first change may have met the look at the start.
    let started = Instant::now();
    world.put("versioned.toml", b"enabled = true\n[settings]\nword = \"two\"\n");
    until_word(&world, "two").await;
    println!("a changed setting worked after {:?}", started.elapsed());
    // A second on a quiet machine; the tests' neighbours may be loud.
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_typing_error_is_reported_with_its_place_and_changes_nothing() {
    let world = world().await;
    world.put("versioned.toml", b"enabled = true\n\n[settings]\nword = two\n");
    let error = world
        .until("versioned", |status| status.last_error.is_some())
        .await
        .last_error
        .unwrap();
    assert!(
        error
            .file
            .as_ref()
            .unwrap()
            .ends_with("config/plugins/versioned.toml")
    );
    assert_eq!((error.line, error.column), (Some(4), Some(8)), "{error}");
    still_serves(&world).await;
    world.put("versioned.toml", b"enabled = true\n[settings]\nword = \"two\"\n");
    let status = world
        .until("versioned", |status| status.last_error.is_none())
        .await;
    assert_eq!(status.state, PluginState::Running);
    assert_eq!(answer(&world).await.1, "two");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn why_a_plugin_does_not_start_is_told_with_the_file_to_mend() {
    let world = world().await;
    let told = async |toml: &str, wanted: &str, file: &str| {
        world.put("versioned.toml", toml.as_bytes());
        let is_told = |status: &PluginStatus| {
            let error = status.last_error.as_ref();
            error.is_some_and(|error| error.message.contains(wanted))
        };
        let error = world.until("versioned", is_told).await.last_error.unwrap();
        assert!(error.file.as_ref().unwrap().ends_with(file), "{error}");
    };
    told(
        "enabled = true\n[settings]\nword = \"unspeakable\"\n",
        "what is unspeakable cannot be said",
        "versioned.wasm",
    )
    .await;
    told(
        "enabled = true\n[limits]\nmemory_mb = 1\n",
        "needs more memory to start than [limits] memory_mb = 1 gives it: ",
        "versioned.toml",
    )
    .await;
    still_serves(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_the_plugin_refuses_change_nothing() {
    let world = world().await;
    world.put(
        "versioned.toml",
        b"enabled = true\n[settings]\nword = \"unacceptable\"\n",
    );
    let error = world
        .until("versioned", |status| status.last_error.is_some())
        .await
        .last_error
        .unwrap();
    assert!(
        error.to_string().contains("[settings] word: unacceptable"),
        "{error}"
    );
    still_serves(&world).await;
    world.put("versioned.toml", b"enabled = true\n[settings]\nwort = \"two\"\n");
    let names_field = |text: &str| text.contains("unknown field `wort`");
    world
        .until("versioned", |status| {
            status
                .last_error
                .as_ref()
                .is_some_and(|error| names_field(&error.message))
        })
        .await;
    still_serves(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_file_unloads_nothing() {
    let world = world().await;
    std::fs::write(world.path("versioned.toml"), "").unwrap();
    let error = world
        .until("versioned", |status| status.last_error.is_some())
        .await
        .last_error
        .unwrap();
    assert!(error.message.contains("empty"));
    still_serves(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corrupt_component_is_refused_and_a_good_one_accepted() {
    let world = world().await;
    let good = versioned(1001);
    world.put("versioned.wasm", &good[..good.len() / 2]);
    let status = world
        .until("versioned", |status| status.last_error.is_some())
        .await;
    assert_eq!(
        (status.state, status.version.as_deref()),
        (PluginState::Running, Some("1000.0.0"))
    );
    assert!(
        status
            .last_error
            .unwrap()
            .file
            .unwrap()
            .ends_with("versioned.wasm")
    );
    still_serves(&world).await;
    world.put("versioned.wasm", &good);
    let status = world
        .until("versioned", |status| status.last_error.is_none())
        .await;
    assert_eq!(status.version.as_deref(), Some("1001.0.0"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_comes_and_goes_with_its_files() {
    let world = World::start(&[]).await;
    assert!(world.host.statuses().is_empty());
    world.put("versioned.wasm", &versioned(1000));
    world.put("versioned.toml", b"enabled = true\n");
    world
        .until("versioned", |status| status.state == PluginState::Running)
        .await;
    world.put("versioned.toml", b"enabled = false\n");
    world
        .until("versioned", |status| {
            status.state == PluginState::Disabled && !status.enabled
        })
        .await;
    std::fs::remove_file(world.path("versioned.toml")).unwrap();
    std::fs::remove_file(world.path("versioned.wasm")).unwrap();
    let gone = || async { world.host.statuses().is_empty().then_some(()) };
    crate::harness::eventually("the plugin to go", gone).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_editor_that_moves_the_file_away_first_unloads_nothing() {
    let world = world().await;
    let changes = world.host.changes();
    let before = *changes.borrow();
    std::fs::rename(world.path("versioned.toml"), world.path("versioned.toml~")).unwrap();
    std::fs::write(
        world.path("versioned.toml"),
        "enabled = true\n[settings]\nword = \"edited\"\n",
    )
    .unwrap();
    until_word(&world, "edited").await;
    assert_eq!(
        *changes.borrow(),
        before + 1,
        "the plugin was taken away in between"
    );
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swapped_link_to_a_directory_is_seen() {
    // As Kubernetes mounts a ConfigMap: visible names link into `..data`, which is itself a link that is replaced.
    let world = World::start(&[("versioned.wasm", &versioned(1000))]).await;
    let dir = world.path("").parent().unwrap().join("plugins");
    let generation = |number: u32| {
        let name = format!("..generation-{number}");
        std::fs::create_dir(dir.join(&name)).unwrap();
        std::fs::write(
            dir.join(&name).join("versioned.toml"),
            format!("enabled = true\n[settings]\nword = \"g{number}\"\n"),
        )
        .unwrap();
        std::os::unix::fs::symlink(&name, dir.join("..data_tmp")).unwrap();
        std::fs::rename(dir.join("..data_tmp"), dir.join("..data")).unwrap();
    };
    generation(1);
    std::os::unix::fs::symlink("..data/versioned.toml", dir.join("versioned.toml")).unwrap();
    world
        .until("versioned", |status| status.state == PluginState::Running)
        .await;
    until_word(&world, "g1").await;
    generation(2);
    until_word(&world, "g2").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_swaps_under_load_fail_no_request() {
    let world = world().await;
    let stop = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicU32::new(0));
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let (host, stop, answered) = (world.host.clone(), stop.clone(), answered.clone());
            tokio::spawn(async move {
                let mut newest = String::new();
                while !stop.load(Ordering::Relaxed) {
                    let response = call(&host, "GET", "/api/versioned", "").await.unwrap();
                    assert_eq!(response.status, 200);
                    let version = json(&response)["version"].as_str().unwrap().to_owned();
                    assert!(version >= newest, "{version} after {newest}");
                    newest = version;
                    answered.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for version in 1001..=1020 {
        put_file(&world.path("versioned.wasm"), &versioned(version));
        let wanted = format!("{version}.0.0");
        world
            .until("versioned", |status| status.version.as_deref() == Some(&wanted))
            .await;
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    assert!(answered.load(Ordering::Relaxed) > 100);
    println!(
        "{} requests answered during 20 swaps",
        answered.load(Ordering::Relaxed)
    );
}
