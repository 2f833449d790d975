//! `GET /api/contacts/{sessionId}`

use serde_json::json;
use wagate_plugin_api::contacts::Contact;
use wagate_plugin_api::history::SearchQuery;
use wagate_plugin_api::paging::{Page, PageSize};
use wagate_plugin_api::{Error, Host, HostError, Request, Response};

use crate::Contacts;
use crate::row::ContactRow;

/// Contacts of a page when the client does not say.
const DEFAULT_LIMIT: u32 = 10;
/// What the host gives at once.
const MAX_CALL: u32 = 1000;
/// Longest text that is looked for, in characters.
const MAX_SEARCH: usize = 256;
/// The limit that asks for everything.
const ALL: &str = "all";

/// By name. `limit=all` is the longest page there is: `meta` says whether it holds everybody.
pub(crate) fn list(plugin: &Contacts, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let page = page(plugin, request)?;
    let search = request
        .query("search")
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty());
    if search
        .as_ref()
        .is_some_and(|text| text.chars().count() > MAX_SEARCH)
    {
        return Err(Error::bad_request(format!(
            "search: at most {MAX_SEARCH} characters"
        )));
    }
    let session = &request.session()?.id;
    let total = host.contacts_count(session, search.as_deref())?;
    let found = contacts(host, session, search.as_deref(), page)?;
    let mut rows = Vec::with_capacity(found.len());
    for contact in found {
        let messages = messages(host, session, &contact.jid)?;
        rows.push(ContactRow::of(contact, session, messages));
    }
    Response::with_fields(&json!({
        "message": "Contacts retrieved successfully",
        "data": rows,
        "meta": {
            "total": total,
            "page": page.number,
            "limit": page.limit,
            "totalPages": page.pages(total),
        },
    }))
}

fn page(plugin: &Contacts, request: &Request) -> Result<Page, Error> {
    let max = plugin.max_contacts;
    let size = PageSize {
        default: DEFAULT_LIMIT.min(max),
        max,
    };
    if request.query("limit").as_deref() != Some(ALL) {
        return Page::of(request, size);
    }
    // Read again without the word.
    let number = request.query("page").unwrap_or_default();
    let asked = Request {
        query: Some(format!("page={number}&limit={max}")),
        ..Request::default()
    };
    Page::of(&asked, size)
}

fn contacts(
    host: &dyn Host,
    session: &str,
    search: Option<&str>,
    page: Page,
) -> Result<Vec<Contact>, HostError> {
    let mut found: Vec<Contact> = Vec::new();
    let mut left = page.limit;
    let mut offset = page.offset();
    while left > 0 {
        let asked = left.min(MAX_CALL);
        let some = host.contacts(session, search, offset, asked)?;
        let count = u32::try_from(some.len()).unwrap_or(u32::MAX);
        found.extend(some);
        if count < asked {
            break;
        }
        left = left.saturating_sub(count);
        offset = offset.saturating_add(count);
    }
    Ok(found)
}

/// In the chat with this person.
fn messages(host: &dyn Host, session: &str, chat: &str) -> Result<u64, HostError> {
    let query = SearchQuery {
        text: String::new(),
        chat: Some(chat.to_owned()),
        kind: None,
        from_me: None,
        offset: 0,
        limit: 1,
        ext: Vec::new(),
    };
    host.count_messages(session, &query)
}
