//! The holes of the gateway this one takes after, each closed: `wa-akg-behaviour` 8.3, one test a hole, as far as it can be
//! seen from outside at this level.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wagate_e2e::{Caller, Gateway, Network, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn hole_1_a_slug_used_again_inherits_nothing() {
    let network = Network::start(WAGATE);
    let phone = network.phone("12025550601", "pn").await;
    let friend = network.phone("12025550602", "pn").await;
    let gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    let (_, ann) = admin.make_user("ann", "OWNER").await;
    let (_, eve) = admin.make_user("eve", "OWNER").await;
    ann.post("/api/sessions", json!({ "name": "Shop", "sessionId": "shop" }))
        .await;
    phone.scan(&gateway.qr("shop").await).await;
    gateway.wait_status("shop", "CONNECTED").await;
    friend.write(&phone.jid, "canary of hole one").await;
    eventually("the message is stored", SOON, async || {
        (!gateway.stored_texts(&friend.jid, false).await.is_empty()).then_some(())
    })
    .await;
    let taken = eve
        .post("/api/sessions", json!({ "name": "Mine", "sessionId": "shop" }))
        .await;
    assert_eq!(taken.status, 409, "{}", taken.text);
    let deleted = ann
        .call(Method::DELETE, "/api/sessions/shop/settings", None)
        .await;
    assert_eq!(deleted.status, 200, "{}", deleted.text);

    let made = eve
        .post("/api/sessions", json!({ "name": "Mine", "sessionId": "shop" }))
        .await;
    assert_eq!(made.status, 200, "{}", made.text);
    gateway.qr("shop").await;
    let session = eve.get("/api/sessions/shop").await;
    assert_eq!(session.body["status"], "SCAN_QR", "it has to be linked anew");
    assert_eq!(session.body["data"]["me"], Value::Null);
    assert_eq!(session.body["messageCount"], 0);
    let chat = eve.get(&format!("/api/chat/shop/{}", friend.jid)).await;
    assert!(!chat.text.contains("canary"), "{}", chat.text);
    assert_eq!(ann.get("/api/sessions/shop").await.status, 403);
}

#[tokio::test]
async fn hole_2_no_slug_can_be_taken_for_a_row_id() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    let (_, ann) = admin.make_user("ann", "OWNER").await;
    let (_, eve) = admin.make_user("eve", "OWNER").await;
    let made = ann
        .post("/api/sessions", json!({ "name": "Shop", "sessionId": "shop" }))
        .await;
    let row_id = made.body["data"]["id"].as_str().expect("a row id").to_owned();
    for slug in [row_id.clone(), row_id.to_uppercase()] {
        let confused = eve
            .post("/api/sessions", json!({ "name": "Mine", "sessionId": slug }))
            .await;
        assert_eq!(confused.status, 400, "{}", confused.text);
    }
    // Both names mean one session, and neither opens it to a stranger.
    assert_eq!(
        ann.get(&format!("/api/sessions/{row_id}")).await.body["sessionId"],
        "shop"
    );
    for name in ["shop", &row_id] {
        for path in [
            format!("/api/sessions/{name}"),
            format!("/api/sessions/{name}/access"),
            format!("/api/chat/{name}"),
        ] {
            assert_eq!(eve.get(&path).await.status, 403, "{path}");
        }
    }
}

#[tokio::test]
async fn hole_3_nothing_is_told_to_strangers_in_real_time() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    gateway.create_session("shop").await;
    gateway.qr("shop").await;
    let stranger = Caller::nobody(&gateway.url(""));
    for path in [
        "/api/events",
        "/api/events/ws",
        "/api/socket/io/?EIO=4&transport=polling",
        "/api/sessions/shop/qr",
        "/api/sessions/shop",
    ] {
        let answer = stranger
            .send(Method::GET, path, &[("origin", "https://evil.example")], None)
            .await;
        assert_eq!(answer.status, 401, "{path}: {}", answer.text);
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
}

#[tokio::test]
async fn hole_4_no_file_of_this_machine_is_sent() {
    let network = Network::start(WAGATE);
    let phone = network.phone("12025550604", "pn").await;
    let gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &phone).await;
    for url in ["/etc/hostname", "file:///etc/hostname", "../../wagate.db"] {
        let message = json!({ "message": { "document": { "url": url }, "mimetype": "text/plain" } });
        let answer = gateway
            .admin()
            .post("/api/messages/shop/12025550605@s.whatsapp.net/send", message)
            .await;
        assert!(
            (400..500).contains(&answer.status),
            "{url}: {} {}",
            answer.status,
            answer.text
        );
    }
}

