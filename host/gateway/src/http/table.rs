//! The host's own routes, one line each. A route without a need cannot be written down: nothing is open by accident.

use axum::routing::{MethodRouter, delete, get, patch, post, put};
use wagate_protocol::manifest::Action;

use super::gate::{Gate, Words};
use super::routes::{
    api_keys, audit, auth, dashboard, docs, events, health, media, metrics, plugins, sessions, settings,
    system, users,
};
use super::state::ApiState;
use crate::auth::need::Need;

const READ: Need = Need::Act(Action::Read);
const MANAGE: Need = Need::Act(Action::Manage);
const ADMIN: Need = Need::Act(Action::Admin);

/// A route of the host.
pub(crate) struct HostRoute {
    /// The method.
    pub(crate) method: &'static str,
    /// The path template.
    pub(crate) path: &'static str,
    /// What it needs of its caller.
    pub(crate) need: Need,
    /// How it says no.
    pub(crate) words: Words,
    /// Its operation in `openapi/`; empty: it is not part of the documented API.
    pub(crate) operation: &'static str,
    /// Who answers.
    pub(crate) handler: MethodRouter<ApiState>,
}

impl HostRoute {
    /// What its gate asks.
    pub(crate) fn gate(&self) -> Gate {
        Gate {
            need: self.need,
            words: self.words,
        }
    }

    /// With words of the contract's own for a refusal.
    fn words(self, words: Words) -> Self {
        Self { words, ..self }
    }
}

fn route(
    method: &'static str,
    path: &'static str,
    need: Need,
    operation: &'static str,
    handler: MethodRouter<ApiState>,
) -> HostRoute {
    HostRoute {
        method,
        path,
        need,
        words: Words::Usual,
        operation,
        handler,
    }
}

