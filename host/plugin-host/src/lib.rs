//! Plugins: load, grant, call, limit, reload. The only crate that names wasmtime.
//! Not here: HTTP itself, authentication and access to sessions (gateway), WhatsApp (engine).
//!
//! - Files become a version: `files` → `loader` → `version` → `fleet`, which puts it into the `table`.
//! - A request: [`PluginHost::find`] in the `table`, then `version` takes an instance out of its idle list, calls,
//!   and puts it back only if the call came back. A trap or a dropped call kills an instance, never the host.
//! - An event: `hooks` reads the log and calls the newest `version`.
//! - What a plugin can call: `imports`, each of which asks `state` for the right first.
//!
//! Module order, a module uses only what stands to its left:
//! `error, status, breaker, log_budget -> bindings, operator -> http, services -> state -> imports -> runtime ->
//! component -> version -> entry -> table, files -> loader -> hooks::cursors -> fleet -> watch, hooks -> host`.

mod bindings;
mod breaker;
mod component;
mod entry;
mod error;
mod files;
mod fleet;
mod hooks;
mod host;
mod http;
mod imports;
mod loader;
mod log_budget;
mod operator;
mod runtime;
mod services;
mod state;
mod status;
mod table;
mod version;
pub mod watch;

pub use error::{FileError, PluginCallError, PluginHostError};
pub use files::Bundled;
pub use host::{PluginHost, PluginHostOptions, Problem, check};
pub use http::{HttpRequest, HttpResponse, Principal, SessionRef};
pub use status::{PluginState, PluginStatus, Source};
pub use table::{Lookup, RouteMatch};
pub use wagate_protocol::manifest::{AuthNeed, SessionSource};
