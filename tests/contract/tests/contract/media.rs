//! Files of messages: downloaded by message, listed, fetched, deleted.

use serde_json::json;
use wagate_contract::files::picture;
use wagate_contract::world::{FRIENDS, OWNER, base64};
use wagate_contract::{Call, World};

const DOWNLOAD: &str = "GET /messages/{sessionId}/download/{messageId}/media";
const LIST: &str = "GET /media";
const GET: &str = "GET /media/{filename}";
const DELETE: &str = "DELETE /media";

pub(crate) async fn run(world: &World) {
    let content =
        json!({ "type": "image", "data": base64(&picture()), "mimetype": "image/png", "caption": "a wave" });
    let id = world.control.sends(FRIENDS[1], OWNER, content).await;
    let listed = async || {
        let files = world.asked(&Call::to(LIST)).await.list("/data/files");
        files.into_iter().find(|file| file["messageId"] == id.as_str())
    };
    let file = world
        .seen(LIST, "the file is there", listed)
        .await
        .unwrap_or_default();
    let by_message = world.works(Call::to(DOWNLOAD).at("messageId", &id)).await;
    world.holds(DOWNLOAD, "it is the picture", by_message.bytes == picture());
    world.works(Call::to(LIST)).await;
    let name = file["name"].as_str().unwrap_or("nothing").to_owned();
    let served = world.works(Call::to(GET).at("filename", &name)).await;
    world.holds(
        GET,
        "it is the picture",
        served.bytes == picture() && served.mime == "image/png",
    );
    world
        .refused(
            Call::to(GET).at("filename", "..%2f..%2fwagate.db"),
            &[400, 404],
            "",
        )
        .await;
    world
        .refused(Call::to(DELETE).json(json!({})), &[400], "filenames")
        .await;
    world
        .refused(
            Call::to(DELETE).json(json!({ "filenames": [] })),
            &[400],
            "filenames",
        )
        .await;
    let deleted = world
        .works(Call::to(DELETE).json(json!({ "filenames": [name, "shop-none_00000000.jpg"] })))
        .await;
    let counts = deleted.body["data"]["deleted"] == 1 && deleted.body["data"]["failed"] == 1;
    world.holds(DELETE, "one deleted, one not found", counts);
    let gone = world.asked(&Call::to(GET).at("filename", &name)).await;
    world.holds(DELETE, "it is gone", gone.status == 404);
}
