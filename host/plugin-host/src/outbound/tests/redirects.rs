//! Each hop of a redirect is checked like a request of its own.

use super::*;

/// The refusal of a redirect to `location`, by a server that is allowed.
async fn refusal(server: &Server, location: &str) -> String {
    text_of(get(&server.allowed(), &server.url(&format!("/to/302/{location}"))).await)
}

#[tokio::test]
async fn a_redirect_is_followed_where_it_may_go() {
    let server = Server::start().await;
    for (location, end) in [
        (server.url("/ok"), "/ok"),
        ("/ok".to_owned(), "/ok"),
        (format!("//127.0.0.1:{}/ok?x", server.port), "/ok?x"),
        (server.url("/to/307//ok"), "/ok"),
    ] {
        let path = format!("/to/302/{location}");
        let answer = get(&server.allowed(), &server.url(&path)).await.unwrap();
        assert_eq!(answer.status, 201, "{location}");
        assert_eq!(answer.url, server.url(end));
    }
    // No location, and a status that is none: both are answers.
    for status in [300, 304] {
        let answer = get(&server.allowed(), &server.url(&format!("/to/{status}/x"))).await;
        assert_eq!(answer.unwrap().status, status);
    }
}

#[tokio::test]
async fn a_redirect_leads_nowhere_else() {
    let server = Server::start().await;
    let other = Server::start().await;
    for (location, part) in [
        (other.url("/ok"), "leads to a private address"),
        (
            other.url("/ok").replace("127.0.0.1", "2130706433"),
            "leads to a private address",
        ),
        (
            other.url("/ok").replace("127.0.0.1", "[::ffff:7f00:1]"),
            "leads to a private address",
        ),
        (
            other.url("/ok").replace("127.0.0.1", "localhost"),
            "is not granted",
        ),
        ("http://localhost/".to_owned(), "leads to a private address"),
        ("http://10.0.0.1/".to_owned(), "leads to a private address"),
        ("http://169.254.169.254/latest".to_owned(), "which no grant opens"),
        (
            "http://1.1.1.1:8443/".to_owned(),
            "host \"1.1.1.1:8443\" is not granted",
        ),
        ("http://u:p@127.0.0.1/".to_owned(), "url: no user and password"),
        ("ftp://1.1.1.1/".to_owned(), "url: only http and https"),
        ("file:///etc/passwd".to_owned(), "url: only http and https"),
        ("http://[::1".to_owned(), "url: "),
    ] {
        let text = refusal(&server, &location).await;
        assert!(
            text.contains(part) && !text.contains("passwd"),
            "{location}: {text}"
        );
        if location != "http://localhost/" {
            let start = format!("host \"127.0.0.1:{}\" redirects: ", server.port);
            assert!(text.contains(&start), "{location}: {text}");
        }
    }
    assert_eq!(other.connections.load(Ordering::SeqCst), 0);
    // A host on the list leads to one that is not.
    let place = format!("127.0.0.1:{}", server.port);
    let only_this = allowed(&["a.b"], &[&place]);
    let text = text_of(get(&only_this, &server.url("/to/302/https://c.d/geheim")).await);
    assert_eq!(
        text,
        format!("denied: host \"{place}\" redirects: host \"c.d\" is not granted in {FILE} ([grants] hosts)")
    );
}

#[tokio::test]
async fn redirects_end() {
    let server = Server::start().await;
    // A path relative to itself: `/to/302/...` leads to `/to/302/...`.
    let text = refusal(&server, "?again").await;
    assert!(text.starts_with("invalid: more than 5 redirects"), "{text}");
    assert_eq!(server.seen.lock().unwrap().len(), 1 + MAX_REDIRECTS);
}

#[tokio::test]
async fn secrets_and_bodies_do_not_follow() {
    let first = Server::start().await;
    let second = Server::start().await;
    let places = [first.port, second.port].map(|port| format!("127.0.0.1:{port}"));
    let both = allowed(&[], &places.each_ref().map(String::as_str));
    let outbound = Outbound::new(&[]).unwrap();
    for (status, target, method, secret, body) in [
        (302, &second, "GET", false, false),
        (307, &second, "POST", false, true),
        (303, &first, "GET", true, false),
        (308, &first, "POST", true, true),
    ] {
        let mut post = request("POST", &first.url(&format!("/to/{status}/{}", target.url("/ok"))));
        let headers = [
            ("Authorization", "s"),
            ("Cookie", "s"),
            ("Content-Type", "t"),
            ("X-Own", "o"),
        ];
        post.headers = headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        post.body = b"hello".to_vec();
        outbound.fetch(&both, FILE, post).await.unwrap();
        let seen = target.last();
        assert!(seen.starts_with(&format!("{method} /ok ")), "{seen}");
        for name in ["authorization: ", "cookie: "] {
            assert_eq!(seen.contains(name), secret, "{status} {seen}");
        }
        assert_eq!(seen.contains("content-type: "), body, "{status} {seen}");
        assert_eq!(seen.ends_with("\r\n\r\nhello"), body, "{status} {seen}");
        assert!(seen.contains("x-own: o"), "{seen}");
    }
}
