//! What administrators do with plugins: over REST, and on the command line without a gateway.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use reqwest::Method;
use serde_json::{Value, json};
use wagate_e2e::{Gateway, Network};

use crate::WAGATE;

/// Of a user with the role OWNER.
const OWNER_KEY: &str = "wag_an_owner_of_no_plugins";
/// That user and the SHA-256 of that key, as the database keeps them.
const OWNER_ROWS: [&str; 2] = [
    "INSERT INTO users (id, email, role, created_at, updated_at) VALUES ('owner', 'owner@example.test', 'OWNER', 0, 0)",
    "INSERT INTO api_keys (id, user_id, name, hash, last4, created_at) VALUES ('key', 'owner', 'test', \
     X'5ead3830a1e0d1c030af1bb03314aea7130e15e2c7dddfe500a15669c8ac43ea', 'gins', 0)",
];

async fn post(gateway: &Gateway, path: &str) -> (u16, Value) {
    gateway.call(Method::POST, path, None).await
}

async fn status_of(gateway: &Gateway, path: &str) -> u16 {
    gateway.call(Method::GET, path, None).await.0
}

fn on_disk(gateway: &Gateway, plugin: &str) -> String {
    let file = gateway.config_dir().join(format!("plugins/{plugin}.toml"));
    std::fs::read_to_string(file).expect("the plugin's file is there")
}

#[tokio::test]
async fn a_plugin_is_switched_off_and_on_and_its_file_keeps_its_comments() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    gateway.create_session("shop").await;
    assert_eq!(status_of(&gateway, "/api/autoreplies/shop").await, 200);
    let shipped = on_disk(&gateway, "autoreply");

    let plugin = gateway.get("/api/plugins/autoreply").await["data"].clone();
    assert_eq!(plugin["name"], "autoreply");
    assert_eq!(plugin["state"], "running");
    assert_eq!(plugin["source"], "bundled");
    assert!(
        plugin["version"].is_string() && plugin["description"].is_string(),
        "{plugin}"
    );
    assert_eq!(plugin["sha256"].as_str().map(str::len), Some(64), "{plugin}");
    assert_eq!(plugin["hooks"], json!(["message.received", "message.sent"]));
    assert_eq!(plugin["rights"][0]["granted"], true, "{plugin}");
    assert!(plugin["rights"][0]["reason"].is_string(), "{plugin}");
    assert_eq!(plugin["grants"]["sessions"], json!([]), "{plugin}");
    assert!(plugin["calls"].as_u64() >= Some(1), "{plugin}");
    assert!(plugin["latency"]["p50Us"].as_u64() > Some(0), "{plugin}");
    assert!(plugin["memoryBytes"].as_u64() > Some(0), "{plugin}");
    assert!(plugin["instances"].as_u64() > Some(0), "{plugin}");
    assert_eq!(plugin["lastError"], Value::Null);

    let (status, body) = post(&gateway, "/api/plugins/autoreply/disable").await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["data"]["state"], "disabled", "{body}");
    assert_eq!(body["data"]["enabled"], false, "{body}");
    assert_eq!(status_of(&gateway, "/api/autoreplies/shop").await, 404);
    assert_eq!(
        on_disk(&gateway, "autoreply"),
        shipped.replacen("enabled = true", "enabled = false", 1)
    );

    let (status, body) = post(&gateway, "/api/plugins/autoreply/enable").await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["data"]["state"], "running", "{body}");
    assert_eq!(status_of(&gateway, "/api/autoreplies/shop").await, 200);
    assert_eq!(on_disk(&gateway, "autoreply"), shipped);

    let loaded_at = body["data"]["loadedAt"].clone();
    let (status, body) = post(&gateway, "/api/plugins/autoreply/reload").await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["data"]["state"], "running", "{body}");
    assert_ne!(body["data"]["loadedAt"], loaded_at, "new instances: {body}");
}

