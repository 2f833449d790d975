//! Status posts, and who may see them.

use buffa::MessageField;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{NodeContent, NodeRef};
use waproto::whatsapp as wa;
use waproto::whatsapp::message::extended_text_message::FontType;
use whatsapp_rust::request::InfoQuery;
use whatsapp_rust::{ErrorChainExt as _, Jid, Server};

use super::contacts::MAX_NUMBERS;
use crate::account::Account;
use crate::content::{Content, MAX_TEXT, Media, MediaKind};
use crate::send::{self, Draft, Name, SendKey, SendOptions, SentMessage, transmit};
use crate::{EngineError, address, compose, refusal};

/// Most people one post goes to.
pub(crate) const MAX_AUDIENCE: usize = 5_000;
/// The background of a text when none is chosen: black.
const BLACK: u32 = 0xff00_0000;
/// How long a post may take in all: a file has to be uploaded first.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(10);

/// What a status post shows.
#[derive(Debug, Clone, PartialEq)]
pub enum StatusPost {
    /// Words on a colour.
    Text {
        /// The words.
        text: String,
        /// `#rrggbb` or `#aarrggbb`; black when none.
        background: Option<String>,
        /// WhatsApp's number of a font; 0 when none.
        font: Option<u32>,
    },
    /// A picture or a video.
    Media(Box<Media>),
}

impl Account {
    /// Posts a status to these people; when the list is empty, to all saved contacts that may see it.
    /// `origin` is as in [`SendOptions`].
    pub async fn post_status(
        &self,
        post: StatusPost,
        recipients: &[String],
        key: Option<SendKey>,
        origin: Option<String>,
    ) -> Result<SentMessage, EngineError> {
        if recipients.len() > MAX_AUDIENCE {
            return Err(EngineError::invalid(
                "recipients",
                format!("at most {MAX_AUDIENCE} people"),
            ));
        }
        let people = recipients
            .iter()
            .map(|person| address::parse_person(person, "recipients"));
        let people: Vec<Jid> = people.collect::<Result<_, _>>()?;
        self.run("a status post to leave", PATIENCE, |account| async move {
            let options = SendOptions {
                origin,
                ..SendOptions::default()
            };
            let name = Name::choose(&options, key.as_ref())?;
            if let Some(done) = send::earlier(&account.context, &name.id).await? {
                return Ok(done);
            }
            let audience = if people.is_empty() {
                account.audience().await?
            } else {
                people
            };
            let audience = account.with_known_lids(audience).await?;
            let file = match &post {
                StatusPost::Media(media) => media.file(),
                StatusPost::Text { .. } => None,
            };
            let message = match post {
                StatusPost::Text {
                    text,
                    background,
                    font,
                } => words(&text, background.as_deref(), font)?,
                StatusPost::Media(media) => shown(&account, *media).await?,
            };
            let to = Jid::status_broadcast();
            let draft = Draft {
                chat: to.to_string(),
                to,
                message,
                is_addition: false,
                audience,
                file,
            };
            transmit(&account, draft, name).await
        })
        .await
    }

    /// Posts are addressed by LID. Whose is not known yet is asked for; who has none is not on WhatsApp, and left out.
    async fn with_known_lids(&self, audience: Vec<Jid>) -> Result<Vec<Jid>, EngineError> {
        let mut unknown = Vec::new();
        for jid in &audience {
            if self.lid_of(jid).await?.is_none() {
                unknown.push(jid.clone());
            }
        }
        if unknown.is_empty() {
            return Ok(audience);
        }
        for some in unknown.chunks(MAX_NUMBERS) {
            let found = self.client.contacts().is_on_whatsapp(some).await;
            found.map_err(|error| refusal::contact(&error, "who is on WhatsApp"))?;
        }
        let mut reached = Vec::with_capacity(audience.len());
        for jid in audience {
            if self.lid_of(&jid).await?.is_some() {
                reached.push(jid);
            }
        }
        if reached.is_empty() {
            return Err(EngineError::NotFound(
                "recipients: none of them is on WhatsApp".to_owned(),
            ));
        }
        Ok(reached)
    }

    /// The saved contacts that may see the account's posts.
    async fn audience(&self) -> Result<Vec<Jid>, EngineError> {
        let privacy = self.status_privacy().await?;
        let audience: Vec<Jid> = match privacy {
            Privacy::Only(people) => people,
            Privacy::AllBut(people) => {
                let hidden = self.canonical_all(&people).await?;
                let saved = self.saved_contacts(MAX_AUDIENCE).await?;
                saved
                    .iter()
                    .filter(|jid| !hidden.contains(jid))
                    .filter_map(|jid| address::parse_person(jid, "recipients").ok())
                    .collect()
            }
        };
        if audience.is_empty() {
            return Err(EngineError::Conflict(
                "nobody to post to: the account has no saved contacts that may see it; name the recipients"
                    .to_owned(),
            ));
        }
        Ok(audience)
    }

