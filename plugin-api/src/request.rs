//! A request as a handler sees it, with readers that refuse with the field's name.

mod fields;
mod query;

use std::fmt;
use std::str::FromStr;

use serde::de::{DeserializeOwned, IgnoredAny};

use crate::error::Error;

/// A linked WhatsApp account: `id` is what host calls take and what stored keys start with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionRef {
    /// Row id, for ever the same.
    pub id: String,
    /// What REST clients write.
    pub slug: String,
}

/// Who calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Principal {
    /// Row id.
    pub user_id: String,
    /// `SUPERADMIN`, `OWNER`, `STAFF`.
    pub role: String,
}

/// A request body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    #[default]
    None,
    /// UTF-8 text.
    Text(String),
    /// Anything else.
    Bytes(Vec<u8>),
}

/// A request. Authentication and access to the session are already checked.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path template that matched.
    pub route: String,
    /// The path as the client wrote it.
    pub path: String,
    /// The template's parameters, decoded.
    pub params: Vec<(String, String)>,
    /// The raw query.
    pub query: Option<String>,
    /// Lower-case names, credentials taken out.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// The session the route names.
    pub session: Option<SessionRef>,
    /// Who calls; none on public routes.
    pub principal: Option<Principal>,
    /// What later versions of the host say besides; see [`Self::extra`].
    pub ext: Vec<(String, String)>,
}

impl Request {
    /// A parameter of the path.
    pub fn param(&self, name: &str) -> Result<&str, Error> {
        self.params
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .ok_or_else(|| Error::internal(format!("the route {} has no parameter {name}", self.route)))
    }

    /// A parameter of the path as a type. A 400 names the parameter that does not fit.
    pub fn param_as<T>(&self, name: &str) -> Result<T, Error>
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        self.param(name)?
            .parse()
            .map_err(|error| Error::bad_request(format!("{name}: {error}")))
    }

    /// The session the route names.
    pub fn session(&self) -> Result<&SessionRef, Error> {
        self.session
            .as_ref()
            .ok_or_else(|| Error::internal(format!("the route {} names no session", self.route)))
    }

    /// What the host says besides: `request.id`, `user.name`, `user.email`.
    pub fn extra(&self, key: &str) -> Option<&str> {
        self.ext
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// A header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A field of the query, decoded; the first one if it is repeated.
    pub fn query(&self, name: &str) -> Option<String> {
        self.query_fields()
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// The whole query as a type, without one as the type of nothing: give fields a default. A field that is repeated
    /// fits a list, otherwise its first value counts. A 400 names the field that does not fit.
    pub fn query_as<T: DeserializeOwned>(&self) -> Result<T, Error> {
        query::read(self.query_fields()).map_err(Error::bad_request)
    }

    fn query_fields(&self) -> impl Iterator<Item = (String, String)> {
        let pairs = self.query.as_deref().unwrap_or_default().split('&');
        pairs.filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        })
    }

    /// The JSON body as a type. An empty body reads as `{}`. A 400 names the field that does not fit.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let bytes: &[u8] = match &self.body {
            Body::None => b"",
            Body::Text(text) => text.as_bytes(),
            Body::Bytes(bytes) => bytes,
        };
        let bytes = if bytes.trim_ascii().is_empty() {
            b"{}"
        } else {
            bytes
        };
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let value = serde_path_to_error::deserialize(fields::ByName(&mut reader)).map_err(|error| {
            // Text that is no JSON is told as that, whatever it began with.
            if let Err(broken) = serde_json::from_slice::<IgnoredAny>(bytes) {
                return Error::bad_request(format!("Invalid JSON body: {broken}"));
            }
            let path = error.path().to_string();
            let inner = error.into_inner();
            match inner.classify() {
                serde_json::error::Category::Data if path != "." => {
                    Error::bad_request(format!("{path}: {}", without_place(&inner)))
                }
                serde_json::error::Category::Data => Error::bad_request(without_place(&inner)),
                _ => Error::bad_request(format!("Invalid JSON body: {inner}")),
            }
        })?;
        reader
            .end()
            .map_err(|error| Error::bad_request(format!("Invalid JSON body: {error}")))?;
        Ok(value)
    }
}

/// The field is what a client needs, not the byte position.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text.get(..end).unwrap_or(&text).to_owned(),
        None => text,
    }
}

