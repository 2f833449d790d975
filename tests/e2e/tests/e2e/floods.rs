//! Too much of everything: passwords, slow heads, slow bodies, huge bodies, deep JSON, headers without end. Each is refused
//! or cut, and the gateway goes on answering others.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use wagate_e2e::{Caller, Gateway, Network, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(20);
/// Requests of a flood at the same time.
const FLOOD: usize = 60;
/// What a flood may leave behind.
const MAY_STAY_KIB: u64 = 40 * 1024;

async fn connect(gateway: &Gateway) -> TcpStream {
    let url = gateway.url("");
    let address = url.strip_prefix("http://").expect("plain http");
    TcpStream::connect(address).await.expect("a connection")
}

/// Everything until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let reading = stream.read_to_end(&mut bytes);
    // A reset ends it as well.
    let _ = tokio::time::timeout(SOON, reading).await.expect("it is closed");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn guessing_passwords_gets_slower_and_others_log_in() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let base = gateway.url("");
    gateway.admin().make_user("ann", "OWNER").await;
    gateway.admin().make_user("ben", "OWNER").await;
    let mut refused = None;
    for n in 0..15 {
        let (answer, caller) = Caller::log_in(&base, "ann@example.test", &format!("guess number {n}")).await;
        assert_eq!(caller.cookie, None);
        if answer.status == 429 {
            refused = Some((n, answer));
            break;
        }
    }
    let (n, answer) = refused.expect("the account slows down");
    assert!((10..14).contains(&n), "after {n} guesses");
    assert!(answer.header("retry-after").is_some());
    let (right, caller) = Caller::log_in(&base, "ann@example.test", "password of ann").await;
    assert_eq!(
        (right.status, caller.cookie),
        (429, None),
        "the right one has to wait as well"
    );
    assert!(
        Caller::log_in(&base, "ben@example.test", "password of ben")
            .await
            .1
            .cookie
            .is_some()
    );

    // By address, behind a proxy that says whose it is.
    gateway.edit_settings("logins_per_minute = 0", "logins_per_minute = 3");
    let from = async |address: &str| {
        let caller = Caller::nobody(&base);
        let csrf = caller.get("/api/auth/csrf").await;
        let cookie = csrf.cookie("next-auth.csrf-token").expect("a cookie");
        let token = csrf.body["csrfToken"].as_str().expect("a token").to_owned();
        let body = json!({ "email": "nobody@example.test", "password": "a guess", "csrfToken": token });
        let headers = [("x-forwarded-for", address), ("cookie", cookie.as_str())];
        caller
            .send(
                Method::POST,
                "/api/auth/callback/credentials",
                &headers,
                Some(body),
            )
            .await
            .status
    };
    eventually("an address has its pace", SOON, async || {
        (from("198.51.100.7").await == 429).then_some(())
    })
    .await;
    assert_eq!(from("198.51.100.8").await, 302, "another address");
}

#[tokio::test]
async fn slow_clients_are_cut_off() {
    let network = Network::start(WAGATE);
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.edit_settings("header_timeout_ms = 10000", "header_timeout_ms = 500");
    gateway.edit_settings("body_timeout_ms = 15000", "body_timeout_ms = 500");
    assert!(gateway.terminate().success());
    gateway.start_again();

    let admin = gateway.admin();
    admin.get("/api/sessions").await;
    let before = gateway.resident_kib();
    let started = Instant::now();
    let mut heads = Vec::new();
    for _ in 0..200 {
        let mut stream = connect(&gateway).await;
        stream
            .write_all(b"GET /api/sessions HTTP/1.1\r\nx-slow: ")
            .await
            .expect("it is sent");
        heads.push(stream);
    }
    assert_eq!(
        gateway.admin().get("/api/sessions").await.status,
        200,
        "others are answered"
    );
    for stream in &mut heads {
        rest(stream).await;
    }
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );

    let key = wagate_e2e::gateway::ADMIN_KEY;
    let head = format!(
        "POST /api/sessions HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-length: 1000\r\n\r\n{{"
    );
    let mut stream = connect(&gateway).await;
    stream.write_all(head.as_bytes()).await.expect("it is sent");
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("body_timeout"), "{answer}");

    // As many that stop in the middle of a body, all at once.
    let mut bodies = Vec::new();
    for _ in 0..100 {
        let mut stream = connect(&gateway).await;
        stream.write_all(head.as_bytes()).await.expect("it is sent");
        bodies.push(stream);
    }
    assert_eq!(
        admin.get("/api/sessions").await.status,
        200,
        "others are answered"
    );
    for stream in &mut bodies {
        assert!(rest(stream).await.starts_with("HTTP/1.1 408 "));
    }
    memory_comes_back(&gateway, before).await;
}