#[tokio::test]
async fn hole_5_the_gateway_is_no_way_into_its_own_network() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let (_, ann) = gateway.admin().make_user("ann", "OWNER").await;
    ann.post("/api/sessions", json!({ "name": "Shop", "sessionId": "shop" }))
        .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"] {
        let proxy = json!({ "proxy": format!("socks5://{host}:{port}") });
        assert_eq!(
            ann.call(Method::PATCH, "/api/sessions/shop/settings", Some(proxy))
                .await
                .status,
            200
        );
        eventually("the session says why it does not connect", SOON, async || {
            let session = ann.get("/api/sessions/shop").await.body;
            (session["cause"] == "proxy-unavailable").then_some(())
        })
        .await;
    }
    let dialled = tokio::time::timeout(Duration::ZERO, listener.accept()).await;
    assert!(dialled.is_err(), "somebody was let in: {dialled:?}");
}

#[tokio::test]
async fn hole_6_secrets_are_stored_hashed_or_sealed_and_not_shared() {
    let network = Network::start(WAGATE);
    let mut gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    let (_, ann) = admin.make_user("ann", "OWNER").await;
    let (_, sue) = admin.make_user("sue", "STAFF").await;
    ann.post("/api/sessions", json!({ "name": "Shop", "sessionId": "shop" }))
        .await;
    ann.post(
        "/api/sessions/shop/access",
        json!({ "email": "sue@example.test" }),
    )
    .await;
    let qr = gateway.qr("shop").await;
    let (_, login) = Caller::log_in(&gateway.url(""), "ann@example.test", "password of ann").await;
    for path in ["/api/sessions", "/api/sessions/shop"] {
        let seen = sue.get(path).await;
        assert_eq!(seen.status, 200);
        assert!(!seen.text.contains(&qr), "{path}: {}", seen.text);
    }
    let proxy =
        json!({ "proxy": "socks5://ann:canary-of-a-proxy@192.0.2.1:1080", "x-plain": "canary-in-clear" });
    ann.call(Method::PATCH, "/api/sessions/shop/settings", Some(proxy))
        .await;
    let key = ann.key.clone().expect("a key");
    let cookie = login.cookie.clone().expect("a cookie");
    let token = cookie.split_once('=').expect("a value").1.to_owned();

    assert!(gateway.terminate().success());
    let mut stored = std::fs::read(gateway.data_dir().join("wagate.db")).expect("the database");
    stored.extend(std::fs::read(gateway.data_dir().join("wagate.db-wal")).unwrap_or_default());
    let holds = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("canary-in-clear"), "the search works");
    for secret in ["password of ann", "canary-of-a-proxy", &key, &token] {
        assert!(!holds(secret), "{secret} is stored in clear");
        assert!(!gateway.log_text().contains(secret), "{secret} is logged");
    }
}

#[tokio::test]
async fn hole_7_no_password_is_plain_and_no_secret_has_a_default() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let base = gateway.url("");
    gateway.admin().make_user("ann", "OWNER").await;
    let hash: String = sqlx::query_scalar("SELECT password_hash FROM users WHERE email = 'ann@example.test'")
        .fetch_one(&mut gateway.database(false).await)
        .await
        .expect("the hash");
    assert!(hash.starts_with("$argon2id$v=19$m=65536,t=2,p=1$"), "{hash}");
    for password in [hash.as_str(), "admin123", ""] {
        for email in ["ann@example.test", "admin@example.test"] {
            assert_eq!(
                Caller::log_in(&base, email, password).await.1.cookie,
                None,
                "{email}"
            );
        }
    }
    // A cookie is a name for a row, not a statement that anybody could sign.
    for forged in ["secret", "eyJhbGciOiJkaXIifQ..x.y.z", &"a".repeat(43)] {
        let eve = Caller {
            cookie: Some(format!("authjs.session-token={forged}")),
            ..Caller::nobody(&base)
        };
        assert_eq!(eve.get("/api/sessions").await.status, 401);
    }
    let key = gateway.data_dir().join("secret.key");
    let text = std::fs::read_to_string(key).expect("the secret key");
    assert_eq!(text.trim().len(), 64);
}

