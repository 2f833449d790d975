//! What a phone had before anything was linked to it: chats with lines somebody wrote, and as many made-up ones as wanted.
//! A made-up message is computed when it is needed, and always comes out the same.

use serde::Deserialize;

use crate::phone::content::spec::Wrong;

/// The most messages an archive may have.
pub(crate) const MAX_MESSAGES: u64 = 1_000_000;
/// The most chats an archive may have.
pub(crate) const MAX_CHATS: u32 = 10_000;
/// Made-up people have numbers that start with this; ten thousand of them exist.
const MADE_UP_NUMBER: u64 = 12_025_560_000;

/// What an archive is to hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Wanted {
    /// Made-up messages, spread over `people` made-up chats.
    pub(crate) messages: u64,
    pub(crate) people: u32,
    /// How far back they go.
    pub(crate) days: Option<u32>,
    /// Chats with lines of their own.
    pub(crate) chats: Vec<WantedChat>,
}

/// A chat that is written down.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct WantedChat {
    /// Digits, or the jid of a group.
    pub(crate) with: String,
    pub(crate) name: Option<String>,
    pub(crate) unread: u32,
    pub(crate) archived: bool,
    pub(crate) pinned: bool,
    /// Made-up messages before the lines.
    pub(crate) messages: u64,
    pub(crate) lines: Vec<WantedLine>,
}

/// A line that is written down.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct WantedLine {
    /// `me`, `them`, or in a group somebody's digits.
    pub(crate) from: String,
    pub(crate) text: String,
    /// Seconds before now.
    #[serde(default)]
    pub(crate) ago: u64,
    pub(crate) id: Option<String>,
}

/// What a phone had.
#[derive(Debug, Clone, Default)]
pub(crate) struct Archive {
    pub(crate) chats: Vec<Chat>,
}

/// A chat in an archive.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chat {
    /// Position in the archive; part of the ids of made-up messages.
    pub(crate) number: usize,
    pub(crate) with: String,
    pub(crate) name: Option<String>,
    pub(crate) unread: u32,
    pub(crate) archived: bool,
    pub(crate) pinned: bool,
    made_up: u64,
    /// Unix seconds of the first made-up message, and seconds between two.
    first_at: u64,
    step: u64,
    lines: Vec<Line>,
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Author {
    Me,
    Them,
    /// Somebody in a group, by digits.
    Member(String),
}

/// One message.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) author: Author,
    pub(crate) text: String,
    /// Unix seconds.
    pub(crate) at: u64,
}

impl Archive {
    /// Lays an archive out in time, the newest message a minute before `now`.
    pub(crate) fn new(wanted: Wanted, now: u64) -> Result<Self, Wrong> {
        let total = wanted.messages + wanted.chats.iter().map(|chat| chat.messages).sum::<u64>();
        if total > MAX_MESSAGES {
            return Err(Wrong::new("messages", format!("must be at most {MAX_MESSAGES}")));
        }
        if wanted.people > MAX_CHATS {
            return Err(Wrong::new("people", format!("must be at most {MAX_CHATS}")));
        }
        if wanted.messages > 0 && wanted.people == 0 {
            return Err(Wrong::new("people", "must be at least 1 when there are messages"));
        }
        let days = u64::from(wanted.days.unwrap_or(30)).max(1);
        let mut archive = Self::default();
        for (position, chat) in wanted.chats.into_iter().enumerate() {
            let lines = chat
                .lines
                .into_iter()
                .enumerate()
                .map(|(at, line)| Line::written(archive.chats.len(), at, line, now))
                .collect::<Result<_, _>>()?;
            if chat.with.is_empty() {
                return Err(Wrong::new(format!("chats[{position}].with"), "is missing"));
            }
            archive.push(
                Chat {
                    with: chat.with,
                    name: chat.name,
                    unread: chat.unread,
                    archived: chat.archived,
                    pinned: chat.pinned,
                    made_up: chat.messages,
                    lines,
                    ..Chat::default()
                },
                days,
                now,
            );
        }
        for person in 0..u64::from(wanted.people) {
            let people = u64::from(wanted.people);
            let share = wanted.messages / people + u64::from(person < wanted.messages % people);
            archive.push(
                Chat {
                    with: (MADE_UP_NUMBER + person).to_string(),
                    name: Some(format!("Person {}", person + 1)),
                    made_up: share,
                    ..Chat::default()
                },
                days,
                now,
            );
        }
        Ok(archive)
    }

