//! What the host asks for, by name.

use serde::Serialize;
use wagate_protocol::native::codec::{decode, encode};
use wagate_protocol::native::export;

use crate::bindings::exports::wagate::plugin::{events, http_routes, timer_events};
use crate::bindings::wagate::plugin::types;
use crate::config::settings_of;
use crate::plugin::Plugin;
use crate::{Error, Host, convert};

/// An instance, where the settings suit it, and the answer of `init`.
pub(super) fn create<P: Plugin>(host: &dyn Host, config: &[u8]) -> Result<(Option<P>, Vec<u8>), String> {
    let (config,): (String,) = decode(config)?;
    let made = settings_of(&config)
        .and_then(|settings| P::new(settings, host).map_err(Error::into_host_error))
        .map_err(convert::error_to_wit);
    Ok(match made {
        Ok(plugin) => (Some(plugin), encode(&Ok::<(), types::Error>(()))?),
        Err(error) => (None, encode(&Err::<(), types::Error>(error))?),
    })
}

/// The answer of an export.
pub(super) fn call<P: Plugin>(
    plugin: &P,
    host: &dyn Host,
    export: &[u8],
    arguments: &[u8],
) -> Result<Vec<u8>, String> {
    match str::from_utf8(export).unwrap_or_default() {
        export::HANDLE_HTTP => {
            let (request,): (http_routes::HttpRequest,) = decode(arguments)?;
            let answer = plugin.handle_http(host, &convert::request(request));
            let answer = convert::response(answer.unwrap_or_else(|error| error.to_response()));
            encode(&Ok::<_, types::Error>(answer))
        }
        export::ON_EVENT => {
            let (event,): (events::Event,) = decode(arguments)?;
            reply(plugin.on_event(host, &convert::event(event)))
        }
        export::ON_TIMER => {
            let (fire,): (timer_events::Fire,) = decode(arguments)?;
            reply(plugin.on_timer(host, &convert::fire(fire)))
        }
        export::RESOLVE => {
            let (request,): (http_routes::HttpRequest,) = decode(arguments)?;
            reply(plugin.resolve_session(host, &convert::request(request)))
        }
        other => Err(format!("the plugin has no export \"{other}\"")),
    }
}

fn reply<T: Serialize>(answer: Result<T, Error>) -> Result<Vec<u8>, String> {
    encode(&answer.map_err(|error| convert::error_to_wit(error.into_host_error())))
}
