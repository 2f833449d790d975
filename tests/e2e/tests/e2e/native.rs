//! The example as a library in the gateway's own process: it serves where the administrator allows it, and nowhere else.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use wagate_e2e::{Gateway, Network, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_mins(1);
const LIBRARY: &str = env!("NATIVE_EXAMPLE");

/// As `wagate plugin grants` writes it, for the library as it was built.
fn administrators_file() -> String {
    let written = std::process::Command::new(WAGATE)
        .args(["plugin", "grants", "--allow-native", LIBRARY])
        .output()
        .expect("the binary under test starts");
    assert!(
        written.status.success(),
        "{}",
        String::from_utf8_lossy(&written.stderr)
    );
    String::from_utf8(written.stdout).expect("a file of text")
}

/// What the administrators' list says of the example, once it says what is wanted.
async fn example(gateway: &Gateway, wanted: &str) -> Value {
    eventually(&format!("the example is {wanted}"), SOON, async || {
        let (_, list) = gateway.call(Method::GET, "/api/plugins", None).await;
        let plugins = list["data"].as_array()?;
        let found = plugins.iter().find(|plugin| plugin["name"] == "example")?;
        (found["state"] == wanted).then(|| found.clone())
    })
    .await
}

#[tokio::test]
async fn a_native_plugin_serves_where_it_is_allowed_and_is_refused_with_the_reason_elsewhere() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025550171", "pn").await;
    let contact = network.phone("12025550172", "pn").await;
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;

    let file = administrators_file();
    let name = file
        .lines()
        .find_map(|line| line.strip_prefix("path = \"")?.strip_suffix('"'))
        .expect("the file names the library");
    let plugins: PathBuf = gateway.config_dir().join("plugins");
    std::fs::copy(LIBRARY, plugins.join(name)).expect("the library is copied");
    gateway.write_plugin_toml("example", &file);

    let refused = example(&gateway, "refused").await;
    assert_eq!(refused["native"], true, "{refused}");
    let reason = refused["lastError"]["message"].as_str().unwrap_or_default();
    assert!(
        reason.contains("allow_native under [plugins] in wagate.toml"),
        "{reason}"
    );
    assert!(
        refused["lastError"]["file"]
            .as_str()
            .is_some_and(|file| file.ends_with("example.toml")),
        "{refused}"
    );
    assert_eq!(
        gateway.call(Method::GET, "/api/example", None).await.0,
        404,
        "what was refused has no routes"
    );

    gateway.terminate();
    gateway.edit_settings("allow_native = false", "allow_native = true");
    gateway.start_again();
    let running = example(&gateway, "running").await;
    assert_eq!(
        (&running["native"], &running["lastError"]),
        (&Value::Bool(true), &Value::Null)
    );
    let (status, about) = gateway.call(Method::GET, "/api/example", None).await;
    assert_eq!(status, 200, "{about}");
    contact.write(&owner.jid, "example ping").await;
    assert_eq!(contact.received(1).await[0]["text"], "example pong");
    assert!(
        gateway.log_text().contains("plugin example is native"),
        "the log warns of it"
    );

    // A library that is not the one the administrator wanted: the old one goes on.
    std::fs::write(plugins.join(name), b"another one").expect("the library is replaced");
    let replaced = eventually("the other library is refused", SOON, async || {
        let plugin = example(&gateway, "running").await;
        (!plugin["lastError"].is_null()).then_some(plugin)
    })
    .await;
    assert!(
        replaced["lastError"]["message"]
            .as_str()
            .is_some_and(|message| message.starts_with("sha256: ")),
        "{replaced}"
    );
    contact.write(&owner.jid, "example ping").await;
    assert_eq!(contact.received(2).await[1]["text"], "example pong");
}
