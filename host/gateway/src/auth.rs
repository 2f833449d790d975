//! Who is asking, and what they may do at all. API keys and logins are looked up by their hash; the first administrator
//! comes from the environment or is made up once. What somebody may do with a session is decided in `http::access`.

pub(crate) mod authenticator;
pub(crate) mod csrf;
pub(crate) mod email;
pub(crate) mod first_admin;
pub(crate) mod key;
pub(crate) mod login;
pub(crate) mod need;
pub(crate) mod password;
pub(crate) mod principal;
pub(crate) mod throttle;
