//! What plugins can call: one file an interface. Each checks the right first, and the session where one is named.

mod basics;
mod emit;
mod history;
mod http_client;
mod later;
mod sessions;
mod settings;
mod store;
mod timers;
mod whatsapp_messages;
