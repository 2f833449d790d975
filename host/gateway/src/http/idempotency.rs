//! `Idempotency-Key`: a request that is repeated under one key is executed once, and its answer repeated.
//!
//! A success is kept for a day. Anything else is not: it may be repeated, and is executed again under the id of the first
//! execution, from which messages sent meanwhile derive theirs; what has left does not leave again. The same holds for a
//! request that the end of the process cut short.

use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;
use wagate_plugin_host::{HttpRequest, HttpResponse, PluginCallError, RouteMatch};
use wagate_storage::SharedStorage;
use wagate_storage::clock::SharedClock;
use wagate_storage::requests::{KeptAnswer, KeyState, RequestKey};

use super::error::ApiError;
use super::state::ApiState;

const HEADER: &str = "idempotency-key";
/// Says that an answer is an earlier one.
const REPLAYED: &str = "idempotency-replayed";
/// Of a key, in bytes.
const MAX_KEY: usize = 255;
/// How long an answer is kept.
const KEPT_MS: i64 = 24 * 3600 * 1000;
/// A larger answer is not kept: the request may then be repeated, and finds what was sent.
const MAX_ANSWER: usize = 1024 * 1024;
/// Between two looks for answers that are too old.
const FORGET_EVERY: std::time::Duration = std::time::Duration::from_mins(10);
/// Marks a body that was a form: the handles in it differ from try to try, the content does not.
const FORM_HEADER: &str = "x-wagate-form";

/// The client's key; none when it sends none.
pub(crate) fn key_of(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let refusal = || {
        ApiError::invalid(format!(
            "Idempotency-Key: one key of 1 to {MAX_KEY} visible characters"
        ))
    };
    if values.next().is_some() {
        return Err(refusal());
    }
    let key = value.to_str().map_err(|_| refusal())?.trim();
    let plain = |byte: u8| (b' '..=b'~').contains(&byte);
    if key.is_empty() || key.len() > MAX_KEY || !key.bytes().all(plain) {
        return Err(refusal());
    }
    Ok(Some(key.to_owned()))
}

/// Calls the plugin, or answers with what it answered before.
pub(crate) async fn call(
    state: &ApiState,
    route: &RouteMatch,
    caller: &str,
    key: String,
    request: HttpRequest,
) -> Result<Result<HttpResponse, PluginCallError>, ApiError> {
    let path = match &request.query {
        Some(query) => format!("{}?{query}", request.path),
        None => request.path.clone(),
    };
    let key = RequestKey {
        caller: caller.to_owned(),
        method: request.method.clone(),
        path,
        key,
    };
    // A task of its own, from the first write to the last, even if the caller hangs up: otherwise the key would stay taken.
    let work = tokio::spawn(execute(state.clone(), route.clone(), key, request));
    work.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a request with a key failed inside the host");
        Err(ApiError::internal())
    })
}

async fn execute(
    state: ApiState,
    route: RouteMatch,
    key: RequestKey,
    mut request: HttpRequest,
) -> Result<Result<HttpResponse, PluginCallError>, ApiError> {
    let now = state.clock.now_ms();
    let hash = hash_of(&request);
    let begun = state
        .storage
        .begin_request(key, hash, &state.run, now - KEPT_MS, now)
        .await?;
    match begun {
        KeyState::Running => Err(ApiError::new(
            StatusCode::CONFLICT,
            "idempotency_in_flight",
            "A request with this Idempotency-Key is being executed",
        )
        .retry_after(1_000)),
        KeyState::Different => Err(ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "This Idempotency-Key belongs to a request with another body",
        )),
        KeyState::Done(answer) => Ok(Ok(again(answer))),
        KeyState::Mine { request_id, again } => {
            if again {
                tracing::info!(request.key = %request_id, "a request with a key is executed again");
            }
            request.idempotency = Some(request_id.clone());
            let answer = state.plugins.call(&route, request).await;
            if let Err(error) = state.storage.end_request(&request_id, kept(&answer)).await {
                tracing::error!(%error, "the answer to a request with a key is not kept");
            }
            Ok(answer)
        }
    }
}

/// What is repeated to whoever asks again.
fn kept(answer: &Result<HttpResponse, PluginCallError>) -> Option<KeptAnswer> {
    let answer = answer.as_ref().ok()?;
    if !(200..300).contains(&answer.status) || answer.body.len() > MAX_ANSWER {
        return None;
    }
    Some(KeptAnswer {
        status: answer.status,
        headers: serde_json::to_string(&answer.headers).ok()?,
        body: answer.body.to_vec(),
    })
}

fn again(answer: KeptAnswer) -> HttpResponse {
    let mut headers: Vec<(String, String)> = serde_json::from_str(&answer.headers).unwrap_or_default();
    headers.push((REPLAYED.to_owned(), "true".to_owned()));
    HttpResponse {
        status: answer.status,
        headers,
        body: Bytes::from(answer.body),
    }
}

