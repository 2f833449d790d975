//! A linked device's connection, without Signal.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use tokio::sync::{Semaphore, mpsc, oneshot};
use whatsapp_rust::async_channel;
use whatsapp_rust::transport::{
    TokioWebSocketTransportFactory, Transport, TransportEvent, TransportFactory as _,
};
use whatsapp_rust::wacore::framing::{FrameDecoder, append_frame_into, encode_frame};
use whatsapp_rust::wacore::handshake::{NoiseCipher, XxHandshakeState};
use whatsapp_rust::wacore::store::Device;
use whatsapp_rust::wacore_binary::consts::WA_CONN_HEADER;
use whatsapp_rust::wacore_binary::marshal::{marshal, unmarshal_ref};
use whatsapp_rust::wacore_binary::util::unpack;
use whatsapp_rust::wacore_binary::{Node, Server};
use whatsapp_rust::{Jid, NodeBuilder, waproto};

use super::{MESSAGES, PATIENCE, WINDOW};
use crate::network::Network;

/// About what a short text is, encrypted.
static CIPHERTEXT: [u8; 180] = [7; 180];
/// Stanzas that may wait to be sent.
const OUTBOX: usize = 4096;
/// Stanzas in one message of the socket.
const BURST: usize = 64;

/// A device's connection.
pub(super) struct Line {
    /// The device's address.
    pub(super) jid: Jid,
    out: mpsc::Sender<Node>,
    /// Places for messages without a receipt.
    window: Arc<Semaphore>,
    /// When each message of the round was sent, and how long its receipt took.
    times: Arc<Mutex<Times>>,
    /// Messages that have arrived here.
    pub(super) arrived: Arc<AtomicUsize>,
}

#[derive(Default)]
struct Times {
    sent: Vec<Instant>,
    took: Vec<Duration>,
}

impl Line {
    /// Logs in, and is through with its backlog.
    pub(super) async fn open(network: &Network, device: &Device) -> anyhow::Result<Self> {
        let factory = TokioWebSocketTransportFactory::new().with_url(network.ws()?);
        let (transport, mut events) = factory.create_transport().await?;
        let payload = waproto::codec::client_payload_to_vec(&device.get_client_payload());
        let mut shake = XxHandshakeState::new(device.noise_key.clone(), payload, &WA_CONN_HEADER)?;
        let mut frames = FrameDecoder::new();
        let hello = encode_frame(&shake.build_client_hello()?, Some(&WA_CONN_HEADER))?;
        transport.send(Bytes::from(hello)).await?;
        let answer = frame(&mut events, &mut frames).await?;
        let finish = shake.read_server_hello_and_build_client_finish(&answer)?;
        transport.send(Bytes::from(encode_frame(&finish, None)?)).await?;
        let keys = shake.finish()?;

        let jid = device.pn.clone().context("a linked device has an address")?;
        let (out, outbox) = mpsc::channel(OUTBOX);
        let line = Self {
            jid,
            out,
            window: Arc::new(Semaphore::new(WINDOW)),
            times: Arc::default(),
            arrived: Arc::default(),
        };
        let (live, is_live) = oneshot::channel();
        tokio::spawn(write_out(transport, keys.write_cipher, outbox));
        let reader = Reader {
            out: line.out.clone(),
            window: Arc::clone(&line.window),
            times: Arc::clone(&line.times),
            arrived: Arc::clone(&line.arrived),
            live: Some(live),
        };
        tokio::spawn(reader.run(events, frames, keys.read_cipher));
        let ready = NodeBuilder::new("iq")
            .attr("id", "ready-1")
            .attr("type", "set")
            .attr("xmlns", "passive")
            .attr("to", Jid::new("", Server::Pn))
            .children([NodeBuilder::new("active").build()])
            .build();
        line.out.send(ready).await?;
        tokio::time::timeout(PATIENCE, is_live)
            .await
            .context("a device gets no end of its backlog")??;
        Ok(line)
    }

    /// Writes to another device until each message has its receipt.
    pub(super) async fn write(&self, to: &Jid, round: usize) -> anyhow::Result<Vec<Duration>> {
        if let Ok(mut times) = self.times.lock() {
            *times = Times::default();
        }
        for number in 0..MESSAGES {
            self.window.acquire().await?.forget();
            if let Ok(mut times) = self.times.lock() {
                times.sent.push(Instant::now());
            }
            let ciphertext = NodeBuilder::new("enc")
                .attr("v", "2")
                .attr("type", "msg")
                .bytes(CIPHERTEXT.as_slice())
                .build();
            let part = NodeBuilder::new("to")
                .attr("jid", to)
                .children([ciphertext])
                .build();
            let message = NodeBuilder::new("message")
                .attr("id", format!("{round}-{number}"))
                .attr("to", to.to_non_ad())
                .attr("type", "text")
                .children([NodeBuilder::new("participants").children([part]).build()])
                .build();
            self.out.send(message).await?;
        }
        let all = u32::try_from(WINDOW)?;
        let places = tokio::time::timeout(PATIENCE, self.window.acquire_many(all));
        drop(
            places
                .await
                .context("messages without a receipt are left over")??,
        );
        let mut times = self
            .times
            .lock()
            .map_err(|_| anyhow::anyhow!("a reader has panicked"))?;
        Ok(std::mem::take(&mut times.took))
    }
}

