//! How many messages a second the sandbox network relays: two linked devices that write to each other as fast as they are
//! answered. They speak the protocol themselves, without Signal: what a message says is nothing to the server, and a
//! library that encrypts and decrypts would be what is measured.
//!
//! Each message is acknowledged by the server, delivered, answered by a receipt of the recipient's, and that receipt is
//! acknowledged, delivered and acknowledged again: seven stanzas, as with real clients.

mod line;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use hyper::Method;
use serde_json::json;
use tokio::sync::mpsc;
use whatsapp_rust::TokioRuntime;
use whatsapp_rust::bot::Bot;
use whatsapp_rust::http::UreqHttpClient;
use whatsapp_rust::transport::TokioWebSocketTransportFactory;
use whatsapp_rust::types::events::Event;
use whatsapp_rust::wacore::store::traits::DeviceStore as _;
use whatsapp_rust::wacore::store::{Device, InMemoryBackend};

use self::line::Line;
use crate::figures::{Latencies, median, micros, print_table, rate};
use crate::gateway::binary;
use crate::load::{Connection, Target};
use crate::network::Network;

const ROUNDS: usize = 5;
/// Of each device in a round.
const MESSAGES: usize = 20_000;
/// Messages of a device that have no receipt yet.
const WINDOW: usize = 64;
/// What phones write in a round, all in all, and how many do at the same time.
const WRITTEN: usize = 2_000;
const WRITERS: usize = 8;
const PATIENCE: Duration = Duration::from_secs(30);
const VERSION: (u32, u32, u32) = (2, 3000, 1_027_934_701);
const NUMBERS: [&str; 2] = ["12025550101", "12025550102"];

pub(crate) async fn run() -> anyhow::Result<()> {
    let network = Network::start(&binary()?)?;
    let mut devices = Vec::new();
    for number in NUMBERS {
        network.add_phone(number).await?;
        devices.push(pair(&network, number).await?);
    }
    let [ann, bob] = devices.as_slice() else {
        anyhow::bail!("two devices");
    };
    let (ann, bob) = (Line::open(&network, ann).await?, Line::open(&network, bob).await?);
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let started = Instant::now();
        let (one, other) = tokio::try_join!(ann.write(&bob.jid, round), bob.write(&ann.jid, round))?;
        let elapsed = started.elapsed();
        let latencies = Latencies::new(one.into_iter().chain(other).collect());
        rounds.push((
            rate(2 * MESSAGES, elapsed),
            micros(latencies.p50()),
            micros(latencies.p99()),
        ));
    }
    let mut phones = Vec::new();
    for round in 0..ROUNDS {
        phones.push(written_by_phones(&network, &ann, round).await?);
    }
    let figure = |value: f64| format!("{value:.0}");
    print_table(
        &format!(
            "relay: {MESSAGES} messages of each of two devices to the other, {WINDOW} without a receipt at most; {WRITTEN} of {WRITERS} phones; median of {ROUNDS} rounds"
        ),
        &["", "msgs/s", "p50 us to the receipt", "p99 us"],
        &[
            vec![
                "relayed between devices".to_owned(),
                figure(median(rounds.iter().map(|round| round.0))),
                figure(median(rounds.iter().map(|round| round.1))),
                figure(median(rounds.iter().map(|round| round.2))),
            ],
            vec![
                "written by phones over the control API, encrypted there".to_owned(),
                figure(median(phones)),
                "-".to_owned(),
                "-".to_owned(),
            ],
        ],
    );
    Ok(())
}

/// Links a device with the library, and takes its keys.
async fn pair(network: &Network, number: &str) -> anyhow::Result<Device> {
    let backend = Arc::new(InMemoryBackend::new());
    let (told, mut tells) = mpsc::channel::<Option<String>>(16);
    let handle = Bot::builder()
        .with_backend_arc(backend.clone())
        .with_transport_factory(TokioWebSocketTransportFactory::new().with_url(network.ws()?))
        .with_http_client(UreqHttpClient::new())
        .with_runtime(TokioRuntime)
        .with_version(VERSION)
        .on_event(move |event, _client| {
            let told = told.clone();
            async move {
                let news = match &*event {
                    Event::PairingQrCode(qr) => Some(Some(qr.code.clone())),
                    Event::Connected(_) => Some(None),
                    _ => None,
                };
                if let Some(news) = news {
                    // Who is not listening any more has what it wanted.
                    let _ = told.send(news).await;
                }
            }
        })
        .build()
        .await?
        .spawn();
    let linking = async {
        let mut is_scanned = false;
        while let Some(news) = tells.recv().await {
            match news {
                Some(qr) if !is_scanned => {
                    is_scanned = true;
                    network.scan(number, &qr).await?;
                }
                Some(_) => {}
                None => return anyhow::Ok(()),
            }
        }
        anyhow::bail!("the library ended")
    };
    tokio::time::timeout(PATIENCE, linking)
        .await
        .context("a device is not linked in time")??;
    handle.shutdown().await;
    backend.load().await?.context("a linked device has its keys")
}

/// Phones write to a device; a second's worth of messages.
async fn written_by_phones(network: &Network, to: &Line, round: usize) -> anyhow::Result<f64> {
    let before = to.arrived.load(Ordering::Relaxed);
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        let phone = format!("120255502{number:02}");
        if round == 0 {
            network.add_phone(&phone).await?;
        }
        let path = format!("/phones/{phone}/messages");
        let target = Target::new(network.control()?, Method::POST, &path)?;
        writers.push((Connection::open(&target).await?, path));
    }
    let body = json!({ "to": NUMBERS.first(), "text": "a text of a usual length, or so" }).to_string();
    let started = Instant::now();
    let writing = writers.iter_mut().map(|(connection, path)| {
        let body = Bytes::from(body.clone());
        async move {
            for _ in 0..WRITTEN / WRITERS {
                let (status, _) = connection.send(path, body.clone()).await?;
                anyhow::ensure!(status.is_success(), "{path}: {status}");
            }
            anyhow::Ok(())
        }
    });
    futures::future::try_join_all(writing).await?;
    while to.arrived.load(Ordering::Relaxed) < before + WRITTEN {
        anyhow::ensure!(started.elapsed() < PATIENCE, "messages are missing");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(rate(WRITTEN, started.elapsed()))
}
