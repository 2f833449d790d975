//! Accounts, logins, keys and shared sessions, as their users meet them.

use reqwest::Method;
use serde_json::{Value, json};
use wagate_e2e::{Caller, Gateway, Network};

use crate::WAGATE;

#[tokio::test]
async fn a_login_is_a_cookie_that_changes_need_a_token_for() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let base = gateway.url("");
    gateway.admin().make_user("ann", "OWNER").await;

    let (wrong, nobody) = Caller::log_in(&base, "ann@example.test", "password of ben").await;
    assert_eq!(wrong.status, 200, "never a 401 here: {}", wrong.text);
    let url = wrong.body["url"].as_str().expect("a place to go");
    assert!(
        url.contains("error=CredentialsSignin") && url.starts_with("http://"),
        "{url}"
    );
    assert_eq!(nobody.cookie, None);
    assert_eq!(nobody.get("/api/auth/session").await.body, Value::Null);

    let (right, ann) = Caller::log_in(&base, " Ann@Example.test ", "password of ann").await;
    assert_eq!(right.body["url"], format!("{base}/"));
    let cookie = right.header("set-cookie").expect("a cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let session = ann.get("/api/auth/session").await.body;
    assert_eq!(session["user"]["email"], "ann@example.test");
    assert_eq!(session["user"]["role"], "OWNER");
    assert!(session["expires"].is_string());

    // Reading needs the cookie alone, under either name; a change needs the token, and a page of our own.
    assert_eq!(ann.get("/api/sessions").await.status, 200);
    let other_name = Caller {
        cookie: ann
            .cookie
            .as_ref()
            .map(|cookie| cookie.replace("next-auth.", "authjs.")),
        ..ann.clone()
    };
    assert_eq!(other_name.get("/api/sessions").await.status, 200);
    let make = json!({ "name": "Shop", "sessionId": "shop" });
    let bare = Caller {
        csrf: None,
        ..ann.clone()
    };
    let refused = bare.post("/api/sessions", make.clone()).await;
    assert_eq!((refused.status, refused.code()), (403, "csrf"));
    let forged = Caller {
        csrf: Some("0".repeat(64)),
        ..ann.clone()
    };
    assert_eq!(forged.post("/api/sessions", make.clone()).await.status, 403);
    let foreign = ann
        .send(
            Method::POST,
            "/api/sessions",
            &[("origin", "https://evil.example")],
            Some(make.clone()),
        )
        .await;
    assert_eq!((foreign.status, foreign.code()), (403, "foreign_origin"));
    assert_eq!(ann.post("/api/sessions", make).await.status, 200);

    // Each login is a new one, and the token of one is worth nothing with another.
    let (_, again) = Caller::log_in(&base, "ann@example.test", "password of ann").await;
    assert_ne!(again.cookie, ann.cookie);
    assert_ne!(again.csrf, ann.csrf);
    let mixed = Caller {
        csrf: again.csrf.clone(),
        ..ann.clone()
    };
    assert_eq!(mixed.post("/api/sessions/shop/stop", json!({})).await.status, 403);

    let out = ann.post("/api/auth/signout", json!({ "everywhere": true })).await;
    assert_eq!(out.status, 302, "{}", out.text);
    for gone in [&ann, &again] {
        assert_eq!(gone.get("/api/sessions").await.status, 401);
        assert_eq!(gone.get("/api/auth/session").await.body, Value::Null);
    }
}

#[tokio::test]
async fn a_form_of_a_browser_is_answered_with_a_redirect() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    gateway.admin().make_user("ann", "OWNER").await;
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    let send = async |body: &str, cookie: &str| {
        http.post(gateway.url("/api/auth/callback/credentials"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookie)
            .body(body.to_owned())
            .send()
            .await
            .expect("the gateway answers")
    };
    let without = send("email=ann%40example.test&password=password+of+ann", "").await;
    assert_eq!(without.status(), 302);
    let place = without.headers()["location"].to_str().expect("text").to_owned();
    assert!(place.ends_with("/auth/login?error=MissingCSRF"), "{place}");
    assert!(!without.headers().contains_key("set-cookie"));

    let csrf = Caller::nobody(&gateway.url("")).get("/api/auth/csrf").await;
    let token = csrf.body["csrfToken"].as_str().expect("a token");
    let cookie = csrf.cookie("next-auth.csrf-token").expect("a cookie");
    let form = format!(
        "email=ann%40example.test&password=password+of+ann&csrfToken={token}&callbackUrl=https%3A%2F%2Fevil.example%2F"
    );
    let done = send(&form, &cookie).await;
    assert_eq!(done.status(), 302);
    assert_eq!(
        done.headers()["location"],
        gateway.url("/"),
        "never to another site"
    );
    assert!(done.headers().contains_key("set-cookie"));
}

