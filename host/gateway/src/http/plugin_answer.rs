//! A plugin's answer as it leaves the gateway: what it says, within what an answer of ours may be.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use serde_json::Value;
use wagate_media::sniff;
use wagate_plugin_host::HttpResponse;

use super::error;

/// The longest error of a plugin that is looked into.
const MAX_ERROR_BODY: usize = 64 * 1024;
/// A page of a plugin's has the origin of the dashboard, and the login of whoever opens it: it can be looked at, and nothing in
/// it runs, is loaded or is sent.
const PAGE_OF_A_PLUGIN: HeaderValue = HeaderValue::from_static(
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; \
     frame-ancestors 'none'",
);

/// What browsers show as text, or not at all. Without a content type an answer is text to them (`nosniff`).
const DATA: [&str; 8] = [
    "application/json",
    "application/octet-stream",
    "application/x-ndjson",
    "application/zip",
    "text/calendar",
    "text/csv",
    "text/plain",
    "text/vcard",
];

/// The answer of a plugin, made into one of ours.
pub(super) fn response(answer: HttpResponse, request_id: Option<&str>) -> Response {
    let body = match request_id {
        Some(id) if answer.status >= 400 => error_with_id(answer.status, &answer.body, id),
        _ => None,
    };
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let body = match status {
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED => Bytes::new(),
        _ => body.unwrap_or(answer.body),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in answer.headers {
        // What is no header is left out: the plugin's answer is worth more than one line of it.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    if headers.get(header::CONTENT_TYPE).is_some_and(may_be_page) {
        headers.insert(header::CONTENT_SECURITY_POLICY, PAGE_OF_A_PLUGIN);
    }
    response
}

/// What a browser may make a page of: all but what is known as something else. Browsers read what is no content type in
/// ways of their own, and of several the last.
fn may_be_page(kind: &HeaderValue) -> bool {
    let Some(kind) = kind.to_str().ok().filter(|kind| !kind.contains(',')) else {
        return true;
    };
    let kind = sniff::essence(kind).to_ascii_lowercase();
    !sniff::is_shown_in_place(&kind) && !DATA.contains(&kind.as_str())
}

/// A plugin's own error with what every error of the API has: a code, and the request's id. None when it is no object.
fn error_with_id(status: u16, body: &Bytes, request_id: &str) -> Option<Bytes> {
    if body.len() > MAX_ERROR_BODY {
        return None;
    }
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(body) else {
        return None;
    };
    fields
        .entry("code")
        .or_insert_with(|| Value::from(error::code_of(status)));
    fields.insert("requestId".to_owned(), Value::from(request_id));
    Some(Value::Object(fields).to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, kind: &str) -> Response {
        let answer = HttpResponse {
            status,
            headers: vec![("content-type".to_owned(), kind.to_owned())],
            body: Bytes::from_static(b"<script>alert(1)</script>"),
        };
        response(answer, None)
    }

    #[test]
    fn nothing_runs_in_a_page_of_a_plugin() {
        let kinds = [
            "text/html",
            "Text/HTML; charset=utf-8",
            "image/svg+xml",
            "application/xml",
            "text/html; x=\u{e9}",
            "text/plain, text/html",
            "text/html,text/html",
            "text/plain;x=,text/html",
            "text/unheard-of",
            "",
        ];
        for kind in kinds {
            let answer = answered(200, kind);
            let policy = &answer.headers()[header::CONTENT_SECURITY_POLICY];
            assert!(policy.to_str().unwrap().starts_with("sandbox;"), "{kind}");
        }
        for kind in ["application/json", "text/plain; charset=utf-8", "image/png"] {
            // The usual one is added to it.
            let answer = answered(200, kind);
            assert!(
                !answer.headers().contains_key(header::CONTENT_SECURITY_POLICY),
                "{kind}"
            );
        }
    }

    #[tokio::test]
    async fn a_status_without_a_body_has_none() {
        for status in [204, 205, 304] {
            let body = answered(status, "text/plain").into_body();
            assert!(
                axum::body::to_bytes(body, 1000).await.unwrap().is_empty(),
                "{status}"
            );
        }
    }
}
