//! `POST /api/messages/{sessionId}/{jid}/sticker`

use wagate_plugin_api::content::{options, sent_json};
use wagate_plugin_api::media::Info;
use wagate_plugin_api::messages::{Content, Sent};
use wagate_plugin_api::{Error, Host, HostError, Request, Response, jid};

use crate::bot::BotConfig;
use crate::form::{Source, Wanted};
use crate::{Stickers, background};

const CONNECTED: &str = "CONNECTED";
const VIDEO: &str = "video/";

/// Answers once the server has accepted it.
pub(crate) fn send(plugin: &Stickers, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let wanted = Wanted::of(request, plugin.settings.pack())?;
    let to = jid::recipient(request.param("jid")?, "jid")?;
    let session = &request.session()?.id;
    // Before anything is downloaded or made.
    if host.session(session)?.status != CONNECTED {
        return Err(HostError::unavailable("Session not ready").into());
    }
    let mut handles = Vec::new();
    let sent = make_and_send(host, session, &to, &wanted, &mut handles);
    for handle in &handles {
        // Otherwise the host does it, after a day.
        let _ = host.media_drop(handle);
    }
    Response::data("Operation successful", &sent_json(&sent?))
}

/// `handles` gets every file that has no use afterwards.
fn make_and_send(
    host: &dyn Host,
    session: &str,
    to: &str,
    wanted: &Wanted,
    handles: &mut Vec<String>,
) -> Result<Sent, Error> {
    let bot = BotConfig::of(host, session)?;
    let source = source_of(host, wanted)?;
    handles.push(source.handle.clone());
    let is_video = source.mime_type.starts_with(VIDEO);
    if is_video && !bot.enable_video_sticker {
        return Err(unprocessable(
            "Stickers of videos are switched off for this session (enableVideoSticker)",
        ));
    }
    check_duration(host, wanted, &source, bot.max_sticker_duration)?;
    let picture = if wanted.nobg {
        if is_video {
            return Err(Error::bad_request("nobg: not for videos"));
        }
        let key = bot.remove_bg_api_key.as_deref().filter(|key| !key.is_empty());
        let key =
            key.ok_or_else(|| unprocessable("nobg: this session has no removeBgApiKey in its bot-config"))?;
        background::remove(host, key, &source, handles)?
    } else {
        source
    };
    let made = host.media_transcode(&picture.handle, &wanted.recipe());
    let sticker = made.map_err(|error| match error {
        // Only ffmpeg can read videos: waiting for it does not help.
        HostError::Unavailable {
            message,
            retry_after_ms: None,
        } if is_video => unprocessable(message),
        error => of_source(wanted, error),
    })?;
    handles.push(sticker.handle.clone());
    let content = Content::Sticker(sticker.handle);
    Ok(host.send(session, to, &content, &options(None, Vec::new()))?)
}

fn source_of(host: &dyn Host, wanted: &Wanted) -> Result<Info, Error> {
    match &wanted.source {
        Source::Url(url) => Ok(host.media_fetch_url(url)?),
        Source::File(file) => Ok(Info {
            handle: file.handle.clone(),
            mime_type: file.mime_type.clone(),
            bytes: file.bytes,
            sha256: file.sha256.clone(),
            file_name: file.file_name.clone(),
            ext: Vec::new(),
        }),
    }
}

/// What moves may not go on for longer than the session wants.
fn check_duration(host: &dyn Host, wanted: &Wanted, source: &Info, max_seconds: u64) -> Result<(), Error> {
    let found = host.media_probe(&source.handle);
    let found = found.map_err(|error| of_source(wanted, error))?;
    let is_too_long = found.duration_ms.is_some_and(|ms| ms > max_seconds * 1000);
    if is_too_long && (found.frames > 1 || source.mime_type.starts_with(VIDEO)) {
        return Err(Error::bad_request(format!(
            "{}: must not be longer than {max_seconds} seconds (maxStickerDuration)",
            wanted.source.field()
        )));
    }
    Ok(())
}

/// What is wrong with the file is told with the name of its field.
fn of_source(wanted: &Wanted, error: HostError) -> Error {
    match error {
        HostError::Invalid(text) => Error::bad_request(format!("{}: {text}", wanted.source.field())),
        error => error.into(),
    }
}

fn unprocessable(message: impl Into<String>) -> Error {
    Error::Answer {
        status: 422,
        message: message.into(),
    }
}