#[tokio::test]
async fn users_are_the_superadmins_affair_and_one_superadmin_stays() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    let (ann_id, ann) = admin.make_user("ann", "OWNER").await;
    assert_eq!(ann.get("/api/users").await.status, 403);
    assert_eq!(ann.get("/api/users").await.body["message"], "Unauthorized");

    let users = admin.get("/api/users").await.body;
    let listed = users.as_array().expect("a bare list");
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["email"], "ann@example.test", "newest first: {users}");
    assert_eq!(listed[0]["_count"]["sessions"], 0);
    let me = admin.get("/api/user").await.body["data"]["id"].clone();
    let me = me.as_str().expect("an id");

    for (body, status) in [
        (
            json!({ "name": "B", "email": "b@example.test", "password": "long enough" }),
            400,
        ),
        (
            json!({ "name": "Ben", "email": "ben", "password": "long enough" }),
            400,
        ),
        (
            json!({ "name": "Ben", "email": "ben@example.test", "password": "short" }),
            400,
        ),
        (
            json!({ "name": "Ben", "email": "ben@example.test", "password": "long enough", "role": "KING" }),
            400,
        ),
        (
            json!({ "name": "Ann", "email": "ANN@example.test", "password": "long enough" }),
            400,
        ),
    ] {
        let answer = admin.post("/api/users", body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
    }

    let own = admin
        .call(
            Method::PATCH,
            &format!("/api/users/{me}"),
            Some(json!({ "role": "OWNER" })),
        )
        .await;
    assert_eq!((own.status, own.code()), (409, "own_role"));
    assert_eq!(
        admin
            .call(Method::DELETE, &format!("/api/users/{me}"), None)
            .await
            .status,
        400
    );
    let path = format!("/api/users/{ann_id}");
    let raised = admin
        .call(Method::PATCH, &path, Some(json!({ "role": "SUPERADMIN" })))
        .await;
    assert_eq!(raised.status, 200, "{}", raised.text);
    assert_eq!(raised.body["user"]["role"], "SUPERADMIN");
    assert_eq!(ann.get("/api/users").await.status, 200, "at once");
    let lowered = ann
        .call(
            Method::PATCH,
            &format!("/api/users/{me}"),
            Some(json!({ "role": "STAFF" })),
        )
        .await;
    assert_eq!(lowered.status, 200, "{}", lowered.text);
    assert_eq!(admin.get("/api/users").await.status, 403, "at once");
    assert_eq!(
        ann.call(Method::PATCH, "/api/users/nobody", Some(json!({})))
            .await
            .status,
        404
    );
    assert_eq!(
        ann.call(Method::DELETE, "/api/users/nobody", None).await.status,
        404
    );
}

#[tokio::test]
async fn a_user_has_so_many_sessions_and_a_bound_key_sees_none_of_the_rest() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start_with(WAGATE, &network, &[("sessions_per_user", "1")]);
    let (_, ann) = gateway.admin().make_user("ann", "OWNER").await;
    let make = |slug: &str| json!({ "name": slug, "sessionId": slug });
    assert_eq!(ann.post("/api/sessions", make("shop")).await.status, 200);
    let refused = ann.post("/api/sessions", make("more")).await;
    assert_eq!((refused.status, refused.code()), (409, "too_many_sessions"));
    assert!(refused.text.contains("sessions_per_user"), "{}", refused.text);
    for slug in ["one", "two"] {
        let made = gateway.admin().post("/api/sessions", make(slug)).await;
        assert_eq!(made.status, 200, "a superadmin's are not counted: {}", made.text);
    }
    // What is about no session is about more than the key's.
    let bound = ann.make_key(json!({ "sessions": ["shop"] })).await;
    assert_eq!(bound.get("/api/autoreplies/shop").await.status, 200);
    assert_eq!(bound.get("/api/notifications").await.status, 403);
    assert_eq!(ann.get("/api/notifications").await.status, 200);
}