#[tokio::test]
async fn what_cannot_be_switched_says_why() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    assert_eq!(status_of(&gateway, "/api/plugins/nobody").await, 404);
    for verb in ["enable", "disable", "reload"] {
        for name in ["nobody", "..%2Fautoreply", "%FF"] {
            let (status, body) = post(&gateway, &format!("/api/plugins/{name}/{verb}")).await;
            assert_eq!(
                (status, &body["code"]),
                (404, &json!("plugin_not_found")),
                "{body}"
            );
        }
    }

    gateway.write_plugin_toml("messages", "enabled = treu\n");
    let (status, body) = post(&gateway, "/api/plugins/messages/disable").await;
    assert_eq!(
        (status, &body["code"]),
        (409, &json!("plugin_file_invalid")),
        "{body}"
    );
    let message = body["message"].as_str().expect("a message");
    assert!(message.contains("messages.toml:1:"), "{message}");
    assert_eq!(on_disk(&gateway, "messages"), "enabled = treu\n");

    let plugins = gateway.config_dir().join("plugins");
    let source = gateway.config_dir().join("chats-from-elsewhere");
    std::fs::rename(plugins.join("chats.toml"), &source).expect("the file is moved");
    std::os::unix::fs::symlink(&source, plugins.join("chats.toml")).expect("a link");
    let (status, body) = post(&gateway, "/api/plugins/chats/disable").await;
    assert_eq!(
        (status, &body["code"]),
        (409, &json!("plugin_file_managed")),
        "{body}"
    );

    // Without a file the defaults hold; they become the file when they are changed.
    std::fs::remove_file(plugins.join("chats.toml")).expect("the link is removed");
    let (status, body) = post(&gateway, "/api/plugins/chats/disable").await;
    assert_eq!(
        (status, &body["data"]["state"]),
        (200, &json!("disabled")),
        "{body}"
    );
    let defaults = std::fs::read_to_string(source).expect("the shipped file");
    assert_eq!(
        on_disk(&gateway, "chats"),
        defaults.replacen("enabled = true", "enabled = false", 1)
    );
}

#[tokio::test]
async fn plugins_are_the_superadmins_affair() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let mut database = gateway.database(true).await;
    for row in OWNER_ROWS {
        sqlx::query(row)
            .execute(&mut database)
            .await
            .expect("the row is written");
    }
    let http = reqwest::Client::new();
    let as_owner = async |method: Method, path: &str| {
        let request = http
            .request(method, gateway.url(path))
            .header("X-API-Key", OWNER_KEY);
        request.send().await.expect("the gateway answers").status()
    };
    assert_eq!(as_owner(Method::GET, "/api/sessions").await, 200);
    assert_eq!(as_owner(Method::GET, "/api/plugins/autoreply").await, 403);
    // No hint whether there is such a plugin.
    assert_eq!(as_owner(Method::GET, "/api/plugins/nobody").await, 403);
    for verb in ["enable", "disable", "reload"] {
        let path = format!("/api/plugins/autoreply/{verb}");
        assert_eq!(as_owner(Method::POST, &path).await, 403);
        let nobody = http.post(gateway.url(&path)).send().await;
        assert_eq!(nobody.expect("the gateway answers").status(), 401);
    }
    assert_eq!(gateway.plugin("autoreply").await["state"], "running");
}

#[tokio::test]
async fn odd_requests_are_refused_in_words() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    gateway.create_session("shop").await;
    let create = async |body: Value| gateway.call(Method::POST, "/api/sessions", Some(body)).await;
    let (status, body) = create(json!(["Shop", "shop-2"])).await;
    assert_eq!(status, 400);
    assert_eq!(body["message"], "The body must be a JSON object");
    let (status, body) = create(json!({ "name": "Sh\u{0}op" })).await;
    assert_eq!(status, 400);
    assert_eq!(body["message"], "name must not contain control characters");
    let (status, body) = post(&gateway, "/api/sessions/sh%6Fp/explode").await;
    assert_eq!(
        (status, &body["message"]),
        (400, &json!("Invalid action")),
        "{body}"
    );
}

/// The binary, in a directory of its own.
fn wagate(dir: &Path, args: &[&str]) -> (Output, String) {
    let output = Command::new(WAGATE)
        .args(args)
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .expect("the binary under test starts");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    (output, stdout)
}

