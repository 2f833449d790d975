//! Polls and their votes, which only those who have the poll can read.

use buffa::MessageField;
use wacore::poll::{
    PollVoteAddressing, PollVoteCiphertext, compute_option_hash, decrypt_poll_vote_with_secret,
    encrypt_poll_vote_with_secret,
};
use waproto::whatsapp as wa;

use super::unwrap;

/// The poll in a message, whichever version of a poll it is.
pub(crate) fn creation(message: &wa::Message) -> Option<&wa::message::PollCreationMessage> {
    let message = unwrap(message).message;
    message
        .poll_creation_message
        .as_option()
        .or_else(|| message.poll_creation_message_v2.as_option())
        .or_else(|| message.poll_creation_message_v3.as_option())
        .or_else(|| message.poll_creation_message_v5.as_option())
        .or_else(|| message.poll_creation_message_v6.as_option())
}

/// The texts of a poll's options.
pub(crate) fn options(poll: &wa::message::PollCreationMessage) -> Vec<String> {
    poll.options
        .iter()
        .map(|option| option.option_name.clone().unwrap_or_default())
        .collect()
}

/// The secret that keys what others add to a message: votes and edits.
pub(crate) fn secret(message: &wa::Message) -> Option<&[u8]> {
    let outer = message.message_context_info.message_secret.as_deref();
    outer.or_else(|| {
        unwrap(message)
            .message
            .message_context_info
            .message_secret
            .as_deref()
    })
}

/// Whose vote on whose poll; both in the same namespace.
#[derive(Debug, Clone)]
pub(crate) struct Between {
    pub(crate) creator: String,
    pub(crate) voter: String,
}

/// Seals a vote.
pub(crate) fn vote(
    poll: &wa::Message,
    id: &str,
    key: wa::MessageKey,
    between: &Between,
    chosen: &[String],
    now_ms: u64,
) -> Option<wa::Message> {
    let hashes: Vec<Vec<u8>> = chosen
        .iter()
        .map(|option| compute_option_hash(option).to_vec())
        .collect();
    let (payload, iv) =
        encrypt_poll_vote_with_secret(&hashes, secret(poll)?, id, &between.creator, &between.voter).ok()?;
    Some(wa::Message {
        poll_update_message: MessageField::some(wa::message::PollUpdateMessage {
            poll_creation_message_key: MessageField::some(key),
            vote: MessageField::some(wa::message::PollEncValue {
                enc_payload: Some(payload),
                enc_iv: Some(iv.to_vec()),
            }),
            sender_timestamp_ms: i64::try_from(now_ms).ok(),
            ..Default::default()
        }),
        ..Default::default()
    })
}

/// Opens a vote: the texts of the chosen options. Tries every way the two may be addressed.
pub(crate) fn open(
    poll: &wa::Message,
    id: &str,
    update: &wa::message::PollUpdateMessage,
    ways: &[Between],
) -> Option<Vec<String>> {
    let vote = update.vote.as_option()?;
    let ciphertext = PollVoteCiphertext {
        enc_payload: vote.enc_payload.as_deref()?,
        enc_iv: vote.enc_iv.as_deref()?,
    };
    let secret = secret(poll)?;
    let hashes = ways.iter().find_map(|way| {
        let way = PollVoteAddressing {
            poll_creator_jid: &way.creator,
            voter_jid: &way.voter,
        };
        decrypt_poll_vote_with_secret(ciphertext, secret, id, way.poll_creator_jid, way.voter_jid).ok()
    })?;
    let known = options(creation(poll)?);
    let named = |hash: &Vec<u8>| {
        known
            .iter()
            .find(|option| compute_option_hash(option)[..] == hash[..])
            .cloned()
            .unwrap_or_else(|| hex::encode(hash))
    };
    Some(hashes.iter().map(named).collect())
}
