//! Linking by a pair code that the client shows and the phone's owner types in. Three stages; the server passes on what
//! only the other side can open.

use wacore::crypto::hkdf_sha256_into;
use wacore::pair_code::PairCodeUtils;
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use wacore_libsignal::crypto::aes_256_gcm_decrypt;
use wacore_libsignal::protocol::{KeyPair, PublicKey};

use crate::accounts::AccountId;
use crate::pairing::{self, PairingError};
use crate::phone::PhoneError;
use crate::random;
use crate::stanza::iq::Iq;
use crate::stanza::{attr, child_content, child_key, jid, server_jid};
use crate::state::State;
use crate::streams::ConnectionId;

const REGISTRATION: &str = "link_code_companion_reg";
const REFERENCE: &str = "link_code_pairing_ref";
const BUNDLE_SALT: usize = 32;
const BUNDLE_IV: usize = 12;
/// Companion identity, phone identity, random: 32 bytes each.
const BUNDLE_RANDOM: std::ops::Range<usize> = 64..96;

/// A client that shows a pair code.
#[derive(Debug)]
pub(crate) struct LinkCode {
    phone: AccountId,
    reference: String,
    wrapped: Vec<u8>,
    /// Set once the phone's owner has typed the code.
    entered: Option<Entered>,
}

struct Entered {
    ephemeral: KeyPair,
    companion_ephemeral: [u8; 32],
}

impl std::fmt::Debug for Entered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entered")
    }
}

/// What the phone computes from a typed code. Slow on purpose (a password hash), so it happens outside the lock.
pub(crate) struct PhoneHello {
    connection: ConnectionId,
    ephemeral: KeyPair,
    companion_ephemeral: [u8; 32],
    wrapped: [u8; 80],
}

/// A client that waits for the code of this phone.
pub(crate) fn waiting(state: &State, phone: AccountId) -> Option<(ConnectionId, Vec<u8>)> {
    state.streams.companions().find_map(|(connection, companion)| {
        let code = companion.link_code.as_ref()?;
        (code.phone == phone && companion.pending.is_none()).then(|| (connection, code.wrapped.clone()))
    })
}

/// Computes the phone's answer to a code.
pub(crate) fn compute(
    connection: ConnectionId,
    wrapped: &[u8],
    code: &str,
) -> Result<PhoneHello, PairingError> {
    let companion_ephemeral = PairCodeUtils::decrypt_primary_ephemeral_pub(wrapped, code)
        .map_err(|_| PairingError::Malformed("the client's key has the wrong length"))?;
    let ephemeral = KeyPair::generate(&mut random::generator());
    let public = ephemeral
        .public_key
        .public_key_bytes()
        .try_into()
        .map_err(|_| PairingError::Malformed("the phone's key has the wrong length"))?;
    let wrapped = PairCodeUtils::encrypt_ephemeral_pub(&public, code);
    Ok(PhoneHello {
        connection,
        ephemeral,
        companion_ephemeral,
        wrapped,
    })
}

/// The phone's owner typed the code: pass the phone's key on to the client.
pub(crate) fn enter(state: &mut State, phone: AccountId, hello: PhoneHello) -> Result<(), PairingError> {
    let identity = state
        .accounts
        .get(phone)
        .ok_or(PhoneError::Unknown)?
        .phone
        .identity();
    let t = state.clock.now_secs();
    let code = state
        .streams
        .companion_mut(hello.connection)
        .and_then(|companion| companion.link_code.as_mut())
        .ok_or(PairingError::NoCode)?;
    let registration = NodeBuilder::new(REGISTRATION)
        .attr("stage", "primary_hello")
        .children([
            NodeBuilder::new("link_code_pairing_wrapped_primary_ephemeral_pub")
                .bytes(hello.wrapped.to_vec())
                .build(),
            NodeBuilder::new("primary_identity_pub")
                .bytes(identity.to_vec())
                .build(),
            NodeBuilder::new(REFERENCE)
                .bytes(code.reference.as_bytes())
                .build(),
        ])
        .build();
    let notification = NodeBuilder::new("notification")
        .attr("from", server_jid())
        .attr("type", REGISTRATION)
        .attr("id", random::stanza_id())
        .attr("t", t)
        .children([registration])
        .build();
    code.entered = Some(Entered {
        ephemeral: hello.ephemeral,
        companion_ephemeral: hello.companion_ephemeral,
    });
    state.send(hello.connection, notification);
    Ok(())
}

