//! A device could not download a file and asks its own phone to upload it again.

use buffa::Message as _;
use wacore::media_retry::decrypt_media_retry_notification;
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use wacore_libsignal::crypto::aes_256_gcm_encrypt;
use waproto::whatsapp::media_retry_notification::ResultType;
use waproto::whatsapp::{MediaRetryNotification, ServerErrorReceipt};

use super::media;
use crate::accounts::{AccountId, DeviceAddress, Namespace};
use crate::offline::{self, Class, Queued};
use crate::random;
use crate::stanza::receipt::ClientReceipt;
use crate::stanza::{attr, child_content};
use crate::state::State;

/// What clients call the key they share with the phone for this exchange.
const KEY_INFO: &[u8] = b"WhatsApp Media Retry Notification";
/// The error codes of the answer.
const NOT_FOUND: u16 = 2;
const UNREADABLE: u16 = 3;

/// Answers a `server-error` receipt of a linked device. The phone has the file, or had it: it uploads it under a new
/// address, or says that there is none.
pub(crate) fn answer(state: &mut State, by: DeviceAddress, receipt: &ClientReceipt) {
    for id in &receipt.ids {
        let content = match renewed(state, by.account, id, receipt) {
            Ok(content) => content,
            Err(code) => NodeBuilder::new("error").attr("code", code).build(),
        };
        notify(state, by, id, receipt, content);
    }
}

fn renewed(state: &State, account: AccountId, id: &str, receipt: &ClientReceipt) -> Result<Node, u16> {
    let phone = &state.accounts.get(account).ok_or(NOT_FOUND)?.phone;
    let (path, key) = phone.file_of(id).ok_or(NOT_FOUND)?;
    let asked = child(receipt, "encrypt").ok_or(UNREADABLE)?;
    let (Some(sealed), Some(iv)) = (child_content(asked, "enc_p"), child_content(asked, "enc_iv")) else {
        return Err(UNREADABLE);
    };
    // Only who has the message knows the key.
    let opened = decrypt_media_retry_notification(&key, id, iv, sealed).map_err(|_| UNREADABLE)?;
    let named = ServerErrorReceipt::decode_from_slice(&opened).map_err(|_| UNREADABLE)?;
    if named.stanza_id.as_deref() != Some(id) {
        return Err(UNREADABLE);
    }
    let stored = state
        .media
        .as_ref()
        .and_then(|media| media.renew(&path))
        .ok_or(NOT_FOUND)?;
    seal(id, &key, stored.direct_path).ok_or(UNREADABLE)
}

fn seal(id: &str, media_key: &[u8], direct_path: String) -> Option<Node> {
    let plain = MediaRetryNotification {
        stanza_id: Some(id.to_owned()),
        direct_path: Some(direct_path),
        result: Some(ResultType::SUCCESS),
        ..Default::default()
    }
    .encode_to_vec();
    let mut key = [0u8; 32];
    wacore::crypto::hkdf_sha256_into(media_key, None, KEY_INFO, &mut key).ok()?;
    let iv = random::bytes::<12>();
    let mut sealed = Vec::new();
    aes_256_gcm_encrypt(&key, &iv, id.as_bytes(), &plain, &mut sealed).ok()?;
    let bytes = |tag: &'static str, content: Vec<u8>| NodeBuilder::new(tag).bytes(content).build();
    Some(
        NodeBuilder::new("encrypt")
            .children([bytes("enc_p", sealed), bytes("enc_iv", iv.to_vec())])
            .build(),
    )
}

fn notify(state: &mut State, to: DeviceAddress, id: &str, receipt: &ClientReceipt, content: Node) {
    let Some(from) = state
        .accounts
        .get(to.account)
        .map(|account| account.jid(Namespace::Pn, 0))
    else {
        return;
    };
    let mut children = Vec::new();
    if let Some(asked) = child(receipt, "rmr") {
        let mut about = NodeBuilder::new("rmr");
        for key in ["jid", "from_me", "participant"] {
            if let Some(value) = attr(asked, key) {
                about = about.attr(key, value);
            }
        }
        children.push(about.build());
    }
    children.push(content);
    let node = NodeBuilder::new("notification")
        .attr("from", from)
        .attr("id", id)
        .attr("type", "mediaretry")
        .attr("t", state.clock.now_secs())
        .children(children)
        .build();
    offline::deliver(
        state,
        to,
        Queued {
            class: Class::Notification,
            id: id.to_owned(),
            from: None,
            kind: None,
            node,
        },
    );
}

fn child<'a>(receipt: &'a ClientReceipt, tag: &str) -> Option<&'a Node> {
    receipt.children.iter().find(|node| node.tag == tag)
}

impl super::Phone {
    /// Address and key of the file that came or went with a message, or that holds a piece of history.
    fn file_of(&self, id: &str) -> Option<(String, Vec<u8>)> {
        if let Some(file) = self.history_files.find(id) {
            return Some((file.direct_path.clone()?, file.media_key.clone()?));
        }
        let received = self.inbox.find(id).map(|message| &message.message);
        let message = received.or_else(|| self.outbox.find(id).map(|message| &message.message))?;
        let reference = media::reference(message)?;
        Some((reference.direct_path, reference.media_key))
    }
}
