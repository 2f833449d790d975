//! What a client sends to schedule a message, or to change one.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use wagate_plugin_api::{Error, Host, jid};

use crate::item::{Item, Status};
use crate::media::MediaType;
use crate::moment;

/// Longest text or caption, in characters.
const MAX_CONTENT: usize = 65_536;
/// Longest address of a file, in bytes.
const MAX_URL: usize = 2048;
/// Longest rule, in bytes, and its fields: minutes to weekdays. Seconds would be a flood.
const MAX_CRON: usize = 256;
const CRON_FIELDS: usize = 5;
/// Longest note of the client's own form, in characters.
const MAX_RECURRENCE_RULE: usize = 1000;

/// The body. Of what is optional, what is absent stays as it is; `null` and the empty text remove it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Form {
    #[serde(alias = "to")]
    jid: Option<String>,
    #[serde(alias = "message")]
    content: Field<String>,
    #[serde(alias = "time")]
    send_at: Option<Value>,
    media_url: Field<String>,
    media_type: Field<MediaType>,
    cron_expression: Field<String>,
    recurrence_rule: Field<String>,
}

/// A field that may be absent, which is not the same as `null`.
#[derive(Debug, Default)]
enum Field<T> {
    #[default]
    Absent,
    Given(Option<T>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::Given)
    }
}

impl Field<String> {
    /// What is empty counts as `null`.
    fn change(self, field: &mut Option<String>) {
        if let Self::Given(text) = self {
            let text = text.map(|text| text.trim().to_owned());
            *field = text.filter(|text| !text.is_empty());
        }
    }
}

impl Form {
    /// The new message, and its first moment where the client names one.
    pub(crate) fn create(
        self,
        host: &dyn Host,
        id: String,
        missing: &str,
    ) -> Result<(Item, Option<i64>), Error> {
        let blank = Item {
            id,
            jid: String::new(),
            content: None,
            media_url: None,
            media_type: None,
            send_at_ms: 0,
            cron: None,
            timezone: String::new(),
            recurrence_rule: None,
            status: Status::Pending,
            last_status: None,
            reason: None,
            message_id: None,
            sent_at_ms: None,
            created_at_ms: host.now_ms(),
            set_at_ms: host.now_ms(),
            attempt: None,
        };
        self.apply(blank, host, missing)
    }

    /// The message as it is then, and the moment the client names. `missing` answers for what has to be there.
    pub(crate) fn apply(
        self,
        mut item: Item,
        host: &dyn Host,
        missing: &str,
    ) -> Result<(Item, Option<i64>), Error> {
        let is_new = item.jid.is_empty();
        let required = || Error::bad_request(missing);
        let to = self
            .jid
            .filter(|jid| !jid.trim().is_empty())
            .ok_or_else(required)?;
        self.media_url.change(&mut item.media_url);
        self.cron_expression.change(&mut item.cron);
        self.recurrence_rule.change(&mut item.recurrence_rule);
        let content = match self.content {
            Field::Given(content) => content.filter(|content| !content.is_empty()),
            Field::Absent => None,
        };
        if content.is_none() && item.media_url.is_none() {
            return Err(required());
        }
        let send_at = self
            .send_at
            .filter(|moment| !moment.is_null() && moment.as_str() != Some(""));
        // A new rule says itself when it begins; a change says everything.
        if send_at.is_none() && !(is_new && item.cron.is_some()) {
            return Err(required());
        }

        item.jid = jid::recipient(&to, "jid")?;
        item.content = content;
        match self.media_type {
            Field::Given(given) => item.media_type = given,
            // Without a file there is nothing left that it could be about.
            Field::Absent => item.media_type = item.media_type.filter(|_| item.media_url.is_some()),
        }
        check(&item)?;
        if let Some(url) = &item.media_url {
            item.media_type = item.media_type.or_else(|| Some(MediaType::of_url(url)));
        }
        if item.media_type == Some(MediaType::Audio) && item.content.is_some() {
            return Err(Error::bad_request(
                "content: an audio file has no caption, schedule the text as a message of its own",
            ));
        }
        item.timezone = host.timezone();
        let moment = send_at.map(|moment| moment::parse(&moment, &item.timezone, host.now_ms()));
        let moment = moment.transpose()?;
        // Until the host has said when the rule fires first.
        item.send_at_ms = moment.unwrap_or(0);
        Ok((item, moment))
    }
}

fn check(item: &Item) -> Result<(), Error> {
    let longer =
        |text: &Option<String>, max: usize| text.as_ref().is_some_and(|text| text.chars().count() > max);
    let refuse = |text: String| Err(Error::bad_request(text));
    if longer(&item.content, MAX_CONTENT) {
        return refuse(format!("content: at most {MAX_CONTENT} characters"));
    }
    if let Some(url) = &item.media_url {
        let scheme = url
            .split_once("://")
            .map(|(scheme, _)| scheme.to_ascii_lowercase());
        if !matches!(scheme.as_deref(), Some("http" | "https")) || url.len() > MAX_URL {
            return refuse(format!(
                "mediaUrl: must be an http or https address of at most {MAX_URL} bytes"
            ));
        }
    } else if item.media_type.is_some() {
        return refuse("mediaType: there is no mediaUrl that it could be about".to_owned());
    }
    if let Some(cron) = &item.cron
        && (cron.len() > MAX_CRON || cron.split_whitespace().count() != CRON_FIELDS)
    {
        return refuse(format!(
            "cronExpression: {CRON_FIELDS} fields (minute, hour, day, month, weekday), at most {MAX_CRON} bytes"
        ));
    }
    if longer(&item.recurrence_rule, MAX_RECURRENCE_RULE) {
        return refuse(format!(
            "recurrenceRule: at most {MAX_RECURRENCE_RULE} characters"
        ));
    }
    Ok(())
}