/// `%41` and `+` of a query field. What is not valid stays as it is.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                let pair = ahead
                    .next()
                    .and_then(hex_digit)
                    .zip(ahead.next().and_then(hex_digit));
                match pair {
                    Some((high, low)) => {
                        bytes.push(high << 4 | low);
                        rest = ahead;
                    }
                    None => bytes.push(b'%'),
                }
            }
            other => bytes.push(other),
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
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Form {
        #[expect(dead_code, reason = "only its type matters here")]
        tags: Vec<String>,
    }

    fn refusal(body: &str) -> String {
        let request = Request {
            body: Body::Text(body.to_owned()),
            ..Request::default()
        };
        match request.json::<Form>() {
            Err(Error::Answer { status: 400, message }) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_bad_body_is_refused_with_the_field() {
        assert_eq!(
            refusal(r#"{"tags":["a", 5]}"#),
            "tags[1]: invalid type: integer `5`, expected a string"
        );
        assert_eq!(refusal(""), "missing field `tags`");
        assert!(refusal("{").starts_with("Invalid JSON body"));
        assert!(refusal(r#"{"tags":[]} x"#).starts_with("Invalid JSON body"));
    }

    #[test]
    fn an_array_is_no_struct_and_a_list_is_one() {
        assert_eq!(
            refusal(r#"[["a"]]"#),
            "invalid type: sequence, expected struct Form"
        );
        let request = |body: &str| Request {
            body: Body::Text(body.to_owned()),
            ..Request::default()
        };
        assert_eq!(request("[1,2]").json::<Vec<u8>>().unwrap(), [1, 2]);
        assert_eq!(request("null").json::<Option<u8>>().unwrap(), None);
        assert_eq!(request("\"x\"").json::<serde_json::Value>().unwrap(), "x");
    }

    #[test]
    fn only_an_object_is_a_map() {
        let read = |body: &str| {
            let request = Request {
                body: Body::Text(body.to_owned()),
                ..Request::default()
            };
            request.json::<serde_json::Map<String, serde_json::Value>>()
        };
        assert!(read("").unwrap().is_empty());
        assert_eq!(read(r#"{"a":1}"#).unwrap().len(), 1);
        for other in ["null", "[]", "7", "\"x\"", "true"] {
            assert_eq!(read(other).unwrap_err().status(), 400, "{other}");
        }
    }

    fn with_query(query: &str) -> Request {
        Request {
            params: vec![("count".to_owned(), "12".to_owned())],
            query: Some(query.to_owned()),
            ..Request::default()
        }
    }

    #[test]
    fn a_parameter_is_read_as_a_type() {
        assert_eq!(with_query("").param_as::<u32>("count").unwrap(), 12);
        let refused = with_query("").param_as::<bool>("count").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "400: count: provided string was not `true` or `false`"
        );
        // The author's mistake, not the client's.
        assert_eq!(with_query("").param_as::<u32>("size").unwrap_err().status(), 500);
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, rename_all = "camelCase", deny_unknown_fields)]
    struct Filter {
        limit: u32,
        from_me: Option<bool>,
        tag: Vec<String>,
        order: Order,
        after: Option<String>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Order {
        #[default]
        Oldest,
        Newest,
    }

    #[test]
    fn the_query_is_read_as_a_type() {
        let read = |query: &str| with_query(query).query_as::<Filter>();
        assert_eq!(read("").unwrap(), Filter::default());
        assert_eq!(
            read("limit=5&limit=6&fromMe=true&tag=a&tag=b%20c&order=newest&after=").unwrap(),
            Filter {
                limit: 5,
                from_me: Some(true),
                tag: vec!["a".to_owned(), "b c".to_owned()],
                order: Order::Newest,
                after: Some(String::new()),
            }
        );
        let refusal = |query: &str| read(query).unwrap_err().to_string();
        assert_eq!(
            refusal("limit=-1"),
            "400: limit: invalid value: string \"-1\", expected a whole number that is not negative"
        );
        assert!(refusal("order=none").starts_with("400: order: unknown variant `none`"));
        assert!(refusal("size=1").contains("unknown field `size`"));
    }

    #[test]
    fn a_query_field_that_must_be_there_is_named() {
        #[derive(Debug, Deserialize)]
        struct Search {
            #[expect(dead_code, reason = "only its name matters here")]
            text: String,
        }
        let refused = Request::default().query_as::<Search>().unwrap_err();
        assert_eq!(refused.to_string(), "400: missing field `text`");
    }

    #[test]
    fn query_fields_are_decoded() {
        let request = Request {
            query: Some("a=1&b=x%20y+z&c&d=%4".to_owned()),
            ..Request::default()
        };
        assert_eq!(request.query("b").as_deref(), Some("x y z"));
        assert_eq!(request.query("c").as_deref(), Some(""));
        assert_eq!(request.query("d").as_deref(), Some("%4"));
        assert_eq!(request.query("e"), None);
    }
}
