//! People: who is on WhatsApp, pictures, about texts, the list of the blocked.

use std::collections::HashMap;

use wacore_binary::JidExt as _;
use wagate_storage::contacts::{ContactPatch, Learned};
use wagate_storage::groups::GroupRow;
use whatsapp_rust::{ErrorChainExt as _, Jid, ProfilePicture};

use crate::account::Account;
use crate::checked::NumberCheck;
use crate::{EngineError, address, refusal};

/// Most numbers of one call.
pub const MAX_NUMBERS: usize = 50;
/// Longest text that is looked at as a number, in bytes.
const MAX_NUMBER: usize = 64;
impl Account {
    /// Which of these numbers are on WhatsApp, in order. A bad number is an entry with its error. Answers may be ten
    /// minutes old.
    pub async fn check_numbers(&self, numbers: &[String]) -> Result<Vec<NumberCheck>, EngineError> {
        if numbers.len() > MAX_NUMBERS {
            return Err(EngineError::invalid(
                "numbers",
                format!("Maximum {MAX_NUMBERS} numbers per request"),
            ));
        }
        let numbers = numbers.to_vec();
        self.request("who is on WhatsApp", |account| async move {
            let read: Vec<Result<Jid, String>> = numbers.iter().map(|number| number_of(number)).collect();
            let mut known: HashMap<Jid, NumberCheck> = HashMap::new();
            let mut asked = Vec::new();
            for jid in read.iter().flatten() {
                match account.remembered(jid) {
                    Some(answer) => {
                        known.insert(jid.clone(), answer);
                    }
                    None if !asked.contains(jid) => asked.push(jid.clone()),
                    None => {}
                }
            }
            for answer in account.ask(&asked).await? {
                known.insert(answer.0, answer.1);
            }
            let answer = |(number, read): (String, Result<Jid, String>)| match read {
                Ok(jid) => {
                    let found = known.get(&jid).cloned();
                    NumberCheck {
                        number: number.clone(),
                        ..found.unwrap_or_else(|| absent(number, None))
                    }
                }
                Err(error) => absent(number, Some(error)),
            };
            Ok(numbers.into_iter().zip(read).map(answer).collect())
        })
        .await
    }

    fn remembered(&self, jid: &Jid) -> Option<NumberCheck> {
        let shared = &self.context.shared;
        shared
            .checked
            .get(&self.context.id, &jid.to_string(), shared.clock.now_ms())
    }

    async fn ask(&self, jids: &[Jid]) -> Result<Vec<(Jid, NumberCheck)>, EngineError> {
        if jids.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.client.contacts().is_on_whatsapp(jids).await;
        let found = found.map_err(|error| refusal::contact(&error, "who is on WhatsApp"))?;
        let shared = &self.context.shared;
        let answers = jids.iter().map(|jid| {
            // The server may name a person by LID first.
            let is_it = |other: &Jid| other.user == jid.user && other.server == jid.server;
            let result = found
                .iter()
                .find(|result| is_it(&result.jid) || result.pn_jid.as_ref().is_some_and(is_it));
            let lid = result.and_then(|result| {
                let named = result.lid.as_ref().or(Some(&result.jid));
                named.filter(|jid| jid.is_lid()).map(Jid::to_non_ad_string)
            });
            let exists = result.is_some_and(|result| result.is_registered);
            let answer = NumberCheck {
                number: jid.user.to_string(),
                exists,
                jid: exists.then(|| jid.to_string()),
                lid: lid.filter(|_| exists),
                is_business: result.is_some_and(|result| result.is_business),
                error: None,
            };
            let now = shared.clock.now_ms();
            shared
                .checked
                .keep(&self.context.id, &jid.to_string(), now, answer.clone());
            (jid.clone(), answer)
        });
        Ok(answers.collect())
    }

    /// Where the picture of a person or a group is, in full or small; none when there is none or it is not shown to us.
    pub async fn picture_url(&self, jid: &str, small: bool) -> Result<Option<String>, EngineError> {
        let jid = address::parse(jid, "jid")?;
        self.request("the picture", |account| async move {
            account.picture_of(&jid, small).await
        })
        .await
    }

    pub(crate) async fn picture_of(&self, jid: &Jid, small: bool) -> Result<Option<String>, EngineError> {
        let found = self.client.contacts().get_profile_picture(jid, small).await;
        match found {
            Ok(picture) => {
                let url = picture.as_ref().map(|picture| picture.url.clone());
                if jid.is_group() {
                    let kept = url.clone();
                    let edit = move |row: &mut GroupRow| {
                        std::mem::replace(&mut row.picture_url, kept.clone()) != kept
                    };
                    self.edit_group(jid, edit).await?;
                } else if !small {
                    self.note_person(jid, picture_patch(picture)).await?;
                }
                Ok(url)
            }
            // A group the account is not in shows no picture.
            Err(error)
                if error
                    .server_rejection()
                    .is_some_and(|rejection| rejection.code == 403) =>
            {
                Ok(None)
            }
            Err(error) => Err(refusal::contact(&error, "the picture")),
        }
    }

