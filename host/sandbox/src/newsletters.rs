//! Newsletters: one writes, everybody who follows reads. Nothing in them is encrypted.

use std::collections::{BTreeMap, HashMap};

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, Server};

use crate::accounts::{AccountId, DeviceAddress};
use crate::offline::{self, Class, Queued};
use crate::phone::signals::{self, Signal};
use crate::random;
use crate::stanza::{attr, child_content};
use crate::state::State;

/// The first number a message of a newsletter gets; clients take smaller ones for none.
const FIRST_MESSAGE: u64 = 100;
/// Messages kept of a newsletter; older ones are forgotten.
const KEPT: usize = 1000;
/// The longest name, in characters.
pub(crate) const LONGEST_NAME: usize = 100;
/// The longest description, in characters.
pub(crate) const LONGEST_DESCRIPTION: usize = 2048;

/// Why something was refused, as the code the wire knows it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NewsletterError {
    Forbidden,
    NotFound,
    NotAcceptable,
}

impl NewsletterError {
    pub(crate) fn code(self) -> u16 {
        match self {
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::NotAcceptable => 406,
        }
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::NotFound => "not found",
            Self::NotAcceptable => "not acceptable",
        }
    }
}

/// What somebody is in a newsletter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Owner,
    Subscriber,
    Guest,
}

impl Role {
    pub(crate) fn wire(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Subscriber => "subscriber",
            Self::Guest => "guest",
        }
    }
}

/// A message, as it is published.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) number: u64,
    pub(crate) id: String,
    pub(crate) at: u64,
    pub(crate) by: AccountId,
    pub(crate) kind: String,
    pub(crate) body: Vec<u8>,
    pub(crate) mediatype: Option<String>,
    /// What each reader thinks of it.
    pub(crate) reactions: HashMap<AccountId, String>,
}

/// A newsletter.
#[derive(Debug, Clone)]
pub(crate) struct Newsletter {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) created: u64,
    pub(crate) owner: AccountId,
    pub(crate) invite: String,
    /// Who follows, and whether they want to hear of it.
    pub(crate) subscribers: BTreeMap<AccountId, bool>,
    pub(crate) posts: Vec<Post>,
    last: u64,
}

impl Newsletter {
    pub(crate) fn jid(&self) -> Jid {
        Jid::newsletter(self.id.as_str())
    }

    pub(crate) fn role(&self, account: AccountId) -> Role {
        if account == self.owner {
            Role::Owner
        } else if self.subscribers.contains_key(&account) {
            Role::Subscriber
        } else {
            Role::Guest
        }
    }
}

/// All newsletters, by address.
#[derive(Debug, Default)]
pub(crate) struct Newsletters {
    by_id: BTreeMap<String, Newsletter>,
}

impl Newsletters {
    pub(crate) fn get(&self, jid: &Jid) -> Result<&Newsletter, NewsletterError> {
        self.by_id
            .get(jid.user.as_str())
            .filter(|_| jid.server == Server::Newsletter)
            .ok_or(NewsletterError::NotFound)
    }

    fn get_mut(&mut self, jid: &Jid) -> Result<&mut Newsletter, NewsletterError> {
        self.by_id
            .get_mut(jid.user.as_str())
            .filter(|_| jid.server == Server::Newsletter)
            .ok_or(NewsletterError::NotFound)
    }

    pub(crate) fn by_invite(&self, code: &str) -> Result<&Newsletter, NewsletterError> {
        self.by_id
            .values()
            .find(|newsletter| newsletter.invite == code)
            .ok_or(NewsletterError::NotFound)
    }

    /// Those an account owns or follows.
    pub(crate) fn of(&self, account: AccountId) -> impl Iterator<Item = &Newsletter> {
        self.by_id
            .values()
            .filter(move |newsletter| newsletter.role(account) != Role::Guest)
    }
}

