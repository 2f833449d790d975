//! `GET /api/example/{sessionId}/history/{chat}?limit=20&before=ID&fromMe=true`: a parameter of the path, and the query
//! as a type.

use serde::{Deserialize, Serialize};
use wagate_plugin_api::{Error, Host, Message, Request, Response, iso8601};

use crate::Example;

const MAX_LIMIT: u32 = 100;

/// The query. A field that does not fit is refused by its name.
#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct Filter {
    limit: u32,
    before: Option<String>,
    from_me: Option<bool>,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            limit: 20,
            before: None,
            from_me: None,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    id: String,
    from_me: bool,
    text: Option<String>,
    at: String,
}

pub(crate) fn history(_plugin: &Example, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let chat = request.param("chat")?;
    let filter: Filter = request.query_as()?;
    if !(1..=MAX_LIMIT).contains(&filter.limit) {
        return Err(Error::bad_request(format!("limit: 1 to {MAX_LIMIT}")));
    }
    let messages = host.messages(&session.id, chat, filter.before.as_deref(), filter.limit)?;
    let wanted = messages
        .into_iter()
        .filter(|message| filter.from_me.is_none_or(|from_me| message.from_me == from_me));
    Response::data_only(&wanted.map(line).collect::<Vec<Line>>())
}

fn line(message: Message) -> Line {
    Line {
        id: message.id,
        from_me: message.from_me,
        text: message.content,
        at: iso8601(message.timestamp_ms),
    }
}

#[cfg(test)]
mod tests {
    use wagate_plugin_api::testing::{FakeHost, request};
    use wagate_plugin_api::{Message, Request};

    use crate::tests::answer;

    const CHAT: &str = "15550100@s.whatsapp.net";

    fn asked(query: &str) -> Request {
        let params = [("sessionId", "shop"), ("chat", CHAT)];
        Request {
            query: Some(query.to_owned()),
            ..request("GET", "/api/example/{sessionId}/history/{chat}", &params, None)
        }
    }

    fn message(id: &str, from_me: bool) -> Message {
        Message {
            id: id.to_owned(),
            chat: CHAT.to_owned(),
            from_me,
            ..Message::default()
        }
    }

    #[test]
    fn the_query_narrows_what_is_shown() {
        let mut host = FakeHost::default();
        host.messages = vec![message("1", true), message("2", false), message("3", true)];
        let ids = |query: &str| -> Vec<String> {
            let (_, answer) = answer(&host, &asked(query));
            let lines = answer["data"].as_array().unwrap();
            lines
                .iter()
                .map(|line| line["id"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(ids(""), ["1", "2", "3"]);
        assert_eq!(ids("limit=2"), ["2", "3"]);
        assert_eq!(ids("fromMe=true"), ["1", "3"]);
    }

    #[test]
    fn a_field_that_does_not_fit_is_named() {
        for (query, field) in [
            ("limit=many", "limit: "),
            ("limit=1000", "limit: "),
            ("size=1", "unknown field `size`"),
        ] {
            let (status, answer) = answer(&FakeHost::default(), &asked(query));
            let message = answer["message"].as_str().unwrap();
            assert!(status == 400 && message.contains(field), "{status} {message}");
        }
    }
}
