//! The plugins in the box, with the shipped administrator's files.

use std::sync::{Arc, Mutex, OnceLock};

use wagate_plugin_host::{Bundled, Lookup, PluginState, PluginStatus, Source, check};

use crate::harness::{SESSION, World, json, wasm};

pub(crate) fn bundled() -> &'static [Bundled] {
    static BUNDLED: OnceLock<Vec<Bundled>> = OnceLock::new();
    BUNDLED.get_or_init(|| {
        let plugin = |name, default_toml, manifest| Bundled {
            name,
            wasm: wasm(name).leak(),
            manifest,
            default_toml,
        };
        vec![
            plugin(
                "messages",
                include_str!("../../../../config/plugins/messages.toml"),
                include_str!("../../../../plugins/messages/plugin.toml"),
            ),
            plugin(
                "chats",
                include_str!("../../../../config/plugins/chats.toml"),
                include_str!("../../../../plugins/chats/plugin.toml"),
            ),
            plugin(
                "autoreply",
                include_str!("../../../../config/plugins/autoreply.toml"),
                include_str!("../../../../plugins/autoreply/plugin.toml"),
            ),
        ]
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_serve_with_what_they_declare_and_nothing_is_missing() {
    let world = World::start_with(&[], bundled(), &[]).await;
    for status in world.host.statuses() {
        assert_eq!(
            (status.state, status.source, &status.last_error),
            (PluginState::Running, Source::Bundled, &None),
            "{}",
            status.name
        );
        assert!(status.notes.is_empty(), "{:?}", status.notes);
        let mut declared: Vec<String> = status.rights.iter().map(|(name, _)| name.clone()).collect();
        declared.sort();
        let mut granted = status.granted.clone();
        granted.sort();
        assert_eq!(declared, granted, "{}", status.name);
    }
    assert_eq!(world.host.statuses().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_is_made_and_listed_with_its_session() {
    let world = World::start_with(&[], bundled(), &[]).await;
    let made = world
        .call(
            "POST",
            "/api/autoreplies/shop",
            r#"{"keyword":"hello","response":"Hi"}"#,
        )
        .await
        .unwrap();
    assert_eq!(json(&made)["data"]["sessionId"], SESSION);
    let list = json(&world.call("GET", "/api/autoreplies/shop", "").await.unwrap());
    assert_eq!(list["data"][0]["session"]["sessionId"], "shop");
    assert_eq!(list["data"][0]["session"]["status"], "STOPPED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chats_are_a_bare_list_and_a_send_without_connection_is_a_503() {
    let world = World::start_with(&[], bundled(), &[]).await;
    assert_eq!(
        json(&world.call("GET", "/api/chat/shop", "").await.unwrap()),
        serde_json::json!([])
    );
    let history = world
        .call("GET", "/api/chat/shop/15550100%40s.whatsapp.net", "")
        .await
        .unwrap();
    assert_eq!(
        json(&history),
        serde_json::json!({"status": true, "success": true, "data": []})
    );
    let path = "/api/messages/shop/15550100@s.whatsapp.net/send";
    let refused = world
        .call("POST", path, r#"{"message":{"text":"hi"}}"#)
        .await
        .unwrap();
    assert_eq!(
        (refused.status, json(&refused)["error"].as_str()),
        (503, Some("Session not ready"))
    );
    let unsupported = world
        .call("POST", path, r#"{"message":{"image":{"url":"x"}}}"#)
        .await
        .unwrap();
    assert_eq!(unsupported.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_overrides_the_default_and_its_removal_brings_it_back() {
    let world = World::start_with(&[("chats.toml", b"enabled = false\n")], bundled(), &[]).await;
    assert_eq!(world.status("chats").state, PluginState::Disabled);
    // Known although it has never run.
    let found = world.host.find("PUT", "/api/chat/shop/15550100/read");
    assert!(
        matches!(&found, Lookup::Off(plugin) if plugin == "chats"),
        "{found:?}"
    );
    std::fs::remove_file(world.path("chats.toml")).unwrap();
    world
        .until("chats", |status| status.state == PluginState::Running)
        .await;

    // Two mistakes are told at once.
    std::fs::write(world.path("chats.wasm"), "no component").unwrap();
    std::fs::write(
        world.path("chats.toml"),
        "enabled = true\n[settings]\nmax_chat = 5\n",
    )
    .unwrap();
    let both = |status: &PluginStatus| {
        let error = status.last_error.as_ref();
        error.is_some_and(|error| {
            let is_of_component = error
                .file
                .as_ref()
                .is_some_and(|file| file.ends_with("chats.wasm"));
            is_of_component
                && error.message.contains("chats.toml:3:1: ")
                && error.message.contains("max_chat")
        })
    };
    world
        .until("chats", |status| {
            status.state == PluginState::Running && both(status)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_reports_every_mistake_and_starts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config");
    std::fs::create_dir_all(config.join("plugins")).unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = {
        let heard = heard.clone();
        Box::new(move |name: &str, left: usize| heard.lock().unwrap().push((name.to_owned(), left)))
    };
    let cache = dir.path().join("cache");
    assert_eq!(check(&config, &cache, bundled(), &[], false, told).await, []);
    // Nothing was in the cache: they are compiled one after the other, and fewer are left each time.
    let heard = heard.lock().unwrap().clone();
    assert_eq!(heard.len(), bundled().len(), "{heard:?}");
    assert!(
        heard.is_sorted_by(|(_, left), (_, then)| left > then),
        "{heard:?}"
    );
    assert_eq!(heard.last().unwrap().1, 0);
    std::fs::write(
        config.join("plugins/chats.toml"),
        "enabled = true\n\n[settings]\nmax_chat = 5\n",
    )
    .unwrap();
    std::fs::write(config.join("plugins/messages.toml"), "enabled = yes\n").unwrap();
    let problems = check(
        &config,
        &cache,
        bundled(),
        &[("GET", "/api/autoreplies/{id}")].map(owned),
        false,
        Box::new(|_, _| {}),
    )
    .await;
    let texts: Vec<String> = problems.iter().map(|problem| problem.error.to_string()).collect();
    assert_eq!(texts.len(), 3, "{texts:#?}");
    assert!(
        texts[0].contains("GET /api/autoreplies/{sessionId} is already taken by the host"),
        "{texts:#?}"
    );
    assert!(texts[1].contains("max_chat"), "{texts:#?}");
    assert!(texts[2].contains("messages.toml:1:11: "), "{texts:#?}");
}

fn owned((method, path): (&str, &str)) -> (String, String) {
    (method.to_owned(), path.to_owned())
}
