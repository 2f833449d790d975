//! `/api/plugins`.

pub(crate) mod list;
