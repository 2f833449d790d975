//! The certificate chain inside the Noise handshake: root (ours, made up at start) -> intermediate -> leaf.
//! A stock client refuses it, because the real root is compiled into the client.

use buffa::{Message as _, MessageField};
use waproto::whatsapp::CertChain;
use waproto::whatsapp::cert_chain::NoiseCertificate;
use waproto::whatsapp::cert_chain::noise_certificate::Details;

use wacore_libsignal::protocol::KeyPair;

use crate::clock::Clock;
use crate::{SandboxError, random};

/// Clients resume by IK only inside the window of the certificates, so it is generous.
const VALID_SECS: u64 = 10 * 365 * 24 * 3600;
const ROOT_SERIAL: u32 = 0;
const INTERMEDIATE_SERIAL: u32 = 1;
const LEAF_SERIAL: u32 = 2;

/// A chain and the key a client has to know to believe it.
pub(crate) struct Chain {
    pub(crate) encoded: Vec<u8>,
    /// The root's public key, hex.
    pub(crate) root: String,
}

/// Makes a chain that ends in `server`'s public key.
pub(crate) fn chain(server: &KeyPair, clock: &Clock) -> Result<Chain, SandboxError> {
    let mut rng = random::generator();
    let root = KeyPair::generate(&mut rng);
    let intermediate = KeyPair::generate(&mut rng);
    let chain = CertChain {
        intermediate: certificate(INTERMEDIATE_SERIAL, ROOT_SERIAL, &intermediate, &root, clock)?,
        leaf: certificate(LEAF_SERIAL, INTERMEDIATE_SERIAL, server, &intermediate, clock)?,
    };
    Ok(Chain {
        encoded: chain.encode_to_vec(),
        root: hex::encode(root.public_key.public_key_bytes()),
    })
}

fn certificate(
    serial: u32,
    issuer_serial: u32,
    subject: &KeyPair,
    issuer: &KeyPair,
    clock: &Clock,
) -> Result<MessageField<NoiseCertificate>, SandboxError> {
    let now = clock.now_secs();
    let details = Details {
        serial: Some(serial),
        issuer_serial: Some(issuer_serial),
        key: Some(subject.public_key.public_key_bytes().to_vec()),
        not_before: Some(now.saturating_sub(VALID_SECS)),
        not_after: Some(now.saturating_add(VALID_SECS)),
    }
    .encode_to_vec();
    let signature = issuer
        .private_key
        .calculate_signature(&details, &mut random::generator())
        .map_err(|error| SandboxError::Certificate(error.to_string()))?;
    Ok(MessageField::some(NoiseCertificate {
        details: Some(details),
        signature: Some(signature.to_vec()),
    }))
}