/// A waiting client's stage of the exchange; answers its query.
pub(crate) fn stage(state: &mut State, connection: ConnectionId, query: &Iq) {
    let registration = query.child(REGISTRATION);
    let reached = registration.and_then(|registration| attr(registration, "stage"));
    match (registration, reached.as_deref()) {
        (Some(registration), Some("companion_hello")) => {
            let answer = hello(state, connection, query, registration);
            state.send(connection, answer);
        }
        (Some(registration), Some("companion_finish")) => finish(state, connection, query, registration),
        _ => state.send(connection, query.error(400, "bad-request")),
    }
}

fn hello(state: &mut State, connection: ConnectionId, query: &Iq, registration: &Node) -> Node {
    let phone = jid(registration, "jid").and_then(|jid| state.accounts.find(&jid));
    let wrapped = child_content(registration, "link_code_pairing_wrapped_companion_ephemeral_pub");
    let (Some(phone), Some(wrapped)) = (phone, wrapped) else {
        return query.error(404, "item-not-found");
    };
    let reference = random::stanza_id();
    let Some(companion) = state.streams.companion_mut(connection) else {
        return query.error(400, "bad-request");
    };
    companion.link_code = Some(LinkCode {
        phone,
        reference: reference.clone(),
        wrapped: wrapped.to_vec(),
        entered: None,
    });
    let answer = NodeBuilder::new(REGISTRATION)
        .attr("stage", "companion_hello")
        .children([NodeBuilder::new(REFERENCE).bytes(reference.as_bytes()).build()])
        .build();
    query.result(vec![answer])
}

fn finish(state: &mut State, connection: ConnectionId, query: &Iq, registration: &Node) {
    // No secret: the code was typed wrong, and neither side could open what the other wrapped with it.
    let secret = open_bundle(state, connection, registration);
    let code = state
        .streams
        .companion_mut(connection)
        .and_then(|companion| companion.link_code.take());
    let (Some(secret), Some(code)) = (secret, code) else {
        state.send(connection, query.error(400, "bad-request"));
        return;
    };
    // The answer goes out first: the client takes the link only after it.
    state.send(connection, query.result(Vec::new()));
    if let Err(error) = pairing::link(state, code.phone, connection, &secret) {
        tracing::warn!(error = ?error, "linking by pair code failed");
    }
}

fn open_bundle(state: &State, connection: ConnectionId, registration: &Node) -> Option<[u8; 32]> {
    let code = state.streams.companion(connection)?.link_code.as_ref()?;
    let entered = code.entered.as_ref()?;
    let identity = child_key(registration, "companion_identity_public")?;
    let bundle = child_content(registration, "link_code_pairing_wrapped_key_bundle")?;
    let (salt, rest) = bundle.split_at_checked(BUNDLE_SALT)?;
    let (iv, sealed) = rest.split_at_checked(BUNDLE_IV)?;

    let companion = PublicKey::from_djb_public_key_bytes(&entered.companion_ephemeral).ok()?;
    let ephemeral_secret = entered.ephemeral.calculate_agreement(&companion).ok()?;
    let mut key = [0u8; 32];
    hkdf_sha256_into(
        &ephemeral_secret,
        Some(salt),
        b"link_code_pairing_key_bundle_encryption_key",
        &mut key,
    )
    .ok()?;
    let mut opened = Vec::new();
    aes_256_gcm_decrypt(&key, iv.try_into().ok()?, b"", sealed, &mut opened).ok()?;
    let random = opened.get(BUNDLE_RANDOM)?;

    let identity_secret = state.accounts.get(code.phone)?.phone.agree(&identity).ok()?;
    let combined = [&ephemeral_secret[..], &identity_secret[..], random].concat();
    let mut secret = [0u8; 32];
    hkdf_sha256_into(&combined, None, b"adv_secret", &mut secret).ok()?;
    Some(secret)
}
