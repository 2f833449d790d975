//! Polls: what they ask, and votes in them made readable.

use sha2::{Digest, Sha256};
use wacore::poll::{PollVoteCiphertext, decrypt_poll_vote_with_secret};
use wagate_storage::polls::VoteRow;
use waproto::whatsapp as wa;

/// Options of a poll that are looked at: WhatsApp's clients make twelve.
const MAX_OPTIONS: usize = 256;

/// A poll as it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Poll {
    pub(crate) name: String,
    pub(crate) options: Vec<String>,
}

/// The poll in an unwrapped message.
pub(crate) fn of(base: &wa::Message) -> Option<Poll> {
    let poll = [
        &base.poll_creation_message,
        &base.poll_creation_message_v2,
        &base.poll_creation_message_v3,
        &base.poll_creation_message_v5,
        &base.poll_creation_message_v6,
    ]
    .into_iter()
    .find_map(buffa::MessageField::as_option)?;
    Some(Poll {
        name: poll.name.clone().unwrap_or_default(),
        options: poll
            .options
            .iter()
            .take(MAX_OPTIONS)
            .map(|option| option.option_name.clone().unwrap_or_default())
            .collect(),
    })
}

/// A vote as it travels.
pub(crate) struct Sealed<'a> {
    pub(crate) payload: &'a [u8],
    pub(crate) iv: &'a [u8],
    /// The poll's secret.
    pub(crate) secret: &'a [u8],
    /// WhatsApp's id of the poll.
    pub(crate) poll_id: &'a str,
}

/// SHA-256 of each chosen option, hexadecimal. The key is made from both people's addresses as the voter knew them, phone
/// JID or LID: every pair is tried. None when none fits.
pub(crate) fn open(sealed: &Sealed<'_>, creator: &[String], voter: &[String]) -> Option<Vec<String>> {
    let ciphertext = PollVoteCiphertext {
        enc_payload: sealed.payload,
        enc_iv: sealed.iv,
    };
    creator
        .iter()
        .flat_map(|creator| voter.iter().map(move |voter| (creator, voter)))
        .find_map(|(creator, voter)| {
            decrypt_poll_vote_with_secret(ciphertext, sealed.secret, sealed.poll_id, creator, voter).ok()
        })
        .map(|hashes| hashes.iter().map(hex::encode).collect())
}

/// The names of the options with these hashes.
pub(crate) fn names(poll: &Poll, hashes: &[String]) -> Vec<String> {
    poll.options
        .iter()
        .filter(|option| hashes.contains(&hash(option)))
        .cloned()
        .collect()
}

/// Each option with who voted for it, in the poll's order.
pub(crate) fn tally<'v>(poll: &Poll, votes: &'v [VoteRow]) -> Vec<(String, Vec<&'v str>)> {
    poll.options
        .iter()
        .map(|option| {
            let hash = hash(option);
            let voters = votes
                .iter()
                .filter(|vote| vote.options.contains(&hash))
                .map(|vote| vote.voter.as_str())
                .collect();
            (option.clone(), voters)
        })
        .collect()
}

fn hash(option: &str) -> String {
    hex::encode(Sha256::digest(option.as_bytes()))
}