#[tokio::test]
async fn hole_8_nobody_writes_across_the_border() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    let (_, ann) = admin.make_user("ann", "OWNER").await;
    let (eve_id, eve) = admin.make_user("eve", "OWNER").await;
    for (who, slug) in [(&ann, "shop"), (&eve, "lair")] {
        who.post("/api/sessions", json!({ "name": slug, "sessionId": slug }))
            .await;
    }
    let rule = ann
        .post(
            "/api/autoreplies/shop",
            json!({ "keyword": "hi", "response": "canary of hole eight" }),
        )
        .await;
    assert!(rule.status < 300, "{}", rule.text);
    let id = rule.body["data"]["id"].as_str().expect("an id").to_owned();
    // Her own session in the path, somebody else's rule behind it.
    let path = format!("/api/autoreplies/lair/{id}");
    let change = json!({ "keyword": "hi", "response": "stolen" });
    for method in [Method::PUT, Method::DELETE] {
        let answer = eve.call(method, &path, Some(change.clone())).await;
        assert_eq!(answer.status, 404, "{}", answer.text);
    }
    assert!(
        ann.get("/api/autoreplies/shop")
            .await
            .text
            .contains("canary of hole eight")
    );

    ann.post(
        "/api/sessions/shop/access",
        json!({ "email": "eve@example.test" }),
    )
    .await;
    let deleted = eve
        .call(Method::DELETE, "/api/sessions/shop/settings", None)
        .await;
    assert_eq!(deleted.status, 403);
    assert_eq!(deleted.body["message"], "Forbidden - Cannot delete this session");
    let revoke = json!({ "userId": eve_id });
    ann.call(Method::DELETE, "/api/sessions/shop/access", Some(revoke))
        .await;
    for path in ["/api/sessions/shop", "/api/autoreplies/shop", "/api/chat/shop"] {
        assert_eq!(eve.get(path).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn hole_9_no_name_leads_out_of_its_place() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    for slug in [
        "../../etc",
        "a/b",
        "a\\b",
        "..",
        "a.b",
        "A",
        "a b",
        "%2e%2e",
        "a\u{0}b",
        "ä1",
        &"x".repeat(65),
    ] {
        let made = admin
            .post("/api/sessions", json!({ "name": "x", "sessionId": slug }))
            .await;
        assert_eq!(made.status, 400, "{slug:?}: {}", made.text);
    }
    for path in [
        "/api/media/..%2f..%2fwagate.db",
        "/api/media/%2e%2e%2fsecret.key",
        "/api/media/..%5cwagate.db",
        "/api/plugins/..%2Fwagate",
        "/docs/..%2f..%2fwagate.toml",
    ] {
        let answer = admin.get(path).await;
        assert!(
            (400..500).contains(&answer.status),
            "{path}: {} {}",
            answer.status,
            answer.text
        );
    }
}

#[tokio::test]
async fn hole_10_a_key_that_is_none_opens_nothing() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let stranger = gateway.caller("any-value-at-all");
    for path in [
        "/api/docs",
        "/api/settings/system",
        "/api/test",
        "/api/test/anything",
        "/api/sessions",
        "/api/nowhere",
        "/metrics",
    ] {
        let answer = stranger.get(path).await;
        assert_eq!(answer.status, 401, "{path}: {}", answer.text);
        assert_eq!(answer.body["message"], "Unauthorized");
    }
    // What is open is open without a key, and is no way in.
    assert_eq!(stranger.get("/api/auth/session").await.body, Value::Null);
}

#[tokio::test]
async fn hole_11_everything_has_a_limit() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    gateway.edit_settings("key_per_second = 0", "key_per_second = 1");
    gateway.edit_settings("key_burst = 100", "key_burst = 5");
    let refused = eventually("the limit holds without a restart", SOON, async || {
        let answer = admin.get("/api/settings/system").await;
        (answer.status == 429).then_some(answer)
    })
    .await;
    assert_eq!(refused.code(), "rate_limited");
    let wait: u64 = refused
        .header("retry-after")
        .and_then(|wait| wait.parse().ok())
        .expect("a time to wait");
    assert!((1..=5).contains(&wait), "{wait}");
    // Somebody else's key is another bucket.
    gateway.edit_settings("key_per_second = 1", "key_per_second = 0");
    let fine = eventually("the limit is lifted", SOON, async || {
        let answer = admin.get("/api/settings/system").await;
        (answer.status == 200 && answer.header("ratelimit-limit").is_none()).then_some(answer)
    })
    .await;
    assert_eq!(fine.status, 200);
}

