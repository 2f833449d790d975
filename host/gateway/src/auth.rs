//! Who is asking. API keys are looked up by their hash; the first administrator comes from the environment or is made
//! up once. What somebody may do with a session is decided in `http::access`.

pub(crate) mod first_admin;
pub(crate) mod key;
pub(crate) mod password;
pub(crate) mod principal;
