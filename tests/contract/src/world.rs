//! A gateway with a session, its phone and its friends, and everything that is checked with every call.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use wagate_e2e::{Gateway, Network};

use crate::book::Book;
use crate::call::{Body, Call};
use crate::client::{Answer, Client};
use crate::control::{Control, SEEN_WITHIN, soon};
use crate::exceptions;
use crate::files::Files;
use crate::reference::{self, Operation};
use crate::refusals;
use crate::shape::{Fields, differences, nullable};

/// The session everything happens in.
pub const SESSION: &str = "shop";
/// The phone of the session.
pub const OWNER: &str = "12025557001";
/// Friends of its owner.
pub const FRIENDS: [&str; 3] = ["12025557002", "12025557003", "12025557004"];
/// A phone for sessions that come and go.
pub const SPARE: &str = "12025557009";
/// Plugins that fetch what a URL in a request names.
const FETCHING: &[&str] = &[
    "messages",
    "sticker",
    "broadcast",
    "groups",
    "profile",
    "status",
    "autoreply",
    "scheduler",
    "updates",
    "bot",
];
/// The largest form, in bytes: small enough to be passed by one.
pub const MAX_UPLOAD: usize = 131_072;
/// Receivers and files of tests are on this machine, and are tried again at once.
const SETTINGS: &[(&str, &str)] = &[
    ("max_upload_bytes", "131072"),
    ("allow_private", "[\"127.0.0.0/8\"]"),
    ("retry_ms", "[100, 100, 100]"),
    ("timeout_ms", "1500"),
];
/// From a start to a login, a cold machine included.
const CONNECTED_WITHIN: Duration = Duration::from_secs(40);

/// The world of a test.
pub struct World {
    /// The gateway.
    pub gateway: Gateway,
    /// Phones.
    pub control: Control,
    /// Somebody who may do everything.
    pub admin: Client,
    /// Somebody without a key.
    pub nobody: Client,
    /// Another tenant.
    pub stranger: Client,
    /// Files that can be fetched.
    pub files: Files,
    /// What was found.
    pub book: Book,
    operations: Vec<Operation>,
    // Dropped last: the gateway needs it to say goodbye.
    _network: Network,
}

/// Somebody's address.
pub fn jid(number: &str) -> String {
    format!("{number}@s.whatsapp.net")
}

/// What the owner calls a friend.
fn friend(number: &str) -> String {
    format!("Friend {number}")
}

/// A time in some years: no schedule of a test is due before.
pub fn later() -> String {
    const A_YEAR: u64 = 31_556_952;
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    format!("{}-01-01T10:00:00.000Z", 1970 + since.as_secs() / A_YEAR + 3)
}

/// Where releases are announced is a setting; the tests announce one of their own.
pub fn announce_release(gateway: &Gateway, files: &Files) {
    let file = gateway.config_dir().join("plugins").join("updates.toml");
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let url = format!("[settings]\nurl = \"{}\"", files.url("release.json"));
    gateway.write_plugin_toml("updates", &text.replacen("[settings]", &url, 1));
}

impl World {
    /// A gateway with the session paired, friends with names and faces, and another tenant with a session of their own.
    pub async fn start(binary: &str, book: Book) -> Self {
        let network = Network::start(binary);
        let control = Control::new(network.control());
        let files = Files::start().await;
        let mut gateway = Gateway::start_with(binary, &network, SETTINGS);
        allow_files(&gateway, &files);
        gateway.terminate();
        gateway.start_again();
        for number in [OWNER, SPARE].iter().chain(&FRIENDS) {
            let phone = json!({ "number": number, "name": format!("Phone {number}") });
            control.post("/phones", phone).await;
        }
        let base = gateway.url("");
        let admin = Client::new(&base, Some(wagate_e2e::gateway::ADMIN_KEY));
        let (_, eve) = gateway.admin().make_user("eve", "OWNER").await;
        let stranger = Client::new(&base, eve.key.as_deref());
        let world = Self {
            nobody: Client::new(&base, None),
            operations: reference::operations(),
            gateway,
            control,
            admin,
            stranger,
            files,
            book,
            _network: network,
        };
        world.pair(SESSION, OWNER).await;
        world.befriend().await;
        world
    }