#[tokio::test]
async fn a_key_is_shown_once_and_does_what_it_is_for() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let (_, ann) = gateway.admin().make_user("ann", "OWNER").await;
    ann.post("/api/sessions", json!({ "name": "Shop", "sessionId": "shop" }))
        .await;
    ann.post("/api/sessions", json!({ "name": "Home", "sessionId": "home" }))
        .await;

    let masked = ann.get("/api/user/api-key").await.body["data"]["apiKey"].clone();
    let masked = masked.as_str().expect("a hint");
    let key = ann.key.clone().expect("a key");
    assert!(
        masked.starts_with("wag_") && masked.len() < 20 && !key.contains(masked),
        "{masked}"
    );

    let reader = ann
        .make_key(json!({ "scopes": ["read"], "sessions": ["shop"] }))
        .await;
    let listed = reader.get("/api/sessions").await.body;
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(reader.get("/api/sessions/shop").await.status, 200);
    let foreign = reader.get("/api/sessions/home").await;
    let unknown = reader.get("/api/sessions/nowhere").await;
    assert_eq!(
        (foreign.status, &foreign.body["message"]),
        (unknown.status, &unknown.body["message"])
    );
    assert_eq!(foreign.status, 403);
    let refused = reader.post("/api/sessions/shop/stop", json!({})).await;
    assert_eq!((refused.status, refused.code()), (403, "out_of_scope"));
    for path in ["/api/user/api-keys", "/api/user/api-key", "/api/user"] {
        let refused = reader.get(path).await;
        assert_eq!((refused.status, refused.code()), (403, "limited_key"), "{path}");
    }

    // Nor does it make itself an unlimited one by way of an account.
    let admin = gateway.admin();
    let account = json!({ "name": "Eve", "email": "eve@example.test", "password": "password of eve" });
    for limits in [
        json!({ "sessions": ["shop"] }),
        json!({ "expiresAt": "2999-01-01T00:00:00Z" }),
        json!({ "scopes": ["admin"] }),
    ] {
        let limited = admin.make_key(limits.clone()).await;
        let refused = limited.post("/api/users", account.clone()).await;
        assert_eq!((refused.status, refused.code()), (403, "limited_key"), "{limits}");
        let opens = limited
            .post("/api/settings/system", json!({ "enableRegistration": true }))
            .await;
        assert_eq!((opens.status, opens.code()), (403, "limited_key"), "{limits}");
    }
    // Nor does it give away more than it has, for longer than it lives.
    let manager = admin.make_key(json!({ "scopes": ["manage"] })).await;
    let shares = manager
        .post(
            "/api/sessions/shop/access",
            json!({ "email": "eve@example.test" }),
        )
        .await;
    assert_eq!((shares.status, shares.code()), (403, "limited_key"));

    let keys = ann.get("/api/user/api-keys").await;
    assert!(!keys.text.contains(&key) && !keys.text.contains(reader.key.as_ref().expect("a key")));
    let rows = keys.body["data"].as_array().expect("a list").clone();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["scopes"], json!(["read"]));
    assert!(rows[0]["lastUsedAt"].is_string(), "{rows:?}");
    let id = rows[0]["id"].as_str().expect("an id");
    assert_eq!(
        ann.call(Method::DELETE, &format!("/api/user/api-keys/{id}"), None)
            .await
            .status,
        200
    );
    assert_eq!(reader.get("/api/sessions").await.status, 401, "at once");

    for bad in [
        json!({ "name": "" }),
        json!({ "name": "k", "scopes": ["everything"] }),
        json!({ "name": "k", "scopes": ["admin"] }),
        json!({ "name": "k", "sessions": ["nowhere"] }),
        json!({ "name": "k", "expiresAt": "yesterday" }),
        json!({ "name": "k", "expiresAt": "2001-01-01T00:00:00Z" }),
        json!({ "name": "k", "role": "SUPERADMIN" }),
    ] {
        assert_eq!(
            ann.post("/api/user/api-keys", bad.clone()).await.status,
            400,
            "{bad}"
        );
    }
    let replaced = ann.post("/api/user/api-key", json!({})).await;
    assert!(
        replaced.body["apiKey"]
            .as_str()
            .is_some_and(|key| key.starts_with("wag_"))
    );
    assert_eq!(ann.get("/api/sessions").await.status, 401, "the old one is gone");
    let bearer = Caller::nobody(&gateway.url(""));
    let key = format!("Bearer {}", replaced.body["apiKey"].as_str().expect("a key"));
    let answer = bearer
        .send(Method::GET, "/api/sessions", &[("authorization", &key)], None)
        .await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_session_is_shared_by_address_and_taken_back_at_once() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    let (_, ann) = admin.make_user("ann", "OWNER").await;
    let (ben_id, ben) = admin.make_user("ben", "OWNER").await;
    let (_, staff) = admin.make_user("sue", "STAFF").await;
    ann.post("/api/sessions", json!({ "name": "Shop", "sessionId": "shop" }))
        .await;
    let share = |email: &str| json!({ "email": email });

    assert_eq!(
        ben.post("/api/sessions/shop/access", share("ben@example.test"))
            .await
            .status,
        403
    );
    assert_eq!(
        ann.post("/api/sessions/shop/access", share("nobody@example.test"))
            .await
            .status,
        404
    );
    assert_eq!(
        ann.post("/api/sessions/shop/access", share("no address"))
            .await
            .status,
        400
    );
    assert_eq!(
        ann.post("/api/sessions/shop/access", share("ann@example.test"))
            .await
            .status,
        400
    );
    assert_eq!(
        ann.post("/api/sessions/shop/access", share("admin@example.test"))
            .await
            .status,
        400
    );
    let granted = ann
        .post("/api/sessions/shop/access", share("Ben@example.test"))
        .await;
    assert_eq!(granted.status, 201, "{}", granted.text);
    assert_eq!(granted.body["message"], "Access granted to ben@example.test");
    assert_eq!(
        ann.post("/api/sessions/shop/access", share("ben@example.test"))
            .await
            .status,
        409
    );
    ann.post("/api/sessions/shop/access", share("sue@example.test"))
        .await;
    let row_id = ann.get("/api/sessions/shop").await.body["data"]["id"].clone();
    let row_id = row_id.as_str().expect("a row id");
    let list = ann.get(&format!("/api/sessions/{row_id}/access")).await.body;
    assert_eq!(list["data"].as_array().map(Vec::len), Some(2), "{list}");
    assert_eq!(list["data"][1]["user"]["email"], "ben@example.test");

    // Somebody else's owner may run it, staff may use it, neither may give it away.
    assert_eq!(ben.get("/api/sessions").await.body[0]["relation"], "shared");
    assert_eq!(ben.get(&format!("/api/sessions/{row_id}")).await.status, 200);
    assert_eq!(ben.post("/api/sessions/shop/stop", json!({})).await.status, 200);
    assert_eq!(staff.get("/api/sessions/shop").await.status, 200);
    assert_eq!(
        staff.post("/api/sessions/shop/start", json!({})).await.status,
        403
    );
    assert_eq!(staff.get("/api/sessions/shop/qr").await.status, 403);
    assert_eq!(
        staff.post("/api/sessions", json!({ "name": "Own" })).await.status,
        403
    );
    for shared in [&ben, &staff] {
        assert_eq!(shared.get("/api/sessions/shop/access").await.status, 403);
        assert_eq!(
            shared.post("/api/sessions/shop/logout", json!({})).await.status,
            403
        );
        let deleted = shared
            .call(Method::DELETE, "/api/sessions/shop/settings", None)
            .await;
        assert_eq!(deleted.status, 403);
    }

    let revoked = ann
        .call(
            Method::DELETE,
            "/api/sessions/shop/access",
            Some(json!({ "userId": ben_id })),
        )
        .await;
    assert_eq!(revoked.status, 200, "{}", revoked.text);
    assert_eq!(ben.get("/api/sessions/shop").await.status, 403, "at once");
    let again = ann
        .call(
            Method::DELETE,
            "/api/sessions/shop/access",
            Some(json!({ "userId": ben_id })),
        )
        .await;
    assert_eq!(again.status, 404);
}

