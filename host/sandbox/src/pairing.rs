//! Linking a device: a client without an account shows a QR code (or a pair code, `link_code.rs`), a phone takes it,
//! the client signs, and the device exists.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use buffa::Message as _;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use thiserror::Error;
use wacore::adv::{AdvValidation, validate_adv_with_identity_key};
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use waproto::whatsapp::client_payload::DevicePairingRegistrationData;
use waproto::whatsapp::{
    ADVDeviceIdentity, ADVSignedDeviceIdentity, ADVSignedDeviceIdentityHMAC, ClientPairingProps, DeviceProps,
};

use crate::accounts::{AccountId, Device, DeviceAddress, HistoryWish, Namespace};
use crate::device_list::{self, Change};
use crate::faults;
use crate::journal::Happening;
use crate::link_code::LinkCode;
use crate::offline::Queue;
use crate::phone::PhoneError;
use crate::random;
use crate::stanza::iq::{self, Iq};
use crate::stanza::{child_content, server_jid, stream};
use crate::state::State;
use crate::streams::ConnectionId;

/// The QR code of a client whose phone has a camera app starts with this.
const LINK_PREFIX: &str = "https://wa.me/settings/linked_devices#";
/// What the account signs for a device.
const ACCOUNT_SIGNATURE_PREFIX: [u8; 2] = [6, 0];
/// References in one `<pair-device>`: the client shows one after the other.
const REFERENCES: usize = 6;

/// Why a device was not linked.
#[derive(Debug, Error)]
pub(crate) enum PairingError {
    #[error("not a QR code of a linked device: {0}")]
    Malformed(&'static str),
    #[error("nobody shows this QR code: it is used, or its client has gone")]
    NobodyWaits,
    #[error("no client waits for a pair code of this number")]
    NoCode,
    #[error("the code is wrong")]
    WrongCode,
    /// A fault wants it so: the client has been asked for a passkey instead.
    #[error("the client was asked for a passkey")]
    PasskeyDemanded,
    #[error("the phone failed")]
    Phone(#[from] PhoneError),
}

/// A client that wants to be linked.
#[derive(Debug)]
pub(crate) struct Companion {
    pub(crate) noise_key: [u8; 32],
    pub(crate) identity: [u8; 32],
    pub(crate) history: HistoryWish,
    pub(crate) references: Vec<String>,
    pub(crate) link_code: Option<LinkCode>,
    /// Linked by a phone, not yet signed by the client.
    pub(crate) pending: Option<Pending>,
}

/// A link that waits for the client's signature.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) device: DeviceAddress,
    query: String,
}

impl Companion {
    /// Reads the registration a new client sends in its handshake.
    pub(crate) fn from_registration(
        noise_key: [u8; 32],
        data: &DevicePairingRegistrationData,
    ) -> Option<Self> {
        Some(Self {
            noise_key,
            identity: data.e_ident.as_deref()?.try_into().ok()?,
            history: history_wish(data),
            references: (0..REFERENCES)
                .map(|_| format!("2@{}", random::stanza_id()))
                .collect(),
            link_code: None,
            pending: None,
        })
    }
}

fn history_wish(data: &DevicePairingRegistrationData) -> HistoryWish {
    let props = data.device_props.as_deref();
    let Some(props) = props.and_then(|props| DeviceProps::decode_from_slice(props).ok()) else {
        return HistoryWish::default();
    };
    HistoryWish {
        full: props.require_full_sync == Some(true),
        inline: props.history_sync_config.inline_initial_payload_in_e2_ee_msg == Some(true),
    }
}

/// The stanza that makes a new client show its QR code.
pub(crate) fn invitation(companion: &Companion, t: u64) -> Node {
    let references = companion
        .references
        .iter()
        .map(|reference| NodeBuilder::new("ref").bytes(reference.as_bytes()).build());
    let child = NodeBuilder::new("pair-device").children(references).build();
    iq::set(&random::stanza_id(), "md", t, child)
}

/// A phone scans a QR code; gives back the device that is being linked.
pub(crate) fn scan(state: &mut State, phone: AccountId, qr: &str) -> Result<DeviceAddress, PairingError> {
    let qr = qr.trim();
    let mut fields = qr.strip_prefix(LINK_PREFIX).unwrap_or(qr).split(',');
    let mut field = |what| {
        fields
            .next()
            .filter(|field| !field.is_empty())
            .ok_or(PairingError::Malformed(what))
    };
    let reference = field("the reference is missing")?;
    let noise_key = decode(field("the noise key is missing")?)?;
    let identity = decode(field("the identity key is missing")?)?;
    let secret = decode(field("the secret is missing")?)?;
    let connection = state
        .streams
        .companions()
        .find(|(_, companion)| {
            companion.pending.is_none()
                && companion.noise_key == noise_key
                && companion.identity == identity
                && companion.references.iter().any(|known| known == reference)
        })
        .map(|(connection, _)| connection)
        .ok_or(PairingError::NobodyWaits)?;
    link(state, phone, connection, &secret)
}

/// The stanza that asks a client for a passkey before it is linked.
fn passkey_demand(t: u64) -> Node {
    let options = serde_json::json!({
        "challenge": BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<32>()),
        "rpId": "whatsapp.com",
        "timeout": 60_000,
        "userVerification": "required",
    });
    NodeBuilder::new("notification")
        .attr("from", server_jid())
        .attr("type", "passkey_prologue_request")
        .attr("id", random::stanza_id())
        .attr("t", t)
        .children([NodeBuilder::new("passkey_request_options")
            .bytes(options.to_string().into_bytes())
            .build()])
        .build()
}

