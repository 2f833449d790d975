//! The system: settings, updates, the monitor, the document.

use serde_json::json;
use wagate_contract::world::announce_release;
use wagate_contract::{Call, World};

const CHANGE: &str = "POST /settings/system";
const SHOW: &str = "GET /settings/system";
const UPDATES: &str = "POST /system/check-updates";

pub(crate) async fn run(world: &World) {
    let settings = json!({
        "appName": "Shop gateway", "logoUrl": "/logo.png", "faviconUrl": "/favicon.ico", "timezone": "Europe/Berlin",
        "enableRegistration": false,
    });
    world.works(Call::to(CHANGE).json(settings)).await;
    world
        .refused(
            Call::to(CHANGE).json(json!({ "timezone": "Mars/Olympus" })),
            &[400],
            "timezone",
        )
        .await;
    let shown = world.works(Call::to(SHOW)).await;
    let is_so = shown.body["appName"] == "Shop gateway" && shown.body["timezone"] == "Europe/Berlin";
    world.holds(SHOW, "as they were set", is_so);
    updates(world).await;

    let monitor = world.works(Call::to("GET /system/monitor")).await;
    let used = monitor.body["data"]["memory"]["used"].as_u64();
    world.holds(
        "GET /system/monitor",
        "memory is used",
        used.is_some_and(|used| used > 0),
    );
    let session = world.works(Call::to("GET /system/monitor/{sessionId}")).await;
    let is_online = session.body["data"]["ping"] == "Online" && session.body["data"]["uptimeMs"].is_u64();
    world.holds("GET /system/monitor/{sessionId}", "it is online", is_online);

    let document = world.works(Call::to("GET /docs")).await;
    let paths = document.body["paths"].as_object().cloned().unwrap_or_default();
    let missing: Vec<String> = wagate_contract::reference::operations()
        .into_iter()
        .filter(|operation| !is_documented(&paths, operation))
        .map(|operation| operation.name)
        .collect();
    world.holds(
        "GET /docs",
        &format!("every operation is documented, but not {missing:?}"),
        missing.is_empty(),
    );
}

/// The names of parameters are not a client's business.
fn is_documented(
    paths: &serde_json::Map<String, serde_json::Value>,
    operation: &wagate_contract::reference::Operation,
) -> bool {
    let plain = |path: &str| -> Vec<String> {
        let parts = path.split('/').filter(|part| !part.is_empty());
        parts
            .map(|part| {
                if part.starts_with('{') {
                    "{}".to_owned()
                } else {
                    part.to_owned()
                }
            })
            .collect()
    };
    let wanted = plain(&format!("/api{}", operation.path.replace("{action}", "start")));
    let method = operation.method.as_str().to_lowercase();
    paths
        .iter()
        .any(|(path, methods)| plain(path) == wanted && methods.get(&method).is_some())
}

async fn updates(world: &World) {
    announce_release(&world.gateway, &world.files);
    let knows = async || {
        let answer = world.asked(&Call::to(UPDATES)).await;
        (answer.text("/version").contains("99.0.0")).then_some(())
    };
    world.seen(UPDATES, "the release is known", knows).await;
    world.works(Call::to(UPDATES)).await;
    let inbox = world.asked(&Call::to("GET /notifications")).await.rows();
    let is_told = inbox
        .iter()
        .any(|row| row["type"] == "SYSTEM" && row.to_string().contains("99.0.0"));
    world.holds(UPDATES, "a notification tells of the release", is_told);
}
