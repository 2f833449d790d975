//! Calls over the imports of a component.

use wagate_protocol::error::HostError;

use crate::bindings::wagate::plugin as wit;
use crate::bindings::wagate::plugin::{clock, log};
use crate::calls::{plain_calls, wrapped_calls};
use crate::carrier::Carrier;
use crate::convert;
use crate::host::{Host, Level};

macro_rules! import {
    ($($(#[$doc:meta])* $name:ident = $interface:ident::$function:ident($($arg:ident: $kind:ty),*) -> $answer:ty;)*) => {
        $(fn $name(&self, $($arg: $kind),*) -> Result<$answer, HostError> {
            wit::$interface::$function($($arg),*).map_err(convert::error_from_wit)
        })*
    };
}

/// The imports.
pub(crate) struct Imports;

impl Host for Imports {}

impl Carrier for Imports {
    fn log(&self, level: Level, message: &str) {
        log::write(convert::level(level), message);
    }

    fn now_ms(&self) -> i64 {
        clock::now_ms()
    }

    fn unique_id(&self) -> String {
        clock::unique_id()
    }

    fn timezone(&self) -> String {
        clock::timezone()
    }

    wrapped_calls!(import);
    plain_calls!(import);
}