/// All of them. The five actions on a session are literals, so that `/api/sessions/{id}/<anything else>` is free for
/// plugins.
#[rustfmt::skip]
pub(crate) fn table() -> Vec<HostRoute> {
    let users_only = Words::Forbidden("Unauthorized");
    let not_yours = Words::Forbidden("Forbidden - Only session owner can manage access");
    vec![
        route("GET", "/healthz", Need::Public, "", get(health::healthz)),
        route("GET", "/readyz", Need::Public, "", get(health::readyz)),
        route("GET", "/metrics", ADMIN, "", get(metrics::handle)),

        route("GET", "/", Need::Public, "", get(dashboard::handle)),
        route("GET", "/assets/{file}", Need::Public, "", get(dashboard::handle)),
        route("GET", "/theme.js", Need::Public, "", get(dashboard::handle)),
        route("GET", "/favicon.svg", Need::Public, "", get(dashboard::handle)),
        route("GET", "/licenses.txt", Need::Public, "", get(dashboard::handle)),

        route("GET", "/docs", Need::Public, "", get(docs::page::page)),
        route("GET", "/docs/docs.js", Need::Public, "", get(docs::page::script)),
        route("GET", "/docs/docs.css", Need::Public, "", get(docs::page::style)),
        route("GET", "/api/docs", READ, "getDocs", get(docs::document::handle)),

        route("POST", "/api/auth/register", Need::Public, "postAuthRegister", post(auth::register::handle)),
        route("GET", "/api/auth/csrf", Need::Public, "getAuthCsrf", get(auth::csrf::handle)),
        route("GET", "/api/auth/session", Need::Public, "getAuthSession", get(auth::session::handle)),
        route("GET", "/api/auth/providers", Need::Public, "getAuthProviders", get(auth::providers::handle)),
        route("GET", "/api/auth/signin", Need::Public, "getAuthSignin", get(auth::signin::handle)),
        route("POST", "/api/auth/callback/credentials", Need::Public, "postAuthCallbackCredentials", post(auth::credentials::handle)),
        route("POST", "/api/auth/signout", Need::Public, "postAuthSignout", post(auth::signout::handle)),
        route("GET", "/auth/login", Need::Public, "", get(auth::login_page::handle)),

        route("GET", "/api/user", Need::Myself, "getUser", get(users::myself::get)),
        route("PATCH", "/api/user", Need::Myself, "patchUser", patch(users::myself::change)),
        route("GET", "/api/user/api-key", Need::Myself, "getUserApiKey", get(api_keys::default::get)),
        route("POST", "/api/user/api-key", Need::Myself, "postUserApiKey", post(api_keys::default::replace)),
        route("DELETE", "/api/user/api-key", Need::Myself, "deleteUserApiKey", delete(api_keys::default::revoke)),
        route("GET", "/api/user/api-keys", Need::Myself, "getUserApiKeys", get(api_keys::list::handle)),
        route("POST", "/api/user/api-keys", Need::Myself, "postUserApiKeys", post(api_keys::create::handle)),
        route("DELETE", "/api/user/api-keys/{id}", Need::Myself, "deleteUserApiKeysId", delete(api_keys::delete::handle)),

        route("GET", "/api/users", ADMIN, "getUsers", get(users::list::handle)).words(users_only),
        route("POST", "/api/users", Need::Accounts, "postUsers", post(users::create::handle)).words(users_only),
        route("PATCH", "/api/users/{id}", Need::Accounts, "patchUsersId", patch(users::update::handle)).words(users_only),
        route("DELETE", "/api/users/{id}", Need::Accounts, "deleteUsersId", delete(users::delete::handle)).words(users_only),

        route("GET", "/api/sessions", READ, "getSessions", get(sessions::list::handle)),
        route("POST", "/api/sessions", MANAGE, "postSessions", post(sessions::create::handle)),
        route("GET", "/api/sessions/{id}", READ, "getSessionsId", get(sessions::get::handle)),
        route("GET", "/api/sessions/{id}/qr", MANAGE, "getSessionsIdQr", get(sessions::qr::handle)),
        route("POST", "/api/sessions/{id}/start", MANAGE, "postSessionsIdStart", post(sessions::action::start)),
        route("POST", "/api/sessions/{id}/stop", MANAGE, "postSessionsIdStop", post(sessions::action::stop)),
        route("POST", "/api/sessions/{id}/restart", MANAGE, "postSessionsIdRestart", post(sessions::action::restart)),
        route("POST", "/api/sessions/{id}/logout", Need::Own, "postSessionsIdLogout", post(sessions::action::logout)),
        route("POST", "/api/sessions/{id}/pair", MANAGE, "postSessionsIdPair", post(sessions::action::pair)),
        route("GET", "/api/sessions/{id}/passkey", MANAGE, "getSessionsIdPasskey", get(sessions::passkey::get)),
        route("POST", "/api/sessions/{id}/passkey", MANAGE, "postSessionsIdPasskey", post(sessions::passkey::answer)),
        route("GET", "/api/sessions/{id}/settings", READ, "getSessionsIdSettings", get(sessions::settings::get)),
        route("PATCH", "/api/sessions/{id}/settings", MANAGE, "patchSessionsIdSettings", patch(sessions::settings::change)),
        route("DELETE", "/api/sessions/{id}/settings", Need::Own, "deleteSessionsIdSettings", delete(sessions::delete::handle))
            .words(Words::Forbidden("Forbidden - Cannot delete this session")),
        route("GET", "/api/sessions/{id}/sends/{messageId}", READ, "getSessionsIdSendsMessageId", get(sessions::sends::handle)),
        route("GET", "/api/sessions/{id}/access", Need::Own, "getSessionsSessionIdAccess", get(sessions::access::list::handle)).words(not_yours),
        route("POST", "/api/sessions/{id}/access", Need::Share, "postSessionsSessionIdAccess", post(sessions::access::grant::handle)).words(not_yours),
        route("DELETE", "/api/sessions/{id}/access", Need::Own, "deleteSessionsSessionIdAccess", delete(sessions::access::revoke::handle)).words(not_yours),

        route("GET", "/api/events", READ, "getEvents", get(events::sse::handle)),
        route("GET", "/api/events/ws", READ, "getEventsWs", get(events::ws::handle)),

        route("GET", "/api/media", READ, "getMedia", get(media::list::handle)),
        route("DELETE", "/api/media", MANAGE, "deleteMedia", delete(media::delete::handle)),
        route("GET", "/api/media/{filename}", READ, "getMediaFilename", get(media::get::handle)),

        route("GET", "/api/settings/system", READ, "getSettingsSystem", get(settings::get::handle)),
        // The contract has a 401 here, and no 403.
        route("POST", "/api/settings/system", Need::Accounts, "postSettingsSystem", post(settings::change::handle)).words(Words::Unauthorized),
        route("GET", "/api/system/info", Need::Public, "getSystemInfo", get(system::info::handle)),
        route("GET", "/api/system/monitor", ADMIN, "getSystemMonitor", get(system::monitor::handle))
            .words(Words::Forbidden("Forbidden - Superadmin only")),
        route("GET", "/api/system/monitor/{id}", READ, "getSystemMonitorSessionId", get(system::session::handle)),
        route("GET", "/api/system/backup", ADMIN, "getSystemBackup", get(system::backup::handle)),
        route("GET", "/api/system/audit", ADMIN, "getSystemAudit", get(audit::handle)),

        route("GET", "/api/plugins", ADMIN, "getPlugins", get(plugins::list::handle)),
        route("GET", "/api/plugins/{id}", ADMIN, "getPluginsId", get(plugins::get::handle)),
        route("POST", "/api/plugins/{id}/enable", ADMIN, "postPluginsIdEnable", post(plugins::switch::enable)),
        route("POST", "/api/plugins/{id}/disable", ADMIN, "postPluginsIdDisable", post(plugins::switch::disable)),
        route("POST", "/api/plugins/{id}/reload", ADMIN, "postPluginsIdReload", post(plugins::switch::reload)),
        route("PUT", "/api/plugins/{id}/settings", ADMIN, "putPluginsIdSettings", put(plugins::settings::handle)),
        route("GET", "/api/plugins/{id}/parked", ADMIN, "getPluginsIdParked", get(plugins::parked::list)),
        route("POST", "/api/plugins/{id}/parked/{eventId}/replay", ADMIN, "postPluginsIdParkedEventIdReplay", post(plugins::parked::replay)),
        route("DELETE", "/api/plugins/{id}/parked/{eventId}", ADMIN, "deletePluginsIdParkedEventId", delete(plugins::parked::drop_one)),
    ]
}

