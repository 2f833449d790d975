//! The account's own face: name, about, picture.

use serde_json::{Value, json};
use wagate_contract::files::picture;
use wagate_contract::world::{OWNER, jid};
use wagate_contract::{Call, Part, World};

const SHOW: &str = "GET /profile/{sessionId}";
const NAME: &str = "PUT /profile/{sessionId}/name";
const ABOUT: &str = "PUT /profile/{sessionId}/status";
const PICTURE: &str = "PUT /profile/{sessionId}/picture";
const NO_PICTURE: &str = "DELETE /profile/{sessionId}/picture";
/// The longest name and the longest about, in characters.
const LONGEST_NAME: usize = 25;
const LONGEST_ABOUT: usize = 139;

/// What the account's phone shows of itself.
async fn shown(world: &World, operation: &str, what: &str, is: impl Fn(&Value) -> bool) {
    let look = async || is(&world.control.profile(OWNER).await).then_some(());
    world.seen(operation, what, look).await;
}

pub(crate) async fn run(world: &World) {
    world
        .works(Call::to(NAME).json(json!({ "name": "Ann's shop" })))
        .await;
    let named = async || {
        let screen = world.control.screen(OWNER).await;
        (screen["pushName"] == "Ann's shop").then_some(())
    };
    world.seen(NAME, "the name on the owner's phone", named).await;
    world
        .again(Call::to(NAME).json(json!({ "name": "x".repeat(LONGEST_NAME) })))
        .await;
    let long = json!({ "name": "x".repeat(LONGEST_NAME + 1) });
    world.refused(Call::to(NAME).json(long), &[400], "25").await;
    world
        .refused(Call::to(NAME).json(json!({ "name": "" })), &[400], "name")
        .await;

    world
        .works(Call::to(ABOUT).json(json!({ "status": "open until six" })))
        .await;
    shown(world, ABOUT, "the about", |seen| {
        seen["about"] == "open until six"
    })
    .await;
    let long = json!({ "status": "x".repeat(LONGEST_ABOUT + 1) });
    world.refused(Call::to(ABOUT).json(long), &[400], "139").await;

    // The reference calls the field `file`, its living server `image`.
    for field in ["image", "file"] {
        let form = vec![Part::file(field, ("sea.png", "image/png"), &picture())];
        let call = Call::to(PICTURE).form(form);
        if field == "image" {
            world.works(call).await;
        } else {
            world.again(call).await;
        }
        shown(world, PICTURE, "the picture", |seen| seen["picture"].is_string()).await;
    }
    world
        .refused(
            Call::to(PICTURE).form(vec![Part::text("other", "x")]),
            &[400],
            "image",
        )
        .await;
    let profile = world.works(Call::to(SHOW)).await;
    let is_own = profile.text("/jid") == jid(OWNER);
    world.holds(SHOW, "the account's own address", is_own);
    world.holds(
        SHOW,
        "the picture's URL",
        profile.text("/data/pictureUrl").starts_with("http"),
    );
    world.works(Call::to(NO_PICTURE)).await;
    shown(world, NO_PICTURE, "no picture", |seen| seen["picture"].is_null()).await;
}