#[tokio::test]
async fn what_is_too_big_is_refused_before_it_is_here() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    gateway.create_session("shop").await;
    admin.get("/api/chat/shop").await;
    let before = gateway.resident_kib();
    let key = wagate_e2e::gateway::ADMIN_KEY;

    for path in ["/api/sessions", "/api/autoreplies/shop", "/api/auth/register"] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-length: 1000000000\r\n\r\n"
        );
        let mut stream = connect(&gateway).await;
        let started = Instant::now();
        stream.write_all(head.as_bytes()).await.expect("it is sent");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 413", "{path}");
        assert!(started.elapsed() < Duration::from_secs(1));

        // Without an announcement: cut at the limit.
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        let mut stream = connect(&gateway).await;
        stream.write_all(head.as_bytes()).await.expect("it is sent");
        let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
        // The other side stops reading some time.
        for _ in 0..64 {
            if stream.write_all(&chunk).await.is_err() {
                break;
            }
        }
        let answer = rest(&mut stream).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 413"),
            "{path}: {answer}"
        );
    }

    let deep = format!("{{\"name\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let raw = reqwest::Client::new();
    for path in ["/api/sessions", "/api/autoreplies/shop", "/api/users"] {
        let answer = raw
            .post(gateway.url(path))
            .header("x-api-key", key)
            .body(deep.clone())
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 400, "{path}");
    }

    let many = (0..100).map(|n| format!("x-{n}: y\r\n")).collect::<String>();
    let long = format!("x-long: {}\r\n", "y".repeat(20_000));
    for headers in [many, long] {
        let mut stream = connect(&gateway).await;
        let head = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
        stream.write_all(head.as_bytes()).await.expect("it is sent");
        let answer = rest(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }

    // Many at once, and somebody else beside them.
    let flood = (0..FLOOD).map(|n| {
        let path = ["/api/sessions", "/api/autoreplies/shop", "/api/users"][n % 3];
        let request = raw.post(gateway.url(path)).header("x-api-key", key);
        let request = request.body(deep.clone());
        async move { request.send().await.expect("an answer").status().as_u16() }
    });
    let flood = futures::future::join_all(flood);
    let others = async {
        for _ in 0..FLOOD {
            assert_eq!(admin.get("/api/sessions").await.status, 200);
        }
    };
    let (answers, ()) = tokio::join!(flood, others);
    assert!(answers.iter().all(|status| *status == 400), "{answers:?}");

    assert_eq!(admin.get("/api/sessions").await.status, 200);
    memory_comes_back(&gateway, before).await;
}

/// What a flood took is given back.
async fn memory_comes_back(gateway: &Gateway, before: u64) {
    eventually("the memory comes back", SOON, async || {
        (gateway.resident_kib() < before + MAY_STAY_KIB).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_address_holds_so_many_connections_and_no_more() {
    let network = Network::start(WAGATE);
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.edit_settings(
        "max_connections_per_address = 200",
        "max_connections_per_address = 5",
    );
    gateway.edit_settings(
        "trusted_proxies = [\"127.0.0.0/8\", \"::1/128\"]",
        "trusted_proxies = []",
    );
    assert!(gateway.terminate().success());
    gateway.start_again();
    let mut held = Vec::new();
    for _ in 0..5 {
        let mut stream = connect(&gateway).await;
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .expect("it is sent");
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.expect("an answer");
        assert_eq!(&start, b"HTTP/1.1 200");
        held.push(stream);
    }
    let mut one_more = connect(&gateway).await;
    let _ = one_more
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await;
    assert_eq!(rest(&mut one_more).await, "", "closed without an answer");
    let socket = TcpSocket::new_v4().expect("a socket");
    let here = "127.0.0.2:0".parse().expect("an address");
    socket.bind(here).expect("another address of this machine");
    let url = gateway.url("");
    let there = url.strip_prefix("http://").expect("plain http");
    let mut another = socket
        .connect(there.parse().expect("an address"))
        .await
        .expect("a connection");
    another
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .expect("it is sent");
    let answer = rest(&mut another).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "another address: {answer}");
    held.clear();
    eventually("there is room again", SOON, async || {
        let mut stream = connect(&gateway).await;
        let _ = stream
            .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .await;
        rest(&mut stream).await.starts_with("HTTP/1.1 200").then_some(())
    })
    .await;
}
