//! Somebody who asks: with an API key, with a login's cookie, or with nothing.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

/// A caller.
#[derive(Clone)]
pub struct Caller {
    /// Where it asks.
    pub base: String,
    /// What it asks with.
    pub http: reqwest::Client,
    /// The API key, if they have one.
    pub key: Option<String>,
    /// The cookie header, if they have one.
    pub cookie: Option<String>,
    /// Sent with changes.
    pub csrf: Option<String>,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: header::HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body as JSON; null when it is none.
    pub body: Value,
}

impl Caller {
    /// Nobody.
    pub fn nobody(base: &str) -> Self {
        Self {
            base: base.to_owned(),
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .expect("a client"),
            key: None,
            cookie: None,
            csrf: None,
        }
    }

    /// Somebody with a key.
    pub fn with_key(base: &str, key: &str) -> Self {
        Self {
            key: Some(key.to_owned()),
            ..Self::nobody(base)
        }
    }

    /// Logs in; the answer, and the caller with the cookie when there is one.
    pub async fn log_in(base: &str, email: &str, password: &str) -> (Answer, Self) {
        let mut caller = Self::nobody(base);
        let csrf = caller.call(Method::GET, "/api/auth/csrf", None).await;
        let token = csrf.body["csrfToken"].as_str().expect("a token").to_owned();
        caller.cookie = csrf.cookie("next-auth.csrf-token");
        let answer = caller
            .send(
                Method::POST,
                "/api/auth/callback/credentials",
                &[("x-auth-return-redirect", "1")],
                Some(json!({ "email": email, "password": password, "csrfToken": token })),
            )
            .await;
        caller.cookie = answer.cookie("next-auth.session-token");
        if caller.cookie.is_some() {
            let csrf = caller.call(Method::GET, "/api/auth/csrf", None).await;
            caller.csrf = csrf.body["csrfToken"].as_str().map(str::to_owned);
        }
        (answer, caller)
    }

    /// A request.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.send(method, path, &[], body).await
    }

    /// A request with headers besides.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        if let Some(key) = &self.key {
            request = request.header("x-api-key", key);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(csrf) = &self.csrf {
            request = request.header("x-csrf-token", csrf);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request
            .send()
            .await
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        Answer::read(answer).await
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    /// `POST`.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Makes an account and a key for it.
    pub async fn make_user(&self, name: &str, role: &str) -> (String, Self) {
        let email = format!("{name}@example.test");
        let password = format!("password of {name}");
        let made = self
            .post(
                "/api/users",
                json!({ "name": name, "email": email, "password": password, "role": role }),
            )
            .await;
        assert_eq!(made.status, 201, "{}", made.text);
        let id = made.body["data"]["id"].as_str().expect("an id").to_owned();
        let (_, user) = Self::log_in(&self.base, &email, &password).await;
        let key = user.post("/api/user/api-key", json!({})).await;
        assert_eq!(key.status, 200, "{}", key.text);
        let key = key.body["data"]["apiKey"].as_str().expect("a key").to_owned();
        (id, Self::with_key(&self.base, &key))
    }

    /// Makes a key with these limits.
    pub async fn make_key(&self, limits: Value) -> Self {
        let mut body = json!({ "name": "limited" });
        for (name, value) in limits.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let made = self.post("/api/user/api-keys", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let key = made.body["data"]["key"].as_str().expect("a key");
        Self::with_key(&self.base, key)
    }
}

impl Answer {
    async fn read(answer: reqwest::Response) -> Self {
        let (status, headers): (StatusCode, _) = (answer.status(), answer.headers().clone());
        // A stream of events has no end to be read to.
        let is_stream = headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        let text = if is_stream {
            String::new()
        } else {
            answer.text().await.unwrap_or_default()
        };
        Self {
            status: status.as_u16(),
            headers,
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
        }
    }

    /// A cookie that was set, as the header that sends it back.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.headers
            .get_all(header::SET_COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok()?.split(';').next())
            .find(|pair| {
                pair.split_once('=')
                    .is_some_and(|(known, value)| known == name && !value.is_empty())
            })
            .map(str::to_owned)
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The stable code of an error.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}
