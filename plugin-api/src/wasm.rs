//! The component side: generated bindings, and the conversions that keep authors away from them.

use std::any::Any;
use std::cell::OnceCell;
use std::marker::PhantomData;
use std::rc::Rc;

use crate::bindings::exports::wagate::plugin as exports;
use crate::bindings::wagate::plugin::types;
use crate::config::settings_of;
use crate::host::Level;
use crate::plugin::Plugin;
use crate::{Error, Host, convert};

mod calls;

pub(crate) use calls::Imports;

const HOST: &dyn Host = &Imports;

thread_local! {
    // A component has one thread; a thread-local spares authors the `Sync` bound.
    static PLUGIN: OnceCell<Rc<dyn Any>> = const { OnceCell::new() };
}

/// The exports, for a plugin.
pub struct Component<P>(PhantomData<P>);

impl<P: Plugin> exports::guest::Guest for Component<P> {
    fn describe() -> String {
        P::MANIFEST.to_owned()
    }

    fn init(config: String) -> Result<(), types::Error> {
        // The text of a panic would end in a closed stderr.
        std::panic::set_hook(Box::new(|panic| {
            HOST.log(Level::Error, &panic.to_string());
        }));
        let settings = settings_of(&config).map_err(convert::error_to_wit)?;
        let plugin =
            P::new(settings, HOST).map_err(|error| convert::error_to_wit(error.into_host_error()))?;
        PLUGIN
            .with(|cell| cell.set(Rc::new(plugin)))
            .map_err(|_| types::Error::Conflict("init was called twice".to_owned()))
    }
}

impl<P: Plugin> exports::http_routes::Guest for Component<P> {
    fn handle_http(
        request: exports::http_routes::HttpRequest,
    ) -> Result<exports::http_routes::HttpResponse, types::Error> {
        let plugin = instance::<P>()?;
        let answer = plugin.handle_http(HOST, &convert::request(request));
        Ok(convert::response(
            answer.unwrap_or_else(|error| error.to_response()),
        ))
    }
}

impl<P: Plugin> exports::events::Guest for Component<P> {
    fn on_event(event: exports::events::Event) -> Result<(), types::Error> {
        let plugin = instance::<P>()?;
        plugin
            .on_event(HOST, &convert::event(event))
            .map_err(|error: Error| convert::error_to_wit(error.into_host_error()))
    }
}

impl<P: Plugin> exports::timer_events::Guest for Component<P> {
    fn on_timer(fire: exports::timer_events::Fire) -> Result<(), types::Error> {
        let plugin = instance::<P>()?;
        plugin
            .on_timer(HOST, &convert::fire(fire))
            .map_err(|error: Error| convert::error_to_wit(error.into_host_error()))
    }
}

impl<P: Plugin> exports::session_resolver::Guest for Component<P> {
    fn resolve(request: exports::http_routes::HttpRequest) -> Result<Option<String>, types::Error> {
        let plugin = instance::<P>()?;
        plugin
            .resolve_session(HOST, &convert::request(request))
            .map_err(|error: Error| convert::error_to_wit(error.into_host_error()))
    }
}

fn instance<P: Plugin>() -> Result<Rc<P>, types::Error> {
    PLUGIN
        .with(|cell| cell.get().cloned())
        .and_then(|plugin| plugin.downcast().ok())
        .ok_or_else(|| types::Error::Internal("init was not called".to_owned()))
}
