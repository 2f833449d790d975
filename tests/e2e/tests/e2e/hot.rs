//! Every key of `wagate.toml` that says "Applied at once." is edited while the gateway runs, and does at once what it says.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use wagate_e2e::{Caller, Gateway, Network, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(20);
const DAY_MS: i64 = 24 * 3_600_000;
/// More than the burst that is shipped for one address, and few enough to ask.
const MORE_THAN_A_BURST: usize = 410;

/// More than a test takes, and less than thirty days.
const A_FEW_DAYS: u32 = 10;

/// As if each month had 31 days: good enough to tell tomorrow from next month.
fn day_number(iso: &str) -> u32 {
    let part = |range: std::ops::Range<usize>| iso[range].parse::<u32>().expect("a date");
    part(0..4) * 372 + part(5..7) * 31 + part(8..10)
}

/// The keys whose comment in the shipped file says so.
fn hot_keys() -> BTreeSet<String> {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/wagate.toml");
    let text = std::fs::read_to_string(shipped).expect("the shipped settings");
    let (mut section, mut comment, mut found) = (String::new(), String::new(), BTreeSet::new());
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut section);
            comment.clear();
        } else if line.starts_with('#') {
            comment.push_str(line);
        } else if let Some((key, _)) = line.split_once(" = ") {
            if comment.contains("Applied at once.") {
                found.insert(format!("{section}.{key}"));
            }
            comment.clear();
        }
    }
    found
}

/// A gateway whose settings are edited, and the keys that were shown to hold at once.
struct Edited {
    gateway: Gateway,
    base: String,
    shown: BTreeSet<String>,
}

impl Edited {
    /// Writes another value, and waits until it shows.
    async fn edit<T>(&mut self, key: &str, from: &str, to: &str, shows: impl AsyncFn() -> Option<T>) {
        assert!(shows().await.is_none(), "{key}: it shows before the edit");
        let name = key.split_once('.').expect("a section").1;
        self.gateway
            .edit_settings(&format!("\n{name} = {from}\n"), &format!("\n{name} = {to}\n"));
        eventually(&format!("{key} = {to} shows"), SOON, shows).await;
        self.shown.insert(key.to_owned());
    }

    fn nobody(&self) -> Caller {
        Caller::nobody(&self.base)
    }
}

#[tokio::test]
async fn every_key_that_says_so_is_applied_at_once() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start_with(WAGATE, &network, &[("level", "\"warn\"")]);
    let base = gateway.url("");
    let admin = gateway.admin();
    admin.make_user("ann", "OWNER").await;
    let mut edited = Edited {
        gateway,
        base: base.clone(),
        shown: BTreeSet::new(),
    };
    let nobody = edited.nobody();
    accounts(&mut edited, &admin).await;
    what_is_kept(&mut edited, &admin).await;

    let secure = async || {
        let headers = [
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "shop.example"),
        ];
        let csrf = nobody.send(Method::GET, "/api/auth/csrf", &headers, None).await;
        let cookies = csrf.headers.get_all("set-cookie");
        cookies
            .iter()
            .any(|cookie| cookie.to_str().is_ok_and(|text| text.contains("Secure")))
    };
    let proxies = "[\"127.0.0.0/8\", \"::1/128\"]";
    edited
        .edit("http.trusted_proxies", proxies, "[]", async || {
            (!secure().await).then_some(())
        })
        .await;
    edited
        .gateway
        .edit_settings("trusted_proxies = []", &format!("trusted_proxies = {proxies}"));
    eventually("the proxy is believed again", SOON, async || {
        secure().await.then_some(())
    })
    .await;

    let page = "https://shop.example";
    edited
        .edit("http.cors_origins", "[]", &format!("[\"{page}\"]"), async || {
            let headers = [("origin", page), ("access-control-request-method", "GET")];
            let answer = nobody
                .send(Method::OPTIONS, "/api/sessions", &headers, None)
                .await;
            (answer.header("access-control-allow-origin") == Some(page)).then_some(())
        })
        .await;

    limits(&mut edited, &admin).await;
    assert_eq!(edited.shown, hot_keys());
}

