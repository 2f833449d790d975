//! `POST /api/messages/{sessionId}/{jid}/media`: a form, or JSON.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use wagate_plugin_api::messages::{Content, SendOptions, Sent};
use wagate_plugin_api::{Error, Form, Host, Request, Response};

use crate::file::{File, Kind};
use crate::limits::{MAX_NAME, MAX_TEXT};
use crate::{Messages, fields};

/// `{"url":..}`, or `file` with a URL, a data URL or base64.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Written {
    file: Option<Value>,
    url: Option<Value>,
    #[serde(flatten)]
    about: About,
}

/// What stands beside the file.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct About {
    #[serde(rename = "type")]
    kind: Option<String>,
    caption: Option<String>,
    #[serde(alias = "filename")]
    file_name: Option<String>,
    #[serde(alias = "mimeType")]
    mimetype: Option<String>,
    quoted_message_id: Option<String>,
}

/// A request that is in order.
struct Wanted {
    to: String,
    kind: Option<Kind>,
    caption: Option<String>,
    file_name: Option<String>,
    mimetype: Option<String>,
    options: SendOptions,
}

pub(crate) fn media(_plugin: &Messages, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let (sent, caption) = match request.form()? {
        Some(form) => uploaded(host, request, &form)?,
        None => written(host, request, request.json()?)?,
    };
    let text = caption.unwrap_or_default();
    Response::data("Operation successful", &fields::with_text(&sent, &text))
}

fn uploaded(host: &dyn Host, request: &Request, form: &Form) -> Result<(Sent, Option<String>), Error> {
    let file = form.file("file")?;
    let text = |name: &str| Ok::<_, Error>(form.text(name)?.map(str::to_owned));
    let about = About {
        kind: text("type")?,
        caption: text("caption")?,
        file_name: text("fileName")?,
        mimetype: None,
        quoted_message_id: text("quotedMessageId")?,
    };
    let file = File::from(file);
    let wanted = about.checked(request);
    let wanted = wanted.inspect_err(|_| file.give_up(host))?;
    send_file(host, request, &file, wanted)
}

fn written(host: &dyn Host, request: &Request, body: Written) -> Result<(Sent, Option<String>), Error> {
    let source = body.file.or(body.url).filter(|source| !is_nothing(source));
    let source = source.ok_or_else(|| Error::bad_request("file is required"))?;
    let wanted = body.about.checked(request)?;
    if let Some(url) = url_of(&source) {
        let file = File::from(host.media_fetch_url(url)?);
        return send_file(host, request, &file, wanted);
    }
    let kind = wanted
        .kind
        .or_else(|| type_of(&source, wanted.mimetype.as_deref()));
    let kind = kind.ok_or_else(|| Error::bad_request("type is required for a file without an address"))?;
    let content = Content::Other(object(kind, source, &wanted));
    let sent = host.send(&request.session()?.id, &wanted.to, &content, &wanted.options)?;
    Ok((sent, wanted.caption))
}

fn send_file(
    host: &dyn Host,
    request: &Request,
    file: &File,
    wanted: Wanted,
) -> Result<(Sent, Option<String>), Error> {
    let kind = wanted.kind.unwrap_or_else(|| Kind::of_type(&file.mime_type));
    let content = file.content(kind, wanted.file_name.as_deref(), wanted.caption.as_deref());
    let sent = file.send(
        host,
        &request.session()?.id,
        &wanted.to,
        &content,
        &wanted.options,
    )?;
    Ok((sent, wanted.caption))
}

impl About {
    fn checked(self, request: &Request) -> Result<Wanted, Error> {
        let kind = self.kind.filter(|kind| !kind.is_empty());
        let kind = kind.as_deref().map(Kind::parse).transpose()?;
        let caption = self.caption.filter(|caption| !caption.is_empty());
        fields::at_most(caption.as_deref().unwrap_or_default(), MAX_TEXT, "caption")?;
        let file_name = self.file_name.filter(|name| !name.is_empty());
        fields::at_most(file_name.as_deref().unwrap_or_default(), MAX_NAME, "fileName")?;
        let quote = self.quoted_message_id.filter(|id| !id.is_empty());
        if let Some(id) = &quote {
            fields::is_message_id(id, "quotedMessageId")?;
        }
        Ok(Wanted {
            to: fields::recipient(request)?,
            kind,
            caption,
            file_name,
            mimetype: self.mimetype,
            options: fields::options(quote, &[])?,
        })
    }
}

fn is_nothing(source: &Value) -> bool {
    source.is_null() || source.as_str().is_some_and(str::is_empty)
}

/// The address in `"https://.."` and `{"url":"https://.."}`.
fn url_of(source: &Value) -> Option<&str> {
    let text = source.as_str().or_else(|| source.get("url")?.as_str())?;
    let scheme = text.split_once("://")?.0;
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    is_web.then_some(text)
}

/// What content is whose type the client says.
fn type_of(source: &Value, mimetype: Option<&str>) -> Option<Kind> {
    let in_data_url = || {
        let text = source.as_str().or_else(|| source.get("url")?.as_str())?;
        text.strip_prefix("data:")?.split([';', ',']).next()
    };
    mimetype.or_else(in_data_url).map(Kind::of_type)
}

/// The content object, which the host reads: it knows base64, and that a path is none.
fn object(kind: Kind, source: Value, wanted: &Wanted) -> String {
    let mut object = Map::new();
    object.insert(kind.field().to_owned(), source);
    if kind == Kind::Voice {
        object.insert("ptt".to_owned(), json!(true));
    }
    let texts = [
        ("caption", &wanted.caption),
        ("fileName", &wanted.file_name),
        ("mimetype", &wanted.mimetype),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            object.insert(name.to_owned(), json!(text));
        }
    }
    Value::Object(object).to_string()
}
