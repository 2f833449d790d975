//! The responder's half of the Noise handshake: XX, IK, and XX as the fallback of a refused IK. Bytes in, bytes out;
//! the socket is `connection.rs`.

use buffa::{Message as _, MessageField};
use thiserror::Error;
use wacore_binary::consts::{NOISE_PATTERN_IK, NOISE_PATTERN_XX, NOISE_PATTERN_XXFALLBACK, WA_CONN_HEADER};
use wacore_libsignal::protocol::KeyPair;
use wacore_noise::{HandshakeError as NoiseFailure, NoiseCipher, NoiseHandshake};
use waproto::whatsapp::handshake_message::{ClientHello, ServerHello};
use waproto::whatsapp::{ClientPayload, HandshakeMessage};

use crate::random;

/// Why a handshake failed.
#[derive(Debug, Error)]
pub(crate) enum HandshakeError {
    #[error("the message cannot be decoded")]
    Decode(#[from] buffa::DecodeError),
    #[error("the message lacks {0}")]
    Missing(&'static str),
    #[error("{0} is not 32 bytes")]
    Length(&'static str),
    #[error("noise")]
    Noise(#[from] NoiseFailure),
}

/// How the two sides agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    Xx,
    Ik,
    Fallback,
}

/// A finished handshake.
pub(crate) struct Established {
    pub(crate) pattern: Pattern,
    /// The client's static key: it must be the noise key stored at pairing.
    pub(crate) client_key: [u8; 32],
    pub(crate) payload: ClientPayload,
    /// Decrypts what the client sends.
    pub(crate) incoming: NoiseCipher,
    /// Encrypts what the server sends.
    pub(crate) outgoing: NoiseCipher,
}

/// What to do after the client's first message.
pub(crate) enum Answered {
    /// IK was accepted: send the hello, and the connection is open.
    Open {
        hello: Vec<u8>,
        established: Box<Established>,
    },
    /// XX: send the hello and wait for the client's finish.
    Waiting { hello: Vec<u8>, pending: Box<Pending> },
}

/// An XX handshake between the server's hello and the client's finish.
pub(crate) struct Pending {
    noise: NoiseHandshake,
    ephemeral: KeyPair,
    pattern: Pattern,
}

/// The server's side of every handshake: its key and the certificate chain for it.
pub(crate) struct Responder {
    key: KeyPair,
    chain: Vec<u8>,
}

impl Responder {
    pub(crate) fn new(key: KeyPair, chain: Vec<u8>) -> Self {
        Self { key, chain }
    }

    /// The server's own key.
    pub(crate) fn key(&self) -> &KeyPair {
        &self.key
    }

    /// Answers a client hello.
    pub(crate) fn answer(&self, bytes: &[u8]) -> Result<Answered, HandshakeError> {
        let message = HandshakeMessage::decode_from_slice(bytes)?;
        let hello = message
            .client_hello
            .into_option()
            .ok_or(HandshakeError::Missing("a client hello"))?;
        let ephemeral = key(hello.ephemeral.as_deref(), "the client's ephemeral key")?;
        if hello.r#static.is_none() {
            return self.answer_xx(NOISE_PATTERN_XX, Pattern::Xx, &ephemeral);
        }
        match self.answer_ik(&hello, &ephemeral) {
            Ok(answered) => Ok(answered),
            // The client cached another server key, for instance from a network with another data directory.
            Err(HandshakeError::Noise(_)) => {
                self.answer_xx(NOISE_PATTERN_XXFALLBACK, Pattern::Fallback, &ephemeral)
            }
            Err(error) => Err(error),
        }
    }

    fn answer_xx(
        &self,
        protocol: &str,
        pattern: Pattern,
        client: &[u8; 32],
    ) -> Result<Answered, HandshakeError> {
        let ephemeral = KeyPair::generate(&mut random::generator());
        let mut noise = NoiseHandshake::new(protocol, &WA_CONN_HEADER)?;
        noise.authenticate(client);
        noise.authenticate(ephemeral.public_key.public_key_bytes());
        noise.mix_shared_secret(ephemeral.private_key.serialize(), client)?;
        let sealed_key = noise.encrypt(self.key.public_key.public_key_bytes())?;
        noise.mix_shared_secret(self.key.private_key.serialize(), client)?;
        let sealed_chain = noise.encrypt(&self.chain)?;
        let hello = server_hello(&ephemeral, Some(sealed_key), sealed_chain);
        Ok(Answered::Waiting {
            hello,
            pending: Box::new(Pending {
                noise,
                ephemeral,
                pattern,
            }),
        })
    }

    fn answer_ik(&self, hello: &ClientHello, client: &[u8; 32]) -> Result<Answered, HandshakeError> {
        let mut noise = NoiseHandshake::new(NOISE_PATTERN_IK, &WA_CONN_HEADER)?;
        noise.authenticate(self.key.public_key.public_key_bytes());
        noise.authenticate(client);
        noise.mix_shared_secret(self.key.private_key.serialize(), client)?;
        let sealed = hello
            .r#static
            .as_deref()
            .ok_or(HandshakeError::Missing("the client's static key"))?;
        let client_key = key(Some(&noise.decrypt(sealed)?), "the client's static key")?;
        noise.mix_shared_secret(self.key.private_key.serialize(), &client_key)?;
        let sealed = hello
            .payload
            .as_deref()
            .ok_or(HandshakeError::Missing("the client's payload"))?;
        let payload = ClientPayload::decode_from_slice(&noise.decrypt(sealed)?)?;

        let ephemeral = KeyPair::generate(&mut random::generator());
        noise.authenticate(ephemeral.public_key.public_key_bytes());
        noise.mix_shared_secret(ephemeral.private_key.serialize(), client)?;
        noise.mix_shared_secret(ephemeral.private_key.serialize(), &client_key)?;
        let sealed_chain = noise.encrypt(&self.chain)?;
        let hello = server_hello(&ephemeral, None, sealed_chain);
        let established = establish(noise, Pattern::Ik, client_key, payload)?;
        Ok(Answered::Open {
            hello,
            established: Box::new(established),
        })
    }
}

impl Pending {
    /// Takes the client's finish.
    pub(crate) fn finish(mut self, bytes: &[u8]) -> Result<Established, HandshakeError> {
        let message = HandshakeMessage::decode_from_slice(bytes)?;
        let finish = message
            .client_finish
            .into_option()
            .ok_or(HandshakeError::Missing("a client finish"))?;
        let sealed = finish
            .r#static
            .as_deref()
            .ok_or(HandshakeError::Missing("the client's static key"))?;
        let client_key = key(Some(&self.noise.decrypt(sealed)?), "the client's static key")?;
        self.noise
            .mix_shared_secret(self.ephemeral.private_key.serialize(), &client_key)?;
        let sealed = finish
            .payload
            .as_deref()
            .ok_or(HandshakeError::Missing("the client's payload"))?;
        let payload = ClientPayload::decode_from_slice(&self.noise.decrypt(sealed)?)?;
        establish(self.noise, self.pattern, client_key, payload)
    }
}

fn establish(
    noise: NoiseHandshake,
    pattern: Pattern,
    client_key: [u8; 32],
    payload: ClientPayload,
) -> Result<Established, HandshakeError> {
    // `finish` speaks from the initiator's side: what it writes is what the server reads.
    let (incoming, outgoing) = noise.finish()?;
    Ok(Established {
        pattern,
        client_key,
        payload,
        incoming,
        outgoing,
    })
}

fn server_hello(ephemeral: &KeyPair, sealed_key: Option<Vec<u8>>, sealed_chain: Vec<u8>) -> Vec<u8> {
    HandshakeMessage {
        server_hello: MessageField::some(ServerHello {
            ephemeral: Some(ephemeral.public_key.public_key_bytes().to_vec()),
            r#static: sealed_key,
            payload: Some(sealed_chain),
            ..Default::default()
        }),
        ..Default::default()
    }
    .encode_to_vec()
}

fn key(bytes: Option<&[u8]>, what: &'static str) -> Result<[u8; 32], HandshakeError> {
    bytes
        .ok_or(HandshakeError::Missing(what))?
        .try_into()
        .map_err(|_| HandshakeError::Length(what))
}
