//! The network against real clients, in one process and over loopback.

// `cfg(test)` tells clippy that helpers are tests too.
#[cfg(test)]
mod api;
#[cfg(test)]
mod app_state;
#[cfg(test)]
mod calls;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod history;
#[cfg(test)]
mod leaving;
#[cfg(test)]
mod media;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod newsletters;
#[cfg(test)]
mod offline;
#[cfg(test)]
mod pairing;
#[cfg(test)]
mod people;
#[cfg(test)]
mod scenario;
#[cfg(test)]
mod status;
#[cfg(test)]
mod support;
