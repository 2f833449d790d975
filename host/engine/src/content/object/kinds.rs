//! One line a kind of content object, and how it is read.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::fields::{Blob, Moment, Target, field};
use super::file::media;
use super::refused;
use crate::EngineError;
use crate::content::{
    ButtonReply, ContactCard, Contacts, Content, Event, GroupInvite, ListReply, LiveLocation, Location, Poll,
};

type Object = Map<String, Value>;
/// May take out of the object what it keeps.
type Reader = fn(&mut Object) -> Result<Content, EngineError>;

/// Which field makes an object what, in the order in which they count: `text` stands beside many.
pub(super) const KINDS: &[(&str, Reader)] = &[
    ("delete", delete),
    ("edit", edit),
    ("react", react),
    ("forward", forward),
    ("pin", pin),
    ("poll", poll),
    ("location", location),
    ("liveLocation", live_location),
    ("contacts", contacts),
    ("event", event),
    ("groupInvite", group_invite),
    ("listReply", list_reply),
    ("buttonReply", button_reply),
    ("disappearingMessagesInChat", disappearing),
    ("image", |object| media(object, "image")),
    ("video", |object| media(object, "video")),
    ("audio", |object| media(object, "audio")),
    ("sticker", |object| media(object, "sticker")),
    ("document", |object| media(object, "document")),
    ("text", text),
];

/// Whether two of these fields may stand in one object.
pub(super) fn go_together(kind: &str, other: &str) -> bool {
    match other {
        "text" => true,
        // `{"edit": key, "image": ..}` would be a new picture, which cannot be done.
        _ => kind == other,
    }
}

/// The timer that `true` stands for: a week.
const DEFAULT_TIMER: u32 = 604_800;
/// How long a pin lasts when no time is given: a day.
const DEFAULT_PIN: u32 = 86_400;

fn delete(object: &mut Object) -> Result<Content, EngineError> {
    let Target(target) = field(object, "delete")?;
    Ok(Content::Delete(target))
}

fn edit(object: &mut Object) -> Result<Content, EngineError> {
    let Target(target) = field(object, "edit")?;
    let name = if object.contains_key("text") {
        "text"
    } else {
        "caption"
    };
    let text = field(object, name).map_err(|_| refused("text: what the message says now"))?;
    Ok(Content::Edit { target, text })
}

fn react(object: &mut Object) -> Result<Content, EngineError> {
    #[derive(Deserialize)]
    struct React {
        key: Target,
        #[serde(default)]
        text: Option<String>,
    }
    let React {
        key: Target(target),
        text,
    } = field(object, "react")?;
    Ok(Content::Reaction {
        target,
        emoji: text.unwrap_or_default(),
    })
}

fn forward(object: &mut Object) -> Result<Content, EngineError> {
    let Target(target) = field(object, "forward")?;
    Ok(Content::Forward(target))
}

fn pin(object: &mut Object) -> Result<Content, EngineError> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Kind {
        Number(u32),
        Name(String),
    }
    let Target(target) = field(object, "pin")?;
    let kind: Option<Kind> = field(object, "type")?;
    let is_pin = match kind {
        None | Some(Kind::Number(1)) => true,
        Some(Kind::Number(2)) => false,
        Some(Kind::Name(name)) if name == "PIN_FOR_ALL" => true,
        Some(Kind::Name(name)) if name == "UNPIN_FOR_ALL" => false,
        Some(_) => return Err(refused("type: 1 (pin) or 2 (take the pin off)")),
    };
    let time: Option<u32> = field(object, "time")?;
    Ok(Content::Pin {
        target,
        seconds: is_pin.then_some(time.unwrap_or(DEFAULT_PIN)),
    })
}

