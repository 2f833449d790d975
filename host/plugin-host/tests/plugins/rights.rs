//! Every function of the API: denied without its right, denied on another session, and answered with both.

use std::path::Path;

use serde_json::{Value, json};
use wagate_protocol::manifest::Manifest;
use wasmtime::component::types::ComponentItem;

use crate::harness::{World, json, replace_text, wasm};

const OTHER_SESSION: &str = "0197a000-0000-7000-8000-000000000002";
/// What needs no right.
const FREE: [&str; 2] = ["log", "clock"];
/// A function as the WIT declares it.
pub(crate) struct Function {
    interface: String,
    pub(crate) name: String,
    takes_session: bool,
}

/// Read off the WIT, so that a new function cannot be forgotten here.
pub(crate) fn functions() -> Vec<Function> {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugin-api/wit/v1");
    let read = |name: &str| std::fs::read_to_string(wit.join(format!("{name}.wit"))).unwrap();
    let world = read("world");
    let imports = world.split("world imports {").nth(1).unwrap();
    let imports = imports.split('}').next().unwrap();
    let mut functions = Vec::new();
    for line in imports.lines() {
        let Some(interface) = line.trim().strip_prefix("import ") else {
            continue;
        };
        let interface = interface.trim_end_matches(';');
        for line in read(interface).lines() {
            if let Some((name, arguments)) = line.trim().split_once(": func(") {
                functions.push(Function {
                    interface: interface.to_owned(),
                    name: format!("{interface}.{name}"),
                    takes_session: arguments.starts_with("session: string")
                        || arguments.contains("session: option<string>")
                        || arguments.contains(", session: string"),
                });
            }
        }
    }
    assert!(functions.len() > 60, "the WIT is read");
    functions
}

pub(crate) fn admin_file(grants: &str) -> String {
    format!("enabled = true\n[grants]\n{grants}\n[limits]\nfetches_per_minute = 0\n")
}

pub(crate) fn all_rights() -> String {
    let mut interfaces: Vec<String> = functions()
        .into_iter()
        .map(|function| function.interface)
        .collect();
    interfaces.dedup();
    interfaces.retain(|interface| !FREE.contains(&interface.as_str()));
    format!("capabilities = {interfaces:?}")
}

async fn world(grants: &str) -> World {
    World::start(&[
        ("example.toml", admin_file(grants).as_bytes()),
        ("example.wasm", &wasm("example")),
    ])
    .await
}

