//! `POST /api/messages/{sessionId}/forward`

use serde::Deserialize;
use serde_json::{Value, json};
use wagate_plugin_api::{Error, Host, HostError, Request, Response, jid, lenient};

use crate::limits::{FORWARD_BUDGET_MS, MAX_FORWARDS};
use crate::{Messages, fields};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Form {
    #[serde(default, alias = "jid", deserialize_with = "lenient")]
    from_jid: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    message_id: Option<String>,
    #[serde(default, alias = "to", deserialize_with = "lenient")]
    to_jids: Option<Recipients>,
}

/// Several, or one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Recipients {
    Many(Vec<String>),
    One(String),
}

/// A request that is in order.
struct Wanted {
    from: String,
    id: String,
    to: Vec<String>,
}

pub(crate) fn forward(_plugin: &Messages, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let wanted = request.json::<Form>()?.wanted()?;
    let session = &request.session()?.id;
    let mut results = Vec::with_capacity(wanted.to.len());
    let (mut count, mut first_refusal) = (0, None);
    let until = host.now_ms() + FORWARD_BUDGET_MS;
    for to in &wanted.to {
        if host.now_ms() > until {
            let error = Error::Host(HostError::Timeout(
                "not tried, the others took too long".to_owned(),
            ));
            results.push(refused(to, &error));
            continue;
        }
        match host.forward_message(session, &wanted.from, &wanted.id, to) {
            Ok(sent) => {
                count += 1;
                results.push(json!({ "jid": to, "success": true, "messageId": sent.id, "error": null }));
            }
            // It would be the same for everybody.
            Err(error) if count == 0 && is_about_the_message(&error) => return Err(error.into()),
            Err(error) => {
                let error = Error::from(error);
                results.push(refused(to, &error));
                first_refusal.get_or_insert(error);
            }
        }
    }
    match first_refusal {
        Some(error) if count == 0 => Err(error),
        _ => {
            let message = format!("Message forwarded to {count} recipient(s)");
            Response::data(&message, &json!({ "results": results }))
        }
    }
}

fn refused(to: &str, error: &Error) -> Value {
    let text = match error {
        Error::Host(HostError::Internal(_)) => "Internal Server Error".to_owned(),
        other => other.to_string(),
    };
    json!({ "jid": to, "success": false, "messageId": null, "error": text })
}

fn is_about_the_message(error: &HostError) -> bool {
    matches!(
        error,
        HostError::NotFound(_)
            | HostError::Denied(_)
            | HostError::RateLimited { .. }
            | HostError::Unavailable { .. }
    )
}

impl Form {
    fn wanted(self) -> Result<Wanted, Error> {
        let from = self.from_jid.filter(|jid| !jid.is_empty());
        let id = self.message_id.filter(|id| !id.is_empty());
        let (Some(from), Some(id), Some(to)) = (from, id, self.to_jids) else {
            return Err(Error::bad_request(
                "fromJid, messageId, and toJids (array) are required",
            ));
        };
        let written = match to {
            Recipients::Many(list) => list,
            Recipients::One(one) => vec![one],
        };
        if written.is_empty() {
            return Err(Error::bad_request("At least one recipient is required"));
        }
        if written.len() > MAX_FORWARDS {
            return Err(Error::bad_request(format!(
                "toJids: at most {MAX_FORWARDS} recipients; a broadcast reaches more"
            )));
        }
        let mut to = Vec::with_capacity(written.len());
        for (n, text) in written.iter().enumerate() {
            let jid = jid::recipient(text, &format!("toJids[{n}]"))?;
            if !to.contains(&jid) {
                to.push(jid);
            }
        }
        fields::is_message_id(&id, "messageId")?;
        Ok(Wanted {
            from: fields::chat_of(&from, "fromJid")?,
            id,
            to,
        })
    }
}
