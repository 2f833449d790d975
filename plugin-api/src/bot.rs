//! The bot's settings of a session, as plugins that answer people read them: the document of the plugin `bot`. Who may use
//! commands, who is answered, and how many messages may leave. What the fields may hold is checked by the host.

use serde::{Deserialize, Deserializer, Serialize};
use wagate_protocol::error::HostError;

use crate::error::Error;
use crate::history::SearchQuery;
use crate::host::Host;
use crate::jid;

/// The plugin whose document it is.
pub const PLUGIN: &str = "bot";

/// The settings; what was never set has the contract's default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "the contract's switches")]
pub struct BotConfig {
    /// Commands and auto-replies at all.
    pub enabled: bool,
    /// What it calls itself.
    pub bot_name: String,
    /// Who may use commands.
    pub bot_mode: Mode,
    /// For [`Mode::Specific`].
    #[serde(deserialize_with = "nullable")]
    pub bot_allowed_jids: Vec<String>,
    /// For [`Mode::Blacklist`].
    #[serde(deserialize_with = "nullable")]
    pub bot_blocked_jids: Vec<String>,
    /// Who is answered by rules.
    pub auto_reply_mode: Mode,
    /// For [`Mode::Specific`].
    #[serde(deserialize_with = "nullable")]
    pub auto_reply_allowed_jids: Vec<String>,
    /// For [`Mode::Blacklist`].
    #[serde(deserialize_with = "nullable")]
    pub auto_reply_blocked_jids: Vec<String>,
    /// The command that makes stickers.
    pub enable_sticker: bool,
    /// Stickers of videos too.
    pub enable_video_sticker: bool,
    /// The longest video, in seconds.
    pub max_sticker_duration: u32,
    /// The command that answers.
    pub enable_ping: bool,
    /// The command that tells how long the session is connected.
    pub enable_uptime: bool,
    /// For backgrounds to be removed.
    pub remove_bg_api_key: Option<String>,
    /// What commands start with.
    pub prefix: String,
    /// Whether messages wait when too many have left.
    pub anti_spam_enabled: bool,
    /// How many may leave ...
    pub spam_limit: u64,
    /// ... in so many seconds.
    pub spam_interval: u32,
    /// The shortest wait, in milliseconds.
    pub spam_delay_min: u64,
    /// The longest wait, in milliseconds.
    pub spam_delay_max: u64,
    /// What newcomers are told.
    pub welcome_message: Option<String>,
    /// Whether what arrives is marked as read.
    pub auto_read: bool,
    /// Whether the account is shown as available as long as it is connected.
    pub always_online: bool,
}

/// Who is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Mode {
    /// The account's own messages.
    Owner,
    /// Everybody.
    All,
    /// Those on the list.
    Specific,
    /// Everybody but those on the list.
    Blacklist,
}

impl Default for BotConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            bot_name: "wagate bot".to_owned(),
            bot_mode: Mode::Owner,
            bot_allowed_jids: Vec::new(),
            bot_blocked_jids: Vec::new(),
            auto_reply_mode: Mode::All,
            auto_reply_allowed_jids: Vec::new(),
            auto_reply_blocked_jids: Vec::new(),
            enable_sticker: true,
            enable_video_sticker: true,
            max_sticker_duration: 10,
            enable_ping: true,
            enable_uptime: true,
            remove_bg_api_key: None,
            prefix: "#".to_owned(),
            anti_spam_enabled: false,
            spam_limit: 5,
            spam_interval: 10,
            spam_delay_min: 1000,
            spam_delay_max: 3000,
            welcome_message: None,
            auto_read: false,
            always_online: false,
        }
    }
}

/// A list that was never set is empty.
fn nullable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl BotConfig {
    /// From the document's text.
    pub fn parse(document: Option<&str>) -> Result<Self, Error> {
        match document {
            None => Ok(Self::default()),
            Some(text) => serde_json::from_str(text)
                .map_err(|error| Error::internal(format!("the bot's settings are unreadable: {error}"))),
        }
    }

    /// Of a session (right `settings`, and `[grants] documents = ["bot"]` in another plugin than the bot).
    pub fn of(host: &dyn Host, session: &str) -> Result<Self, Error> {
        Self::parse(host.document_of(PLUGIN, session)?.as_deref())
    }

    /// Whether this person may use commands.
    pub fn may_command(&self, sender: &Sender) -> bool {
        match self.bot_mode {
            Mode::Owner => sender.from_me,
            Mode::All => true,
            Mode::Specific => sender.from_me || sender.is_in(&self.bot_allowed_jids),
            Mode::Blacklist => sender.from_me || !sender.is_in(&self.bot_blocked_jids),
        }
    }

    /// Whether this person is answered by rules. The account itself only where it is meant.
    pub fn is_answered(&self, sender: &Sender) -> bool {
        match self.auto_reply_mode {
            Mode::Owner => sender.from_me,
            Mode::All => !sender.from_me,
            Mode::Specific => !sender.from_me && sender.is_in(&self.auto_reply_allowed_jids),
            Mode::Blacklist => !sender.from_me && !sender.is_in(&self.auto_reply_blocked_jids),
        }
    }

    /// Lets a hook go on when no more messages have left of late than may (right `history`). Otherwise `rate-limited`
    /// after a wait between the two limits: the host then comes back with the same event, and those after it wait too.
    pub fn hold(&self, host: &dyn Host, session: &str) -> Result<(), Error> {
        if !self.anti_spam_enabled {
            return Ok(());
        }
        let since = host.now_ms() - i64::from(self.spam_interval) * 1000;
        let sent = SearchQuery {
            text: String::new(),
            chat: None,
            kind: None,
            from_me: Some(true),
            offset: 0,
            limit: 1,
            ext: vec![("since".to_owned(), since.to_string())],
        };
        if host.count_messages(session, &sent)? < self.spam_limit {
            return Ok(());
        }
        let span = self.spam_delay_max.saturating_sub(self.spam_delay_min) + 1;
        let retry_after_ms = self.spam_delay_min + chance(&host.unique_id()) % span;
        Err(HostError::RateLimited { retry_after_ms }.into())
    }
}