fn write(dir: &Path, name: &str, text: &str) {
    let file = dir.join(name);
    std::fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
    std::fs::write(file, text).expect("the file is written");
}

#[test]
fn a_settings_directory_is_looked_at_without_a_gateway() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    write(dir.path(), "config/plugins/chats.toml", "enabled = false\n");
    write(dir.path(), "config/plugins/My_Plugin.toml", "enabled = true\n");
    write(
        dir.path(),
        "config/plugins/autoreply.toml",
        "enabled = true\n\n[grant]\n",
    );
    let (output, table) = wagate(dir.path(), &["plugin", "list"]);
    assert!(output.status.success(), "{output:?}");
    let cells = |name: &str| -> Vec<String> {
        let line = table.lines().find(|line| line.starts_with(name));
        let line = line.expect("the plugin is listed");
        line.split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!(
        cells("NAME"),
        [
            "NAME", "VERSION", "SOURCE", "ENABLED", "ROUTES", "HOOKS", "PROBLEM"
        ]
    );
    assert_eq!(cells("messages")[2..4], ["bundled", "yes"], "{table}");
    assert_eq!(cells("chats")[3], "no", "{table}");
    assert!(table.contains("autoreply.toml:3:"), "{table}");
    let warned = |output: &Output| String::from_utf8_lossy(&output.stderr).contains("My_Plugin.toml");
    assert!(warned(&output), "{output:?}");

    let (output, problems) = wagate(dir.path(), &["check"]);
    assert_eq!(output.status.code(), Some(1), "{problems}");
    assert!(warned(&output), "{output:?}");
    assert!(
        !dir.path().join("data").exists(),
        "looking makes no data directory"
    );
}

#[test]
fn a_component_gets_the_file_it_needs_and_is_checked_with_it() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let hostile = env!("GUEST_HOSTILE");
    let (output, text) = wagate(dir.path(), &["plugin", "grants", hostile]);
    assert!(output.status.success(), "{output:?}");
    let file: toml::Table = toml::from_str(&text).expect("the output is TOML");
    assert_eq!(file["enabled"].as_bool(), Some(true));
    let granted = file["grants"]["capabilities"].as_array().expect("a list");
    let granted: Vec<&str> = granted.iter().filter_map(toml::Value::as_str).collect();
    assert_eq!(granted, ["store", "history"]);
    assert!(text.contains("calls it without end"), "{text}");

    write(dir.path(), "hostile.toml", &text);
    let check = ["plugin", "check", hostile, "--config-file", "hostile.toml"];
    let (output, report) = wagate(dir.path(), &check);
    assert!(output.status.success(), "{report}");
    assert!(report.starts_with("plugin: hostile 1.0.0\n"), "{report}");
    assert!(report.contains("exports: http-routes"), "{report}");
    assert!(
        report.contains("right: store (granted): calls it without end"),
        "{report}"
    );
    assert!(report.ends_with("\nok\n"), "{report}");

    write(
        dir.path(),
        "hostile.toml",
        "enabled = true\n[limits]\nmemroy_mb = 5\n",
    );
    let (output, report) = wagate(dir.path(), &check);
    assert_eq!(output.status.code(), Some(1), "{report}");
    assert!(report.contains("\nhostile.toml:3:1: "), "{report}");
    assert!(report.contains("right: store (not granted): "), "{report}");
    assert!(
        !dir.path().join("data").exists(),
        "looking makes no data directory"
    );
}

#[test]
fn a_component_is_checked_alone() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (output, report) = wagate(dir.path(), &["plugin", "check", env!("GUEST_VERSIONED")]);
    assert!(output.status.success(), "{report}");
    assert!(report.contains("route: GET /api/versioned\n"), "{report}");

    write(dir.path(), "broken.wasm", "\0asm this is no component");
    for verb in ["check", "grants"] {
        let (output, _) = wagate(dir.path(), &["plugin", verb, "broken.wasm"]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8_lossy(&told);
        assert!(told.contains("broken.wasm: "), "{told}");
    }
}
