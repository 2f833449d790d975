//! Calls over the table a host lends to a native plugin.

use serde::Serialize;
use serde::de::DeserializeOwned;
use wagate_protocol::error::HostError;
use wagate_protocol::native::codec::{decode, encode};

use super::boundary::Table;
use crate::bindings::wagate::plugin as wit;
use crate::bindings::wagate::plugin::types;
use crate::calls::{plain_calls, wrapped_calls};
use crate::carrier::Carrier;
use crate::convert;
use crate::host::Level;

macro_rules! ask {
    ($($(#[$doc:meta])* $name:ident = $interface:ident::$function:ident($($arg:ident: $kind:ty),*) -> $answer:ty;)*) => {
        $(fn $name(&self, $($arg: $kind),*) -> Result<$answer, HostError> {
            self.result(stringify!($interface), stringify!($function), &($($arg,)*))
        })*
    };
}

impl Table {
    fn ask<T: DeserializeOwned>(
        &self,
        interface: &str,
        function: &str,
        arguments: &impl Serialize,
    ) -> Result<T, String> {
        decode(&self.exchange(interface, function, &encode(arguments)?)?)
    }

    fn result<T: DeserializeOwned>(
        &self,
        interface: &str,
        function: &str,
        arguments: &impl Serialize,
    ) -> Result<T, HostError> {
        let answer: Result<Result<T, types::Error>, String> = self.ask(interface, function, arguments);
        match answer {
            Ok(answer) => answer.map_err(convert::error_from_wit),
            Err(text) => Err(HostError::Internal(format!("{interface}.{function}: {text}"))),
        }
    }
}

impl Carrier for Table {
    fn log(&self, level: Level, message: &str) {
        // A line that cannot be written has nowhere to complain.
        let _: Result<(), String> = self.ask("log", "write", &(convert::level(level), message));
    }

    fn now_ms(&self) -> i64 {
        self.ask("clock", "now_ms", &()).unwrap_or_default()
    }

    fn unique_id(&self) -> String {
        self.ask("clock", "unique_id", &()).unwrap_or_default()
    }

    fn timezone(&self) -> String {
        self.ask("clock", "timezone", &()).unwrap_or_default()
    }

    wrapped_calls!(ask);
    plain_calls!(ask);
}