pub(crate) async fn ask(world: &World, function: &str, session: Option<&str>) -> (String, String) {
    let body = json!({ "function": function, "session": session }).to_string();
    let answer = world.call("POST", "/api/example/shop/call", &body).await.unwrap();
    let answer: Value = json(&answer);
    let text = |field: &str| answer[field].as_str().unwrap_or_default().to_owned();
    (text("result"), text("message"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_grant_every_function_is_denied_by_name() {
    let world = world("").await;
    for function in functions() {
        let (result, message) = ask(&world, &function.name, None).await;
        if FREE.contains(&function.interface.as_str()) {
            assert_eq!(result, "ok", "{}: {message}", function.name);
            continue;
        }
        assert_eq!(result, "denied", "{}: {message}", function.name);
        let right = format!(
            "right \"{}\" is not granted in plugins/example.toml",
            function.interface
        );
        assert!(message.contains(&right), "{}: {message}", function.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_manifest_does_not_ask_for_is_denied_whatever_is_granted() {
    // The entry becomes a comment, so that the component keeps its length.
    let component = replace_text(
        wasm("example"),
        "[[rights]]\nname = \"media\"\nreason",
        "#[rights]]\n#ame = \"media\"\n#eason",
    );
    let world = World::start(&[
        ("example.toml", admin_file(&all_rights()).as_bytes()),
        ("example.wasm", &component),
    ])
    .await;
    let (result, message) = ask(&world, "media.get", None).await;
    assert_eq!(result, "denied", "{message}");
    assert!(message.contains("right \"media\" is not declared"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_its_grant_every_function_answers_and_what_is_still_to_come_says_so() {
    let world = world(&format!("{}\ndocuments = [\"autoreply\"]", all_rights())).await;
    for function in functions() {
        let (result, message) = ask(&world, &function.name, None).await;
        assert!(
            // Refused for what was asked, not for who asks. The session here is not connected.
            ["ok", "invalid", "not_found", "unavailable"].contains(&result.as_str()),
            "{}: {result} {message}",
            function.name
        );
    }
    for function in [
        "store.put",
        "settings.document",
        "sessions.info",
        "history.chats",
        "timers.set",
        "emit.event",
    ] {
        assert_eq!(ask(&world, function, None).await.0, "ok", "{function}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_session_is_out_of_reach_unless_it_is_granted() {
    let world = world(&all_rights()).await;
    for function in functions().iter().filter(|function| function.takes_session) {
        let (result, message) = ask(&world, &function.name, Some(OTHER_SESSION)).await;
        assert_eq!(result, "denied", "{}: {message}", function.name);
        assert!(
            message.contains(OTHER_SESSION) && message.contains("[grants] sessions"),
            "{}: {message}",
            function.name
        );
    }
    world.put(
        "example.toml",
        admin_file(&format!(
            "{}\nsessions = [\"*\"]\ndocuments = [\"autoreply\"]",
            all_rights()
        ))
        .as_bytes(),
    );
    world.until("example", |status| status.sessions == ["*"]).await;
    for function in functions().iter().filter(|function| function.takes_session) {
        let (result, message) = ask(&world, &function.name, Some(OTHER_SESSION)).await;
        assert_ne!(result, "denied", "{}: {message}", function.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_plugins_store_and_documents_are_out_of_reach() {
    let twin = replace_text(wasm("example"), "example", "exampld");
    let world = World::start(&[
        ("example.toml", admin_file(&all_rights()).as_bytes()),
        ("example.wasm", &wasm("example")),
        ("exampld.toml", admin_file(&all_rights()).as_bytes()),
        ("exampld.wasm", &twin),
    ])
    .await;
    let counter = async |plugin: &str, method: &str| {
        let path = format!("/api/{plugin}/shop/counters/visits");
        let answer = world.call(method, &path, "").await.unwrap();
        json(&answer)["data"]["value"].clone()
    };
    assert_eq!(counter("example", "POST").await, 1);
    assert_eq!(counter("example", "GET").await, 1);
    assert_eq!(
        counter("exampld", "GET").await,
        0,
        "the twin sees the other's counter"
    );
    let (result, message) = ask(&world, "settings.document-of", None).await;
    assert_eq!(result, "denied");
    assert!(
        message.contains("\"autoreply\" are not granted in plugins/example.toml ([grants] documents)"),
        "{message}"
    );
}

/// What a component can ask for stands in its file: nothing of the SDK that it does not call, and nothing without its right.
#[test]
fn a_component_imports_only_what_it_has_a_right_to() {
    let mut config = wasmtime::Config::new();
    config.cranelift_opt_level(wasmtime::OptLevel::None);
    let engine = wasmtime::Engine::new(&config).unwrap();
    for name in ["messages", "chats", "webhooks"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../plugins/{name}/plugin.toml"));
        let manifest = Manifest::parse(&std::fs::read_to_string(file).unwrap()).unwrap();
        let component = wasmtime::component::Component::new(&engine, wasm(name)).unwrap();
        let kind = component.component_type();
        let mut imported: Vec<String> = Vec::new();
        for (import, item) in kind.imports(&engine) {
            let (Some(import), ComponentItem::ComponentInstance(instance)) =
                (import.strip_prefix("wagate:plugin/"), item.ty)
            else {
                continue;
            };
            let (interface, _) = import.split_once('@').unwrap();
            let functions = instance
                .exports(&engine)
                .filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)));
            imported.extend(functions.map(|(function, _)| format!("{interface}.{function}")));
        }
        let asked: Vec<&str> = manifest.rights.iter().map(|right| right.name.as_str()).collect();
        for function in &imported {
            let (interface, _) = function.split_once('.').unwrap();
            assert!(
                FREE.contains(&interface) || asked.contains(&interface),
                "{name} imports {function} and asks for {asked:?}"
            );
        }
        assert!(
            imported.iter().any(|function| function == "log.write"),
            "{imported:?}"
        );
        assert!(imported.len() < functions().len() / 2, "{name}: {imported:?}");
    }
}
