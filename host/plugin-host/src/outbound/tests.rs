//! Requests against a real server on this machine, and names from a resolver that lies.

mod posts;
mod redirects;
mod server;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpListener;

use super::*;
use server::Server;

const FILE: &str = "plugins/x.toml";

fn allowed(hosts: &[&str], private: &[&str]) -> AllowedHosts {
    let hosts = hosts.iter().map(|host| host.parse().unwrap());
    let private = private.iter().map(|host| host.parse().unwrap());
    AllowedHosts::new(hosts.collect(), private.collect())
}

fn request(method: &str, url: &str) -> Outgoing {
    Outgoing {
        method: method.to_owned(),
        url: url.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        timeout_ms: None,
    }
}

/// A client whose resolver gives these addresses for any name, and counts how often it is asked.
fn resolving(addresses: &[&str]) -> (Outbound, Arc<AtomicUsize>) {
    let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let lookup: client::Lookup = Arc::new(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        let addresses = addresses.clone();
        Box::pin(async move { Ok(addresses) })
    });
    (Outbound::with_lookup(&lookup, &[]).unwrap(), asked)
}

async fn get(allowed: &AllowedHosts, url: &str) -> Result<Answer, HostError> {
    let outbound = Outbound::new(&[]).unwrap();
    outbound.fetch(allowed, FILE, request("GET", url)).await
}

fn text_of(result: Result<Answer, HostError>) -> String {
    result
        .map(|answer| answer.status)
        .expect_err("must be refused")
        .to_string()
}

#[tokio::test]
async fn an_answer_comes_back_whole() {
    let server = Server::start().await;
    let mut post = request("post", &server.url("/ok?q=1"));
    post.headers = vec![("X-Own".to_owned(), "1".to_owned())];
    post.body = b"hello".to_vec();
    let outbound = Outbound::new(&[]).unwrap();
    let answer = outbound.fetch(&server.allowed(), FILE, post).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (201, b"ok".as_slice()));
    assert_eq!(answer.url, server.url("/ok?q=1"));
    let names: Vec<&str> = answer.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x-a", "set-cookie", "content-length"]);
    let seen = server.last();
    assert!(
        seen.starts_with("POST /ok?q=1 HTTP/1.1\r\n") && seen.ends_with("\r\n\r\nhello"),
        "{seen}"
    );
    let user_agent = format!("user-agent: wagate/{}\r\n", env!("CARGO_PKG_VERSION"));
    assert!(
        seen.contains("x-own: 1\r\n") && seen.contains(&user_agent),
        "{seen}"
    );
    // No cookie is kept.
    outbound
        .fetch(&server.allowed(), FILE, request("GET", &server.url("/gzip")))
        .await
        .unwrap();
    let seen = server.last();
    assert!(
        !seen.contains("cookie:") && !seen.contains("referer:") && !seen.contains("accept-encoding:"),
        "{seen}"
    );
}

#[tokio::test]
async fn a_compressed_answer_stays_compressed() {
    let server = Server::start().await;
    let answer = get(&server.allowed(), &server.url("/gzip")).await.unwrap();
    assert_eq!(answer.body, b"raw");
}

#[tokio::test]
async fn too_much_is_cut_off() {
    let server = Server::start().await;
    for path in ["/big", "/endless"] {
        let text = text_of(get(&server.allowed(), &server.url(path)).await);
        assert!(
            text.starts_with("invalid: ") && text.contains("longer than 10485760 bytes"),
            "{text}"
        );
    }
    let mut post = request("POST", &server.url("/ok"));
    post.body = vec![0; MAX_BODY + 1];
    let outbound = Outbound::new(&[]).unwrap();
    let text = text_of(outbound.fetch(&server.allowed(), FILE, post).await);
    assert_eq!(text, "invalid: body: at most 10485760 bytes");
}