fn poll(object: &mut Object) -> Result<Content, EngineError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Written {
        name: String,
        values: Vec<String>,
        #[serde(default)]
        selectable_count: u32,
        #[serde(default)]
        to_announcement_group: bool,
    }
    let written: Written = field(object, "poll")?;
    Ok(Content::Poll(Poll {
        question: written.name,
        choices: written.values,
        selectable: written.selectable_count,
        to_announcement_group: written.to_announcement_group,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    degrees_latitude: f64,
    degrees_longitude: f64,
    name: Option<String>,
    address: Option<String>,
    url: Option<String>,
    jpeg_thumbnail: Option<Blob>,
}

impl From<Place> for Location {
    fn from(place: Place) -> Self {
        Self {
            latitude: place.degrees_latitude,
            longitude: place.degrees_longitude,
            name: place.name,
            address: place.address,
            url: place.url,
            thumbnail: place.jpeg_thumbnail.map(|Blob(bytes)| bytes),
        }
    }
}

fn location(object: &mut Object) -> Result<Content, EngineError> {
    let place: Place = field(object, "location")?;
    Ok(Content::Location(place.into()))
}

fn live_location(object: &mut Object) -> Result<Content, EngineError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Written {
        #[serde(flatten)]
        place: Place,
        accuracy_in_meters: Option<u32>,
        speed_in_mps: Option<f32>,
        degrees_clockwise_from_magnetic_north: Option<u32>,
        caption: Option<String>,
        sequence_number: Option<i64>,
    }
    let written: Written = field(object, "liveLocation")?;
    Ok(Content::LiveLocation(LiveLocation {
        place: written.place.into(),
        accuracy_m: written.accuracy_in_meters,
        speed_mps: written.speed_in_mps,
        heading: written.degrees_clockwise_from_magnetic_north,
        caption: written.caption,
        sequence: written.sequence_number,
    }))
}

fn contacts(object: &mut Object) -> Result<Content, EngineError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Card {
        display_name: Option<String>,
        vcard: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Written {
        display_name: Option<String>,
        contacts: Vec<Card>,
    }
    let written: Written = field(object, "contacts")?;
    let name = written.display_name.clone().unwrap_or_default();
    let card = |card: Card| ContactCard {
        display_name: card.display_name.unwrap_or_else(|| name.clone()),
        vcard: card.vcard,
    };
    Ok(Content::Contacts(Contacts {
        cards: written.contacts.into_iter().map(card).collect(),
        display_name: written.display_name,
    }))
}

fn event(object: &mut Object) -> Result<Content, EngineError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Written {
        name: String,
        description: Option<String>,
        #[serde(alias = "startTime")]
        start_date: Moment,
        #[serde(alias = "endTime")]
        end_date: Option<Moment>,
        location: Option<Place>,
        #[serde(alias = "call")]
        join_link: Option<String>,
        #[serde(default, alias = "isCanceled")]
        is_cancelled: bool,
        #[serde(default)]
        extra_guests_allowed: bool,
    }
    let written: Written = field(object, "event")?;
    Ok(Content::Event(Event {
        name: written.name,
        description: written.description,
        place: written.location.map(Location::from),
        join_link: written.join_link,
        starts_at: written.start_date.0,
        ends_at: written.end_date.map(|Moment(seconds)| seconds),
        is_canceled: written.is_cancelled,
        extra_guests: written.extra_guests_allowed,
    }))
}

fn group_invite(object: &mut Object) -> Result<Content, EngineError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Written {
        #[serde(alias = "groupJid")]
        jid: String,
        #[serde(alias = "groupName")]
        subject: String,
        invite_code: String,
        invite_expiration: Option<Moment>,
        #[serde(alias = "caption")]
        text: Option<String>,
        jpeg_thumbnail: Option<Blob>,
    }
    let written: Written = field(object, "groupInvite")?;
    Ok(Content::GroupInvite(GroupInvite {
        group: written.jid,
        subject: written.subject,
        code: written.invite_code,
        expires_at: written.invite_expiration.map(|Moment(seconds)| seconds),
        text: written.text,
        thumbnail: written.jpeg_thumbnail.map(|Blob(bytes)| bytes),
    }))
}

fn list_reply(object: &mut Object) -> Result<Content, EngineError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Row {
        selected_row_id: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Written {
        title: String,
        description: Option<String>,
        single_select_reply: Row,
    }
    let written: Written = field(object, "listReply")?;
    Ok(Content::ListReply(ListReply {
        title: written.title,
        description: written.description,
        row_id: written.single_select_reply.selected_row_id,
    }))
}

fn button_reply(object: &mut Object) -> Result<Content, EngineError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Written {
        display_text: String,
        id: String,
        #[serde(default)]
        index: u32,
    }
    let written: Written = field(object, "buttonReply")?;
    let kind: Option<String> = field(object, "type")?;
    Ok(Content::ButtonReply(ButtonReply {
        id: written.id,
        display_text: written.display_text,
        template_index: (kind.as_deref() == Some("template")).then_some(written.index),
    }))
}

fn disappearing(object: &mut Object) -> Result<Content, EngineError> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Switch(bool),
        Seconds(u32),
    }
    let written = field(object, "disappearingMessagesInChat")
        .map_err(|_| refused("disappearingMessagesInChat: true, false or a number of seconds"))?;
    Ok(Content::Disappearing(match written {
        Written::Switch(true) => DEFAULT_TIMER,
        Written::Switch(false) => 0,
        Written::Seconds(seconds) => seconds,
    }))
}

fn text(object: &mut Object) -> Result<Content, EngineError> {
    field(object, "text").map(Content::Text)
}
