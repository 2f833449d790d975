//! A file as an answer: streamed, in parts where parts are asked for, with headers that keep a browser from running it.

use std::ops::RangeInclusive;
use std::path::Path;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, SeekFrom};
use tokio_util::io::ReaderStream;
use wagate_media::{names, sniff};

use super::error::ApiError;

/// What is read at once.
const CHUNK: usize = 64 * 1024;
/// Whatever it is, it runs no script, loads nothing and is alone.
const POLICY: &str = "default-src 'none'; sandbox";

/// A file to answer with.
pub(crate) struct Download<'a> {
    pub(crate) path: &'a Path,
    pub(crate) mime: &'a str,
    pub(crate) name: Option<&'a str>,
    /// Of its content.
    pub(crate) sha256: &'a str,
    /// Offered for download whatever it is.
    pub(crate) is_attachment: bool,
}

/// What the client already has, and what it wants.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    range: Option<HeaderValue>,
    if_range: Option<HeaderValue>,
    if_none_match: Option<HeaderValue>,
}

impl Wanted {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self {
            range: headers.get(header::RANGE).cloned(),
            if_range: headers.get(header::IF_RANGE).cloned(),
            if_none_match: headers.get(header::IF_NONE_MATCH).cloned(),
        }
    }

    fn has(&self, tag: &str) -> bool {
        let given = self.if_none_match.as_ref().and_then(|value| value.to_str().ok());
        given.is_some_and(|given| {
            given
                .split(',')
                .any(|one| one.trim() == "*" || one.trim().trim_start_matches("W/") == tag)
        })
    }

    /// The part that is wanted; none: all of it. Several parts at once are not worth a multipart answer.
    fn part(&self, length: u64, tag: &str) -> Result<Option<RangeInclusive<u64>>, Unsatisfiable> {
        let is_current = self
            .if_range
            .as_ref()
            .is_none_or(|given| given.as_bytes() == tag.as_bytes());
        let asked = self.range.as_ref().and_then(|value| value.to_str().ok());
        let Some(parsed) = asked
            .filter(|_| is_current)
            .and_then(|text| http_range_header::parse_range_header(text).ok())
        else {
            return Ok(None);
        };
        if parsed.ranges.len() > 1 {
            return Ok(None);
        }
        let mut parts = parsed.validate(length).map_err(|_| Unsatisfiable)?;
        Ok(parts.pop())
    }
}

/// No byte of the file is in the range.
#[derive(Debug, PartialEq, Eq)]
struct Unsatisfiable;

/// The answer. The file may be deleted meanwhile: what was opened is read to its end.
pub(crate) async fn answer(download: Download<'_>, wanted: &Wanted) -> Result<Response, ApiError> {
    let missing = |error: std::io::Error| {
        tracing::error!(%error, "a file could not be opened");
        ApiError::new(StatusCode::NOT_FOUND, "not_found", "File not found")
    };
    let mut file = tokio::fs::File::open(download.path).await.map_err(missing)?;
    let length = file.metadata().await.map_err(missing)?.len();
    let tag = format!("\"{}\"", download.sha256);
    if wanted.has(&tag) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        set(&mut response, header::ETAG, &tag);
        set(&mut response, header::CACHE_CONTROL, CACHE);
        return Ok(response);
    }
    let part = match wanted.part(length, &tag) {
        Ok(part) => part,
        Err(Unsatisfiable) => {
            let refusal = ApiError::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "range_not_satisfiable",
                format!("The file has {length} bytes"),
            );
            let mut response = refusal.into_response();
            set(&mut response, header::CONTENT_RANGE, &format!("bytes */{length}"));
            return Ok(response);
        }
    };
    let (status, start, count) = match &part {
        Some(part) => (
            StatusCode::PARTIAL_CONTENT,
            *part.start(),
            (part.end() - part.start()).saturating_add(1),
        ),
        None => (StatusCode::OK, 0, length),
    };
    if start > 0 {
        file.seek(SeekFrom::Start(start)).await.map_err(missing)?;
    }
    let stream = ReaderStream::with_capacity(file.take(count), CHUNK);
    let mut response = Response::new(Body::from_stream(stream));
    *response.status_mut() = status;
    if part.is_some() {
        let last = start + count.saturating_sub(1);
        set(
            &mut response,
            header::CONTENT_RANGE,
            &format!("bytes {start}-{last}/{length}"),
        );
    }
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(count));
    let is_attachment = download.is_attachment || !sniff::is_shown_in_place(download.mime);
    for (name, value) in [
        (header::CONTENT_TYPE, content_type(download.mime)),
        (
            header::CONTENT_DISPOSITION,
            names::disposition(is_attachment, download.name),
        ),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, tag),
        (header::CACHE_CONTROL, CACHE.to_owned()),
        (header::VARY, VARY.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
    ] {
        set(&mut response, name, &value);
    }
    Ok(response)
}

