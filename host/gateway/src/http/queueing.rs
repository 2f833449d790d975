//! `queue`: whether the messages of a request wait for their session's connection. In the query or a header; where neither
//! says anything, the session's settings do.

use std::time::Duration;

use axum::extract::Query;
use axum::http::{HeaderMap, Uri};
use serde::Deserialize;
use wagate_engine::{DEFAULT_WAIT, MAX_WAIT};
use wagate_plugin_host::IfOffline;

use super::error::ApiError;

const HEADER: &str = "x-wagate-queue";

#[derive(Deserialize)]
struct Asked {
    queue: Option<String>,
}

/// `true`, `false`, or for how many seconds at most.
pub(crate) fn wish_of(headers: &HeaderMap, uri: &Uri) -> Result<IfOffline, ApiError> {
    // What else is in the query is the plugin's to read, or to refuse.
    let in_query = Query::<Asked>::try_from_uri(uri)
        .ok()
        .and_then(|asked| asked.0.queue);
    let in_header = || {
        headers
            .get(HEADER)
            .map(|value| value.to_str().unwrap_or("?").to_owned())
    };
    let Some(wish) = in_query.or_else(in_header) else {
        return Ok(IfOffline::AsSet);
    };
    match wish.trim() {
        "true" | "" => Ok(IfOffline::Wait(DEFAULT_WAIT)),
        "false" => Ok(IfOffline::Refuse),
        seconds => seconds
            .parse()
            .ok()
            .map(Duration::from_secs)
            .filter(|wait| !wait.is_zero() && *wait <= MAX_WAIT)
            .map(IfOffline::Wait)
            .ok_or_else(|| {
                let most = MAX_WAIT.as_secs();
                ApiError::invalid(format!("queue: must be true, false or 1 to {most} seconds"))
            }),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn wish(query: Option<&str>, header: Option<&'static str>) -> Option<IfOffline> {
        let mut headers = HeaderMap::new();
        if let Some(value) = header {
            headers.insert(HEADER, HeaderValue::from_static(value));
        }
        let uri = format!(
            "/api/messages{}",
            query.map(|query| format!("?{query}")).unwrap_or_default()
        );
        wish_of(&headers, &uri.parse().unwrap()).ok()
    }

    #[test]
    fn the_query_counts_before_the_header_and_both_before_the_settings() {
        let wait = |seconds| Some(IfOffline::Wait(Duration::from_secs(seconds)));
        assert_eq!(wish(None, None), Some(IfOffline::AsSet));
        assert_eq!(wish(Some("a=b&queue=true"), Some("false")), wait(86_400));
        assert_eq!(wish(Some("queue=60"), None), wait(60));
        assert_eq!(wish(Some("queue="), None), wait(86_400));
        assert_eq!(wish(None, Some("90")), wait(90));
        assert_eq!(wish(None, Some("false")), Some(IfOffline::Refuse));
        for odd in ["queue=0", "queue=-1", "queue=604801", "queue=soon"] {
            assert_eq!(wish(Some(odd), None), None, "{odd}");
        }
    }
}
