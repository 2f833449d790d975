//! What administrators watch and turn: metrics, audit log, monitor, settings of plugins, the document, hot settings.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use wagate_e2e::{Caller, Gateway, Network, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn what_is_decided_is_in_the_audit_log() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    let (ann_id, ann) = admin.make_user("ann", "OWNER").await;
    let made = ann
        .post("/api/sessions", json!({ "name": "Shop", "sessionId": "shop" }))
        .await;
    let session = made.body["data"]["id"].as_str().expect("a row id").to_owned();
    ann.post("/api/users", json!({})).await;
    Caller::log_in(&gateway.url(""), "ann@example.test", "wrong").await;
    admin
        .send(
            Method::PATCH,
            &format!("/api/users/{ann_id}"),
            &[("x-request-id", "test-1")],
            Some(json!({ "role": "STAFF" })),
        )
        .await;

    let log = admin.get("/api/system/audit?limit=100").await.body;
    let rows = log["data"].as_array().expect("a list").clone();
    let find = |action: &str| {
        rows.iter()
            .find(|row| row["action"] == action)
            .unwrap_or_else(|| panic!("no {action} in {log}"))
            .clone()
    };
    assert_eq!(find("POST /api/sessions")["target"], session.as_str());
    assert_eq!(find("POST /api/sessions")["user"]["email"], "ann@example.test");
    assert_eq!(find("login.fail")["outcome"], "refused");
    assert_eq!(find("login")["outcome"], "ok");
    let change = find("PATCH /api/users/{id}");
    assert_eq!(change["target"], ann_id.as_str());
    assert_eq!(change["detail"]["role"], "STAFF");
    assert_eq!(change["requestId"], "test-1");
    assert_eq!(change["ip"], "127.0.0.1");
    assert!(!log.to_string().contains("password of ann"));
    assert_eq!(ann.get("/api/system/audit").await.status, 403);

    let page = admin.get("/api/system/audit?limit=2").await.body;
    let next = page["next"].as_str().expect("there is more");
    let second = admin
        .get(&format!("/api/system/audit?limit=2&before={next}"))
        .await
        .body;
    assert_ne!(page["data"][1]["id"], second["data"][0]["id"]);
    assert_eq!(admin.get("/api/system/audit?limit=0").await.status, 400);
    assert_eq!(admin.get("/api/system/audit?limit=many").await.status, 400);
}

#[tokio::test]
async fn figures_are_for_administrators_and_for_a_listener_of_their_own() {
    let network = Network::start(WAGATE);
    let mut gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    let (_, ann) = admin.make_user("ann", "OWNER").await;
    assert_eq!(ann.get("/metrics").await.status, 403);
    gateway.create_session("shop").await;
    gateway.get("/api/chat/shop").await;
    let text = admin.get("/metrics").await.text;
    for line in [
        "wagate_http_requests_total{method=\"POST\",route=\"/api/sessions\",status=\"200\"} 1",
        "wagate_plugin_up{owner=\"chats\"} 1",
        "wagate_storage_writable 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    assert!(!text.contains("shop"), "no session is a label");
    assert!(text.lines().count() < 2_000);

    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|free| free.local_addr())
        .expect("a free port")
        .port();
    gateway.edit_settings("[metrics]", "[metrics]\n# For the test.");
    gateway.edit_settings("\nlisten = \"\"", &format!("\nlisten = \"127.0.0.1:{port}\""));
    assert!(gateway.terminate().success());
    gateway.start_again();
    let scraper = Caller::nobody(&format!("http://127.0.0.1:{port}"));
    let figures = scraper.get("/metrics").await;
    assert_eq!(figures.status, 200);
    assert!(figures.text.ends_with("# EOF\n"), "{}", figures.text);
    assert_eq!(
        scraper.get("/api/sessions").await.status,
        404,
        "nothing else is there"
    );
}

