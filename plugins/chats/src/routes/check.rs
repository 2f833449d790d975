//! `POST /api/chat/{sessionId}/check`

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wagate_plugin_api::contacts::PresenceOnWhatsapp;
use wagate_plugin_api::{Error, Host, Request, Response, ext, jid, lenient};

use crate::Chats;

/// As the contract has it.
const MAX_NUMBERS: usize = 50;
const BAD_NUMBER: &str = "Invalid number format";

#[derive(Debug, Deserialize)]
struct Form {
    #[serde(default, deserialize_with = "lenient")]
    numbers: Option<Vec<Value>>,
}

#[derive(Debug, Serialize)]
struct Found {
    number: String,
    exists: bool,
    jid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(crate) fn check(_plugin: &Chats, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let numbers = request.json::<Form>()?.numbers;
    let numbers = numbers.ok_or_else(|| Error::bad_request("numbers (array) is required"))?;
    if numbers.is_empty() {
        return Err(Error::bad_request("At least one number is required"));
    }
    if numbers.len() > MAX_NUMBERS {
        return Err(Error::bad_request(format!(
            "Maximum {MAX_NUMBERS} numbers per request"
        )));
    }
    // One that is none does not spoil the others, and WhatsApp is not asked about it.
    let numbers: Vec<String> = numbers.iter().map(written).collect();
    let askable: Vec<String> = numbers
        .iter()
        .filter(|number| is_person(number))
        .cloned()
        .collect();
    let answers = if askable.is_empty() {
        Vec::new()
    } else {
        host.contacts_check(&request.session()?.id, &askable)?
    };
    let mut answers = answers.into_iter();
    let results: Vec<Found> = numbers
        .into_iter()
        .map(|number| {
            let answer = if is_person(&number) { answers.next() } else { None };
            Found::of(number, answer)
        })
        .collect();
    Response::with_fields(&json!({
        "message": "Numbers checked successfully", "results": results, "data": { "results": results },
    }))
}

/// Some clients write numbers as numbers.
fn written(number: &Value) -> String {
    match number {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_person(number: &str) -> bool {
    jid::recipient(number, "numbers").is_ok_and(|jid| !jid::is_group(&jid))
}

impl Found {
    fn of(number: String, answer: Option<PresenceOnWhatsapp>) -> Self {
        let Some(answer) = answer else {
            return Self {
                number,
                exists: false,
                jid: None,
                lid: None,
                error: Some(BAD_NUMBER.to_owned()),
            };
        };
        let known = |key: &str| ext(&answer.ext, key).map(str::to_owned);
        Self {
            number,
            exists: answer.exists,
            lid: known("lid"),
            error: known("error"),
            jid: answer.jid.filter(|_| answer.exists),
        }
    }
}
