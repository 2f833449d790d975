//! What a client sends: a form with a file, or JSON with an address.

use serde::Deserialize;
use serde_json::{Value, json};
use wagate_plugin_api::media::Recipe;
use wagate_plugin_api::{Error, FormFile, Request};

/// Longest name of a pack or an author, and longest id of a pack, in characters.
const MAX_NAME: usize = 128;
/// Longest address, in bytes.
const MAX_URL: usize = 2048;
const MAX_EMOJIS: usize = 8;
/// Longest emoji, in characters: several can make one.
const MAX_EMOJI: usize = 16;
const QUALITY: std::ops::RangeInclusive<i64> = 1..=100;
const DEFAULT_QUALITY: i64 = 50;
const DEFAULT_AUTHOR: &str = "User";

/// What the sticker is made of.
#[derive(Debug)]
pub(crate) enum Source {
    File(FormFile),
    Url(String),
}

impl Source {
    /// What a client calls it.
    pub(crate) fn field(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Url(_) => "url",
        }
    }
}

/// A sticker as it is wanted.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) source: Source,
    /// Without its background.
    pub(crate) nobg: bool,
    shape: &'static str,
    quality: i64,
    pack: String,
    pack_id: String,
    author: String,
    emojis: Vec<String>,
}

/// The body. Fields of a form are texts, whatever they say.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Body {
    url: Option<String>,
    pack: Option<String>,
    author: Option<String>,
    pack_id: Option<String>,
    r#type: Option<String>,
    quality: Option<Value>,
    nobg: Option<Value>,
    emojis: Option<Value>,
}

impl Wanted {
    /// A 400 names the field and its limit.
    pub(crate) fn of(request: &Request, default_pack: &str) -> Result<Self, Error> {
        let (body, file) = read(request)?;
        let url = body
            .url
            .map(|url| url.trim().to_owned())
            .filter(|url| !url.is_empty());
        let source = match (file, url) {
            (Some(file), _) => Source::File(file),
            (None, Some(url)) => Source::Url(checked_url(url)?),
            (None, None) => return Err(Error::bad_request("file is required")),
        };
        let pack = named(body.pack, "pack")?.unwrap_or_else(|| default_pack.to_owned());
        let author = match named(body.author, "author")? {
            Some(author) => author,
            None => caller(request),
        };
        Ok(Self {
            source,
            shape: shape(body.r#type.as_deref())?,
            quality: quality(body.quality.as_ref())?,
            nobg: switch(body.nobg.as_ref(), "nobg")?,
            pack,
            author,
            pack_id: named(body.pack_id, "packId")?.unwrap_or_default(),
            emojis: emojis(body.emojis)?,
        })
    }

    /// How the host makes it.
    pub(crate) fn recipe(&self) -> Recipe {
        let arguments = json!({
            "shape": self.shape, "quality": self.quality, "pack": self.pack, "packId": self.pack_id,
            "author": self.author, "emojis": self.emojis,
        });
        Recipe::Other(("sticker".to_owned(), arguments.to_string()))
    }
}

fn read(request: &Request) -> Result<(Body, Option<FormFile>), Error> {
    let Some(form) = request.form()? else {
        return Ok((request.json()?, None));
    };
    let text = |name: &str| Ok::<_, Error>(form.text(name)?.map(str::to_owned));
    let value = |name: &str| Ok::<_, Error>(text(name)?.map(Value::String));
    let body = Body {
        url: text("url")?,
        pack: text("pack")?,
        author: text("author")?,
        pack_id: text("packId")?,
        r#type: text("type")?,
        quality: value("quality")?,
        nobg: value("nobg")?,
        emojis: value("emojis")?,
    };
    Ok((body, form.optional_file("file")?.cloned()))
}

fn checked_url(url: String) -> Result<String, Error> {
    let scheme = url
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("http" | "https")) || url.len() > MAX_URL {
        return Err(Error::bad_request(format!(
            "url: must be an http or https address of at most {MAX_URL} bytes"
        )));
    }
    Ok(url)
}

fn named(text: Option<String>, field: &str) -> Result<Option<String>, Error> {
    let Some(text) = text
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
    else {
        return Ok(None);
    };
    if text.chars().count() > MAX_NAME || text.contains(char::is_control) {
        return Err(Error::bad_request(format!(
            "{field}: at most {MAX_NAME} characters, no control characters"
        )));
    }
    Ok(Some(text))
}

/// The name of the user who calls.
fn caller(request: &Request) -> String {
    let name = request.extra("user.name").unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    if name.trim().is_empty() {
        DEFAULT_AUTHOR.to_owned()
    } else {
        name
    }
}

/// The reference's own example says `image`, which means all of it.
fn shape(written: Option<&str>) -> Result<&'static str, Error> {
    match written.unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "" | "full" | "image" => Ok("FULL"),
        "crop" => Ok("CROP"),
        "circle" => Ok("CIRCLE"),
        _ => Err(Error::bad_request("type: must be full, crop or circle")),
    }
}

fn quality(written: Option<&Value>) -> Result<i64, Error> {
    let number = match written {
        None | Some(Value::Null) => Some(DEFAULT_QUALITY),
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    number.filter(|number| QUALITY.contains(number)).ok_or_else(|| {
        Error::bad_request(format!(
            "quality: must be a whole number from {} to {}",
            QUALITY.start(),
            QUALITY.end()
        ))
    })
}

fn switch(written: Option<&Value>, field: &str) -> Result<bool, Error> {
    match written {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(on)) => Ok(*on),
        Some(Value::String(text)) if matches!(text.as_str(), "true" | "1" | "on") => Ok(true),
        Some(Value::String(text)) if matches!(text.as_str(), "false" | "0" | "off") => Ok(false),
        Some(_) => Err(Error::bad_request(format!("{field}: must be true or false"))),
    }
}

/// A list, or in forms a text with commas.
fn emojis(written: Option<Value>) -> Result<Vec<String>, Error> {
    let wrong = || {
        Error::bad_request(format!(
            "emojis: a list of at most {MAX_EMOJIS}, each of 1 to {MAX_EMOJI} characters"
        ))
    };
    let emojis: Vec<String> = match written {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) => {
            let parts = text.split(',').map(|emoji| emoji.trim().to_owned());
            parts.filter(|emoji| !emoji.is_empty()).collect()
        }
        Some(list) => serde_json::from_value(list).map_err(|_| wrong())?,
    };
    let fits = |emoji: &String| (1..=MAX_EMOJI).contains(&emoji.chars().count());
    if emojis.len() > MAX_EMOJIS || !emojis.iter().all(fits) {
        return Err(wrong());
    }
    Ok(emojis)
}
