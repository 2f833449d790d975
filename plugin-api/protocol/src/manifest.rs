//! The plugin manifest, `plugin.toml`: what an author declares. Not what an administrator grants.
//!
//! ```toml
//! id = "greeter"
//! version = "1.2.0"
//! api = "1.0"
//! description = "Greets people"
//! hooks = ["message.received"]
//!
//! [[routes]]
//! method = "GET"
//! path = "/api/greeter/{sessionId}"
//! session = "path:sessionId"
//!
//! [[rights]]
//! name = "whatsapp-messages"
//! reason = "sends the greeting"
//! ```

mod action;
mod right;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use action::Action;
pub use right::Right;

use crate::event::is_meant;
use crate::text::is_harmful;

/// The API version this crate describes, `major.minor`. It only grows: see [`supports`].
pub const API_VERSION: &str = "1.0";
/// The versions a host of this one runs, for people; `1.0 to 1.N` once there is another.
pub const SUPPORTED: &str = "1.0";

/// Longest description, and longest reason of a right, in characters.
const MAX_SENTENCE: usize = 500;
/// Longest operation object, as JSON text.
const MAX_OPENAPI: usize = 32 * 1024;
/// Most routes of a plugin.
const MAX_ROUTES: usize = 200;
/// Longest path template, in characters.
const MAX_PATH: usize = 256;
/// What stands behind `/api/` in the host's own routes, also those it gets later: no plugin can have it.
const RESERVED: [&str; 5] = ["auth", "docs", "plugins", "user", "users"];

/// What a plugin declares about itself. Travels inside the component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The plugin's name: its files, its store, its log lines. `[a-z][a-z0-9-]*`, at most 40 characters.
    pub id: String,
    /// The plugin's own version, `major.minor.patch`.
    pub version: String,
    /// The plugin API it was written for, e.g. `1.0`.
    pub api: String,
    /// One sentence for the administrator.
    #[serde(default)]
    pub description: String,
    /// Event kinds it wants to see: `message.received`, `message.*`, or `*` for all.
    #[serde(default)]
    pub hooks: Vec<String>,
    /// In which order it wants to see them.
    #[serde(default, skip_serializing_if = "HookOrder::is_session")]
    pub hook_order: HookOrder,
    /// Routes it answers.
    #[serde(default)]
    pub routes: Vec<Route>,
    /// Rights it needs.
    #[serde(default)]
    pub rights: Vec<RightRequest>,
    /// JSON Schema of what stands under `[settings]` in the administrator's file. Without one the plugin checks alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings_schema: Option<serde_json::Value>,
}

/// One route: a method and a path template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path template, e.g. `/api/chat/{sessionId}/{jid}`.
    pub path: String,
    /// Where the session is named. The host checks access to it before the plugin runs.
    pub session: SessionSource,
    /// Who may call.
    #[serde(default)]
    pub auth: AuthNeed,
    /// What it does, for roles and for the scopes of API keys; see [`Route::action`].
    #[serde(default, rename = "action", skip_serializing_if = "Option::is_none")]
    pub declared_action: Option<Action>,
    /// What a request may carry.
    #[serde(default, skip_serializing_if = "BodyKind::is_json")]
    pub body: BodyKind,
    /// The OpenAPI operation it implements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// That operation itself, an OpenAPI operation object, where the gateway's documents do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openapi: Option<serde_json::Value>,
}

/// The methods a route can have. `HEAD` follows `GET`, `OPTIONS` is the host's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are the methods")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// As it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// From the wire; `None` for a method no route can have.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete]
            .into_iter()
            .find(|method| method.as_str() == text)
    }
}

/// Where a route names its session: `path:<parameter>`, `body:<field>`, `resolved` or `none`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SessionSource {
    /// In this parameter of the path.
    Path(String),
    /// In this field of the JSON body.
    Body(String),
    /// The plugin finds it, without any session's rights; the host grants access then.
    Resolved,
    /// The route belongs to no session.
    None,
}

impl TryFrom<String> for SessionSource {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("path", name)) if !name.is_empty() => Ok(Self::Path(name.to_owned())),
            Some(("body", field)) if !field.is_empty() && !field.contains(char::is_control) => {
                Ok(Self::Body(field.to_owned()))
            }
            None if text == "resolved" => Ok(Self::Resolved),
            None if text == "none" => Ok(Self::None),
            _ => Err(format!(
                "\"{text}\" is not one of \"path:<parameter>\", \"body:<field>\", \"resolved\", \"none\""
            )),
        }
    }
}

