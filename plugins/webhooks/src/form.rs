//! What a client sends to make or change a webhook.

use serde::{Deserialize, Deserializer};
use wagate_plugin_api::delivery::Endpoint;
use wagate_plugin_api::{Error, Host};

use crate::kinds::Kinds;
use crate::payload::PayloadVersion;
use crate::shelf::Webhook;

const MAX_NAME: usize = 100;
const MAX_URL: usize = 2048;
const MAX_SECRET: usize = 256;
const MAX_EVENTS: usize = 64;
const TIMEOUT_MS: std::ops::RangeInclusive<u32> = 1000..=60_000;
const CONCURRENCY: std::ops::RangeInclusive<u32> = 1..=64;
const DEFAULT_NAME: &str = "Webhook";

/// The body. What is absent stays as it is, or takes its default.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Form {
    name: Option<String>,
    url: Option<String>,
    events: Option<Events>,
    /// An empty one changes nothing: clients send it when their user left the field alone.
    #[serde(deserialize_with = "present")]
    secret: Option<Option<String>>,
    is_active: Option<bool>,
    payload_version: Option<PayloadVersion>,
    #[serde(deserialize_with = "present")]
    timeout_ms: Option<Option<u32>>,
    #[serde(deserialize_with = "present")]
    concurrency: Option<Option<u32>>,
}

/// A list; some clients send a single name.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Events {
    Many(Vec<String>),
    One(String),
}

/// Tells `null` from absence.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// What becomes of the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Secret {
    Keep,
    Set(String),
    Remove,
}

impl Form {
    /// Whether it says if the webhook is to be active.
    pub(crate) fn asks_for_active(&self) -> Option<bool> {
        self.is_active
    }

    /// The new webhook, and its secret.
    pub(crate) fn create(
        self,
        kinds: &Kinds,
        id: String,
        user_id: String,
        now_ms: i64,
    ) -> Result<(Webhook, Secret), Error> {
        let filled = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
        if !filled(&self.url) || self.events.as_ref().is_none_or(Events::is_empty) {
            return Err(Error::bad_request(
                "Name, URL, and at least one event are required",
            ));
        }
        let blank = Webhook {
            id,
            user_id,
            name: String::new(),
            url: String::new(),
            events: Vec::new(),
            is_active: true,
            has_secret: false,
            payload_version: PayloadVersion::default(),
            timeout_ms: None,
            concurrency: None,
            created_at_ms: now_ms,
            updated_at_ms: now_ms,
        };
        let (mut webhook, secret) = self.apply(blank, kinds, now_ms)?;
        if webhook.name.is_empty() {
            webhook.name = default_name(&webhook.url);
        }
        Ok((webhook, secret))
    }

    /// The webhook as it is then, and what becomes of its secret.
    pub(crate) fn apply(
        self,
        mut webhook: Webhook,
        kinds: &Kinds,
        now_ms: i64,
    ) -> Result<(Webhook, Secret), Error> {
        if let Some(name) = self
            .name
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
        {
            if name.chars().count() > MAX_NAME {
                return Err(Error::bad_request(format!("name: at most {MAX_NAME} characters")));
            }
            webhook.name = name;
        }
        if let Some(url) = self.url {
            let url = url.trim();
            if url.is_empty() || url.len() > MAX_URL {
                return Err(Error::bad_request(format!("url: 1 to {MAX_URL} bytes")));
            }
            url.clone_into(&mut webhook.url);
        }
        if let Some(events) = self.events {
            webhook.events = events.checked(kinds)?;
        }
        if let Some(is_active) = self.is_active {
            webhook.is_active = is_active;
        }
        if let Some(version) = self.payload_version {
            webhook.payload_version = version;
        }
        if let Some(timeout_ms) = self.timeout_ms {
            webhook.timeout_ms = in_range("timeoutMs", timeout_ms, &TIMEOUT_MS)?;
        }
        if let Some(concurrency) = self.concurrency {
            webhook.concurrency = in_range("concurrency", concurrency, &CONCURRENCY)?;
        }
        let secret = match self.secret {
            None => Secret::Keep,
            Some(None) => Secret::Remove,
            Some(Some(secret)) if secret.is_empty() => Secret::Keep,
            Some(Some(secret)) if secret.len() > MAX_SECRET => {
                return Err(Error::bad_request(format!("secret: at most {MAX_SECRET} bytes")));
            }
            Some(Some(secret)) => Secret::Set(secret),
        };
        webhook.has_secret = match &secret {
            Secret::Keep => webhook.has_secret,
            Secret::Set(_) => true,
            Secret::Remove => false,
        };
        webhook.updated_at_ms = now_ms;
        Ok((webhook, secret))
    }
}

impl Events {
    fn is_empty(&self) -> bool {
        match self {
            Self::Many(events) => events.is_empty(),
            Self::One(event) => event.is_empty(),
        }
    }

