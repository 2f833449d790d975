use super::*;

const GOOD: &str = r#"
id = "greeter"
version = "1.2.0"
api = "1.0"
hooks = ["message.received"]

[[routes]]
method = "GET"
path = "/api/greeter/{sessionId}"
session = "path:sessionId"

[[rights]]
name = "whatsapp-messages"
reason = "sends the greeting"
"#;

fn refusal(text: &str) -> String {
    Manifest::parse(text).expect_err("must be refused").to_string()
}

#[test]
fn toml_and_json_mean_the_same() {
    let manifest = Manifest::parse(GOOD).unwrap();
    assert_eq!(
        manifest.routes[0].session,
        SessionSource::Path("sessionId".to_owned())
    );
    assert!(manifest.asks_for(Right::WhatsappMessages) && !manifest.asks_for(Right::Store));
    let json = serde_json::to_string(&manifest).unwrap();
    assert_eq!(Manifest::parse(&json).unwrap(), manifest);
}

#[test]
fn a_hook_may_mean_many_kinds() {
    let hears = |hook: &str, kind: &str| {
        Manifest::parse(&GOOD.replace("message.received", hook))
            .unwrap()
            .hears(kind)
    };
    assert!(hears("*", "group.update") && hears("message.*", "message.sent"));
    assert!(!hears("message.*", "group.update") && !hears("message.received", "message.sent"));
}

#[test]
fn a_route_says_what_it_does_or_its_method_does() {
    let action = |text: &str| Manifest::parse(text).unwrap().routes[0].action();
    assert_eq!(action(GOOD), Action::Read);
    assert_eq!(action(&GOOD.replace("\"GET\"", "\"POST\"")), Action::Send);
    let declared = GOOD.replace("method = \"GET\"", "method = \"GET\"\naction = \"manage\"");
    assert_eq!(action(&declared), Action::Manage);
    assert!(refusal(&declared.replace("manage", "rule")).contains("unknown variant `rule`"));
    let public = declared
        .replace("path:sessionId", "none")
        .replace("method", "auth = \"public\"\nmethod");
    assert!(refusal(&public).contains("anybody may call it"));
    let documented = GOOD.replace(
        "method = \"GET\"",
        "method = \"GET\"\nopenapi = { summary = \"Greets\" }",
    );
    assert_eq!(
        Manifest::parse(&documented).unwrap().routes[0]
            .openapi
            .as_ref()
            .unwrap()["summary"],
        "Greets"
    );
    assert!(refusal(&documented.replace("{ summary = \"Greets\" }", "3")).contains("operation object"));
}

#[test]
fn texts_cannot_look_like_something_else() {
    let described = GOOD.replace("api = ", "description = \"Greets\\n\\tpeople, سلام\"\napi = ");
    Manifest::parse(&described).unwrap();
    for harmful in ["\\u202E", "\\u2066", "\\u200F", "\\u001B", "\\u0000", "\\u009B"] {
        for (place, field) in [("people", "description"), ("sends", "reason")] {
            let text = described.replace(place, &format!("{place}{harmful}"));
            let refusal = refusal(&text);
            assert!(refusal.contains(field), "{refusal}");
            assert!(!refusal.contains(is_harmful), "{refusal:?}");
        }
        for (place, words) in [
            ("message.received", "is not an event kind"),
            ("id = \"greeter", "must match"),
            ("1.2.0", "major.minor.patch"),
            ("\"1.0", "written for plugin API"),
        ] {
            let refusal = refusal(&GOOD.replace(place, &format!("{place}{harmful}")));
            assert!(
                refusal.contains(words) && !refusal.contains(is_harmful),
                "{refusal:?}"
            );
        }
    }
    let documented = GOOD.replace(
        "method = \"GET\"",
        "method = \"GET\"\nopenapi = { summary = \"\\u202E\" }",
    );
    assert!(refusal(&documented).contains("operation: "));
    let schema = format!("{GOOD}\n[settings_schema.properties.a]\ntitle = \"a\\u2067\"\n");
    assert!(refusal(&schema).contains("settings_schema: "));
}

#[test]
fn refusals_name_the_place() {
    assert!(refusal(&GOOD.replace("\"greeter\"", "\"../x\"")).contains("id \"../x\""));
    for version in ["1.2", "1.2.0.1", "1.2.x", "1.2.3.beta", "+1.2.0"] {
        assert!(refusal(&GOOD.replace("1.2.0", version)).contains("major.minor.patch"));
    }
    for path in [
        "/api/../x",
        "/api/x y",
        "/api/x%00",
        "/api/{any}",
        "/api/auth/login",
        "/api/users/{id}",
    ] {
        refusal(&GOOD.replace("/api/greeter/{sessionId}", path));
    }
    let twice = format!("{GOOD}\n[[rights]]\nname = \"whatsapp-messages\"\nreason = \"again\"\n");
    assert!(refusal(&twice).contains("twice"));
    let long = GOOD.replace("sends the greeting", &"x".repeat(501));
    assert!(refusal(&long).contains("at most 500"));
    for other in ["7.0", "0.1", "1.99", "1", "1.x", "1.0.x", "1.0.0.0", ""] {
        let refused = refusal(&GOOD.replace("\"1.0\"", &format!("\"{other}\"")));
        assert_eq!(
            refused,
            format!("written for plugin API {other}, this host runs {SUPPORTED}")
        );
    }
    assert!(supports("1.0") && supports("1.0.0") && SUPPORTED.ends_with(API_VERSION));
    assert!(refusal(&GOOD.replace("path:sessionId", "path:id")).contains("the path has no {id}"));
    assert!(refusal(&GOOD.replace("path:sessionId", "somewhere")).contains("is not one of"));
    assert!(refusal(&GOOD.replace("/api/greeter", "/greeter")).contains("must start with /api/"));
    assert!(refusal(&GOOD.replace("{sessionId}", "{sessionId}/{sessionId}")).contains("twice"));
    for hook in ["message", "**", "*.received", "message.*.x", ".*"] {
        assert!(
            refusal(&GOOD.replace("message.received", hook)).contains("is not an event kind"),
            "{hook}"
        );
    }
    assert!(refusal(&GOOD.replace("whatsapp-messages", "root")).contains("unknown variant `root`"));
    assert!(refusal(&GOOD.replace("sends the greeting", " ")).contains("needs a reason"));
    assert!(refusal(&format!("colour = \"red\"\n{GOOD}")).contains("unknown field `colour`"));
}
