//! The way to the plugins: everything the host's own table does not serve. Who is asking and which session they mean is
//! settled before the plugin runs; it never sees a session its caller may not use.

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value;
use wagate_plugin_host::{
    AuthNeed, HttpRequest, HttpResponse, Lookup, PluginCallError, Principal as PluginCaller, RouteMatch,
    SessionRef, SessionSource,
};
use wagate_storage::sessions::SessionRow;

use super::error::ApiError;
use super::observe::{RequestId, RouteLabel};
use super::state::ApiState;
use super::{access, body, extract, host_methods};
use crate::auth::principal::Principal;

/// Serves any request without a host route.
pub(crate) async fn dispatch(State(state): State<ApiState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // Set when the host knows the path, but not with this method.
    let own = parts
        .extensions
        .get::<MatchedPath>()
        .map(|path| host_methods(path.as_str()))
        .unwrap_or_default();
    match find(&state, &parts.method, parts.uri.path()) {
        Lookup::Match(route) => {
            let label = RouteLabel(route.route().to_owned());
            let method = parts.method.clone();
            let mut response = call(&state, &route, parts, body)
                .await
                .unwrap_or_else(ApiError::into_response);
            response.extensions_mut().insert(label);
            if !own.is_empty() {
                // The router would otherwise add the host's methods alone.
                allow(&mut response, &allowed(&own, &[method.as_str()]));
            }
            response
        }
        Lookup::MethodNotAllowed(theirs) => no_method(&state, &parts, &allowed(&own, &theirs)).await,
        Lookup::NotFound if !own.is_empty() => no_method(&state, &parts, &allowed(&own, &[])).await,
        Lookup::NotFound => no_path(&state, &parts).await.into_response(),
    }
}

/// `HEAD` follows `GET`; the router takes the body off.
fn find(state: &ApiState, method: &Method, path: &str) -> Lookup {
    let found = state.plugins.find(method.as_str(), path);
    if *method == Method::HEAD && !matches!(found, Lookup::Match(_)) {
        return state.plugins.find(Method::GET.as_str(), path);
    }
    found
}