    /// In the order they were written, each once.
    fn checked(self, kinds: &Kinds) -> Result<Vec<String>, Error> {
        let written = match self {
            Self::Many(events) => events,
            Self::One(event) => vec![event],
        };
        if written.is_empty() || written.len() > MAX_EVENTS {
            return Err(Error::bad_request(format!("events: 1 to {MAX_EVENTS}")));
        }
        let mut events: Vec<String> = Vec::with_capacity(written.len());
        for (index, event) in written.into_iter().enumerate() {
            kinds
                .check(&event)
                .map_err(|problem| Error::bad_request(format!("events[{index}]: {problem}")))?;
            if !events.contains(&event) {
                events.push(event);
            }
        }
        Ok(events)
    }
}

fn in_range(
    field: &str,
    number: Option<u32>,
    range: &std::ops::RangeInclusive<u32>,
) -> Result<Option<u32>, Error> {
    match number {
        Some(number) if !range.contains(&number) => Err(Error::bad_request(format!(
            "{field}: {} to {}",
            range.start(),
            range.end()
        ))),
        number => Ok(number),
    }
}

/// The host's name, for clients that give none.
fn default_name(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let server = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let server: String = server.chars().take(MAX_NAME).collect();
    if server.is_empty() {
        DEFAULT_NAME.to_owned()
    } else {
        server
    }
}

/// Where the host delivers to.
pub(crate) fn put_endpoint(
    host: &dyn Host,
    session: &str,
    webhook: &Webhook,
    secret: &Secret,
) -> Result<(), Error> {
    let mut ext = vec![("owner".to_owned(), webhook.user_id.clone())];
    if *secret == Secret::Keep {
        ext.push(("keepSecret".to_owned(), "true".to_owned()));
    }
    let numbers = [
        ("timeoutMs", webhook.timeout_ms),
        ("concurrency", webhook.concurrency),
    ];
    ext.extend(
        numbers
            .into_iter()
            .filter_map(|(key, number)| Some((key.to_owned(), number?.to_string()))),
    );
    let endpoint = Endpoint {
        name: webhook.id.clone(),
        url: webhook.url.clone(),
        headers: Vec::new(),
        secret: match secret {
            Secret::Set(secret) => Some(secret.clone()),
            Secret::Keep | Secret::Remove => None,
        },
        ext,
    };
    Ok(host.delivery_put_endpoint(session, &endpoint)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kinds() -> Kinds {
        Kinds::new(Vec::new()).unwrap()
    }

    fn create(body: serde_json::Value) -> Result<(Webhook, Secret), String> {
        let form: Form = serde_json::from_value(body).map_err(|error| error.to_string())?;
        form.create(&kinds(), "wh_1".to_owned(), "user-1".to_owned(), 1)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_the_node_sends_is_enough() {
        let body = json!({"url": "https://n8n.example.com:5678/hook/1", "events": ["*"], "secret": ""});
        let (webhook, secret) = create(body).unwrap();
        assert_eq!(webhook.name, "n8n.example.com:5678");
        assert_eq!(
            (webhook.has_secret, secret, webhook.is_active),
            (false, Secret::Keep, true)
        );
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let required = "Name, URL, and at least one event are required";
        for (body, part) in [
            (json!({}), required),
            (json!({"url": "https://a.b"}), required),
            (json!({"url": "", "events": ["*"]}), required),
            (json!({"url": "https://a.b", "events": []}), required),
            (
                json!({"url": "https://a.b", "events": ["*", "nonsense"]}),
                "events[1]: unknown event",
            ),
            (
                json!({"url": "https://a.b", "events": "*", "name": "x".repeat(101)}),
                "name: at most 100",
            ),
            (
                json!({"url": "https://a.b", "events": "*", "timeoutMs": 5}),
                "timeoutMs: 1000 to 60000",
            ),
            (
                json!({"url": "https://a.b", "events": "*", "concurrency": 0}),
                "concurrency: 1 to 64",
            ),
            (
                json!({"url": "https://a.b", "events": "*", "secret": "x".repeat(257)}),
                "secret: at most",
            ),
            (
                json!({"url": "https://a.b", "events": "*", "payloadVersion": "2"}),
                "1.6.0",
            ),
        ] {
            let text = create(body).unwrap_err();
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn a_change_touches_what_it_names() {
        let (webhook, _) = create(json!({"url": "https://a.b", "events": ["*"], "secret": "s"})).unwrap();
        let change = |body: serde_json::Value| {
            let form: Form = serde_json::from_value(body).unwrap();
            form.apply(webhook.clone(), &kinds(), 2).unwrap()
        };
        let (same, secret) = change(json!({"secret": "", "url": "https://c.d"}));
        assert_eq!(
            (same.url.as_str(), same.has_secret, secret, same.updated_at_ms),
            ("https://c.d", true, Secret::Keep, 2)
        );
        let (without, secret) = change(json!({"secret": null}));
        assert_eq!((without.has_secret, secret), (false, Secret::Remove));
        let (off, _) = change(json!({"isActive": false, "events": ["message.sent", "message.sent"]}));
        assert_eq!((off.is_active, off.events.len()), (false, 1));
    }
}
