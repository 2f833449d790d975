//! Who somebody is, by one address or two.

use wagate_storage::contacts::ContactSighting;
use whatsapp_rust::Jid;

use crate::context::SessionContext;

/// Who a person is: one address of theirs is known, perhaps both. Also a group, under its one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The phone JID when known, else the LID.
    pub(crate) canonical: String,
    /// The other one.
    pub(crate) alternative: Option<String>,
}

impl Person {
    /// From an address and what the stanza says is the same person's other address.
    pub(crate) fn from_pair(jid: &Jid, alternative: Option<&Jid>) -> Self {
        let jid = jid.to_non_ad();
        let other = alternative.map(Jid::to_non_ad).filter(|other| *other != jid);
        match other {
            Some(other) if jid.is_lid() && other.is_pn() => Self {
                canonical: other.to_string(),
                alternative: Some(jid.to_string()),
            },
            other => Self {
                canonical: jid.to_string(),
                alternative: other.map(|other| other.to_string()),
            },
        }
    }

    /// Under this one address.
    pub(crate) fn named(canonical: &str) -> Self {
        Self {
            canonical: canonical.to_owned(),
            alternative: None,
        }
    }

    /// All of them, the canonical one first.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let mut addresses = vec![self.canonical.clone()];
        addresses.extend(self.alternative.clone());
        addresses
    }

    pub(crate) fn has(&self, address: &str) -> bool {
        self.canonical == address || self.alternative.as_deref() == Some(address)
    }

    pub(crate) fn is_group(&self) -> bool {
        self.canonical.ends_with("@g.us")
    }

    pub(crate) fn sighting(&self) -> ContactSighting {
        let addresses = self.addresses();
        let with = |server: &str| addresses.iter().find(|jid| jid.ends_with(server)).cloned();
        ContactSighting {
            pn: with("@s.whatsapp.net"),
            lid: with("@lid"),
            ..ContactSighting::default()
        }
    }
}

/// This account, under both addresses.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    pub(crate) pn: String,
    pub(crate) lid: Option<String>,
}

impl Own {
    pub(crate) fn of(client: &whatsapp_rust::Client) -> Option<Self> {
        Some(Self {
            pn: client.pn()?.to_non_ad_string(),
            lid: client.lid().map(|lid| lid.to_non_ad_string()),
        })
    }

    pub(crate) fn person(&self) -> Person {
        Person {
            canonical: self.pn.clone(),
            alternative: self.lid.clone(),
        }
    }

    pub(crate) fn is(&self, address: &str) -> bool {
        self.pn == address || self.lid.as_deref() == Some(address)
    }
}

/// Fills in the phone JID where the stanza did not carry it but an earlier one did.
pub(crate) async fn known(context: &SessionContext, person: Person) -> Person {
    if person.alternative.is_some() || !person.canonical.ends_with("@lid") {
        return person;
    }
    complete(context, person).await
}

/// Fills in the other address, whichever it is.
pub(crate) async fn complete(context: &SessionContext, person: Person) -> Person {
    if person.alternative.is_some() {
        return person;
    }
    let storage = &context.shared.storage;
    match storage.other_jid(&context.id, &person.canonical).await {
        Ok(Some(other)) if person.canonical.ends_with("@lid") => Person {
            canonical: other,
            alternative: Some(person.canonical),
        },
        Ok(Some(other)) => Person {
            alternative: Some(other),
            ..person
        },
        // Not known, or not to be had now: the one address is a valid name.
        _ => person,
    }
}

/// The person with an address somebody wrote into a message; none when it is no address.
pub(crate) async fn resolve(context: &SessionContext, address: &str) -> Option<Person> {
    let jid: Jid = address.parse().ok()?;
    Some(known(context, Person::from_pair(&jid, None)).await)
}
