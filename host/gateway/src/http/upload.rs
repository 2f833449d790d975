//! `multipart/form-data` for plugins: files go to handles piece by piece, the rest becomes JSON. What is not read to its
//! end leaves nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use multer::{Constraints, Field, Multipart, SizeLimit};
use serde_json::{Map, Value, json};
use wagate_plugin_host::{PluginCallError, PluginHost, RouteMatch};
use wagate_protocol::error::HostError;

use super::body::{has_cause, timed_out};
use super::error::ApiError;
use super::state::{ApiState, Limits};

/// Fields and files of one form.
const MAX_PARTS: usize = 64;
/// Longest name of a field, in bytes.
const MAX_NAME: usize = 128;
/// Bytes that may come without a piece of content among them: before the first part, and in the head of each. The parser
/// keeps them all.
const MAX_HEAD: usize = 2 * 1024 * 1024;

/// A form, read to its end.
pub(crate) struct Form {
    fields: Map<String, Value>,
    files: Map<String, Value>,
    handles: Vec<String>,
}

impl Form {
    /// A text field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }

    /// The handles of its files.
    pub(crate) fn handles(&self) -> &[String] {
        &self.handles
    }

    /// What the plugin gets.
    pub(crate) fn body(&self) -> Bytes {
        json!({ "fields": self.fields, "files": self.files })
            .to_string()
            .into()
    }
}

/// The boundary, when these are the headers of a form.
pub(crate) fn boundary(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    multer::parse_boundary(kind).ok()
}

/// Whether this says to be a form.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| {
            let essence = kind.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("multipart/form-data")
        })
}

/// Reads a form for the plugin of this route; its files count for this user (row id).
pub(crate) async fn read(
    state: &ApiState,
    route: &RouteMatch,
    user: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Form, ApiError> {
    let boundary = boundary(headers)
        .ok_or_else(|| ApiError::invalid("The Content-Type multipart/form-data has no boundary"))?;
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let limits = state.limits;
    let most = u64::try_from(limits.upload_bytes).unwrap_or(u64::MAX);
    // Who announces too much is not read at all.
    if announced.is_some_and(|length| length > most) {
        return Err(ApiError::too_large(limits.upload_bytes));
    }
    let constraints = Constraints::new().size_limit(SizeLimit::new().whole_stream(most));
    let unread = Arc::new(AtomicUsize::new(0));
    let body = within_heads(body.into_data_stream(), Arc::clone(&unread));
    let mut parts = Multipart::with_constraints(body, boundary, constraints);
    let mut reading = Reading {
        unread,
        plugins: &state.plugins,
        route,
        user,
        form: Form {
            fields: Map::new(),
            files: Map::new(),
            handles: Vec::new(),
        },
        text_left: limits.body_bytes,
        is_whole: false,
    };
    let mut count = 0;
    while let Some(field) = parts
        .next_field()
        .await
        .map_err(|error| refusal(error, &limits))?
    {
        count += 1;
        if count > MAX_PARTS {
            return Err(ApiError::invalid(format!(
                "A form has at most {MAX_PARTS} fields"
            )));
        }
        reading.take(field, &limits).await?;
    }
    Ok(reading.finish())
}

/// A form that is being read. Dropped before its end, it takes its files with it.
struct Reading<'a> {
    plugins: &'a PluginHost,
    route: &'a RouteMatch,
    user: &'a str,
    form: Form,
    /// Bytes that came since the parser last had something for us.
    unread: Arc<AtomicUsize>,
    /// Bytes that all text fields together may still have.
    text_left: usize,
    is_whole: bool,
}

