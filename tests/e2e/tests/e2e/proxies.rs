//! A session that reaches the network through a proxy of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use wagate_e2e::{Gateway, Network, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(40);
const USER: &str = "ann";
const PASSWORD: &str = "secret of the proxy";

/// A SOCKS5 proxy that wants a login and counts whom it let through.
async fn socks5() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    let passed = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&passed);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&counter)));
        }
    });
    (port, passed)
}

async fn serve(mut client: TcpStream, passed: Arc<AtomicUsize>) -> std::io::Result<()> {
    let mut greeting = [0; 4];
    client.read_exact(&mut greeting).await?;
    client.write_all(&[5, 2]).await?;
    let expected = [
        &[1, u8::try_from(USER.len()).expect("short")],
        USER.as_bytes(),
        &[u8::try_from(PASSWORD.len()).expect("short")],
        PASSWORD.as_bytes(),
    ]
    .concat();
    let mut login = vec![0; expected.len()];
    client.read_exact(&mut login).await?;
    if login != expected {
        return client.write_all(&[1, 1]).await;
    }
    client.write_all(&[1, 0]).await?;
    let mut head = [0; 5];
    client.read_exact(&mut head).await?;
    let mut target = vec![0; usize::from(head[4]) + 2];
    client.read_exact(&mut target).await?;
    let (host, port) = target.split_at(target.len() - 2);
    let host = String::from_utf8_lossy(host).into_owned();
    let port = u16::from_be_bytes([port[0], port[1]]);
    let mut server = TcpStream::connect((host.as_str(), port)).await?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    passed.fetch_add(1, Ordering::SeqCst);
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

#[tokio::test]
async fn a_session_goes_through_its_proxy_and_leaves_it_when_told() {
    let network = Network::start(WAGATE);
    let phone = network.phone("12025550670", "pn").await;
    let friend = network.phone("12025550671", "pn").await;
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.edit_settings("private_networks = []", "private_networks = [\"127.0.0.0/8\"]");
    assert!(gateway.terminate().success());
    gateway.start_again();
    let (port, passed) = socks5().await;
    let admin = gateway.admin();
    let set = async |proxy: serde_json::Value| {
        let body = json!({ "proxy": proxy });
        let answer = admin
            .call(Method::PATCH, "/api/sessions/shop/settings", Some(body))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    };
    gateway.create_session("shop").await;
    gateway.post("/api/sessions/shop/stop", json!({})).await;
    set(json!(format!("socks5://{USER}:wrong@127.0.0.1:{port}"))).await;
    gateway.post("/api/sessions/shop/start", json!({})).await;
    assert_eq!(passed.load(Ordering::SeqCst), 0);
    let password = PASSWORD.replace(' ', "%20");
    set(json!(format!("socks5://{USER}:{password}@127.0.0.1:{port}"))).await;
    phone.scan(&gateway.qr("shop").await).await;
    gateway.wait_status("shop", "CONNECTED").await;
    let through = passed.load(Ordering::SeqCst);
    assert!(through > 0, "it went another way");
    gateway.send("shop", &friend.jid, "through the proxy").await;
    assert_eq!(friend.received(1).await[0]["text"], "through the proxy");

    // Without it, the next connection is direct.
    set(serde_json::Value::Null).await;
    eventually("it connects again", SOON, async || {
        (gateway.status("shop").await == "CONNECTED").then_some(())
    })
    .await;
    gateway.send("shop", &friend.jid, "directly").await;
    assert_eq!(passed.load(Ordering::SeqCst), through);
}