#[tokio::test]
async fn time_is_bounded() {
    let server = Server::start().await;
    let outbound = Outbound::new(&[]).unwrap();
    for (timeout_ms, start) in [
        (50, "timeout: host \"127.0.0.1:"),
        (0, "invalid: timeout-ms"),
        (10_001, "invalid: timeout-ms"),
    ] {
        let mut slow = request("GET", &server.url("/slow"));
        slow.timeout_ms = Some(timeout_ms);
        let text = text_of(outbound.fetch(&server.allowed(), FILE, slow).await);
        assert!(text.starts_with(start), "{text}");
    }
}

#[tokio::test]
async fn failures_are_told_without_the_url() {
    let server = Server::start().await;
    let text = text_of(get(&server.allowed(), &server.url("/cut")).await);
    assert!(text.contains("it broke off the connection"), "{text}");
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = closed.local_addr().unwrap().to_string();
    drop(closed);
    let text = text_of(get(&allowed(&[], &[&place]), &format!("http://{place}/geheim?geheim")).await);
    assert_eq!(
        text,
        format!("unavailable: host \"{place}\": the connection was refused")
    );
    // TLS to a server that speaks none.
    let text = text_of(get(&server.allowed(), &server.url("/ok").replace("http:", "https:")).await);
    assert!(
        text.ends_with("its certificate or its TLS is not accepted"),
        "{text}"
    );
    let (nothing, _) = resolving(&[]);
    let text = text_of(
        nothing
            .fetch(&allowed(&["a.b"], &[]), FILE, request("GET", "http://a.b/geheim"))
            .await,
    );
    assert_eq!(text, "unavailable: host \"a.b\": the name cannot be resolved");
    for (method, url) in [("CONNECT", "/ok"), ("TRACE", "/ok"), ("", "/ok"), ("G ET", "/ok")] {
        let text = text_of(
            nothing
                .fetch(&server.allowed(), FILE, request(method, &server.url(url)))
                .await,
        );
        assert!(text.starts_with("invalid: method: one of DELETE, GET"), "{text}");
    }
}

#[tokio::test]
async fn names_are_judged_by_all_their_addresses() {
    let server = Server::start().await;
    let url = format!("http://rebind.test:{}/geheim", server.port);
    let host = format!("rebind.test:{}", server.port);
    for (addresses, part) in [
        (&["127.0.0.1"][..], "private address"),
        (&["1.1.1.1", "127.0.0.1"], "private address"),
        (&["127.0.0.1", "1.1.1.1"], "private address"),
        (&["::ffff:127.0.0.1"], "private address"),
        (&["0.0.0.0"], "which no grant opens"),
        (&["169.254.169.254"], "which no grant opens"),
    ] {
        let (outbound, _) = resolving(addresses);
        let text = text_of(
            outbound
                .fetch(&allowed(&[&host], &[]), FILE, request("GET", &url))
                .await,
        );
        assert!(
            text.starts_with(&format!("denied: host \"{host}\" leads to")),
            "{text}"
        );
        assert!(text.contains(part) && !text.contains("geheim"), "{text}");
        assert!(addresses.iter().all(|address| !text.contains(address)), "{text}");
    }
    // Metadata stays closed even where the name is granted.
    let (outbound, _) = resolving(&["127.0.0.1", "169.254.169.254"]);
    let text = text_of(
        outbound
            .fetch(&allowed(&[], &[&host]), FILE, request("GET", &url))
            .await,
    );
    assert!(text.contains("which no grant opens"), "{text}");
    assert_eq!(server.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_granted_name_is_resolved_once_and_its_connection_is_not_shared_with_others() {
    let server = Server::start().await;
    let host = format!("n8n.internal:{}", server.port);
    let url = format!("http://{host}/ok");
    let (outbound, asked) = resolving(&["127.0.0.1"]);
    let granted = allowed(&[], &[&host]);
    let answer = outbound.fetch(&granted, FILE, request("GET", &url)).await;
    assert_eq!(answer.unwrap().status, 201);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert!(server.last().contains(&format!("host: {host}\r\n")));
    // The connection is kept; a plugin that has only the public grant must not get it.
    let text = text_of(
        outbound
            .fetch(&allowed(&[&host], &[]), FILE, request("GET", &url))
            .await,
    );
    assert!(text.contains("private address"), "{text}");
    assert_eq!(server.seen.lock().unwrap().len(), 1);
}
