//! `POST` and `DELETE /api/messages/{sessionId}/{jid}/spam`

use serde::Deserialize;
use serde_json::{Value, json};
use wagate_plugin_api::{Error, Host, HostError, Request, Response, lenient};

use crate::limits::{MAX_TEXT, SPAM_DELAY_MS};
use crate::spam::{self, Job};
use crate::{Messages, fields};

const DEFAULT_COUNT: u32 = 10;
const DEFAULT_DELAY_MS: u64 = 500;

#[derive(Deserialize)]
struct Form {
    #[serde(default, deserialize_with = "lenient")]
    message: Option<String>,
    count: Option<Value>,
    delay: Option<Value>,
}

pub(crate) fn start(plugin: &Messages, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let form: Form = request.json()?;
    let message = form.message.filter(|message| !message.is_empty());
    let message = message.ok_or_else(|| Error::bad_request("message is required"))?;
    fields::at_most(&message, MAX_TEXT, "message")?;
    let most = plugin.settings.spam_max_count();
    // Without a count it is the documented one, or what the administrator allows.
    let count = number(
        form.count.as_ref(),
        "count",
        u64::from(DEFAULT_COUNT.min(most)),
        1,
        u64::from(most),
    )?;
    let (least, longest) = (*SPAM_DELAY_MS.start(), *SPAM_DELAY_MS.end());
    let delay_ms = number(form.delay.as_ref(), "delay", DEFAULT_DELAY_MS, least, longest)?;
    let chat = fields::recipient(request)?;
    if !plugin.settings.is_spam_on() {
        return Err(Error::Host(HostError::Denied(
            "Repeating messages is switched off: it may get the account banned. The administrator switches it on with \
             spam = true under [settings] in config/plugins/messages.toml"
                .to_owned(),
        )));
    }
    let session = &request.session()?.id;
    if host.session(session)?.status != "CONNECTED" {
        return Err(HostError::unavailable("Session not ready").into());
    }
    let job = Job {
        id: host.unique_id(),
        chat,
        message,
        total: u32::try_from(count).unwrap_or(u32::MAX),
        sent: 0,
        delay_ms,
    };
    spam::start(host, session, &job)?;
    Response::data(
        &format!("Bombing {count} messages started"),
        &json!({ "id": job.id, "jid": job.chat, "count": count, "delay": delay_ms }),
    )
}

pub(crate) fn stop(_plugin: &Messages, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let chat = fields::recipient(request)?;
    let job = spam::stop(host, &request.session()?.id, &chat)?;
    Response::data(
        "Repeated message stopped",
        &json!({ "id": job.id, "jid": job.chat, "sent": job.sent, "count": job.total }),
    )
}

fn number(written: Option<&Value>, field: &str, default: u64, least: u64, most: u64) -> Result<u64, Error> {
    let number = match written {
        None | Some(Value::Null) => Some(default),
        Some(written) => written.as_u64(),
    };
    number
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| Error::bad_request(format!("{field}: must be a number from {least} to {most}")))
}