    /// The about text of a person; none when there is none or it is not shown to us.
    pub async fn about(&self, jid: &str) -> Result<Option<String>, EngineError> {
        let jid = address::parse_person(jid, "jid")?;
        self.request(
            "the about text",
            |account| async move { account.about_of(&jid).await },
        )
        .await
    }

    pub(crate) async fn about_of(&self, jid: &Jid) -> Result<Option<String>, EngineError> {
        let found = self
            .client
            .contacts()
            .get_user_info(std::slice::from_ref(jid))
            .await;
        let found = found.map_err(|error| refusal::contact(&error, "the about text"))?;
        let info = found.into_values().next();
        let about = info
            .and_then(|info| info.status)
            .filter(|about| !about.is_empty());
        let patch = ContactPatch {
            about: about.clone().map_or(Learned::Gone, Learned::Text),
            ..ContactPatch::default()
        };
        self.note_person(jid, patch).await?;
        Ok(about)
    }

    /// Blocks a person, or unblocks.
    pub async fn block(&self, jid: &str, on: bool) -> Result<(), EngineError> {
        let jid = address::parse_person(jid, "jid")?;
        self.request("the list of the blocked", |account| async move {
            // The server wants both addresses of a person: asking whether it is on WhatsApp teaches the other one.
            let knows_both = account.lid_of(&jid).await?.is_some()
                && (jid.is_pn() || account.phone_of(&jid).await?.is_some());
            if !knows_both {
                let found = account
                    .client
                    .contacts()
                    .is_on_whatsapp(std::slice::from_ref(&jid))
                    .await;
                found.map_err(|error| refusal::contact(&error, "the list of the blocked"))?;
            }
            let blocking = account.client.blocking();
            let done = if on {
                blocking.block(&jid).await
            } else {
                blocking.unblock(&jid).await
            };
            done.map_err(|error| refusal::blocking(&error, "the list of the blocked"))
        })
        .await
    }

    /// Who is blocked, by the phone JID where it is known.
    pub async fn blocked(&self) -> Result<Vec<String>, EngineError> {
        self.request("the list of the blocked", |account| async move {
            let entries = account.client.blocking().get_blocklist().await;
            let entries = entries.map_err(|error| refusal::blocking(&error, "the list of the blocked"))?;
            let mut blocked = Vec::with_capacity(entries.len());
            for entry in entries {
                blocked.push(account.canonical(&entry.jid).await?);
            }
            Ok(blocked)
        })
        .await
    }
}

fn picture_patch(picture: Option<ProfilePicture>) -> ContactPatch {
    match picture {
        Some(picture) => ContactPatch {
            picture_id: Learned::Text(picture.id),
            picture_url: Learned::Text(picture.url),
            ..ContactPatch::default()
        },
        None => ContactPatch {
            picture_id: Learned::Gone,
            picture_url: Learned::Gone,
            ..ContactPatch::default()
        },
    }
}

fn absent(number: String, error: Option<String>) -> NumberCheck {
    NumberCheck {
        number,
        exists: false,
        jid: None,
        lid: None,
        is_business: false,
        error,
    }
}

/// A number as people write it. A leading zero is a country's own way of dialling, and would be somebody else's number.
fn number_of(text: &str) -> Result<Jid, String> {
    let wrong = |why: &str| Err(format!("Invalid number format: {why}"));
    if text.len() > MAX_NUMBER {
        return wrong("too long");
    }
    match address::parse_person(text, "numbers") {
        Ok(jid) if jid.user.starts_with('0') => wrong("must begin with the country code, without zeros"),
        Ok(jid) => Ok(jid),
        Err(_) => wrong("must be 5 to 15 digits with the country code"),
    }
}

#[cfg(test)]
mod tests {
    use super::number_of;

    #[test]
    fn numbers_as_people_write_them() {
        for good in [
            "12025550102",
            "+1 202 555 0102",
            "+1 (202) 555-0102",
            "12025550102@s.whatsapp.net",
        ] {
            assert_eq!(number_of(good).unwrap().user, "12025550102", "{good}");
        }
        for (bad, why) in [
            ("0012025550102", "country code"),
            ("02025550102", "country code"),
            ("", "digits"),
            ("hello", "digits"),
            ("120363001122334455@g.us", "digits"),
            (&"1".repeat(100), "too long"),
        ] {
            let error = number_of(bad).unwrap_err();
            assert!(
                error.starts_with("Invalid number format") && error.contains(why),
                "{bad}: {error}"
            );
        }
    }
}
