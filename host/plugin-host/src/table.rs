//! The plugins that serve and the routes that lead to them: one value, replaced as a whole.
//!
//! Parameter names do not matter for a match: a path's shape is what is compared, and a literal segment beats a
//! parameter. The host's own routes are in the table too, so that conflicts with them are seen and they win.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use wagate_protocol::manifest::{Action, AuthNeed, BodyKind, Route, SessionSource, parameter_name};

use crate::entry::Entry;
use crate::version::Version;

/// Where a request goes.
#[derive(Debug)]
pub enum Lookup {
    /// To a plugin.
    Match(RouteMatch),
    /// The path is known, the method is not: these are, for `Allow`.
    MethodNotAllowed(Vec<&'static str>),
    /// To this plugin, if it were not switched off.
    Off(String),
    /// Not to a plugin.
    NotFound,
}

/// A request's way to a plugin. Holds the version that was current when it was found.
#[derive(Clone)]
pub struct RouteMatch {
    pub(crate) version: Arc<Version>,
    route: Arc<Route>,
    params: Vec<(String, String)>,
}

impl fmt::Debug for RouteMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteMatch")
            .field("plugin", &self.plugin())
            .field("route", &self.route())
            .finish_non_exhaustive()
    }
}

impl RouteMatch {
    /// The plugin's id.
    pub fn plugin(&self) -> &str {
        self.version.name()
    }

    /// The path template.
    pub fn route(&self) -> &str {
        &self.route.path
    }

    /// The parameters in order, percent-decoded.
    pub fn params(&self) -> &[(String, String)] {
        &self.params
    }

    /// One parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Where the route names its session.
    pub fn session(&self) -> &SessionSource {
        &self.route.session
    }

    /// What its requests may carry.
    pub fn body(&self) -> BodyKind {
        self.route.body
    }

    /// Who may call.
    pub fn auth(&self) -> AuthNeed {
        self.route.auth
    }

    /// What it does.
    pub fn action(&self) -> Action {
        self.route.action()
    }
}

/// A route that a plugin serves now.
#[derive(Debug, Clone)]
pub struct LiveRoute {
    /// The plugin's id.
    pub plugin: String,
    /// What its author declares.
    pub route: Route,
}

/// A plugin's route; none for the host's own.
type Owner = Option<(Arc<Version>, Arc<Route>)>;

/// Who answers one shape of path.
#[derive(Default, Clone)]
struct Owners {
    /// Method and owner.
    methods: Vec<(&'static str, Owner)>,
}

/// The table.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) entries: BTreeMap<String, Entry>,
    router: matchit::Router<Owners>,
    /// What would be served by plugins that are switched off: method and plugin.
    off: matchit::Router<Vec<(&'static str, String)>>,
}

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

impl Table {
    /// Fails when two routes meet: the text says which.
    pub(crate) fn build(
        host_routes: &[(String, String)],
        entries: BTreeMap<String, Entry>,
    ) -> Result<Self, String> {
        let mut shapes: HashMap<String, Owners> = HashMap::new();
        for (method, template) in host_routes {
            let Some(method) = METHODS
                .into_iter()
                .find(|known| known.eq_ignore_ascii_case(method))
            else {
                continue;
            };
            // The host may list a route twice (HEAD beside GET, say); that is its own affair.
            shapes
                .entry(shape(template))
                .or_default()
                .methods
                .push((method, None));
        }
        for version in entries.values().filter_map(|entry| entry.version.as_ref()) {
            for route in &version.parts.manifest.routes {
                let owners = shapes.entry(shape(&route.path)).or_default();
                let method = route.method.as_str();
                if let Some((_, owner)) = owners.methods.iter().find(|(taken, _)| *taken == method) {
                    let owner = owner.as_ref().map_or("the host", |(version, _)| version.name());
                    return Err(format!(
                        "route {method} {} is already taken by {owner}",
                        route.path
                    ));
                }
                owners
                    .methods
                    .push((method, Some((version.clone(), Arc::new(route.clone())))));
            }
        }
        no_route_takes_anothers(&entries)?;
        let mut router = matchit::Router::new();
        for (shape, owners) in shapes {
            router
                .insert(shape.clone(), owners)
                .map_err(|error| format!("route {shape}: {error}"))?;
        }
        let off = routes_off(&entries)?;
        Ok(Self { entries, router, off })
    }

    /// What every plugin serves, by plugin and in the order of its manifest.
    pub(crate) fn live_routes(&self) -> Vec<LiveRoute> {
        let versions = self.entries.values().filter_map(|entry| entry.version.as_ref());
        versions
            .flat_map(|version| {
                version.parts.manifest.routes.iter().map(|route| LiveRoute {
                    plugin: version.name().to_owned(),
                    route: route.clone(),
                })
            })
            .collect()
    }

    pub(crate) fn find(&self, method: &str, path: &str) -> Lookup {
        match self.find_live(method, path) {
            found @ Lookup::Match(_) => found,
            nobody => self.find_off(method, path).unwrap_or(nobody),
        }
    }

    fn find_off(&self, method: &str, path: &str) -> Option<Lookup> {
        let found = self.off.at(path).ok()?;
        let (_, plugin) = found.value.iter().find(|(known, _)| *known == method)?;
        Some(Lookup::Off(plugin.clone()))
    }

