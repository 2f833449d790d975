//! POSTs of deliveries: where they may go, and what is read of the answer.

use std::time::Duration;

use super::super::*;
use super::server::Server;

const LOOPBACK: &str = "127.0.0.0/8";

fn outbound(networks: &[&str]) -> Outbound {
    let networks: Vec<IpNet> = networks.iter().map(|network| network.parse().unwrap()).collect();
    Outbound::new(&networks).unwrap()
}

fn resolving(networks: &[&str], addresses: &[&str]) -> Outbound {
    let networks: Vec<IpNet> = networks.iter().map(|network| network.parse().unwrap()).collect();
    let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
    let lookup: client::Lookup = std::sync::Arc::new(move |_| {
        let addresses = addresses.clone();
        Box::pin(async move { Ok(addresses) })
    });
    Outbound::with_lookup(&lookup, &networks).unwrap()
}

fn post(url: &str) -> Post {
    Post {
        url: url.to_owned(),
        headers: vec![("x-own".to_owned(), "1".to_owned())],
        body: "hello".to_owned(),
        time: Duration::from_secs(5),
    }
}

async fn refusal(outbound: &Outbound, url: &str) -> String {
    match outbound.post(post(url)).await {
        Err(PostError::NoAnswer(text)) => text,
        Err(PostError::Status { error, .. }) => error,
        Ok(answer) => panic!("{url}: answered {}", answer.status),
    }
}

#[tokio::test]
async fn an_open_network_is_reached_and_the_beginning_is_kept() {
    let server = Server::start().await;
    let outbound = outbound(&[LOOPBACK]);
    let answer = outbound
        .post(post(&server.url("/ok")))
        .await
        .unwrap_or_else(|_| panic!());
    assert_eq!((answer.status, answer.beginning.as_str()), (201, "ok"));
    let seen = server.last();
    assert!(
        seen.starts_with("POST /ok HTTP/1.1\r\n") && seen.ends_with("\r\n\r\nhello"),
        "{seen}"
    );
    // What has no end is cut off, and what is kept of it is a kilobyte.
    let answer = outbound.post(post(&server.url("/endless"))).await;
    assert_eq!(answer.unwrap_or_else(|_| panic!()).beginning.len(), 1024);
}

#[tokio::test]
async fn a_redirect_is_an_answer_like_any_other() {
    let server = Server::start().await;
    let answer = outbound(&[LOOPBACK]).post(post(&server.url("/to/302/ok"))).await;
    assert!((300..=399).contains(&answer.unwrap_or_else(|_| panic!()).status));
}

#[tokio::test]
async fn private_addresses_are_closed_unless_their_network_is_open() {
    let server = Server::start().await;
    let url = server.url("/geheim");
    for (networks, part) in [(&[][..], "allow_private"), (&["10.0.0.0/8"], "allow_private")] {
        let closed = outbound(networks);
        let text = refusal(&closed, &url).await;
        assert!(text.contains(part) && !text.contains("geheim"), "{text}");
        assert!(closed.check_post(&url).await.is_err());
    }
    // By name, by every address it has.
    let named = format!("http://rebind.test:{}/geheim", server.port);
    for addresses in [
        &["127.0.0.1"][..],
        &["1.1.1.1", "127.0.0.1"],
        &["::ffff:127.0.0.1"],
    ] {
        let text = refusal(&resolving(&["10.0.0.0/8"], addresses), &named).await;
        assert!(text.contains("leads to a private address"), "{text}");
        let check = resolving(&[], addresses).check_post(&named).await;
        assert!(check.unwrap_err().to_string().contains("allow_private"));
    }
    let open = resolving(&[LOOPBACK], &["127.0.0.1"]);
    open.check_post(&named).await.unwrap();
    assert!(open.post(post(&named.replace("geheim", "ok"))).await.is_ok());
}

#[tokio::test]
async fn metadata_and_foreign_ports_stay_closed_whatever_is_open() {
    let everything = outbound(&["0.0.0.0/0", "::/0"]);
    for url in [
        "http://169.254.169.254/latest",
        "http://[fd00:ec2::254]/",
        "http://[::ffff:169.254.169.254]/",
        "http://0.0.0.0/",
        "http://2852039166/",
    ] {
        let text = refusal(&everything, url).await;
        assert!(text.contains("which no setting opens"), "{url}: {text}");
    }
    for url in [
        "http://1.1.1.1:25/",
        "http://1.1.1.1:22/",
        "ftp://1.1.1.1/",
        "http://a:b@1.1.1.1/",
        "http://1.1.1.1/#x",
        "nothing",
    ] {
        let error = everything.check_post(url).await.expect_err(url);
        assert!(matches!(error, HostError::Invalid(_)), "{url}: {error}");
    }
    let text = refusal(&resolving(&["0.0.0.0/0"], &["169.254.169.254"]), "http://a.b/").await;
    assert!(text.contains("which no setting opens"), "{text}");
}

#[tokio::test]
async fn a_name_that_cannot_be_resolved_now_may_be_kept() {
    resolving(&[], &[])
        .check_post("https://later.example/hook")
        .await
        .unwrap();
}

#[tokio::test]
async fn a_status_counts_even_if_the_rest_does_not_come() {
    let server = Server::start().await;
    let outbound = outbound(&[LOOPBACK]);
    for (path, part) in [
        ("/slow", "no whole answer in 100 ms"),
        ("/cut", "it broke off the connection"),
    ] {
        let quick = Post {
            time: Duration::from_millis(100),
            ..post(&server.url(path))
        };
        let Err(PostError::Status { status, error }) = outbound.post(quick).await else {
            panic!("{path}")
        };
        assert_eq!(status, 200);
        assert!(error.contains(part) && !error.contains(path), "{error}");
    }
}

#[tokio::test]
async fn no_connection_is_no_answer() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/geheim", closed.local_addr().unwrap());
    drop(closed);
    let text = refusal(&outbound(&[LOOPBACK]), &url).await;
    assert!(text.ends_with("the connection was refused"), "{text}");
    let text = refusal(&resolving(&[], &[]), "http://a.b/geheim").await;
    assert_eq!(text, "host \"a.b\": the name cannot be resolved");
}