    fn push(&mut self, mut chat: Chat, days: u64, now: u64) {
        chat.number = self.chats.len();
        let written = chat.lines.iter().map(|line| line.at).min().unwrap_or(now);
        chat.lines.sort_by_key(|line| line.at);
        let last = written.min(now).saturating_sub(60);
        let span = days * 86_400;
        chat.step = (span / chat.made_up.max(1)).max(1);
        chat.first_at = last.saturating_sub(chat.step * chat.made_up.saturating_sub(1));
        self.chats.push(chat);
    }
}

impl Line {
    fn written(chat: usize, at: usize, wanted: WantedLine, now: u64) -> Result<Self, Wrong> {
        let author = match wanted.from.as_str() {
            "me" => Author::Me,
            "them" => Author::Them,
            digits if digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty() => {
                Author::Member(digits.to_owned())
            }
            _ => {
                let field = format!("chats[{chat}].lines[{at}].from");
                return Err(Wrong::new(field, "must be \"me\", \"them\" or digits"));
            }
        };
        Ok(Self {
            id: wanted.id.unwrap_or_else(|| format!("LINE{chat:04X}{at:08X}")),
            author,
            text: wanted.text,
            at: now.saturating_sub(wanted.ago),
        })
    }
}

impl Chat {
    /// How many messages it has.
    pub(crate) fn len(&self) -> u64 {
        self.made_up + self.lines.len() as u64
    }

    /// The `index`th message, oldest first.
    pub(crate) fn line(&self, index: u64) -> Option<Line> {
        if index >= self.made_up {
            return self
                .lines
                .get(usize::try_from(index - self.made_up).ok()?)
                .cloned();
        }
        let author = if index.is_multiple_of(3) {
            Author::Me
        } else {
            Author::Them
        };
        Some(Line {
            id: format!("MADE{:04X}{index:010X}", self.number),
            author,
            text: format!("Message {} of chat {}", index + 1, self.number + 1),
            at: self.first_at + self.step * index,
        })
    }

    /// Where a message with this id is.
    pub(crate) fn find(&self, id: &str) -> Option<u64> {
        if let Some(position) = self.lines.iter().position(|line| line.id == id) {
            return Some(self.made_up + position as u64);
        }
        let rest = id.strip_prefix(&format!("MADE{:04X}", self.number))?;
        u64::from_str_radix(rest, 16)
            .ok()
            .filter(|index| *index < self.made_up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_messages_are_spread_and_found_again() {
        let wanted = Wanted {
            messages: 10,
            people: 3,
            days: Some(1),
            ..Wanted::default()
        };
        let archive = Archive::new(wanted, 1_000_000_000).unwrap();
        let sizes: Vec<u64> = archive.chats.iter().map(Chat::len).collect();
        assert_eq!(sizes, [4, 3, 3]);
        let chat = &archive.chats[0];
        let line = chat.line(2).unwrap();
        assert_eq!(chat.find(&line.id), Some(2));
        assert!(chat.line(4).is_none());
        assert!(line.at > chat.line(1).unwrap().at && line.at < 1_000_000_000);
    }

    #[test]
    fn lines_come_after_made_up_messages() {
        let wanted = Wanted {
            chats: vec![WantedChat {
                with: "12025550102".to_owned(),
                messages: 2,
                lines: vec![WantedLine {
                    from: "them".to_owned(),
                    text: "hi".to_owned(),
                    ago: 3600,
                    id: None,
                }],
                ..WantedChat::default()
            }],
            ..Wanted::default()
        };
        let chat = &Archive::new(wanted, 1_000_000_000).unwrap().chats[0];
        assert_eq!(chat.len(), 3);
        assert_eq!(chat.line(2).unwrap().text, "hi");
        assert!(chat.line(1).unwrap().at < chat.line(2).unwrap().at);
    }
}
