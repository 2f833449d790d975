//! Tokens against requests that another site makes a browser send. Before a login: a random token beside a cookie that
//! proves we made it. After it: a code that hangs on the login, so that another login's token is worth nothing.

use rand::RngExt as _;
use rand::distr::Alphanumeric;
use subtle::ConstantTimeEq as _;
use wagate_storage::secrets::SecretBox;

const RANDOM: usize = 32;
const BEFORE_LOGIN: &str = "csrf before login";
const OF_LOGIN: &str = "csrf of login";

/// A token for somebody who is not logged in, and the cookie that proves it.
pub(crate) struct Fresh {
    /// What the page sends back in the body.
    pub(crate) token: String,
    /// What the browser sends back as a cookie: `token|code`.
    pub(crate) cookie: String,
}

/// Makes one.
pub(crate) fn fresh(secrets: &SecretBox) -> Fresh {
    let token: String = rand::rng()
        .sample_iter(Alphanumeric)
        .take(RANDOM)
        .map(char::from)
        .collect();
    let cookie = format!("{token}|{}", code(secrets, BEFORE_LOGIN, token.as_bytes()));
    Fresh { token, cookie }
}

/// The token in a cookie that we made.
pub(crate) fn token_of_cookie<'c>(secrets: &SecretBox, cookie: &'c str) -> Option<&'c str> {
    let (token, proof) = cookie.split_once('|')?;
    equal(proof, &code(secrets, BEFORE_LOGIN, token.as_bytes())).then_some(token)
}

/// The token of a login.
pub(crate) fn of_login(secrets: &SecretBox, token_hash: &[u8; 32]) -> String {
    code(secrets, OF_LOGIN, token_hash)
}

/// Compares without telling by its time where the difference is.
pub(crate) fn equal(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

fn code(secrets: &SecretBox, purpose: &str, message: &[u8]) -> String {
    hex::encode(secrets.mac(purpose, message))
}

#[cfg(test)]
mod tests {
    use wagate_storage::secrets::SecretBox;

    use super::{equal, fresh, of_login, token_of_cookie};

    #[test]
    fn only_a_cookie_we_made_proves_its_token() {
        let secrets = SecretBox::random().unwrap();
        let made = fresh(&secrets);
        assert_eq!(token_of_cookie(&secrets, &made.cookie), Some(made.token.as_str()));
        for forged in ["", "token", "token|", &format!("{}x", made.cookie)] {
            assert_eq!(token_of_cookie(&secrets, forged), None, "{forged}");
        }
        let other = SecretBox::random().unwrap();
        assert_eq!(token_of_cookie(&other, &made.cookie), None);
    }

    #[test]
    fn a_token_belongs_to_one_login() {
        let secrets = SecretBox::random().unwrap();
        let token = of_login(&secrets, &[1; 32]);
        assert!(equal(&token, &of_login(&secrets, &[1; 32])));
        assert!(!equal(&token, &of_login(&secrets, &[2; 32])));
    }
}