async fn accounts(edited: &mut Edited, admin: &Caller) {
    let nobody = edited.nobody();
    let base = edited.base.clone();
    edited
        .edit("auth.registration", "\"first\"", "\"open\"", async || {
            let body = json!({ "name": "Ben", "email": "ben@example.test", "password": "password of ben" });
            let answer = nobody.call(Method::POST, "/api/auth/register", Some(body)).await;
            (answer.status == 200).then_some(())
        })
        .await;
    edited
        .edit("auth.min_password_length", "8", "20", async || {
            // The address is taken: it is refused for the one reason or the other.
            let body = json!({ "name": "Ann", "email": "ann@example.test", "password": "twelve chars" });
            let answer = nobody.call(Method::POST, "/api/auth/register", Some(body)).await;
            let message = answer.body["message"].as_str().expect("a reason");
            message.contains("20").then_some(())
        })
        .await;
    // An end that is far away, so that it is the pause that decides below.
    edited
        .edit("auth.login_max_hours", "12", "8760", async || {
            let (answer, _) = Caller::log_in(&base, "ann@example.test", "password of ann").await;
            let cookies = answer.headers.get_all("set-cookie");
            cookies
                .iter()
                .any(|cookie| {
                    cookie
                        .to_str()
                        .is_ok_and(|text| text.contains("Max-Age=31536000"))
                })
                .then_some(())
        })
        .await;
    let (_, ann) = Caller::log_in(&base, "ann@example.test", "password of ann").await;
    let ends = async || {
        let session = ann.get("/api/auth/session").await.body;
        day_number(session["expires"].as_str().expect("a time"))
    };
    let soon = ends().await;
    edited
        .edit("auth.login_idle_minutes", "30", "43200", async || {
            (ends().await > soon + A_FEW_DAYS).then_some(())
        })
        .await;
    let make = async || ann.post("/api/sessions", json!({ "name": "Shop" })).await.status;
    edited
        .edit("limits.sessions_per_user", "50", "1", async || {
            (make().await == 409).then_some(())
        })
        .await;
    edited
        .edit("auth.logins_per_minute", "0", "3", async || {
            let (answer, _) = Caller::log_in(&base, "nobody@example.test", "a guess").await;
            (answer.status == 429).then_some(())
        })
        .await;
    assert_eq!(admin.get("/api/sessions").await.status, 200);
}

async fn what_is_kept(edited: &mut Edited, admin: &Caller) {
    let log = edited.gateway.log();
    edited
        .edit("log.level", "\"warn\"", "\"warn,wagate=info\"", async || {
            admin.get("/api/sessions").await;
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            text.contains("route=\"/api/sessions\"").then_some(())
        })
        .await;

    // As if it had been written ten days ago.
    let mut database = edited.gateway.database(true).await;
    sqlx::query(
        "INSERT INTO audit (id, at, actor, action, outcome) \
         VALUES ('0190f5fe-0000-7000-8000-00000000000b', (SELECT MAX(at) FROM audit) - ?, 'old@example.test', 'old', 'ok')",
    )
    .bind(10 * DAY_MS)
    .execute(&mut database)
    .await
    .expect("the row is written");
    edited
        .edit("audit.keep_days", "365", "5", async || {
            let log = admin.get("/api/system/audit?limit=100").await;
            assert_eq!(log.status, 200, "{}", log.text);
            (!log.text.contains("old@example.test")).then_some(())
        })
        .await;
}

async fn limits(edited: &mut Edited, admin: &Caller) {
    let nobody = edited.nobody();
    let limit = async || {
        let answer = admin.get("/api/sessions").await;
        answer.header("ratelimit-limit").map(str::to_owned)
    };
    edited
        .edit("limits.key_per_second", "0", "1000", async || limit().await)
        .await;
    edited
        .edit("limits.key_burst", "100", "77", async || {
            (limit().await.as_deref() == Some("77")).then_some(())
        })
        .await;

    let from = async |address: &str| {
        let headers = [("x-forwarded-for", address)];
        let answer = nobody.send(Method::GET, "/healthz", &headers, None).await;
        answer.status
    };
    edited
        .edit("limits.address_per_second", "0", "1", async || {
            for _ in 0..MORE_THAN_A_BURST {
                if from("198.51.100.7").await == 429 {
                    return Some(());
                }
            }
            None
        })
        .await;
    edited
        .edit("limits.address_burst", "400", "3", async || {
            // Those who had their burst already are not asked again.
            let mut answers = Vec::new();
            for _ in 0..6 {
                answers.push(from("198.51.100.8").await);
            }
            answers.contains(&429).then_some(())
        })
        .await;
}
