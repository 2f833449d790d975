//! The two cookies: the login, and the proof of a CSRF token. Written under the documented names; the names that living
//! servers use are read too.

use axum::http::{HeaderMap, HeaderValue, header};

/// The login.
pub(crate) const SESSION: [&str; 2] = ["next-auth.session-token", "authjs.session-token"];
/// The proof of a CSRF token.
pub(crate) const CSRF: [&str; 2] = ["next-auth.csrf-token", "authjs.csrf-token"];

/// A cookie to set.
pub(crate) struct NewCookie<'c> {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its value, without characters that would need quoting.
    pub(crate) value: &'c str,
    /// For how many seconds; 0 removes it, none keeps it until the browser ends.
    pub(crate) max_age: Option<i64>,
    /// For https alone.
    pub(crate) secure: bool,
}

impl NewCookie<'_> {
    /// The header's value. Never for scripts, never with requests that another site starts.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let mut text = format!("{}={}; Path=/; HttpOnly; SameSite=Lax", self.name, self.value);
        if let Some(seconds) = self.max_age {
            text.push_str(&format!("; Max-Age={seconds}"));
        }
        if self.secure {
            text.push_str("; Secure");
        }
        HeaderValue::from_str(&text).ok()
    }
}

/// The value of the first of these cookies that is there.
pub(crate) fn read<'h>(headers: &'h HeaderMap, names: &[&str]) -> Option<&'h str> {
    let pairs = || {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
    };
    names
        .iter()
        .find_map(|name| pairs().find(|(known, _)| known == name))
        .map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{NewCookie, SESSION, read};

    #[test]
    fn either_name_is_read_and_the_documented_one_first() {
        let cookies = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_str(text).unwrap());
            read(&headers, &SESSION).map(str::to_owned)
        };
        assert_eq!(cookies("a=b; authjs.session-token=one").as_deref(), Some("one"));
        assert_eq!(
            cookies("authjs.session-token=one;next-auth.session-token=two").as_deref(),
            Some("two")
        );
        assert_eq!(cookies("xnext-auth.session-token=two"), None);
    }

    #[test]
    fn a_cookie_is_no_affair_of_scripts_and_other_sites() {
        let cookie = |secure| NewCookie {
            name: SESSION[0],
            value: "abc",
            max_age: Some(60),
            secure,
        };
        assert_eq!(
            cookie(true).header().unwrap(),
            "next-auth.session-token=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure"
        );
        assert!(
            !cookie(false)
                .header()
                .unwrap()
                .to_str()
                .unwrap()
                .contains("Secure")
        );
    }
}
