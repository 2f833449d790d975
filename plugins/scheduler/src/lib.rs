#![doc = include_str!("../README.md")]

mod due;
mod form;
mod item;
mod media;
mod moment;
mod routes;
mod row;
mod settings;
mod shelf;
mod timer;

use wagate_plugin_api::{Error, Fire, Host, Plugin, Request, Route, route};

use crate::settings::Settings;

/// The plugin.
pub struct Scheduler {
    settings: Settings,
}

impl Plugin for Scheduler {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = Settings;
    const ROUTES: &'static [Route<Self>] = &[
        route("GET", "/api/scheduler/{sessionId}", routes::list::list),
        route("POST", "/api/scheduler/{sessionId}", routes::create::create),
        route("POST", "/api/scheduler", routes::create::legacy),
        route("DELETE", "/api/scheduler/{sessionId}", routes::delete::all_or_one),
        route(
            "PUT",
            "/api/scheduler/{sessionId}/{scheduleId}",
            routes::update::update,
        ),
        route(
            "DELETE",
            "/api/scheduler/{sessionId}/{scheduleId}",
            routes::delete::one,
        ),
    ];

    fn new(settings: Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self { settings })
    }

    fn on_timer(&self, host: &dyn Host, fire: &Fire) -> Result<(), Error> {
        due::on_timer(self, host, fire)
    }

    /// What looks like the id of a scheduled message leads to its session; anything else is taken for a session.
    fn resolve_session(&self, _host: &dyn Host, request: &Request) -> Result<Option<String>, Error> {
        let named = request.param("sessionId")?;
        Ok(Some(item::IDS.session_named(named)))
    }
}

wagate_plugin_api::export!(Scheduler);

#[cfg(test)]
mod tests {
    #[test]
    fn manifest_and_tables_agree() {
        wagate_plugin_api::testing::check_tables::<super::Scheduler>();
    }
}
