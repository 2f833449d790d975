//! `/api/sessions`: one file a route, and the shapes they share.

pub(crate) mod access;
pub(crate) mod action;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod passkey;
pub(crate) mod qr;
pub(crate) mod sends;
pub(crate) mod settings;
mod slug;
mod view;
