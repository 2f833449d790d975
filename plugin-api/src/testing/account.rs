//! What a host in memory remembers of the WhatsApp account: every call that would change it, labels, files.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Write as _};

use wagate_protocol::error::HostError;

use crate::labels::Label;
use crate::media::Info;
use crate::messages::{Content, SendOptions};

/// A message that was sent with [`Host::send`](crate::Host::send) or [`Host::send_text`](crate::Host::send_text).
#[derive(Debug, Clone, PartialEq)]
pub struct SentContent {
    /// The session's id.
    pub session: String,
    /// The recipient, as it was given.
    pub to: String,
    /// What it says.
    pub content: Content,
    /// How it left.
    pub options: SendOptions,
}

#[derive(Default)]
pub(super) struct Account {
    pub(super) contents: RefCell<Vec<SentContent>>,
    pub(super) calls: RefCell<Vec<String>>,
    pub(super) refusals: RefCell<BTreeMap<String, HostError>>,
    pub(super) labels: RefCell<BTreeMap<String, Label>>,
    /// Label and chat.
    labelled: RefCell<BTreeSet<(String, String)>>,
    files: RefCell<BTreeMap<String, (Info, Vec<u8>)>>,
    /// By address, or by the message they belong to: type and content.
    downloads: RefCell<BTreeMap<String, (String, Vec<u8>)>>,
    file_count: Cell<u32>,
}

impl Account {
    /// Writes a call down, unless the test wants it refused.
    pub(super) fn record(&self, name: &str, arguments: &[&dyn Debug]) -> Result<(), HostError> {
        self.allowed(name)?;
        let mut line = format!("{name}(");
        for (n, argument) in arguments.iter().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            // A string takes every line.
            let _ = write!(line, "{comma}{argument:?}");
        }
        line.push(')');
        self.calls.borrow_mut().push(line);
        Ok(())
    }

    pub(super) fn allowed(&self, name: &str) -> Result<(), HostError> {
        match self.refusals.borrow().get(name) {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    pub(super) fn put_label(&self, label: &Label) {
        self.labels.borrow_mut().insert(label.id.clone(), label.clone());
    }

    pub(super) fn label_chat(&self, id: &str, chat: &str, on: bool) -> Result<(), HostError> {
        if !self.labels.borrow().contains_key(id) {
            return Err(HostError::NotFound(format!("label {id}")));
        }
        let pair = (id.to_owned(), chat.to_owned());
        let mut labelled = self.labelled.borrow_mut();
        if on {
            labelled.insert(pair);
        } else {
            labelled.remove(&pair);
        }
        Ok(())
    }

    pub(super) fn chats_of(&self, id: &str) -> Vec<String> {
        let labelled = self.labelled.borrow();
        let of_label = labelled.iter().filter(|(label, _)| label == id);
        of_label.map(|(_, chat)| chat.clone()).collect()
    }

    pub(super) fn labels_of(&self, chat: &str) -> Vec<String> {
        let labelled = self.labelled.borrow();
        let of_chat = labelled.iter().filter(|(_, found)| found == chat);
        of_chat.map(|(label, _)| label.clone()).collect()
    }

    pub(super) fn delete_label(&self, id: &str) -> Result<(), HostError> {
        let gone = self.labels.borrow_mut().remove(id);
        self.labelled.borrow_mut().retain(|(label, _)| label != id);
        gone.map(drop)
            .ok_or_else(|| HostError::NotFound(format!("label {id}")))
    }

    /// The hash is not computed here: it is empty.
    pub(super) fn put_file(&self, content: &[u8], mime_type: &str, file_name: Option<&str>) -> Info {
        self.file_count.set(self.file_count.get() + 1);
        let info = Info {
            handle: format!("file-{:04}", self.file_count.get()),
            mime_type: mime_type.to_owned(),
            bytes: u64::try_from(content.len()).unwrap_or(u64::MAX),
            sha256: String::new(),
            file_name: file_name.map(str::to_owned),
            ext: Vec::new(),
        };
        let kept = (info.clone(), content.to_owned());
        self.files.borrow_mut().insert(info.handle.clone(), kept);
        info
    }

    pub(super) fn file(&self, handle: &str) -> Result<(Info, Vec<u8>), HostError> {
        let files = self.files.borrow();
        files
            .get(handle)
            .cloned()
            .ok_or_else(|| HostError::NotFound(format!("media {handle}")))
    }

    pub(super) fn handles(&self) -> Vec<String> {
        self.files.borrow().keys().cloned().collect()
    }

    pub(super) fn put_download(&self, name: &str, mime_type: &str, content: &[u8]) {
        let kept = (mime_type.to_owned(), content.to_owned());
        self.downloads.borrow_mut().insert(name.to_owned(), kept);
    }

    pub(super) fn download(&self, name: &str) -> Result<Info, HostError> {
        let found = self.downloads.borrow().get(name).cloned();
        let (mime_type, content) =
            found.ok_or_else(|| HostError::NotFound(format!("{name}: no such file")))?;
        Ok(self.put_file(&content, &mime_type, None))
    }

    pub(super) fn drop_file(&self, handle: &str) {
        self.files.borrow_mut().remove(handle);
    }
}
