//! The reference, as a table of operations. Counted by method and path of the file: 109 of the reference that was given
//! and 11 of its living server (tag "Not in the seed") are 120. The actions of a session are one operation there, and
//! so are a path and its two names.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Map, Value};

/// How many operations there are.
pub const OPERATIONS: usize = 120;
const REFERENCE: &str = include_str!("../wa-akg-openapi.json");

/// One operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// `PUT /groups/{sessionId}/{jid}/subject`.
    pub name: String,
    /// The method.
    pub method: Method,
    /// Below `/api`.
    pub path: String,
    /// What may stand behind the question mark.
    pub queries: Vec<Query>,
    /// The schema of its body.
    pub body: Option<Value>,
    /// Whether the body is a form with files.
    pub is_form: bool,
    /// What the living server answers.
    pub living: Option<Value>,
    /// What the reference that was given shows, where it shows anything.
    pub given: Option<Value>,
    /// All documented statuses.
    pub statuses: BTreeSet<u16>,
    /// The words of its documented refusals.
    pub words: Vec<String>,
}

/// A parameter of the query.
#[derive(Debug, Clone)]
pub struct Query {
    /// Its name.
    pub name: String,
    /// Whether it has to be there.
    pub is_required: bool,
    /// What it may be.
    pub schema: Value,
}

/// All of them, in the order of the file.
pub fn operations() -> Vec<Operation> {
    let reference: Value = serde_json::from_str(REFERENCE).expect("the reference is JSON");
    let mut found = Vec::new();
    for (path, methods) in reference["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let method = method.to_uppercase();
            let content = resolved(&reference, &operation["requestBody"]["content"]);
            let form = &content["multipart/form-data"]["schema"];
            let json = &content["application/json"]["schema"];
            let responses = operation["responses"].as_object().expect("responses");
            let success = ["200", "201"].iter().find_map(|status| responses.get(*status));
            let living = success.map(|response| resolved(&reference, response));
            let living = living.map(|response| response["content"]["application/json"]["schema"].clone());
            found.push(Operation {
                name: format!("{method} {path}"),
                method: method.parse().expect("a method"),
                path: path.clone(),
                queries: queries(&resolved(&reference, &operation["parameters"])),
                is_form: form.is_object(),
                body: [form, json]
                    .into_iter()
                    .find(|schema| schema.is_object())
                    .cloned(),
                living: living.filter(Value::is_object),
                given: operation
                    .get("x-seed-response-schema")
                    .map(|schema| resolved(&reference, schema)),
                statuses: responses
                    .keys()
                    .filter_map(|status| status.parse().ok())
                    .collect(),
                words: words(operation),
            });
        }
    }
    found
}

fn queries(parameters: &Value) -> Vec<Query> {
    let parameters = parameters.as_array().into_iter().flatten();
    parameters
        .filter(|parameter| parameter["in"] == "query")
        .map(|parameter| Query {
            name: parameter["name"].as_str().expect("a name").to_owned(),
            is_required: parameter["required"] == true,
            schema: parameter["schema"].clone(),
        })
        .collect()
}

/// `400 emoji is required` is one of them.
fn words(operation: &Value) -> Vec<String> {
    let order = operation["x-check-order"].as_array();
    let steps = order.into_iter().flatten().filter_map(Value::as_str);
    steps
        .filter_map(|step| step.strip_prefix("400 "))
        .map(str::to_lowercase)
        .collect()
}

/// The value with its references followed. There are no circles in the file.
fn resolved(reference: &Value, value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(place)) = fields.get("$ref") {
                let target = reference.pointer(place.trim_start_matches('#'));
                return resolved(reference, target.expect("a reference leads somewhere"));
            }
            let fields: Map<String, Value> = fields
                .iter()
                .map(|(name, value)| (name.clone(), resolved(reference, value)))
                .collect();
            Value::Object(fields)
        }
        Value::Array(items) => items.iter().map(|item| resolved(reference, item)).collect(),
        other => other.clone(),
    }
}

impl Operation {
    /// The documented status of a success.
    pub fn success(&self) -> u16 {
        if self.statuses.contains(&200) { 200 } else { 201 }
    }

    /// The names in braces in its path.
    pub fn parameters(&self) -> Vec<&str> {
        let parts = self.path.split('/');
        parts
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .collect()
    }

    /// The parameter that names a session, if one does.
    pub fn session(&self) -> Option<&'static str> {
        if self.path.contains("{sessionId}") {
            return Some("sessionId");
        }
        self.path.starts_with("/sessions/{id}").then_some("id")
    }

    /// The fields of its body.
    pub fn fields(&self) -> Vec<(&str, &Value)> {
        let properties = self.body.as_ref().and_then(|body| body["properties"].as_object());
        properties
            .into_iter()
            .flatten()
            .map(|(name, schema)| (name.as_str(), schema))
            .collect()
    }

    /// The fields a body has to have.
    pub fn required(&self) -> Vec<&str> {
        let required = self.body.as_ref().and_then(|body| body["required"].as_array());
        required.into_iter().flatten().filter_map(Value::as_str).collect()
    }
}
