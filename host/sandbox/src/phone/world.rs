//! What a phone knows of the messages it has, for building new ones and for reading what others added to them.

use wacore::secret_enc_addon::ModificationType;
use wacore_binary::Jid;
use waproto::whatsapp as wa;
use waproto::whatsapp::message::secret_encrypted_message::SecretEncType;

use super::content::build::{Known, Surroundings};
use super::content::{Content, describe, poll};
use crate::accounts::{AccountId, Namespace};
use crate::state::State;

/// A phone and the chat it is about to write into.
pub(crate) struct World<'a> {
    pub(crate) state: &'a State,
    pub(crate) account: AccountId,
    /// How the phone addresses people in this chat.
    pub(crate) namespace: Namespace,
}

impl Surroundings for World<'_> {
    fn known(&self, id: &str) -> Option<Known> {
        known(self.state, self.account, self.namespace, id)
    }

    fn person(&self, typed: &str) -> Option<String> {
        let found = if typed.contains('@') {
            self.state.accounts.find(&typed.parse().ok()?)
        } else {
            self.state.accounts.by_number(typed.trim_start_matches('+'))
        };
        Some(
            self.state
                .accounts
                .get(found?)?
                .jid(self.namespace, 0)
                .to_string(),
        )
    }

    fn now_ms(&self) -> u64 {
        self.state.clock.now_ms()
    }
}

/// A message in the phone's inbox or outbox.
fn known(state: &State, account: AccountId, namespace: Namespace, id: &str) -> Option<Known> {
    let entry = state.accounts.get(account)?;
    let key = |chat: &str, from_me: bool, author: &str| wa::MessageKey {
        remote_jid: Some(chat.to_owned()),
        from_me: Some(from_me),
        id: Some(id.to_owned()),
        // Only where the chat does not say who wrote.
        participant: (!from_me && is_shared(chat)).then(|| author.to_owned()),
    };
    if let Some(sent) = entry.phone.outbox.find(id) {
        let namespace = Namespace::of(&sent.chat).unwrap_or(namespace);
        let own = entry.jid(namespace, 0).to_string();
        return Some(Known {
            key: key(&sent.chat.to_string(), true, &own),
            author: own.clone(),
            message: sent.message.clone(),
            own,
        });
    }
    let received = entry.phone.inbox.find(id)?;
    let author = received.from_jid.to_non_ad();
    let namespace = Namespace::of(&author).unwrap_or(namespace);
    Some(Known {
        key: key(&received.chat, received.from_me, &received.from),
        author: author.to_string(),
        message: received.message.clone(),
        own: entry.jid(namespace, 0).to_string(),
    })
}

/// Whether several people write into a chat.
fn is_shared(chat: &str) -> bool {
    chat.ends_with("@g.us") || chat.ends_with("@broadcast")
}

/// Reads what a message adds under the secret of an older one: a vote's options, an edit's text.
pub(super) fn reveal(
    state: &State,
    account: AccountId,
    sender: AccountId,
    message: &wa::Message,
    content: &mut Content,
) {
    let Some(target) = content.target.clone() else {
        return;
    };
    let Some(known) = known(state, account, Namespace::Pn, &target) else {
        return;
    };
    let ways = ways(state, &known, sender);
    if let Some(update) = message.poll_update_message.as_option()
        && let Some(vote) = &mut content.vote
    {
        vote.options = poll::open(&known.message, &target, update, &ways);
    }
    if let Some(sealed) = message.secret_encrypted_message.as_option() {
        content.text = edit(&known.message, &target, sealed, &ways);
    }
}

/// Every way the author of a message and whoever adds to it may be addressed.
fn ways(state: &State, known: &Known, sender: AccountId) -> Vec<poll::Between> {
    let author = known
        .author
        .parse::<Jid>()
        .ok()
        .and_then(|jid| state.accounts.find(&jid))
        .and_then(|author| state.accounts.get(author));
    let (Some(author), Some(sender)) = (author, state.accounts.get(sender)) else {
        return Vec::new();
    };
    let both = [Namespace::Lid, Namespace::Pn];
    both.iter()
        .flat_map(|creator| both.iter().map(move |voter| (*creator, *voter)))
        .map(|(creator, voter)| poll::Between {
            creator: author.jid(creator, 0).to_string(),
            voter: sender.jid(voter, 0).to_string(),
        })
        .collect()
}

fn edit(
    original: &wa::Message,
    id: &str,
    sealed: &wa::message::SecretEncryptedMessage,
    ways: &[poll::Between],
) -> Option<String> {
    if sealed.secret_enc_type != Some(SecretEncType::MESSAGE_EDIT) {
        return None;
    }
    let (payload, iv) = (sealed.enc_payload.as_deref()?, sealed.enc_iv.as_deref()?);
    let secret = poll::secret(original)?;
    let opened = ways.iter().find_map(|way| {
        let context = wacore::message_edit::MessageEditContext {
            original_msg_id: id,
            original_sender_jid: &way.creator,
            editor_jid: &way.voter,
        };
        let kind = ModificationType::MessageEdit;
        wacore::message_edit::decrypt_secret_encrypted(payload, iv, secret, kind, &context).ok()
    })?;
    describe(&opened)?.text
}
