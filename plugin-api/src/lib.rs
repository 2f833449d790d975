//! What a plugin author links: the [`Plugin`] trait, the [`Host`] handle and the [`export!`] macro.
//! Not here: how the host loads and limits plugins (`wagate-plugin-host`).
//!
//! A plugin is a crate with `crate-type = ["cdylib", "rlib"]`, a manifest `plugin.toml` beside its `Cargo.toml`, and
//! two tables. This is a whole one:
//!
//! ```
//! use serde::Deserialize;
//! use wagate_plugin_api::{Error, Event, Hook, Host, IncomingMessage, OutgoingText, Plugin, Request, Response, Route};
//! use wagate_plugin_api::{event, hook, route};
//!
//! /// What the administrator writes under `[settings]` in `config/plugins/greeter.toml`.
//! #[derive(Default, Deserialize)]
//! #[serde(default, deny_unknown_fields)]
//! pub struct Settings {
//!     greeting: Option<String>,
//! }
//!
//! pub struct Greeter {
//!     greeting: String,
//! }
//!
//! impl Plugin for Greeter {
//!     // include_str!("../plugin.toml") in a real one.
//!     const MANIFEST: &'static str = r#"
//!         id = "greeter"
//!         version = "0.1.0"
//!         api = "1.0"
//!         hooks = ["message.received"]
//!         [[routes]]
//!         method = "GET"
//!         path = "/api/greeter/{sessionId}"
//!         session = "path:sessionId"
//!         [[rights]]
//!         name = "whatsapp-messages"
//!         reason = "answers with the greeting"
//!     "#;
//!     type Settings = Settings;
//!     const ROUTES: &'static [Route<Self>] = &[route("GET", "/api/greeter/{sessionId}", show)];
//!     const HOOKS: &'static [Hook<Self>] = &[hook(event::MESSAGE_RECEIVED, greet)];
//!
//!     fn new(settings: Settings, _host: &dyn Host) -> Result<Self, Error> {
//!         Ok(Self { greeting: settings.greeting.unwrap_or_else(|| "Hello!".to_owned()) })
//!     }
//! }
//!
//! fn show(plugin: &Greeter, _host: &dyn Host, _request: &Request) -> Result<Response, Error> {
//!     Response::data("Greeting found", &plugin.greeting)
//! }
//!
//! fn greet(plugin: &Greeter, host: &dyn Host, event: &Event) -> Result<(), Error> {
//!     let message: IncomingMessage = event.data()?;
//!     host.send_text(&event.session.id, &OutgoingText::new(message.chat(), &plugin.greeting))?;
//!     Ok(())
//! }
//!
//! wagate_plugin_api::export!(Greeter);
//!
//! // Logic is tested natively, with a host that remembers:
//! let host = wagate_plugin_api::testing::FakeHost::default();
//! let greeter = Greeter::new(Settings::default(), &host).unwrap();
//! greet(&greeter, &host, &wagate_plugin_api::testing::text_event("15550100@s.whatsapp.net", "hi")).unwrap();
//! assert_eq!(host.sent()[0].text, "Hello!");
//! wagate_plugin_api::testing::check_tables::<Greeter>();
//! ```
//!
//! Three things to know:
//!
//! - **Memory is a cache.** There are several instances of a plugin, and each may vanish between two calls.
//!   What must last goes into the store.
//! - **Rights are declared and granted.** The manifest asks with a reason, the administrator grants in
//!   `config/plugins/<name>.toml`; a call without both is [`HostError::Denied`].
//! - **Hooks run at least once.** A repeated hook does not send twice (the host sees to that), but your own counters
//!   might count twice.

#[doc(hidden)]
pub mod bindings;
pub mod bot;
mod calls;
#[cfg(any(target_arch = "wasm32", feature = "native"))]
mod carrier;
#[cfg(any(target_arch = "wasm32", feature = "native"))]
mod config;
pub mod content;
#[cfg(any(target_arch = "wasm32", feature = "native"))]
mod convert;
mod error;
pub mod event;
mod form;
mod host;
pub mod jid;
mod lenient;
mod message_row;
#[cfg(all(feature = "native", not(target_arch = "wasm32")))]
#[doc(hidden)]
pub mod native;
pub mod paging;
pub mod picture;
mod plugin;
mod request;
mod response;
mod session_ids;
mod session_row;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
mod time;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod wasm;

pub use bindings::wagate::plugin::{
    delivery, history, http_client as http, media, notify, timers, whatsapp_chats as chats,
    whatsapp_contacts as contacts, whatsapp_groups as groups, whatsapp_labels as labels,
    whatsapp_messages as messages, whatsapp_profile as profile, whatsapp_status as status,
};
pub use error::Error;
pub use event::{Event, Fire, IncomingMessage, MessageKey};
pub use form::{Form, FormFile};
pub use host::{
    Chat, Host, HostExt, Level, Message, OutgoingText, Sent, SessionInfo, StoreChange, StoreEntry, ext,
};
pub use lenient::lenient;
pub use message_row::MessageRow;
pub use plugin::{Hook, HookHandler, Plugin, Route, RouteHandler, hook, route};
pub use request::{Body, Principal, Request, SessionRef};
pub use response::Response;
pub use session_ids::SessionIds;
pub use session_row::SessionRow;
pub use time::iso8601;
pub use wagate_protocol::error::HostError;
pub use wagate_protocol::event::kind;
pub use wagate_protocol::manifest;

/// Makes the crate a plugin: exports what the host calls. Once a crate, with the type that implements [`Plugin`].
///
/// A build for this machine exports something only with the feature `native`: then it is a native plugin. Without, as in
/// tests, the type is checked and that is all.
#[macro_export]
macro_rules! export {
    ($plugin:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            // The generated macro wants a plain name.
            type Exported = $crate::wasm::Component<$plugin>;
    $crate::bindings::__export_component!(Exported with_types_in $crate::bindings);
        };
        #[cfg(not(target_arch = "wasm32"))]
        $crate::__export_native!($plugin);
    };
}

/// A feature is one of the crate in which a macro is used, so there are two.
#[cfg(not(feature = "native"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __export_native {
    ($plugin:ty) => {
        const _: () = {
            const fn is_plugin<P: $crate::Plugin>() {}
            is_plugin::<$plugin>()
        };
    };
}

/// The same, for native plugins.
#[cfg(feature = "native")]
#[doc(hidden)]
#[macro_export]
macro_rules! __export_native {
    ($plugin:ty) => {
        const _: () = {
            #[unsafe(no_mangle)]
            static WAGATE_NATIVE_PLUGIN: $crate::native::Entry = $crate::native::entry::<$plugin>();
        };
    };
}
