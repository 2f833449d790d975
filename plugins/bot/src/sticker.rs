//! The command that makes stickers.

use wagate_plugin_api::bot::BotConfig;
use wagate_plugin_api::media::Recipe;
use wagate_plugin_api::messages::Content;
use wagate_plugin_api::{Error, Host};

use crate::incoming::{Incoming, Medium};
use crate::{backgrounds, reply};

/// The whole picture, not a part of it.
const SHAPE: &str = "FULL";
const QUALITY: u8 = 75;
const WAIT: &str = "⏳";
const DONE: &str = "✅";

/// Answers with a sticker, or says why there is none.
pub(crate) fn answer(
    host: &dyn Host,
    session: &str,
    config: &BotConfig,
    message: &Incoming,
    without_background: bool,
) -> Result<(), Error> {
    let say = |text: &str| reply::text(host, session, message, text);
    let Some(medium) = &message.medium else {
        let prefix = &config.prefix;
        return say(&format!(
            "Send a picture or a video with the caption {prefix}sticker, or answer to one with it."
        ));
    };
    if medium.is_video && !config.enable_video_sticker {
        return say("❌ Stickers of videos are switched off.");
    }
    if medium.wa_id != message.wa_id && !is_of_this_chat(host, session, message, medium)? {
        return say("❌ That message is not in this chat.");
    }
    reply::react(host, session, message, WAIT)?;
    let mut files = Files {
        host,
        handles: Vec::new(),
    };
    if without_background && !medium.is_video {
        match cut_out(&mut files, session, config, medium) {
            Ok(()) => {}
            Err(problem) => say(&format!("⚠️ The background stays: {}.", text(&problem)))?,
        }
    }
    match made(&mut files, session, config, medium) {
        Ok(sticker) => {
            reply::send(host, session, message, &Content::Sticker(sticker))?;
            reply::react(host, session, message, DONE)
        }
        Err(problem) => say(&format!("❌ Failed to create sticker. Error: {}", text(&problem))),
    }
}

/// Who writes says which message they answer to: it must not be one of another chat.
fn is_of_this_chat(
    host: &dyn Host,
    session: &str,
    message: &Incoming,
    medium: &Medium,
) -> Result<bool, Error> {
    let quoted = host.message(session, &medium.wa_id)?;
    Ok(quoted.is_some_and(|quoted| quoted.chat == message.chat))
}

/// The files of one command; given up with it.
struct Files<'a> {
    host: &'a dyn Host,
    /// The last one is what the sticker is made of.
    handles: Vec<String>,
}

impl Drop for Files<'_> {
    fn drop(&mut self) {
        for handle in &self.handles {
            // It lives for a day at most.
            let _ = self.host.media_drop(handle);
        }
    }
}

impl Files<'_> {
    fn original(&mut self, session: &str, medium: &Medium) -> Result<String, Error> {
        if let Some(handle) = self.handles.last() {
            return Ok(handle.clone());
        }
        let handle = self.host.media_of_message(session, &medium.wa_id)?.handle;
        self.handles.push(handle.clone());
        Ok(handle)
    }
}

fn cut_out(files: &mut Files<'_>, session: &str, config: &BotConfig, medium: &Medium) -> Result<(), Error> {
    let Some(key) = config.remove_bg_api_key.as_deref().filter(|key| !key.is_empty()) else {
        return Err(Error::bad_request("removeBgApiKey is not set"));
    };
    let original = files.original(session, medium)?;
    let cut = backgrounds::removed(files.host, key, &original)?;
    files.handles.push(cut);
    Ok(())
}

fn made(files: &mut Files<'_>, session: &str, config: &BotConfig, medium: &Medium) -> Result<String, Error> {
    let host = files.host;
    let handle = files.original(session, medium)?;
    if medium.is_video {
        let length_ms = host.media_probe(&handle)?.duration_ms.unwrap_or_default();
        let most = config.max_sticker_duration;
        if length_ms > u64::from(most) * 1000 {
            return Err(Error::bad_request(format!(
                "the video is longer than {most} seconds"
            )));
        }
    }
    let author = format!("By {}", config.bot_name);
    let recipe = Recipe::Sticker((SHAPE.to_owned(), QUALITY, config.bot_name.clone(), author));
    let sticker = host.media_transcode(&handle, &recipe)?.handle;
    files.handles.push(sticker.clone());
    Ok(sticker)
}

fn text(problem: &Error) -> String {
    match problem {
        Error::Answer { message, .. } => message.clone(),
        Error::Host(error) => error.to_string(),
    }
}