    /// Makes a session and links it to a phone.
    pub async fn pair(&self, session: &str, number: &str) {
        self.gateway.create_session(session).await;
        self.link(session, number).await;
    }

    /// Links a session that shows its QR code.
    pub async fn link(&self, session: &str, number: &str) {
        let qr = self.gateway.qr(session).await;
        self.control
            .post(&format!("/phones/{number}/scan"), json!({ "qr": qr }))
            .await;
        wagate_e2e::eventually("the session is connected", CONNECTED_WITHIN, async || {
            (self.gateway.status(session).await == "CONNECTED").then_some(())
        })
        .await;
    }

    /// Everybody has written once and stands in the owner's address book, and the first friend has a picture.
    async fn befriend(&self) {
        let picture = base64(&crate::files::picture());
        let path = format!("/phones/{}/profile", FRIENDS[0]);
        self.control
            .post(&path, json!({ "picture": picture, "about": "at the sea" }))
            .await;
        for number in FRIENDS {
            let text = json!({ "to": OWNER, "text": format!("hello from {number}") });
            self.control
                .post(&format!("/phones/{number}/messages"), text)
                .await;
        }
        let saved =
            FRIENDS.map(|number| json!({ "type": "contact", "number": number, "name": friend(number) }));
        self.control
            .post(&format!("/phones/{OWNER}/app-state"), json!({ "changes": saved }))
            .await;
        let known = soon(async || {
            let contacts = self
                .admin
                .send(&Method::GET, "/contacts/shop?limit=all", &Body::None)
                .await;
            let rows = contacts.list("/data");
            let is_known = |number: &str| rows.iter().any(|row| row["name"] == friend(number).as_str());
            FRIENDS.into_iter().all(is_known).then_some(())
        });
        // Status posts go to saved contacts: when these are not known, those tests say so.
        let _ = known.await;
        for number in FRIENDS {
            let stored = soon(async || {
                let texts = self.gateway.stored_texts(&jid(number), false).await;
                (!texts.is_empty()).then_some(())
            });
            assert!(stored.await.is_some(), "what {number} wrote is not stored");
        }
    }

    /// The operation of this name.
    pub fn operation(&self, name: &str) -> &Operation {
        let found = self.operations.iter().find(|operation| operation.name == name);
        found.expect("the reference has the operation")
    }

    /// An operation as it is meant: first all that has to be refused, then the call itself, then its shape.
    pub async fn works(&self, call: Call) -> Answer {
        let operation = self.operation(call.operation).clone();
        refusals::check(self, &operation, &call).await;
        let answer = self.asked(&call).await;
        let wanted = operation.success();
        let problem = (answer.status != wanted).then(|| format!("{wanted} wanted: {}", answer.excerpt()));
        let failed = problem.is_some();
        self.book.checked(call.operation, problem);
        if !failed {
            self.shape(&operation, &answer.body);
        }
        answer
    }

    /// Another call of the same operation, which has to succeed.
    pub async fn again(&self, call: Call) -> Answer {
        let answer = self.asked(&call).await;
        let is_good = (200..300).contains(&answer.status);
        let problem =
            (!is_good).then(|| format!("{:?} {:?}: {}", call.params, call.body_text(), answer.excerpt()));
        self.book.checked(call.operation, problem);
        answer
    }

    /// A call that has to be refused with one of these statuses, and with these words.
    pub async fn refused(&self, call: Call, statuses: &[u16], words: &str) {
        let answer = self.asked(&call).await;
        let message = answer.complaint();
        let is_good = statuses.contains(&answer.status) && message.contains(&words.to_lowercase());
        let problem = (!is_good).then(|| {
            format!(
                "{statuses:?} and \"{words}\" wanted for {:?} {}: {}",
                call.params,
                call.body_text(),
                answer.excerpt()
            )
        });
        self.book.checked(call.operation, problem);
    }