fn acceptable(name: Option<&str>, description: Option<&str>) -> Result<(), NewsletterError> {
    let long = |text: &str, limit: usize| text.chars().count() > limit;
    if name.is_some_and(|name| name.is_empty() || long(name, LONGEST_NAME))
        || description.is_some_and(|description| long(description, LONGEST_DESCRIPTION))
    {
        return Err(NewsletterError::NotAcceptable);
    }
    Ok(())
}

/// Makes a newsletter.
pub(crate) fn create(
    state: &mut State,
    owner: AccountId,
    name: &str,
    description: &str,
) -> Result<Jid, NewsletterError> {
    acceptable(Some(name), Some(description))?;
    let digits = u64::from_be_bytes(random::bytes()) % 1_000_000_000_000;
    let newsletter = Newsletter {
        id: format!("120364{digits:012}"),
        name: name.to_owned(),
        description: description.to_owned(),
        created: state.clock.now_secs(),
        owner,
        invite: random::letters(22),
        subscribers: BTreeMap::new(),
        posts: Vec::new(),
        last: FIRST_MESSAGE,
    };
    let jid = newsletter.jid();
    state.newsletters.by_id.insert(newsletter.id.clone(), newsletter);
    Ok(jid)
}

/// Calls it something else.
pub(crate) fn update(
    state: &mut State,
    by: AccountId,
    jid: &Jid,
    name: Option<&str>,
    description: Option<&str>,
) -> Result<(), NewsletterError> {
    acceptable(name, description)?;
    let newsletter = state.newsletters.get_mut(jid)?;
    if newsletter.owner != by {
        return Err(NewsletterError::Forbidden);
    }
    if let Some(name) = name {
        name.clone_into(&mut newsletter.name);
    }
    if let Some(description) = description {
        description.clone_into(&mut newsletter.description);
    }
    Ok(())
}

/// Follows a newsletter, or no longer does.
pub(crate) fn follow(
    state: &mut State,
    by: AccountId,
    jid: &Jid,
    follows: bool,
) -> Result<(), NewsletterError> {
    let newsletter = state.newsletters.get_mut(jid)?;
    if newsletter.owner == by {
        return Ok(());
    }
    if follows {
        newsletter.subscribers.entry(by).or_insert(true);
    } else {
        newsletter.subscribers.remove(&by);
    }
    Ok(())
}

/// Mutes a newsletter or unmutes it.
pub(crate) fn mute(state: &mut State, by: AccountId, jid: &Jid, muted: bool) -> Result<(), NewsletterError> {
    let newsletter = state.newsletters.get_mut(jid)?;
    match newsletter.subscribers.get_mut(&by) {
        Some(wanted) => *wanted = !muted,
        None if newsletter.owner == by => {}
        None => return Err(NewsletterError::Forbidden),
    }
    Ok(())
}

/// Takes a message from a linked device; gives back the number it got.
pub(crate) fn from_device(state: &mut State, by: DeviceAddress, node: &Node) -> Result<u64, NewsletterError> {
    let jid = crate::stanza::jid(node, "to").ok_or(NewsletterError::NotFound)?;
    if let Some(reaction) = node.get_optional_child("reaction") {
        let number = attr(node, "server_id").and_then(|number| number.parse().ok());
        let code = attr(reaction, "code").unwrap_or_default();
        return react(
            state,
            by.account,
            &jid,
            number.ok_or(NewsletterError::NotFound)?,
            code,
        );
    }
    let draft = Draft {
        id: attr(node, "id").unwrap_or_else(random::message_id),
        kind: attr(node, "type").unwrap_or_else(|| "text".to_owned()),
        body: child_content(node, "plaintext").unwrap_or_default().to_vec(),
        mediatype: node
            .get_optional_child("plaintext")
            .and_then(|plaintext| attr(plaintext, "mediatype")),
        edit: attr(node, "edit"),
    };
    publish(state, by, &jid, draft)
}