impl From<SessionSource> for String {
    fn from(source: SessionSource) -> Self {
        match source {
            SessionSource::Path(name) => format!("path:{name}"),
            SessionSource::Body(field) => format!("body:{field}"),
            SessionSource::Resolved => "resolved".to_owned(),
            SessionSource::None => "none".to_owned(),
        }
    }
}

/// Who may call a route.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthNeed {
    /// Anyone with a valid key or login.
    #[default]
    User,
    /// Superadmins.
    Superadmin,
    /// Anyone at all. Only for routes without a session.
    Public,
}

/// Which events have to reach a plugin one after the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HookOrder {
    /// All of a session.
    #[default]
    Session,
    /// Those of a chat, and those that belong to no chat: events of several chats come at the same time, each to an
    /// instance of its own.
    Chat,
}

impl HookOrder {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_session(&self) -> bool {
        *self == Self::Session
    }
}

/// What the requests of a route may carry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyKind {
    /// Whatever it is, the plugin gets it as it came.
    #[default]
    Json,
    /// Also `multipart/form-data`: the host keeps its files as media handles, and the plugin gets
    /// `{"fields":{..},"files":{..}}` with the header `x-wagate-form: 1`. Needs the right `media`.
    Multipart,
}

impl BodyKind {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_json(&self) -> bool {
        *self == Self::Json
    }
}

/// A right with the reason the administrator gets to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RightRequest {
    /// The right.
    pub name: Right,
    /// Why it is needed, one sentence.
    pub reason: String,
}

/// Why a manifest was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManifestError {
    /// Neither TOML nor JSON of the right shape. The text says where and what.
    #[error("plugin.toml: {0}")]
    Syntax(String),
    /// Well-formed, but a value cannot be.
    #[error("plugin.toml: {0}")]
    Invalid(String),
    /// Written for another API.
    #[error("written for plugin API {found}, this host runs {SUPPORTED}")]
    Api {
        /// What the manifest names.
        found: String,
    },
}

/// Whether a host of [`API_VERSION`] runs what was written for this version, `1.0` or `1.0.0`: the same major, and no
/// later minor.
pub fn supports(version: &str) -> bool {
    let parts = |version: &str| -> Option<(u32, u32)> {
        let numbers: Option<Vec<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
        match numbers?.as_slice() {
            [major, minor] | [major, minor, _] => Some((*major, *minor)),
            _ => None,
        }
    };
    match (parts(version), parts(API_VERSION)) {
        (Some((major, minor)), Some((our_major, our_minor))) => major == our_major && minor <= our_minor,
        _ => false,
    }
}

impl Manifest {
    /// Reads and validates the text of a `plugin.toml`, or the same as a JSON object.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| ManifestError::Syntax(error.to_string()))?
        } else {
            toml::from_str(text).map_err(|error| ManifestError::Syntax(error.to_string()))?
        };
        manifest.validate()?;
        Ok(manifest)
    }

    /// Whether the manifest asks for this right.
    pub fn asks_for(&self, right: Right) -> bool {
        self.rights.iter().any(|request| request.name == right)
    }

    /// Whether it is hooked on events of this kind.
    pub fn hears(&self, kind: &str) -> bool {
        self.hooks.iter().any(|hook| is_meant(hook, kind))
    }

    fn validate(&self) -> Result<(), ManifestError> {
        if !is_plugin_id(&self.id) {
            return invalid(format!(
                "id {:?} must match [a-z][a-z0-9-]* and have at most 40 characters",
                self.id
            ));
        }
        let parts: Vec<&str> = self.version.split('.').collect();
        let is_number =
            |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit()) && part.parse::<u32>().is_ok();
        if parts.len() != 3 || !parts.iter().all(is_number) {
            return invalid(format!("version {:?} must be major.minor.patch", self.version));
        }
        if !supports(&self.api) {
            return Err(ManifestError::Api {
                found: self.api.escape_debug().to_string(),
            });
        }
        for hook in &self.hooks {
            if !is_hook(hook) {
                return invalid(format!(
                    "hook {hook:?} is not an event kind such as \"message.received\", \"message.*\" or \"*\""
                ));
            }
        }
        if self.routes.len() > MAX_ROUTES {
            return invalid(format!("at most {MAX_ROUTES} routes"));
        }
        for route in &self.routes {
            route.validate()?;
        }
        if self.description.chars().count() > MAX_SENTENCE {
            return invalid(format!("description: at most {MAX_SENTENCE} characters"));
        }
        self.check_texts()?;
        for (at, request) in self.rights.iter().enumerate() {
            if self
                .rights
                .iter()
                .take(at)
                .any(|before| before.name == request.name)
            {
                return invalid(format!("right \"{}\" stands there twice", request.name));
            }
            if request.reason.chars().count() > MAX_SENTENCE {
                return invalid(format!(
                    "right \"{}\": the reason has at most {MAX_SENTENCE} characters",
                    request.name
                ));
            }
            if request.reason.trim().is_empty() {
                return invalid(format!("right \"{}\" needs a reason", request.name));
            }
        }
        Ok(())
    }
}

