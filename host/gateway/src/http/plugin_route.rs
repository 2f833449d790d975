//! The way to the plugins: everything the host's own table does not serve. Who is asking and which session they mean is
//! settled before the plugin runs; it never sees a session its caller may not use.

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::percent_decode_str;
use wagate_plugin_host::{
    Action, AuthNeed, HttpRequest, HttpResponse, IfOffline, Lookup, PluginCallError,
    Principal as PluginCaller, RouteMatch, SessionRef, SessionSource,
};
use wagate_storage::sessions::SessionRow;

use super::audit::Noted;
use super::carried::Carried;
use super::download::{self, Download, Wanted};
use super::error::ApiError;
use super::gate::Words;
use super::observe::{RequestId, RouteLabel};
use super::state::ApiState;
use super::{access, gate, host_methods, idempotency, limits, plugin_answer, queueing};
use crate::auth::need::Need;
use crate::auth::principal::Principal;

/// A plugin that answers with this header answers with the file behind the handle it names.
const MEDIA: &str = "x-wagate-media";
/// With this one beside it, the handle is given up with the answer.
const MEDIA_ONCE: &str = "x-wagate-media-once";

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
            let label = RouteLabel {
                route: route.route().to_owned(),
                plugin: Some(route.plugin().to_owned()),
            };
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
        Lookup::Off(plugin) => match require_user(&state, &parts).await {
            Ok(_) => ApiError::plugin_off(&plugin).into_response(),
            Err(refusal) => refusal.into_response(),
        },
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
    mut parts: Parts,
    request_body: Body,
) -> Result<Response, ApiError> {
    let need = need_of(route);
    let entered = gate::enter(state, &mut parts, need)
        .await
        .map_err(|refusal| refusal.into_error(Words::Usual))?;
    let limit = entered.as_ref().and_then(|entered| entered.limit);
    let noted = Noted::of(&parts, need, entered.as_ref(), route.route());
    let principal = match (entered, route.auth()) {
        (Some(entered), _) => Some(entered.principal),
        // Anybody may call; who shows a key or cookie is known to the plugin, and may not be forged by another site.
        (None, _) => {
            let principal = gate::authenticate(&parts.headers, state).await?;
            if let Some(principal) = &principal {
                gate::same_site(state, &parts, principal)?;
            }
            principal
        }
    };
    let mut response = serve(state, route, parts, request_body, principal.as_ref())
        .await
        .unwrap_or_else(ApiError::into_response);
    limits::tell(&mut response, limit);
    if let Some(noted) = noted {
        noted.after(state, &mut response).await;
    }
    Ok(response)
}

/// What a plugin's route needs, by its manifest. A route for superadmins is one of administration, whatever it does.
fn need_of(route: &RouteMatch) -> Need {
    match route.auth() {
        AuthNeed::Public => Need::Public,
        AuthNeed::User => Need::Act(route.action()),
        AuthNeed::Superadmin => Need::Act(Action::Admin),
    }
}

async fn serve(
    state: &ApiState,
    route: &RouteMatch,
    parts: Parts,
    request_body: Body,
    principal: Option<&Principal>,
) -> Result<Response, ApiError> {
    let need = need_of(route);
    // A session in the path is checked before the body is read, so that a stranger cannot make us read one.
    let session = match route.session() {
        SessionSource::Path(name) => {
            let named = route.param(name).unwrap_or_default();
            Some(session(state, principal, named, need).await?)
        }
        SessionSource::Body(_) | SessionSource::Resolved | SessionSource::None => None,
    };
    if let Some(principal) = principal {
        everything_is_theirs(route, principal)?;
    }
    // A session that the body names is not known yet: then it is who asks.
    let user = session.as_ref().map(|row| &row.user_id);
    let user = user
        .or(principal.map(|who| &who.user_id))
        .map_or("", String::as_str);
    let carried = Carried::read(state, route, user, &parts.headers, request_body).await?;
    let wanted = Wanted::of(&parts.headers);
    let request_id = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
    let answer = if carried.handles().is_empty() {
        ask(state, route, parts, principal, session, carried).await
    } else {
        // A task of its own: whoever hangs up must not leave files behind that nobody gives up.
        let (state, route, principal) = (state.clone(), route.clone(), principal.cloned());
        let asking = ask_with_files(state, route, parts, principal, session, carried);
        tokio::spawn(asking).await.map_err(|_| ApiError::internal())?
    };
    respond(state, route, answer?, &wanted, request_id.as_deref()).await
}

/// A key for some sessions has no business where a route is about none: what it shows is of all of them.
fn everything_is_theirs(route: &RouteMatch, principal: &Principal) -> Result<(), ApiError> {
    let is_about_none = matches!(route.session(), SessionSource::None);
    if is_about_none && principal.is_bound_to_sessions() && route.auth() != AuthNeed::Public {
        return Err(ApiError::forbidden(
            "Forbidden - this API key is for some sessions only, and this is about none of them",
        ));
    }
    Ok(())
}

/// The same with the files of a form: what was refused has no use for them.
async fn ask_with_files(
    state: ApiState,
    route: RouteMatch,
    parts: Parts,
    principal: Option<Principal>,
    session: Option<SessionRow>,
    carried: Carried,
) -> Result<HttpResponse, ApiError> {
    let handles = carried.handles();
    let answer = ask(&state, &route, parts, principal.as_ref(), session, carried).await;
    if !answer.as_ref().is_ok_and(|answer| answer.status < 400) {
        for handle in &handles {
            state.plugins.drop_file(&route, handle);
        }
    }
    answer
}