/// Sends a waiting client what it needs to become a device of the account.
pub(crate) fn link(
    state: &mut State,
    phone: AccountId,
    connection: ConnectionId,
    secret: &[u8; 32],
) -> Result<DeviceAddress, PairingError> {
    let now = state.clock.now_secs();
    if faults::passkey(state, phone) {
        state.send(connection, passkey_demand(now));
        return Err(PairingError::PasskeyDemanded);
    }
    let companion = state
        .streams
        .companion(connection)
        .ok_or(PairingError::NobodyWaits)?;
    let (noise_key, identity) = (companion.noise_key, companion.identity);
    let history = companion.history;
    let account = state.accounts.get_mut(phone).ok_or(PhoneError::Unknown)?;
    let (id, key_index) = account.next_device();
    let address = DeviceAddress {
        account: phone,
        device: id,
    };

    let details = ADVDeviceIdentity {
        raw_id: Some(account.adv_id),
        timestamp: Some(now),
        key_index: Some(key_index),
        ..Default::default()
    }
    .encode_to_vec();
    let signature = account
        .phone
        .sign(&[&ACCOUNT_SIGNATURE_PREFIX, &details, &identity])?;
    let signed = ADVSignedDeviceIdentity {
        details: Some(details),
        account_signature_key: Some(account.phone.identity().to_vec()),
        account_signature: Some(signature.to_vec()),
        ..Default::default()
    }
    .encode_to_vec();
    let sealed = ADVSignedDeviceIdentityHMAC {
        hmac: Some(authenticate(secret, &signed)),
        details: Some(signed),
        ..Default::default()
    }
    .encode_to_vec();
    let props = ClientPairingProps {
        is_chat_db_lid_migrated: Some(account.phone.addressing == Namespace::Lid),
        ..Default::default()
    }
    .encode_to_vec();

    let device = NodeBuilder::new("device")
        .attr("jid", account.jid(Namespace::Pn, id))
        .attr("lid", account.jid(Namespace::Lid, id))
        .build();
    let success = NodeBuilder::new("pair-success")
        .children([
            NodeBuilder::new("device-identity").bytes(sealed).build(),
            device,
            NodeBuilder::new("platform").attr("name", "android").build(),
            NodeBuilder::new("client-props").bytes(props).build(),
        ])
        .build();
    account.devices.insert(
        id,
        Device {
            key_index,
            noise_key,
            identity,
            signed_identity: None,
            keys: None,
            has_app_state_key: false,
            history,
            queue: Queue::default(),
            attachment: None,
        },
    );
    let query = random::stanza_id();
    state.send(connection, iq::set(&query, "md", now, success));
    if let Some(companion) = state.streams.companion_mut(connection) {
        companion.references.clear();
        companion.pending = Some(Pending {
            device: address,
            query,
        });
    }
    Ok(address)
}

/// A client answered a query of the server: the one that matters is its signature.
pub(crate) fn answered(state: &mut State, connection: ConnectionId, answer: &Iq) {
    let Some(companion) = state.streams.companion(connection) else {
        return;
    };
    let Some(pending) = companion
        .pending
        .as_ref()
        .filter(|pending| pending.query == answer.id)
    else {
        return;
    };
    let address = pending.device;
    let signed = answer
        .child("pair-device-sign")
        .and_then(|sign| child_content(sign, "device-identity"))
        .and_then(|bytes| completed(state, address, bytes));
    if let Some(companion) = state.streams.companion_mut(connection) {
        companion.pending = None;
    }
    let Some(signed) = signed else {
        tracing::warn!("a client's device signature is not valid; the device is not linked");
        drop_unsigned(state, address);
        return;
    };
    if let Some(device) = state.accounts.device_mut(address) {
        device.signed_identity = Some(signed);
        let key_index = device.key_index;
        device_list::announce(state, address, key_index, Change::Added);
    }
    state.counters.linked += 1;
    state.note(
        Happening::DeviceLinked,
        address.account,
        Some(address.device),
        None,
    );
    state.streams.close(connection, stream::restart());
}

/// A client has gone: a link it never signed is undone.
pub(crate) fn abandon(state: &mut State, companion: &Companion) {
    if let Some(pending) = &companion.pending {
        drop_unsigned(state, pending.device);
    }
}

/// The identity with both signatures and with the account's key, which some clients leave out of their answer.
fn completed(state: &State, address: DeviceAddress, bytes: &[u8]) -> Option<Vec<u8>> {
    let account = state.accounts.get(address.account)?;
    let device = account.devices.get(&address.device)?;
    let mut signed = ADVSignedDeviceIdentity::decode_from_slice(bytes).ok()?;
    signed.account_signature_key = Some(account.phone.identity().to_vec());
    let bytes = signed.encode_to_vec();
    let valid = validate_adv_with_identity_key(&bytes, &device.identity, None);
    (valid == AdvValidation::Valid).then_some(bytes)
}

fn drop_unsigned(state: &mut State, address: DeviceAddress) {
    if let Some(account) = state.accounts.get_mut(address.account)
        && account
            .devices
            .get(&address.device)
            .is_some_and(|device| !device.is_linked())
    {
        account.devices.remove(&address.device);
    }
}

fn authenticate(secret: &[u8; 32], bytes: &[u8]) -> Vec<u8> {
    // HMAC takes a key of any length, so the other arm is never reached.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return Vec::new();
    };
    mac.update(bytes);
    mac.finalize().into_bytes().to_vec()
}

fn decode(field: &str) -> Result<[u8; 32], PairingError> {
    BASE64_STANDARD
        .decode(field)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(PairingError::Malformed("a field is not 32 bytes in base64"))
}