/// Method and template of the host's own routes: no plugin may take one of them.
pub(crate) fn host_routes() -> Vec<(String, String)> {
    table()
        .into_iter()
        .map(|route| (route.method.to_owned(), route.path.to_owned()))
        .collect()
}

/// The methods the host itself serves on this template.
pub(crate) fn host_methods(template: &str) -> Vec<&'static str> {
    table()
        .into_iter()
        .filter(|route| route.path == template)
        .map(|route| route.method)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::Router;

    use super::{host_methods, host_routes, table};
    use crate::auth::need::Need;

    #[test]
    fn the_table_builds_without_conflicts() {
        let mut router = Router::new();
        for route in table() {
            router = router.route(route.path, route.handler);
        }
        let routes: BTreeSet<(String, String)> = host_routes().into_iter().collect();
        assert_eq!(routes.len(), table().len(), "each route once");
        drop(router);
    }

    #[test]
    fn methods_of_a_template_are_known() {
        assert_eq!(host_methods("/api/sessions"), ["GET", "POST"]);
        assert_eq!(
            host_methods("/api/sessions/{id}/settings"),
            ["GET", "PATCH", "DELETE"]
        );
        assert!(host_methods("/api/none").is_empty());
    }

    #[test]
    fn every_operation_is_documented() {
        let known = crate::openapi::operations();
        for route in table() {
            assert!(
                route.operation.is_empty() || known.contains_key(route.operation),
                "{} is not in openapi/operations.json",
                route.operation
            );
            let is_api = route.path.starts_with("/api/");
            assert_eq!(is_api, !route.operation.is_empty(), "{}", route.path);
        }
    }

    /// What anybody may call, all of it: a route does not get into this list by accident.
    #[test]
    fn public_routes_are_listed_here() {
        let public: Vec<(&str, &str)> = table()
            .iter()
            .filter(|route| route.need == Need::Public)
            .map(|route| (route.method, route.path))
            .collect();
        assert_eq!(
            public,
            [
                ("GET", "/healthz"),
                ("GET", "/readyz"),
                ("GET", "/"),
                ("GET", "/assets/{file}"),
                ("GET", "/theme.js"),
                ("GET", "/favicon.svg"),
                ("GET", "/licenses.txt"),
                ("GET", "/docs"),
                ("GET", "/docs/docs.js"),
                ("GET", "/docs/docs.css"),
                ("POST", "/api/auth/register"),
                ("GET", "/api/auth/csrf"),
                ("GET", "/api/auth/session"),
                ("GET", "/api/auth/providers"),
                ("GET", "/api/auth/signin"),
                ("POST", "/api/auth/callback/credentials"),
                ("POST", "/api/auth/signout"),
                ("GET", "/auth/login"),
                ("GET", "/api/system/info"),
            ]
        );
    }
}
