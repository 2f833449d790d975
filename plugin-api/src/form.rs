//! Forms with files: what the host makes of `multipart/form-data` for a route with `body = "multipart"`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

/// The header that says a body was a form.
const FORM: &str = "x-wagate-form";
/// The header that makes the host answer with a file.
const MEDIA: &str = "x-wagate-media";
/// The header that makes the host give the handle up with the answer.
const MEDIA_ONCE: &str = "x-wagate-media-once";

/// A form. Its files are handles of the right `media`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Form {
    /// Text fields by name.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Files by the field they came in.
    #[serde(default)]
    pub files: BTreeMap<String, FormFile>,
}

/// A file of a form.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FormFile {
    /// The host has it under this handle.
    pub handle: String,
    /// By its content.
    pub mime_type: String,
    /// What the client calls it, made harmless.
    #[serde(default)]
    pub file_name: Option<String>,
    /// Its size.
    pub bytes: u64,
    /// Of its content, in hex.
    pub sha256: String,
}

impl Form {
    /// A text field; an empty one counts as none.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .get(name)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// The same. A 400 where a file came in its place: it would be left out without a word.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Error> {
        if self.files.contains_key(name) {
            return Err(Error::bad_request(format!("{name}: must be text, not a file")));
        }
        Ok(self.field(name))
    }

    /// A file, if there is one. A 400 where text came in its place.
    pub fn optional_file(&self, name: &str) -> Result<Option<&FormFile>, Error> {
        if self.field(name).is_some() {
            return Err(Error::bad_request(format!("{name}: must be a file, not text")));
        }
        Ok(self.files.get(name))
    }

    /// A file. A 400 says that it is required.
    pub fn file(&self, name: &str) -> Result<&FormFile, Error> {
        self.optional_file(name)?
            .ok_or_else(|| Error::bad_request(format!("{name} is required")))
    }
}

impl Request {
    /// The form that this request carries; none when its body is anything else.
    pub fn form(&self) -> Result<Option<Form>, Error> {
        if self.header(FORM).is_none() {
            return Ok(None);
        }
        self.json().map(Some)
    }
}

impl Response {
    /// 200 with the file behind a handle; the host streams it, in parts where the client asks for parts.
    pub fn file(handle: &str) -> Self {
        Self {
            status: 200,
            headers: vec![(MEDIA.to_owned(), handle.to_owned())],
            body: crate::request::Body::None,
        }
    }

    /// As [`Response::file`], and the handle is given up with the answer.
    pub fn file_once(handle: &str) -> Self {
        Self::file(handle).header(MEDIA_ONCE, "1")
    }
}

#[cfg(test)]
mod tests {
    use super::Response;
    use crate::request::{Body, Request};

    #[test]
    fn a_form_is_told_by_its_header() {
        let body = r#"{"fields":{"caption":"hi","empty":""},
            "files":{"file":{"handle":"h","mimeType":"image/png","fileName":null,"bytes":3,"sha256":"00"}}}"#;
        let mut request = Request {
            body: Body::Text(body.to_owned()),
            ..Request::default()
        };
        assert_eq!(request.form().unwrap(), None);
        request.headers.push(("x-wagate-form".to_owned(), "1".to_owned()));
        let form = request.form().unwrap().unwrap();
        assert_eq!((form.field("caption"), form.field("empty")), (Some("hi"), None));
        assert_eq!(form.file("file").unwrap().handle, "h");
        assert!(
            form.file("other")
                .unwrap_err()
                .to_string()
                .contains("other is required")
        );
        assert_eq!(form.text("caption").unwrap(), Some("hi"));
        assert_eq!(
            (form.text("empty").unwrap(), form.text("none").unwrap()),
            (None, None)
        );
        assert_eq!(form.optional_file("empty").unwrap(), None);
        for (refused, said) in [
            (form.text("file").map(drop), "400: file: must be text, not a file"),
            (
                form.file("caption").map(drop),
                "400: caption: must be a file, not text",
            ),
        ] {
            assert_eq!(refused.unwrap_err().to_string(), said);
        }
        assert_eq!(Response::file("h").headers[0].1, "h");
    }
}
