//! The trait a plugin implements, and its two tables.

use serde::de::DeserializeOwned;
use wagate_protocol::event::is_meant;

use crate::error::Error;
use crate::event::{Event, Fire};
use crate::host::Host;
use crate::request::Request;
use crate::response::Response;

/// A plugin: a manifest, settings, a table of routes and a table of hooks.
pub trait Plugin: Sized + 'static {
    /// The text of `plugin.toml`.
    const MANIFEST: &'static str;
    /// What stands under `[settings]` in the administrator's file. `deny_unknown_fields` on it turns a typing error
    /// into a refusal that names the field.
    type Settings: DeserializeOwned;
    /// One line a route, as in the manifest.
    const ROUTES: &'static [Route<Self>] = &[];
    /// One line a hook, as in the manifest.
    const HOOKS: &'static [Hook<Self>] = &[];

    /// Makes an instance. There are several, and they come and go: keep nothing here that must last.
    fn new(settings: Self::Settings, host: &dyn Host) -> Result<Self, Error>;

    /// Answers a request. The default looks it up in [`Plugin::ROUTES`].
    fn handle_http(&self, host: &dyn Host, request: &Request) -> Result<Response, Error> {
        let found = Self::ROUTES
            .iter()
            .find(|line| line.method == request.method && line.path == request.route);
        match found {
            Some(line) => (line.handler)(self, host, request),
            None => Err(Error::internal(format!(
                "the manifest has {} {}, the table has not",
                request.method, request.route
            ))),
        }
    }

    /// Handles an event. The default looks it up in [`Plugin::HOOKS`]; other kinds are ignored.
    fn on_event(&self, host: &dyn Host, event: &Event) -> Result<(), Error> {
        for line in Self::HOOKS.iter().filter(|line| is_meant(line.kind, &event.kind)) {
            (line.handler)(self, host, event)?;
        }
        Ok(())
    }

    /// A timer this plugin set is due. At least once for each occurrence.
    fn on_timer(&self, host: &dyn Host, fire: &Fire) -> Result<(), Error> {
        let _ = host;
        Err(Error::internal(format!(
            "nobody here answers the timer {}",
            fire.name
        )))
    }

    /// The session (row id or slug) of a request to a route with `session = "resolved"`; none when there is no such
    /// thing. Runs without rights on any session.
    fn resolve_session(&self, host: &dyn Host, request: &Request) -> Result<Option<String>, Error> {
        let _ = host;
        Err(Error::internal(format!(
            "nobody here resolves the session of {}",
            request.route
        )))
    }
}

/// What answers a route.
pub type RouteHandler<P> = fn(&P, &dyn Host, &Request) -> Result<Response, Error>;
/// What handles an event.
pub type HookHandler<P> = fn(&P, &dyn Host, &Event) -> Result<(), Error>;

/// One line of [`Plugin::ROUTES`].
pub struct Route<P: 'static> {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    handler: RouteHandler<P>,
}

/// One line of [`Plugin::HOOKS`].
pub struct Hook<P: 'static> {
    pub(crate) kind: &'static str,
    handler: HookHandler<P>,
}

/// A line of [`Plugin::ROUTES`]: method and path template exactly as in the manifest.
pub const fn route<P>(method: &'static str, path: &'static str, handler: RouteHandler<P>) -> Route<P> {
    Route {
        method,
        path,
        handler,
    }
}

/// A line of [`Plugin::HOOKS`]: a kind, `message.*` or `*`, exactly as in the manifest.
pub const fn hook<P>(kind: &'static str, handler: HookHandler<P>) -> Hook<P> {
    Hook { kind, handler }
}
