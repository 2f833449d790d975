//! A plugin written in JavaScript: the template of `plugin-api/templates/javascript`, built by its own tools.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Method;
use wagate_e2e::{Gateway, Network, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_mins(1);
const ADMIN_FILE: &str = include_str!("../../../../plugin-api/templates/javascript/hello-js.toml");

/// The component, where `.ci/javascript` leaves it. Building it takes Node, so only CI insists on it.
fn component() -> Option<PathBuf> {
    let built =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/javascript-template/dist/hello-js.wasm");
    let found = built.exists();
    assert!(
        found || std::env::var_os("WAGATE_NEEDS_JAVASCRIPT").is_none(),
        "there is no {}: run .ci/javascript",
        built.display()
    );
    found.then_some(built)
}

#[tokio::test]
async fn a_javascript_plugin_answers_a_message_and_a_request_and_can_do_only_what_it_was_granted() {
    let Some(component) = component() else {
        println!("left out: run .ci/javascript first (needs Node)");
        return;
    };
    let network = Network::start(WAGATE);
    let owner = network.phone("15550009001", "pn").await;
    let contact = network.phone("15550009002", "lid").await;
    let gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    let plugins = gateway.config_dir().join("plugins");
    std::fs::copy(component, plugins.join("hello-js.wasm")).expect("the component is copied");
    gateway.write_plugin_toml("hello-js", ADMIN_FILE);
    // QuickJS is a megabyte of code to compile.
    eventually("the plugin serves", SOON, async || {
        let plugins = gateway.get("/api/plugins").await;
        let plugins = plugins["data"].as_array().or(plugins.as_array())?.clone();
        plugins
            .iter()
            .any(|plugin| plugin["name"] == "hello-js" && plugin["state"] == "running")
            .then_some(())
    })
    .await;

    contact.write(&owner.jid, "ping").await;
    assert_eq!(contact.received(1).await[0]["text"], "pong from JavaScript");
    let answer = eventually("the answer is counted", SOON, async || {
        let answer = gateway.get("/api/hello-js/shop").await;
        answer.to_string().contains("\"count\":1").then_some(answer)
    })
    .await;
    assert!(answer.is_object(), "{answer}");

    gateway.write_plugin_toml(
        "hello-js",
        &ADMIN_FILE.replace("[\"whatsapp-messages\", \"store\"]", "[\"whatsapp-messages\"]"),
    );
    let refusal = eventually("the grant is gone", SOON, async || {
        let (status, body) = gateway.call(Method::GET, "/api/hello-js/shop", None).await;
        (status == 403).then_some(body)
    })
    .await;
    assert!(refusal.to_string().contains("plugins/hello-js.toml"), "{refusal}");
}