/// Calls the plugin with everything that is known of the request.
async fn ask(
    state: &ApiState,
    route: &RouteMatch,
    parts: Parts,
    principal: Option<&Principal>,
    mut session: Option<SessionRow>,
    carried: Carried,
) -> Result<HttpResponse, ApiError> {
    let need = need_of(route);
    if let SessionSource::Body(field) = route.session() {
        let named = carried.session(field)?;
        session = Some(self::session(state, principal, &named, need).await?);
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
        headers: carried.headers(&parts.headers),
        body: carried.into_body(),
        session: session.map(reference),
        principal: principal.map(|who| PluginCaller {
            user_id: who.user_id.clone(),
            role: who.role.as_str().to_owned(),
            name: who.name.clone(),
            email: Some(who.email.clone()),
        }),
        request_id: parts.extensions.get::<RequestId>().map(|id| id.0.clone()),
        idempotency: None,
        if_offline: match route.action() {
            Action::Send => queueing::wish_of(&parts.headers, &parts.uri)?,
            _ => IfOffline::AsSet,
        },
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
        request.session = Some(reference(self::session(state, principal, &named, need).await?));
    }
    let key = match route.action() {
        Action::Send if request.method != "GET" => idempotency::key_of(&parts.headers)?,
        _ => None,
    };
    let answer = match (key, principal) {
        (Some(key), Some(principal)) => {
            idempotency::call(state, route, &principal.user_id, key, request).await?
        }
        _ => state.plugins.call(route, request).await,
    };
    answer.map_err(|error| failed(route, error))
}

fn failed(route: &RouteMatch, error: PluginCallError) -> ApiError {
    if error.status() < 500 {
        // What the client asked for cannot be had: whoever asks for what is not there fills no log.
        tracing::debug!(plugin.id = route.plugin(), route = route.route(), %error, "a plugin refused a call");
    } else {
        tracing::warn!(plugin.id = route.plugin(), route = route.route(), %error, "a plugin call failed");
    }
    error.into()
}

fn reference(row: SessionRow) -> SessionRef {
    SessionRef {
        id: row.id,
        slug: row.slug,
    }
}

/// A session always has someone who asks for it, also on a route that calls itself public.
async fn session(
    state: &ApiState,
    principal: Option<&Principal>,
    named: &str,
    need: Need,
) -> Result<SessionRow, ApiError> {
    let principal = principal.ok_or_else(ApiError::unauthorized)?;
    access::session(state, principal, named, need).await
}

/// The plugin's answer; a file where it names one.
async fn respond(
    state: &ApiState,
    route: &RouteMatch,
    mut answer: HttpResponse,
    wanted: &Wanted,
    request_id: Option<&str>,
) -> Result<Response, ApiError> {
    let Some(at) = answer.headers.iter().position(|(name, _)| name == MEDIA) else {
        return Ok(plugin_answer::response(answer, request_id));
    };
    let (_, handle) = answer.headers.remove(at);
    let is_once = answer.headers.iter().any(|(name, _)| name == MEDIA_ONCE);
    let file = state
        .plugins
        .file(route, &handle)
        .map_err(|error| failed(route, PluginCallError::Internal(format!("{MEDIA}: {error}"))))?;
    let is_attachment = answer
        .headers
        .iter()
        .any(|(name, value)| name == "content-disposition" && value.starts_with("attachment"));
    let download = Download {
        path: &file.path,
        mime: &file.mime,
        name: file.name.as_deref(),
        sha256: &file.sha256,
        is_attachment,
    };
    let response = download::answer(download, wanted).await;
    if is_once {
        // What was opened is read to its end.
        state.plugins.drop_file(route, &handle);
    }
    response
}

/// The path is known and the method is not. Who may not ask at all learns neither.
async fn no_method(state: &ApiState, parts: &Parts, methods: &str) -> Response {
    if let Err(refusal) = require_user(state, parts).await {
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
    let principal = match require_user(state, parts).await {
        Ok(principal) => principal,
        Err(refusal) => return refusal,
    };
    match (action_on(parts), principal) {
        (Some(named), Some(principal)) => match invalid_action(state, &principal, &named).await {
            Ok(answer) | Err(answer) => answer,
        },
        _ => ApiError::not_found(),
    }
}

/// `POST /api/sessions/{id}/{action}` with an action that is none: the contract has an answer of its own for it, after
/// the access check as everywhere.
async fn invalid_action(state: &ApiState, principal: &Principal, named: &str) -> Result<ApiError, ApiError> {
    access::session(state, principal, named, Need::Act(Action::Read)).await?;
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

/// Nothing under `/api` answers a stranger, not even that it does not exist.
async fn require_user(state: &ApiState, parts: &Parts) -> Result<Option<Principal>, ApiError> {
    if !parts.uri.path().starts_with("/api/") {
        return Ok(None);
    }
    let principal = gate::authenticate(&parts.headers, state)
        .await?
        .ok_or_else(ApiError::unauthorized)?;
    limits::take_key(state, &principal)?;
    Ok(Some(principal))
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

    use super::{action_on, allowed};

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
