//! Between the generated types and the SDK's own.

use wagate_protocol::error::HostError;

use crate::bindings::exports::wagate::plugin::{events, http_routes, timer_events};
use crate::bindings::wagate::plugin::{history, log, sessions, types, whatsapp_messages};
use crate::event::{Event, Fire};
use crate::host::{Chat, Level, Message, Sent, SessionInfo};
use crate::request::{Body, Principal, Request, SessionRef};
use crate::response::Response;

pub(crate) fn level(level: Level) -> log::Level {
    match level {
        Level::Error => log::Level::Error,
        Level::Warn => log::Level::Warn,
        Level::Info => log::Level::Info,
        Level::Debug => log::Level::Debug,
    }
}

pub(crate) fn error_from_wit(error: types::Error) -> HostError {
    match error {
        types::Error::Denied(text) => HostError::Denied(text),
        types::Error::NotFound(text) => HostError::NotFound(text),
        types::Error::Invalid(text) => HostError::Invalid(text),
        types::Error::Conflict(text) => HostError::Conflict(text),
        types::Error::RateLimited(retry_after_ms) => HostError::RateLimited { retry_after_ms },
        types::Error::Unavailable(missing) => HostError::Unavailable {
            message: missing.message,
            retry_after_ms: missing.retry_after_ms,
        },
        types::Error::Timeout(text) => HostError::Timeout(text),
        types::Error::Internal(text) | types::Error::Failed(text) => HostError::Internal(text),
    }
}

pub(crate) fn error_to_wit(error: HostError) -> types::Error {
    match error {
        HostError::Denied(text) => types::Error::Denied(text),
        HostError::NotFound(text) => types::Error::NotFound(text),
        HostError::Invalid(text) => types::Error::Invalid(text),
        HostError::Conflict(text) => types::Error::Conflict(text),
        HostError::RateLimited { retry_after_ms } => types::Error::RateLimited(retry_after_ms),
        HostError::Unavailable {
            message,
            retry_after_ms,
        } => types::Error::Unavailable(types::Unavailability {
            message,
            retry_after_ms,
        }),
        HostError::Timeout(text) => types::Error::Timeout(text),
        HostError::Internal(text) => types::Error::Internal(text),
    }
}

pub(crate) fn request(request: http_routes::HttpRequest) -> Request {
    Request {
        method: request.method,
        route: request.route,
        path: request.path,
        params: request.params,
        query: request.query,
        headers: request.headers,
        body: match request.body {
            http_routes::Body::None => Body::None,
            http_routes::Body::Text(text) => Body::Text(text),
            http_routes::Body::Bytes(bytes) => Body::Bytes(bytes),
        },
        session: request.session.map(session),
        principal: request.principal.map(|caller| Principal {
            user_id: caller.user_id,
            role: caller.role,
        }),
        ext: request.ext,
    }
}

pub(crate) fn response(response: Response) -> http_routes::HttpResponse {
    http_routes::HttpResponse {
        status: response.status,
        headers: response.headers,
        body: match response.body {
            Body::None => http_routes::Body::None,
            Body::Text(text) => http_routes::Body::Text(text),
            Body::Bytes(bytes) => http_routes::Body::Bytes(bytes),
        },
    }
}

pub(crate) fn event(event: events::Event) -> Event {
    Event {
        id: event.id,
        kind: event.kind,
        session: session(event.session),
        sequence: event.sequence,
        chat: event
            .ext
            .into_iter()
            .find(|(key, _)| key == "chat")
            .map(|(_, chat)| chat),
        chat_sequence: event.chat_sequence,
        timestamp_ms: event.timestamp_ms,
        schema: event.schema,
        data: event.data,
    }
}

pub(crate) fn fire(fire: timer_events::Fire) -> Fire {
    Fire {
        id: fire.id,
        name: fire.name,
        session: fire.session.map(session),
        payload: fire.payload,
        due_ms: fire.due_ms,
        late_ms: fire.late_ms,
    }
}

fn session(session: types::Session) -> SessionRef {
    SessionRef {
        id: session.id,
        slug: session.slug,
    }
}

pub(crate) fn session_info(info: sessions::SessionInfo) -> SessionInfo {
    SessionInfo {
        id: info.id,
        slug: info.slug,
        user_id: info.user_id,
        name: info.name,
        status: info.status,
        pn: info.pn,
        lid: info.lid,
        config: info.config,
        created_at_ms: info.created_at_ms,
        updated_at_ms: info.updated_at_ms,
        ext: info.ext,
    }
}

pub(crate) fn sent(sent: whatsapp_messages::Sent) -> Sent {
    Sent {
        id: sent.id,
        chat: sent.chat,
        sender: sent.sender,
        timestamp_ms: sent.timestamp_ms,
        status: sent.status,
        ext: sent.ext,
    }
}

pub(crate) fn message(message: history::Message) -> Message {
    message.into()
}

pub(crate) fn chat(chat: history::Chat) -> Chat {
    Chat {
        jid: chat.jid,
        lid: chat.lid,
        push_name: chat.push_name,
        last: chat.last.map(message),
        unread: chat.unread,
        ext: chat.ext,
    }
}
