//! Groups: made, named, described, ruled, left, joined.

use serde_json::{Value, json};
use wagate_contract::files::picture;
use wagate_contract::world::{FRIENDS, OWNER, jid};
use wagate_contract::{Call, Part, World};

const CREATE: &str = "POST /groups/{sessionId}/create";
const LIST: &str = "GET /groups/{sessionId}";
const SHOW: &str = "GET /groups/{sessionId}/{jid}";
const SUBJECT: &str = "PUT /groups/{sessionId}/{jid}/subject";
const SUBJECT_OLD: &str = "PUT /groups/{jid}/subject";
const DESCRIPTION: &str = "PUT /groups/{sessionId}/{jid}/description";
const MEMBERS: &str = "PUT /groups/{sessionId}/{jid}/members";
const SETTINGS: &str = "PUT /groups/{sessionId}/{jid}/settings";
const EPHEMERAL: &str = "PUT /groups/{sessionId}/{jid}/ephemeral";
const INVITE: &str = "GET /groups/{sessionId}/{jid}/invite";
const REVOKE: &str = "PUT /groups/{sessionId}/{jid}/invite";
const ACCEPT: &str = "POST /groups/{sessionId}/invite/accept";
const PICTURE: &str = "PUT /groups/{sessionId}/{jid}/picture";
const NO_PICTURE: &str = "DELETE /groups/{sessionId}/{jid}/picture";
const LEAVE: &str = "POST /groups/{sessionId}/{jid}/leave";
const LEAVE_OLD: &str = "POST /groups/{jid}/leave";

/// What is seen of the group by everybody who is in it.
async fn group(world: &World, operation: &str, group: &str, what: &str, is: impl Fn(&Value) -> bool) {
    let look = async || is(&world.control.group(group).await).then_some(());
    world.seen(operation, what, look).await;
}

fn member(group: &Value, number: &str) -> Option<String> {
    let members = group["members"].as_array()?;
    let member = members.iter().find(|member| member["number"] == number)?;
    member["rank"].as_str().map(str::to_owned)
}

pub(crate) async fn run(world: &World) {
    let people: Vec<String> = FRIENDS[..2].iter().map(|number| jid(number)).collect();
    let body = json!({ "subject": "Sailors", "participants": people });
    let made = world.works(Call::to(CREATE).json(body.clone())).await;
    let id = made.text("/data/group/id");
    let is_there = |seen: &Value| seen["subject"] == "Sailors" && member(seen, FRIENDS[1]).is_some();
    group(world, CREATE, &id, "the group with its members", is_there).await;
    let alone = Call::to(CREATE).json(body).with("participants", json!([]));
    world.refused(alone, &[400], "participants").await;

    words(world, &id).await;
    members(world, &id).await;
    switches(world, &id).await;
    pictures(world, &id).await;
    links(world, &id).await;

    let listed = world.works(Call::to(LIST)).await.rows();
    let is_there = listed
        .iter()
        .any(|row| row["id"] == id.as_str() && row["subject"] == "Captains");
    world.holds(LIST, "the group is listed by its name of now", is_there);
    let shown = world.works(Call::to(SHOW).at("jid", &id)).await;
    world.holds(
        SHOW,
        "it is the group",
        shown.body["subject"] == "Captains" && shown.body["desc"] == "We sail.",
    );
    world
        .refused(
            Call::to(SHOW).at("jid", "120363000000000000@g.us"),
            &[404],
            "group",
        )
        .await;
    leaving(world, &id).await;
}

async fn words(world: &World, id: &str) {
    world
        .works(
            Call::to(SUBJECT)
                .at("jid", id)
                .json(json!({ "subject": "Pirates" })),
        )
        .await;
    group(world, SUBJECT, id, "another name", |seen| {
        seen["subject"] == "Pirates"
    })
    .await;
    let old = json!({ "sessionId": "shop", "subject": "Captains" });
    world.works(Call::to(SUBJECT_OLD).at("jid", id).json(old)).await;
    group(world, SUBJECT_OLD, id, "another name", |seen| {
        seen["subject"] == "Captains"
    })
    .await;
    let describe = Call::to(DESCRIPTION).at("jid", id);
    world
        .again(describe.clone().json(json!({ "description": "We swim." })))
        .await;
    world
        .again(describe.clone().json(json!({ "description": "" })))
        .await;
    let is_none = |seen: &Value| seen["description"].as_str().unwrap_or_default().is_empty();
    group(world, DESCRIPTION, id, "no description", is_none).await;
    world
        .works(describe.json(json!({ "description": "We sail." })))
        .await;
    group(world, DESCRIPTION, id, "a description", |seen| {
        seen["description"] == "We sail."
    })
    .await;
}

