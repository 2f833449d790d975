//! Each plugin switched off and on in its file, under load: its routes, hooks and documents go and come back within a
//! second, and nobody else notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;
use wagate_e2e::gateway::ADMIN_KEY;
use wagate_e2e::{Gateway, Network, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(20);
/// From the edit of a file to its effect.
const WITHIN: Duration = Duration::from_secs(1);
/// Between two requests of the load.
const BEAT: Duration = Duration::from_millis(20);

/// Requests to a route, over and over.
struct Load {
    stop: Arc<AtomicBool>,
    served: Arc<AtomicU64>,
    failed: Arc<AtomicU64>,
    running: tokio::task::JoinHandle<()>,
}

impl Load {
    fn start(url: String) -> Self {
        let (stop, served, failed) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
            Arc::new(AtomicU64::new(0)),
        );
        let running = {
            let (stop, served, failed) = (Arc::clone(&stop), Arc::clone(&served), Arc::clone(&failed));
            tokio::spawn(async move {
                let http = reqwest::Client::new();
                let mut beat = tokio::time::interval(BEAT);
                while !stop.load(Ordering::Relaxed) {
                    beat.tick().await;
                    let answer = http.get(&url).header("X-API-Key", ADMIN_KEY).send().await;
                    let good = answer.is_ok_and(|answer| answer.status() == 200);
                    if good { &served } else { &failed }.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        Self {
            stop,
            served,
            failed,
            running,
        }
    }

    async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.running.await.expect("the load ends");
        let (served, failed) = (
            self.served.load(Ordering::Relaxed),
            self.failed.load(Ordering::Relaxed),
        );
        assert_eq!(failed, 0, "of {} requests elsewhere", served + failed);
        assert!(served > 20, "there was a load: {served}");
    }
}

/// A plugin and what it serves.
struct Plugin {
    name: String,
    routes: Vec<(String, String)>,
}

async fn plugins(gateway: &Gateway) -> Vec<Plugin> {
    let list = gateway.get("/api/plugins").await;
    let list = list["data"]
        .as_array()
        .or(list.as_array())
        .expect("a list")
        .clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let route = |route: &Value| (text(&route["method"]), text(&route["path"]));
    list.iter()
        .map(|plugin| Plugin {
            name: text(&plugin["name"]),
            routes: plugin["routes"]
                .as_array()
                .map(|routes| routes.iter().map(route).collect())
                .unwrap_or_default(),
        })
        .collect()
}

/// How many of a plugin's routes are in the document.
async fn documented(gateway: &Gateway, plugin: &Plugin) -> usize {
    let document = gateway.get("/api/docs").await;
    let is_there = |(method, path): &&(String, String)| {
        let operation = &document["paths"][path][method.to_lowercase()];
        operation["x-plugin"] == plugin.name.as_str()
    };
    plugin.routes.iter().filter(is_there).count()
}

/// Each route, as it answers without a body.
async fn asked(gateway: &Gateway, plugin: &Plugin) -> Vec<(String, u16, Value)> {
    let mut answers = Vec::new();
    for (method, path) in &plugin.routes {
        // Sessions, chats and rows that nobody has: what a plugin that runs says of them does not matter here.
        let asked = path.replace('{', "no-").replace('}', "");
        let verb: Method = method.parse().expect("a method");
        let (status, body) = gateway.call(verb, &asked, None).await;
        answers.push((format!("{method} {path}"), status, body));
    }
    answers
}

fn is_off(answer: &(String, u16, Value)) -> bool {
    answer.1 == 404 && answer.2["code"] == "plugin_off"
}

/// Writes the file and waits for the effect; how long it took.
async fn switch(gateway: &Gateway, plugin: &Plugin, text: &str, on: bool) {
    gateway.write_plugin_toml(&plugin.name, text);
    let edited = Instant::now();
    let state = if on { "running" } else { "disabled" };
    eventually(&format!("{} is {state}", plugin.name), SOON, async || {
        (gateway.plugin(&plugin.name).await["state"] == state).then_some(())
    })
    .await;
    let took = edited.elapsed();
    assert!(took < WITHIN, "{} took {took:?} to be {state}", plugin.name);
}

#[tokio::test]
async fn a_plugin_that_is_switched_off_takes_its_routes_hooks_and_documents_along_and_brings_them_back() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    gateway.create_session("shop").await;
    let all = plugins(&gateway).await;
    assert_eq!(all.len(), 15, "all that ship");
    for plugin in &all {
        // Asked of another plugin, the whole time.
        let elsewhere = if plugin.name == "chats" {
            "/api/labels/shop"
        } else {
            "/api/chat/shop"
        };
        let load = Load::start(gateway.url(elsewhere));
        let file = gateway.config_dir().join(format!("plugins/{}.toml", plugin.name));
        let on = std::fs::read_to_string(file).expect("the shipped file");
        let off = on.replacen("enabled = true", "enabled = false", 1);
        assert_ne!(on, off, "{} ships enabled", plugin.name);
        assert_eq!(
            documented(&gateway, plugin).await,
            plugin.routes.len(),
            "{}",
            plugin.name
        );

        switch(&gateway, plugin, &off, false).await;
        for answer in asked(&gateway, plugin).await {
            let (route, status, body) = &answer;
            assert!(is_off(&answer), "{route}: {status} {body}");
            let message = body["message"].as_str().unwrap_or_default();
            assert!(
                message.contains(&format!("\"{}\"", plugin.name)),
                "{route}: {message}"
            );
        }
        assert_eq!(documented(&gateway, plugin).await, 0, "{}", plugin.name);
        let now = gateway.plugin(&plugin.name).await;
        assert_eq!(now["hooks"].as_array().map_or(0, Vec::len), 0, "{now}");

        switch(&gateway, plugin, &on, true).await;
        for answer in asked(&gateway, plugin).await {
            assert!(!is_off(&answer), "{}: {}", answer.0, answer.2);
        }
        assert_eq!(
            documented(&gateway, plugin).await,
            plugin.routes.len(),
            "{}",
            plugin.name
        );
        load.end().await;
    }
}

#[tokio::test]
async fn hooks_are_silent_while_their_plugin_is_off_and_it_is_known_after_a_restart() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025559401", "pn").await;
    let contact = network.phone("12025559402", "pn").await;
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    let rule = serde_json::json!({ "keyword": "hello", "response": "Hi" });
    gateway.post("/api/autoreplies/shop", rule).await;
    let file = gateway.config_dir().join("plugins/autoreply.toml");
    let on = std::fs::read_to_string(file).expect("the shipped file");
    let autoreply = Plugin {
        name: "autoreply".to_owned(),
        routes: vec![("GET".to_owned(), "/api/autoreplies/{sessionId}".to_owned())],
    };
    switch(
        &gateway,
        &autoreply,
        &on.replacen("enabled = true", "enabled = false", 1),
        false,
    )
    .await;
    contact.write(&owner.jid, "hello").await;
    eventually("the question is stored", SOON, async || {
        let texts = gateway.stored_texts(&contact.jid, false).await;
        texts.contains(&"hello".to_owned()).then_some(())
    })
    .await;

    assert!(gateway.terminate().success());
    gateway.start_again();
    gateway.wait_status("shop", "CONNECTED").await;
    let answers = asked(&gateway, &autoreply).await;
    assert!(answers.iter().all(is_off), "{answers:?}");

    switch(&gateway, &autoreply, &on, true).await;
    contact.write(&owner.jid, "hello").await;
    contact.received(1).await;
    // What happened meanwhile is not made up for: one answer, to the second question.
    let answers = gateway.stored_texts(&contact.jid, true).await;
    assert_eq!(answers, ["Hi"]);
}
