//! Labels of WhatsApp Business, where the administrator wants them to be the same. What is done here comes first: what
//! WhatsApp does not take stays here alone.

use wagate_plugin_api::{Error, Host, HostError, Level, labels};

use crate::form::MAX_COLOR;
use crate::names;
use crate::shelf::{self, Label};

/// Whether it is wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sync {
    on: bool,
}

impl Sync {
    pub(crate) fn new(on: bool) -> Self {
        Self { on }
    }

    pub(crate) fn is_on(self) -> bool {
        self.on
    }

    /// A label that was made or changed. One that WhatsApp does not know yet gets its id first here: the event that tells
    /// of it finds it.
    pub(crate) fn put(self, host: &dyn Host, session: &str, label: &mut Label) -> Result<(), Error> {
        if !self.on {
            return Ok(());
        }
        let is_new = label.wa_id.is_none();
        if is_new {
            label.wa_id = Some(next_id(&host.labels(session)?));
            shelf::write(host, session, label)?;
        }
        let done = host.label_put(
            session,
            &labels::Label {
                id: label.wa_id.clone().unwrap_or_default(),
                name: label.name.clone(),
                color: label.color,
                deleted: false,
                ext: Vec::new(),
            },
        );
        if let Err(error) = done {
            told(host, &error);
            if is_new {
                label.wa_id = None;
                shelf::write(host, session, label)?;
            }
        }
        Ok(())
    }

    pub(crate) fn delete(self, host: &dyn Host, session: &str, label: &Label) {
        if let Some(wa_id) = label.wa_id.as_deref().filter(|_| self.on)
            && let Err(error) = host.label_delete(session, wa_id)
        {
            told(host, &error);
        }
    }

    /// A label that was put on a chat or taken off.
    pub(crate) fn assign(
        self,
        host: &dyn Host,
        session: &str,
        label: &mut Label,
        chat: &str,
        on: bool,
    ) -> Result<(), Error> {
        if !self.on {
            return Ok(());
        }
        if label.wa_id.is_none() {
            self.put(host, session, label)?;
        }
        if let Some(wa_id) = &label.wa_id
            && let Err(error) = host.label_chat(session, wa_id, chat, on)
        {
            told(host, &error);
        }
        Ok(())
    }

    /// What there is at WhatsApp and not here: labels, with their chats.
    pub(crate) fn pull(self, host: &dyn Host, session: &str) -> Result<(), Error> {
        if !self.on {
            return Ok(());
        }
        for theirs in host.labels(session)? {
            if by_wa_id(host, session, &theirs.id)?.is_some() || theirs.deleted {
                continue;
            }
            let Some(label) = adopt(host, session, &theirs.id, &theirs.name, theirs.color)? else {
                continue;
            };
            for chat in host.label_chats(session, &theirs.id)? {
                shelf::assign(host, session, &chat, &[&label], &[])?;
            }
        }
        Ok(())
    }
}

pub(crate) fn by_wa_id(host: &dyn Host, session: &str, wa_id: &str) -> Result<Option<Label>, Error> {
    let labels = shelf::all(host, session)?;
    Ok(labels
        .into_iter()
        .find(|label| label.wa_id.as_deref() == Some(wa_id)))
}

/// A label of WhatsApp's, here: the one of this name, or a new one. None when there is no room for it.
pub(crate) fn adopt(
    host: &dyn Host,
    session: &str,
    wa_id: &str,
    name: &str,
    color: u32,
) -> Result<Option<Label>, Error> {
    let color = color.min(MAX_COLOR);
    let own = shelf::all(host, session)?
        .into_iter()
        .find(|label| names::same(&label.name, name));
    if let Some(mut own) = own {
        own.wa_id = Some(wa_id.to_owned());
        own.color = color;
        shelf::write(host, session, &own)?;
        return Ok(Some(own));
    }
    match shelf::create(host, session, name.to_owned(), color, Some(wa_id.to_owned())) {
        Ok(label) => Ok(Some(label)),
        Err(error) if error.status() == 409 => {
            host.log(
                Level::Warn,
                &format!("a label of WhatsApp's is not taken over: {error}"),
            );
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// One more than the largest.
fn next_id(theirs: &[labels::Label]) -> String {
    let largest = theirs
        .iter()
        .filter_map(|label| label.id.parse::<u32>().ok())
        .max();
    largest.unwrap_or_default().saturating_add(1).to_string()
}

fn told(host: &dyn Host, error: &HostError) {
    host.log(
        Level::Warn,
        &format!("WhatsApp did not take the change of a label: {error}"),
    );
}