#[tokio::test]
async fn people_register_where_and_when_they_may() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    let nobody = Caller::nobody(&gateway.url(""));
    let register = async |name: &str| {
        let body = json!({ "name": name, "email": format!("{name}@example.test"), "password": "password123", "role": "SUPERADMIN" });
        nobody.post("/api/auth/register", body).await
    };
    let closed = register("ann").await;
    assert_eq!(closed.status, 403);
    assert_eq!(
        closed.body["error"],
        "Registration is currently disabled by the administrator"
    );
    assert_eq!(
        nobody.get("/api/system/info").await.body["data"]["registrationOpen"],
        false
    );

    let open = admin
        .post("/api/settings/system", json!({ "enableRegistration": true }))
        .await;
    assert_eq!(open.status, 200, "{}", open.text);
    let done = register("ann").await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(done.body["user"]["email"], "ann@example.test");
    let (_, ann) = Caller::log_in(&gateway.url(""), "ann@example.test", "password123").await;
    assert_eq!(
        ann.get("/api/auth/session").await.body["user"]["role"],
        "OWNER",
        "nobody chooses"
    );
    assert_eq!(register("ann").await.status, 400, "taken");
    for bad in [
        json!({}),
        json!({ "name": "Ben", "email": "ben@example.test", "password": "12345" }),
    ] {
        let answer = nobody.post("/api/auth/register", bad).await;
        assert_eq!(answer.status, 400);
        let message = answer.body["error"].as_str().expect("a text");
        assert!(
            message.starts_with("Invalid registration data provided"),
            "{message}"
        );
    }

    // Saving something else does not open or close it.
    admin
        .post("/api/settings/system", json!({ "enableRegistration": false }))
        .await;
    admin
        .post("/api/settings/system", json!({ "appName": "Shop" }))
        .await;
    assert_eq!(register("cid").await.status, 403);
    let settings = ann.get("/api/settings/system").await.body;
    assert_eq!(
        (&settings["appName"], &settings["data"]["appName"]),
        (&json!("Shop"), &json!("Shop"))
    );
    assert_eq!(
        ann.post("/api/settings/system", json!({ "appName": "Mine" }))
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_the_old_one() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let base = gateway.url("");
    gateway.admin().make_user("ann", "OWNER").await;
    let (_, here) = Caller::log_in(&base, "ann@example.test", "password of ann").await;
    let (_, there) = Caller::log_in(&base, "ann@example.test", "password of ann").await;
    let change = async |body: Value| here.call(Method::PATCH, "/api/user", Some(body)).await;
    assert_eq!(change(json!({ "password": "another one" })).await.status, 400);
    let wrong = change(json!({ "password": "another one", "currentPassword": "no" })).await;
    assert_eq!((wrong.status, wrong.code()), (400, "wrong_password"));
    let done =
        change(json!({ "password": "another one", "currentPassword": "password of ann", "name": "Anna" }))
            .await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(done.body["name"], "Anna");
    assert_eq!(
        here.get("/api/sessions").await.status,
        200,
        "stays logged in where it was changed"
    );
    assert_eq!(there.get("/api/sessions").await.status, 401);
    assert_eq!(
        Caller::log_in(&base, "ann@example.test", "password of ann")
            .await
            .1
            .cookie,
        None
    );
    assert!(
        Caller::log_in(&base, "ann@example.test", "another one")
            .await
            .1
            .cookie
            .is_some()
    );
}

