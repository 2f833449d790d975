//! What a message can say, in our own words. Not here: how WhatsApp writes it (`compose`), how REST clients do ([`object`]).

mod key;
mod media;
pub mod object;
mod place;

use std::path::PathBuf;

pub use key::MessageRef;
pub(crate) use key::check_id;
pub use media::{Media, MediaKind, MediaSource};
pub use object::ContentObject;
pub use place::{Event, LiveLocation, Location};

/// Longest text or caption WhatsApp takes, in characters.
pub const MAX_TEXT: usize = 65_536;
/// Most people one message can mention.
pub const MAX_MENTIONS: usize = 1_024;
/// Longest emoji of a reaction, in bytes.
pub const MAX_EMOJI: usize = 64;
/// Fewest and most choices of a poll.
pub const POLL_CHOICES: std::ops::RangeInclusive<usize> = 2..=12;
/// Longest question of a poll, in characters.
pub const MAX_QUESTION: usize = 255;
/// Longest choice of a poll, in characters.
pub const MAX_CHOICE: usize = 100;
/// Most contact cards of a message.
pub const MAX_CARDS: usize = 256;
/// Longest vCard, in bytes.
pub const MAX_VCARD: usize = 64 * 1024;
/// Longest name or title, in characters.
pub const MAX_NAME: usize = 256;
/// How long a message can stay pinned, in seconds.
pub const PIN_SECONDS: [u32; 3] = [86_400, 604_800, 2_592_000];
/// The timers of disappearing messages, in seconds; 0 switches them off.
pub const EPHEMERAL_SECONDS: [u32; 4] = [0, 86_400, 604_800, 7_776_000];

/// What a message says, or does to another one.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Words.
    Text(String),
    /// A file, with what is known about it. Boxed: it is large, and rare.
    Media(Box<Media>),
    /// A place.
    Location(Location),
    /// A place that moves: the first of its positions.
    LiveLocation(LiveLocation),
    /// People's cards.
    Contacts(Contacts),
    /// A question with choices.
    Poll(Poll),
    /// An invitation to something that happens.
    Event(Event),
    /// An invitation to a group.
    GroupInvite(GroupInvite),
    /// What was chosen of a list.
    ListReply(ListReply),
    /// The button that was pressed.
    ButtonReply(ButtonReply),
    /// An emoji on a message; an empty one takes it back.
    Reaction {
        /// The message.
        target: MessageRef,
        /// The emoji.
        emoji: String,
    },
    /// Pins a message for everybody, for so many seconds; none takes the pin off.
    Pin {
        /// The message.
        target: MessageRef,
        /// One of [`PIN_SECONDS`].
        seconds: Option<u32>,
    },
    /// Another text or caption for an own message.
    Edit {
        /// The message.
        target: MessageRef,
        /// What it says now.
        text: String,
    },
    /// Takes a message back for everybody.
    Delete(MessageRef),
    /// A stored message once more, marked as forwarded.
    Forward(MessageRef),
    /// The timer of the chat's disappearing messages, one of [`EPHEMERAL_SECONDS`].
    Disappearing(u32),
    /// The wire bytes of a message as the schema has it. Only where the operator allows it.
    Raw(Vec<u8>),
}

impl Content {
    /// The file on disk that it carries.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        match self {
            Self::Media(media) => media.file(),
            _ => None,
        }
    }
}

/// Cards of people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contacts {
    /// What the message calls them.
    pub display_name: Option<String>,
    /// 1 to [`MAX_CARDS`].
    pub cards: Vec<ContactCard>,
}

/// One person's card.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactCard {
    /// The name above it.
    pub display_name: String,
    /// The card itself.
    pub vcard: String,
}

/// A question with choices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Poll {
    /// What is asked.
    pub question: String,
    /// The choices, no two alike.
    pub choices: Vec<String>,
    /// How many one may choose; 0: any number.
    pub selectable: u32,
    /// It goes to the announcement group of a community.
    pub to_announcement_group: bool,
}

/// An invitation to a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupInvite {
    /// The group.
    pub group: String,
    /// Its subject.
    pub subject: String,
    /// The code.
    pub code: String,
    /// Until when it can be followed, seconds since 1970.
    pub expires_at: Option<i64>,
    /// What stands below it.
    pub text: Option<String>,
    /// The group's picture, a small JPEG.
    pub thumbnail: Option<Vec<u8>>,
}

/// What was chosen of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListReply {
    /// The row's title.
    pub title: String,
    /// The row's description.
    pub description: Option<String>,
    /// The row's id.
    pub row_id: String,
}

/// The button that was pressed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ButtonReply {
    /// Its id.
    pub id: String,
    /// What stands on it.
    pub display_text: String,
    /// Which one it is, on a template.
    pub template_index: Option<u32>,
}
