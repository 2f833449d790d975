//! A plugin that does with files what a request says: what handles, uploads and downloads are tested with.

use serde::Deserialize;
use serde_json::{Value, json};
use wagate_plugin_api::media::{Info, Recipe};
use wagate_plugin_api::{Error, Host, Plugin, Request, Response, Route, route};

/// The plugin.
pub struct Filer;

/// No settings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {}

impl Plugin for Filer {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = Settings;
    const ROUTES: &'static [Route<Self>] = &[
        route("POST", "/api/filer/{sessionId}/call", call),
        route("POST", "/api/filer/{sessionId}/upload", upload),
        route("POST", "/api/filer/upload", upload),
        route("GET", "/api/filer/{sessionId}/files/{handle}", file),
    ];

    fn new(_settings: Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self)
    }
}

wagate_plugin_api::export!(Filer);

/// What is to be done.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
enum Task {
    /// So many bytes, all of them this character.
    Put {
        text: String,
        times: usize,
        name: Option<String>,
        mime: String,
    },
    Get {
        handle: String,
    },
    Drop {
        handle: String,
    },
    Fetch {
        url: String,
    },
    OfMessage {
        id: String,
    },
    Probe {
        handle: String,
    },
    Transcode {
        handle: String,
        recipe: String,
        arguments: String,
    },
}

fn call(_plugin: &Filer, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = &request.session()?.id;
    let answer = match request.json::<Task>()? {
        Task::Put {
            text,
            times,
            name,
            mime,
        } => info(&host.media_put(text.repeat(times).as_bytes(), &mime, name.as_deref())?),
        Task::Get { handle } => {
            let content = host.media_get(&handle)?;
            json!({ "bytes": content.len(), "text": String::from_utf8_lossy(content.get(..64.min(content.len())).unwrap_or_default()) })
        }
        Task::Drop { handle } => {
            host.media_drop(&handle)?;
            Value::Null
        }
        Task::Fetch { url } => info(&host.media_fetch_url(&url)?),
        Task::OfMessage { id } => info(&host.media_of_message(session, &id)?),
        Task::Probe { handle } => {
            let found = host.media_probe(&handle)?;
            json!({ "width": found.width, "height": found.height, "frames": found.frames, "ext": found.ext })
        }
        Task::Transcode {
            handle,
            recipe,
            arguments,
        } => info(&host.media_transcode(&handle, &Recipe::Other((recipe, arguments)))?),
    };
    Response::data_only(&answer)
}

fn info(info: &Info) -> Value {
    json!({
        "handle": info.handle, "mimeType": info.mime_type, "bytes": info.bytes, "sha256": info.sha256,
        "fileName": info.file_name, "ext": info.ext,
    })
}

/// Tells what it was given; refuses when the form's field `refuse` says so.
fn upload(_plugin: &Filer, _host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let Some(form) = request.form()? else {
        return Response::data_only(&request.json::<Value>()?);
    };
    if form.field("refuse").is_some() {
        return Err(Error::bad_request("told to"));
    }
    let files: Vec<Value> = form
        .files
        .iter()
        .map(|(name, file)| {
            json!({
                "field": name, "handle": file.handle, "mimeType": file.mime_type, "fileName": file.file_name,
                "bytes": file.bytes, "sha256": file.sha256,
            })
        })
        .collect();
    Response::data_only(&json!({ "fields": form.fields, "files": files }))
}

fn file(_plugin: &Filer, _host: &dyn Host, request: &Request) -> Result<Response, Error> {
    Ok(Response::file(request.param("handle")?))
}
