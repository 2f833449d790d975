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
//! `error, status, misnamed, breaker, log_budget, rate, latency, ticker, long_calls, outbound -> bindings, operator -> timers::{schedule, desk} -> http, services, schema -> state ->
//! imports -> runtime -> component -> version -> entry -> table, files -> loader -> hooks::cursors -> fleet -> watch,
//! hooks, timers -> switch, inspect -> host`.

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
mod inspect;
mod latency;
mod loader;
mod log_budget;
mod long_calls;
mod misnamed;
mod operator;
mod outbound;
mod rate;
mod runtime;
mod schema;
mod services;
mod state;
mod status;
mod switch;
mod table;
mod ticker;
mod timers;
mod version;
pub mod watch;

pub use error::{FileError, PluginCallError, PluginHostError};
pub use files::Bundled;
pub use host::{PluginHost, PluginHostOptions, Problem, check};
pub use http::{HttpRequest, HttpResponse, Principal, SessionRef};
pub use inspect::{Inspection, Review, inspect, review, survey};
pub use misnamed::misnamed;
pub use status::{PluginState, PluginStatus, Source};
pub use switch::SwitchError;
pub use table::{Lookup, RouteMatch};
pub use wagate_protocol::manifest::{AuthNeed, SessionSource};
