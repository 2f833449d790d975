//! A session's own way to WhatsApp: through a SOCKS5 or HTTP proxy. Here: its URL, how it is stored and shown.
//! [`transport`] dials, [`http`] is the same for media.

mod dial;
pub(crate) mod http;
pub(crate) mod transport;

use std::fmt;

use serde_json::{Value, json};
use url::{Host, Url};
use wagate_storage::secrets::{Secret, SecretBox, SecretError};

/// Longest URL of a proxy.
const MAX_URL: usize = 512;
/// The setting's name in a session's document.
const KEY: &str = "proxy";

/// How a proxy is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyKind {
    /// SOCKS5; names are resolved by the proxy.
    Socks5,
    /// HTTP with `CONNECT`.
    Http,
}

impl ProxyKind {
    fn scheme(self) -> &'static str {
        match self {
            Self::Socks5 => "socks5",
            Self::Http => "http",
        }
    }
}

/// Where a proxy is, and how it knows us.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl {
    kind: ProxyKind,
    host: Host,
    port: u16,
    user: Option<String>,
    password: Option<Secret>,
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl ProxyUrl {
    /// Reads `socks5://user:password@host:1080` or `http://host:8080`; the text of a refusal says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_URL {
            return Err(format!("at most {MAX_URL} characters"));
        }
        let url = Url::parse(text.trim()).map_err(|error| format!("not a URL: {error}"))?;
        let kind = match url.scheme() {
            "socks5" | "socks5h" => ProxyKind::Socks5,
            "http" => ProxyKind::Http,
            other => return Err(format!("\"{other}\" is none of socks5, http")),
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err("nothing may follow the port".to_owned());
        }
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or("a host is missing")?;
        let host = Host::parse(host).map_err(|error| format!("the host: {error}"))?;
        // The URL leaves the usual port of http out.
        let port = url
            .port()
            .or((kind == ProxyKind::Http).then_some(80))
            .ok_or("a port is missing")?;
        if port == 0 {
            return Err("port 0 is none".to_owned());
        }
        let user = decoded(url.username())?;
        let password = url.password().map(decoded).transpose()?.flatten();
        if user.is_none() && password.is_some() {
            return Err("a password without a user".to_owned());
        }
        Ok(Self {
            kind,
            host,
            port,
            user,
            password: password.map(Secret::new),
        })
    }

    /// For people: with `***` in place of the password.
    pub fn masked(&self) -> String {
        self.text(self.password.is_some().then_some("***"))
    }

    /// How it is spoken to.
    pub(crate) fn kind(&self) -> ProxyKind {
        self.kind
    }

    fn text(&self, password: Option<&str>) -> String {
        let login = match (&self.user, password) {
            (Some(user), Some(password)) => format!("{}:{password}@", encoded(user)),
            (Some(user), None) => format!("{}@", encoded(user)),
            (None, _) => String::new(),
        };
        format!("{}://{login}{}:{}", self.kind.scheme(), self.host, self.port)
    }
}

/// The form in which a session's document holds it: the password sealed for this session alone.
pub fn sealed(url: &ProxyUrl, secrets: &SecretBox, session_id: &str) -> Result<Value, SecretError> {
    let mut stored = json!({ "url": url.text(None) });
    if let (Some(password), Some(fields)) = (&url.password, stored.as_object_mut()) {
        let password = secrets.seal(&place(session_id), password.expose())?;
        fields.insert("password".to_owned(), Value::from(password));
    }
    Ok(stored)
}

/// What people see of a stored one; none when it is none.
pub fn masked(stored: &Value) -> Option<String> {
    let url = stored.get("url")?.as_str()?;
    if stored.get("password").is_none() {
        return Some(url.to_owned());
    }
    let (head, host) = url.split_once('@')?;
    Some(format!("{head}:***@{host}"))
}

/// The proxy in a session's document. An error is the administrator's affair: the session must not go without.
pub(crate) fn of_config(
    config: &str,
    secrets: &SecretBox,
    session_id: &str,
) -> Result<Option<ProxyUrl>, String> {
    let Ok(config) = serde_json::from_str::<Value>(config) else {
        return Ok(None);
    };
    let Some(stored) = config.get(KEY).filter(|stored| !stored.is_null()) else {
        return Ok(None);
    };
    let url = stored
        .get("url")
        .and_then(Value::as_str)
        .ok_or("the stored proxy has no URL")?;
    let mut url = ProxyUrl::parse(url)?;
    if let Some(password) = stored.get("password").and_then(Value::as_str) {
        let password = secrets
            .open(&place(session_id), password)
            .map_err(|error| error.to_string())?;
        url.password = Some(password);
    }
    Ok(Some(url))
}

fn place(session_id: &str) -> String {
    format!("session/{session_id}/proxy")
}

/// None for the empty text.
fn decoded(text: &str) -> Result<Option<String>, String> {
    let text = percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| "user and password must be UTF-8")?;
    // SOCKS5 has one byte for their lengths.
    if text.len() > 255 || text.contains(char::is_control) {
        return Err("user and password have at most 255 bytes, without control characters".to_owned());
    }
    Ok((!text.is_empty()).then(|| text.into_owned()))
}

fn encoded(text: &str) -> percent_encoding::PercentEncode<'_> {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wagate_storage::secrets::SecretBox;

    use super::{ProxyKind, ProxyUrl, masked, of_config, sealed};

    #[test]
    fn urls_of_proxies_are_read_and_checked() {
        for (text, shown) in [
            ("socks5://proxy.example:1080", "socks5://proxy.example:1080"),
            (
                "socks5h://ann:pa%3Ass@proxy.example:1080",
                "socks5://ann:***@proxy.example:1080",
            ),
            ("http://ann@192.0.2.1:8080/", "http://ann@192.0.2.1:8080"),
            ("http://[2001:db8::1]", "http://[2001:db8::1]:80"),
        ] {
            assert_eq!(ProxyUrl::parse(text).unwrap().masked(), shown);
        }
        let url = ProxyUrl::parse("socks5://ann:pa%3Ass@proxy.example:1080").unwrap();
        assert_eq!(url.kind(), ProxyKind::Socks5);
        assert_eq!(url.password.as_ref().unwrap().expose(), "pa:ss");
        assert!(!format!("{url:?}").contains("pa"), "{url:?}");
        for bad in [
            "",
            "proxy.example:1080",
            "https://proxy.example:443",
            "socks5://proxy.example",
            "socks5://:1080",
            "socks5://proxy.example:0",
            "socks5://:secret@proxy.example:1",
            "http://proxy.example:80/path",
            "http://proxy.example:80?query",
        ] {
            assert!(ProxyUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_stored_proxy_comes_back_for_its_own_session_alone() {
        let secrets = SecretBox::random().unwrap();
        let url = ProxyUrl::parse("socks5://ann:secret@proxy.example:1080").unwrap();
        let stored = sealed(&url, &secrets, "shop").unwrap();
        assert!(!stored.to_string().contains("secret"), "{stored}");
        assert_eq!(
            masked(&stored).as_deref(),
            Some("socks5://ann:***@proxy.example:1080")
        );
        let config = json!({ "proxy": stored }).to_string();
        assert_eq!(of_config(&config, &secrets, "shop").unwrap(), Some(url));
        assert!(of_config(&config, &secrets, "other").is_err());
        assert_eq!(of_config("{}", &secrets, "shop").unwrap(), None);
        let open = json!({ "url": "http://proxy.example:8080" });
        assert_eq!(masked(&open).as_deref(), Some("http://proxy.example:8080"));
    }
}
