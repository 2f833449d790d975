//! Components built for an earlier version of the API go on as they did: `tests/goldens`. And those that cannot are refused
//! in one clear line.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;
use wagate_plugin_host::{FileError, PluginState};

use crate::harness::{World, json, replace_text};

/// What worked when the goldens were built. A function that joins later does not change what an old component sees.
const WORKING: [&str; 24] = [
    "log.write",
    "clock.now-ms",
    "clock.unique-id",
    "store.get",
    "store.put",
    "store.delete",
    "store.scan",
    "store.apply",
    "store.compare-and-put",
    "settings.document",
    "settings.put-document",
    "settings.document-of",
    "sessions.info",
    "history.chats",
    "history.messages",
    "history.message-by-id",
    "whatsapp-messages.send-text",
    "http-client.fetch",
    "timers.set",
    "timers.get",
    "timers.scan",
    "timers.cancel",
    "emit.event",
    "store.no-such-function",
];

/// What the example may do in this conversation.
pub(crate) const EXAMPLE_RIGHTS: &str = "\"store\", \"settings\", \"sessions\", \"history\", \"whatsapp-messages\", \"timers\", \"emit\", \"http-client\"";

fn golden(name: &str) -> Vec<u8> {
    std::fs::read(folder().join("1.0").join(name)).unwrap()
}

pub(crate) fn transcript(name: &str) -> String {
    std::fs::read_to_string(folder().join("1.0").join(name)).unwrap_or_default()
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/goldens")
}

async fn world(name: &str, component: &[u8], rights: &str) -> World {
    let admin_file = format!("enabled = true\n[grants]\ncapabilities = [{rights}]\n");
    World::start(&[
        (&format!("{name}.toml"), admin_file.as_bytes()),
        (&format!("{name}.wasm"), component),
    ])
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_1_0_is_answered_as_it_was() {
    let world = world("example", &golden("example.wasm"), EXAMPLE_RIGHTS).await;
    assert_eq!(conversation(&world).await, transcript("example.txt"));
}

/// What is asked of the example, and its answers.
pub(crate) async fn conversation(world: &World) -> String {
    let mut said = String::new();
    for function in WORKING {
        let body = json!({ "function": function }).to_string();
        let answer = world.call("POST", "/api/example/shop/call", &body).await.unwrap();
        let result = json(&answer)["result"].as_str().unwrap_or("-").to_owned();
        writeln!(said, "{function}: {} {result}", answer.status).unwrap();
    }
    for (method, path, body) in [
        ("GET", "/api/example", ""),
        ("POST", "/api/example/shop/counters/visits", r#"{"by":2}"#),
        ("GET", "/api/example/shop/counters/visits", ""),
        ("POST", "/api/example/shop/counters/BAD", ""),
        ("POST", "/api/example/shop/counters/visits", "[1"),
        ("PUT", "/api/example/shop/document", r#"{"pong":"here"}"#),
        ("GET", "/api/example/shop/document", ""),
        ("GET", "/api/example/shop/history/15550100", ""),
        ("DELETE", "/api/example/shop/reminders/none", ""),
    ] {
        let answer = world.call(method, path, body).await.unwrap();
        let text = without_id(&String::from_utf8_lossy(&answer.body));
        writeln!(said, "{method} {path} {body}: {} {text}", answer.status).unwrap();
    }
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_listener_of_1_0_hears_events_and_timers_as_it_did() {
    let world = world("listener", &golden("listener.wasm"), "\"store\", \"timers\"").await;
    world.receive("m1", "hello").await;
    assert_eq!(world.stored("listener", "heard/shop/00000001").await, "hello");
    world.receive("m2", "at once 0").await;
    let line = world.stored("listener", "fired/once/0").await;
    let late = line.split(' ').next().unwrap();
    assert_eq!(late, "1760000000000", "{line}");
    // A trap, tried again and passed over; the next event comes.
    world.receive("m3", "panic").await;
    world.receive("m4", "after").await;
    assert_eq!(world.stored("listener", "heard/shop/00000004").await, "after");
    assert_eq!(world.stored("listener", "tries/shop/00000003").await, "xxx");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_javascript_of_1_0_is_answered_as_it_was() {
    let world = world(
        "hello-js",
        &golden("hello-js.wasm"),
        "\"store\", \"whatsapp-messages\"",
    )
    .await;
    let answer = world.call("GET", "/api/hello-js/shop", "").await.unwrap();
    let said = format!("{} {}\n", answer.status, String::from_utf8_lossy(&answer.body));
    assert_eq!(said, transcript("hello-js.txt"));
}

/// The one thing that is new each time: the id of this request.
fn without_id(text: &str) -> String {
    let Some((before, rest)) = text.split_once("\"asked\":\"") else {
        return text.to_owned();
    };
    let after = rest.split_once('"').map_or("", |(_, after)| after);
    format!("{before}\"asked\":\"<id>\"{after}")
}

/// The refusal of a component that was changed like this.
async fn refusal(old: &str, new: &str) -> FileError {
    refused(replace_text(golden("listener.wasm"), old, new)).await
}

async fn refused(component: Vec<u8>) -> FileError {
    let world = world("listener", &component, "\"store\", \"timers\"").await;
    let status = world.status("listener");
    assert_eq!(status.state, PluginState::Refused);
    let error = status.last_error.unwrap();
    println!("{error}");
    assert!(!error.message.contains('\n'), "one line: {error}");
    assert!(
        error.file.as_deref().unwrap().ends_with("listener.wasm"),
        "{error}"
    );
    error
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_run_here_is_refused_in_one_line_with_both_versions() {
    let other_major = refusal("@1.0.0", "@7.1.0").await.message;
    assert_eq!(other_major, "written for plugin API 7.1.0, this host runs 1.0");
    let later_minor = refusal("@1.0.0", "@1.9.0").await.message;
    assert_eq!(later_minor, "written for plugin API 1.9.0, this host runs 1.0");
    let no_guest = refusal("wagate:plugin/guest@", "wagate:plugin/guezz@")
        .await
        .message;
    assert!(
        no_guest.starts_with("not a plugin: it does not export wagate:plugin/guest"),
        "{no_guest}"
    );
    let other_record = refusal("late-ms", "lane-ms").await.message;
    assert!(
        other_record.contains("does not fit this host, which runs plugin API 1.0"),
        "{other_record}"
    );
    let other_import = refusal("compare-and-put", "compare-and-pot").await.message;
    assert!(
        other_import.contains("does not fit this host, which runs plugin API 1.0"),
        "{other_import}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_component_of_before_1_0_is_refused_with_what_it_wants_and_what_there_is() {
    let error = refused(std::fs::read(folder().join("0.1/listener.wasm")).unwrap()).await;
    assert_eq!(error.message, "written for plugin API 0.1.0, this host runs 1.0");
}
