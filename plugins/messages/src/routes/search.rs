//! `GET /api/messages/{sessionId}/search`

use serde::Serialize;
use serde_json::{Value, json};
use wagate_plugin_api::history::SearchQuery;
use wagate_plugin_api::paging::{Page, PageSize};
use wagate_plugin_api::{Error, Host, MessageRow, Request, Response, history};

use crate::limits::MAX_SEARCH;
use crate::{Messages, fields};

const SIZE: PageSize = PageSize {
    default: 20,
    max: 100,
};
const TYPES: [&str; 8] = [
    "TEXT", "IMAGE", "VIDEO", "AUDIO", "DOCUMENT", "STICKER", "LOCATION", "CONTACT",
];

/// The contract's `MessageSearchRow`; `contract` is how it writes "contact".
#[derive(Serialize)]
struct Hit {
    #[serde(flatten)]
    row: MessageRow,
    contract: Value,
}

pub(crate) fn search(_plugin: &Messages, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let page = Page::of(request, SIZE)?;
    let query = query(request, page)?;
    let session = &request.session()?.id;
    let total = host.count_messages(session, &query)?;
    let found: Vec<history::Message> = host.search(session, &query)?;
    let rows: Vec<Hit> = found
        .into_iter()
        .map(|message| Hit::of(MessageRow::of(message.into(), session)))
        .collect();
    Response::with_fields(&json!({
        "message": "Messages successfully retrieved",
        "data": rows,
        "pagination": { "total": total, "page": page.number, "limit": page.limit, "pages": page.pages(total) },
    }))
}

fn query(request: &Request, page: Page) -> Result<SearchQuery, Error> {
    let asked = |name: &str| request.query(name).filter(|text| !text.is_empty());
    let (text, chat) = (asked("q"), asked("jid"));
    if text.is_none() && chat.is_none() {
        return Err(Error::bad_request(
            "At least one of 'q' (search query) or 'jid' is required",
        ));
    }
    let text = text.unwrap_or_default();
    fields::at_most(&text, MAX_SEARCH, "q")?;
    let kind = asked("type").map(|kind| kind.to_ascii_uppercase());
    if kind.as_deref().is_some_and(|kind| !TYPES.contains(&kind)) {
        return Err(Error::bad_request(format!(
            "type: must be one of {}",
            TYPES.join(", ")
        )));
    }
    let from_me = match asked("fromMe").as_deref() {
        None => None,
        Some("true" | "1") => Some(true),
        Some("false" | "0") => Some(false),
        Some(_) => return Err(Error::bad_request("fromMe: must be true or false")),
    };
    Ok(SearchQuery {
        text,
        chat,
        kind,
        from_me,
        offset: page.offset(),
        limit: page.limit,
        ext: Vec::new(),
    })
}

impl Hit {
    fn of(row: MessageRow) -> Self {
        let is_known = row.sender_name.is_some() || row.push_name.is_some();
        let contract = if is_known {
            json!({ "name": row.sender_name, "notify": row.push_name, "verifiedName": null, "profilePic": null })
        } else {
            Value::Null
        };
        Self { row, contract }
    }
}