#[tokio::test]
async fn the_machine_and_a_session_can_be_watched() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    let (_, ann) = admin.make_user("ann", "OWNER").await;
    ann.post("/api/sessions", json!({ "name": "Shop", "sessionId": "shop" }))
        .await;
    let refused = ann.get("/api/system/monitor").await;
    assert_eq!(
        (refused.status, &refused.body["message"]),
        (403, &json!("Forbidden - Superadmin only"))
    );
    let report = admin.get("/api/system/monitor").await.body["data"].clone();
    for part in ["cpu", "memory", "disk", "network", "os", "process"] {
        assert!(!report[part].is_null(), "{part}: {report}");
    }
    assert_eq!(report["sessions"], json!({ "connected": 0, "total": 1 }));
    let session = ann.get("/api/system/monitor/shop").await.body;
    assert_eq!(session["message"], "Session is not connected");
    assert_eq!(session["data"]["ping"], "Offline");
    assert_eq!(session["data"]["store"]["messages"], 0);
    assert_eq!(ann.get("/api/system/monitor/nowhere").await.status, 403);
    assert_eq!(admin.get("/api/system/monitor/nowhere").await.status, 404);
}

#[tokio::test]
async fn the_document_is_the_host_and_what_plugins_serve_now() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    let document = admin.get("/api/docs").await.body;
    assert_eq!(document["openapi"], "3.1.0");
    let chat = &document["paths"]["/api/chat/{sessionId}"]["get"];
    assert_eq!(chat["x-plugin"], "chats");
    assert_eq!(chat["x-action"], "read");
    assert_eq!(document["paths"]["/api/users"]["get"]["x-action"], "admin");
    assert_eq!(document["paths"]["/api/auth/csrf"]["get"]["security"], json!([]));
    admin.post("/api/plugins/chats/disable", json!({})).await;
    let without = admin.get("/api/docs").await.body;
    assert_eq!(without["paths"].get("/api/chat/{sessionId}"), None);

    let page = Caller::nobody(&gateway.url("")).get("/docs").await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    for file in ["docs/docs.js", "docs/docs.css"] {
        assert!(page.text.contains(file), "{}", page.text);
        assert_eq!(
            Caller::nobody(&gateway.url(""))
                .get(&format!("/{file}"))
                .await
                .status,
            200
        );
    }
    assert!(
        !page.text.contains("http://") && !page.text.contains("https://"),
        "nothing from elsewhere"
    );
}

#[tokio::test]
async fn a_plugins_settings_are_tried_saved_and_keep_their_comments() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    let file = gateway.config_dir().join("plugins/autoreply.toml");
    let before = std::fs::read_to_string(&file).expect("the shipped file");
    let detail = admin.get("/api/plugins/autoreply").await.body["data"].clone();
    assert_eq!(detail["file"], "plugins/autoreply.toml");
    let settings = detail["settings"].as_object().expect("settings").clone();
    let put = async |settings: Value, dry_run: bool| {
        let body = json!({ "settings": settings, "dryRun": dry_run });
        admin
            .call(Method::PUT, "/api/plugins/autoreply/settings", Some(body))
            .await
    };
    let same = put(json!(settings), false).await;
    assert_eq!(same.status, 200, "{}", same.text);
    assert_eq!(
        std::fs::read_to_string(&file).expect("the file"),
        before,
        "nothing changed, nothing is written"
    );

    let mut wrong = settings.clone();
    wrong.insert("colour".to_owned(), json!("red"));
    let refused = put(json!(wrong), false).await;
    assert_eq!(
        (refused.status, refused.code()),
        (400, "settings_invalid"),
        "{}",
        refused.text
    );
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), before);
    let tried = put(json!(settings), true).await;
    assert_eq!(tried.body["data"]["applied"], false);
    assert_eq!(tried.body["data"]["toml"], before.as_str());
    let nobody = admin
        .call(
            Method::PUT,
            "/api/plugins/nobody/settings",
            Some(json!({ "settings": {} })),
        )
        .await;
    assert_eq!(nobody.status, 404);
}