/// Of the body in one form: clients write the same JSON in more than one way.
fn hash_of(request: &HttpRequest) -> Vec<u8> {
    let is_form = request
        .headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case(FORM_HEADER));
    let mut hash = Sha256::new();
    match serde_json::from_slice::<Value>(&request.body) {
        Ok(mut json) => {
            if is_form {
                forget_handles(&mut json);
            }
            write(&json, &mut hash);
        }
        Err(_) => hash.update(&request.body),
    }
    hash.finalize().to_vec()
}

fn forget_handles(form: &mut Value) {
    let files = form.get_mut("files").and_then(Value::as_object_mut);
    for file in files.into_iter().flat_map(|files| files.values_mut()) {
        if let Some(file) = file.as_object_mut() {
            file.remove("handle");
        }
    }
}

/// With the keys of objects in order.
fn write(json: &Value, hash: &mut Sha256) {
    match json {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            hash.update(b"{");
            for (name, value) in fields {
                write(&Value::String(name.clone()), hash);
                write(value, hash);
            }
            hash.update(b"}");
        }
        Value::Array(items) => {
            hash.update(b"[");
            for item in items {
                write(item, hash);
            }
            hash.update(b"]");
        }
        // A text ends with its quote, a number with the comma: no two values read alike.
        other => {
            hash.update(other.to_string());
            hash.update(b",");
        }
    }
}

/// Forgets answers that are too old, until shutdown.
pub(crate) async fn forget(storage: SharedStorage, clock: SharedClock, shutdown: CancellationToken) {
    loop {
        match storage.prune_requests(clock.now_ms() - KEPT_MS).await {
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "old answers cannot be removed"),
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(FORGET_EVERY) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::*;

    fn request(body: &str) -> HttpRequest {
        HttpRequest {
            body: Bytes::copy_from_slice(body.as_bytes()),
            ..HttpRequest::default()
        }
    }

    #[test]
    fn the_same_json_is_the_same_body() {
        let hash = |body: &str| hash_of(&request(body));
        assert_eq!(
            hash(r#"{"a":1,"b":[true,null]}"#),
            hash("{ \"b\": [true, null], \"a\": 1 }")
        );
        for other in [
            r#"{"a":1,"b":[true]}"#,
            r#"{"a":"1","b":[true,null]}"#,
            r#"{"a":1,"b":{"0":true,"1":null}}"#,
            "",
            "nonsense",
        ] {
            assert_ne!(hash(r#"{"a":1,"b":[true,null]}"#), hash(other), "{other}");
        }
        assert_ne!(hash(r#"{"a":"b"}"#), hash(r#"{"ab":""}"#));
        assert_ne!(hash("[12,3]"), hash("[1,23]"));
    }

    #[test]
    fn a_form_is_the_same_by_its_content() {
        let form = |handle: &str, sha: &str| {
            let mut request = request(&format!(
                r#"{{"fields":{{}},"files":{{"file":{{"handle":"{handle}","sha256":"{sha}"}}}}}}"#
            ));
            request.headers.push((FORM_HEADER.to_owned(), "1".to_owned()));
            hash_of(&request)
        };
        assert_eq!(form("h1", "s"), form("h2", "s"));
        assert_ne!(form("h1", "s"), form("h1", "t"));
    }

    #[test]
    fn a_key_is_short_and_visible() {
        let key = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_str(value).unwrap());
            key_of(&headers)
        };
        assert_eq!(key("order 7").unwrap().as_deref(), Some("order 7"));
        assert_eq!(key_of(&HeaderMap::new()).unwrap(), None);
        for odd in ["", "   ", &"x".repeat(256)] {
            assert_eq!(key(odd).unwrap_err().status(), 400, "{odd}");
        }
        assert!(key(&"x".repeat(255)).unwrap().is_some());
        let mut twice = HeaderMap::new();
        twice.append(HEADER, HeaderValue::from_static("a"));
        twice.append(HEADER, HeaderValue::from_static("b"));
        assert_eq!(key_of(&twice).unwrap_err().status(), 400);
    }

    #[test]
    fn only_a_success_is_kept() {
        let answer = |status: u16| {
            Ok(HttpResponse {
                status,
                headers: vec![("content-type".to_owned(), "application/json".to_owned())],
                body: Bytes::from_static(b"{}"),
            })
        };
        let kept_answer = kept(&answer(201)).unwrap();
        let repeated = again(kept_answer);
        assert_eq!((repeated.status, repeated.body.as_ref()), (201, b"{}".as_slice()));
        assert!(
            repeated
                .headers
                .contains(&(REPLAYED.to_owned(), "true".to_owned()))
        );
        for status in [400, 409, 503] {
            assert!(kept(&answer(status)).is_none(), "{status}");
        }
        assert!(kept(&Err(PluginCallError::Timeout)).is_none());
    }
}