async fn call(
    state: &ApiState,
    route: &RouteMatch,
    parts: Parts,
    request_body: Body,
) -> Result<Response, ApiError> {
    let principal = match route.auth() {
        AuthNeed::Public => extract::principal(&parts.headers, state).await?,
        AuthNeed::User => Some(authenticated(state, &parts.headers).await?),
        AuthNeed::Superadmin => {
            let principal = authenticated(state, &parts.headers).await?;
            extract::require_superadmin(&principal)?;
            Some(principal)
        }
    };

    // A session in the path is checked before the body is read, so that a stranger cannot make us read one.
    let mut session = match route.session() {
        SessionSource::Path(name) => {
            let named = route.param(name).unwrap_or_default();
            Some(session(state, principal.as_ref(), named).await?)
        }
        SessionSource::Body(_) | SessionSource::Resolved | SessionSource::None => None,
    };
    let bytes = body::read(&parts.headers, request_body, state.limits.body_bytes).await?;
    if let SessionSource::Body(field) = route.session() {
        let named = body_field(&bytes, field)?;
        session = Some(self::session(state, principal.as_ref(), &named).await?);
    }

    let mut request = HttpRequest {
        // A route is declared for GET and answers HEAD the same way.
        method: if parts.method == Method::HEAD {
            Method::GET
        } else {
            parts.method
        }
        .as_str()
        .to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| {
                (
                    name.as_str().to_owned(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect(),
        body: bytes,
        session: session.map(reference),
        principal: principal.as_ref().map(|who| PluginCaller {
            user_id: who.user_id.clone(),
            role: who.role.as_str().to_owned(),
        }),
        request_id: parts.extensions.get::<RequestId>().map(|id| id.0.clone()),
    };
    if matches!(route.session(), SessionSource::Resolved) {
        // Asked with nobody's session in hand; what the plugin answers is checked like a name in the path.
        let named = state
            .plugins
            .resolve_session(route, request.clone())
            .await
            .map_err(|error| failed(route, error))?;
        // What the plugin does not know answers as a session that nobody has.
        let named = named.unwrap_or_default();
        request.session = Some(reference(self::session(state, principal.as_ref(), &named).await?));
    }
    match state.plugins.call(route, request).await {
        Ok(answer) => Ok(response(answer)),
        Err(error) => Err(failed(route, error)),
    }
}

fn failed(route: &RouteMatch, error: PluginCallError) -> ApiError {
    tracing::warn!(plugin.id = route.plugin(), route = route.route(), %error, "a plugin call failed");
    error.into()
}

fn reference(row: SessionRow) -> SessionRef {
    SessionRef {
        id: row.id,
        slug: row.slug,
    }
}

async fn authenticated(state: &ApiState, headers: &HeaderMap) -> Result<Principal, ApiError> {
    extract::principal(headers, state)
        .await?
        .ok_or_else(ApiError::unauthorized)
}

/// A session always has someone who asks for it, also on a route that calls itself public.
async fn session(
    state: &ApiState,
    principal: Option<&Principal>,
    named: &str,
) -> Result<SessionRow, ApiError> {
    let principal = principal.ok_or_else(ApiError::unauthorized)?;
    access::session(state, principal, named).await
}

/// The session a JSON body names.
fn body_field(bytes: &[u8], field: &str) -> Result<String, ApiError> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Fields(serde_json::Map<String, Value>);

    let Fields(fields) = extract::parse(bytes)?;
    match fields.get(field) {
        Some(Value::String(named)) if !named.is_empty() => Ok(named.clone()),
        Some(Value::String(_) | Value::Null) | None => Err(ApiError::invalid(format!("{field} is required"))),
        Some(_) => Err(ApiError::invalid(format!("{field} must be a string"))),
    }
}

fn response(answer: HttpResponse) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in answer.headers {
        // What is no header is left out: the plugin's answer is worth more than one line of it.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// The path is known and the method is not. Who may not ask at all learns neither.
async fn no_method(state: &ApiState, parts: &Parts, methods: &str) -> Response {
    if let Err(refusal) = require_key(state, parts).await {
        return refusal.into_response();
    }
    if parts.method == Method::OPTIONS {
        let mut response = StatusCode::NO_CONTENT.into_response();
        allow(&mut response, methods);
        return response;
    }
    ApiError::method_not_allowed(methods.to_owned()).into_response()
}

/// Nobody serves this path.
async fn no_path(state: &ApiState, parts: &Parts) -> ApiError {
    if let Err(refusal) = require_key(state, parts).await {
        return refusal;
    }
    match action_on(parts) {
        Some(named) => match invalid_action(state, parts, &named).await {
            Ok(answer) | Err(answer) => answer,
        },
        None => ApiError::not_found(),
    }
}

/// `POST /api/sessions/{id}/{action}` with an action that is none: the contract has an answer of its own for it, after
/// the access check as everywhere.
async fn invalid_action(state: &ApiState, parts: &Parts, named: &str) -> Result<ApiError, ApiError> {
    let principal = authenticated(state, &parts.headers).await?;
    access::session(state, &principal, named).await?;
    Ok(ApiError::invalid("Invalid action"))
}

/// The session's name in such a path, decoded as everywhere. What is not UTF-8 names no session.
fn action_on(parts: &Parts) -> Option<Cow<'_, str>> {
    if parts.method != Method::POST {
        return None;
    }
    let (named, action) = parts.uri.path().strip_prefix("/api/sessions/")?.split_once('/')?;
    (!named.is_empty() && !action.is_empty() && !action.contains('/'))
        .then(|| percent_decode_str(named).decode_utf8().unwrap_or_default())
}

/// Nothing under `/api` answers without a key, not even that it does not exist.
async fn require_key(state: &ApiState, parts: &Parts) -> Result<(), ApiError> {
    if parts.uri.path().starts_with("/api/") {
        authenticated(state, &parts.headers).await?;
    }
    Ok(())
}

/// The value of `Allow`: each method once, with the `HEAD` that follows `GET`.
fn allowed(own: &[&str], theirs: &[&str]) -> String {
    let mut methods: Vec<&str> = own.iter().chain(theirs).copied().collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.sort_unstable();
    methods.dedup();
    methods.join(", ")
}

fn allow(response: &mut Response, methods: &str) {
    if let Ok(value) = HeaderValue::from_str(methods) {
        response.headers_mut().insert(header::ALLOW, value);
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use axum::http::Request;

    use super::{action_on, allowed, body_field};

    #[test]
    fn the_session_in_a_body_is_required_by_name() {
        assert_eq!(
            body_field(br#"{"sessionId":"demo"}"#, "sessionId").unwrap(),
            "demo"
        );
        for bad in [
            &b""[..],
            b"{}",
            br#"{"sessionId":7}"#,
            br#"{"sessionId":""}"#,
            b"[1]",
            b"{",
        ] {
            assert_eq!(body_field(bad, "sessionId").unwrap_err().status(), 400);
        }
    }

    #[test]
    fn only_a_post_on_one_segment_below_a_session_is_an_action() {
        let request = |method: &str, path: &str| {
            Request::builder()
                .method(method)
                .uri(path)
                .body(())
                .unwrap()
                .into_parts()
                .0
        };
        let named = |path: &str| action_on(&request("POST", path)).map(Cow::into_owned);
        assert_eq!(named("/api/sessions/demo/explode").as_deref(), Some("demo"));
        assert_eq!(named("/api/sessions/d%65mo/explode").as_deref(), Some("demo"));
        assert_eq!(named("/api/sessions/%FF/explode").as_deref(), Some(""));
        assert_eq!(action_on(&request("GET", "/api/sessions/demo/explode")), None);
        assert_eq!(action_on(&request("POST", "/api/sessions/demo/a/b")), None);
        assert_eq!(action_on(&request("POST", "/api/sessions/demo")), None);
    }

    #[test]
    fn allow_names_each_method_once() {
        assert_eq!(allowed(&["DELETE"], &["GET", "DELETE"]), "DELETE, GET, HEAD");
        assert_eq!(allowed(&[], &["POST"]), "POST");
    }
}
