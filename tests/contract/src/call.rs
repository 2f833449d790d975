//! A call of an operation.

use serde_json::Value;

use crate::client::Client;

/// A call.
#[derive(Debug, Clone)]
pub struct Call {
    /// The operation: `PUT /groups/{sessionId}/{jid}/subject`.
    pub operation: &'static str,
    /// What stands in the braces.
    pub params: Vec<(&'static str, String)>,
    /// After the question mark.
    pub query: String,
    /// The body.
    pub body: Body,
    /// Who calls; without: the administrator.
    pub by: Option<Client>,
}

/// A body.
#[derive(Debug, Clone)]
pub enum Body {
    /// None at all.
    None,
    /// JSON.
    Json(Value),
    /// `multipart/form-data`.
    Form(Vec<Part>),
}

/// A part of a form.
#[derive(Debug, Clone)]
pub struct Part {
    /// The field.
    pub name: &'static str,
    /// Name and media type, for a file.
    pub file: Option<(&'static str, &'static str)>,
    /// The content.
    pub bytes: Vec<u8>,
}

impl Part {
    /// A field of text.
    pub fn text(name: &'static str, text: &str) -> Self {
        Self {
            name,
            file: None,
            bytes: text.as_bytes().to_vec(),
        }
    }

    /// A file.
    pub fn file(name: &'static str, file: (&'static str, &'static str), bytes: &[u8]) -> Self {
        Self {
            name,
            file: Some(file),
            bytes: bytes.to_vec(),
        }
    }
}

impl Call {
    /// A call without parameters besides the session, and without a body.
    pub fn to(operation: &'static str) -> Self {
        Self {
            operation,
            params: Vec::new(),
            query: String::new(),
            body: Body::None,
            by: None,
        }
    }

    /// What stands in the braces of this name.
    #[must_use]
    pub fn at(mut self, name: &'static str, value: &str) -> Self {
        self.params.retain(|(known, _)| *known != name);
        self.params.push((name, value.to_owned()));
        self
    }

    /// After the question mark.
    #[must_use]
    pub fn query(mut self, query: &str) -> Self {
        query.clone_into(&mut self.query);
        self
    }

    /// With a body of JSON.
    #[must_use]
    pub fn json(mut self, body: Value) -> Self {
        self.body = Body::Json(body);
        self
    }

    /// With a form.
    #[must_use]
    pub fn form(mut self, parts: Vec<Part>) -> Self {
        self.body = Body::Form(parts);
        self
    }

    /// Called by somebody else than the administrator.
    #[must_use]
    pub fn by(mut self, client: &Client) -> Self {
        self.by = Some(client.clone());
        self
    }

    /// The same with a field of the body taken away, in either kind of body.
    #[must_use]
    pub fn without(mut self, field: &str) -> Self {
        match &mut self.body {
            Body::None => {}
            Body::Json(body) => {
                if let Some(fields) = body.as_object_mut() {
                    fields.remove(field);
                }
            }
            Body::Form(parts) => parts.retain(|part| part.name != field),
        }
        self
    }

    /// The same with a field of the JSON body set.
    #[must_use]
    pub fn with(mut self, field: &str, value: Value) -> Self {
        if matches!(self.body, Body::None) {
            self.body = Body::Json(Value::Object(serde_json::Map::new()));
        }
        if let Body::Json(Value::Object(fields)) = &mut self.body {
            fields.insert(field.to_owned(), value);
        }
        self
    }

    /// The same with a part of the form in the place of its like.
    #[must_use]
    pub fn with_part(mut self, part: Part) -> Self {
        if let Body::Form(parts) = &mut self.body {
            parts.retain(|known| known.name != part.name);
            parts.push(part);
        }
        self
    }

    /// The path below `/api`, the session filled in where no other is named.
    pub fn path(&self, template: &str, session: &str) -> String {
        let filled: Vec<String> = template
            .split('/')
            .map(|part| {
                let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
                let Some(name) = name else { return part.to_owned() };
                let given = self.params.iter().find(|(known, _)| *known == name);
                given.map_or_else(|| session.to_owned(), |(_, value)| value.clone())
            })
            .collect();
        let path = filled.join("/");
        if self.query.is_empty() {
            path
        } else {
            format!("{path}?{}", self.query)
        }
    }
}
