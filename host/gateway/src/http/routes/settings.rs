//! `/api/settings/system`: the gateway's name and looks, its timezone, whether people may register.

pub(crate) mod change;
pub(crate) mod get;
mod view;