impl Manifest {
    /// What people read, in lists, logs and pages: nothing of it may look like something else.
    fn check_texts(&self) -> Result<(), ManifestError> {
        let schema = self.settings_schema.as_ref().map(ToString::to_string);
        let operations = self.routes.iter().flat_map(|route| {
            let openapi = route.openapi.as_ref().map(ToString::to_string);
            [route.operation.clone(), openapi].into_iter().flatten()
        });
        let reasons = self.rights.iter().map(|request| request.reason.clone());
        let named = [("description", self.description.clone())]
            .into_iter()
            .chain(reasons.map(|reason| ("reason", reason)))
            .chain(schema.map(|schema| ("settings_schema", schema)))
            .chain(operations.map(|text| ("operation", text)));
        for (name, text) in named {
            let harmful = |char: &char| is_harmful(*char) && !matches!(char, '\n' | '\r' | '\t');
            if let Some(char) = text.chars().find(harmful) {
                return invalid(format!(
                    "{name}: {char:?} is a control character or changes the direction of writing"
                ));
            }
        }
        Ok(())
    }
}

impl Route {
    /// What it does: as it declares, else `read` for `GET` and `send` for the other methods.
    pub fn action(&self) -> Action {
        self.declared_action
            .unwrap_or_else(|| Action::of_method(self.method))
    }

    /// The names of the path's parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.path.split('/').filter_map(parameter_name)
    }

    fn validate(&self) -> Result<(), ManifestError> {
        let path = &self.path;
        if !path.starts_with("/api/") || path.ends_with('/') || path.contains("//") {
            return invalid(format!(
                "route path \"{path}\" must start with /api/ and have no empty segment"
            ));
        }
        if path.len() > MAX_PATH {
            return invalid(format!("a route path has at most {MAX_PATH} characters"));
        }
        for segment in path.split('/').skip(1) {
            if !is_plain(segment) && parameter_name(segment).is_none() {
                return invalid(format!(
                    "route path {path:?}: segment {segment:?} is neither plain (a-z, 0-9, -, _, .) nor {{name}}"
                ));
            }
        }
        let area = path.split('/').nth(2).unwrap_or_default();
        if parameter_name(area).is_some() || RESERVED.contains(&area) {
            return invalid(format!(
                "route path \"{path}\": behind /api/ stands a word, and none of the host's ({})",
                RESERVED.join(", ")
            ));
        }
        let mut names: Vec<&str> = self.parameters().collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair.first() == pair.last()) {
            return invalid(format!("route path \"{path}\" uses a parameter name twice"));
        }
        if let SessionSource::Path(name) = &self.session
            && !names.contains(&name.as_str())
        {
            return invalid(format!(
                "route {} {path}: session = \"path:{name}\", but the path has no {{{name}}}",
                self.method.as_str()
            ));
        }
        if self.auth == AuthNeed::Public && self.session != SessionSource::None {
            return invalid(format!(
                "route {} {path}: a public route cannot name a session",
                self.method.as_str()
            ));
        }
        if self.auth == AuthNeed::Public && self.declared_action.is_some() {
            return invalid(format!(
                "route {} {path}: a public route has no action, anybody may call it",
                self.method.as_str()
            ));
        }
        if let Some(operation) = &self.openapi
            && (!operation.is_object() || operation.to_string().len() > MAX_OPENAPI)
        {
            return invalid(format!(
                "route {} {path}: openapi is an operation object of at most {MAX_OPENAPI} bytes",
                self.method.as_str()
            ));
        }
        Ok(())
    }
}

fn is_plain(segment: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !segment.is_empty() && !segment.bytes().all(|byte| byte == b'.') && segment.bytes().all(plain)
}

/// The name in a `{name}` segment; none for any other segment.
pub fn parameter_name(segment: &str) -> Option<&str> {
    let name = segment.strip_prefix('{')?.strip_suffix('}')?;
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plain.then_some(name)
}

fn is_hook(text: &str) -> bool {
    let start = text.strip_suffix(".*").unwrap_or(text);
    let is_plain = !text.contains(is_harmful);
    text == "*"
        || (is_plain && text.contains('.') && text.len() <= 64 && !start.is_empty() && !start.contains('*'))
}

/// Whether this can be a plugin's id, and so the name of its files.
pub fn is_plugin_id(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn invalid<T>(message: String) -> Result<T, ManifestError> {
    Err(ManifestError::Invalid(message))
}

#[cfg(test)]
mod tests;