    fn find_live(&self, method: &str, path: &str) -> Lookup {
        let Ok(found) = self.router.at(path) else {
            return Lookup::NotFound;
        };
        let owners = &found.value.methods;
        // HEAD is answered by GET; the gateway leaves the body out.
        let method = if method == "HEAD" { "GET" } else { method };
        match owners.iter().find(|(known, _)| *known == method) {
            Some((_, Some((version, route)))) => {
                let values = found.params.iter().map(|(_, value)| decode(value));
                let params = route.parameters().map(str::to_owned).zip(values).collect();
                Lookup::Match(RouteMatch {
                    version: version.clone(),
                    route: route.clone(),
                    params,
                })
            }
            Some((_, None)) => Lookup::NotFound,
            // Only the host's: its router says what it says.
            None if owners.iter().all(|(_, owner)| owner.is_none()) => Lookup::NotFound,
            None => {
                let mut allowed: Vec<&'static str> = owners.iter().map(|(method, _)| *method).collect();
                allowed.sort_unstable();
                allowed.dedup();
                Lookup::MethodNotAllowed(allowed)
            }
        }
    }
}

/// A word where another plugin has a parameter would take the requests with that word from it, those about one session say.
fn no_route_takes_anothers(entries: &BTreeMap<String, Entry>) -> Result<(), String> {
    let mut alike: HashMap<(&str, usize), Vec<(&str, &str)>> = HashMap::new();
    for version in entries.values().filter_map(|entry| entry.version.as_ref()) {
        for route in &version.parts.manifest.routes {
            let path = route.path.as_str();
            let others = alike
                .entry((route.method.as_str(), path.split('/').count()))
                .or_default();
            let taken = others
                .iter()
                .find(|(plugin, other)| *plugin != version.name() && meet(path, other));
            if let Some((plugin, other)) = taken {
                let (method, name) = (route.method.as_str(), version.name());
                return Err(format!(
                    "route {method} {path} of {name} and {other} of {plugin} are for the same requests"
                ));
            }
            others.push((version.name(), path));
        }
    }
    Ok(())
}

/// Whether there is a path that both are for.
fn meet(one: &str, other: &str) -> bool {
    let is_parameter = |segment| parameter_name(segment).is_some();
    one.split('/')
        .zip(other.split('/'))
        .all(|(one, other)| one == other || is_parameter(one) || is_parameter(other))
}

/// Routes may meet here: only one of the plugins can be switched on.
fn routes_off(
    entries: &BTreeMap<String, Entry>,
) -> Result<matchit::Router<Vec<(&'static str, String)>>, String> {
    let mut shapes: HashMap<String, Vec<(&'static str, String)>> = HashMap::new();
    for (name, entry) in entries {
        for route in &entry.off {
            let owners = shapes.entry(shape(&route.path)).or_default();
            owners.push((route.method.as_str(), name.clone()));
        }
    }
    let mut router = matchit::Router::new();
    for (shape, owners) in shapes {
        router
            .insert(shape.clone(), owners)
            .map_err(|error| format!("route {shape}: {error}"))?;
    }
    Ok(router)
}

/// The template with each parameter named by its place: the form in which two templates can be compared.
fn shape(template: &str) -> String {
    let segments = template.split('/').enumerate().map(|(place, segment)| {
        if parameter_name(segment).is_some() {
            format!("{{p{place}}}")
        } else {
            segment.to_owned()
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// `%40` and the like. `+` is itself in a path.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digits = ahead
            .next()
            .and_then(hex_digit)
            .zip(ahead.next().and_then(hex_digit));
        match digits {
            Some((high, low)) if byte == b'%' => {
                bytes.push(high << 4 | low);
                rest = ahead;
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_forget_parameter_names() {
        assert_eq!(shape("/api/webhooks/{id}"), shape("/api/webhooks/{sessionId}"));
        assert_ne!(shape("/api/webhooks/{id}"), shape("/api/webhooks/test"));
    }

    #[test]
    fn a_word_in_place_of_a_parameter_meets_it() {
        let send = "/api/messages/{sessionId}/{jid}/send";
        assert!(meet("/api/messages/demo/{jid}/send", send));
        assert!(meet("/api/{a}/demo/{b}/send", send));
        assert!(!meet("/api/messages/demo/{jid}/poll", send));
    }

    #[test]
    fn path_parameters_are_decoded() {
        assert_eq!(decode("1%40s.whatsapp.net"), "1@s.whatsapp.net");
        assert_eq!(decode("a+b%2Fc%zz%4"), "a+b/c%zz%4");
        assert_eq!(decode("gr%C3%BCn"), "grün");
    }

    #[test]
    fn host_routes_win_and_are_not_a_plugins_affair() {
        let host = vec![("GET".to_owned(), "/api/sessions/{id}".to_owned())];
        let table = Table::build(&host, BTreeMap::new()).unwrap();
        assert!(matches!(
            table.find("GET", "/api/sessions/shop"),
            Lookup::NotFound
        ));
        assert!(matches!(
            table.find("PUT", "/api/sessions/shop"),
            Lookup::NotFound
        ));
    }
}
