//! One client's socket, from the upgrade to the close.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_websockets::{Message, ServerBuilder, WebSocketStream};

use crate::devices;
use crate::dispatch;
use crate::framing::{self, Frames, FramingError, Sealed};
use crate::handshake::{Answered, Established, HandshakeError, Pattern};
use crate::hub::Hub;
use crate::pairing::{self, Companion};
use crate::state::State;
use crate::streams::{CAPACITY, ConnectionId, Outgoing, Peer};

/// A client that opens a socket and says nothing is not kept.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(20);
/// After its last words the server leaves the closing to the client this long: a client that reads the stream error
/// closes by itself, and closing first races with that.
const FAREWELL: Duration = Duration::from_millis(500);
/// Stanzas put into one WebSocket message at most.
const BURST: usize = 64;

type Socket = WebSocketStream<TcpStream>;

/// Why a connection ended early.
#[derive(Debug, Error)]
pub(crate) enum ConnectionError {
    #[error("the socket failed")]
    Socket(#[from] tokio_websockets::Error),
    #[error("the framing is wrong")]
    Framing(#[from] FramingError),
    #[error("the handshake failed")]
    Handshake(#[from] HandshakeError),
    #[error("the client left during the handshake")]
    Left,
    #[error("the handshake took too long")]
    Slow,
    #[error("the client wants neither to log in nor to be linked")]
    Purpose,
}

/// Serves one client until it or the server closes.
pub(crate) async fn serve(hub: Arc<Hub>, stream: TcpStream) -> Result<(), ConnectionError> {
    // Stanzas are small and answered at once: waiting for more to send costs 40 ms each.
    let _ = stream.set_nodelay(true);
    let opening = async {
        let (_request, mut socket) = ServerBuilder::new().accept(stream).await?;
        let mut frames = Frames::new();
        let established = shake_hands(&hub, &mut socket, &mut frames).await?;
        Ok::<_, ConnectionError>((socket, frames, established))
    };
    let (socket, frames, established) = tokio::time::timeout(HANDSHAKE_LIMIT, opening)
        .await
        .map_err(|_| ConnectionError::Slow)??;

    let (sender, receiver) = mpsc::channel(CAPACITY);
    let (sink, source) = socket.split();
    let incoming = Sealed::new(established.incoming);
    let outgoing = Sealed::new(established.outgoing);
    let entered = Entering {
        pattern: established.pattern,
        client_key: established.client_key,
        payload: established.payload,
    };
    let connection = hub.update(|state| enter(state, &entered, sender))?;
    let reading = async {
        match connection {
            Some(connection) => read(&hub, connection, source, frames, incoming).await,
            None => ignore(source).await,
        }
    };
    let result = tokio::select! {
        result = reading => result,
        result = write(sink, receiver, outgoing) => result,
    };
    if let Some(connection) = connection {
        hub.update(|state| state.disconnected(connection));
    }
    result
}

async fn shake_hands(
    hub: &Hub,
    socket: &mut Socket,
    frames: &mut Frames,
) -> Result<Established, ConnectionError> {
    let hello = next_frame(socket, frames).await?;
    match hub.responder.answer(&hello)? {
        Answered::Open { hello, established } => {
            socket.send(Message::binary(framing::single(&hello)?)).await?;
            Ok(*established)
        }
        Answered::Waiting { hello, pending } => {
            socket.send(Message::binary(framing::single(&hello)?)).await?;
            let finish = next_frame(socket, frames).await?;
            Ok(pending.finish(&finish)?)
        }
    }
}

async fn next_frame(socket: &mut Socket, frames: &mut Frames) -> Result<Vec<u8>, ConnectionError> {
    loop {
        if let Some(frame) = frames.next() {
            return Ok(frame);
        }
        let message = socket.next().await.ok_or(ConnectionError::Left)??;
        if message.is_binary() {
            frames.feed(message.as_payload())?;
        }
    }
}

/// What the handshake told about the client.
struct Entering {
    pattern: Pattern,
    client_key: [u8; 32],
    payload: waproto::whatsapp::ClientPayload,
}

/// Lets a client in: to be linked, or as a linked device. `None` when it was refused and only has to be told so.
fn enter(
    state: &mut State,
    entering: &Entering,
    sender: mpsc::Sender<Outgoing>,
) -> Result<Option<ConnectionId>, ConnectionError> {
    state.counters.connections += 1;
    match entering.pattern {
        Pattern::Xx => {}
        Pattern::Ik => state.counters.resumed += 1,
        Pattern::Fallback => state.counters.fallbacks += 1,
    }
    if let Some(registration) = entering.payload.device_pairing_data.as_option() {
        let companion = Companion::from_registration(entering.client_key, registration)
            .ok_or(ConnectionError::Purpose)?;
        let invitation = pairing::invitation(&companion, state.clock.now_secs());
        let connection = state.streams.open(sender, Peer::Companion(Box::new(companion)));
        state.send(connection, invitation);
        return Ok(Some(connection));
    }
    let (Some(number), Some(device)) = (entering.payload.username, entering.payload.device) else {
        return Err(ConnectionError::Purpose);
    };
    let device = u16::try_from(device).map_err(|_| ConnectionError::Purpose)?;
    match devices::login(
        state,
        &number.to_string(),
        device,
        &entering.client_key,
        sender.clone(),
    ) {
        Ok(connection) => Ok(Some(connection)),
        Err(devices::Refused(node)) => {
            // The channel is new and empty: both fit.
            let _ = sender.try_send(Outgoing::Stanza(*node));
            let _ = sender.try_send(Outgoing::Close);
            Ok(None)
        }
    }
}

async fn read(
    hub: &Hub,
    connection: ConnectionId,
    mut source: SplitStream<Socket>,
    mut frames: Frames,
    mut incoming: Sealed,
) -> Result<(), ConnectionError> {
    loop {
        while let Some(frame) = frames.next() {
            let node = incoming.open(frame)?;
            hub.update(|state| dispatch::stanza(state, connection, node));
        }
        let Some(message) = source.next().await else {
            return Ok(());
        };
        // A client that is killed, or that was told to go, resets the socket: that is an end like any other.
        let Ok(message) = message else {
            return Ok(());
        };
        if message.is_binary() {
            frames.feed(message.as_payload())?;
        }
    }
}

/// Waits for the client to close; nothing it says matters any more.
async fn ignore(mut source: SplitStream<Socket>) -> Result<(), ConnectionError> {
    while let Some(Ok(_)) = source.next().await {}
    Ok(())
}

async fn write(
    mut sink: SplitSink<Socket, Message>,
    mut receiver: mpsc::Receiver<Outgoing>,
    mut outgoing: Sealed,
) -> Result<(), ConnectionError> {
    let mut burst = Vec::with_capacity(BURST);
    while receiver.recv_many(&mut burst, BURST).await > 0 {
        let mut bytes = Vec::new();
        let mut closing = false;
        for next in burst.drain(..) {
            match next {
                Outgoing::Stanza(node) if !closing => outgoing.seal(&node, &mut bytes)?,
                Outgoing::Stanza(_) => {}
                Outgoing::Close => closing = true,
                Outgoing::Cut => return Ok(()),
            }
        }
        if !bytes.is_empty() && sink.send(Message::binary(bytes)).await.is_err() {
            return Ok(());
        }
        if closing {
            break;
        }
    }
    // The reader goes on meanwhile and ends this function's caller when the client closes first.
    tokio::time::sleep(FAREWELL).await;
    let _ = sink.close().await;
    Ok(())
}
