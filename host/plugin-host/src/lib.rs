//! Plugins: load, grant, call, limit, reload. The only crate that names wasmtime or libloading.
//! Not here: HTTP itself, authentication and access to sessions (gateway), WhatsApp (engine).
//!
//! - Files become a version: `files` → `loader` → `version` → `fleet`, which puts it into the `table`.
//! - A request: [`PluginHost::find`] in the `table`, then `version` takes an instance out of its idle list, calls,
//!   and puts it back only if the call came back. A trap or a dropped call kills an instance, never the host.
//! - An event: `hooks` reads the log and calls the newest `version`.
//! - A delivery: `deliveries` sends what plugins have queued, until the receiver has it.
//! - A plugin is a component or, where the administrator allows it, a library: `guest` is both, `native` the latter.
//! - What a plugin can call: `imports`, each of which asks `state` for the right first.
//!
//! Module order, a module uses only what stands to its left:
//! `error, status, misnamed, bot_config, breaker, log_budget, rate, random, latency, ticker, long_calls, shelf, toml_words -> outbound -> bindings, operator -> remarks, timers::{schedule, desk}, deliveries::{options, desk} -> http, services, schema -> state ->
//! attach -> imports -> runtime -> component -> native -> guest -> version -> entry -> table, files -> loader -> hooks::cursors -> fleet -> watch,
//! hooks, timers, deliveries -> switch, settings_file, inspect, typed -> host`.

mod attach;
mod bindings;
pub mod bot_config;
mod breaker;
mod bulk;
mod component;
mod deliveries;
mod entry;
mod error;
mod files;
mod fleet;
mod guest;
mod heap;
mod hooks;
mod host;
mod http;
mod imports;
mod inspect;
mod latency;
mod loader;
mod log_budget;
mod long_calls;
mod memory;
mod misnamed;
mod native;
mod operator;
mod outbound;
mod random;
mod rate;
mod remarks;
mod runtime;
mod schema;
mod services;
mod settings_file;
mod shares;
mod shelf;
mod stacks;
mod state;
mod status;
mod switch;
mod table;
mod ticker;
mod timers;
mod toml_words;
mod typed;
mod version;
pub mod watch;

pub use deliveries::DeliveryOptions;
pub use error::{FileError, PluginCallError, PluginHostError};
pub use files::Bundled;
pub use fleet::CompilingTold;
pub use heap::keep_little_memory;
pub use hooks::ReplayError;
pub use host::{PluginDetails, PluginHost, PluginHostOptions, Problem, Written, check};
pub use http::{HttpRequest, HttpResponse, Principal, SessionRef};
pub use inspect::{Inspection, Review, inspect, review, survey};
pub use misnamed::misnamed;
pub use outbound::is_public;
pub use random::Random;
pub use shelf::{ShelfFile, ShelfOptions, ShelfWriter};
pub use status::{PluginState, PluginStatus, Source, Suspension};
pub use switch::SwitchError;
pub use table::{LiveRoute, Lookup, RouteMatch};
pub use toml_words::toml_message;
pub use typed::typing_mistakes;
pub use wagate_engine::IfOffline;
pub use wagate_media::Codecs;
pub use wagate_protocol::manifest::{Action, AuthNeed, BodyKind, SessionSource};