    /// Something that has to be seen soon, mostly at a phone.
    pub async fn seen<T>(
        &self,
        operation: &str,
        what: &str,
        look: impl AsyncFnMut() -> Option<T>,
    ) -> Option<T> {
        let found = soon(look).await;
        let problem = found
            .is_none()
            .then(|| format!("not seen within {SEEN_WITHIN:?}: {what}"));
        self.book.checked(operation, problem);
        found
    }

    /// A message that has to arrive at a phone.
    pub async fn arrives(
        &self,
        operation: &str,
        number: &str,
        what: &str,
        is: impl Fn(&Value) -> bool,
    ) -> Option<Value> {
        let look = async || {
            self.control
                .inbox(number)
                .await
                .into_iter()
                .find(|message| is(message))
        };
        self.seen(operation, &format!("{what} at {number}"), look).await
    }

    /// Something that has to hold now.
    pub fn holds(&self, operation: &str, what: &str, is_so: bool) {
        self.book
            .checked(operation, (!is_so).then(|| format!("does not hold: {what}")));
    }

    /// The call, without any check.
    pub async fn asked(&self, call: &Call) -> Answer {
        let operation = self.operation(call.operation);
        let client = call.by.as_ref().unwrap_or(&self.admin);
        let path = call.path(&operation.path, SESSION);
        client.send(&operation.method, &path, &call.body).await
    }

    /// The shape of an answer that was asked for in another way.
    pub fn shape_of(&self, operation: &str, body: &Value) {
        self.shape(&self.operation(operation).clone(), body);
    }

    fn shape(&self, operation: &Operation, body: &Value) {
        let may_be_null = operation.living.as_ref().map(nullable).unwrap_or_default();
        if let Some(given) = &operation.given {
            let found = differences(given, body, Fields::All, &may_be_null);
            self.note(operation, "the reference's shape", found);
        }
        let Some(living) = &operation.living else { return };
        if !exceptions::follows_the_reference_only(&operation.name) {
            let found = differences(living, body, Fields::Marked, &may_be_null);
            self.note(operation, "the living server's shape", found);
        }
    }

    fn note(&self, operation: &Operation, which: &str, found: Vec<(String, String)>) {
        let found: Vec<String> = found
            .into_iter()
            .filter(|(place, _)| !exceptions::differs(&operation.name, place))
            .map(|(place, wrong)| format!("{place} {wrong}"))
            .collect();
        let problem = (!found.is_empty()).then(|| format!("{which}: {}", found.join(", ")));
        self.book.checked(&operation.name, problem);
    }
}

impl Call {
    fn body_text(&self) -> String {
        match &self.body {
            Body::None => "no body".to_owned(),
            Body::Json(body) => body.to_string(),
            Body::Form(parts) => parts.iter().map(|part| part.name).collect::<Vec<_>>().join(","),
        }
    }
}

/// The plugins may fetch from the server of files.
fn allow_files(gateway: &Gateway, files: &Files) {
    for plugin in FETCHING {
        let file = gateway
            .config_dir()
            .join("plugins")
            .join(format!("{plugin}.toml"));
        let Ok(text) = std::fs::read_to_string(&file) else {
            continue;
        };
        let others = text.lines().filter(|line| !line.starts_with("private_hosts"));
        let text = others.collect::<Vec<_>>().join("\n");
        let allowed = format!("[grants]\nprivate_hosts = [\"{}\"]", files.host());
        std::fs::write(&file, text.replacen("[grants]", &allowed, 1)).expect("the file is written");
    }
}

/// Base64, without a crate for it.
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let number = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for place in 0..4 {
            if place <= chunk.len() {
                text.push(char::from(LETTERS[(number >> (18 - 6 * place) & 63) as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}
