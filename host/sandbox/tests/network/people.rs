//! What people show of themselves: pictures, about, presence, typing, privacy, and whom they block.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::iq::privacy::{PrivacyCategory, PrivacyValue};

use crate::support::{ANN, BOB, Seen, TestNetwork};

/// The first bytes of a JPEG; the network does not look any further.
const PICTURE: &[u8] = &[0xff, 0xd8, 0xff, 0xe0, 1, 2, 3];

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_set_seen_and_removed() {
    for addressing in ["pn", "lid"] {
        let network = TestNetwork::with_phones(addressing).await;
        let ann = network.linked(ANN).await;
        let bob = network.linked(BOB).await;
        network.write(BOB, ANN, "so that they know each other").await;
        ann.texts(1).await;
        let client = ann.client();
        let jid = Jid::pn(ANN);
        let nothing = bob
            .client()
            .contacts()
            .get_profile_picture(&jid, true)
            .await
            .unwrap();
        assert!(nothing.is_none());
        let set = client
            .profile()
            .set_profile_picture(PICTURE.to_vec())
            .await
            .unwrap();
        let told = bob
            .wait(|seen| {
                seen.iter().find_map(|one| match one {
                    Seen::Picture { jid, removed: false } => Some(jid.clone()),
                    _ => None,
                })
            })
            .await;
        assert_eq!(told.ends_with("@lid"), addressing == "lid", "{told}");
        let mut url = String::new();
        for preview in [true, false] {
            let picture = bob
                .client()
                .contacts()
                .get_profile_picture(&jid, preview)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(picture.id, set.id);
            assert_eq!(network.fetch(&picture.url).await, (200, PICTURE.to_vec()));
            url = picture.url;
        }
        let info = bob
            .client()
            .contacts()
            .get_user_info(std::slice::from_ref(&jid))
            .await
            .unwrap();
        assert_eq!(info[&jid].picture_id.as_ref(), Some(&set.id));

        // Only for contacts of hers, and Bob is none when she blocks him.
        network
            .post(&format!("/phones/{ANN}/profile"), &json!({ "block": [BOB] }))
            .await;
        let hidden = bob
            .client()
            .contacts()
            .get_profile_picture(&jid, true)
            .await
            .unwrap();
        assert!(hidden.is_none());
        network
            .post(&format!("/phones/{ANN}/profile"), &json!({ "unblock": [BOB] }))
            .await;
        client.profile().remove_profile_picture().await.unwrap();
        bob.wait(|seen| {
            let gone = |one: &Seen| matches!(one, Seen::Picture { removed: true, .. });
            seen.iter().any(gone).then_some(())
        })
        .await;
        let nothing = bob
            .client()
            .contacts()
            .get_profile_picture(&jid, true)
            .await
            .unwrap();
        assert!(nothing.is_none());
        assert_eq!(network.fetch(&url).await.0, 404, "nor is it on the media host");
        assert_eq!(network.get("/media").await["bytes"], 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_has_a_picture() {
    let network = TestNetwork::with_phones("lid").await;
    let ann = network.linked(ANN).await;
    let group = network.group(BOB, "Plans", &[ANN]).await;
    let body = json!({ "picture": BASE64_STANDARD.encode(PICTURE) });
    let (status, answer) = network.act(BOB, &group, "picture", &body).await;
    assert_eq!(status, 200, "{answer}");
    ann.saw(&Seen::Picture {
        jid: group.to_string(),
        removed: false,
    })
    .await;
    let client = ann.client();
    let picture = client
        .contacts()
        .get_profile_picture(&group, false)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(network.fetch(&picture.url).await, (200, PICTURE.to_vec()));
    let set = client
        .groups()
        .set_profile_picture(&group, PICTURE.to_vec())
        .await
        .unwrap();
    assert_ne!(set.id, picture.id);
    client.groups().remove_profile_picture(&group).await.unwrap();
    ann.saw(&Seen::Picture {
        jid: group.to_string(),
        removed: true,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_about_is_set_and_told() {
    let network = TestNetwork::with_phones("pn").await;
    let ann = network.linked(ANN).await;
    let bob = network.linked(BOB).await;
    network.write(BOB, ANN, "so that they know each other").await;
    ann.texts(1).await;
    ann.client().profile().set_status_text("At work").await.unwrap();
    bob.saw(&Seen::About {
        jid: format!("{ANN}@s.whatsapp.net"),
        text: "At work".to_owned(),
    })
    .await;
    let jid = Jid::pn(ANN);
    let info = bob
        .client()
        .contacts()
        .get_user_info(std::slice::from_ref(&jid))
        .await
        .unwrap();
    assert_eq!(info[&jid].status.as_deref(), Some("At work"));
    let changed = ann
        .client()
        .set_privacy_setting(PrivacyCategory::Status, PrivacyValue::None)
        .await;
    assert!(changed.is_ok(), "{changed:?}");
    let info = bob
        .client()
        .contacts()
        .get_user_info(std::slice::from_ref(&jid))
        .await
        .unwrap();
    assert_eq!(info[&jid].status.as_deref().unwrap_or_default(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_and_typing_both_ways() {
    for addressing in ["pn", "lid"] {
        let network = TestNetwork::with_phones(addressing).await;
        let ann = network.linked(ANN).await;
        let phones = network.get("/state").await["phones"].clone();
        let key = if addressing == "lid" { "lid" } else { "jid" };
        let bob: Jid = phones[1][key].as_str().unwrap().parse().unwrap();
        network.write(BOB, ANN, "so that they know each other").await;
        ann.texts(1).await;

        let presence = |online, seen| Seen::Presence {
            from: bob.to_string(),
            online,
            seen,
        };
        ann.client().presence().subscribe(&bob).await.unwrap();
        ann.saw(&presence(false, false)).await;
        let path = format!("/phones/{BOB}/presence");
        network.post(&path, &json!({ "available": true })).await;
        ann.saw(&presence(true, false)).await;
        network.post(&path, &json!({ "available": false })).await;
        ann.saw(&presence(false, true)).await;
        ann.client().presence().set_unavailable().await.unwrap();
        network.signal(BOB, "presence", "unavailable").await;
        ann.client().presence().set_available().await.unwrap();
        network.signal(BOB, "presence", "available").await;

        for what in ["composing", "recording", "paused"] {
            let body = json!({ "to": ANN, "state": what });
            let (status, answer) = network.post(&format!("/phones/{BOB}/typing"), &body).await;
            assert_eq!(status, 204, "{answer}");
            ann.saw(&Seen::Typing {
                chat: bob.to_string(),
                from: bob.to_string(),
                what,
            })
            .await;
        }
        ann.client().chatstate().send_recording(&bob).await.unwrap();
        let signal = network.signal(BOB, "typing", "recording").await;
        assert_eq!(signal["from"], ANN);

        let group = network.group(BOB, "Plans", &[ANN]).await;
        let body = json!({ "to": group.to_string() });
        network.post(&format!("/phones/{BOB}/typing"), &body).await;
        ann.saw(&Seen::Typing {
            chat: group.to_string(),
            from: bob.to_string(),
            what: "composing",
        })
        .await;
        ann.client().chatstate().send_composing(&group).await.unwrap();
        let signal = network.signal(BOB, "typing", "composing").await;
        assert_eq!(signal["chat"], group.to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hides_is_not_seen() {
    let network = TestNetwork::with_phones("pn").await;
    let ann = network.linked(ANN).await;
    let privacy = json!({ "privacy": { "last": "none" } });
    network.post(&format!("/phones/{BOB}/profile"), &privacy).await;
    let path = format!("/phones/{BOB}/presence");
    for available in [true, false] {
        network.post(&path, &json!({ "available": available })).await;
    }
    let bob = Jid::pn(BOB);
    ann.client().presence().subscribe(&bob).await.unwrap();
    // He was online, and when is not said.
    ann.saw(&Seen::Presence {
        from: bob.to_string(),
        online: false,
        seen: false,
    })
    .await;
    let (status, answer) = network
        .post(
            &format!("/phones/{BOB}/profile"),
            &json!({ "privacy": { "last": "sometimes" } }),
        )
        .await;
    assert_eq!(
        (status, answer["field"].as_str()),
        (400, Some("privacy")),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn privacy_settings_are_kept() {
    let network = TestNetwork::with_phones("lid").await;
    let ann = network.linked(ANN).await;
    let client = ann.client();
    let settings = client.fetch_privacy_settings().await.unwrap();
    assert_eq!(
        settings.get_value(&PrivacyCategory::Last),
        Some(&PrivacyValue::All)
    );
    client
        .set_privacy_setting(PrivacyCategory::Last, PrivacyValue::Contacts)
        .await
        .unwrap();
    client
        .set_privacy_setting(PrivacyCategory::GroupAdd, PrivacyValue::None)
        .await
        .unwrap();
    let settings = client.fetch_privacy_settings().await.unwrap();
    assert_eq!(
        settings.get_value(&PrivacyCategory::Last),
        Some(&PrivacyValue::Contacts)
    );
    assert_eq!(
        settings.get_value(&PrivacyCategory::GroupAdd),
        Some(&PrivacyValue::None)
    );
    // Nobody adds her to a group now.
    let (_, answer) = network
        .post(
            &format!("/phones/{BOB}/groups"),
            &json!({ "subject": "Plans", "members": [ANN] }),
        )
        .await;
    assert_eq!(answer["results"][0]["code"], 403, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_blocked_is_not_heard() {
    for addressing in ["pn", "lid"] {
        let network = TestNetwork::with_phones(addressing).await;
        let ann = network.linked(ANN).await;
        network.write(BOB, ANN, "before").await;
        ann.texts(1).await;
        let client = ann.client();
        let bob = Jid::pn(BOB);
        // The client blocks by LID, and looks it up when it has to.
        client
            .contacts()
            .is_on_whatsapp(std::slice::from_ref(&bob))
            .await
            .unwrap();
        client.blocking().block(&bob).await.unwrap();
        assert!(client.blocking().is_blocked(&bob).await.unwrap());
        network.write(BOB, ANN, "blocked").await;
        client.blocking().unblock(&bob).await.unwrap();
        assert!(client.blocking().get_blocklist().await.unwrap().is_empty());
        network.write(BOB, ANN, "after").await;
        assert_eq!(ann.texts(2).await, ["before", "after"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_found_in_both_its_forms() {
    let network = TestNetwork::with_phones("lid").await;
    let ann = network.linked(ANN).await;
    network.phone("5500987654321", "Ana", "lid").await;
    let path = "/phones/5500987654321/profile";
    let business = json!({ "name": "Ana's shop", "description": "Flowers", "categories": ["Shop"] });
    let body = json!({ "aliases": ["550087654321"], "business": business });
    let (status, answer) = network.post(path, &body).await;
    assert_eq!(status, 200, "{answer}");
    let (status, answer) = network.post(path, &json!({ "aliases": [BOB] })).await;
    assert_eq!(
        (status, answer["field"].as_str()),
        (400, Some("aliases")),
        "{answer}"
    );

    let client = ann.client();
    let asked = ["5500987654321", "550087654321", BOB, "15550009999"].map(Jid::pn);
    let found = client.contacts().is_on_whatsapp(&asked).await.unwrap();
    let summary: Vec<(String, bool)> = found
        .iter()
        .map(|one| (one.jid.user.to_string(), one.is_registered))
        .collect();
    let ana = "5500987654321".to_owned();
    assert_eq!(
        summary,
        [
            (ana.clone(), true),
            (ana, true),
            (BOB.to_owned(), true),
            ("15550009999".to_owned(), false)
        ]
    );
    assert!(found[0].lid.is_some());
    assert!(found[0].is_business && !found[2].is_business);
    let name = found[0].verified_name.as_ref().and_then(|name| name.name.clone());
    assert_eq!(name.as_deref(), Some("Ana's shop"));
    let profile = client.get_business_profile(&asked[0]).await.unwrap().unwrap();
    assert_eq!(profile.description, "Flowers");
    assert_eq!(profile.categories[0].name, "Shop");
    assert!(client.get_business_profile(&asked[2]).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_push_name_is_what_others_see() {
    let network = TestNetwork::with_phones("pn").await;
    let ann = network.linked(ANN).await;
    ann.client().profile().set_push_name("Annie").await.unwrap();
    ann.send(BOB, "it is me").await;
    assert_eq!(network.inbox(BOB, 1).await[0]["pushName"], "Annie");
}
