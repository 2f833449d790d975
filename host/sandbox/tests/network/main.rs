//! The network against real clients, in one process and over loopback.

// `cfg(test)` tells clippy that helpers are tests too.
#[cfg(test)]
mod api;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod leaving;
#[cfg(test)]
mod offline;
#[cfg(test)]
mod pairing;
#[cfg(test)]
mod support;
