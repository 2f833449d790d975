//! What plugins can call: one file an interface. Each checks the right first, and the session where one is named.

mod basics;
mod history;
mod sessions;
mod settings;
mod store;
mod whatsapp_messages;
