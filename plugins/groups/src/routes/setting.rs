//! `PUT /api/groups/{sessionId}/{jid}/settings`

use serde::Deserialize;
use serde_json::{Value, json};
use wagate_plugin_api::groups::Setting;
use wagate_plugin_api::{Error, Host, Request, Response, lenient};

use crate::{Groups, named, refusal};

/// The contract's words.
const WORDS: [(&str, Setting); 4] = [
    ("announcement", Setting::Announce(true)),
    ("not_announcement", Setting::Announce(false)),
    ("locked", Setting::Restrict(true)),
    ("unlocked", Setting::Restrict(false)),
];

/// `setting`, or the settings by their names.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Form {
    setting: Option<Value>,
    /// The word says all: only its type matters.
    value: Option<Switch>,
    #[serde(deserialize_with = "lenient")]
    announce: Option<Switch>,
    #[serde(deserialize_with = "lenient")]
    restrict: Option<Switch>,
    #[serde(deserialize_with = "lenient")]
    join_approval: Option<Switch>,
}

/// Forms of the n8n node have texts only.
#[derive(Deserialize)]
#[serde(untagged, expecting = "must be true or false")]
enum Switch {
    Is(bool),
    Says(Word),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    True,
    False,
}

impl Switch {
    fn on(&self) -> bool {
        matches!(self, Self::Is(true) | Self::Says(Word::True))
    }
}

pub(crate) fn update(_plugin: &Groups, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let asked = request.json::<Form>()?.asked()?;
    let group = named::group(request)?;
    let session = &request.session()?.id;
    for (_, setting) in &asked {
        refusal::as_admin(host.group_set(session, &group, *setting), "update group settings")?;
    }
    let words: Vec<&str> = asked.iter().map(|(word, _)| *word).collect();
    let setting = words.join(",");
    Response::with_fields(&json!({
        "message": format!("Group setting '{setting}' updated successfully"),
        "setting": setting,
    }))
}

impl Form {
    /// What is to be set, each with its word.
    fn asked(self) -> Result<Vec<(&'static str, Setting)>, Error> {
        match self.setting {
            Some(Value::String(word)) if !word.is_empty() => {
                let found = WORDS.into_iter().find(|(known, _)| *known == word);
                return Ok(vec![found.ok_or_else(invalid)?]);
            }
            None | Some(Value::Null | Value::String(_)) => {}
            Some(_) => return Err(invalid()),
        }
        let word = |on: bool, yes: &'static str, no: &'static str| if on { yes } else { no };
        let announce = self.announce.map(|switch| {
            let on = switch.on();
            (
                word(on, "announcement", "not_announcement"),
                Setting::Announce(on),
            )
        });
        let restrict = self.restrict.map(|switch| {
            let on = switch.on();
            (word(on, "locked", "unlocked"), Setting::Restrict(on))
        });
        let approval = self.join_approval.map(|switch| {
            let on = switch.on();
            (
                word(on, "join_approval", "no_join_approval"),
                Setting::JoinApproval(on),
            )
        });
        let asked: Vec<_> = announce.into_iter().chain(restrict).chain(approval).collect();
        if asked.is_empty() {
            return Err(Error::bad_request("setting is required"));
        }
        Ok(asked)
    }
}

fn invalid() -> Error {
    let words = WORDS.map(|(word, _)| word).join(", ");
    Error::bad_request(format!("Invalid setting. Must be one of: {words}"))
}