    async fn canonical_all(&self, people: &[Jid]) -> Result<Vec<String>, EngineError> {
        let mut all = Vec::with_capacity(people.len());
        for person in people {
            all.push(self.canonical(person).await?);
        }
        Ok(all)
    }

    /// Who may see posts, as the phone has set it.
    async fn status_privacy(&self) -> Result<Privacy, EngineError> {
        let query = InfoQuery::get(
            "status",
            Jid::new("", Server::Pn),
            Some(NodeContent::Nodes(vec![NodeBuilder::new("privacy").build()])),
        );
        match self.client.send_iq(query).await {
            Ok(answer) => Ok(Privacy::read(answer.get())),
            // A server that does not know the question has no such setting.
            Err(error) if error.server_rejection().is_some() => Ok(Privacy::AllBut(Vec::new())),
            Err(error) => Err(refusal::request(&error, "who may see status posts")),
        }
    }
}

/// Who may see posts.
enum Privacy {
    Only(Vec<Jid>),
    AllBut(Vec<Jid>),
}

impl Privacy {
    /// `<privacy><list type="contacts|whitelist|blacklist" default="true"><user jid=".."/>..</list>..</privacy>`.
    fn read(answer: &NodeRef<'_>) -> Self {
        let chosen = answer.get_optional_child("privacy").and_then(|privacy| {
            let lists = privacy.children().unwrap_or_default();
            let is_chosen =
                |list: &&NodeRef<'_>| list.attrs().optional_string("default").as_deref() == Some("true");
            lists.iter().find(is_chosen)
        });
        let Some(list) = chosen else {
            return Self::AllBut(Vec::new());
        };
        let users = list.children().unwrap_or_default().iter();
        let people = users
            .filter_map(|user| user.attrs().optional_jid("jid"))
            .collect();
        match list.attrs().optional_string("type").as_deref() {
            Some("whitelist") => Self::Only(people),
            Some("blacklist") => Self::AllBut(people),
            _ => Self::AllBut(Vec::new()),
        }
    }
}

fn words(text: &str, background: Option<&str>, font: Option<u32>) -> Result<wa::Message, EngineError> {
    compose::length(text, 1, MAX_TEXT, "content")?;
    let background = background.map(argb).transpose()?.unwrap_or(BLACK);
    Ok(wa::Message {
        extended_text_message: MessageField::some(wa::message::ExtendedTextMessage {
            text: Some(text.to_owned()),
            background_argb: Some(background),
            text_argb: Some(0xffff_ffff),
            font: Some(font_of(font.unwrap_or(0))?),
            ..wa::message::ExtendedTextMessage::default()
        }),
        ..wa::Message::default()
    })
}

/// `#rrggbb`, which is opaque, or `#aarrggbb`.
fn argb(text: &str) -> Result<u32, EngineError> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    let number = u32::from_str_radix(digits, 16).ok();
    match (number, digits.len()) {
        (Some(number), 6) => Ok(0xff00_0000 | number),
        (Some(number), 8) => Ok(number),
        _ => Err(EngineError::invalid(
            "backgroundColor",
            "must be a colour: #rrggbb or #aarrggbb",
        )),
    }
}

fn font_of(number: u32) -> Result<FontType, EngineError> {
    use buffa::Enumeration as _;
    let known = i32::try_from(number).ok().and_then(FontType::from_i32);
    known.ok_or_else(|| EngineError::invalid("font", "is no font of WhatsApp's (0 to 10, with gaps)"))
}

async fn shown(account: &Account, media: Media) -> Result<wa::Message, EngineError> {
    if !matches!(media.kind, MediaKind::Image | MediaKind::Video | MediaKind::Gif) {
        return Err(EngineError::invalid(
            "type",
            "a status shows text, a picture or a video",
        ));
    }
    send::compose_content(account, &Jid::status_broadcast(), Content::Media(Box::new(media))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours() {
        assert_eq!(argb("#1e6e4f").unwrap(), 0xff1e_6e4f);
        assert_eq!(argb("801E6E4F").unwrap(), 0x801e_6e4f);
        for bad in ["", "#fff", "red", "#12345g", "#123456789"] {
            assert!(argb(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn fonts() {
        assert_eq!(font_of(0).unwrap(), FontType::SYSTEM);
        assert!(font_of(99).is_err());
    }
}
