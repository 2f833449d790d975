//! Origins of web pages, such as `https://shop.example`.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// Pages of other sites that may use the API from a browser. Never `*`, never `null`: those stand for anybody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Origins(Vec<String>);

impl Origins {
    /// Whether pages of this origin may.
    pub(crate) fn contain(&self, origin: &str) -> bool {
        self.0.iter().any(|known| known == origin)
    }

    /// Whether there is any.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de> Deserialize<'de> for Origins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let origins = Vec::<String>::deserialize(deserializer)?;
        match origins.iter().find(|origin| !is_origin(origin)) {
            None => Ok(Self(origins)),
            Some(bad) => Err(D::Error::custom(format!(
                "\"{bad}\" is no origin such as https://shop.example, lower case and without a path"
            ))),
        }
    }
}

fn is_origin(text: &str) -> bool {
    let Some(authority) = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
    else {
        return false;
    };
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
    !authority.is_empty() && authority.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::is_origin;

    #[test]
    fn only_whole_origins_pass() {
        for good in ["https://shop.example", "http://localhost:8080", "http://[::1]:80"] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "*",
            "null",
            "",
            "shop.example",
            "https://",
            "https://a/",
            "https://A.b",
            "ftp://a",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
