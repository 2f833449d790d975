//! `POST /api/messages/{sessionId}/{jid}/poll`

use serde::Deserialize;
use serde_json::Value;
use wagate_plugin_api::messages::{Content, Poll};
use wagate_plugin_api::{Error, Host, Request, Response, lenient};

use crate::limits::{MAX_OPTION, MAX_QUESTION, POLL_OPTIONS};
use crate::{Messages, fields};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Form {
    #[serde(default, deserialize_with = "lenient")]
    question: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    options: Option<Vec<String>>,
    selectable_count: Option<Value>,
}

pub(crate) fn poll(_plugin: &Messages, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let poll = request.json::<Form>()?.poll()?;
    let to = fields::recipient(request)?;
    let session = &request.session()?.id;
    let sent = host.send(session, &to, &Content::Poll(poll), &fields::plain())?;
    fields::done(&sent)
}

impl Form {
    fn poll(self) -> Result<Poll, Error> {
        let question = self.question.filter(|question| !question.trim().is_empty());
        let (Some(question), Some(choices)) = (question, self.options) else {
            return Err(Error::bad_request("question and options (array) are required"));
        };
        if !POLL_OPTIONS.contains(&choices.len()) {
            let (least, most) = (POLL_OPTIONS.start(), POLL_OPTIONS.end());
            return Err(Error::bad_request(format!(
                "Poll must have between {least} and {most} options"
            )));
        }
        let selectable = match &self.selectable_count {
            None | Some(Value::Null) => Some(1),
            Some(written) => written.as_u64().filter(|count| *count > 0),
        };
        let selectable = selectable.and_then(|count| u32::try_from(count).ok());
        let selectable = selectable
            .filter(|count| *count as usize <= choices.len())
            .ok_or_else(|| Error::bad_request("selectableCount must be between 1 and number of options"))?;
        fields::at_most(&question, MAX_QUESTION, "question")?;
        for (n, choice) in choices.iter().enumerate() {
            let field = format!("options[{n}]");
            if choice.trim().is_empty() {
                return Err(Error::bad_request(format!("{field}: must not be empty")));
            }
            fields::at_most(choice, MAX_OPTION, &field)?;
            if choices.iter().take(n).any(|earlier| earlier == choice) {
                return Err(Error::bad_request(format!(
                    "{field}: is there twice; no two options may be alike"
                )));
            }
        }
        Ok(Poll {
            question,
            choices,
            selectable,
            ext: Vec::new(),
        })
    }
}
