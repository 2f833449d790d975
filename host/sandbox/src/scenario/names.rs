//! Whom and what a file knows by name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use toml::Spanned;

use super::check::{Wrong, wrong};

/// What a name was given to before.
pub(super) enum Twice {
    Name,
    Number,
}

/// Everything that has a name.
pub(super) struct Names<'a> {
    /// Numbers by name.
    people: BTreeMap<&'a str, &'a str>,
    numbers: BTreeSet<&'a str>,
    /// Groups by their subjects, in the order of the file.
    groups: Vec<String>,
    /// Messages that have got a name so far.
    messages: BTreeSet<String>,
    /// Ids that steps have given to messages so far; `{n}` in one stands for the round.
    ids: Vec<String>,
    pub(super) folder: Option<&'a Path>,
}

/// What stands for a group until it exists: its place in the file.
pub(super) fn stand_in(group: usize) -> String {
    format!("$@{group}$")
}

impl<'a> Names<'a> {
    pub(super) fn new(folder: Option<&'a Path>) -> Self {
        Self {
            people: BTreeMap::new(),
            numbers: BTreeSet::new(),
            groups: Vec::new(),
            messages: BTreeSet::new(),
            ids: Vec::new(),
            folder,
        }
    }

    pub(super) fn add_person(&mut self, name: &'a str, number: &'a str) -> Result<(), Twice> {
        if self.people.insert(name, number).is_some() {
            return Err(Twice::Name);
        }
        if self.numbers.insert(number) {
            Ok(())
        } else {
            Err(Twice::Number)
        }
    }

    /// Adds a group; `false` when something has that name already.
    pub(super) fn add_group(&mut self, subject: &str) -> bool {
        let taken = self.find(subject).is_some() || self.groups.iter().any(|known| known == subject);
        if !taken {
            self.groups.push(subject.to_owned());
        }
        !taken
    }

    pub(super) fn add_message(&mut self, name: &str) {
        self.messages.insert(name.to_owned());
    }

    /// A number, by name or by itself.
    pub(super) fn person(&self, typed: &Spanned<String>) -> Result<String, Wrong> {
        self.find(typed.get_ref())
            .ok_or_else(|| wrong(typed, format!("nobody here is called {:?}", typed.get_ref())))
    }

    /// A number, by name or by itself, if there is one.
    pub(super) fn find(&self, typed: &str) -> Option<String> {
        if let Some(number) = self.people.get(typed) {
            return Some((*number).to_owned());
        }
        self.numbers.contains(typed).then(|| typed.to_owned())
    }

    /// A number, or what stands for a group until the scenario is played.
    pub(super) fn chat(&self, typed: &str) -> Option<String> {
        self.find(typed).or_else(|| {
            let group = self.groups.iter().position(|subject| subject == typed)?;
            Some(stand_in(group))
        })
    }

    /// Whether a message has got this name.
    pub(super) fn knows_message(&self, name: &str) -> bool {
        self.messages.contains(name)
    }

    pub(super) fn add_id(&mut self, id: &str) {
        self.ids.push(id.to_owned());
    }

    /// Whether a step has given this id to a message.
    pub(super) fn knows_id(&self, id: &str) -> bool {
        self.ids.iter().any(|known| match known.split_once("{n}") {
            None => known == id,
            Some((before, _)) => id.starts_with(before),
        })
    }

    /// The first `$name` in a body that no message before has got.
    pub(super) fn unknown_message<'v>(&self, body: &'v Value) -> Option<&'v str> {
        match body {
            Value::String(text) => message_named(text).filter(|name| !self.knows_message(name)),
            Value::Array(items) => items.iter().find_map(|item| self.unknown_message(item)),
            Value::Object(fields) => fields.values().find_map(|field| self.unknown_message(field)),
            _ => None,
        }
    }

    /// A description with the names of groups in it.
    pub(super) fn in_words(&self, text: String) -> String {
        self.groups
            .iter()
            .enumerate()
            .fold(text, |text, (at, subject)| text.replace(&stand_in(at), subject))
    }
}

/// The name in a text that is nothing but `$name`: it stands for the id of the message of that name.
pub(super) fn message_named(text: &str) -> Option<&str> {
    let is_name = |name: &&str| {
        let mut bytes = name.bytes();
        !name.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    text.strip_prefix('$').filter(is_name)
}

/// Replaces names by numbers in the fields that hold people or chats.
pub(super) fn names_to_numbers(value: &mut Value, fields: &[&str], names: &Names<'_>) {
    let replace = |item: &mut Value| {
        if let Value::String(text) = item
            && let Some(chat) = names.chat(text)
        {
            *text = chat;
        }
    };
    for field in fields {
        match value.get_mut(*field) {
            Some(Value::Array(items)) => items.iter_mut().for_each(replace),
            Some(item) => replace(item),
            None => {}
        }
    }
}
