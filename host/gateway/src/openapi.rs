//! The document of the API, OpenAPI 3.1: the host's operations and those of every plugin that serves now. What an
//! operation is stands in `openapi/operations.json`, by its id; a plugin may bring its own.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value, json};
use wagate_protocol::manifest::{Action, parameter_name};

/// One operation a line, by id.
const OPERATIONS: &str = include_str!("openapi/operations.json");
/// What they refer to.
const SCHEMAS: &str = include_str!("openapi/schemas.json");

/// A route that is documented.
#[derive(Debug, Clone)]
pub(crate) struct Documented {
    /// Upper case.
    pub(crate) method: String,
    /// The template.
    pub(crate) path: String,
    /// The operation's id, where it has one.
    pub(crate) operation: Option<String>,
    /// The operation itself, brought by a plugin.
    pub(crate) own: Option<Value>,
    /// The plugin that answers; none: the host.
    pub(crate) plugin: Option<String>,
    /// Whether anybody may call.
    pub(crate) is_public: bool,
    /// What it does, for scopes.
    pub(crate) action: Option<Action>,
}

/// The known operations, by id.
pub(crate) fn operations() -> Map<String, Value> {
    parsed(OPERATIONS)
}

/// The whole document.
pub(crate) fn document(title: &str, version: &str, routes: &[Documented]) -> Value {
    let known = operations();
    let mut ids = HashSet::new();
    let mut tags = BTreeSet::new();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes {
        let operation = operation(route, &known, &mut ids);
        for tag in operation
            .get("tags")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            tags.extend(tag.as_str().map(str::to_owned));
        }
        let methods = paths
            .entry(route.path.clone())
            .or_insert_with(|| Value::Object(Map::new()));
        if let Some(methods) = methods.as_object_mut() {
            methods.insert(route.method.to_ascii_lowercase(), operation);
        }
    }
    let tags: Vec<Value> = tags.into_iter().map(|name| json!({ "name": name })).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": version,
            "description": "A self-hosted WhatsApp gateway. Every error has the same body; `code` is for programs, `requestId` is in the log.",
        },
        "servers": [{ "url": "/" }],
        "security": [{ "ApiKey": [] }, { "Bearer": [] }, { "Cookie": [] }],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": {
                "ApiKey": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
                "Bearer": { "type": "http", "scheme": "bearer" },
                "Cookie": { "type": "apiKey", "in": "cookie", "name": "next-auth.session-token" },
            },
            "responses": errors(),
            "schemas": parsed(SCHEMAS),
        },
    })
}

fn operation(route: &Documented, known: &Map<String, Value>, ids: &mut HashSet<String>) -> Value {
    let id = route.operation.clone().unwrap_or_else(|| made_up_id(route));
    let found = route
        .own
        .as_ref()
        .or_else(|| known.get(&id))
        .and_then(Value::as_object);
    let mut operation = found.cloned().unwrap_or_else(|| {
        let owner = route.plugin.as_deref().unwrap_or("host");
        let undocumented = json!({ "summary": format!("{} {} ({owner})", route.method, route.path) });
        undocumented.as_object().cloned().unwrap_or_default()
    });
    if operation.get("tags").is_none_or(|tags| !tags.is_array()) {
        let tag = route.plugin.clone().unwrap_or_else(|| "Other".to_owned());
        operation.insert("tags".to_owned(), json!([tag]));
    }
    operation.insert("operationId".to_owned(), Value::from(unique(id, ids)));
    operation.insert("parameters".to_owned(), parameters(route, &operation));
    let responses = operation
        .entry("responses")
        .or_insert_with(|| json!({ "2XX": { "description": "Success" } }));
    if let Some(responses) = responses.as_object_mut() {
        for (status, name) in refusals(route) {
            responses
                .entry(*status)
                .or_insert_with(|| json!({ "$ref": format!("#/components/responses/{name}") }));
        }
    }
    if route.is_public {
        operation.insert("security".to_owned(), json!([]));
    }
    if let Some(plugin) = &route.plugin {
        operation.insert("x-plugin".to_owned(), Value::from(plugin.as_str()));
    }
    if let Some(action) = route.action {
        operation.insert("x-action".to_owned(), Value::from(action.as_str()));
    }
    Value::Object(operation)
}

/// What every operation may answer instead. There is no 500 among them: that would be a defect.
const REFUSALS: &[(&str, &str)] = &[("4XX", "Refused"), ("503", "Unavailable"), ("504", "TimedOut")];
/// The same, where a plugin or WhatsApp is asked.
const REFUSALS_OF_OTHERS: &[(&str, &str)] = &[
    ("4XX", "Refused"),
    ("502", "Failed"),
    ("503", "Unavailable"),
    ("504", "TimedOut"),
];