async fn members(world: &World, id: &str) {
    let change = |action: &str| {
        let body = json!({ "action": action, "participants": [jid(FRIENDS[2])] });
        Call::to(MEMBERS).at("jid", id).json(body)
    };
    let rank = async |what: &str, wanted: fn(Option<&str>) -> bool| {
        let is = |seen: &Value| wanted(member(seen, FRIENDS[2]).as_deref());
        group(world, MEMBERS, id, what, is).await;
    };
    let added = world.works(change("add")).await;
    rank("the friend is in", |rank| rank.is_some()).await;
    let result = added.body["result"][0]["status"].as_str() == Some("200");
    world.holds(MEMBERS, "200 for the one who was added", result);
    world.again(change("promote")).await;
    rank("the friend is an admin", |rank| rank == Some("admin")).await;
    world.again(change("demote")).await;
    rank("the friend is none", |rank| rank == Some("member")).await;
    world.again(change("remove")).await;
    rank("the friend is out", |rank| rank.is_none()).await;
    let nobody = change("add").with("participants", json!([]));
    world.refused(nobody, &[400], "participants").await;
}

async fn switches(world: &World, id: &str) {
    let switch = |setting: &str| {
        Call::to(SETTINGS)
            .at("jid", id)
            .json(json!({ "setting": setting }))
    };
    world.works(switch("announcement")).await;
    group(world, SETTINGS, id, "only admins write", |seen| {
        seen["announce"] == true
    })
    .await;
    world.again(switch("not_announcement")).await;
    group(world, SETTINGS, id, "everybody writes", |seen| {
        seen["announce"] == false
    })
    .await;
    world.again(switch("locked")).await;
    group(world, SETTINGS, id, "only admins change it", |seen| {
        seen["locked"] == true
    })
    .await;
    world.again(switch("unlocked")).await;
    group(world, SETTINGS, id, "everybody changes it", |seen| {
        seen["locked"] == false
    })
    .await;
    let timer = |seconds: u32| {
        Call::to(EPHEMERAL)
            .at("jid", id)
            .json(json!({ "expiration": seconds }))
    };
    world.works(timer(86_400)).await;
    group(world, EPHEMERAL, id, "a day", |seen| seen["ephemeral"] == 86_400).await;
    world.again(timer(0)).await;
    group(world, EPHEMERAL, id, "for ever", |seen| seen["ephemeral"] == 0).await;
}

async fn pictures(world: &World, id: &str) {
    let form = vec![Part::file("file", ("sea.png", "image/png"), &picture())];
    world.works(Call::to(PICTURE).at("jid", id).form(form)).await;
    group(world, PICTURE, id, "a picture", |seen| {
        seen["picture"].is_string()
    })
    .await;
    world.works(Call::to(NO_PICTURE).at("jid", id)).await;
    group(world, NO_PICTURE, id, "no picture", |seen| {
        seen["picture"].is_null()
    })
    .await;
    let text = vec![Part::file("file", ("note.txt", "text/plain"), b"no picture")];
    world
        .refused(Call::to(PICTURE).at("jid", id).form(text), &[400, 415, 422], "")
        .await;
}

async fn links(world: &World, id: &str) {
    let shown = world.works(Call::to(INVITE).at("jid", id)).await;
    let code = shown.text("/inviteCode");
    let is_link = shown.text("/inviteUrl") == format!("https://chat.whatsapp.com/{code}");
    world.holds(INVITE, "a code and its link", is_link);
    group(world, INVITE, id, "the code of the group", |seen| {
        seen["invite"] == code.as_str()
    })
    .await;
    let fresh = world
        .works(Call::to(REVOKE).at("jid", id))
        .await
        .text("/newInviteCode");
    world.holds(REVOKE, "another code", fresh != code);
    group(world, REVOKE, id, "the new code", |seen| {
        seen["invite"] == fresh.as_str()
    })
    .await;

    let made = json!({ "subject": "Swimmers", "members": [FRIENDS[1]] });
    let made = world
        .control
        .post(&format!("/phones/{}/groups", FRIENDS[0]), made)
        .await;
    let theirs = made["group"]["jid"].as_str().unwrap_or("nothing").to_owned();
    let code = made["group"]["invite"].as_str().unwrap_or("nothing").to_owned();
    let joined = world
        .works(Call::to(ACCEPT).json(json!({ "inviteCode": code })))
        .await;
    world.holds(ACCEPT, "it is their group", joined.text("/groupJid") == theirs);
    group(world, ACCEPT, &theirs, "the owner is in", |seen| {
        member(seen, OWNER).is_some()
    })
    .await;
    world
        .refused(
            Call::to(ACCEPT).json(json!({ "inviteCode": "nosuchinvitecode000000" })),
            &[400, 404],
            "invite",
        )
        .await;
    // Somebody who is no admin changes nothing.
    let rename = Call::to(SETTINGS)
        .at("jid", &theirs)
        .json(json!({ "setting": "locked" }));
    world.refused(rename, &[403], "admin").await;
    world.works(Call::to(LEAVE).at("jid", &theirs)).await;
    group(world, LEAVE, &theirs, "the owner is out", |seen| {
        member(seen, OWNER).is_none()
    })
    .await;
}

async fn leaving(world: &World, id: &str) {
    let old = json!({ "sessionId": "shop" });
    world.works(Call::to(LEAVE_OLD).at("jid", id).json(old)).await;
    group(world, LEAVE_OLD, id, "the owner is out", |seen| {
        member(seen, OWNER).is_none()
    })
    .await;
}
