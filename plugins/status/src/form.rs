//! What a client sends to post a status.

use serde::Deserialize;
use serde_json::Value;
use wagate_plugin_api::{Error, Request, jid, lenient};

/// Longest text or caption, in characters.
const MAX_CONTENT: usize = 65_536;
/// Most people one post goes to.
const MAX_PEOPLE: usize = 5000;
/// WhatsApp's fonts have these numbers, with gaps.
const MAX_FONT: u32 = 10;
/// Below this, an ARGB number says nothing of how opaque it is: a status always is.
const FIRST_WITH_ALPHA: u32 = 0x0100_0000;
/// What the field of a form's file is called; those of the last three can be an address as well.
const FILES: [&str; 5] = ["file", "media", "mediaUrl", "image", "video"];
const ONLY_FILES: [&str; 2] = ["file", "media"];

const MISSING: &str = "Missing required fields";

/// The body, and its aliases: `text` for `content`, `image` or `video` for `type` and `mediaUrl`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Form {
    #[serde(deserialize_with = "lenient")]
    content: Option<String>,
    #[serde(deserialize_with = "lenient")]
    text: Option<String>,
    #[serde(deserialize_with = "lenient")]
    caption: Option<String>,
    #[serde(rename = "type")]
    kind: Option<Value>,
    media_url: Option<String>,
    image: Option<Link>,
    video: Option<Link>,
    background_color: Option<Value>,
    font: Option<Value>,
    mentions: Option<Value>,
}

/// As the node's forms have it, or as content objects of messages do.
#[derive(Deserialize)]
#[serde(untagged)]
enum Link {
    Plain(String),
    Object { url: String },
}

/// A post, checked as far as that goes without the host.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) shown: Shown,
    /// Nobody in particular: all contacts that may see it.
    pub(crate) people: Vec<String>,
}

/// What is posted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Text {
        text: String,
        background: Option<String>,
        font: Option<u32>,
    },
    Image(Source, Option<String>),
    Video(Source, Option<String>),
}

/// Where a picture or a video comes from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Url(String),
    Handle(String),
}

/// Reads the request: JSON, or a form with the same fields and a file.
pub(crate) fn read(request: &Request) -> Result<Wanted, Error> {
    let Some(form) = request.form()? else {
        return request.json::<Form>()?.checked(None);
    };
    let file = FILES
        .iter()
        .find_map(|name| Some((*name, form.files.get(*name)?)));
    for name in ONLY_FILES {
        form.optional_file(name)?;
    }
    let field = |name: &str| form.field(name).map(str::to_owned);
    let text = |name: &str| Ok::<_, Error>(form.text(name)?.map(str::to_owned));
    let number = |name: &str| {
        let text = form.text(name)?;
        let number = text.map(|text| text.parse::<i64>().map_or_else(|_| text.into(), Value::from));
        Ok::<_, Error>(number)
    };
    // Of a form, the file says what it is.
    let by_file = file.map(|(name, file)| match name {
        "image" | "video" => name,
        _ if file.mime_type.starts_with("video/") => "video",
        _ => "image",
    });
    let fields = Form {
        content: text("content")?,
        text: text("text")?,
        caption: text("caption")?,
        kind: text("type")?
            .or_else(|| by_file.map(str::to_owned))
            .map(Value::String),
        media_url: field("mediaUrl"),
        image: field("image").map(Link::Plain),
        video: field("video").map(Link::Plain),
        background_color: number("backgroundColor")?,
        font: number("font")?,
        mentions: text("mentions")?.map(Value::String),
    };
    fields.checked(file.map(|(_, file)| file.handle.clone()))
}

