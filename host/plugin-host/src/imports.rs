//! What plugins can call: one file an interface. Each checks the right first, and the session where one is named.

mod basics;
mod delivery;
pub(crate) mod emit;
mod history;
mod http_client;
mod media;
mod notify;
mod sessions;
mod settings;
mod store;
mod timers;
mod whatsapp_chats;
mod whatsapp_contacts;
mod whatsapp_groups;
mod whatsapp_labels;
mod whatsapp_messages;
mod whatsapp_profile;
mod whatsapp_status;

pub(crate) use media::codec_error;

/// An interface whose functions work on a session's WhatsApp account: right, session and the calls of a minute are
/// checked, the session has to be connected, then the body runs. Under `also`, functions that need less.
macro_rules! on_account {
    (
        $interface:ident needs $right:ident {
            $($function:ident($account:ident $(, $arg:ident: $kind:ty)*) -> $answer:ty $body:block)*
        }
        $(also { $($more:tt)* })?
    ) => {
        impl $interface::Host for $crate::state::State {
            $(async fn $function(
                &mut self,
                session: String,
                $($arg: $kind),*
            ) -> Result<$answer, $crate::bindings::types::Error> {
                let $account = self
                    .account(wagate_protocol::manifest::Right::$right, &session)
                    .await
                    .map_err($crate::bindings::error_to_wit)?;
                let done: Result<$answer, wagate_engine::EngineError> = async { $body }.await;
                done.map_err(|error| $crate::bindings::error_to_wit($crate::services::engine_error(error)))
            })*
            $($($more)*)?
        }
    };
}

use on_account;
