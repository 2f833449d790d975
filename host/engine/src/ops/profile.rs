//! The account's own profile.

use crate::account::Account;
use crate::ops::picture;
use crate::{EngineError, compose, refusal};

/// Longest name, in characters.
pub const MAX_PROFILE_NAME: usize = 25;
/// Longest about text, in characters.
pub const MAX_ABOUT: usize = 139;

/// The account's own profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnProfile {
    /// The account's phone JID.
    pub jid: String,
    /// Its LID, when it is known.
    pub lid: Option<String>,
    /// The name others see.
    pub name: Option<String>,
    /// The about text.
    pub about: Option<String>,
    /// Where the picture is.
    pub picture_url: Option<String>,
}

impl Account {
    /// The profile as the server has it.
    pub async fn profile(&self) -> Result<OwnProfile, EngineError> {
        self.request("the profile", |account| async move {
            let own = account.own()?;
            let (about, picture_url) =
                futures::try_join!(account.about_of(&own), account.picture_of(&own, false))?;
            Ok(OwnProfile {
                jid: own.to_string(),
                lid: account.client.lid().map(|lid| lid.to_non_ad_string()),
                name: Some(account.client.push_name()).filter(|name| !name.is_empty()),
                about,
                picture_url,
            })
        })
        .await
    }

    /// The name others see: 1 to 25 characters.
    pub async fn set_name(&self, name: &str) -> Result<(), EngineError> {
        let name = name.trim().to_owned();
        compose::length(&name, 1, MAX_PROFILE_NAME, "name")?;
        self.request("the name", |account| async move {
            let set = account.client.profile().set_push_name(&name).await;
            set.map_err(|error| refusal::profile(&error, "the name"))
        })
        .await
    }

    /// The about text: at most 139 characters.
    pub async fn set_about(&self, about: &str) -> Result<(), EngineError> {
        let about = about.to_owned();
        compose::length(&about, 0, MAX_ABOUT, "about")?;
        self.request("the about text", |account| async move {
            let set = account.client.profile().set_status_text(&about).await;
            set.map_err(|error| refusal::profile(&error, "the about text"))
        })
        .await
    }

    /// The picture, a square JPEG; none removes it.
    pub async fn set_picture(&self, jpeg: Option<Vec<u8>>) -> Result<(), EngineError> {
        if let Some(jpeg) = &jpeg {
            picture::check(jpeg)?;
        }
        self.request("the picture", |account| async move {
            let profile = account.client.profile();
            let set = match jpeg {
                Some(jpeg) => profile.set_profile_picture(jpeg).await,
                None => profile.remove_profile_picture().await,
            };
            set.map(drop)
                .map_err(|error| refusal::profile(&error, "the picture"))
        })
        .await
    }
}