/// A number out of a new id (FNV-1a): spreads waits, no more.
fn chance(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Who wrote a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sender {
    /// The account itself.
    pub from_me: bool,
    /// Phone JID and LID, as far as they are known.
    pub addresses: Vec<String>,
}

impl Sender {
    /// From the payload of `message.received` or `message.sent`: in groups the participant, otherwise the chat.
    pub fn of(payload: &serde_json::Value) -> Self {
        let key = &payload["key"];
        let names = [
            (key, "participant"),
            (key, "participantAlt"),
            (payload, "sender"),
            (key, "remoteJid"),
            (key, "remoteJidAlt"),
            (payload, "chat"),
            (payload, "from"),
        ];
        let written = names
            .into_iter()
            .filter_map(|(object, name)| object[name].as_str());
        let addresses = written
            .filter_map(|text| jid::recipient(text, "sender").ok())
            .filter(|address| !jid::is_group(address))
            .collect();
        Self {
            from_me: key["fromMe"].as_bool().unwrap_or_default(),
            addresses,
        }
    }

    /// Whether one of the entries is this person: whole addresses or numbers, never parts of them.
    fn is_in(&self, entries: &[String]) -> bool {
        entries
            .iter()
            .filter_map(|entry| jid::recipient(entry, "entry").ok())
            .any(|entry| self.addresses.contains(&entry))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::host::Message;
    use crate::testing::{FakeHost, SESSION_ID};

    #[test]
    fn what_was_never_set_has_its_default() {
        let config = BotConfig::parse(Some(r#"{"botMode":"ALL","botAllowedJids":null}"#)).unwrap();
        let expected = BotConfig {
            bot_mode: Mode::All,
            ..BotConfig::default()
        };
        assert_eq!(
            (config, BotConfig::parse(None).unwrap()),
            (expected, BotConfig::default())
        );
        assert!(BotConfig::parse(Some("5")).is_err());
    }

    #[test]
    fn modes_mean_whom_they_say() {
        let sender = |from_me: bool, user: &str| Sender {
            from_me,
            addresses: vec![format!("{user}@s.whatsapp.net"), "100000000000101@lid".to_owned()],
        };
        let (own, listed, other) = (
            sender(true, "12025550100"),
            sender(false, "12025550101"),
            Sender {
                from_me: false,
                addresses: vec!["120255501012@s.whatsapp.net".to_owned()],
            },
        );
        for list in ["+1 202-555-0101", "12025550101@c.us", "100000000000101@lid"] {
            let list = vec![String::new(), "1202".to_owned(), list.to_owned()];
            for (mode, commands, answers) in [
                (Mode::Owner, [true, false, false], [true, false, false]),
                (Mode::All, [true, true, true], [false, true, true]),
                (Mode::Specific, [true, true, false], [false, true, false]),
                (Mode::Blacklist, [true, false, true], [false, false, true]),
            ] {
                let config = BotConfig {
                    bot_mode: mode,
                    auto_reply_mode: mode,
                    bot_allowed_jids: list.clone(),
                    bot_blocked_jids: list.clone(),
                    auto_reply_allowed_jids: list.clone(),
                    auto_reply_blocked_jids: list.clone(),
                    ..BotConfig::default()
                };
                let people = [&own, &listed, &other];
                assert_eq!(people.map(|one| config.may_command(one)), commands, "{mode:?}");
                assert_eq!(people.map(|one| config.is_answered(one)), answers, "{mode:?}");
            }
        }
    }

    #[test]
    fn a_sender_is_the_participant_or_the_chat() {
        let ann = "12025550101@s.whatsapp.net";
        let group =
            json!({ "key": { "remoteJid": "1-2@g.us", "participant": ann, "participantAlt": "7@lid" } });
        assert_eq!(Sender::of(&group).addresses, [ann, "7@lid"]);
        let private = json!({ "key": { "remoteJid": ann, "remoteJidAlt": "7@lid" }, "sender": ann });
        assert_eq!(Sender::of(&private).addresses, [ann, ann, "7@lid"]);
        let own = json!({ "key": { "remoteJid": ann, "fromMe": true }, "sender": "ME" });
        assert!(Sender::of(&own).from_me);
    }

    #[test]
    fn too_many_messages_make_the_next_one_wait() {
        let sent = Message {
            from_me: true,
            ..Message::default()
        };
        let mut host = FakeHost::default();
        host.messages = vec![sent.clone(), sent, Message::default()];
        let mut config = BotConfig {
            spam_limit: 2,
            ..BotConfig::default()
        };
        config.hold(&host, SESSION_ID).unwrap();
        config.anti_spam_enabled = true;
        let Err(Error::Host(HostError::RateLimited { retry_after_ms })) = config.hold(&host, SESSION_ID)
        else {
            panic!("not held");
        };
        assert!((1000..=3000).contains(&retry_after_ms));
        config.spam_limit = 3;
        config.hold(&host, SESSION_ID).unwrap();
    }
}
