//! `whatsapp-profile`: the account's own profile.

use wagate_engine::ops::OwnProfile;

use super::on_account;
use crate::bindings::whatsapp_profile;

on_account! {whatsapp_profile needs WhatsappProfile {
    get(account) -> whatsapp_profile::Profile { account.profile().await.map(profile_to_wit) }
    set_name(account, name: String) -> () { account.set_name(&name).await }
    set_about(account, about: String) -> () { account.set_about(&about).await }
    set_picture(account, jpeg: Option<Vec<u8>>) -> () { account.set_picture(jpeg).await }
} }

fn profile_to_wit(profile: OwnProfile) -> whatsapp_profile::Profile {
    whatsapp_profile::Profile {
        jid: profile.jid,
        name: profile.name,
        about: profile.about,
        picture_url: profile.picture_url,
        ext: profile
            .lid
            .map(|lid| ("lid".to_owned(), lid))
            .into_iter()
            .collect(),
    }
}
