//! What an account does, seen by the people at the other end: the engine over the sandbox network, in one process.
//!
//! The engine has to be built with its feature `sandbox`, as every build of the whole workspace does.

#![cfg(feature = "sandbox")]

#[cfg(test)]
mod chats;
#[cfg(test)]
mod contacts;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod profile;
#[cfg(test)]
mod queue;
#[cfg(test)]
mod status;
