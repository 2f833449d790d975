//! The dashboard: the built page in `host/dashboard/dist`, served from the binary. It holds nothing of anybody; what it
//! shows it asks the API for, with the login of whoever looks at it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};

use crate::http::error::ApiError;

/// One file of the page.
struct Asset {
    /// The path it is served under.
    path: &'static str,
    content: &'static [u8],
    /// The same, compressed.
    gzip: &'static [u8],
    /// Of the content, quoted.
    etag: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/dashboard.rs"));

/// Only what this binary brings runs, and no text becomes markup.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
     connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
);
/// Names under `/assets/` carry a hash: another content has another name.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// The next version of the gateway brings its own.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// Answers with the file of this path.
pub(crate) async fn handle(uri: Uri, headers: HeaderMap) -> Response {
    match ASSETS.iter().find(|asset| asset.path == uri.path()) {
        Some(asset) => answer(asset, &headers),
        None => ApiError::not_found().into_response(),
    }
}

fn answer(asset: &Asset, asked: &HeaderMap) -> Response {
    let text = |name: HeaderName| {
        asked
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let cache = if asset.path.starts_with("/assets/") {
        FOR_EVER
    } else {
        ASK_AGAIN
    };
    let usual = [
        (header::CACHE_CONTROL, cache),
        (header::ETAG, HeaderValue::from_static(asset.etag)),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    if text(header::IF_NONE_MATCH)
        .split(',')
        .any(|etag| etag.trim() == asset.etag)
    {
        return (StatusCode::NOT_MODIFIED, usual).into_response();
    }
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static(kind(asset.path)))];
    if takes_gzip(text(header::ACCEPT_ENCODING)) {
        let coded = [(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))];
        return (usual, kind, coded, asset.gzip).into_response();
    }
    (usual, kind, asset.content).into_response()
}

/// Whether the header names gzip and does not refuse it.
fn takes_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        parts.next() == Some("gzip")
            && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "text/html; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

    use super::{ASSETS, answer, takes_gzip};

    fn asking(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_page_and_what_it_loads_are_in_the_binary() {
        let page = ASSETS.iter().find(|asset| asset.path == "/").unwrap();
        let html = std::str::from_utf8(page.content).unwrap();
        let mut loaded = 0;
        for reference in html.split('"').filter(|text| text.starts_with("./")) {
            let path = reference.trim_start_matches('.');
            assert!(ASSETS.iter().any(|asset| asset.path == path), "{path}");
            loaded += 1;
        }
        assert!(loaded >= 3, "{html}");
    }

    #[test]
    fn hashed_names_are_kept_and_the_page_is_asked_for_again() {
        let page = ASSETS.iter().find(|asset| asset.path == "/").unwrap();
        let first = answer(page, &HeaderMap::new());
        assert_eq!(first.headers()[header::CACHE_CONTROL], "no-cache");
        assert!(
            first.headers()[header::CONTENT_SECURITY_POLICY]
                .to_str()
                .unwrap()
                .contains("trusted-types")
        );
        let again = answer(page, &asking(header::IF_NONE_MATCH, page.etag));
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let script = ASSETS
            .iter()
            .find(|asset| asset.path.ends_with(".js") && asset.path.starts_with("/assets/"));
        let script = answer(
            script.unwrap(),
            &asking(header::ACCEPT_ENCODING, "br, gzip;q=0.8"),
        );
        assert_eq!(script.headers()[header::CONTENT_ENCODING], "gzip");
        assert_eq!(
            script.headers()[header::CONTENT_TYPE],
            "text/javascript; charset=utf-8"
        );
        assert!(
            script.headers()[header::CACHE_CONTROL]
                .to_str()
                .unwrap()
                .contains("immutable")
        );
    }

    #[test]
    fn who_refuses_gzip_does_not_get_it() {
        assert!(takes_gzip("gzip") && takes_gzip("deflate, gzip;q=1.0"));
        assert!(!takes_gzip("") && !takes_gzip("br") && !takes_gzip("gzip;q=0"));
    }
}