/// The contract's.
const CACHE: &str = "private, max-age=3600";
/// What a browser has kept is of that login only.
const VARY: &str = "cookie, x-api-key";

/// Text is text in UTF-8, and HTML is nothing a browser should take for a page of ours.
fn content_type(mime: &str) -> String {
    match sniff::essence(mime) {
        "text/html"
        | "application/xhtml+xml"
        | "image/svg+xml"
        | "application/xml"
        | "application/javascript" => sniff::UNKNOWN.to_owned(),
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        _ => mime.to_owned(),
    }
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    // A type or name of ours always fits; one that does not is left out.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
    use axum::response::Response;

    use super::{Download, Wanted, answer};

    async fn ask(content: &[u8], mime: &str, headers: &[(&'static str, &str)]) -> (Response, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, content).unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let download = Download {
            path: &path,
            mime,
            name: Some("a b.png"),
            sha256: "abc",
            is_attachment: false,
        };
        let mut response = answer(download, &Wanted::of(&map)).await.unwrap();
        let body = std::mem::take(response.body_mut());
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec();
        (response, body)
    }

    fn text(response: &Response, name: header::HeaderName) -> String {
        response.headers()[name].to_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn parts_come_as_they_are_asked_for() {
        for (range, status, content, place) in [
            (None, 200, "0123456789", None),
            (Some("bytes=0-3"), 206, "0123", Some("bytes 0-3/10")),
            (Some("bytes=4-"), 206, "456789", Some("bytes 4-9/10")),
            (Some("bytes=-2"), 206, "89", Some("bytes 8-9/10")),
            (Some("bytes=8-100"), 206, "89", Some("bytes 8-9/10")),
            (Some("bytes=0-0,5-6"), 200, "0123456789", None),
            (Some("lines=1-2"), 200, "0123456789", None),
            (Some("bytes=10-"), 416, "", Some("bytes */10")),
            (Some("bytes=9-1"), 416, "", Some("bytes */10")),
        ] {
            let headers: Vec<_> = range.map(|range| ("range", range)).into_iter().collect();
            let (response, body) = ask(b"0123456789", "image/png", &headers).await;
            assert_eq!(response.status().as_u16(), status, "{range:?}");
            assert_eq!(body, content.as_bytes(), "{range:?}");
            let found = response.headers().get(header::CONTENT_RANGE);
            assert_eq!(found.map(|value| value.to_str().unwrap()), place, "{range:?}");
            if status != 416 {
                assert_eq!(text(&response, header::CONTENT_LENGTH), content.len().to_string());
            }
        }
        let stale = [("range", "bytes=0-3"), ("if-range", "\"other\"")];
        assert_eq!(
            ask(b"0123456789", "image/png", &stale).await.0.status(),
            StatusCode::OK
        );
        let current = [("range", "bytes=0-3"), ("if-range", "\"abc\"")];
        assert_eq!(ask(b"0123456789", "image/png", &current).await.0.status(), 206);
        let known = [("if-none-match", "W/\"x\", \"abc\"")];
        assert_eq!(ask(b"0123456789", "image/png", &known).await.0.status(), 304);
        assert_eq!(ask(b"", "image/png", &[]).await.0.status(), 200);
    }

    #[tokio::test]
    async fn no_browser_runs_what_a_stranger_sent() {
        let (response, _) = ask(b"x", "image/png", &[]).await;
        assert_eq!(
            text(&response, header::CONTENT_DISPOSITION),
            "inline; filename=\"a b.png\""
        );
        for mime in [
            "text/html",
            "image/svg+xml",
            "application/xml",
            "application/javascript",
            "text/plain",
        ] {
            let (response, _) = ask(b"<script>", mime, &[]).await;
            let disposition = text(&response, header::CONTENT_DISPOSITION);
            assert!(disposition.starts_with("attachment"), "{mime}: {disposition}");
            assert_eq!(text(&response, header::X_CONTENT_TYPE_OPTIONS), "nosniff");
            assert!(text(&response, header::CONTENT_SECURITY_POLICY).contains("sandbox"));
            let kind = text(&response, header::CONTENT_TYPE);
            assert!(
                !["html", "svg", "xml", "javascript"]
                    .iter()
                    .any(|bad| kind.contains(bad)),
                "{kind}"
            );
        }
    }
}