impl Reading<'_> {
    async fn take(&mut self, mut field: Field<'static>, limits: &Limits) -> Result<(), ApiError> {
        self.unread.store(0, Ordering::Relaxed);
        let name = field.name().unwrap_or_default().to_owned();
        if name.is_empty() || name.len() > MAX_NAME || name.contains(char::is_control) {
            return Err(ApiError::invalid(format!(
                "A field of a form has a name of 1 to {MAX_NAME} bytes, without control characters"
            )));
        }
        if self.form.fields.contains_key(&name) || self.form.files.contains_key(&name) {
            return Err(ApiError::invalid(format!("The form has the field {name} twice")));
        }
        if is_file(&field) {
            return self.take_file(name, field, limits).await;
        }
        let mut text = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(|error| refusal(error, limits))? {
            self.unread.store(0, Ordering::Relaxed);
            self.text_left = self
                .text_left
                .checked_sub(chunk.len())
                .ok_or_else(|| ApiError::too_large(limits.body_bytes))?;
            text.extend_from_slice(&chunk);
        }
        let text = String::from_utf8(text).map_err(|_| ApiError::invalid(format!("{name} is not UTF-8")))?;
        self.form.fields.insert(name, Value::String(text));
        Ok(())
    }

    async fn take_file(
        &mut self,
        name: String,
        mut field: Field<'static>,
        limits: &Limits,
    ) -> Result<(), ApiError> {
        let mut writer = self
            .plugins
            .receive_file(self.route, self.user)
            .map_err(refused)?;
        let declared = field.content_type().map(ToString::to_string);
        let called = field.file_name().map(str::to_owned);
        while let Some(chunk) = field.chunk().await.map_err(|error| refusal(error, limits))? {
            self.unread.store(0, Ordering::Relaxed);
            writer.write(&chunk).await.map_err(|error| match error {
                // The one thing a writer calls invalid.
                HostError::Invalid(text) => ApiError::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "too_large",
                    format!("{name}: {text}"),
                ),
                error => refused(error),
            })?;
        }
        if writer.bytes() == 0 {
            return Err(ApiError::invalid(format!("{name} is an empty file")));
        }
        let file = writer
            .finish(declared.as_deref(), called.as_deref(), Vec::new())
            .await
            .map_err(refused)?;
        self.form.handles.push(file.handle.clone());
        let described = json!({
            "handle": file.handle,
            "mimeType": file.mime,
            "fileName": file.name,
            "bytes": file.bytes,
            "sha256": file.sha256,
        });
        self.form.files.insert(name, described);
        Ok(())
    }

    fn finish(mut self) -> Form {
        self.is_whole = true;
        std::mem::replace(
            &mut self.form,
            Form {
                fields: Map::new(),
                files: Map::new(),
                handles: Vec::new(),
            },
        )
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if !self.is_whole {
            for handle in &self.form.handles {
                self.plugins.drop_file(self.route, handle);
            }
        }
    }
}

/// The body, broken off where more comes at once than heads may have.
fn within_heads(
    body: impl Stream<Item = Result<Bytes, axum::Error>> + Send + 'static,
    unread: Arc<AtomicUsize>,
) -> impl Stream<Item = Result<Bytes, axum::Error>> + Send + 'static {
    body.map(move |chunk| {
        let chunk = chunk?;
        let before = unread.fetch_add(chunk.len(), Ordering::Relaxed);
        if before.saturating_add(chunk.len()) > MAX_HEAD {
            return Err(axum::Error::new(HeadTooLarge));
        }
        Ok(chunk)
    })
}

/// Everything came but content.
#[derive(Debug)]
struct HeadTooLarge;

impl std::fmt::Display for HeadTooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the head of a part is too large")
    }
}

impl std::error::Error for HeadTooLarge {}

/// Browsers name files; some clients only give them a type.
fn is_file(field: &Field<'_>) -> bool {
    field.file_name().is_some()
        || field
            .content_type()
            .is_some_and(|kind| kind.type_() != "text" && kind.essence_str() != "application/json")
}

fn refused(error: HostError) -> ApiError {
    PluginCallError::Refused(error).into()
}

fn refusal(error: multer::Error, limits: &Limits) -> ApiError {
    match error {
        multer::Error::StreamSizeExceeded { .. } | multer::Error::FieldSizeExceeded { .. } => {
            ApiError::too_large(limits.upload_bytes)
        }
        multer::Error::StreamReadFailed(cause) if has_cause::<tower_http::timeout::TimeoutError>(&*cause) => {
            timed_out()
        }
        multer::Error::StreamReadFailed(cause) if has_cause::<HeadTooLarge>(&*cause) => {
            ApiError::invalid(format!(
                "The form is malformed: what comes before the content of a field has at most {MAX_HEAD} bytes"
            ))
        }
        multer::Error::StreamReadFailed(cause) => {
            tracing::debug!(error = %cause, "a form could not be read");
            ApiError::invalid("The body could not be read")
        }
        error => ApiError::invalid(format!("The form is malformed: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{boundary, is_form};

    #[test]
    fn forms_are_told_by_their_content_type() {
        for (kind, form, mark) in [
            ("multipart/form-data; boundary=x", true, Some("x")),
            (
                "Multipart/Form-Data; charset=utf-8; boundary=\"a b\"",
                true,
                Some("a b"),
            ),
            ("multipart/form-data", true, None),
            ("multipart/mixed; boundary=x", false, None),
            ("application/json", false, None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            assert_eq!(is_form(&headers), form, "{kind}");
            assert_eq!(boundary(&headers).as_deref(), mark, "{kind}");
        }
        assert!(!is_form(&HeaderMap::new()));
    }
}