fn refusals(route: &Documented) -> &'static [(&'static str, &'static str)] {
    if route.plugin.is_some() || route.path.starts_with("/api/sessions/{") {
        REFUSALS_OF_OTHERS
    } else {
        REFUSALS
    }
}

/// All of them have one body.
fn errors() -> Value {
    let error = |description: &str| {
        json!({
            "description": description,
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
        })
    };
    json!({
        "Refused": error("Refused: `code` and `message` say why"),
        "Failed": error("A plugin failed, or WhatsApp refused"),
        "Unavailable": error("Not now: the session is not connected, or a part of the gateway is busy or switched off"),
        "TimedOut": error("There was no answer in time"),
    })
}

/// Those of the path as the template has them, then those of the operation that stand elsewhere.
fn parameters(route: &Documented, operation: &Map<String, Value>) -> Value {
    let in_path =
        route.path.split('/').filter_map(parameter_name).map(
            |name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }),
        );
    let elsewhere = operation
        .get("parameters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|parameter| parameter["in"] != "path")
        .cloned();
    in_path.chain(elsewhere).collect()
}

/// For a route that names no operation.
fn made_up_id(route: &Documented) -> String {
    let words = route
        .path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty() && *word != "api")
        .map(capitalised);
    let words: String = words.collect();
    format!("{}{words}", route.method.to_ascii_lowercase())
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// Two routes may be one operation (a legacy path beside the new one); ids are still one each.
fn unique(id: String, ids: &mut HashSet<String>) -> String {
    let mut candidate = id.clone();
    let mut n = 2;
    while !ids.insert(candidate.clone()) {
        candidate = format!("{id}{n}");
        n += 1;
    }
    candidate
}

/// The embedded files are objects; a test says so.
fn parsed(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Documented, OPERATIONS, SCHEMAS, document};

    fn route(method: &str, path: &str, operation: Option<&str>, plugin: Option<&str>) -> Documented {
        Documented {
            method: method.to_owned(),
            path: path.to_owned(),
            operation: operation.map(str::to_owned),
            own: None,
            plugin: plugin.map(str::to_owned),
            is_public: false,
            action: None,
        }
    }

    /// Every `$ref` in a value.
    fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|field| references(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn the_embedded_files_are_whole() {
        let operations: Value = serde_json::from_str(OPERATIONS).unwrap();
        let schemas: Value = serde_json::from_str(SCHEMAS).unwrap();
        let mut found = Vec::new();
        references(&operations, &mut found);
        references(&schemas, &mut found);
        assert!(!found.is_empty());
        for reference in found {
            let name = reference.strip_prefix("#/components/schemas/").unwrap();
            assert!(schemas.get(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_document_is_what_serves_now() {
        let own = Documented {
            own: Some(json!({ "summary": "Greets", "parameters": [{ "name": "loud", "in": "query" }] })),
            is_public: true,
            ..route("POST", "/api/greeter/{sessionId}/{who}", None, Some("greeter"))
        };
        let routes = [
            route("GET", "/api/sessions", Some("getSessions"), None),
            own,
            route(
                "GET",
                "/api/chat/{sessionId}",
                Some("getChatSessionId"),
                Some("chats"),
            ),
            route(
                "GET",
                "/api/chats/{sessionId}",
                Some("getChatSessionId"),
                Some("chats"),
            ),
        ];
        let document = document("Shop", "1.2.3", &routes);
        assert_eq!(document["info"]["title"], "Shop");
        let sessions = &document["paths"]["/api/sessions"]["get"];
        assert_eq!(sessions["operationId"], "getSessions");
        let reference = |status: &str| sessions["responses"][status]["$ref"].clone();
        assert_eq!(reference("4XX"), "#/components/responses/Refused");
        assert_eq!(reference("503"), "#/components/responses/Unavailable");
        assert_eq!(reference("502"), Value::Null, "nobody else is asked");
        let mut found = Vec::new();
        references(&document["paths"], &mut found);
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
        let greeter = &document["paths"]["/api/greeter/{sessionId}/{who}"]["post"];
        assert_eq!(greeter["summary"], "Greets");
        assert_eq!(greeter["operationId"], "postGreeterSessionIdWho");
        assert_eq!(greeter["x-plugin"], "greeter");
        assert_eq!(greeter["security"], json!([]));
        assert_eq!(
            greeter["responses"]["502"]["$ref"],
            "#/components/responses/Failed"
        );
        let names: Vec<&str> = greeter["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["sessionId", "who", "loud"]);
        assert_eq!(
            document["paths"]["/api/chats/{sessionId}"]["get"]["operationId"],
            "getChatSessionId2"
        );
    }
}