impl Form {
    fn checked(self, handle: Option<String>) -> Result<Wanted, Error> {
        let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let content = filled(self.content)
            .or(filled(self.text))
            .or(filled(self.caption));
        let named = |link: Option<Link>| {
            let url = link.map(|link| match link {
                Link::Plain(url) | Link::Object { url } => url,
            });
            filled(url)
        };
        let (image, video) = (named(self.image), named(self.video));
        // The aliases, and files, need no caption; the contract's own form does.
        let is_alias = handle.is_some() || image.is_some() || video.is_some();
        if content.is_none() && !is_alias {
            return Err(Error::bad_request(MISSING));
        }
        if content
            .as_ref()
            .is_some_and(|text| text.chars().count() > MAX_CONTENT)
        {
            return Err(Error::bad_request(format!(
                "content: at most {MAX_CONTENT} characters"
            )));
        }
        let kind = match &self.kind {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(kind)) => kind.trim().to_uppercase(),
            Some(_) => return Err(Error::bad_request("Invalid status type")),
        };
        let kind = match (&*kind, &image, &video) {
            ("", Some(_), _) => "IMAGE",
            ("", None, Some(_)) => "VIDEO",
            ("", None, None) => "TEXT",
            (kind, ..) => kind,
        };
        let has_file = handle.is_some();
        let url = filled(self.media_url);
        let source = |alias: Option<String>, word: &str| {
            let url = || url.or(alias).map(|url| Source::Url(url.trim().to_owned()));
            let found = handle.map(Source::Handle).or_else(url);
            found.ok_or_else(|| Error::bad_request(format!("Media URL required for {word} status")))
        };
        let shown = match kind {
            "TEXT" if has_file => {
                return Err(Error::bad_request(
                    "type: must be IMAGE or VIDEO where there is a file",
                ));
            }
            "TEXT" => Shown::Text {
                text: content.ok_or_else(|| Error::bad_request(MISSING))?,
                background: background(self.background_color.as_ref())?,
                font: font(self.font.as_ref())?,
            },
            "IMAGE" => Shown::Image(source(image, "image")?, content),
            "VIDEO" => Shown::Video(source(video, "video")?, content),
            _ => return Err(Error::bad_request("Invalid status type")),
        };
        Ok(Wanted {
            shown,
            people: people(self.mentions)?,
        })
    }
}

/// The host's form of a colour: from an ARGB number, also a negative one, or from `#rrggbb`.
fn background(colour: Option<&Value>) -> Result<Option<String>, Error> {
    let wrong = || Error::bad_request("backgroundColor: must be an ARGB number, or #rrggbb");
    match colour {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => {
            let digits = text.trim().trim_start_matches('#');
            let is_colour =
                matches!(digits.len(), 6 | 8) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_colour {
                Ok(Some(format!("#{digits}")))
            } else {
                Err(wrong())
            }
        }
        Some(number) => {
            let number = number.as_i64().ok_or_else(wrong)?;
            let argb = u32::try_from(number)
                .or_else(|_| i32::try_from(number).map(i32::cast_unsigned))
                .map_err(|_| wrong())?;
            let digits = if argb < FIRST_WITH_ALPHA {
                format!("{argb:06x}")
            } else {
                format!("{argb:08x}")
            };
            Ok(Some(format!("#{digits}")))
        }
    }
}

fn font(font: Option<&Value>) -> Result<Option<u32>, Error> {
    match font {
        None | Some(Value::Null) => Ok(None),
        Some(number) => match number.as_u64().and_then(|number| u32::try_from(number).ok()) {
            Some(number) if number <= MAX_FONT => Ok(Some(number)),
            _ => Err(Error::bad_request(format!(
                "font: must be a number from 0 to {MAX_FONT}"
            ))),
        },
    }
}

/// Who sees it, each once. A form has them in one field, with commas or as a JSON list.
fn people(mentions: Option<Value>) -> Result<Vec<String>, Error> {
    let wrong = || Error::bad_request("mentions: must be a list of phone numbers or JIDs");
    let written = match mentions {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(written)) => written,
        Some(Value::String(text)) if text.trim_start().starts_with('[') => {
            serde_json::from_str(&text).map_err(|_| wrong())?
        }
        Some(Value::String(text)) => {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            parts.map(Value::from).collect()
        }
        Some(_) => return Err(wrong()),
    };
    if written.len() > MAX_PEOPLE {
        return Err(Error::bad_request(format!(
            "mentions: at most {MAX_PEOPLE} people"
        )));
    }
    let mut people = Vec::with_capacity(written.len());
    let mut known = std::collections::HashSet::new();
    for (index, person) in written.iter().enumerate() {
        let field = format!("mentions[{index}]");
        let person = person
            .as_str()
            .ok_or_else(|| Error::bad_request(format!("{field}: must be a string")))?;
        let person = jid::recipient(person, &field)?;
        if jid::is_group(&person) {
            return Err(Error::bad_request(format!(
                "{field}: must be a person, not a group"
            )));
        }
        if known.insert(person.clone()) {
            people.push(person);
        }
    }
    Ok(people)
}