#[tokio::test]
async fn hole_12_a_deleted_user_is_gone_with_everything() {
    let network = Network::start(WAGATE);
    let phone = network.phone("12025550612", "pn").await;
    let gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    let (ann_id, ann) = admin.make_user("ann", "OWNER").await;
    ann.post("/api/sessions", json!({ "name": "Shop", "sessionId": "shop" }))
        .await;
    phone.scan(&gateway.qr("shop").await).await;
    gateway.wait_status("shop", "CONNECTED").await;
    let (_, login) = Caller::log_in(&gateway.url(""), "ann@example.test", "password of ann").await;
    let linked = async || {
        network
            .state()
            .await
            .to_string()
            .matches("\"online\":true")
            .count()
    };
    let before = linked().await;

    let deleted = admin
        .call(Method::DELETE, &format!("/api/users/{ann_id}"), None)
        .await;
    assert_eq!(deleted.status, 200, "{}", deleted.text);
    assert_eq!(ann.get("/api/sessions").await.status, 401);
    assert_eq!(login.get("/api/sessions").await.status, 401);
    assert_eq!(admin.get("/api/sessions/shop").await.status, 404);
    assert_eq!(
        Caller::log_in(&gateway.url(""), "ann@example.test", "password of ann")
            .await
            .1
            .cookie,
        None
    );
    if before > 0 {
        eventually("its connection is closed", SOON, async || {
            (linked().await < before).then_some(())
        })
        .await;
    }
    let left: i64 =
        sqlx::query_scalar("SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM messages)")
            .fetch_one(&mut gateway.database(false).await)
            .await
            .expect("the rows are counted");
    assert_eq!(left, 0);

    // The last superadmin stays one, and a save does not open registration.
    let me = admin.get("/api/user").await.body["data"]["id"].clone();
    let me = format!("/api/users/{}", me.as_str().expect("an id"));
    assert_eq!(
        admin
            .call(Method::PATCH, &me, Some(json!({ "role": "OWNER" })))
            .await
            .status,
        409
    );
    admin
        .post("/api/settings/system", json!({ "timezone": "Europe/Berlin" }))
        .await;
    let stranger = json!({ "name": "Eve", "email": "eve@example.test", "password": "password123" });
    let register = Caller::nobody(&gateway.url(""))
        .post("/api/auth/register", stranger)
        .await;
    assert_eq!(register.status, 403);
}

#[tokio::test]
async fn hole_13_errors_say_what_the_client_did_and_nothing_of_ours() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    gateway.create_session("shop").await;
    let data = gateway.data_dir().display().to_string();
    for (method, path, body) in [
        (Method::POST, "/api/sessions", json!({ "name": 5 })),
        (
            Method::POST,
            "/api/sessions",
            json!({ "name": "x", "sessionId": "shop" }),
        ),
        (
            Method::PATCH,
            "/api/users/none",
            json!({ "email": "admin@example.test" }),
        ),
        (
            Method::POST,
            "/api/messages/shop/nonsense/send",
            json!({ "message": 1 }),
        ),
        (
            Method::PUT,
            "/api/plugins/messages/settings",
            json!({ "settings": { "a": [null] } }),
        ),
        (
            Method::POST,
            "/api/sessions/shop/spam",
            json!({ "count": 1_000_000 }),
        ),
    ] {
        let answer = admin.call(method, path, Some(body)).await;
        assert!(
            (400..500).contains(&answer.status),
            "{path}: {} {}",
            answer.status,
            answer.text
        );
        for inside in ["SELECT", "sqlx", "src/", ".rs:", "panicked", data.as_str()] {
            assert!(!answer.text.contains(inside), "{path}: {}", answer.text);
        }
        assert!(
            answer.body["requestId"].is_string() && answer.body["code"].is_string(),
            "{}",
            answer.text
        );
        assert_eq!(answer.body["error"], answer.body["message"]);
    }
}