/// What comes in on a line.
struct Reader {
    out: mpsc::Sender<Node>,
    window: Arc<Semaphore>,
    times: Arc<Mutex<Times>>,
    arrived: Arc<AtomicUsize>,
    live: Option<oneshot::Sender<()>>,
}

impl Reader {
    async fn run(
        mut self,
        mut events: async_channel::Receiver<TransportEvent>,
        mut frames: FrameDecoder,
        cipher: NoiseCipher,
    ) -> anyhow::Result<()> {
        for counter in 0.. {
            let mut sealed = frame(&mut events, &mut frames).await?;
            cipher.decrypt_in_place_with_counter(counter, &mut sealed)?;
            let plain = unpack(&sealed)?;
            let node = unmarshal_ref(&plain)?.to_owned();
            if let Some(answer) = self.answer(&node) {
                self.out.send(answer).await?;
            }
        }
        Ok(())
    }

    fn answer(&mut self, node: &Node) -> Option<Node> {
        let text = |name: &str| node.attrs.get(name).map(|value| value.as_str().into_owned());
        let ack = |class: &str| {
            let mut ack = NodeBuilder::new("ack")
                .attr("class", class)
                .attr("id", text("id").unwrap_or_default());
            for (from, to) in [("from", "to"), ("type", "type"), ("participant", "participant")] {
                if let Some(value) = node.attrs.get(from) {
                    ack = ack.attr(to, value.clone());
                }
            }
            ack.build()
        };
        match node.tag.as_ref() {
            "message" => {
                self.arrived.fetch_add(1, Ordering::Relaxed);
                let receipt = NodeBuilder::new("receipt").attr("id", text("id")?);
                Some(receipt.attr("to", node.attrs.get("from")?.clone()).build())
            }
            "receipt" => {
                self.received(&text("id")?);
                Some(ack("receipt"))
            }
            "notification" => Some(ack("notification")),
            "ib" => {
                if let Some(waiting) = node.get_optional_child("offline_preview") {
                    let count = waiting.attrs.get("count")?.as_str().into_owned();
                    let page = NodeBuilder::new("offline_batch").attr("count", count).build();
                    return Some(NodeBuilder::new("ib").children([page]).build());
                }
                node.get_optional_child("offline")?;
                if let Some(live) = self.live.take() {
                    let _ = live.send(());
                }
                None
            }
            _ => None,
        }
    }

    /// The receipt of a message of the round at hand.
    fn received(&self, id: &str) {
        let Some((_, number)) = id.split_once('-') else {
            return;
        };
        if let (Ok(number), Ok(mut times)) = (number.parse::<usize>(), self.times.lock())
            && let Some(sent) = times.sent.get(number)
        {
            let took = sent.elapsed();
            times.took.push(took);
            self.window.add_permits(1);
        }
    }
}

async fn frame(
    events: &mut async_channel::Receiver<TransportEvent>,
    frames: &mut FrameDecoder,
) -> anyhow::Result<Vec<u8>> {
    loop {
        if let Some(frame) = frames.decode_frame() {
            return Ok(Vec::from(frame));
        }
        match events.recv().await? {
            TransportEvent::DataReceived(bytes) => frames.feed(&bytes),
            TransportEvent::Connected => {}
            TransportEvent::Disconnected(reason) => anyhow::bail!("disconnected: {reason}"),
        }
    }
}

async fn write_out(
    transport: Arc<dyn Transport>,
    cipher: NoiseCipher,
    mut outbox: mpsc::Receiver<Node>,
) -> anyhow::Result<()> {
    let mut counter = 0;
    let mut burst = Vec::with_capacity(BURST);
    while outbox.recv_many(&mut burst, BURST).await > 0 {
        let mut bytes = Vec::new();
        for node in burst.drain(..) {
            let sealed = cipher.encrypt_with_counter(counter, &marshal(&node)?)?;
            counter += 1;
            append_frame_into(&sealed, None, &mut bytes)?;
        }
        transport.send(Bytes::from(bytes)).await?;
    }
    Ok(())
}