#[tokio::test]
async fn an_edit_of_the_settings_is_applied_or_refused_while_running() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let page = "https://shop.example";
    let preflight = async || {
        let headers = [("origin", page), ("access-control-request-method", "GET")];
        Caller::nobody(&gateway.url(""))
            .send(Method::OPTIONS, "/api/sessions", &headers, None)
            .await
    };
    assert_eq!(preflight().await.header("access-control-allow-origin"), None);
    gateway.edit_settings("cors_origins = []", &format!("cors_origins = [\"{page}\"]"));
    let allowed = eventually("the page may ask", SOON, async || {
        let answer = preflight().await;
        (answer.status == 204 && answer.header("access-control-allow-origin") == Some(page)).then_some(answer)
    })
    .await;
    assert_eq!(
        allowed.header("access-control-allow-credentials"),
        None,
        "never with cookies"
    );
    let other = gateway
        .admin()
        .send(
            Method::GET,
            "/api/sessions",
            &[("origin", "https://evil.example")],
            None,
        )
        .await;
    assert_eq!(other.header("access-control-allow-origin"), None);

    gateway.edit_settings("key_burst = 100", "key_burst = 0");
    eventually("the mistake is named", SOON, async || {
        let log = gateway.log_text();
        (log.contains("wagate.toml:") && log.contains("0 is out of bounds")).then_some(())
    })
    .await;
    assert_eq!(
        preflight().await.header("access-control-allow-origin"),
        Some(page),
        "what ran goes on"
    );
    let figures = gateway.admin().get("/metrics").await.text;
    assert!(figures.contains("wagate_config_reload_ok 0"), "{figures}");
    gateway.edit_settings("key_burst = 0", "key_burst = 100");
    gateway.edit_settings("max_connections = 2000", "max_connections = 1000");
    eventually("what needs a restart is named", SOON, async || {
        gateway.log_text().contains("http.max_connections").then_some(())
    })
    .await;
}

#[test]
fn accounts_are_made_and_mended_on_the_command_line() {
    use std::process::{Command, Output, Stdio};

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let network = Network::start(WAGATE);
        let gateway = Gateway::start(WAGATE, &network);
        let data = gateway.data_dir();
        let wagate = |args: &[&str]| -> Output {
            Command::new(WAGATE)
                .arg("admin")
                .args(args)
                .args(["--data", data.to_str().expect("a printable path")])
                .stdin(Stdio::null())
                .output()
                .expect("the binary under test starts")
        };
        let value = |output: &Output, name: &str| -> String {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let line = text.lines().find(|line| line.starts_with(name));
            line.unwrap_or_else(|| panic!("no {name} in {text}"))
                .split_whitespace()
                .nth(1)
                .expect("a value")
                .to_owned()
        };
        // Beside the running gateway.
        let made = wagate(&["create", "ann@example.test", "--role", "OWNER"]);
        assert!(made.status.success(), "{made:?}");
        let first = value(&made, "password");
        let again = wagate(&["create", "ann@example.test"]);
        assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("already"));
        let base = gateway.url("");
        assert!(
            Caller::log_in(&base, "ann@example.test", &first)
                .await
                .1
                .cookie
                .is_some()
        );

        let reset = wagate(&["reset-password", "ann@example.test"]);
        let second = value(&reset, "password");
        assert_eq!(
            Caller::log_in(&base, "ann@example.test", &first).await.1.cookie,
            None
        );
        assert!(
            Caller::log_in(&base, "ann@example.test", &second)
                .await
                .1
                .cookie
                .is_some()
        );

        let key = wagate(&["key", "ann@example.test", "--name", "scripts"]);
        let key = String::from_utf8_lossy(&key.stdout).trim().to_owned();
        assert_eq!(gateway.caller(&key).get("/api/sessions").await.status, 200);
        assert!(!wagate(&["key", "nobody@example.test"]).status.success());
        let log = gateway.admin().get("/api/system/audit").await.text;
        assert!(log.contains("admin.create") && log.contains("admin.key"), "{log}");
    });
}

#[test]
fn version_says_what_the_binary_was_made_of() {
    let told = |flag: &str| {
        let output = std::process::Command::new(WAGATE)
            .arg(flag)
            .output()
            .expect("it runs");
        String::from_utf8(output.stdout).expect("a text")
    };
    assert_eq!(told("-V").lines().count(), 1);
    let long = told("--version");
    assert!(long.starts_with(&told("-V").trim_end().to_owned()), "{long}");
    for fact in ["commit:", "features: sandbox", "target:", "rustc:", "plugins:"] {
        assert!(long.contains(fact), "{fact} is not in {long}");
    }
}
