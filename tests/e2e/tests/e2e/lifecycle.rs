//! A session's life: paired, stopped, logged out, deleted; across restarts of the process.

use reqwest::Method;
use wagate_e2e::{Gateway, Network, eventually};

use crate::WAGATE;

const SOON: std::time::Duration = std::time::Duration::from_secs(20);

#[tokio::test]
async fn a_session_is_paired_by_code() {
    let network = Network::start(WAGATE);
    let owner = network.phone("15550003001", "lid").await;
    let gateway = Gateway::start(WAGATE, &network);
    gateway.create_session("shop").await;
    let answer = gateway
        .post(
            "/api/sessions/shop/pair",
            serde_json::json!({ "phoneNumber": "+1 555 000 3001" }),
        )
        .await;
    let code = answer["data"]["pairingCode"].as_str().expect("a pair code");
    assert_eq!(
        code.chars().filter(char::is_ascii_alphanumeric).count(),
        8,
        "{code}"
    );
    owner.enter_code(code).await;
    gateway.wait_status("shop", "CONNECTED").await;
    let session = gateway.get("/api/sessions/shop").await;
    assert_eq!(session["data"]["me"]["id"], owner.jid.as_str(), "{session}");
    let log = gateway.log_text();
    for secret in [code, &code.replace('-', ""), &owner.number] {
        assert!(!log.contains(secret), "the log tells {secret}");
    }
}

#[tokio::test]
async fn a_stopped_session_stays_stopped_and_a_running_one_comes_back_without_pairing() {
    let network = Network::start(WAGATE);
    let first = network.phone("15550003002", "pn").await;
    let second = network.phone("15550003003", "pn").await;
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.pair("runs", &first).await;
    gateway.pair("rests", &second).await;
    let asked = std::time::Instant::now();
    gateway
        .post("/api/sessions/rests/stop", serde_json::json!({}))
        .await;
    assert!(asked.elapsed() < SOON / 4, "a stop took {:?}", asked.elapsed());
    gateway.wait_status("rests", "STOPPED").await;

    assert!(gateway.terminate().success(), "a SIGTERM ends with exit code 0");
    gateway.start_again();
    gateway.wait_status("runs", "CONNECTED").await;
    assert_eq!(gateway.status("rests").await, "STOPPED");

    gateway
        .post("/api/sessions/rests/start", serde_json::json!({}))
        .await;
    gateway.wait_status("rests", "CONNECTED").await;
}

#[tokio::test]
async fn logging_out_removes_the_keys_at_both_ends() {
    let network = Network::start(WAGATE);
    let owner = network.phone("15550003004", "pn").await;
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    gateway
        .post("/api/sessions/shop/logout", serde_json::json!({}))
        .await;
    gateway.wait_status("shop", "LOGGED_OUT").await;
    let devices = &network.state().await["phones"][0]["devices"];
    assert_eq!(
        devices.as_array().map(Vec::len),
        Some(0),
        "the phone no longer lists the device: {devices}"
    );

    gateway.kill();
    gateway.start_again();
    assert_eq!(gateway.status("shop").await, "LOGGED_OUT");
    gateway
        .post("/api/sessions/shop/start", serde_json::json!({}))
        .await;
    gateway.wait_status("shop", "SCAN_QR").await;
}

#[tokio::test]
async fn a_device_the_phone_unlinks_is_logged_out() {
    let network = Network::start(WAGATE);
    let owner = network.phone("15550003005", "pn").await;
    let gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    let device = network.state().await["phones"][0]["devices"][0]["id"]
        .as_u64()
        .expect("a linked device");
    owner.unlink(device).await;
    gateway.wait_status("shop", "LOGGED_OUT").await;
}

#[tokio::test]
async fn a_session_that_reuses_an_id_is_a_new_one() {
    let network = Network::start(WAGATE);
    let owner = network.phone("15550003006", "pn").await;
    let contact = network.phone("15550003007", "pn").await;
    let gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    gateway.send("shop", &contact.jid, "before").await;
    let (status, body) = gateway
        .call(Method::DELETE, "/api/sessions/shop/settings", None)
        .await;
    assert_eq!(status, 200, "{body}");
    let (status, _) = gateway.call(Method::GET, "/api/sessions/shop", None).await;
    assert_eq!(status, 404);

    gateway.create_session("shop").await;
    gateway.wait_status("shop", "SCAN_QR").await;
    assert_eq!(
        gateway.messages("shop", &contact.jid).await.len(),
        0,
        "nothing is inherited"
    );
    eventually("the old device is gone", SOON, async || {
        let state = network.state().await;
        (state["phones"][0]["devices"].as_array().map(Vec::len) == Some(0)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn strangers_and_bad_input_are_answered_honestly() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let without_key = reqwest::get(gateway.url("/api/sessions"))
        .await
        .expect("an answer");
    assert_eq!(without_key.status(), 401);
    let (status, body) = gateway.call(Method::GET, "/api/sessions/nobody", None).await;
    assert_eq!(
        (status, body["message"].as_str()),
        (404, Some("Session not found"))
    );
    for bad in [
        "",
        "A",
        "x",
        "no spaces",
        "../etc",
        "0190b5a0-0000-7000-8000-000000000000",
    ] {
        let body = serde_json::json!({ "name": "n", "sessionId": bad });
        let (status, answer) = gateway.call(Method::POST, "/api/sessions", Some(body)).await;
        if !bad.is_empty() {
            assert_eq!(status, 400, "{bad}: {answer}");
            assert!(
                answer["message"]
                    .as_str()
                    .unwrap_or_default()
                    .contains("sessionId"),
                "{answer}"
            );
        }
    }
    gateway.create_session("twice").await;
    let again = serde_json::json!({ "name": "n", "sessionId": "twice" });
    let (status, answer) = gateway.call(Method::POST, "/api/sessions", Some(again)).await;
    assert_eq!(status, 409, "{answer}");
    let text = serde_json::json!({ "message": { "text": "x" } });
    let (status, answer) = gateway
        .call(Method::POST, "/api/messages/twice/15550003009/send", Some(text))
        .await;
    assert_eq!(status, 503, "not connected: {answer}");
}

#[tokio::test]
async fn a_client_that_hangs_up_while_creating_leaves_nothing_that_cannot_be_deleted() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let impatient = reqwest::Client::new();
    for n in 0..30 {
        let body = serde_json::json!({ "name": "n", "sessionId": format!("gone{n}") });
        let request = impatient
            .post(gateway.url("/api/sessions"))
            .header("X-API-Key", wagate_e2e::gateway::ADMIN_KEY)
            .timeout(std::time::Duration::from_millis(1 + n % 8))
            .json(&body);
        // Whether it got through is what differs from one to the next.
        drop(request.send().await);
    }
    gateway.create_session("last").await;
    let sessions = gateway.get("/api/sessions").await;
    for session in sessions.as_array().expect("a bare list") {
        let slug = session["sessionId"].as_str().expect("a slug");
        eventually(&format!("{slug} can be deleted"), SOON, async || {
            let path = format!("/api/sessions/{slug}/settings");
            (gateway.call(Method::DELETE, &path, None).await.0 == 200).then_some(())
        })
        .await;
    }
}
