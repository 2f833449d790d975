//! `PUT /api/groups/{sessionId}/{jid}/members`

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wagate_plugin_api::groups::{MemberAction, MemberResult};
use wagate_plugin_api::{Error, Host, Request, Response, ext, lenient};

use super::invite::url_of;
use crate::{Groups, named, refusal};

/// What a person's result says when it was done.
const DONE: &str = "200";

/// The contract's words, and what was done then.
const ACTIONS: [(&str, MemberAction, &str); 4] = [
    ("add", MemberAction::Add, "added"),
    ("remove", MemberAction::Remove, "removed"),
    ("promote", MemberAction::Promote, "promoted"),
    ("demote", MemberAction::Demote, "demoted"),
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    #[serde(deserialize_with = "lenient")]
    action: Option<String>,
    #[serde(deserialize_with = "lenient")]
    participants: Option<Vec<Value>>,
}

/// 200 also when some, or all, were refused: what became of each stands in `result`.
pub(crate) fn update(_plugin: &Groups, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let form: Form = request.json()?;
    let (Some(word), Some(written)) = (form.action.filter(|word| !word.is_empty()), form.participants) else {
        return Err(Error::bad_request("action and participants (array) are required"));
    };
    let known = ACTIONS.into_iter().find(|(known, ..)| *known == word);
    let (_, action, done) = known.ok_or_else(invalid)?;
    if written.is_empty() {
        return Err(Error::bad_request("Participants array cannot be empty"));
    }
    let people = named::people(&written, |_| Ok(()))?;
    let group = named::group(request)?;
    let changed = host.group_members(&request.session()?.id, &group, action, &people);
    let changed = refusal::as_admin(changed, "update group members")?;
    let count = changed.iter().filter(|result| result.status == DONE).count();
    let message = if count == changed.len() {
        format!("Successfully {done} participants")
    } else {
        format!("{count} of {} participants {done}: see result", changed.len())
    };
    let result: Vec<Told> = changed.into_iter().map(|result| Told::of(result, done)).collect();
    Response::with_fields(&json!({ "message": message, "result": result }))
}

/// What became of one person.
#[derive(Serialize)]
struct Told {
    status: String,
    jid: String,
    /// For people.
    text: String,
    /// The server's answer as Baileys shows it.
    content: Value,
    #[serde(flatten)]
    invite: Option<Invite>,
}

/// For somebody who may only be invited.
#[derive(Serialize)]
struct Invite {
    #[serde(rename = "inviteCode")]
    code: String,
    #[serde(rename = "inviteUrl")]
    url: String,
    /// Seconds since 1970.
    #[serde(rename = "inviteExpiration")]
    expiration: Option<u64>,
}

impl Told {
    fn of(result: MemberResult, done: &str) -> Self {
        let MemberResult {
            jid,
            status,
            ext: known,
        } = result;
        let code = ext(&known, "inviteCode");
        let text = match (&*status, code) {
            (DONE, _) => done.to_owned(),
            (status, Some(_)) => format!("refused with {status}: may only be invited"),
            (status, None) => format!("refused with {status}"),
        };
        let attrs = if status == DONE {
            json!({ "jid": jid })
        } else {
            json!({ "jid": jid, "error": status })
        };
        let expiration = ext(&known, "inviteExpiration");
        let content = match code {
            None => json!({ "tag": "participant", "attrs": attrs }),
            Some(code) => {
                let request = json!({ "code": code, "expiration": expiration });
                let request = json!([{ "tag": "add_request", "attrs": request }]);
                json!({ "tag": "participant", "attrs": attrs, "content": request })
            }
        };
        let invite = code.map(|code| Invite {
            code: code.to_owned(),
            url: url_of(code),
            expiration: expiration.and_then(|text| text.parse().ok()),
        });
        Self {
            status,
            jid,
            text,
            content,
            invite,
        }
    }
}

fn invalid() -> Error {
    let words = ACTIONS.map(|(word, ..)| word).join(", ");
    Error::bad_request(format!("Invalid action. Must be one of: {words}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_can_be_done_instead() {
        let refused = |ext: &[(&str, &str)]| {
            let result = MemberResult {
                jid: "12025550101@s.whatsapp.net".to_owned(),
                status: "403".to_owned(),
                ext: ext
                    .iter()
                    .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                    .collect(),
            };
            serde_json::to_value(Told::of(result, "added")).unwrap()
        };
        let attrs = json!({ "jid": "12025550101@s.whatsapp.net", "error": "403" });
        let plain = json!({
            "status": "403", "jid": "12025550101@s.whatsapp.net", "text": "refused with 403",
            "content": { "tag": "participant", "attrs": attrs },
        });
        assert_eq!(refused(&[]), plain);
        let request = json!({ "code": "CODE", "expiration": "1760000000" });
        let invited = json!({
            "status": "403", "jid": "12025550101@s.whatsapp.net", "text": "refused with 403: may only be invited",
            "content": {
                "tag": "participant", "attrs": attrs, "content": [{ "tag": "add_request", "attrs": request }],
            },
            "inviteCode": "CODE", "inviteUrl": "https://chat.whatsapp.com/CODE", "inviteExpiration": 1_760_000_000,
        });
        assert_eq!(
            refused(&[("inviteCode", "CODE"), ("inviteExpiration", "1760000000")]),
            invited
        );
    }
}