/// What is to be published.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) body: Vec<u8>,
    pub(crate) mediatype: Option<String>,
    /// How it changes the message of the same id.
    pub(crate) edit: Option<String>,
}

/// Publishes a message, or changes one, and hands it to everybody who follows.
pub(crate) fn publish(
    state: &mut State,
    by: DeviceAddress,
    jid: &Jid,
    draft: Draft,
) -> Result<u64, NewsletterError> {
    let at = state.clock.now_secs();
    let newsletter = state.newsletters.get_mut(jid)?;
    if newsletter.owner != by.account {
        return Err(NewsletterError::Forbidden);
    }
    let known = newsletter.posts.iter_mut().find(|post| post.id == draft.id);
    let number = match (&draft.edit, known) {
        (Some(_), None) => return Err(NewsletterError::NotFound),
        (Some(_), Some(post)) => {
            post.body.clone_from(&draft.body);
            post.number
        }
        (None, _) => {
            newsletter.last += 1;
            if newsletter.posts.len() >= KEPT {
                newsletter.posts.remove(0);
            }
            newsletter.posts.push(Post {
                number: newsletter.last,
                id: draft.id.clone(),
                at,
                by: by.account,
                kind: draft.kind.clone(),
                body: draft.body.clone(),
                mediatype: draft.mediatype.clone(),
                reactions: HashMap::new(),
            });
            newsletter.last
        }
    };
    let readers: Vec<AccountId> = std::iter::once(newsletter.owner)
        .chain(newsletter.subscribers.keys().copied())
        .collect();
    let mut node = NodeBuilder::new("message")
        .attr("from", jid)
        .attr("id", draft.id.as_str())
        .attr("server_id", number)
        .attr("t", at)
        .attr("type", draft.kind.as_str());
    if let Some(edit) = &draft.edit {
        node = node.attr("edit", edit.as_str());
    }
    let node = node
        .children([plaintext(draft.body, draft.mediatype.as_deref())])
        .build();
    for reader in readers {
        hand_out(state, by, reader, &draft.id, &node);
    }
    Ok(number)
}

/// The `<plaintext>` of a message.
pub(crate) fn plaintext(body: Vec<u8>, mediatype: Option<&str>) -> Node {
    let mut node = NodeBuilder::new("plaintext");
    if let Some(mediatype) = mediatype {
        node = node.attr("mediatype", mediatype);
    }
    node.bytes(body).build()
}

fn hand_out(state: &mut State, by: DeviceAddress, reader: AccountId, id: &str, node: &Node) {
    let Some(entry) = state.accounts.get(reader) else {
        return;
    };
    let devices: Vec<u16> = entry.visible_devices().map(|(device, _)| device).collect();
    for device in devices {
        let to = DeviceAddress {
            account: reader,
            device,
        };
        if to == by {
            continue;
        }
        if to.is_phone() {
            let chat = attr(node, "from").unwrap_or_default();
            let signal = Signal::new("newsletter").by(by.account).chat(chat).id(id);
            signals::hear(state, reader, signal);
            continue;
        }
        let queued = Queued {
            class: Class::Message,
            id: id.to_owned(),
            from: None,
            kind: None,
            node: node.clone(),
        };
        offline::deliver(state, to, queued);
    }
}

fn react(
    state: &mut State,
    by: AccountId,
    jid: &Jid,
    number: u64,
    code: String,
) -> Result<u64, NewsletterError> {
    let newsletter = state.newsletters.get_mut(jid)?;
    if newsletter.role(by) == Role::Guest {
        return Err(NewsletterError::Forbidden);
    }
    let post = newsletter.posts.iter_mut().find(|post| post.number == number);
    let post = post.ok_or(NewsletterError::NotFound)?;
    if code.is_empty() {
        post.reactions.remove(&by);
    } else {
        post.reactions.insert(by, code);
    }
    Ok(number)
}