#[tokio::test]
async fn session_settings_merge_and_refuse_by_name() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start(WAGATE, &network);
    let admin = gateway.admin();
    gateway.create_session("shop").await;
    let path = "/api/sessions/shop/settings";
    let change = async |body: Value| admin.call(Method::PATCH, path, Some(body)).await;
    assert_eq!(
        change(json!({ "config": { "ghostMode": true, "x-note": "mine" } }))
            .await
            .status,
        200
    );
    assert_eq!(
        change(json!({ "autoRead": true, "ghostMode": null }))
            .await
            .status,
        200
    );
    let config = admin.get(path).await.body["data"]["config"].clone();
    assert_eq!(config, json!({ "autoRead": true, "x-note": "mine" }));
    for (bad, named) in [
        (json!({ "autoRead": "yes" }), "autoRead must be true or false"),
        (json!({ "colour": "red" }), "\"colour\" is no setting"),
        (json!({ "config": [] }), "config must be an object"),
        (json!({ "proxy": "ftp://x:1" }), "proxy: "),
    ] {
        let answer = change(bad.clone()).await;
        assert_eq!(answer.status, 400, "{bad}");
        assert!(
            answer.body["message"]
                .as_str()
                .is_some_and(|text| text.contains(named)),
            "{}",
            answer.text
        );
    }
    let secret = "socks5://ann:canary-proxy-password@192.0.2.1:1080";
    assert_eq!(change(json!({ "proxy": secret })).await.status, 200);
    let shown = admin.get(path).await;
    assert_eq!(
        shown.body["data"]["config"]["proxy"],
        "socks5://ann:***@192.0.2.1:1080"
    );
    for path in [path, "/api/sessions/shop", "/api/sessions"] {
        assert!(!admin.get(path).await.text.contains("canary"), "{path}");
    }
    assert_eq!(
        change(json!({ "proxy": "socks5://ann:***@192.0.2.1:1080" }))
            .await
            .status,
        200,
        "as it was shown"
    );
    assert_eq!(change(json!({ "proxy": null })).await.status, 200);
    assert_eq!(admin.get(path).await.body["data"]["config"].get("proxy"), None);
}
