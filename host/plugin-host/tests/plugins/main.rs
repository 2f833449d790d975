//! The plugin host with real components, a real database and real files. WhatsApp is never reached: no session is
//! connected. Tests wait for what they expect, with a deadline; they never sleep for a fixed time.

mod bundled;
mod harness;
mod hooks;
mod limits;
mod reload;
mod routes;
