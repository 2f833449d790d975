//! The plugin host with real components, a real database and real files. WhatsApp is never reached: no session is
//! connected. Tests wait for what they expect, with a deadline; they never sleep for a fixed time.

// Marked, because that is what the lints take for tests.
#[cfg(test)]
mod bundled;
#[cfg(test)]
mod deliveries;
#[cfg(test)]
mod files;
#[cfg(test)]
mod goldens;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod hooks;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod native;
#[cfg(test)]
mod receiver;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod surroundings;
#[cfg(test)]
mod timers;
#[cfg(test)]
mod told;
